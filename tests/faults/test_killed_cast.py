"""R-01: a server killed in the middle of a cast; the member sends again, and all is whole.

A real server of its own process group, over HTTP, killed by SIGKILL at a named point. On SQLite
or on the PostgreSQL that ECABINET_TEST_DATABASE_URL names.
"""

import contextlib
import http.client
import json
import os
import random
import re
import secrets
import signal
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from ballots.models import Ballot
from ecabinet import db, ledger, outbox
from ecabinet.settings import Settings
from tests.ballots import builders
from tests.ballots.builders import Member
from tests.builders import Cabinet
from tests.faults.oracle import holds_exactly
from tests.faults.points import AFTER, BEFORE, order
from tests.server import Server, serving

ROOT = Path(__file__).parent.parent.parent
GUNICORN = str(Path(sys.executable).with_name("gunicorn"))
SERVE = [
    GUNICORN, "--worker-class", "gthread", "--workers", "1", "--threads", "8",
    "--bind", "127.0.0.1:{port}", "--log-level", "warning", "--chdir", str(ROOT),
    "tests.faults.killed:app",
]  # fmt: skip

WITHIN = 60
KILLS = int(os.environ.get("KILLS", "20"))
OF_BALLOTS = ledger.Leaf.kind.in_(["ballot", "ballot_refused"])


# The status, and what came with it.
Answer = tuple[int, bytes]


def taken(answer: Answer) -> bytes:
    status, content = answer
    assert status in (200, 201), content
    return content


class Tablet:
    """A member's answer, signed once, and a plain line to whichever server runs now."""

    def __init__(self, cabinet: Cabinet, settings: Settings, consultation: int) -> None:
        self.member = Member(cabinet, "botruong.yte")
        self.settings, self.consultation = settings, consultation
        self.answers("disagree")

    def answers(self, choice: str) -> None:
        """Signs another answer, in the place of an earlier one."""
        # Anew each time: a trial of many kills takes longer than a code holds.
        self.member.browser.sign_in(self.member.name)
        paper = self.member.paper(self.consultation, choice)
        self.key = secrets.token_hex(16)
        self.envelope = {
            "pending": paper["pending"],
            "key": self.key,
            "signature": b64encode(self.member.sign(paper["attrs"])).decode(),
        }

    @contextlib.contextmanager
    def served(self) -> Iterator[Server]:
        # No connection of ours stays: the server that starts finds the files as death left them.
        db.database().close()
        url = self.settings.database_url
        with serving(self.settings.data_dir, SERVE, ECABINET_DATABASE_URL=url) as server:
            yield server

    def sends(self, server: Server) -> bytes:
        """The receipt's bytes; ConnectionError when the server dies first."""
        return self.posts(server, self.token(server))

    def token(self, server: Server) -> str:
        token = re.search(rb'name="csrf-token" content="([0-9a-f]+)"', self.ask(server, "/sign-in"))
        assert token
        return token[1].decode()

    def posts(self, server: Server, token: str) -> bytes:
        return taken(self.tries(server, token))

    def tries(self, server: Server, token: str) -> Answer:
        headers = {"X-CSRF-Token": token, "Content-Type": "application/json"}
        path = f"/consultations/{self.consultation}/ballots"
        return self.hear(server, path, "POST", json.dumps(self.envelope), **headers)

    def looks(self, server: Server) -> bytes:
        return self.ask(server, f"/ballots/by-key/{self.key}")

    def ask(self, server: Server, path: str) -> bytes:
        return taken(self.hear(server, path))

    def hear(
        self, server: Server, path: str, method: str = "GET", body: str | None = None, **more: str
    ) -> Answer:
        cookie = self.member.browser.client.get_cookie("ecabinet")
        assert cookie
        headers = {"Cookie": f"ecabinet={cookie.value}", "Accept": "application/json"} | more
        line = http.client.HTTPConnection("localhost", server.port, timeout=WITHIN)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def is_cut_off(self, server: Server, point: str) -> None:
        """Sends, and the server dies after this point without a word."""
        token = self.token(server)
        order(server.folder).write_text(point)
        with pytest.raises(ConnectionError):
            self.posts(server, token)
        assert server.process.wait(WITHIN) == -signal.SIGKILL
        assert not order(server.folder).exists()

    def is_cut_off_after(self, server: Server, seconds: float) -> bytes:
        """Sends, and the server dies meanwhile, wherever it is; the receipt, if it still came."""
        dies = threading.Timer(seconds, os.killpg, (server.process.pid, signal.SIGKILL))
        dies.start()
        receipt = b""
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            receipt = self.sends(server)
        dies.join()
        server.process.wait(WITHIN)
        return receipt

    def holds_exactly(self, *receipts: bytes) -> None:
        """In the order in which they were given."""
        kept = holds_exactly([self.consultation], receipts)
        ordered = sorted(kept.values(), key=lambda each: each.leaf or 0)
        assert [each.key for each in ordered] == [json.loads(each)["key"] for each in receipts]


@pytest.fixture
def tablet(cabinet: Cabinet, settings: Settings) -> Tablet:
    return Tablet(cabinet, settings, builders.an_open_consultation(cabinet))


# `make test` dies on both sides of the commit; `make faults` at every point.
EVERY_POINT = pytest.mark.faults
AFTER_COMMIT = [
    point if point == "C9" else pytest.param(point, marks=EVERY_POINT) for point in AFTER
]
AT_THE_COMMIT = ("C3", "C5", "C6", "C7", "C8")


@pytest.mark.parametrize("point", AFTER_COMMIT)
def test_r01_a_ballot_whose_server_died_after_the_commit_has_its_one_receipt(
    tablet: Tablet, point: str
) -> None:
    with tablet.served() as server:
        tablet.is_cut_off(server, point)
    with tablet.served() as server:
        seen = tablet.looks(server)
        assert tablet.sends(server) == tablet.sends(server) == seen
    tablet.holds_exactly(seen)


@pytest.mark.parametrize("points", [AT_THE_COMMIT, pytest.param(tuple(BEFORE), marks=EVERY_POINT)])
def test_r01_a_ballot_whose_server_died_before_the_commit_left_nothing_and_is_taken_again(
    tablet: Tablet, points: tuple[str, ...]
) -> None:
    for point in points:
        with tablet.served() as server:
            tablet.is_cut_off(server, point)
        tablet.holds_exactly()
    with tablet.served() as server:
        receipt = tablet.sends(server)
        assert tablet.sends(server) == receipt
    tablet.holds_exactly(receipt)


@pytest.mark.faults
def test_r01_a_server_killed_at_any_moment_loses_halves_and_doubles_nothing(tablet: Tablet) -> None:
    """By hand (`make faults`): each server takes what the one before was killed over."""
    chance, window = random.Random(1), 0.2
    receipts: list[bytes] = []
    told = b""
    answered = 0
    for turn in range(KILLS):
        with tablet.served() as server:
            receipts.append(tablet.sends(server))
            assert receipts[-1].startswith(told), "another receipt than was given"
            tablet.holds_exactly(*receipts)
            tablet.answers(("agree", "disagree")[turn % 2])
            told = tablet.is_cut_off_after(server, chance.uniform(0, window))
        answered += bool(told)
        # About half of them before the answer, however fast this machine is.
        window *= 0.8 if told else 1.25
    print(
        f"{KILLS} kills, {answered} of them after the receipt:"
        f" none of {len(receipts)} ballots is lost, halved or doubled"
    )


DAMAGE = {
    "a leaf without its ballot": delete(Ballot),
    "a ballot of which nobody was told": delete(outbox.Message),
    "a leaf that is not the receipt's": update(ledger.Leaf).values(envelope=b"{}"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_r01_what_a_kill_could_leave_would_be_seen(tablet: Tablet, damage: str) -> None:
    answer = tablet.member.send(
        tablet.consultation, tablet.envelope["pending"], b64decode(tablet.envelope["signature"]),
        tablet.key,
    )  # fmt: skip
    tablet.holds_exactly(answer.data)
    for receipts in ([], [answer.data, answer.data]):
        with pytest.raises(AssertionError):
            tablet.holds_exactly(*receipts)
    with db.transaction() as session:
        session.execute(DAMAGE[damage])
    with pytest.raises((AssertionError, KeyError)):
        tablet.holds_exactly(answer.data)
