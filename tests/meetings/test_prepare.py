import pytest

from documents import queries as documents
from documents import service as documents_service
from ecabinet import canonical, clock, ledger, outbox
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused, Stale
from meetings import access, queries
from meetings.models import Meeting
from meetings.rules import AgendaRefusal, Attendance, Direction, Kind, SeatRole, StepRefusal
from meetings.service import attend, conduct, prepare
from meetings.service.prepare import ItemText
from people import queries as people
from tests.builders import Cabinet
from tests.meetings.builders import ITEMS, MEMBERS, head, planned


def test_a_session_seats_the_whole_government_and_its_secretary(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    with reading() as db:
        meeting = db.get_one(Meeting, session.id)
        counted = {each.person_id for each in meeting.seats if each.counts}
        assert counted == {cabinet.ids[each] for each in MEMBERS}
        assert meeting.chair.person_id == cabinet.ids["thutuong"]
        secretary = meeting.seat_of(cabinet.ids["thuky"])
        assert secretary is not None
        assert (secretary.role, secretary.counts) == (SeatRole.SECRETARY, False)


def test_other_meetings_seat_whom_they_invite_and_have_no_quorum(cabinet: Cabinet) -> None:
    standing = prepare.plan(cabinet.actor("thuky"), head(cabinet, Kind.STANDING))
    with reading() as db:
        meeting = db.get_one(Meeting, standing)
        roles = sorted(each.role for each in meeting.seats)
        assert (roles, meeting.quorum.members) == (["chair", "secretary"], 0)


def test_a_deputy_may_chair_and_a_minister_may_not(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    secretary = cabinet.actor("thuky")
    deputy = prepare.Head(**{**vars(head(cabinet)), "chair_id": cabinet.ids["pttg1"]})
    prepare.edit_head(secretary, session.id, 1, deputy)
    with reading() as db:
        meeting = db.get_one(Meeting, session.id)
        assert meeting.chair.person_id == cabinet.ids["pttg1"]
        head_draft = meeting.head_draft
    minister = prepare.Head(**{**vars(deputy), "chair_id": cabinet.ids["botruong.yte"]})
    with pytest.raises(Exception, match="cannot be chair"):
        prepare.edit_head(secretary, session.id, head_draft, minister)


def test_items_move_by_one_place_and_leave_no_gap(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    secretary, (first, second, _) = cabinet.actor("thuky"), session.items
    prepare.move_item(secretary, session.id, second, 2, Direction.UP)
    assert session.titles() == [ITEMS[1], ITEMS[0], ITEMS[2]]
    with pytest.raises(Refused, match=AgendaRefusal.CANNOT_MOVE.value):
        prepare.move_item(secretary, session.id, second, 1, Direction.UP)
    prepare.remove_item(secretary, session.id, second, session.draft_of(second))
    assert session.titles() == [ITEMS[0], ITEMS[2]]
    with reading() as db:
        meeting = db.get_one(Meeting, session.id)
        assert [each.position for each in meeting.items] == [1, 2]
        assert meeting.items[0].id == first


def test_of_two_secretaries_who_edit_one_item_the_second_is_told(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    one, other = cabinet.actor("thuky"), cabinet.actor("thuky2")
    first, second, third = session.items
    seen = session.draft_of(second)
    prepare.edit_item(one, session.id, second, seen, ItemText("Bản của người thứ nhất", 45))
    prepare.edit_item(other, session.id, third, session.draft_of(third), ItemText("Khác", 20))
    with pytest.raises(Stale):
        prepare.edit_item(other, session.id, second, seen, ItemText("Bản thứ hai", 50))
    assert session.titles() == [ITEMS[0], "Bản của người thứ nhất", "Khác"]
    with reading() as db:
        meeting = access.meeting_to_read(db, other, session.id)
        draft = queries.draft(db, meeting, since=seen)
    theirs = next(each for each in draft["items"] if each["id"] == second)
    change = next(each for each in draft["changes"] if each["item"] == second)
    assert (change["office"], change["before"]) == (one.office, ITEMS[1])
    prepare.edit_item(other, session.id, second, theirs["draft"], ItemText("Bản thứ hai", 50))
    assert session.titles()[1] == "Bản thứ hai"
    assert first in session.items


def test_a_move_of_an_item_that_stands_elsewhere_now_is_stale(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    secretary, item = cabinet.actor("thuky"), session.items[2]
    prepare.move_item(secretary, session.id, item, 3, Direction.UP)
    with pytest.raises(Stale):
        prepare.move_item(cabinet.actor("thuky2"), session.id, item, 3, Direction.UP)


# ---- convening ----


def test_convening_takes_a_second_person_and_what_was_put_forward(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    leader, secretary = cabinet.actor("lanhdaovp"), cabinet.actor("thuky")
    with pytest.raises(Refused, match=StepRefusal.NOT_SUBMITTED.value):
        prepare.convene(leader, session.id, session.draft)
    session.submit()
    with pytest.raises(Forbidden):
        prepare.convene(secretary, session.id, session.draft)
    seen = session.draft
    prepare.add_item(secretary, session.id, ItemText("Thêm sau khi trình", 10))
    with pytest.raises(Refused, match=StepRefusal.NOT_SUBMITTED.value):
        prepare.convene(leader, session.id, seen)
    session.submit()
    with pytest.raises(Stale):
        prepare.convene(leader, session.id, seen)
    prepare.convene(leader, session.id, session.draft)
    assert session.state()["parts"]["meeting"]["state"] == "convened"


def test_convening_is_told_to_every_seat_and_stands_in_the_log(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.convene()
    with reading() as db:
        for username in (*MEMBERS, "thuky"):
            kinds = [each.kind for each in outbox.inbox(db, cabinet.ids[username])]
            assert "session_convened" in kinds
        assert outbox.inbox(db, cabinet.ids["quantri"]) == []
        act = queries.acts(db, session.id)[-1]
        assert act.leaf is not None
        leaf = canonical.decode(ledger.envelope(db, act.leaf))
        assert isinstance(leaf, dict)
    assert leaf["type"] == "meeting_convened"


def test_papers_reach_the_members_with_the_convening_and_not_before(cabinet: Cabinet) -> None:
    specialist = cabinet.actor("chuyenvien")
    with reading() as db:
        agency = people.agencies(db)[0].id
    dossier = documents_service.create_dossier(specialist, "Hồ sơ", agency)
    session = planned(cabinet)
    item, member = session.items[1], cabinet.ids["botruong.yte"]
    secretary = cabinet.actor("thuky")
    text = ItemText(ITEMS[1], 30, dossier_id=dossier)
    prepare.edit_item(secretary, session.id, item, session.draft_of(item), text)
    with pytest.raises(Refused, match=StepRefusal.NO_PAPERS.value):
        session.submit()
    with reading() as db:
        assert member not in documents.handed_out_to(db, dossier)


def test_a_returned_agenda_goes_back_with_its_reason(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.submit()
    prepare.send_back(cabinet.actor("lanhdaovp"), session.id, "Thiếu báo cáo thẩm định")
    with reading() as db:
        message = outbox.inbox(db, cabinet.ids["thuky"])[0]
    assert (message.kind, message.facts["reason"]) == (
        "session_returned",
        "Thiếu báo cáo thẩm định",
    )
    session.submit()


def test_a_published_agenda_is_edited_no_more(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.convene()
    with pytest.raises(Refused, match=AgendaRefusal.PUBLISHED.value):
        prepare.add_item(cabinet.actor("thuky"), session.id, ItemText("Muộn", 10))


# ---- who sees what ----


def test_members_see_a_session_from_its_convening_on(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    member = cabinet.actor("botruong.yte")
    with reading() as db:
        assert queries.meetings(db, member) == []
        with pytest.raises(NotFound):
            access.meeting_to_read(db, member, session.id)
    session.convene()
    with reading() as db:
        assert [each.id for each in queries.meetings(db, member)] == [session.id]
        assert [each.id for each in queries.upcoming(db, member)] == [session.id]
        assert queries.open_session(db, member) is None
        assert [each.kind for each in queries.duties(db, member)] == ["session_upcoming"]


def test_a_session_whose_day_is_over_and_that_nobody_opened_is_not_to_come(
    cabinet: Cabinet,
) -> None:
    missed, later = planned(cabinet), planned(cabinet)
    missed.convene()
    cabinet.wait(days=1, minutes=1)
    member = cabinet.actor("botruong.yte")
    with reading() as db:
        # Its hour has come, and its day is not over.
        assert [each.id for each in queries.upcoming(db, member)] == [missed.id]
        (duty,) = queries.duties(db, member)
        assert duty.urgency(clock.now(db)) == "now"
    cabinet.wait(days=1)
    with reading() as db:
        assert queries.upcoming(db, member) == []
        assert queries.duties(db, member) == []
        listed = [each.id for each in queries.meetings(db, cabinet.actor("thuky"))]
    assert listed == [later.id, missed.id]


def test_an_open_session_is_on_the_first_page_of_whoever_sits_in_it(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.open()
    conduct.call_item(cabinet.actor("thutuong"), session.id, session.items[1])
    with reading() as db:
        found = queries.open_session(db, cabinet.actor("botruong.yte"))
        assert queries.open_session(db, cabinet.actor("thuky2")) is None
        assert queries.upcoming(db, cabinet.actor("botruong.yte")) == []
    assert found is not None
    assert (found.current_number, found.items, found.current_title) == (2, 3, ITEMS[1])


def test_records_clerk_and_auditor_read_a_session_once_it_is_over(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.open()
    with reading() as db, pytest.raises(NotFound):
        access.meeting_to_read(db, cabinet.actor("kiemtoan"), session.id)
    for item in session.items:
        conduct.defer_item(cabinet.actor("thutuong"), session.id, item, "Chưa đủ hồ sơ")
    conduct.close(cabinet.actor("thutuong"), session.id)
    with reading() as db:
        for username in ("kiemtoan", "vanthu"):
            access.meeting_to_read(db, cabinet.actor(username), session.id)
        with pytest.raises(Forbidden):
            access.meeting_to_read(db, cabinet.actor("quantri"), session.id)


def test_somebody_invited_attends_without_counting(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    secretary, guest = cabinet.actor("thuky"), cabinet.ids["chuyenvien"]
    prepare.add_seat(secretary, session.id, guest, SeatRole.INVITEE)
    with pytest.raises(Refused, match=AgendaRefusal.SEATED_ALREADY.value):
        prepare.add_seat(secretary, session.id, guest, SeatRole.INVITEE)
    with pytest.raises(Refused, match=AgendaRefusal.SEAT_STAYS.value):
        prepare.remove_seat(secretary, session.id, cabinet.ids["botruong.yte"])
    session.open()
    before = session.state()["parts"]["quorum"]
    attend.check_in(cabinet.actor("chuyenvien"), session.id, Attendance.HALL)
    assert session.state()["parts"]["quorum"] == before
