"""R-01, C14 to C16, R-22: what is done behind casts by the clock, killed, broken or standing still
at one of its steps; done again, it is done once, and nothing of a cast has waited for it."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from ballots import bundle, queries
from ballots.models import Consultation, State
from ecabinet import bundles, db, jobs, ledger, verifier, witnesses
from ecabinet.settings import Settings
from ecabinet.witness import Witness, server
from tests.ballots.builders import Member, an_open_consultation, ballots_of
from tests.builders import Cabinet
from tests.faults.oracle import holds_exactly
from tests.faults.points import BEHIND, order
from tests.faults.test_killed_cast import SERVE, WITHIN
from tests.faults.test_stumbling_cast import PATIENCE, Standstill, at, breaks
from tests.server import Server, serving

NAME = "witness.example"
SAID = {"botruong.yte": "disagree", "botruong.taichinh": "agree"}
EVERY_POINT = pytest.mark.faults
# Held by the closing until its commit: whoever else closes waits.
UNDER_THE_LOCK = "C14"


@dataclass
class Matter:
    """A question, two members before it, and a witness outside."""

    cabinet: Cabinet
    asked: int
    members: list[Member]
    witness: str
    receipts: list[bytes]

    def is_answered(self) -> None:
        for each in self.members:
            paper = each.paper(self.asked, SAID[each.name])
            answer = each.send(self.asked, paper["pending"], each.sign(paper["attrs"]))
            assert answer.status_code == 201, answer.json
            self.receipts.append(answer.data)

    def is_over(self) -> None:
        self.cabinet.wait(days=4)

    def is_done(self) -> bool:
        """Closed, each ballot stamped, and cosigned."""
        with db.reading() as session:
            row = session.get_one(Consultation, self.asked)
            kept = witnesses.newest(session, NAME)
            if row.state != State.CLOSED or row.closed_leaf is None:
                return False
            is_cosigned = kept is not None and kept.size > row.closed_leaf
        return is_cosigned and all(each.stamp is not None for each in ballots_of(self.asked))

    def is_whole(self, folder: Path) -> None:
        """Once, as it was said, and a stranger finds it so."""
        holds_exactly([self.asked], self.receipts)
        with db.reading() as session:
            kinds = list(session.scalars(select(ledger.Leaf.kind)))
            for kind in ("consultation_closed", "consultation_result"):
                assert kinds.count(kind) == 1
            assert "consultation_provisional" not in kinds
            result = queries.result_of(session, self.asked)
            assert result is not None
            stands = {each.person_id: str(each.position) for each in result.standings}
            bundle.write(session, self.asked, folder / "bundle.zip")
            trusted = bundles.trusted(session)
        assert {name: stands[self.cabinet.ids[name]] for name in SAID} == SAID
        report = verifier.verify(folder / "bundle.zip", trusted)
        assert report.is_sound, report.findings


@pytest.fixture
def matter(cabinet: Cabinet, tmp_path: Path) -> Iterator[Matter]:
    asked = an_open_consultation(cabinet)
    members = [Member(cabinet, name) for name in SAID]
    with db.reading() as session:
        log_key = bundles.trusted(session)["log_key"]
    witness = Witness(tmp_path / "witness", NAME, [log_key])
    with server(witness, 0) as door:
        threading.Thread(target=door.serve_forever, daemon=True).start()
        given = f"{witness.public_key}@http://127.0.0.1:{door.server_address[1]}"
        witnesses.bind((given,), 0)
        yield Matter(cabinet, asked, members, given, [])
        witnesses.bind((), 0)
        door.shutdown()


@pytest.fixture
def standstill(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standstill]:
    here = Standstill(monkeypatch)
    yield here
    here.goes_on.set()


@pytest.mark.parametrize("point", BEHIND)
def test_r01_what_breaks_behind_a_cast_is_done_in_the_next_round(
    monkeypatch: pytest.MonkeyPatch, matter: Matter, tmp_path: Path, point: str
) -> None:
    matter.is_answered()
    matter.is_over()
    met = at(monkeypatch, point, breaks)
    jobs.run_once()
    assert met.is_set()
    rests()
    jobs.run_once()
    assert matter.is_done()
    matter.is_whole(tmp_path)


@pytest.mark.parametrize("point", BEHIND)
def test_r01_what_stands_still_behind_a_cast_is_done_once_by_whoever_goes_on(
    standstill: Standstill, matter: Matter, tmp_path: Path, point: str
) -> None:
    matter.is_answered()
    matter.is_over()
    standstill.at(point)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(jobs.run_once)
        assert standstill.is_there.wait(PATIENCE)
        rests()
        second = pool.submit(jobs.run_once)
        if point != UNDER_THE_LOCK:
            second.result(PATIENCE)
        standstill.goes_on.set()
        first.result(PATIENCE)
        second.result(PATIENCE)
    rests()
    jobs.run_once()
    assert matter.is_done()
    matter.is_whole(tmp_path)


def rests() -> None:
    """Whoever did not answer is asked again at once, not a minute later."""
    witnesses._resting.clear()


@contextlib.contextmanager
def served(settings: Settings, matter: Matter) -> Iterator[Server]:
    """With the clock's jobs beside the server."""
    db.database().close()
    of_both = {"ECABINET_DATABASE_URL": settings.database_url, "ECABINET_WITNESSES": matter.witness}
    with serving(settings.data_dir, SERVE, **of_both) as running:
        yield running


KILLED = [point if point == "C14" else pytest.param(point, marks=EVERY_POINT) for point in BEHIND]


@pytest.mark.parametrize("point", KILLED)
def test_r01_what_was_killed_behind_a_cast_is_done_by_the_server_that_starts(
    matter: Matter, settings: Settings, tmp_path: Path, point: str
) -> None:
    with served(settings, matter) as running:
        order(running.folder).write_text(point)
        matter.is_answered()
        matter.is_over()
        assert running.process.wait(WITHIN) == -signal.SIGKILL
    assert not order(settings.data_dir).exists()
    with served(settings, matter):
        pause = threading.Event()
        for _ in range(WITHIN * 10):
            if matter.is_done():
                break
            pause.wait(0.1)
    assert matter.is_done()
    matter.is_whole(tmp_path)
