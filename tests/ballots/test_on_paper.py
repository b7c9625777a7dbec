"""An answer on paper: one person enters it from a scan, a second one compares the two, its member
is told; it never stands over what the member signed (rulebook: Who may do what; R-13)."""

import functools
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, Unpack

import pikepdf
import pytest

from ballots import queries
from ballots.bundle import write
from ballots.models import Ballot, Consultation, PaperEntry, Result
from ballots.rules import Choice, PaperBallotRefusal
from ballots.service import close, on_paper
from ballots.signing import NO_KEY, Proposed
from documents import service as documents
from ecabinet import approvals, forms, ledger, outbox, storage, verifier
from ecabinet.approvals import ApprovalRefusal
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused
from tests.ballots.builders import Member, a_paper, an_open_consultation
from tests.ballots.test_asked_again import replace
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
        ("phieu.pdf", a_scan(name)), REASON, "demo",
    )  # fmt: skip


@functools.cache
def a_scan(name: str) -> bytes:
    """Of this member's paper: no two are the same sheet."""
    return forms.sheet("Phiếu", name, [forms.paragraph(forms.text(f"Phiếu của {name}"))])


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
    assert ballot.mark == hashlib.sha256(storage.read(ballot.mark)).hexdigest()
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
    receipt = own.get(f"/ballots/by-key/{ballot.key}").text
    assert "Phiếu giấy đã được nhập" in receipt
    assert "không có chữ ký số của Ông/Bà" in receipt
    given = own.get(f"/ballots/by-key/{ballot.key}/file")
    assert hashlib.sha256(given.data).hexdigest() == ballot.mark
    assert "ban-quet" in given.headers["Content-Disposition"]
    office = cabinet.browser(CLERK).get(f"/consultations/{asked}").text
    assert "đã trả lời bằng phiếu giấy" in office
    assert OPINION not in office


def test_a_paper_never_stands_over_what_the_member_signed(cabinet: Cabinet, asked: int) -> None:
    request = enter(cabinet, asked)
    member = Member(cabinet, MINISTER)
    member.cast(asked, "disagree")
    assert refused(cabinet, asked) == PaperBallotRefusal.SIGNED_ALREADY
    with pytest.raises(Refused) as found:
        confirm(cabinet, request, SECOND)
    assert found.value.reason == PaperBallotRefusal.SIGNED_ALREADY
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
    member = Member(cabinet, MINISTER)
    assert member.follows(asked) < first.leaf, "a paper is in no way of what they sign"
    member.cast(asked, "agree_comments", OPINION)
    entered(cabinet, asked, name=OTHER, choice=Choice.DISAGREE, opinion="")
    cabinet.wait(days=4)
    close.close(asked)
    assert standing(asked, cabinet.ids[MINISTER]) == ("agree_comments", OPINION)
    assert standing(asked, cabinet.ids[OTHER]) == ("disagree", "")


def test_nothing_is_entered_late_twice_or_for_whoever_is_not_asked(
    cabinet: Cabinet, asked: int
) -> None:
    assert refused(cabinet, asked, name=SECOND) == PaperBallotRefusal.MEMBER_NOT_ASKED
    assert refused(cabinet, asked, opinion=" ") == PaperBallotRefusal.OPINION_MISSING
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
    assert found.value.reason == PaperBallotRefusal.ENDED
    assert refused(cabinet, asked, name=OTHER) == PaperBallotRefusal.ENDED
    close.close(asked)
    assert refused(cabinet, asked, name=OTHER) == PaperBallotRefusal.NOT_OPEN
    assert ballots(asked) == []


@functools.cache
def a_docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>")
    return out.getvalue()


def test_a_file_that_is_no_pdf_is_refused_and_nothing_is_kept(cabinet: Cabinet, asked: int) -> None:
    def send(name: str, content: bytes, **changes: Any) -> Any:
        body = {
            "person": cabinet.ids[MINISTER], "choice": "agree", "opinion": "", "reason": REASON,
            "file": (io.BytesIO(content), name),
        }  # fmt: skip
        path = f"/consultations/{asked}/paper-ballots"
        return cabinet.browser(CLERK).post(path, body | changes, headers=JSON)

    for name, content in (("anh.pdf", b"no pdf at all"), ("phieu.docx", a_docx())):
        answer = send(name, content)
        assert (answer.status_code, answer.json["reason"]) == (409, "not_pdf"), name
    assert send("vo.pdf", b"%PDF-1.7 broken").status_code == 422
    assert send("phieu.pdf", a_paper(), choice="deemed_agree").status_code == 400
    assert send("dai.pdf", a_paper() + bytes(10 * 1024 * 1024)).status_code == 413
    with reading() as db:
        assert db.query(approvals.Request).count() == 0
    assert send("phieu.pdf", a_paper()).status_code == 200


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


def test_what_a_member_signed_before_a_paper_came_between_is_taken_and_counts(
    cabinet: Cabinet, asked: int
) -> None:
    """On the way to the server, or on the page where it is checked: a paper is no obstacle."""
    member = Member(cabinet, MINISTER)
    paper = member.paper(asked, "disagree")
    signature = member.sign(paper["attrs"])
    entered(cabinet, asked, choice=Choice.AGREE, opinion="")
    answer = member.send(asked, paper["pending"], signature)
    assert answer.status_code == 201, answer.json
    assert member.send(asked, paper["pending"], signature).json["reason"] == "answered_meanwhile"
    cabinet.wait(days=4)
    close.close(asked)
    assert standing(asked, cabinet.ids[MINISTER])[0] == "disagree"


def test_an_attempt_beside_a_paper_is_decided_by_two_before_anything_is_issued(
    cabinet: Cabinet, asked: int
) -> None:
    member = Member(cabinet, MINISTER)
    member.browser.get(f"/consultations/{asked}")
    paper = member.paper(asked, "disagree")
    cabinet.wait(minutes=6)
    failed = member.send(asked, paper["pending"], member.sign(paper["attrs"]))
    assert failed.json["code"] == "step_up_needed"
    entered(cabinet, asked, choice=Choice.AGREE, opinion="")
    cabinet.wait(days=4)
    close.close(asked)
    with reading() as db:
        assert db.get_one(Result, asked).is_provisional
        waits = queries.open_attempts(db, db.get_one(Consultation, asked))
    assert list(waits) == [cabinet.ids[MINISTER]]


def test_a_paper_is_told_of_and_logged_from_the_first_moment_and_taken_back_it_keeps_nothing(
    cabinet: Cabinet, asked: int
) -> None:
    for name in (MINISTER, OTHER):
        Member(cabinet, name).open_page(asked)
    requests = [enter(cabinet, asked, name=name) for name in (MINISTER, OTHER)]
    approvals.withdraw(cabinet.actor(CLERK), requests[0])
    with reading() as db:
        handed, back = (ledger.entries(db, kind, 0) for kind in on_paper_acts())
        told = {
            name: [each.kind for each in outbox.inbox(db, cabinet.ids[name])]
            for name in (MINISTER, OTHER)
        }
    assert [act["member"] for act in handed.values()] == [
        cabinet.ids[name] for name in (MINISTER, OTHER)
    ]
    ((_, taken),) = back.items()
    assert taken["handed_in"] == min(handed)
    assert told[MINISTER][:2] == ["paper_taken_back", "paper_handed_in"]
    assert told[OTHER][0] == "paper_handed_in"
    cabinet.wait(days=4)
    close.close(asked)
    assert standing(asked, cabinet.ids[MINISTER])[0] == "deemed_agree"
    assert standing(asked, cabinet.ids[OTHER])[0] == "silent"
    page = cabinet.browser(CLERK).get(f"/consultations/{asked}").text
    assert page.count("không được xác nhận trước hạn") == 1


def test_what_stood_at_the_end_is_what_the_closing_finds(cabinet: Cabinet, asked: int) -> None:
    """Between the end and the closing nobody hands in a paper, or takes one back."""
    Member(cabinet, MINISTER).open_page(asked)
    request = enter(cabinet, asked)
    cabinet.wait(days=4)
    approvals.withdraw(cabinet.actor(CLERK), request)
    with reading() as db:
        assert not ledger.entries(db, on_paper.TAKEN_BACK, 0)
    close.close(asked)
    assert standing(asked, cabinet.ids[MINISTER])[0] == "silent"


def test_an_end_that_comes_while_a_scan_is_looked_at_comes_first(
    cabinet: Cabinet, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = documents.read_file

    def slowly(name: str, content: bytes) -> Any:
        found = read(name, content)
        cabinet.wait(days=4)
        return found

    monkeypatch.setattr(documents, "read_file", slowly)
    assert refused(cabinet, asked) == PaperBallotRefusal.ENDED
    with reading() as db:
        assert not ledger.entries(db, on_paper.HANDED_IN, 0)
        assert not db.query(PaperEntry).count()


def on_paper_acts() -> tuple[str, str]:
    return on_paper.HANDED_IN, on_paper.TAKEN_BACK


def test_nobody_deems_in_a_bundle_who_handed_in_a_paper(
    cabinet: Cabinet, asked: int, tmp_path: Path
) -> None:
    Member(cabinet, MINISTER).open_page(asked)
    enter(cabinet, asked, name=OTHER)
    Member(cabinet, "pttg1").cast(asked, "agree")
    cabinet.wait(days=4)
    close.close(asked)
    with reading() as db:
        write(db, asked, tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    put_act(files, on_paper.HANDED_IN, member=cabinet.ids[MINISTER])
    report = verifier.verify(rezip(tmp_path / "forged.zip", files))
    assert "V20" in {each.check for each in report.findings}


def test_what_two_compare_is_what_is_logged_and_nothing_in_it_acts(
    cabinet: Cabinet, asked: int
) -> None:
    with pikepdf.open(io.BytesIO(a_scan(MINISTER))) as pdf:
        pdf.Root.OpenAction = pikepdf.Dictionary(
            S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)")
        )
        pdf.attachments["x.exe"] = pikepdf.AttachedFileSpec(pdf, b"MZ", filename="x.exe")
        acts = io.BytesIO()
        pdf.save(acts)
    request = on_paper.ask_to_enter(
        cabinet.actor(CLERK), asked, cabinet.ids[MINISTER], Proposed(Choice.AGREE, ""),
        ("phieu.pdf", acts.getvalue()), REASON, "demo",
    )  # fmt: skip
    confirm(cabinet, request, SECOND)
    (ballot,) = ballots(asked)
    given = cabinet.browser(MINISTER).get(f"/ballots/by-key/{ballot.key}/file").data
    assert hashlib.sha256(given).hexdigest() == ballot.mark
    with pikepdf.open(io.BytesIO(given)) as pdf:
        assert "/OpenAction" not in pdf.Root
        assert not list(pdf.attachments)


def test_a_paper_about_papers_that_were_replaced_waits_no_more(
    cabinet: Cabinet, asked: int
) -> None:
    request = enter(cabinet, asked)
    replace(cabinet, asked)
    with reading() as db:
        assert db.get_one(approvals.Request, request).state == "overtaken"
    page = cabinet.browser(CLERK).get(f"/consultations/{asked}").text
    assert "phiếu giấy chờ đối chiếu" not in page
    entered(cabinet, asked)
    assert len(ballots(asked)) == 1


def test_of_whoever_has_left_office_no_paper_is_entered(cabinet: Cabinet, asked: int) -> None:
    request = enter(cabinet, asked)
    cabinet.leaves_office(MINISTER)
    assert refused(cabinet, asked) == PaperBallotRefusal.MEMBER_NOT_ASKED
    with pytest.raises(Refused) as found:
        confirm(cabinet, request, SECOND)
    assert found.value.reason == PaperBallotRefusal.MEMBER_NOT_ASKED
    assert ballots(asked) == []


def test_one_sheet_is_one_members_answer(cabinet: Cabinet, asked: int) -> None:
    scan = ("phieu.pdf", a_scan(MINISTER))

    def ask(name: str) -> int:
        answer = Proposed(Choice.AGREE, "")
        return on_paper.ask_to_enter(
            cabinet.actor(CLERK), asked, cabinet.ids[name], answer, scan, REASON, "demo"
        )

    first, second = ask(MINISTER), ask(OTHER)
    confirm(cabinet, first, SECOND)
    with pytest.raises(Refused) as found:
        confirm(cabinet, second, SECOND)
    assert found.value.reason == PaperBallotRefusal.SCAN_OF_ANOTHER
    with pytest.raises(Refused):
        ask("pttg1")
    assert len(ballots(asked)) == 1


def test_after_the_closing_whoever_sees_the_names_reads_the_scan(
    cabinet: Cabinet, asked: int
) -> None:
    entered(cabinet, asked)
    path = f"/consultations/{asked}/paper-ballots/{cabinet.ids[MINISTER]}/file"
    assert cabinet.browser(SECOND).get(path).status_code == 404, "sealed until the closing"
    cabinet.wait(days=4)
    close.close(asked)
    page = cabinet.browser("kiemtoan").get(f"/consultations/{asked}").text
    assert f'href="{path}"' in page
    assert REASON in page
    for who in ("kiemtoan", "thutuong", CLERK, SECOND):
        copy = cabinet.browser(who).get(path)
        assert copy.status_code == 200, who
        assert copy.data.startswith(b"%PDF")
    for who in (OTHER, "quantri", "canbo.yte"):
        assert cabinet.browser(who).get(path).status_code in (403, 404), who


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
    (leaf,) = (each.leaf for each in ballots(1) if each.signature_class == "paper")
    said = f"1 on paper, of which 1 count (leaves {leaf})"
    assert any(said in each.what for each in report.notes)


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


def with_a_certificate(files: Files) -> None:
    """As if a key had signed it."""
    (leaf,) = of_type(files, "ballot_on_paper")
    change_json(files, f"ballots/{leaf}.json", lambda it: it.update(certificate="AAAA"))


def by_one_alone(files: Files) -> None:
    put_act(files, "ballot_on_paper", confirmed_by=act_in(files, "ballot_on_paper")["asked_by"])


def signed_called_paper(files: Files) -> None:
    """So that a signature that does not hold would not be looked at."""
    put_act(files, "ballot", type="ballot_on_paper")


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (other_scan, "V33"), (other_opinion, "V33"), (by_others, "V33"), (by_one_alone, "V09"),
        (signed_called_paper, "V33"), (with_a_certificate, "V33"),
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
