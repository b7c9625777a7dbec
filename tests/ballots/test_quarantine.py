"""A signed answer that came in time and could not be taken: the closing is not held up, its result
is provisional, and two people decide (rulebook: a quarantined attempt; BAL-08)."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select

from ballots import bundle, queries, rules
from ballots.models import Attempt, Consultation, Result
from ballots.rules import ConsultationRefusal, Decided
from ballots.service import close, decide, quarantine, stamp
from ballots.service.report import seal_report
from ecabinet import bundles, ledger, outbox, storage, verifier
from ecabinet.approvals import ApprovalRefusal
from ecabinet.calendar import Calendar
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused, Stale
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_bundle import Files, act_in, of_type, rezip
from tests.ballots.test_each_check import FIRST, hide, put, seal
from tests.ballots.test_withdrawn import TWO, confirm
from tests.builders import Cabinet

REASON = "Gửi sau khi hết hạn; đã hỏi người gửi qua điện thoại."
MINISTER = "botruong.yte"
JSON = {"Accept": "application/json"}


class Late:
    """A member whose answer was begun in time and comes after the end."""

    def __init__(self, cabinet: Cabinet, consultation: int, name: str = MINISTER) -> None:
        self.consultation, self.member = consultation, Member(cabinet, name)
        self.papers = [self.member.paper(consultation, "disagree") for _ in range(2)]

    def sends(self) -> None:
        paper = self.papers.pop()
        self.member.browser.sign_in(self.member.name)
        signature = self.member.sign(paper["attrs"])
        assert self.member.send(self.consultation, paper["pending"], signature).status_code == 409


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return an_open_consultation(cabinet)


@pytest.fixture
def late(cabinet: Cabinet, asked: int) -> Late:
    late = Late(cabinet, asked)
    cabinet.wait(days=4)
    late.sends()
    close.close(asked)
    return late


def result(consultation: int) -> Result:
    with reading() as db:
        found = queries.result_of(db, consultation)
        assert found is not None
        db.expunge(found)
        return found


def ask(cabinet: Cabinet, consultation: int, who: str = "lanhdaovp", name: str = MINISTER) -> int:
    return quarantine.ask_to_refuse(cabinet.actor(who), consultation, cabinet.ids[name], REASON)


def duties(cabinet: Cabinet, name: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in queries.duties(db, cabinet.actor(name))]


def kinds(cabinet: Cabinet, name: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[name])]


def test_two_people_refuse_and_the_result_stands(cabinet: Cabinet, asked: int, late: Late) -> None:
    before = result(asked)
    assert before.is_provisional
    request = ask(cabinet, asked)
    assert result(asked).is_provisional, "one alone decides nothing"
    confirm(cabinet, request)
    after = result(asked)
    assert not after.is_provisional
    assert (after.counts, after.outcome, after.last_leaf) == (
        before.counts, before.outcome, before.last_leaf,
    )  # fmt: skip
    with reading() as db:
        ((position, leaf),) = ledger.entries(db, "attempt_decided", 0).items()
        (attempt,) = db.scalars(select(Attempt))
    assert leaf["attempts"] == [attempt.leaf]
    assert (leaf["member"], leaf["decision"]) == (cabinet.ids[MINISTER], "refused")
    assert (leaf["asked_by"], leaf["confirmed_by"], leaf["provisional"]) == (
        cabinet.ids["lanhdaovp"], cabinet.ids["thutuong"], False,
    )  # fmt: skip
    assert attempt.decided_leaf == position
    assert REASON not in str(leaf)
    assert "attempt_refused" in kinds(cabinet, MINISTER)
    for reader in ("thuky", "kiemtoan"):
        page = cabinet.browser(reader).get(f"/consultations/{asked}").text
        assert REASON in page
        assert "Kết quả tạm thời" not in page
    with pytest.raises(Refused) as refused:
        ask(cabinet, asked)
    assert refused.value.reason is ConsultationRefusal.NO_ATTEMPT


def test_a_member_who_tried_is_not_deemed_to_agree_once_refused(
    cabinet: Cabinet, asked: int, late: Late
) -> None:
    confirm(cabinet, ask(cabinet, asked))
    with reading() as db:
        (own,) = (
            each
            for each in db.get_one(Result, asked).standings
            if each.person_id == cabinet.ids[MINISTER]
        )
        assert own.position in ("silent", "not_reached")


class Swallowed:
    """A member whom the closing deems to agree, and whose "no", begun in time, comes after it."""

    def __init__(self, cabinet: Cabinet, agree: tuple[str, ...]) -> None:
        self.cabinet, self.number = cabinet, an_open_consultation(cabinet)
        self.late = Late(cabinet, self.number)
        self.late.member.open_page(self.number)
        for name in agree:
            Member(cabinet, name).cast(self.number)
        stamp.stamp_what_waits()
        cabinet.wait(days=4)
        close.close(self.number)
        self.late.sends()
        confirm(cabinet, ask(cabinet, self.number))

    def decide(self, decided: Decided) -> None:
        with reading() as db:
            seen = queries.seen_by_decider(db, db.get_one(Consultation, self.number))
        decide.decide(self.cabinet.actor("thutuong"), self.number, decided, REASON, seen)

    def exported(self, folder: Path) -> Files:
        with reading() as db:
            bundle.write(db, self.number, folder / "bundle.zip")
        return verifier.open_bundle(folder / "bundle.zip")


def verified(files: Files, folder: Path) -> verifier.Report:
    with reading() as db:
        trusted = bundles.trusted(db)
    return verifier.verify(rezip(folder / "again.zip", dict(files)), trusted)


def test_nothing_is_issued_on_the_silence_of_who_tried_to_say_no(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    """Two for, and one deemed who makes three of five."""
    swallowed = Swallowed(cabinet, ("thutuong", "pttg1"))
    after = result(swallowed.number)
    assert (after.outcome, after.counts["deemed"]) == ("passed", 1)
    assert after.is_provisional
    page = cabinet.browser("thutuong").get(f"/consultations/{swallowed.number}").text
    assert "có người đã thử gửi phiếu trước hạn" in page
    assert "còn lần gửi phiếu có chữ ký hợp lệ chưa được xử lý" not in page
    assert "sự im lặng này không được dùng để ban hành" in page
    sealed = storage.read(seal_report(swallowed.number))
    words = " ".join("".join(e.extract_text() for e in PdfReader(BytesIO(sealed)).pages).split())
    assert "nếu không coi sự im lặng của người đó là đồng ý thì kết quả khác" in words
    with pytest.raises(Refused) as refused:
        swallowed.decide(Decided.ISSUE)
    assert refused.value.reason is ConsultationRefusal.PROVISIONAL
    swallowed.decide(Decided.SESSION)
    files = swallowed.exported(tmp_path)
    report = verified(files, tmp_path)
    assert report.is_sound, report.findings
    assert any("whose attempt came later" in each.what for each in report.notes)
    for kind, changes in (
        ("attempt_decided", {"provisional": False}),
        ("consultation_decided", {"decision": "issue"}),
    ):
        put(files, of_type(files, kind)[0], act_in(files, kind) | changes)
    seal(files, ledger.signing_key(), ledger.closing_key(), None)
    ((check, what),) = {(each.check, each.what) for each in verified(files, tmp_path).findings}
    assert check == "V28"
    assert what == "issues what rests on the silence of somebody who tried to answer"


def test_what_passes_without_that_silence_is_issued(cabinet: Cabinet, tmp_path: Path) -> None:
    swallowed = Swallowed(cabinet, ("thutuong", "pttg1", "botruong.taichinh"))
    assert not result(swallowed.number).is_provisional
    swallowed.decide(Decided.ISSUE)
    report = verified(swallowed.exported(tmp_path), tmp_path)
    assert report.is_sound, report.findings


def change(files: Files, kind: str, **changes: object) -> None:
    put(files, of_type(files, kind)[0], act_in(files, kind) | changes)


def decide_before_there_was_a_result(files: Files) -> None:
    act, (at,) = act_in(files, "consultation_decided"), of_type(files, "consultation_decided")
    hide(files, at)
    put(files, FIRST, act)


DECIDED_OTHERWISE: dict[str, Callable[[Files], None]] = {
    "decided before there was a result": decide_before_there_was_a_result,
    "points to another leaf than the result's": lambda files: change(
        files, "consultation_decided", result_leaf=FIRST
    ),
    "on another consultation": lambda files: change(files, "consultation_decided", consultation=99),
    "no decision that there is, burn": lambda files: change(
        files, "consultation_decided", decision="burn"
    ),
    "made beside other attempts": lambda files: change(
        files, "consultation_decided", attempt_leaves=[]
    ),
    "issues what is not_passed": lambda files: change(
        files, "consultation_result", outcome="not_passed"
    ),
    # Two decided so on what came later, and the last word counts.
    "issues a provisional result": lambda files: change(files, "attempt_decided", provisional=True),
}


def test_no_decision_passes_that_the_result_does_not_allow(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    swallowed = Swallowed(cabinet, ("thutuong", "pttg1", "botruong.taichinh"))
    swallowed.decide(Decided.ISSUE)
    # What comes after a decision does not undo it.
    swallowed.late.sends()
    files = swallowed.exported(tmp_path)
    assert len(of_type(files, "consultation_provisional")) == 2
    assert verified(files, tmp_path).is_sound
    for what, tamper in DECIDED_OTHERWISE.items():
        forged = dict(files)
        tamper(forged)
        seal(forged, ledger.signing_key(), ledger.closing_key(), None)
        findings = verified(forged, tmp_path).findings
        assert [each.what for each in findings if each.check == "V28"] == [what]


def test_what_is_sent_to_a_session_may_have_failed_and_be_provisional(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    swallowed = Swallowed(cabinet, ("thutuong", "pttg1", "botruong.taichinh"))
    swallowed.decide(Decided.SESSION)
    files = swallowed.exported(tmp_path)
    change(files, "consultation_result", outcome="not_passed")
    change(files, "attempt_decided", provisional=True)
    assert "V28" not in {each.check for each in verified(files, tmp_path).findings}


def test_nobody_decides_alone_or_about_themselves(cabinet: Cabinet, asked: int, late: Late) -> None:
    request = ask(cabinet, asked)
    with pytest.raises(Refused):
        confirm(cabinet, request, "lanhdaovp")
    for other in ("thuky", "botruong.taichinh", MINISTER, "kiemtoan", "quantri"):
        with pytest.raises((Forbidden, NotFound)):
            ask(cabinet, asked, other)
        with pytest.raises((Forbidden, NotFound)):
            confirm(cabinet, request, other)
    assert result(asked).is_provisional


def test_the_prime_minister_does_not_decide_about_their_own(cabinet: Cabinet, asked: int) -> None:
    late = Late(cabinet, asked, "thutuong")
    cabinet.wait(days=4)
    late.sends()
    close.close(asked)
    request = ask(cabinet, asked, name="thutuong")
    with pytest.raises(Refused) as refused:
        confirm(cabinet, request, "thutuong")
    assert refused.value.reason is ApprovalRefusal.ABOUT_ONESELF


def test_what_came_in_meanwhile_was_not_decided(cabinet: Cabinet, asked: int, late: Late) -> None:
    request = ask(cabinet, asked)
    late.sends()
    with pytest.raises(Stale):
        confirm(cabinet, request)
    assert result(asked).is_provisional


def test_what_comes_after_the_decision_is_decided_anew(
    cabinet: Cabinet, asked: int, late: Late
) -> None:
    confirm(cabinet, ask(cabinet, asked))
    late.sends()
    assert result(asked).is_provisional
    confirm(cabinet, ask(cabinet, asked))
    assert not result(asked).is_provisional


def test_one_of_two_decided_leaves_the_result_provisional(cabinet: Cabinet, asked: int) -> None:
    both = [Late(cabinet, asked), Late(cabinet, asked, "botruong.taichinh")]
    cabinet.wait(days=4)
    for each in both:
        each.sends()
    close.close(asked)
    confirm(cabinet, ask(cabinet, asked))
    assert result(asked).is_provisional
    confirm(cabinet, ask(cabinet, asked, name="botruong.taichinh"))
    assert not result(asked).is_provisional


def test_before_the_closing_nothing_is_decided(cabinet: Cabinet, asked: int) -> None:
    late = Late(cabinet, asked)
    cabinet.wait(days=4)
    late.sends()
    with pytest.raises(Refused) as refused:
        ask(cabinet, asked)
    assert refused.value.reason is ConsultationRefusal.NOT_CLOSED


def test_the_office_is_told_at_once_and_the_prime_minister_after_a_working_day(
    cabinet: Cabinet, asked: int, late: Late
) -> None:
    assert "attempts_to_decide" in kinds(cabinet, "lanhdaovp")
    assert "attempts_to_decide" in duties(cabinet, "lanhdaovp")
    assert "attempts_to_decide" not in duties(cabinet, "thutuong")
    cabinet.wait(days=5)
    assert "attempts_to_decide" in duties(cabinet, "thutuong")
    assert "attempts_to_decide" not in duties(cabinet, "thuky")
    confirm(cabinet, ask(cabinet, asked))
    for name in ("lanhdaovp", "thutuong"):
        assert "attempts_to_decide" not in duties(cabinet, name)


@pytest.mark.parametrize(("asker", "second"), [TWO, TWO[::-1]])
def test_a_leader_or_the_prime_minister_asks_on_the_page(
    cabinet: Cabinet, asked: int, late: Late, asker: str, second: str
) -> None:
    leader = cabinet.browser(asker)
    page = leader.get(f"/consultations/{asked}").text
    assert f"refuse-{cabinet.ids[MINISTER]}" in page
    sent = {"person": cabinet.ids[MINISTER], "reason": REASON}
    answer = leader.post(f"/consultations/{asked}/refusals", sent, headers=JSON)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    path = answer.json["location"]
    seen = cabinet.browser(second).get(path).text
    for words in (REASON, "gửi sau khi hết hạn", "Không nhận lần gửi phiếu"):
        assert words in seen
    assert "chờ người thứ hai" in leader.get(f"/consultations/{asked}").text
    member = cabinet.browser(MINISTER).get(f"/consultations/{asked}").text
    assert REASON not in member


@given(st.integers(0, 60 * 24 * 9))
def test_an_attempt_goes_to_the_prime_minister_at_the_end_of_one_working_day(minutes: int) -> None:
    """Closed on a Thursday at 24:00: the next working day is Friday, and ends at its midnight."""
    calendar = Calendar()
    closed = datetime(2026, 12, 3, 17, 0, tzinfo=UTC)
    due = calendar.due(closed, 1)
    now = datetime.fromtimestamp(closed.timestamp() + 60 * minutes, UTC)
    assert rules.is_the_prime_ministers(closed, now, calendar) is (now >= due)
    assert calendar.local_day(due) > calendar.local_day(closed)
