"""One act, one transaction; the store is the one that survives a power cut."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from ecabinet import checks, clock, db, live, outbox
from ecabinet.db import reading, transaction
from ecabinet.settings import Settings
from tests.builders import Cabinet
from tests.conftest import POSTGRESQL


def tell_and_fail(person_id: int) -> None:
    with transaction() as outer:
        with transaction() as inner:
            assert inner is outer
            outbox.notify(inner, person_id, "device_asked", "/")
        raise RuntimeError


def test_an_inner_transaction_joins_the_outer_one(cabinet: Cabinet) -> None:
    with pytest.raises(RuntimeError):
        tell_and_fail(cabinet.ids["thuky"])
    with reading() as session:
        assert outbox.unread(session, cabinet.ids["thuky"]) == 0


def test_a_message_is_written_with_the_fact_it_tells_of(cabinet: Cabinet) -> None:
    with transaction() as session:
        outbox.notify(session, [cabinet.ids["thuky"]], "device_asked", "/devices/pending", who="x")
    with reading() as session:
        [message] = outbox.inbox(session, cabinet.ids["thuky"])
        assert (message.kind, message.facts) == ("device_asked", {"who": "x"})
        assert outbox.unread(session, cabinet.ids["thuky2"]) == 0


def test_one_reads_only_ones_own_messages(cabinet: Cabinet) -> None:
    with transaction() as session:
        outbox.notify(session, cabinet.ids["thuky"], "device_asked", "/")
    with reading() as session:
        [message] = outbox.inbox(session, cabinet.ids["thuky"])
    with transaction() as session:
        outbox.mark_read(session, cabinet.ids["thuky2"], [message.id])
    with reading() as session:
        assert outbox.unread(session, cabinet.ids["thuky"]) == 1
    with transaction() as session:
        outbox.mark_read(session, cabinet.ids["thuky"], [message.id])
    with reading() as session:
        assert outbox.unread(session, cabinet.ids["thuky"]) == 0


def test_many_writers_lose_nothing(cabinet: Cabinet) -> None:
    def write(number: int) -> None:
        with transaction() as session:
            live.announce(session, Counted("room", number))

    threads = [threading.Thread(target=write, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        epoch, head = live.head(session, "room")
        told = live.missed(session, "room", epoch, 0)
    assert head == 20
    assert [each["seq"] for each in told.messages] == list(range(1, 21))
    assert sorted(each["facts"]["number"] for each in told.messages) == list(range(20))


class Counted(live.Announcement):
    kind = "counted"

    def __init__(self, audience: str, number: int) -> None:
        object.__setattr__(self, "audience", audience)
        object.__setattr__(self, "number", number)

    def facts(self) -> dict[str, int]:
        return {"number": vars(self)["number"]}


def test_a_screen_far_behind_or_of_another_epoch_reloads(cabinet: Cabinet) -> None:
    with transaction() as session:
        live.announce(session, Counted("room", 1))
    with reading() as session:
        epoch, _ = live.head(session, "room")
        assert not live.missed(session, "room", epoch, 1).reload
        assert live.missed(session, "room", "another", 1).reload
        assert live.missed(session, "room", epoch, 2).reload


def test_the_clock_is_the_databases_moved_by_the_offset_row(cabinet: Cabinet) -> None:
    with reading() as session:
        before = clock.now(session)
    assert abs((before - datetime.now(UTC)).total_seconds()) < 60
    cabinet.wait(days=2)
    with reading() as session:
        assert 172_700 < (clock.now(session) - before).total_seconds() < 172_900
        assert clock.offset(session) == 172_800


def test_the_store_is_durable_or_called_unsound(cabinet: Cabinet, settings: Settings) -> None:
    if POSTGRESQL:
        assert db.database().unsound() == ""
        with transaction() as session:
            own = db.database().engine.url.database
            session.execute(text(f'ALTER DATABASE "{own}" SET synchronous_commit TO off'))
        # It holds for lines that are opened from now on.
        db.database().close()
        (seen,) = [each for each in checks.run(settings) if each.name == "database"]
        assert "synchronous_commit off" in seen.detail
        assert not seen.ok
        return
    with reading() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2
        version = session.execute(text("SELECT sqlite_version()")).scalar_one()
    assert tuple(int(part) for part in version.split(".")) >= (3, 51, 3)
    assert db.database().embedded
