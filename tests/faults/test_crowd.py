"""R-02, R-04, R-05, R-19: many members at once, while servers, the database and the line fail.

`make test` takes a handful of faults, `make faults` as many as KILLS says.
"""

import contextlib
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Executable, create_engine, delete, text, update
from sqlalchemy.engine import make_url

from ballots.models import Ballot
from ballots.service import draft as drafting
from ecabinet import db, ledger, outbox
from ecabinet.settings import Settings
from tests.ballots.builders import MEMBERS, Member, a_draft, an_open_consultation
from tests.builders import Cabinet
from tests.conftest import POSTGRESQL
from tests.faults.crowd import Sent, Voter, again, counts_what_was_said, is_whole
from tests.faults.line import Line, Trouble
from tests.faults.test_killed_cast import KILLS, SERVE
from tests.server import Server, serving

CLIENTS = 16
FEW = 4
TROUBLES = (
    Trouble.ANSWER_DROPPED, Trouble.NONE, Trouble.REQUEST_TWICE, Trouble.ANSWER_CUT,
    Trouble.REQUEST_CUT, Trouble.REQUEST_LATE, Trouble.REFUSED,
)  # fmt: skip


class Hall:
    """A server that comes and goes, one line to it, and members who go on answering."""

    def __init__(self, cabinet: Cabinet, settings: Settings, line: Line, voters: int) -> None:
        self.cabinet, self.settings, self.line = cabinet, settings, line
        members = [Member(cabinet, name) for name in MEMBERS]
        asked = [an_open_consultation(cabinet)]
        while len(asked) * len(members) < voters:
            asked.append(a_draft(cabinet))
            drafting.approve(cabinet.actor("lanhdaovp"), asked[-1])
        seats = [(member, number) for number in asked for member in members][:voters]
        self.voters = [
            Voter(member, number, line.port, seed) for seed, (member, number) in enumerate(seats)
        ]

    @property
    def history(self) -> list[Sent]:
        return [each for voter in self.voters for each in voter.history]

    @contextlib.contextmanager
    def served(self) -> Iterator[Server]:
        url = self.settings.database_url
        with serving(self.settings.data_dir, SERVE, ECABINET_DATABASE_URL=url) as server:
            self.line.to = server.port
            yield server

    def go_on_while(self, happens: Callable[[], None]) -> None:
        """Everybody answers until what happens is over, and then has all their receipts."""
        enough = threading.Event()
        with ThreadPoolExecutor(len(self.voters)) as pool:
            answering = [pool.submit(each.answers_until, enough) for each in self.voters]
            try:
                happens()
            finally:
                enough.set()
            for each in answering:
                each.result()

    def awaits_another_receipt(self) -> None:
        """Until the one that runs now has taken a ballot."""
        had, lives = self.receipts, threading.Event()
        for _ in range(6_000):
            if self.receipts > had:
                return
            lives.wait(0.02)
        raise AssertionError("for two minutes nobody has got a receipt")

    @property
    def receipts(self) -> int:
        return sum(bool(each.receipt) for each in self.history)

    def each_answers(self, times: int) -> None:
        """Everybody at once, so often."""
        with ThreadPoolExecutor(len(self.voters)) as pool:
            for _ in range(times):
                for each in [pool.submit(one.answers_anyhow) for one in self.voters]:
                    each.result()

    def is_sound(self, folder: Path) -> None:
        assert len(self.history) >= len(self.voters)
        with self.served():
            for voter in self.voters:
                last = voter.history[-1]
                assert again(lambda voter=voter, last=last: voter.sees_again(last)) == last.receipt
        is_whole(self.history)
        counts_what_was_said(self.cabinet, self.history, folder)

    def told(self, faults: str) -> None:
        tries = sum(each.tries for each in self.history)
        print(
            f"{faults}: {len(self.history)} ballots of {len(self.voters)} members at once,"
            f" sent {tries} times: 0 lost, 0 double, 0 unsigned, every receipt true"
        )


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    troubles = getattr(request, "param", ())
    made = Line(random.Random(1), troubles)
    yield made
    made.close()


# A handful for every run, and as many as are asked for by hand.
A_FEW, MANY = 2, pytest.param(KILLS, marks=pytest.mark.faults)


@pytest.mark.parametrize("kills", [pytest.param(A_FEW, marks=pytest.mark.once), MANY])
def test_r02_servers_killed_under_many_members_lose_and_double_nothing(
    cabinet: Cabinet, settings: Settings, line: Line, tmp_path: Path, kills: int
) -> None:
    hall = Hall(cabinet, settings, line, CLIENTS if kills > FEW else FEW)
    chance = random.Random(2)

    def killed() -> None:
        lives = threading.Event()
        for _ in range(kills):
            with hall.served() as server:
                lives.wait(chance.uniform(0.02, 1.5))
                os.killpg(server.process.pid, signal.SIGKILL)
                server.process.wait()

    with contextlib.ExitStack() as last:

        def killed_and_served() -> None:
            killed()
            last.enter_context(hall.served())

        hall.go_on_while(killed_and_served)
    hall.is_sound(tmp_path)
    hall.told(f"{kills} servers killed")


@pytest.mark.parametrize("line", [TROUBLES], indirect=True)
@pytest.mark.parametrize("answers", [A_FEW, MANY])
def test_r05_a_line_that_drops_cuts_delays_and_doubles_loses_nothing(
    cabinet: Cabinet, settings: Settings, line: Line, tmp_path: Path, answers: int
) -> None:
    hall = Hall(cabinet, settings, line, CLIENTS if answers > FEW else FEW)
    with hall.served():
        hall.each_answers(answers)
    assert min(line.met[each] for each in TROUBLES) > 0, line.met
    hall.is_sound(tmp_path)
    hall.told(", ".join(f"{each} {times}" for each, times in line.met.items()))


def backends(settings: Settings, _server: Server) -> list[int]:
    """The processes of the cluster that serve this database: one that dies takes all others with
    it, and the cluster recovers from its log."""
    watcher = create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    query = text("SELECT pid FROM pg_stat_activity WHERE datname = :name")
    name = make_url(settings.database_url).database
    with contextlib.closing(watcher.connect()) as connection:
        return [int(pid) for (pid,) in connection.execute(query, {"name": name})]


def workers(_settings: Settings, server: Server) -> list[int]:
    """SQLite lives in the process that serves; the one above it starts another at once."""
    started = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return [int(pid) for pid in started.split()]


@pytest.mark.faults
def test_r19_a_database_killed_under_many_members_loses_and_doubles_nothing(
    cabinet: Cabinet, settings: Settings, line: Line, tmp_path: Path
) -> None:
    hall = Hall(cabinet, settings, line, CLIENTS)
    chance, lives = random.Random(3), threading.Event()
    holders = backends if POSTGRESQL else workers
    killed = 0
    with hall.served() as server:

        def dies() -> None:
            nonlocal killed
            while killed < KILLS:
                # Among ballots, not among logins or while it comes up again.
                hall.awaits_another_receipt()
                lives.wait(chance.uniform(0, 0.5))
                for pid in again(lambda: holders(settings, server))[:1]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        killed += 1

        hall.go_on_while(dies)
    hall.is_sound(tmp_path)
    hall.told(f"the database killed {killed} times")


# ---- what the oracle would see ----


@pytest.fixture
def voted(cabinet: Cabinet, settings: Settings, line: Line) -> Hall:
    hall = Hall(cabinet, settings, line, FEW)
    with hall.served():
        for choice in ("agree", "disagree"):
            for voter in hall.voters:
                voter.answers(choice)
    return hall


DAMAGE: dict[str, Executable] = {
    "a lost ballot": delete(Ballot).where(Ballot.id == 1),
    "a lost leaf": delete(ledger.Leaf).where(ledger.Leaf.kind == "ballot"),
    "a changed leaf": update(ledger.Leaf).values(envelope=b"{}"),
    "nobody was told": delete(outbox.Message),
    "a ballot of nobody's": update(Ballot).where(Ballot.id == 1).values(key="0" * 32),
    "a ballot of another's": update(Ballot).where(Ballot.id == 1).values(person_id=5),
    "a broken chain": update(Ballot).where(Ballot.id == 5).values(follows=1),
}


def is_whole_after(damage: Executable, history: list[Sent]) -> None:
    """Looked at with the damage done, which then is taken back."""
    with db.transaction() as session:
        session.execute(damage)
        is_whole(history)
        raise LookupError("not seen")


def test_r34_the_oracle_sees_what_is_lost_doubled_moved_and_slipped_in(
    voted: Hall, tmp_path: Path
) -> None:
    history = voted.history
    is_whole(history)
    first, second = sorted(history, key=lambda each: each.said["position"])[:2]
    wrong = {
        "never seen": history[1:],
        "seen twice": [*history, history[0]],
        "another's receipt": [replace(first, receipt=second.receipt), *history[1:]],
        "not in the order of the day": [
            replace(each, began=second.ended + 1) if each is first else each for each in history
        ],
    }
    for told in wrong.values():
        with pytest.raises(AssertionError):
            is_whole(told)
    for damage in DAMAGE.values():
        with pytest.raises((AssertionError, KeyError)):
            is_whole_after(damage, history)
    is_whole(history)
    lied = [replace(each, choice="agree") for each in history]
    with pytest.raises(AssertionError):
        counts_what_was_said(voted.cabinet, lied, tmp_path)
