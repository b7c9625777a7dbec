"""When this cabinet was served, told by its beats."""

import threading
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ecabinet import clock, heartbeat
from ecabinet.db import reading, transaction
from tests.builders import Cabinet

NOON = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_beats_that_follow_each_other_leave_no_gap(cabinet: Cabinet) -> None:
    with transaction() as db:
        begun = clock.now(db)
        heartbeat.beat(db)
    for seconds in (60, 119, 1):
        cabinet.is_down(seconds=seconds)
        with transaction() as db:
            heartbeat.beat(db)
    with reading() as db:
        assert heartbeat.outages(db, begun, clock.now(db)) == []
        assert db.query(heartbeat.Served).count() == 1


def test_missing_beats_are_an_outage_from_the_last_one_to_the_next(cabinet: Cabinet) -> None:
    with transaction() as db:
        heartbeat.beat(db)
        begun = clock.now(db)
    cabinet.is_down(minutes=31)
    with transaction() as db:
        heartbeat.beat(db)
    with reading() as db:
        ((starts, ends),) = heartbeat.outages(db, begun, clock.now(db))
    assert timedelta(minutes=31) <= ends - starts < timedelta(minutes=32)


def test_a_server_beats_as_soon_as_it_is_up(cabinet: Cabinet) -> None:
    ended = threading.Event()
    ended.set()
    heartbeat.run(ended)
    with reading() as db:
        last = heartbeat.last(db)
        assert last is not None
        assert clock.now(db) - last < heartbeat.INTERVAL


SPANS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 120)).map(
        lambda pair: (after(pair[0]), after(pair[0] + pair[1]))
    )
)


@given(served=SPANS, minute=st.integers(0, 299))
def test_a_minute_is_served_or_an_outage_or_in_a_gap_within_the_grace(
    served: list[heartbeat.Span], minute: int
) -> None:
    moment = after(minute + 0.5)
    gaps = heartbeat.unserved(served, NOON, after(300))
    is_served = any(since <= moment <= until for since, until in served)
    is_down = any(since < moment < until for since, until in gaps)
    assert not (is_served and is_down)
    near = any(
        since - heartbeat.GRACE <= moment <= until + heartbeat.GRACE for since, until in served
    )
    assert is_served or is_down or near or moment < NOON + heartbeat.GRACE
