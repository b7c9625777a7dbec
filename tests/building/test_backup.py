"""What is backed up comes back whole, tells nothing without its keys, and does not bring back what
was removed since."""

import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from ballots import bundle
from ballots import jobs as closing
from ballots.service import draft as drafting
from ballots.service import stamp
from documents.models import Edition
from ecabinet import backup, bundles, jobs, ledger, outbox, storage, verifier
from ecabinet import db as store
from ecabinet.cli import main
from ecabinet.db import reading
from ecabinet.errors import NotFound, SettingRefused
from ecabinet.settings import Settings
from tests.ballots import builders as builders_of_ballots
from tests.ballots.builders import Member
from tests.builders import Cabinet
from tests.documents import builders
from tests.documents.test_removing import CANARY, SECRET, handed_out, remove


def empty(settings: Settings) -> None:
    """Another machine, to which the keys alone were brought."""
    shutil.rmtree(settings.data_dir / "files")
    (settings.data_dir / "files").mkdir()
    database = store.database()
    if database.embedded:
        database.close()
        path = Path(database.engine.url.database or "")
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()
        return
    with database.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    database.close()


def leaves() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(ledger.Leaf)) or 0


def test_it_comes_back_without_what_was_removed_since(
    cabinet: Cabinet, settings: Settings, tmp_path: Path
) -> None:
    paper, kept = handed_out(cabinet, SECRET), tmp_path / "backup"
    other = builders.papers(paper.dossier_id)[1]
    content, before = storage.read(other.digest), leaves()
    files = backup.write(settings, kept)
    assert files == len(list((settings.data_dir / "files").glob("*/*")))
    assert CANARY.encode() not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
    remove(cabinet, paper)
    jobs.run_once()
    with pytest.raises(SettingRefused, match="not empty"):
        backup.restore(settings, kept)

    empty(settings)
    for wrong in (kept.read_bytes()[:-1], b"x" + kept.read_bytes(), flipped(kept.read_bytes())):
        (tmp_path / "wrong").write_bytes(wrong)
        with pytest.raises(SettingRefused, match="backup"):
            backup.restore(settings, tmp_path / "wrong")
    assert backup.restore(settings, kept) == files
    assert leaves() == before
    assert storage.read(other.digest) == content
    # The older database names the file still, and its bytes came along: nothing opens them.
    with reading() as db:
        assert paper.digest in db.scalars(select(Edition.digest)).all()
    with pytest.raises(NotFound):
        storage.read(paper.digest)


def test_one_taken_while_ballots_are_cast_comes_back_whole_and_verifies(
    cabinet: Cabinet, settings: Settings, tmp_path: Path
) -> None:
    """DAT-03: what was acknowledged before it began is in it, nothing is by half, and what it
    exports is sound offline."""
    consultation = builders_of_ballots.a_draft(cabinet)
    drafting.approve(cabinet.actor("lanhdaovp"), consultation)
    members = [Member(cabinet, name) for name in builders_of_ballots.MEMBERS[:3]]
    morning = Morning(members, consultation)
    with morning.under_way():
        morning.waits_for(2)
        before = list(morning.receipts)
        backup.write(settings, tmp_path / "backup")
        morning.waits_for(len(morning.receipts) + 2)
    after = len(morning.receipts)

    empty(settings)
    backup.restore(settings, tmp_path / "backup")
    kept = builders_of_ballots.ballots_of(consultation)
    assert {each["key"] for each in before} <= {each.key for each in kept}
    assert len(before) <= len(kept) < after, "the ballots went on while it was taken"
    with reading() as db:
        cast = select(ledger.Leaf.position).where(ledger.Leaf.kind == "ballot")
        assert [each.leaf for each in kept] == db.scalars(cast.order_by("position")).all()
        told = db.scalar(select(func.count()).where(outbox.Message.kind == "ballot_kept"))
        assert told == len(kept)
        assert f"\n{leaves()}\n" in ledger.checkpoint(db, leaves())
    cabinet.wait(days=16)
    assert closing.close_what_ended() == 1
    stamp.stamp_what_waits()
    with reading() as db:
        bundle.write(db, consultation, tmp_path / "bundle.zip")
        keys = bundles.trusted(db)
    report = verifier.verify(tmp_path / "bundle.zip", keys)
    assert report.is_sound, report.findings


@dataclass
class Morning:
    """Members who answer, and think again, as long as it lasts."""

    members: list[Member]
    consultation: int
    receipts: list[dict[str, Any]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _one_more: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        with ThreadPoolExecutor(1) as answering:
            going_on = answering.submit(self._go_on)
            try:
                yield
            finally:
                self._over.set()
                going_on.result()

    def waits_for(self, count: int) -> None:
        with self._one_more:
            assert self._one_more.wait_for(lambda: len(self.receipts) >= count, timeout=60)

    def _go_on(self) -> None:
        for member, choice in cycle(product(self.members, ("agree", "disagree"))):
            if self._over.is_set():
                return
            receipt = member.cast(self.consultation, choice)
            with self._one_more:
                self.receipts.append(receipt)
                self._one_more.notify_all()


@pytest.mark.once
def test_the_command_says_what_is_in_it(cabinet: Cabinet, settings: Settings) -> None:
    builders.dossier(cabinet, builders.pdf(1))
    target = settings.data_dir / "backup"
    done = CliRunner().invoke(main, ["backup", str(target), "--json"], env=as_set(settings))
    files = len(list((settings.data_dir / "files").glob("*/*")))
    assert json.loads(done.output) == {"files": files, "bytes": target.stat().st_size}


def as_set(settings: Settings) -> dict[str, str]:
    return {
        "ECABINET_DATA_DIR": str(settings.data_dir),
        "ECABINET_DATABASE_URL": settings.database_url,
    }


def flipped(content: bytes) -> bytes:
    return content[:2000] + bytes([content[2000] ^ 1]) + content[2001:]
