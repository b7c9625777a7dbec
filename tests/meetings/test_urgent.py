"""Urgent decisions (Decree 191/2026, Articles 3.4 and 5.2.n): confirmed by whoever took them, told
to everybody, and on the next session's agenda until they are reported."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from ecabinet import approvals, clock, ledger, outbox
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound, Refused, Stale
from meetings import queries, rules
from meetings.models import Item, Meeting
from meetings.rules import ItemState, Kind, Reporting, SeatRole, State, UrgentRefusal
from meetings.service import conduct, prepare, urgent
from meetings.service.urgent import Decided
from people.queries import OFFICE_ZONE
from tests.builders import Cabinet
from tests.meetings.builders import ITEMS, head, planned
from tests.meetings.builders import TITLE as TITLE_OF_SESSION

JSON = {"Accept": "application/json"}
TITLE = "Xuất cấp 5.000 tấn gạo hỗ trợ đồng bào vùng lũ các tỉnh miền Trung"
WORDS = "Xuất cấp không thu tiền 5.000 tấn gạo từ nguồn dự trữ quốc gia."
REASON = "Lũ vượt mức lịch sử; không chờ được phiên họp thường kỳ."
DOCUMENT = "1234/QĐ-TTg ngày 26/11/2026"


def decided(cabinet: Cabinet, by: str = "pttg1", **changed: object) -> Decided:
    with reading() as db:
        at = clock.now(db) - timedelta(hours=2)
    facts: dict[str, Any] = {
        "title": TITLE,
        "words": WORDS,
        "reason": REASON,
        "document": DOCUMENT,
        "decider_id": cabinet.ids[by],
        "decided_at": at,
        "agreed_with": frozenset({cabinet.ids["botruong.taichinh"]}),
    }
    return Decided(**facts | changed)


def ask(cabinet: Cabinet, **changed: object) -> int:
    return urgent.ask_to_record(cabinet.actor("thuky"), decided(cabinet, **changed))


def confirm(cabinet: Cabinet, request_id: int, by: str = "pttg1") -> None:
    with reading() as db:
        request = approvals.request_to_read(db, cabinet.actor(by), request_id)
    approvals.confirm(cabinet.actor(by), request_id, request.digest)


def record(cabinet: Cabinet, **changed: object) -> int:
    confirm(cabinet, ask(cabinet, **changed))
    with reading() as db:
        return queries.urgent_decisions(db)[0].decision.id


def view(decision_id: int) -> queries.UrgentView:
    with reading() as db:
        return next(e for e in queries.urgent_decisions(db) if e.decision.id == decision_id)


def report_of(meeting_id: int, decision_id: int) -> Item | None:
    with reading() as db:
        wanted = select(Item).where(Item.meeting_id == meeting_id, Item.urgent_id == decision_id)
        return db.scalars(wanted).one_or_none()


def told(cabinet: Cabinet, who: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[who])]


def test_the_decider_alone_confirms_and_only_then_is_anybody_told(cabinet: Cabinet) -> None:
    request = ask(cabinet)
    assert "approval_asked" in told(cabinet, "pttg1")
    # The Prime Minister has the right, and did not decide this.
    assert "approval_asked" not in told(cabinet, "thutuong")
    with reading() as db:
        assert not approvals.waiting_for(db, cabinet.actor("thutuong"))
        digest = db.get_one(approvals.Request, request).digest
    with pytest.raises(NotFound):
        approvals.confirm(cabinet.actor("thutuong"), request, digest)
    assert "urgent_decision" not in told(cabinet, "botruong.yte")
    confirm(cabinet, request)
    for who in ("thutuong", "botruong.yte", "chuyenvien", "kiemtoan"):
        assert "urgent_decision" in told(cabinet, who), who
    with reading() as db:
        act = ledger.latest(db, "urgent_decision_recorded")
    assert act is not None
    assert (act["decider"], act["document"]) == (cabinet.ids["pttg1"], DOCUMENT)
    assert act["agreed_with"] == [cabinet.ids["botruong.taichinh"]]
    assert act["recorded_by"] == cabinet.ids["thuky"]


def test_what_cannot_have_been_decided_is_refused(cabinet: Cabinet) -> None:
    with reading() as db:
        ahead = clock.now(db) + timedelta(minutes=1)
    with pytest.raises(Refused, match=UrgentRefusal.NOT_YET_DECIDED.value):
        ask(cabinet, decided_at=ahead)
    with pytest.raises(Refused, match=UrgentRefusal.NOT_A_DECIDER.value):
        ask(cabinet, by="botruong.yte")
    with pytest.raises(Refused, match=UrgentRefusal.NOT_A_MEMBER.value):
        ask(cabinet, agreed_with=frozenset({cabinet.ids["chuyenvien"]}))


def test_it_stands_on_the_next_agenda_which_is_put_forward_anew(cabinet: Cabinet) -> None:
    later, session = planned(cabinet), planned(cabinet)
    at = head(cabinet)
    moved = prepare.Head(**{**vars(at), "starts_at": at.starts_at - timedelta(hours=3)})
    with reading() as db:
        draft = db.get_one(Meeting, session.id).head_draft
    prepare.edit_head(cabinet.actor("thuky"), session.id, draft, moved)
    session.submit()
    number = record(cabinet)
    assert session.titles() == [*ITEMS, TITLE]
    assert report_of(later.id, number) is None
    with reading() as db:
        assert db.get_one(Meeting, session.id).submitted_by is None
    assert view(number).reporting is Reporting.ON_AGENDA


def test_it_waits_where_no_session_is_planned_and_stands_on_the_next_from_its_start(
    cabinet: Cabinet,
) -> None:
    standing = prepare.plan(cabinet.actor("thuky"), head(cabinet, Kind.STANDING))
    convened = planned(cabinet)
    convened.convene()
    number = record(cabinet)
    # Neither a meeting that is no session, nor an agenda that members have already.
    assert report_of(standing, number) is None
    assert report_of(convened.id, number) is None
    assert view(number).reporting is Reporting.AWAITED
    session = planned(cabinet)
    assert report_of(session.id, number) is not None


def test_it_goes_only_with_a_reason_and_on_to_the_session_after(cabinet: Cabinet) -> None:
    session, secretary = planned(cabinet), cabinet.actor("thuky")
    number = record(cabinet)
    item = report_of(session.id, number)
    assert item is not None
    with pytest.raises(Refused, match=UrgentRefusal.REASON_MISSING.value):
        prepare.remove_item(secretary, session.id, item.id, session.draft_of(item.id))
    assert report_of(session.id, number) is not None
    draft = session.draft_of(item.id)
    prepare.remove_item(secretary, session.id, item.id, draft, "Còn chờ báo cáo thiệt hại.")
    # Not back to where it was taken off, whatever is done there.
    assert session.titles() == [*ITEMS]
    session.submit()
    assert session.titles() == [*ITEMS]
    assert view(number).reporting is Reporting.AWAITED
    after = planned(cabinet)
    assert report_of(after.id, number) is not None
    ((row, meeting),) = view(number).taken_off
    assert (row.reason, meeting.id) == ("Còn chờ báo cáo thiệt hại.", session.id)
    with reading() as db:
        act = ledger.latest(db, "urgent_report_taken_off")
    assert act is not None
    assert (act["decision"], act["meeting"]) == (number, session.id)


def test_no_agenda_is_put_forward_without_it(cabinet: Cabinet) -> None:
    """One that was planned in the moment in which a decision was confirmed holds it by then."""
    session = planned(cabinet)
    number = record(cabinet)
    item = report_of(session.id, number)
    assert item is not None
    with transaction() as db:
        db.delete(db.get_one(Item, item.id))
    session.submit()
    assert session.titles() == [*ITEMS, TITLE]


def test_other_items_go_without_a_word(cabinet: Cabinet) -> None:
    session, secretary = planned(cabinet), cabinet.actor("thuky")
    record(cabinet)
    first = session.items[0]
    prepare.remove_item(secretary, session.id, first, session.draft_of(first))
    assert session.titles() == [*ITEMS[1:], TITLE]


def test_deferred_it_goes_on_and_concluded_it_is_reported(cabinet: Cabinet) -> None:
    session, chair = planned(cabinet), cabinet.actor("thutuong")
    number = record(cabinet)
    session.open()
    after = planned(cabinet)
    assert report_of(after.id, number) is None
    item = report_of(session.id, number)
    assert item is not None
    conduct.call_item(chair, session.id, item.id)
    conduct.defer_item(chair, session.id, item.id, "Hết giờ.")
    again = report_of(after.id, number)
    assert again is not None
    assert view(number).meeting.id == after.id
    with transaction() as db:
        db.get_one(Item, again.id).state = ItemState.CONCLUDED
    assert view(number).reporting is Reporting.REPORTED


def text(**changed: Any) -> prepare.ItemText:
    return prepare.ItemText(**{"title": TITLE, "minutes": 20} | changed)


@pytest.mark.parametrize("change", [{"title": "Nội dung khác"}, {"restricted": True}])
def test_a_report_is_hidden_by_no_other_name_and_by_no_restriction(
    cabinet: Cabinet, change: dict[str, Any]
) -> None:
    session, secretary = planned(cabinet), cabinet.actor("thuky")
    item = report_of(session.id, record(cabinet))
    assert item is not None
    with pytest.raises(Refused, match=UrgentRefusal.STAYS_IN_SIGHT.value):
        prepare.edit_item(secretary, session.id, item.id, item.draft, text(**change))
    prepare.edit_item(secretary, session.id, item.id, item.draft, text(presenter="Bộ trưởng"))
    kept = report_of(session.id, item.urgent_id or 0)
    assert kept is not None
    assert (kept.title, kept.minutes, kept.presenter) == (TITLE, 20, "Bộ trưởng")
    first = session.items[0]
    draft = session.draft_of(first)
    prepare.edit_item(secretary, session.id, first, draft, text(title="Khác", restricted=True))


def test_whoever_put_an_agenda_forward_hears_that_it_has_to_be_put_forward_anew(
    cabinet: Cabinet,
) -> None:
    at, secretary = head(cabinet), cabinet.actor("chuyenvien")
    later = prepare.plan(secretary, replace(at, starts_at=at.starts_at + timedelta(days=20)))
    prepare.add_item(secretary, later, text(title="Nội dung", presenter_agency_id=1))
    record(cabinet)
    assert "session_to_submit_anew" not in told(cabinet, "chuyenvien")
    prepare.submit(secretary, later)
    session = planned(cabinet)
    # It has moved from the one to the other.
    assert told(cabinet, "chuyenvien").count("session_to_submit_anew") == 1
    session.submit()
    record(cabinet, document="1235/QĐ-TTg")
    assert "session_to_submit_anew" in told(cabinet, "thuky")
    assert told(cabinet, "chuyenvien").count("session_to_submit_anew") == 1


def test_a_request_is_read_by_its_decider_and_by_no_other_one(cabinet: Cabinet) -> None:
    request, other = ask(cabinet), ask(cabinet, by="thutuong", title="Việc khác")
    path = f"/approvals/{request}"
    for who, status in (("pttg1", 200), ("thuky", 200), ("kiemtoan", 200), ("thutuong", 404)):
        assert cabinet.browser(who).get(path).status_code == status, who
    confirm(cabinet, request)
    with reading() as db:
        desks = {
            who: {each.id for each in approvals.desk(db, cabinet.actor(who)).decided}
            for who in ("pttg1", "thutuong", "kiemtoan")
        }
        waiting = approvals.waiting_for(db, cabinet.actor("thutuong"))
    assert desks == {"pttg1": {request}, "thutuong": set(), "kiemtoan": {request}}
    assert [each.id for each in waiting] == [other]


def test_whoever_cannot_open_the_list_is_shown_no_link_to_it(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    record(cabinet)
    guest = cabinet.ids["vanthu"]
    prepare.add_seat(cabinet.actor("thuky"), session.id, guest, SeatRole.INVITEE)
    session.convene()
    for who, linked in (("vanthu", False), ("botruong.yte", True)):
        page = cabinet.browser(who).get(f"/meetings/{session.id}").text
        assert "Báo cáo quyết định cấp bách" in page
        assert ('href="/urgent-decisions#' in page) is linked, who


def test_it_is_not_confirmed_in_the_name_of_an_office_that_is_left(cabinet: Cabinet) -> None:
    request = ask(cabinet)
    with transaction() as db:
        row = db.get_one(approvals.Request, request)
        row.facts = row.facts | {"office": "Phó Thủ tướng khác"}
        row.digest = approvals.digest_of(row.kind, row.about, row.facts)
    with pytest.raises(Stale):
        confirm(cabinet, request)
    with reading() as db:
        assert queries.urgent_decisions(db) == []


@pytest.mark.parametrize(
    ("states", "stands"),
    [
        ([], Reporting.AWAITED),
        ([ItemState.WAITING], Reporting.ON_AGENDA),
        ([ItemState.DISCUSSED], Reporting.ON_AGENDA),
        ([ItemState.CONCLUDED, ItemState.WAITING], Reporting.REPORTED),
    ],
)
def test_how_far_it_is(states: list[ItemState], stands: Reporting) -> None:
    assert rules.reporting(states) is stands


def head_draft(meeting_id: int) -> int:
    with reading() as db:
        return db.get_one(Meeting, meeting_id).head_draft


def test_an_earlier_session_that_is_planned_later_takes_the_report_over(cabinet: Cabinet) -> None:
    at, secretary = head(cabinet), cabinet.actor("thuky")
    later = prepare.plan(secretary, replace(at, starts_at=at.starts_at + timedelta(days=20)))
    number = record(cabinet)
    assert report_of(later, number) is not None
    session = planned(cabinet)
    assert report_of(session.id, number) is not None
    assert report_of(later, number) is None
    assert view(number).meeting.id == session.id


def test_a_session_whose_time_passed_unused_holds_no_report(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    number = record(cabinet)
    cabinet.wait(days=1, hours=1)
    assert view(number).reporting is Reporting.AWAITED
    after = planned(cabinet)
    assert report_of(after.id, number) is not None
    assert report_of(session.id, number) is None
    assert session.titles() == [*ITEMS]


def test_a_meeting_that_is_no_session_any_more_holds_no_report(cabinet: Cabinet) -> None:
    session, secretary = planned(cabinet), cabinet.actor("thuky")
    number = record(cabinet)
    other = replace(head(cabinet), kind=Kind.CONFERENCE)
    prepare.edit_head(secretary, session.id, head_draft(session.id), other)
    assert view(number).reporting is Reporting.AWAITED
    after = planned(cabinet)
    assert report_of(after.id, number) is not None
    assert report_of(session.id, number) is None


@pytest.mark.parametrize(
    ("kind", "state", "hours", "item", "holds"),
    [
        (Kind.REGULAR, State.CONVENED, 23, ItemState.WAITING, True),
        (Kind.REGULAR, State.CONVENED, 24, ItemState.WAITING, False),
        (Kind.REGULAR, State.OPEN, 48, ItemState.WAITING, True),
        (Kind.REGULAR, State.CONCLUDED, 480, ItemState.CONCLUDED, True),
        (Kind.CONFERENCE, State.CONCLUDED, 480, ItemState.CONCLUDED, False),
        (Kind.REGULAR, State.OPEN, 1, ItemState.DEFERRED, False),
    ],
)
def test_what_holds_a_report(
    kind: Kind, state: State, hours: int, item: ItemState, holds: bool
) -> None:
    starts = datetime(2026, 11, 26, 8, tzinfo=OFFICE_ZONE.zone)
    assert rules.holds_report(kind, state, starts, item, starts + timedelta(hours=hours)) is holds


def test_only_a_session_of_the_government_to_come_takes_reports() -> None:
    now = datetime(2026, 11, 26, 8, tzinfo=OFFICE_ZONE.zone)
    later = now + timedelta(hours=1)
    assert rules.takes_reports(Kind.REGULAR, State.PLANNED, later, now)
    assert not rules.takes_reports(Kind.REGULAR, State.PLANNED, now, now)
    assert not rules.takes_reports(Kind.REGULAR, State.CONVENED, later, now)
    assert not rules.takes_reports(Kind.CONFERENCE, State.PLANNED, later, now)


# ---- at the door ----


def sent(cabinet: Cabinet, **changed: object) -> dict[str, object]:
    with reading() as db:
        at = (clock.now(db) - timedelta(hours=1)).astimezone(OFFICE_ZONE.zone)
    return {
        "title": TITLE, "content": WORDS, "reason": REASON, "document": DOCUMENT,
        "decider": cabinet.ids["pttg1"], "day": f"{at:%d/%m/%Y}", "hour": f"{at:%H:%M}",
        "agreed": [cabinet.ids["botruong.taichinh"], cabinet.ids["botruong.yte"]],
    } | changed  # fmt: skip


def post(cabinet: Cabinet, who: str = "thuky", **changed: object) -> TestResponse:
    return cabinet.browser(who).post("/urgent-decisions", sent(cabinet, **changed), headers=JSON)


def test_the_pages_say_it_whole(cabinet: Cabinet) -> None:
    secretary, deputy = cabinet.browser("thuky"), cabinet.browser("pttg1")
    assert "Chưa có quyết định cấp bách nào" in secretary.get("/urgent-decisions").text
    assert "Phó Thủ tướng" in secretary.get("/urgent-decisions/new").text
    session = planned(cabinet)
    asked = post(cabinet)
    assert asked.status_code == 200
    path = asked.json["location"]
    request = deputy.get(path).text
    for words in (WORDS, REASON, DOCUMENT, "Bộ trưởng Bộ Tài chính; Bộ trưởng Bộ Y tế"):
        assert words in request, words
    confirm(cabinet, int(path.split("/")[-1]))
    number = view(1).decision.id
    page = cabinet.browser("botruong.yte").get("/urgent-decisions").text
    for words in (TITLE, WORDS, DOCUMENT, "Trong chương trình", "Bộ trưởng Bộ Tài chính"):
        assert words in page, words
    # A minister does not know of a session that is not convened.
    assert f'href="/meetings/{session.id}"' not in page
    assert TITLE_OF_SESSION not in page
    assert "Trong chương trình phiên họp tiếp theo" in " ".join(page.split())
    item = report_of(session.id, number)
    assert item is not None
    builder = secretary.get(f"/meetings/{session.id}?item={item.id}").text
    assert "Lý do không báo cáo tại phiên này" in builder
    taken_off = {"draft": item.draft, "reason": ""}
    refused = secretary.post(
        f"/meetings/{session.id}/items/{item.id}/remove", taken_off, headers=JSON
    )
    assert refused.status_code == 409
    assert "ghi lý do" in refused.json["message"]


def test_who_is_not_of_the_government_reads_none_of_it(cabinet: Cabinet) -> None:
    assert cabinet.browser("canbo.taichinh").get("/urgent-decisions").status_code == 403
    assert post(cabinet, who="botruong.yte").status_code == 403


@pytest.mark.parametrize("who", ["thuky", "chuyenvien"])
def test_secretary_and_specialist_write_one_down(cabinet: Cabinet, who: str) -> None:
    assert post(cabinet, who=who).status_code == 200
    assert "approval_asked" in told(cabinet, "pttg1")


@pytest.mark.parametrize(
    ("field", "value"), [("agreed", "x"), ("decider", "0"), ("hour", "25:00"), ("document", "")]
)
def test_what_was_not_understood_is_named(cabinet: Cabinet, field: str, value: str) -> None:
    answer = post(cabinet, **{field: value})
    assert answer.status_code == 400
    assert answer.json["field"] == field
