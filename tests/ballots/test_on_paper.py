"""An answer on paper: one person enters it from a scan, a second one compares the two, its member
is told; it never stands over what the member signed (rulebook: Who may do what; R-13)."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict, Unpack

import pytest

from ballots import rules
from ballots.bundle import write
from ballots.models import Ballot, Result
from ballots.rules import BallotRefusal, Choice
from ballots.service import close, on_paper
from ballots.signing import NO_KEY, Proposed
from ecabinet import approvals, ledger, outbox, verifier
from ecabinet.approvals import ApprovalRefusal
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused
from tests.ballots.builders import Member, a_paper, an_open_consultation
from tests.ballots.test_bundle import Files, act_in, change_json, of_type, rezip
from tests.ballots.test_each_check import change as put_act
from tests.ballots.test_withdrawn import confirm
from tests.builders import Cabinet

MINISTER, OTHER = "botruong.yte", "botruong.taichinh"
CLERK, SECOND = "thuky", "chuyenvien"
REASON = "Đang công tác ở Trường Sa, không có mạng."
OPINION = "Đề nghị bổ sung điều khoản chuyển tiếp."
JSON = {"Accept": "application/json"}


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return an_open_consultation(cabinet)


class How(TypedDict, total=False):
    """What is entered, for whom, by whom."""

    choice: Choice
    opinion: str
    name: str
    who: str


def enter(
    cabinet: Cabinet, consultation: int, choice: Choice = Choice.AGREE_COMMENTS,
    opinion: str = OPINION, name: str = MINISTER, who: str = CLERK,
) -> int:  # fmt: skip
    return on_paper.ask_to_enter(
        cabinet.actor(who), consultation, cabinet.ids[name], Proposed(choice, opinion),
        ("phieu.pdf", a_paper()), REASON, "demo",
    )  # fmt: skip


def entered(cabinet: Cabinet, consultation: int, **how: Unpack[How]) -> None:
    confirm(cabinet, enter(cabinet, consultation, **how), SECOND)


def ballots(consultation: int) -> list[Ballot]:
    with reading() as db:
        return list(db.query(Ballot).filter_by(consultation_id=consultation).order_by(Ballot.leaf))


def refused(cabinet: Cabinet, consultation: int, **how: Unpack[How]) -> object:
    with pytest.raises(Refused) as found:
        enter(cabinet, consultation, **how)
    return found.value.reason


def standing(consultation: int, person: int) -> tuple[str, str]:
    with reading() as db:
        result = db.get_one(Result, consultation)
        (own,) = (each for each in result.standings if each.person_id == person)
        return own.position, (own.ballot.opinion or "") if own.ballot else ""


def test_two_people_enter_it_and_it_counts_as_the_members_answer(
    cabinet: Cabinet, asked: int
) -> None:
    request = enter(cabinet, asked)
    assert ballots(asked) == [], "one alone enters nothing"
    confirm(cabinet, request, SECOND)
    (ballot,) = ballots(asked)
    assert (ballot.signature_class, ballot.key_id) == ("paper", NO_KEY)
    assert ballot.choice is None, "sealed until the closing"
    assert ballot.mark == hashlib.sha256(a_paper()).hexdigest()
    with reading() as db:
        ((position, leaf),) = ledger.entries(db, "ballot_on_paper", 0).items()
        told = [each.kind for each in outbox.inbox(db, cabinet.ids[MINISTER])]
    assert position == ballot.leaf
    assert (leaf["asked_by"], leaf["confirmed_by"]) == (cabinet.ids[CLERK], cabinet.ids[SECOND])
    assert leaf["scan_sha256"] == ballot.mark
    assert "ballot_on_paper" in told
    cabinet.wait(days=4)
    close.close(asked)
    assert standing(asked, cabinet.ids[MINISTER]) == ("agree_comments", OPINION)
    page = cabinet.browser(CLERK).get(f"/consultations/{asked}").text
    assert "phiếu giấy; nhập và đối chiếu" in page
    assert "1 phiếu là phiếu giấy, không có chữ ký số" in page


def test_until_the_closing_the_choice_is_for_the_two_and_its_member_alone(
    cabinet: Cabinet, asked: int
) -> None:
    request = enter(cabinet, asked)
    path = f"/paper-ballots/{request}"
    for who in (CLERK, SECOND):
        shown = cabinet.browser(who).get(path)
        assert OPINION in shown.text, who
        assert (f"/approvals/{request}/confirm" in shown.text) == (who == SECOND)
        scan = cabinet.browser(who).get(f"{path}/file")
        assert scan.status_code == 200
        assert scan.data.startswith(b"%PDF")
    for who in ("lanhdaovp", "kiemtoan", "quantri", MINISTER, OTHER, "thutuong"):
        for where in (path, f"{path}/file"):
            assert cabinet.browser(who).get(where).status_code in (403, 404), (who, where)
        assert OPINION not in cabinet.browser(who).get(f"/approvals/{request}").text
    with reading() as db:
        facts = approvals.request_to_read(db, cabinet.actor(CLERK), request).facts
    assert "agree" not in str(facts)
    assert OPINION not in str(facts)
    for where in ("/approvals", f"/approvals/{request}"):
        page = cabinet.browser(SECOND).get(where).text
        assert f'href="{path}"' in page
        assert f"/approvals/{request}/confirm" not in page, (
            "confirmed beside its scan, nowhere else"
        )
    confirm(cabinet, request, SECOND)
    assert cabinet.browser(SECOND).get(path).status_code == 404, "decided: nothing to compare"
    (ballot,) = ballots(asked)
    own = cabinet.browser(MINISTER)
    assert "Đã nhập phiếu giấy của Ông/Bà" in own.get(f"/consultations/{asked}").text
    assert OPINION in own.get(f"/ballots/by-key/{ballot.key}").text
    assert own.get(f"/ballots/by-key/{ballot.key}/file").data == a_paper()
    office = cabinet.browser(CLERK).get(f"/consultations/{asked}").text
    assert "đã trả lời bằng phiếu giấy" in office
    assert OPINION not in office


def test_a_paper_never_stands_over_what_the_member_signed(cabinet: Cabinet, asked: int) -> None:
    request = enter(cabinet, asked)
    member = Member(cabinet, MINISTER)
    member.cast(asked, "disagree")
    assert refused(cabinet, asked) == BallotRefusal.SIGNED_ALREADY
    with pytest.raises(Refused) as found:
        confirm(cabinet, request, SECOND)
    assert found.value.reason == BallotRefusal.SIGNED_ALREADY
    cabinet.wait(days=4)
    close.close(asked)
    assert standing(asked, cabinet.ids[MINISTER]) == ("disagree", "")


def test_the_member_answers_over_a_paper_and_a_second_paper_mends_the_first(
    cabinet: Cabinet, asked: int
) -> None:
    entered(cabinet, asked, choice=Choice.AGREE, opinion="")
    entered(cabinet, asked, choice=Choice.DISAGREE, opinion="")
    first, second = ballots(asked)
    assert second.follows == first.leaf
    Member(cabinet, MINISTER).cast(asked, "agree_comments", OPINION)
    entered(cabinet, asked, name=OTHER, choice=Choice.DISAGREE, opinion="")
    cabinet.wait(days=4)
    close.close(asked)
    assert standing(asked, cabinet.ids[MINISTER]) == ("agree_comments", OPINION)
    assert standing(asked, cabinet.ids[OTHER]) == ("disagree", "")


def test_nothing_is_entered_late_twice_or_for_whoever_is_not_asked(
    cabinet: Cabinet, asked: int
) -> None:
    assert refused(cabinet, asked, name=SECOND) == BallotRefusal.NOT_ASKED
    assert refused(cabinet, asked, opinion=" ") == BallotRefusal.OPINION_MISSING
    for who in (SECOND, "lanhdaovp", MINISTER):
        with pytest.raises(Forbidden):
            enter(cabinet, asked, who=who)
    request = enter(cabinet, asked)
    assert refused(cabinet, asked) == ApprovalRefusal.ALREADY_ASKED
    for who in ("lanhdaovp", CLERK, "thutuong"):
        with pytest.raises((Forbidden, NotFound, Refused)):
            confirm(cabinet, request, who)
    cabinet.wait(days=4)
    with pytest.raises(Refused) as found:
        confirm(cabinet, request, SECOND)
    assert found.value.reason == BallotRefusal.ENDED
    assert refused(cabinet, asked, name=OTHER) == BallotRefusal.ENDED
    close.close(asked)
    assert refused(cabinet, asked, name=OTHER) == BallotRefusal.NOT_OPEN
    assert ballots(asked) == []


def test_a_file_that_is_no_pdf_is_refused_and_nothing_is_kept(cabinet: Cabinet, asked: int) -> None:
    def send(name: str, content: bytes, **changes: Any) -> Any:
        body = {
            "person": cabinet.ids[MINISTER], "choice": "agree", "opinion": "", "reason": REASON,
            "file": (io.BytesIO(content), name),
        }  # fmt: skip
        path = f"/consultations/{asked}/paper-ballots"
        return cabinet.browser(CLERK).post(path, body | changes, headers=JSON)

    assert send("anh.pdf", b"no pdf at all").status_code == 422
    assert send("phieu.pdf", a_paper(), choice="deemed_agree").status_code == 400
    assert send("dai.pdf", a_paper() + bytes(10 * 1024 * 1024)).status_code == 413
    with reading() as db:
        assert db.query(approvals.Request).count() == 0
    assert send("phieu.pdf", a_paper()).status_code == 200


@pytest.mark.parametrize(
    ("is_open", "has_signed", "ended", "expected"),
    [
        (True, False, False, None),
        (True, True, False, BallotRefusal.SIGNED_ALREADY),
        (True, False, True, BallotRefusal.ENDED),
        (False, False, False, BallotRefusal.NOT_OPEN),
    ],
)
def test_the_rule(
    is_open: bool, has_signed: bool, ended: bool, expected: BallotRefusal | None
) -> None:
    now = datetime(2026, 11, 30, 2, tzinfo=UTC)
    due_at = now - timedelta(hours=1) if ended else now + timedelta(hours=1)
    terms = rules.Terms(is_open, due_at, True, 1, 1)
    answer = rules.Answer(Choice.AGREE, "", 1)
    assert rules.paper_refusal(terms, has_signed, answer, now) is expected


def test_a_paper_that_nobody_compared_in_time_keeps_silence_from_agreeing(
    cabinet: Cabinet, asked: int
) -> None:
    for name in (MINISTER, OTHER):
        Member(cabinet, name).browser.get(f"/consultations/{asked}")
    request = enter(cabinet, asked)
    page = cabinet.browser(CLERK).get(f"/consultations/{asked}").text
    assert f'href="/approvals/{request}"' in page
    assert "phiếu giấy chờ đối chiếu" in page
    cabinet.wait(days=4)
    close.close(asked)
    with reading() as db:
        left = db.get_one(approvals.Request, request)
        told = [each.kind for each in outbox.inbox(db, cabinet.ids[CLERK])]
    assert left.state == "overtaken"
    assert "approval_overtaken" in told
    assert "Không còn gì để xác nhận" in cabinet.browser(CLERK).get(f"/approvals/{request}").text
    for who in (CLERK, SECOND):
        assert f"/approvals/{request}" not in cabinet.browser(who).get("/").text
    assert standing(asked, cabinet.ids[OTHER])[0] == "deemed_agree"
    assert standing(asked, cabinet.ids[MINISTER])[0] == "silent"


# ---- the bundle ----


@pytest.fixture
def exported(cabinet: Cabinet, asked: int, tmp_path: Path) -> Path:
    entered(cabinet, asked)
    Member(cabinet, OTHER).cast(asked, "agree")
    cabinet.wait(days=4)
    close.close(asked)
    with reading() as db:
        write(db, asked, tmp_path / "bundle.zip")
    return tmp_path / "bundle.zip"


def test_a_bundle_holds_scan_and_statement_and_says_that_no_key_signed(exported: Path) -> None:
    report = verifier.verify(exported)
    # No stamp was fetched here.
    assert {each.check for each in report.findings} <= {"V10"}
    assert any("1 on paper" in each.what for each in report.notes)


def other_scan(files: Files) -> None:
    (leaf,) = of_type(files, "ballot_on_paper")
    files[f"ballots/{leaf}.pdf"] = a_paper() + b"\n"


def other_opinion(files: Files) -> None:
    (leaf,) = of_type(files, "ballot_on_paper")
    change_json(files, f"ballots/{leaf}.json", lambda it: it.update(opinion="Không."))


def by_others(files: Files) -> None:
    def change(it: dict[str, Any]) -> None:
        it["evidence"]["confirmed_by"] += 1

    (leaf,) = of_type(files, "ballot_on_paper")
    change_json(files, f"ballots/{leaf}.json", change)


def by_one_alone(files: Files) -> None:
    put_act(files, "ballot_on_paper", confirmed_by=act_in(files, "ballot_on_paper")["asked_by"])


def signed_called_paper(files: Files) -> None:
    """So that a signature that does not hold would not be looked at."""
    put_act(files, "ballot", type="ballot_on_paper")


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (other_scan, "V33"), (other_opinion, "V33"), (by_others, "V33"), (by_one_alone, "V09"),
        (signed_called_paper, "V33"),
    ],
)  # fmt: skip
def test_each_forgery_of_a_paper_ballot_is_found(
    exported: Path, tamper: Callable[[Files], None], check: str
) -> None:
    with zipfile.ZipFile(exported) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    tamper(files)
    report = verifier.verify(rezip(exported.parent / "forged.zip", files))
    found = {each.check for each in report.findings} - {"V10"}
    assert check in found
    if tamper is other_scan:
        assert found == {check}, "no other check looks at a scan"
