"""Our log is shown to a witness outside, who remembers what we might want forgotten."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from ballots import bundle
from ballots.service import close, stamp
from ecabinet import bundles, checks, ledger, rotation, verifier, witnesses
from ecabinet.db import database, reading, transaction
from ecabinet.errors import SettingRefused
from ecabinet.settings import Settings
from ecabinet.witness import Witness, server
from tests.ballots.builders import Member, an_open_consultation
from tests.builders import Cabinet

ORIGIN = "localhost/test"


@dataclass(frozen=True)
class Outside:
    """A real witness behind real HTTP, and how it is set."""

    witness: Witness
    settings: Settings

    def take(self, log_key: str) -> None:
        """As their operator does, who was told a new key of the log."""
        self.witness._logs[ORIGIN].append(log_key)

    def is_content(self) -> bool:
        found = {each.name: each for each in checks.run(self.settings)}
        return found["witnesses"].ok


@pytest.fixture
def outside(cabinet: Cabinet, settings: Settings, tmp_path: Path) -> Iterator[Outside]:
    with reading() as db:
        log_key = bundles.trusted(db)["log_key"]
    witness = Witness(tmp_path / "witness", "witness.example", [log_key])
    with server(witness, 0) as door:
        threading.Thread(target=door.serve_forever, daemon=True).start()
        port = door.server_address[1]
        given = (f"{witness.public_key}@http://127.0.0.1:{port}",)
        witnesses.bind(given, 0)
        yield Outside(witness, replace_settings(settings, given))
        witnesses.bind((), 0)
        door.shutdown()


def replace_settings(settings: Settings, given: tuple[str, ...]) -> Settings:
    return settings.model_copy(update={"witnesses": given})


def act(number: int = 1) -> None:
    with transaction() as db:
        for each in range(number):
            ledger.append(db, "something", {"n": each})


def cosigned() -> int:
    with reading() as db:
        found = witnesses.newest(db, "witness.example")
    return found.size if found else 0


def test_the_log_is_cosigned_at_once_after_a_closing_and_else_within_the_hour(
    cabinet: Cabinet, outside: Outside, tmp_path: Path
) -> None:
    asked = an_open_consultation(cabinet)
    assert witnesses.ask_those_whose_turn_it_is() == 1
    first = cosigned()
    Member(cabinet, "thutuong").cast(asked)
    assert witnesses.ask_those_whose_turn_it_is() == 0
    cabinet.wait(days=4)
    assert not outside.is_content()
    close.close(asked)
    assert witnesses.ask_those_whose_turn_it_is() == 1
    assert witnesses.ask_those_whose_turn_it_is() == 0
    assert cosigned() > first
    assert outside.is_content()
    # What came after it is no part of the matter: the bundle ends where the witness saw the log.
    act(3)
    stamp.stamp_what_waits()
    with reading() as db:
        bundle.write(db, asked, tmp_path / "bundle.zip")
        keys = bundles.trusted(db)
    assert keys["witnesses"] == [outside.witness.public_key]
    report = verifier.verify(tmp_path / "bundle.zip", keys)
    assert report.is_sound, report.findings
    assert "V07" not in {each.check for each in report.absent}
    cabinet.wait(minutes=61)
    assert witnesses.ask_those_whose_turn_it_is() == 1


def test_a_new_key_of_the_log_is_cosigned_by_the_old_one_and_then_taken_in_person(
    cabinet: Cabinet, outside: Outside, tmp_path: Path
) -> None:
    act(3)
    assert witnesses.ask_those_whose_turn_it_is() == 1
    with transaction() as db:
        rotation.rotate_log(db, ledger.KEY_NAME, "Diễn tập")
    act(2)
    cabinet.wait(minutes=61)
    # Up to the act itself by the key that they know, then no further until they are told.
    assert witnesses.ask_those_whose_turn_it_is() == 1
    with reading() as db:
        old, new = ledger.generations(db, ledger.KEY_NAME)
        newest = ledger.checkpoint(db, ledger.size(db))
    assert old.until is not None
    assert cosigned() == old.until + 1
    cabinet.wait(minutes=61)
    assert witnesses.ask_those_whose_turn_it_is() == 0
    answer = outside.witness.add_checkpoint(f"old {cosigned()}\n\n{newest}".encode())
    assert answer.status == 403
    assert "--log" in answer.body
    # An older matter's bundle ends where they have seen the log.
    with reading() as db:
        assert witnesses.newest_size(db, old.until + 1) == old.until + 1
    outside.take(new.key)
    witnesses.bind(outside.settings.witnesses, 0)
    assert witnesses.ask_those_whose_turn_it_is() == 1
    assert cosigned() == old.until + 3
    assert outside.is_content()


def test_a_witness_that_was_away_is_asked_for_each_new_key_in_its_turn(
    cabinet: Cabinet, outside: Outside
) -> None:
    with transaction() as db:
        rotation.rotate_log(db, ledger.KEY_NAME, "Diễn tập")
    with transaction() as db:
        rotation.rotate_log(db, ledger.KEY_NAME, "Diễn tập")
    act()
    with reading() as db:
        first, second, third = ledger.generations(db, ledger.KEY_NAME)
    outside.take(second.key)
    outside.take(third.key)
    assert first.until is not None
    assert second.until is not None
    for size in (first.until + 1, second.until + 1, second.until + 2):
        cabinet.wait(minutes=61)
        assert witnesses.ask_those_whose_turn_it_is() == 1
        assert cosigned() == size


def restore_yesterday(size: int) -> None:
    """Everything of the log behind this size is gone, what was cosigned too."""
    with database().write() as db:
        db.execute(delete(ledger.Checkpoint).where(ledger.Checkpoint.size > size))
        db.execute(delete(ledger.Leaf).where(ledger.Leaf.position >= size))
        for level in range(8):
            kept = (ledger.Node.level == level) & (ledger.Node.index >= size >> level)
            db.execute(delete(ledger.Node).where(kept))
        db.execute(delete(witnesses.Cosignature).where(witnesses.Cosignature.size > size))
        db.execute(update(ledger.Head).values(size=size))


@pytest.mark.parametrize("more", [0, 2, 9])
def test_yesterdays_database_is_cosigned_no_more_however_it_goes_on(
    cabinet: Cabinet, outside: Outside, more: int
) -> None:
    act(5)
    assert witnesses.ask_those_whose_turn_it_is() == 1
    early = cosigned()
    act(4)
    cabinet.wait(minutes=61)
    assert witnesses.ask_those_whose_turn_it_is() == 1
    restore_yesterday(early)
    with transaction() as db:
        for each in range(more):
            ledger.append(db, "another history", {"n": each})
    with pytest.raises(SettingRefused, match="older than, or other than"):
        witnesses.refuse_another_log()
    cabinet.wait(minutes=75)
    assert witnesses.ask_those_whose_turn_it_is() == 0
    assert cosigned() == early
    # By itself the log is sound again; only the witness knows better.
    sound = {each.name: each.ok for each in checks.run(outside.settings)}
    assert sound["ledger"]
    assert not sound["witnesses"]


def test_a_witness_that_is_away_keeps_nobody_and_is_asked_again(
    cabinet: Cabinet, outside: Outside
) -> None:
    given = outside.settings.witnesses
    witnesses.bind((f"{outside.witness.public_key}@http://127.0.0.1:9",), 0)
    act()
    assert witnesses.ask_those_whose_turn_it_is() == 0
    assert not outside.is_content()
    witnesses.refuse_another_log()
    # It rests a minute; who is set anew is asked at once, and goes on where it was.
    witnesses.bind(given, 0)
    assert witnesses.ask_those_whose_turn_it_is() == 1
    assert outside.is_content()


def test_a_witness_whose_state_is_ahead_of_our_note_of_it_is_continued_from_there(
    cabinet: Cabinet, outside: Outside
) -> None:
    """It cosigned, and the answer was lost."""
    act(3)
    assert witnesses.ask_those_whose_turn_it_is() == 1
    with database().write() as db:
        db.execute(delete(witnesses.Cosignature))
    act(2)
    assert witnesses.ask_those_whose_turn_it_is() == 1


@pytest.mark.parametrize(
    ("given", "needed"),
    [(("witness.example",), 0), (("a+b+c@nowhere",), 0), (("a+b+c@https://w.example",), 2)],
)
def test_a_setting_that_names_no_witness_is_refused(given: tuple[str, ...], needed: int) -> None:
    with pytest.raises(SettingRefused):
        witnesses.bind(given, needed)
