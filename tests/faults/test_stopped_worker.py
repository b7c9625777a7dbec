"""R-01, R-10, R-12: a worker that is stopped in the middle of a cast, and goes on when the end has
passed: no ballot is counted that was not in time, and no receipt is untrue."""

import json
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ballots import queries
from ballots.models import Consultation
from ballots.service.close import close
from ecabinet import clock, db
from ecabinet.settings import Settings
from tests.ballots.builders import an_open_consultation, set_clock
from tests.builders import Cabinet
from tests.faults.crowd import again
from tests.faults.oracle import holds_exactly
from tests.faults.points import AFTER, BEFORE, order, stop_at
from tests.faults.test_killed_cast import WITHIN, Tablet
from tests.server import Server

# Where it is asked under the lock whether it is in time, and what comes of it up to the commit.
UNDER_THE_LOCK = ("C4", "C5", "C6", "C7", "C8")
IN_TIME = ("C5", "C6", "C7", "C8", *AFTER)
# For a paper and its way to the point; the end is then waited for.
BEFORE_THE_END = timedelta(seconds=15)
OF_EVERY_RUN = ("C3", "C8", "C9")
POINTS = [
    point if point in OF_EVERY_RUN else pytest.param(point, marks=pytest.mark.faults)
    for point in (*BEFORE, *AFTER)
]


@pytest.mark.parametrize("point", POINTS)
def test_r10_a_worker_that_stops_over_the_end_takes_nothing_late_and_gives_no_false_receipt(
    cabinet: Cabinet, settings: Settings, point: str
) -> None:
    asked = an_open_consultation(cabinet)
    tablet = Tablet(cabinet, settings, asked)
    with tablet.served() as server, ThreadPoolExecutor(2) as pool:
        if point in UNDER_THE_LOCK:
            set_clock(due(asked) - BEFORE_THE_END)
            tablet.answers("disagree")
        token = tablet.token(server)
        order(server.folder).write_text(stop_at(point))
        sent = pool.submit(tablet.tries, server, token)
        worker = until(lambda: stopped(server))
        if point not in UNDER_THE_LOCK:
            cabinet.wait(days=4)
        until(lambda: has_ended(asked))
        # Whoever closes waits for the one who stands under the lock, and for no other.
        closing = pool.submit(again, lambda: close(asked))
        if point not in UNDER_THE_LOCK:
            closing.result(WITHIN)
        os.kill(worker, signal.SIGCONT)
        status, said = sent.result(WITHIN)
        closing.result(WITHIN)
    with db.reading() as session:
        result = queries.result_of(session, asked)
        assert result is not None
        stands = {each.person_id: str(each.position) for each in result.standings}
        closed_leaf = session.get_one(Consultation, asked).closed_leaf
    stood = stands[cabinet.ids[tablet.member.name]]
    assert closed_leaf is not None
    if point in IN_TIME:
        assert status == 201, said
        assert json.loads(said)["position"] < closed_leaf
        assert (stood, result.is_provisional) == ("disagree", False)
        holds_exactly([asked], [said])
    else:
        assert (status, json.loads(said)["reason"]) in [(409, "ended"), (409, "not_open")]
        assert stood in ("silent", "not_reached")
        # Signed in time and not taken: two people decide, and nothing is issued before.
        assert result.is_provisional
        holds_exactly([asked], [], refused=1)


def due(asked: int) -> datetime:
    with db.reading() as session:
        found = session.get_one(Consultation, asked).due_at
    assert found is not None
    return found


def has_ended(asked: int) -> bool:
    end = due(asked)
    with db.reading() as session:
        return clock.now(session) >= end


def stopped(server: Server) -> int:
    """The worker of this server that stands still; 0 while none does."""
    started = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    for pid in map(int, started.split()):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "T":
            return pid
    return 0


def until(sees: Callable[[], int]) -> int:
    pause = threading.Event()
    for _ in range(WITHIN * 20):
        if found := sees():
            return found
        pause.wait(0.05)
    raise AssertionError("for a minute it has not come to that")
