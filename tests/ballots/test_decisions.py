"""What comes of a result: opinions and the drafting agency's replies; issued, returned, or put to
a session by the Prime Minister or the deputy of the field."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import queries, rules
from ballots.models import Consultation
from ballots.rules import ConsultationRefusal, Decided, Outcome, ReplyKind
from ballots.service import close, correct, decide, draft
from ballots.service.draft import Question
from documents import queries as documents
from ecabinet import ledger, outbox, verifier
from ecabinet.db import reading
from ecabinet.errors import BadInput, Forbidden, NotFound, Refused
from meetings.rules import Kind
from meetings.service import prepare
from meetings.service.prepare import ItemText
from tests.ballots.builders import MONDAY, Member, a_paper, set_clock
from tests.ballots.test_asked_again import taken_out
from tests.ballots.test_bundle import change_leaf, failed, rezip
from tests.ballots.test_withdrawn import confirm
from tests.builders import Cabinet, statements_sent
from tests.documents.builders import dossier
from tests.meetings.builders import head

SAID = "Làm rõ Điều 4 về vùng biển ven bờ."
WORDS = "Đã bổ sung khoản 2 Điều 4."
REASON = "Cần thảo luận tập thể về nguồn vốn."
STAFF, OTHERS, DEPUTY = "canbo.yte", "canbo.taichinh", "pttg1"
JSON = {"Accept": "application/json"}


def asked_about_health(cabinet: Cabinet, deputy: str | None = DEPUTY) -> int:
    """A question that the ministry of health drafts, under one deputy; open."""
    set_clock(MONDAY)
    made = dossier(cabinet, a_paper(), title="Nghị định về y tế")
    question = Question(
        made, "Đồng ý ban hành không?", "", 2, cabinet.ids[deputy] if deputy else None
    )
    number = draft.draft(cabinet.actor("chuyenvien"), question)
    draft.approve(cabinet.actor("lanhdaovp"), number)
    return number


@pytest.fixture
def closed(cabinet: Cabinet) -> int:
    """Three of five agree, one with comments; one disagrees and says why; one is silent."""
    number = asked_about_health(cabinet)
    for name, choice, opinion in (
        ("thutuong", "agree", ""), ("pttg1", "agree", ""),
        ("botruong.xaydung", "agree_comments", SAID), ("botruong.taichinh", "disagree", "Tốn kém."),
    ):  # fmt: skip
        Member(cabinet, name).cast(number, choice, opinion)
    cabinet.wait(days=4)
    close.close(number)
    return number


def reply(
    cabinet: Cabinet, number: int, member: str = "botruong.xaydung", who: str = STAFF,
    kind: ReplyKind = ReplyKind.ACCEPTED, words: str = WORDS,
) -> None:  # fmt: skip
    with reading() as db:
        rows = queries.opinions(db, db.get_one(Consultation, number))
    before = {each.member_id: each.reply for each in rows}.get(cabinet.ids[member])
    seen = queries.seen_reply(before)
    decide.reply(cabinet.actor(who), number, cabinet.ids[member], kind, words, seen)


def seen(number: int) -> str:
    with reading() as db:
        return queries.seen_by_decider(db, db.get_one(Consultation, number))


def settle(cabinet: Cabinet, who: str, number: int, decided: Decided, reason: str) -> None:
    decide.decide(cabinet.actor(who), number, decided, reason, seen(number))


def kinds(cabinet: Cabinet, name: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[name])]


def duties(cabinet: Cabinet, name: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in queries.duties(db, cabinet.actor(name))]


# ---- the rules ----


@pytest.mark.parametrize(
    ("outcome", "provisional", "decided", "reason", "refusal"),
    [
        (Outcome.PASSED, False, Decided.ISSUE, "", None),
        (Outcome.PASSED, True, Decided.ISSUE, "", ConsultationRefusal.PROVISIONAL),
        (Outcome.PASSED, True, Decided.SESSION, REASON, None),
        (Outcome.NOT_PASSED, False, Decided.ISSUE, REASON, ConsultationRefusal.NOT_PASSED),
        (Outcome.NOT_PASSED, False, Decided.RETURN, REASON, None),
        (Outcome.NEEDS_DECISION, False, Decided.ISSUE, "", ConsultationRefusal.REASON_MISSING),
        (Outcome.NEEDS_DECISION, False, Decided.ISSUE, REASON, None),
        (
            Outcome.AWAITS_CLASSIFICATION, False, Decided.ISSUE, REASON,
            ConsultationRefusal.UNCLASSIFIED,
        ),
        (Outcome.AWAITS_CLASSIFICATION, False, Decided.SESSION, REASON, None),
        (Outcome.PASSED, False, Decided.RETURN, " ", ConsultationRefusal.REASON_MISSING),
        (Outcome.PASSED, False, Decided.SESSION, "", ConsultationRefusal.REASON_MISSING),
        (None, False, Decided.ISSUE, "", ConsultationRefusal.NOT_CLOSED),
    ],
)  # fmt: skip
def test_what_may_be_decided_on_which_result(
    outcome: Outcome | None, provisional: bool, decided: Decided, reason: str,
    refusal: ConsultationRefusal | None,
) -> None:  # fmt: skip
    found = rules.decision_refusal(outcome, provisional, False, decided, reason)
    assert found is refusal


@given(st.sampled_from(list(Outcome)), st.booleans(), st.sampled_from(list(Decided)), st.text())
def test_nothing_is_decided_twice(
    outcome: Outcome, provisional: bool, decided: Decided, reason: str
) -> None:
    found = rules.decision_refusal(outcome, provisional, True, decided, reason)
    assert found is ConsultationRefusal.DECIDED_ALREADY


# ---- opinions and replies ----


def test_opinions_are_read_by_the_agency_that_drafts_only_after_the_closing(
    cabinet: Cabinet,
) -> None:
    number = asked_about_health(cabinet)
    Member(cabinet, "botruong.xaydung").cast(number, "agree_comments", SAID)
    staff = cabinet.browser(STAFF)
    early = staff.get(f"/consultations/{number}/opinions", headers=JSON)
    assert (early.status_code, SAID in early.text) == (409, False)
    with reading() as db:
        assert queries.opinions(db, db.get_one(Consultation, number)) == []
    cabinet.wait(days=4)
    close.close(number)
    assert "opinions_to_reply" in kinds(cabinet, STAFF)
    assert "opinions_to_reply" in duties(cabinet, STAFF)
    staff.sign_in(STAFF)
    assert SAID in staff.get(f"/consultations/{number}/opinions").text
    for other in (OTHERS, "botruong.taichinh", "vanthu", "quantri"):
        answer = cabinet.browser(other).get(f"/consultations/{number}/opinions", headers=JSON)
        assert answer.status_code in (403, 404), other
        assert SAID not in answer.text
    minister = cabinet.browser("botruong.yte")
    assert f"/consultations/{number}/opinions" in minister.get(f"/consultations/{number}").text
    assert SAID in minister.get(f"/consultations/{number}/opinions").text
    # Whose answers they are is said; where each member stood is not.
    assert "Từng thành viên" not in minister.get(f"/consultations/{number}").text
    # They head the agency, and reply in nobody's name.
    assert "/replies" not in minister.get(f"/consultations/{number}/opinions").text
    # What it asks about is theirs; the ballots are not.
    assert staff.get(f"/consultations/{number}", headers=JSON).status_code == 403


def test_each_opinion_has_a_reply_that_travels_on(cabinet: Cabinet, closed: int) -> None:
    form = {"person": cabinet.ids["botruong.xaydung"], "kind": "accepted", "words": WORDS}
    form["seen"] = queries.seen_reply(None)
    staff = cabinet.browser(STAFF)
    assert staff.post(f"/consultations/{closed}/replies", data=form).status_code == 303
    assert "opinions_to_reply" in duties(cabinet, STAFF)
    assert "opinions_replied" not in kinds(cabinet, "thutuong")
    reply(cabinet, closed, "botruong.taichinh", kind=ReplyKind.EXPLAINED, words="Có nguồn.")
    assert "opinions_to_reply" not in duties(cabinet, STAFF)
    reply(cabinet, closed, "botruong.taichinh", kind=ReplyKind.EXPLAINED, words="Có nguồn.")
    assert kinds(cabinet, "thutuong").count("opinions_replied") == 1
    for reader in (STAFF, "thutuong", "pttg1", "thuky", "lanhdaovp", "kiemtoan"):
        page = cabinet.browser(reader).get(f"/consultations/{closed}/opinions").text
        assert WORDS in page, reader
    sheet = staff.get(f"/consultations/{closed}/opinions.csv").get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(sheet)))
    assert ["Tiếp thu", WORDS] in [row[4:] for row in rows]
    assert ["Giải trình", "Có nguồn."] in [row[4:] for row in rows]


def test_a_reply_is_changed_until_it_is_decided(cabinet: Cabinet, closed: int) -> None:
    reply(cabinet, closed)
    reply(cabinet, closed, kind=ReplyKind.PARTLY, words="Một phần.")
    with reading() as db:
        found = queries.opinions(db, db.get_one(Consultation, closed))
    (only,) = [each.reply for each in found if each.reply]
    assert (only.kind, only.words) == (ReplyKind.PARTLY, "Một phần.")
    settle(cabinet, "thutuong", closed, Decided.ISSUE, "")
    with pytest.raises(Refused) as refused:
        reply(cabinet, closed)
    assert refused.value.reason is ConsultationRefusal.DECIDED_ALREADY


def test_duties_are_asked_for_as_often_however_many_there_are(
    cabinet: Cabinet, closed: int
) -> None:
    with statements_sent() as before:
        assert duties(cabinet, STAFF).count("opinions_to_reply") == 1
    for _ in range(2):
        number = asked_about_health(cabinet)
        Member(cabinet, "botruong.xaydung").cast(number, "agree_comments", SAID)
        cabinet.wait(days=4)
        close.close(number)
    with statements_sent() as after:
        assert duties(cabinet, STAFF).count("opinions_to_reply") == 3
    assert len(before) == len(after)


@pytest.mark.parametrize(
    ("who", "member"),
    [(OTHERS, "botruong.xaydung"), ("thuky", "botruong.xaydung"), ("thutuong", "botruong.xaydung")],
)
def test_nobody_else_replies(cabinet: Cabinet, closed: int, who: str, member: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        reply(cabinet, closed, member, who)


def test_a_colleagues_newer_reply_is_not_written_over(cabinet: Cabinet, closed: int) -> None:
    staff, path = cabinet.browser(STAFF), f"/consultations/{closed}"
    form = {"person": cabinet.ids["botruong.xaydung"], "kind": "explained", "words": "Muộn."}
    form["seen"] = queries.seen_reply(None)
    reply(cabinet, closed)
    answer = staff.post(f"{path}/replies", data=form, headers=JSON)
    assert (answer.status_code, answer.json) == (409, answer.json | {"code": "stale"})
    page = staff.get(f"{path}/opinions").text
    assert WORDS in page
    found = re.findall('name="seen" value="([0-9a-f]{64})"', page)
    assert any(
        staff.post(f"{path}/replies", data=form | {"seen": each}).status_code == 303
        for each in found
    )


def test_nothing_is_decided_on_what_was_not_seen(cabinet: Cabinet, closed: int) -> None:
    premier, path = cabinet.browser("thutuong"), f"/consultations/{closed}"

    def sends() -> int:
        (form,) = {*re.findall('name="seen" value="([0-9a-f]{64})"', shown)}
        fields = {"decided": "session", "reason": REASON, "seen": form}
        return premier.post(f"{path}/decision", data=fields, headers=JSON).status_code

    shown = premier.get(path).text
    reply(cabinet, closed)
    assert sends() == 409
    shown = premier.get(path).text
    confirm(cabinet, correct.ask_to_correct(cabinet.actor("lanhdaovp"), closed, "Sai tên."))
    assert sends() == 409
    with reading() as db:
        assert queries.decision_on(db, closed) is None
    shown = premier.get(path).text
    assert sends() == 200


def test_what_nobody_said_has_no_reply(cabinet: Cabinet, closed: int) -> None:
    with pytest.raises(Refused) as refused:
        reply(cabinet, closed, "thutuong")
    assert refused.value.reason is ConsultationRefusal.NO_OPINION


# ---- the decision ----


def test_the_prime_minister_issues_once_and_everybody_is_told(
    cabinet: Cabinet, closed: int
) -> None:
    premier = cabinet.browser("thutuong")
    assert "result_to_decide" in duties(cabinet, "thutuong")
    page = premier.get(f"/consultations/{closed}").text
    assert 'data-open="decide-issue"' in page
    form = {"decided": "issue", "reason": "", "seen": seen(closed)}
    assert premier.post(f"/consultations/{closed}/decision", data=form).status_code == 303
    assert "result_to_decide" not in duties(cabinet, "thutuong")
    for name in (STAFF, "botruong.yte", "chuyenvien", "lanhdaovp"):
        assert "consultation_decided" in kinds(cabinet, name), name
    for name in ("thutuong", "botruong.yte", "kiemtoan"):
        page = cabinet.browser(name).get(f"/consultations/{closed}").text
        assert "Đã quyết định: ban hành" in page
        assert 'data-open="decide' not in page
    with reading() as db:
        (leaf,) = ledger.entries(db, "consultation_decided", 0).values()
        result = queries.result_of(db, closed)
        story = [
            each.kind for each in documents.story(db, db.get_one(Consultation, closed).dossier_id)
        ]
    assert result is not None
    assert (leaf["decision"], leaf["result_leaf"], leaf["by"]) == (
        "issue", result.last_leaf, cabinet.ids["thutuong"],
    )  # fmt: skip
    assert "consultation_decided" in story
    again = premier.post(f"/consultations/{closed}/decision", data=form, headers=JSON)
    assert again.status_code == 409
    assert again.json == again.json | {"code": "refused"}


def test_the_bundle_is_sound_and_another_decision_is_found(
    cabinet: Cabinet, closed: int, tmp_path: Path
) -> None:
    settle(cabinet, "thutuong", closed, Decided.ISSUE, "")
    files, keys = taken_out(closed, tmp_path)

    def found(kind: str = verifier.ISSUED, **values: object) -> set[str]:
        changed = dict(files)
        if values:
            change_leaf(changed, kind, **values)
        return failed(rezip(tmp_path / "forged.zip", changed), keys)

    assert found() == set()
    assert "V28" in found(result_leaf=1)
    assert "V28" in found(decision="burn")
    assert "V28" in found(consultation=99)
    assert "V28" in found(attempt_leaves=[1])
    assert "V28" in found(verifier.RESULT, provisional=True)
    assert "V28" in found(verifier.RESULT, outcome="not_passed")


def test_the_deputy_of_the_field_decides_and_no_other(cabinet: Cabinet, closed: int) -> None:
    assert "result_to_decide" in duties(cabinet, DEPUTY)
    page = cabinet.browser(DEPUTY).get(f"/consultations/{closed}").text
    assert "Từng thành viên" in page
    settle(cabinet, DEPUTY, closed, Decided.RETURN, REASON)
    with reading() as db:
        found = queries.decision_on(db, closed)
    assert found is not None
    assert (found.decided, found.reason, found.by) == (Decided.RETURN, REASON, cabinet.ids[DEPUTY])


def test_a_deputy_of_another_field_sees_totals_alone(cabinet: Cabinet) -> None:
    number = asked_about_health(cabinet, deputy=None)
    Member(cabinet, "botruong.xaydung").cast(number, "agree_comments", SAID)
    cabinet.wait(days=4)
    close.close(number)
    assert "result_to_decide" not in duties(cabinet, DEPUTY)
    page = cabinet.browser(DEPUTY).get(f"/consultations/{number}").text
    assert SAID not in page
    assert "Từng thành viên" not in page
    for who in (DEPUTY, "lanhdaovp", "thuky", "botruong.yte", STAFF, "kiemtoan"):
        with pytest.raises((Forbidden, NotFound)):
            settle(cabinet, who, number, Decided.RETURN, REASON)


def test_only_a_deputy_is_the_deputy_of_a_field(cabinet: Cabinet) -> None:
    with pytest.raises(BadInput):
        asked_about_health(cabinet, deputy="botruong.yte")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"decided": "burn", "reason": REASON}, 400),
        ({"reason": REASON}, 400),
        ({"decided": "return", "reason": ""}, 409),
        ({"decided": "session", "reason": "x" * 2_001}, 400),
    ],
)
def test_bad_input_is_answered_and_nothing_decided(
    cabinet: Cabinet, closed: int, form: dict[str, str], status: int
) -> None:
    path = f"/consultations/{closed}/decision"
    sent = form | {"seen": seen(closed)}
    answer = cabinet.browser("thutuong").post(path, data=sent, headers=JSON)
    assert answer.status_code == status, answer.text
    with reading() as db:
        assert queries.decision_on(db, closed) is None


def test_a_later_round_that_was_decided_otherwise_waits_for_no_session(
    cabinet: Cabinet, closed: int
) -> None:
    settle(cabinet, "thutuong", closed, Decided.SESSION, REASON)
    with reading() as db:
        about = db.get_one(Consultation, closed).dossier_id
        assert queries.put_to_session(db) == {about: closed}
    again = draft.draft(cabinet.actor("chuyenvien"), Question(about, "Đồng ý không?", "", 2))
    draft.approve(cabinet.actor("lanhdaovp"), again)
    cabinet.wait(days=9)
    close.close(again)
    settle(cabinet, "thutuong", again, Decided.RETURN, REASON)
    with reading() as db:
        assert queries.put_to_session(db) == {}


def test_what_is_put_to_a_session_goes_along_with_its_opinions(
    cabinet: Cabinet, closed: int
) -> None:
    settle(cabinet, "thutuong", closed, Decided.SESSION, REASON)
    secretary = cabinet.actor("thuky")
    meeting = prepare.plan(secretary, head(cabinet, Kind.REGULAR))
    browser = cabinet.browser("thuky")
    with reading() as db:
        made = db.get_one(Consultation, closed).dossier_id
    waiting = browser.get(f"/meetings/{meeting}").text
    assert "Chờ đưa ra phiên họp" in waiting
    assert f"/meetings/{meeting}?dossier={made}" in waiting
    filled = browser.get(f"/meetings/{meeting}?dossier={made}").text
    assert f'<option value="{made}" selected>' in filled
    text = ItemText("Nghị định về y tế", 20, None, "", made)
    prepare.add_item(secretary, meeting, text)
    assert "Chờ đưa ra phiên họp" not in browser.get(f"/meetings/{meeting}").text
    agenda = browser.get(f"/meetings/{meeting}?as=member").text
    assert f"Đã lấy ý kiến bằng phiếu số {closed}" in agenda
    assert "3/5 đồng ý" in agenda
    assert f'href="/consultations/{closed}"' in agenda
