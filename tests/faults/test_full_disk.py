"""R-17: the disk is full while a ballot is cast; nothing is there by half, and once there is room
again the same ballot is taken without a restart.

SQLite itself is told how many pages the file may have: it answers as it does on a full disk.
"""

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, select

from ballots.models import Attempt
from ecabinet import db, ledger, outbox
from tests.ballots import builders
from tests.ballots.builders import Member, ballots_of
from tests.builders import Cabinet

pytestmark = pytest.mark.once

# What a ballot takes is some forty: room for nothing, for a part of it, for nearly all.
ROOMS = range(0, 40, 3)


@contextlib.contextmanager
def room_for(pages: int) -> Iterator[None]:
    engine = db.database().engine

    def limit(connection: Any, _record: object) -> None:
        ((held,),) = connection.execute("PRAGMA page_count").fetchall()
        connection.execute(f"PRAGMA max_page_count={held + pages}")

    event.listen(engine, "connect", limit)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", limit)
        engine.dispose()


def leaves_of(kind: str) -> list[int]:
    with db.reading() as session:
        return list(ledger.entries(session, kind, -1))


def told(member: Member) -> int:
    with db.reading() as session:
        inbox = outbox.inbox(session, member.cabinet.ids[member.name])
    return [each.kind for each in inbox].count("ballot_kept")


def attempts() -> list[int | None]:
    with db.reading() as session:
        return list(session.scalars(select(Attempt.leaf).order_by(Attempt.leaf)))


def test_r17_a_full_disk_halves_no_ballot_and_takes_it_when_there_is_room(
    cabinet: Cabinet,
) -> None:
    consultation = builders.an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    paper = minister.paper(consultation, "disagree")
    signature, key = minister.sign(paper["attrs"]), secrets.token_hex(16)
    for pages in ROOMS:
        with room_for(pages):
            answer = minister.send(consultation, paper["pending"], signature, key)
        assert answer.status_code == 503, f"with room for {pages} pages"
        assert ballots_of(consultation) == leaves_of("ballot") == []
        assert told(minister) == 0
        assert attempts() == leaves_of("ballot_refused")
    answer = minister.send(consultation, paper["pending"], signature, key)
    assert answer.status_code == 201
    assert [each.leaf for each in ballots_of(consultation)] == leaves_of("ballot")
    assert len(leaves_of("ballot")) == told(minister) == 1
    again = minister.send(consultation, paper["pending"], signature, key)
    assert again.data == answer.data
