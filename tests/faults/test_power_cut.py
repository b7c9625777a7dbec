"""R-15: the power goes while ballots are cast on the embedded store; none that was acknowledged is
lost, and none is there by half.

The statements of real casts, and the modes that the house sets, are run again on a disk that
notes every write; its images are opened by the library that production runs.
"""

import functools
import hashlib
import os
import random
import re
from bisect import bisect_right
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import apsw
import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Engine, MetaData, Table, event, select, text
from sqlalchemy import table as quoted
from sqlalchemy.schema import DropTable

from ecabinet import db
from tests.ballots import builders
from tests.ballots.builders import Member
from tests.builders import Cabinet
from tests.faults.power import NAME, Disk, Step, images

pytestmark = pytest.mark.once

# `make faults` asks for more.
IMAGES, OF_A_MUTANT = int(os.environ.get("IMAGES", "2000")), 100
STORE = "cut.db"
# What a ballot refers to is not there.
OWN = db.MODES | {"foreign_keys": "OFF"}
CHANGED = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")
TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY sql NOT LIKE '%VIRTUAL%'"
Statement = tuple[str, Any, bool]


@dataclass
class Overheard:
    """The statements of each transaction that was committed, as the driver was given them."""

    transactions: list[list[Statement]] = field(default_factory=list)
    _open: list[Statement] = field(default_factory=list)

    def listen(self, engine: Engine) -> None:
        event.listen(engine, "before_cursor_execute", self._says)
        event.listen(engine, "commit", self._commits)

    def _says(self, _c: Any, _d: Any, words: str, given: Any, _e: Any, many: bool) -> None:
        if words.startswith("BEGIN"):
            self._open = []
        if words.startswith("BEGIN") or CHANGED.match(words):
            self._open.append((words, given, many))

    def _commits(self, _connection: Any) -> None:
        if self._open[0][0] == "BEGIN IMMEDIATE":
            self.transactions.append(self._open)


@dataclass(frozen=True)
class Morning:
    """Ballots cast one after another: the store before them, and what was said to it since."""

    before: bytes
    transactions: list[list[Statement]]

    @property
    def tables(self) -> list[str]:
        said = (words for each in self.transactions for words, _, _ in each)
        return sorted({found[1] for words in said if (found := CHANGED.match(words))})


@pytest.fixture
def morning(cabinet: Cabinet) -> Morning:
    consultation = builders.an_open_consultation(cabinet)
    members = [Member(cabinet, name) for name in builders.MEMBERS[:3]]
    store = db.database()
    store.sweep([])
    path = Path(str(store.engine.url.database))
    before = path.read_bytes()
    heard = Overheard()
    heard.listen(store.engine)
    for member in members:
        member.cast(consultation, "disagree")
    store.close()
    heard_all = Morning(before, heard.transactions)
    return replace(heard_all, before=only(heard_all.tables, path.with_name(STORE), before))


def only(tables: list[str], path: Path, whole: bytes) -> bytes:
    """The store without what no cast touches: 2,000 images of it are made, and looked through."""
    path.write_bytes(whole)
    with closing(dbapi2.connect(str(path), isolation_level=None)) as line:
        # A virtual table first: it takes its own tables with it.
        for (name,) in line.execute(TABLES).fetchall():
            if name not in tables and not name.startswith("sqlite_"):
                with suppress(dbapi2.OperationalError):
                    line.execute(str(DropTable(Table(name, MetaData()))))
        line.execute("VACUUM")
    return path.read_bytes()


@dataclass
class Played:
    """What the disk noted; after how many of its steps each transaction was acknowledged; and
    what the store held after each."""

    steps: list[Step]
    acknowledged: list[int]
    held: list[str]

    def is_whole(self, found: str, cut: int) -> bool:
        """Every transaction that was acknowledged by then is there, and none by half."""
        at_least = bisect_right(self.acknowledged, cut) - 1
        return found in self.held[at_least : at_least + 2]


def play(morning: Morning, folder: Path, modes: dict[str, str]) -> Played:
    """Every transaction again, on a disk that notes; the log is moved into the store between."""
    disk = Disk()
    path = folder / STORE
    path.write_bytes(morning.before)
    played = Played(disk.steps, [], [])

    def note() -> None:
        played.acknowledged.append(len(disk.steps))
        played.held.append(held_in(line, morning.tables))

    with closing(apsw.Connection(str(path), vfs=NAME)) as line:
        for mode, value in modes.items():
            line.execute(f"PRAGMA {mode}={value}")
        note()
        for place, transaction in enumerate(morning.transactions):
            for words, given, many in transaction:
                (line.executemany if many else line.execute)(words, given)
            line.execute("COMMIT")
            note()
            if place % 3 == 2:
                line.execute("PRAGMA wal_checkpoint(PASSIVE)")
        # Closing the last line would sync what was not.
        played.steps = list(disk.steps)
    return played


def held_in(line: Any, tables: list[str]) -> str:
    seen = hashlib.sha256()
    for table in tables:
        for row in line.execute(everything_of(table)):
            for value in row:
                seen.update(value if isinstance(value, bytes) else repr(value).encode())
    return seen.hexdigest()


@functools.cache
def everything_of(table: str) -> str:
    return str(select(text("*")).select_from(quoted(table)).order_by(text("rowid")))


def lost(morning: Morning, played: Played, folder: Path, count: int, seed: int = 15) -> int:
    """How many of so many power cuts lose, halve or spoil anything."""
    chance = random.Random(seed)
    cuts = [chance.randint(played.acknowledged[0], len(played.steps)) for _ in range(count)]
    before = {STORE: bytearray(morning.before)}
    wrong = 0
    for cut, files in images(before, played.steps, cuts, seed):
        for name, content in files.items():
            (folder / name).write_bytes(content)
        wrong += not survives(folder / STORE, morning, played, cut)
        for each in folder.iterdir():
            each.unlink()
    return wrong


def survives(path: Path, morning: Morning, played: Played, cut: int) -> bool:
    try:
        with closing(dbapi2.connect(str(path))) as line:
            # No power goes now.
            line.execute("PRAGMA synchronous=OFF")
            ((verdict,),) = line.execute("PRAGMA integrity_check")
            return verdict == "ok" and played.is_whole(held_in(line, morning.tables), cut)
    except dbapi2.DatabaseError:
        return False


def test_r15_no_power_cut_loses_or_halves_what_was_acknowledged(
    morning: Morning, tmp_path: Path
) -> None:
    assert {"ballots_ballot", "ledger_leaf", "ledger_checkpoint"} <= set(morning.tables)
    played = play(morning, tmp_path, OWN)
    assert len(set(played.held)) == len(played.held) > 3
    images_in = tmp_path / "images"
    images_in.mkdir()
    assert lost(morning, played, images_in, IMAGES) == 0
    print(f"{IMAGES} power cuts: no cast that was acknowledged is lost or halved")
    # The mode that is often recommended beside WAL is found out by a few of the same cuts.
    hasty = play(morning, tmp_path, OWN | {"synchronous": "NORMAL"})
    assert lost(morning, hasty, images_in, OF_A_MUTANT) > 0
