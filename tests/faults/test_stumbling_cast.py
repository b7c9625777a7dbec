"""R-01, R-12: a cast that fails, or that stands still, at one of its points.

In process, so that each point has a test on each database: what a kill leaves is another file's.
"""

import pkgutil
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ballots import queries
from ballots.models import Attempt, Consultation
from ballots.rules import Position
from ballots.service.close import close
from ecabinet.db import database, reading
from tests.ballots.builders import Member, an_open_consultation, ballots_of
from tests.builders import Cabinet
from tests.faults.oracle import holds_exactly
from tests.faults.points import AFTER, BEFORE, EVERY

MINISTER, ANOTHER = "botruong.yte", "botruong.xaydung"
# What comes after the signature was found good, and before the commit.
WITH_A_SIGNATURE = ("C4", "C5", "C6", "C7", "C8")
# As long as anything here may last before a test says that it hangs.
PATIENCE = 60


class Broken(Exception):
    """What no line of the house expects."""


Step = Callable[..., Any]


def at(monkeypatch: pytest.MonkeyPatch, point: str, meet: Callable[[], None]) -> threading.Event:
    """Let whoever first comes out of this point's step meet something; set once they did."""
    holder, _, name = EVERY[point].rpartition(".")
    held: Any = pkgutil.resolve_name(holder)
    step: Step = getattr(held, name)
    first, met = iter([True]), threading.Event()

    @wraps(step)
    def run(*args: Any, **kwargs: Any) -> Any:
        done = step(*args, **kwargs)
        if next(first, False):
            met.set()
            meet()
        return done

    monkeypatch.setattr(held, name, run)
    # What is told after a commit was bound to the database when that was opened.
    bound = database()
    told = tuple(run if each is step else each for each in bound.after_commit)
    monkeypatch.setattr(bound, "after_commit", told)
    return met


def breaks() -> None:
    raise Broken


class Tried:
    """An answer that was signed once, and is sent as often as it takes."""

    def __init__(self, cabinet: Cabinet, asked: int, name: str, choice: str) -> None:
        self.member, self.asked = Member(cabinet, name), asked
        paper = self.member.paper(asked, choice)
        self.pending, self.signature = paper["pending"], self.member.sign(paper["attrs"])
        self.key = secrets.token_hex(16)

    def sent(self) -> TestResponse:
        return self.member.send(self.asked, self.pending, self.signature, self.key)


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return an_open_consultation(cabinet)


@pytest.fixture
def no(cabinet: Cabinet, asked: int) -> Tried:
    return Tried(cabinet, asked, MINISTER, "disagree")


def attempts(asked: int) -> list[Attempt]:
    with reading() as db:
        return queries.attempts_of(db, asked)


def still_open(asked: int) -> set[int]:
    with reading() as db:
        return set(queries.open_attempts(db, db.get_one(Consultation, asked)))


@pytest.mark.parametrize("point", BEFORE)
def test_r01_a_cast_that_fails_before_its_commit_leaves_no_half_and_is_taken_again(
    monkeypatch: pytest.MonkeyPatch, no: Tried, asked: int, point: str
) -> None:
    at(monkeypatch, point, breaks)
    failed = no.sent()
    assert failed.status_code == 500
    assert failed.json is not None
    assert failed.json["code"] == "failed"
    tried = int(point in WITH_A_SIGNATURE)
    holds_exactly([asked], [], refused=tried)
    # A signed answer that could not be taken is itself kept: silence must not swallow it.
    assert len(attempts(asked)) == len(still_open(asked)) == tried
    receipt = no.sent()
    assert receipt.status_code == 201, receipt.json
    assert no.sent().data == receipt.data
    holds_exactly([asked], [receipt.data], refused=tried)
    assert not still_open(asked), "what was taken in the end is no open attempt"


@pytest.mark.parametrize("point", AFTER)
def test_r01_a_cast_that_fails_after_its_commit_is_no_failed_attempt(
    monkeypatch: pytest.MonkeyPatch, no: Tried, asked: int, point: str
) -> None:
    met = at(monkeypatch, point, breaks)
    no.sent()
    assert met.is_set()
    assert len(ballots_of(asked)) == 1
    receipt = no.sent()
    assert receipt.status_code == 201, receipt.json
    holds_exactly([asked], [receipt.data])
    assert attempts(asked) == []


@pytest.mark.parametrize("point", WITH_A_SIGNATURE)
def test_r12_a_no_that_failed_and_was_never_sent_again_is_no_silence(
    monkeypatch: pytest.MonkeyPatch, cabinet: Cabinet, no: Tried, asked: int, point: str
) -> None:
    for each in (no.member, Member(cabinet, ANOTHER)):
        each.open_page(asked)
    at(monkeypatch, point, breaks)
    assert no.sent().status_code == 500
    cabinet.wait(days=4)
    close(asked)
    with reading() as db:
        result = queries.result_of(db, asked)
        assert result is not None
        stands = {each.person_id: each.position for each in result.standings}
        assert result.is_provisional
    assert stands[cabinet.ids[ANOTHER]] == Position.DEEMED_AGREE, "told, and silent"
    assert stands[cabinet.ids[MINISTER]] == Position.SILENT


@pytest.fixture
def standstill(monkeypatch: pytest.MonkeyPatch) -> Iterator["Standstill"]:
    here = Standstill(monkeypatch)
    yield here
    here.goes_on.set()


class Standstill:
    """A cast that stands at one point until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.is_there, self.goes_on = threading.Event(), threading.Event()

    def at(self, point: str) -> None:
        at(self._monkeypatch, point, self._stand)

    def _stand(self) -> None:
        self.is_there.set()
        assert self.goes_on.wait(PATIENCE)


@pytest.mark.parametrize("point", [*BEFORE, "C9", "C10"])
def test_r04_an_answer_sent_again_while_the_first_one_stands_still_is_one_ballot(
    standstill: Standstill, cabinet: Cabinet, no: Tried, asked: int, point: str
) -> None:
    yes = Tried(cabinet, asked, ANOTHER, "agree")
    standstill.at(point)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(no.sent)
        assert standstill.is_there.wait(PATIENCE)
        # Before the lock others go on; behind it they wait, and are answered.
        again, other = pool.submit(no.sent), pool.submit(yes.sent)
        if point in ("C1", "C2", "C3"):
            assert again.result(PATIENCE).status_code == 201
            assert other.result(PATIENCE).status_code == 201
        standstill.goes_on.set()
        answers = [each.result(PATIENCE) for each in (first, again, other)]
    assert [each.status_code for each in answers] == [201, 201, 201]
    assert answers[0].data == answers[1].data
    holds_exactly([asked], [each.data for each in (answers[0], answers[2])])
    assert attempts(asked) == []
