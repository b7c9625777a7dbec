"""A question that is withdrawn by two people, or superseded by its next round: no seal is broken,
nothing is counted, no silence agrees (rulebook: the life of a consultation)."""

import pytest
from sqlalchemy import select

from ballots import jobs, queries, rules
from ballots.models import Attempt, Ballot, Consultation, State
from ballots.rules import ConsultationRefusal
from ballots.service import close, draft, stop
from documents import queries as documents
from ecabinet import approvals, ledger, live, outbox
from ecabinet.approvals import Request
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused, Stale
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_asked_again import replace
from tests.builders import Cabinet

REASON = "Gửi nhầm dự thảo chưa tiếp thu ý kiến thẩm định."
TWO = ("lanhdaovp", "thutuong")


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    """Open, and answered by one who disagrees; four are silent."""
    consultation = an_open_consultation(cabinet)
    Member(cabinet, "botruong.yte").cast(consultation, "disagree")
    return consultation


def withdraw(cabinet: Cabinet, consultation: int, asker: str = "lanhdaovp") -> int:
    return stop.ask_to_withdraw(cabinet.actor(asker), consultation, REASON)


def confirm(cabinet: Cabinet, request: int, who: str = "thutuong") -> None:
    with reading() as db:
        digest = db.get_one(Request, request).digest
    approvals.confirm(cabinet.actor(who), request, digest)


def the(consultation: int) -> Consultation:
    with reading() as db:
        row = db.get_one(Consultation, consultation)
        db.expunge(row)
        return row


def is_untouched(consultation: int) -> None:
    """No seal is broken, nothing counted, whatever the clock does afterwards."""
    with reading() as db:
        assert queries.result_of(db, consultation) is None
        assert {each.choice for each in db.scalars(select(Ballot))} == {None}
        assert not ledger.entries(db, "consultation_result", 0)
        assert not ledger.entries(db, "consultation_closed", 0)


@pytest.mark.parametrize(
    ("is_open", "has_ended", "refusal"),
    [
        (True, False, None),
        (True, True, ConsultationRefusal.ENDED),
        (False, False, ConsultationRefusal.NOT_OPEN),
        (False, True, ConsultationRefusal.NOT_OPEN),
    ],
)
def test_only_what_is_open_and_has_not_ended_is_withdrawn(
    is_open: bool, has_ended: bool, refusal: ConsultationRefusal | None
) -> None:
    assert rules.withdrawal_refusal(is_open, has_ended) is refusal


@pytest.mark.parametrize(("asker", "second"), [TWO, TWO[::-1]])
def test_two_people_withdraw_and_no_silence_counts(
    cabinet: Cabinet, asked: int, asker: str, second: str
) -> None:
    request = withdraw(cabinet, asked, asker)
    assert the(asked).state == State.OPEN
    confirm(cabinet, request, second)
    assert (the(asked).state, the(asked).ended_reason) == (State.WITHDRAWN, REASON)
    cabinet.wait(days=9)
    assert jobs.close_what_ended() == 0
    close.close(asked)
    is_untouched(asked)
    with reading() as db:
        (ballot,) = db.scalars(select(Ballot))
        assert queries.fate_of(db, the(asked), ballot) is queries.Fate.NO_RESULT
        (leaf,) = ledger.entries(db, "consultation_withdrawn", 0).values()
    two = (leaf["asked_by"], leaf["confirmed_by"])
    assert two == (cabinet.ids[asker], cabinet.ids[second])
    assert leaf["opened_leaf"] == the(asked).opened_leaf
    assert REASON not in str(leaf)


def test_one_person_alone_withdraws_nothing(cabinet: Cabinet, asked: int) -> None:
    request = withdraw(cabinet, asked)
    with pytest.raises(Refused):
        confirm(cabinet, request, "lanhdaovp")
    for other in ("thuky", "chuyenvien", "botruong.yte", "quantri", "kiemtoan"):
        with pytest.raises((Forbidden, NotFound)):
            withdraw(cabinet, asked, other)
        with pytest.raises((Forbidden, NotFound)):
            confirm(cabinet, request, other)
    assert the(asked).state == State.OPEN


def test_an_answer_to_what_is_withdrawn_is_refused_and_kept(cabinet: Cabinet, asked: int) -> None:
    minister = Member(cabinet, "botruong.taichinh")
    paper = minister.paper(asked, "disagree")
    signature = minister.sign(paper["attrs"])
    confirm(cabinet, withdraw(cabinet, asked))
    answer = minister.send(asked, paper["pending"], signature)
    assert answer.status_code == 409
    assert "không còn mở" in answer.json["message"]
    with reading() as db:
        (attempt,) = db.scalars(select(Attempt))
        assert (attempt.reason, len(list(db.scalars(select(Ballot))))) == ("not_open", 1)
    assert minister.ask_paper(asked, "agree").status_code == 409


def test_what_has_ended_meanwhile_keeps_its_result(cabinet: Cabinet, asked: int) -> None:
    request = withdraw(cabinet, asked)
    cabinet.wait(days=9)
    with pytest.raises(Refused) as refused:
        confirm(cabinet, request)
    assert refused.value.reason is ConsultationRefusal.ENDED
    close.close(asked)
    assert the(asked).state == State.CLOSED
    with pytest.raises(Refused) as refused:
        withdraw(cabinet, asked, "thutuong")
    assert refused.value.reason is ConsultationRefusal.NOT_OPEN


def test_a_question_that_was_put_anew_is_not_what_was_to_be_withdrawn(
    cabinet: Cabinet, asked: int
) -> None:
    request = withdraw(cabinet, asked)
    replace(cabinet, asked)
    assert the(asked).version == 2
    with pytest.raises(Stale):
        confirm(cabinet, request)
    assert the(asked).state == State.OPEN


def test_everybody_is_told_and_the_page_says_why(cabinet: Cabinet, asked: int) -> None:
    confirm(cabinet, withdraw(cabinet, asked))
    with reading() as db:
        for name in ("botruong.yte", "botruong.xaydung", "pttg1", "chuyenvien", "lanhdaovp"):
            kinds = [each.kind for each in outbox.inbox(db, cabinet.ids[name])]
            assert kinds.count("consultation_withdrawn") == 1, name
        story = [each.kind for each in documents.story(db, the(asked).dossier_id)]
        assert "consultation_withdrawn" in story
        (paper,) = the_papers(asked)
        state = {"consultation_id": asked, "state": "withdrawn", "version": 1}
        for audience in (f"consultation:{asked}", f"question:{asked}", f"paper:{paper}"):
            missed = live.missed(db, audience, "", 0)
            assert missed.as_answer()
            told = db.scalars(select(live.Told).where(live.Told.audience == audience)).all()
            assert told[-1].facts == state, audience
    page = cabinet.browser("botruong.yte").get(f"/consultations/{asked}").text
    assert REASON in page
    assert "im lặng không được tính" in page
    assert f"/consultations/{asked}/answer" not in page
    assert "Đã thu hồi" in cabinet.browser("botruong.yte").get("/consultations").text
    assert "ballot_to_cast" not in {each.kind for each in duties_of(cabinet, "botruong.taichinh")}


def the_papers(consultation: int) -> list[int]:
    with reading() as db:
        return [each.paper_id for each in db.get_one(Consultation, consultation).papers]


def duties_of(cabinet: Cabinet, name: str) -> list[queries.Duty]:
    with reading() as db:
        return queries.duties(db, cabinet.actor(name))


def next_round(cabinet: Cabinet, before: int, **words: str) -> int:
    row = the(before)
    question = draft.Question(
        row.dossier_id, words.get("question", row.question), words.get("summary", row.summary), 3
    )
    return draft.draft(cabinet.actor("chuyenvien"), question)


def test_the_next_round_shows_what_changed(cabinet: Cabinet, asked: int) -> None:
    confirm(cabinet, withdraw(cabinet, asked))
    replace(cabinet, asked)
    form = cabinet.browser("chuyenvien").get(f"/consultations/new?dossier={the(asked).dossier_id}")
    assert the(asked).question in form.text
    again = next_round(cabinet, asked, question="Đồng ý ban hành bản đã tiếp thu không?")
    draft.approve(cabinet.actor("lanhdaovp"), again)
    with reading() as db:
        row = db.get_one(Consultation, again)
        found = queries.round_before(db, row, row.papers)
    assert found is not None
    assert (found.consultation.id, found.question_changed, found.summary_changed) == (
        asked, True, False,
    )  # fmt: skip
    assert [(each.before, each.now) for each in found.papers] == [(1, 2)]
    assert (the(again).round, the(again).supersedes) == (2, asked)
    page = cabinet.browser("botruong.yte").get(f"/consultations/{again}").text
    for words in ("So với lần trước", "bản 1 thành bản 2", REASON, the(asked).question):
        assert words in page
    assert (
        f"/consultations/{again}"
        in cabinet.browser("botruong.yte").get(f"/consultations/{asked}").text
    )


def test_a_new_round_supersedes_the_one_that_is_open(cabinet: Cabinet, asked: int) -> None:
    again = next_round(cabinet, asked)
    assert the(asked).state == State.OPEN
    page = cabinet.browser("lanhdaovp").get(f"/consultations/{again}").text
    assert "phiếu đó kết thúc" in page
    assert "Đang lấy ý kiến" in page, "how the earlier round stands"
    draft.approve(cabinet.actor("lanhdaovp"), again)
    assert (the(asked).state, the(again).state) == (State.SUPERSEDED, State.OPEN)
    cabinet.wait(days=9)
    close.close(asked)
    with reading() as db:
        assert queries.result_of(db, asked) is None
        (leaf,) = ledger.entries(db, "consultation_superseded", 0).values()
        told = {each.kind for each in outbox.inbox(db, cabinet.ids["botruong.yte"])}
    assert (leaf["consultation"], leaf["superseded_by"]) == (asked, again)
    assert "consultation_superseded" in told


def test_what_ends_with_an_approval_is_shown_before_it(cabinet: Cabinet, asked: int) -> None:
    """An approver who saw nothing of the open round approves nothing."""
    again = next_round(cabinet, asked)
    with reading() as db:
        seen = queries.seen_by_approver(db, db.get_one(Consultation, again))
    confirm(cabinet, withdraw(cabinet, asked))
    with pytest.raises(Stale):
        draft.approve(cabinet.actor("lanhdaovp"), again, seen)


def test_a_round_that_has_ended_is_closed_and_not_superseded(cabinet: Cabinet, asked: int) -> None:
    cabinet.wait(days=9)
    again = next_round(cabinet, asked)
    draft.approve(cabinet.actor("lanhdaovp"), again)
    assert the(asked).state == State.OPEN
    close.close(asked)
    assert the(asked).state == State.CLOSED
    with reading() as db:
        assert queries.result_of(db, asked) is not None


def test_members_listen_and_are_never_told_who_has_answered(cabinet: Cabinet, asked: int) -> None:
    staff = cabinet.browser("thuky").get(f"/consultations/{asked}/line").json
    member = cabinet.browser("botruong.yte").get(f"/consultations/{asked}/line").json
    assert (staff["audience"], member["audience"]) == (f"consultation:{asked}", f"question:{asked}")
    Member(cabinet, "botruong.taichinh").cast(asked, "agree")
    with reading() as db:
        told = db.scalars(select(live.Told).where(live.Told.audience == f"question:{asked}")).all()
    assert {each.kind for each in told} == {"consultation_changed"}
