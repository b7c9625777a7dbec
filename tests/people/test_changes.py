"""Persons, offices and agencies: changed by two people, and never by one (AC-08)."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import openpyxl
import pytest
from sqlalchemy import select

from ecabinet import approvals, outbox
from ecabinet.access import Role
from ecabinet.approvals import ApprovalRefusal, Request, RequestState
from ecabinet.db import reading, transaction
from ecabinet.errors import CabinetError, Forbidden, NotFound, Refused, Stale
from people import queries
from people.models import Office, Person, Term
from people.queries import PersonFilter
from people.rules import (
    AgencyKind,
    AgencyRefusal,
    Days,
    OfficeRefusal,
    PersonOrder,
    PersonRefusal,
    PersonStanding,
    SuspensionRefusal,
    TermRefusal,
)
from people.service import changes, directory, invitations
from tests.builders import PEOPLE, STARTS, Cabinet, statements_sent
from tests.people.builders import JSON, confirm, leaves, today


def office_called(title: str) -> int:
    with reading() as db:
        return db.scalars(select(Office.id).where(Office.title == title)).one()


def term_of(cabinet: Cabinet, username: str) -> int:
    with reading() as db:
        query = select(Term.id).where(Term.person_id == cabinet.ids[username])
        return db.scalars(query.order_by(Term.id)).first() or 0


def members() -> list[int]:
    with reading() as db:
        return [each.person_id for each in queries.members(db)]


def end(cabinet: Cabinet, username: str, day: date | None = None) -> None:
    asked = changes.ask_to_end_term(
        cabinet.actor("quantri"), term_of(cabinet, username), day or today(), "QĐ 1"
    )
    confirm(cabinet, asked)


def appoint(
    cabinet: Cabinet, username: str, title: str, acting: bool = False, starts: date | None = None
) -> None:
    days = Days(starts or today())
    asked = changes.ask_to_appoint(
        cabinet.actor("quantri"), cabinet.ids[username], office_called(title), days, acting, ""
    )
    confirm(cabinet, asked)


def refusal(act: Callable[[], object]) -> object:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.reason


def test_somebody_new_comes_into_office_once_two_people_want_it(cabinet: Cabinet) -> None:
    asked = changes.ask_to_add_person(
        cabinet.actor("quantri"), "Nguyễn Minh Châu", "Minh.Chau", office_called("Kiểm toán viên"),
        Days(today()), False, "QĐ 12",
    )  # fmt: skip
    with reading() as db:
        assert queries.person_called(db, "minh.chau") is None
    request = cabinet.browser("lanhdaovp").get(f"/approvals/{asked}").text
    assert "Không có gì được gửi đi" in request
    confirm(cabinet, asked)
    with reading() as db:
        person_id = queries.person_called(db, "minh.chau")
        assert person_id
        actor = queries.actor(db, person_id)
    assert actor is not None
    assert actor.roles == {Role.AUDITOR}
    (leaf,) = leaves("term_began")
    assert (leaf["person"], leaf["members"]) == (person_id, 5)
    assert {leaf["asked_by"], leaf["confirmed_by"]} == {
        cabinet.ids["quantri"], cabinet.ids["lanhdaovp"]
    }  # fmt: skip


def test_nobody_signs_in_as_somebody_who_has_not_followed_their_invitation(
    cabinet: Cabinet,
) -> None:
    test_somebody_new_comes_into_office_once_two_people_want_it(cabinet)
    for password in ("", "x" * 15, "minh.chau"):
        browser = cabinet.browser()
        given = {"username": "minh.chau", "password": password}
        assert browser.post("/sign-in", given, headers=JSON).status_code in (400, 409)


def test_an_account_name_is_one_persons_and_can_be_dictated(cabinet: Cabinet) -> None:
    def add(username: str) -> int:
        return changes.ask_to_add_person(
            cabinet.actor("quantri"), "Ai đó", username, office_called("Kiểm toán viên"),
            Days(today()), False, "",
        )  # fmt: skip

    first, second = add("nguyen.an"), add("nguyen.binh")
    assert refusal(lambda: add("thuky")) == PersonRefusal.USERNAME_TAKEN
    for username in ("nguyễn", "an an", ".an", "an/..", "a" * 61):
        assert refusal(partial(add, username)) == PersonRefusal.USERNAME_FORM, username
    confirm(cabinet, second)
    with transaction() as db:
        directory.invite_person(db, "Người khác", "nguyen.an")
    assert refusal(lambda: confirm(cabinet, first)) == PersonRefusal.USERNAME_TAKEN


def test_an_office_with_a_vote_has_one_holder_at_a_time(cabinet: Cabinet) -> None:
    title = "Bộ trưởng Bộ Y tế"
    assert refusal(lambda: appoint(cabinet, "thuky", title)) == TermRefusal.TAKEN
    end(cabinet, "botruong.yte")
    assert len(members()) == 4
    appoint(cabinet, "thuky", title, acting=True)
    with reading() as db:
        (acting,) = [each for each in queries.members(db) if each.acting]
    assert (acting.person_id, acting.office) == (cabinet.ids["thuky"], f"Quyền {title}")
    assert len(members()) == 5
    assert refusal(lambda: appoint(cabinet, "thuky", title)) == TermRefusal.ALREADY_HOLDS
    assert [each["members"] for each in leaves("term_ended") + leaves("term_began")] == [4, 5]


def test_of_two_appointments_to_one_office_the_second_is_refused_when_it_is_confirmed(
    cabinet: Cabinet,
) -> None:
    end(cabinet, "botruong.yte")
    office, admin = office_called("Bộ trưởng Bộ Y tế"), cabinet.actor("quantri")
    first, second = (
        changes.ask_to_appoint(admin, cabinet.ids[who], office, Days(today()), False, "")
        for who in ("thuky", "thuky2")
    )
    confirm(cabinet, first)
    assert refusal(lambda: confirm(cabinet, second)) == TermRefusal.TAKEN
    assert len(members()) == 5


def test_a_term_that_changed_meanwhile_is_not_ended_by_what_was_shown(cabinet: Cabinet) -> None:
    term_id, admin = term_of(cabinet, "thuky2"), cabinet.actor("quantri")
    asked = changes.ask_to_end_term(admin, term_id, today(), "")
    with transaction() as db:
        db.get_one(Term, term_id).ends = today() + timedelta(days=9)
    with pytest.raises(Stale):
        confirm(cabinet, asked)
    again = changes.ask_to_end_term(admin, term_id, today() + timedelta(days=1), "")
    confirm(cabinet, again)


def test_a_suspended_person_neither_acts_nor_counts_and_keeps_the_office(cabinet: Cabinet) -> None:
    browser, yte = cabinet.browser("botruong.yte"), cabinet.ids["botruong.yte"]
    assert browser.get("/").status_code == 200
    asked = changes.ask_to_suspend(
        cabinet.actor("quantri"), yte, today(), today() + timedelta(days=10), "QĐ 7"
    )
    confirm(cabinet, asked)
    assert yte not in members()
    assert browser.get("/", headers=JSON).status_code == 401
    with reading() as db:
        now = queries.composition(db, today())
        assert [each.person_id for each in now.suspended] == [yte]
        assert now.vacant == []
        assert queries.person(db, yte).standing is PersonStanding.SUSPENDED
    cabinet.wait(days=10)
    assert yte in members()


def suspend(cabinet: Cabinet, username: str, starts: date, ends: date | None = None) -> None:
    admin = cabinet.actor("quantri")
    confirm(cabinet, changes.ask_to_suspend(admin, cabinet.ids[username], starts, ends, "QĐ 7"))


def lift(cabinet: Cabinet, username: str, last: date) -> None:
    with reading() as db:
        suspension = queries.suspensions_of(db, cabinet.ids[username])[-1]
    confirm(cabinet, changes.ask_to_lift(cabinet.actor("quantri"), suspension.id, last, "QĐ 8"))


def suspended_on(day: date) -> set[int]:
    with reading() as db:
        return queries.suspended_on(db, day)


def test_nobody_is_suspended_for_a_day_that_is_over_or_without_an_office(cabinet: Cabinet) -> None:
    yte = partial(suspend, cabinet, "botruong.yte")
    eve = today() - timedelta(days=1)
    for starts, ends in ((date(2020, 1, 1), date(2020, 2, 1)), (eve, None)):
        assert refusal(partial(yte, starts, ends)) == SuspensionRefusal.PAST
    assert refusal(partial(yte, today(), today())) == SuspensionRefusal.ENDS_BEFORE_START
    last = today() + timedelta(days=5)
    end(cabinet, "botruong.yte", last)
    assert refusal(partial(yte, last)) == SuspensionRefusal.NOT_IN_OFFICE
    asked = changes.ask_to_suspend(
        cabinet.actor("quantri"), cabinet.ids["botruong.yte"], today(), None, "QĐ 7"
    )
    cabinet.wait(days=1)
    assert refusal(lambda: confirm(cabinet, asked)) == SuspensionRefusal.PAST
    assert suspended_on(today()) == set()


def test_a_suspension_is_lifted_or_shortened_from_a_day_on(cabinet: Cabinet) -> None:
    yte, later = cabinet.ids["botruong.yte"], today() + timedelta(days=20)
    suspend(cabinet, "botruong.yte", today())
    again = partial(suspend, cabinet, "botruong.yte", later)
    assert refusal(again) == SuspensionRefusal.OVERLAPS
    assert refusal(partial(lift, cabinet, "botruong.yte", today() - timedelta(days=1))) == (
        SuspensionRefusal.PAST
    )
    lift(cabinet, "botruong.yte", later)
    eve = later - timedelta(days=1)
    assert (suspended_on(eve), suspended_on(later)) == ({yte}, set())
    not_then = partial(lift, cabinet, "botruong.yte", later)
    assert refusal(not_then) == SuspensionRefusal.NOT_SUSPENDED_THEN
    again()
    # One that has not begun is lifted from its first day, and then stands in nobody's way.
    lift(cabinet, "botruong.yte", later)
    assert suspended_on(later) == set()
    assert "chấm dứt trước khi bắt đầu" in cabinet.browser("quantri").get(f"/persons/{yte}").text
    again()
    assert len(leaves("suspension_lifted")) == 2
    assert yte not in members()
    cabinet.wait(days=10)
    with reading() as db:
        first = queries.suspensions_of(db, yte)[0].id
    confirm(cabinet, changes.ask_to_lift(cabinet.actor("quantri"), first, today(), "QĐ 9"))
    assert yte in members()


def test_what_changed_meanwhile_is_not_lifted_nor_suspended_twice(cabinet: Cabinet) -> None:
    admin, yte = cabinet.actor("quantri"), cabinet.ids["botruong.yte"]
    first, second = (
        changes.ask_to_suspend(admin, yte, today(), None, basis) for basis in ("QĐ 1", "QĐ 2")
    )
    confirm(cabinet, first)
    assert refusal(lambda: confirm(cabinet, second)) == SuspensionRefusal.OVERLAPS
    with reading() as db:
        (suspension,) = queries.suspensions_of(db, yte)
    tomorrow = today() + timedelta(days=1)
    stale = changes.ask_to_lift(admin, suspension.id, tomorrow, "QĐ 3")
    lift(cabinet, "botruong.yte", tomorrow + timedelta(days=1))
    with pytest.raises(Stale):
        confirm(cabinet, stale)
    own = cabinet.ids["quantri"]
    with transaction() as db:
        coming = directory.suspend(db, db.get_one(Person, own), tomorrow, None, "").id
    assert refusal(lambda: changes.ask_to_lift(admin, coming, tomorrow, "")) == (
        SuspensionRefusal.ONESELF
    )


def test_vacant_offices_are_named_and_do_not_count(cabinet: Cabinet) -> None:
    end(cabinet, "botruong.yte")
    shown = cabinet.browser("thuky").get("/members").text
    assert "Chức vụ chưa có người giữ, không tính" in shown
    assert f"ngày {today():%d/%m/%Y}: 4<" in shown
    eve = today() - timedelta(days=1)
    before = cabinet.browser("thuky").get(f"/members?day={eve:%d/%m/%Y}").text
    assert f"ngày {eve:%d/%m/%Y}: 5<" in before
    assert "Chức vụ chưa có người giữ" not in before


def test_whom_an_act_is_about_is_not_its_second_person(cabinet: Cabinet) -> None:
    admin, leader = cabinet.actor("quantri"), cabinet.ids["lanhdaovp"]
    end(cabinet, "botruong.yte")
    minister = office_called("Bộ trưởng Bộ Y tế")
    asked = [
        changes.ask_to_appoint(admin, leader, minister, Days(today()), False, ""),
        changes.ask_to_end_term(admin, term_of(cabinet, "lanhdaovp"), today(), ""),
        changes.ask_to_suspend(admin, leader, today(), None, "QĐ 1"),
        invitations.ask_to_reset(admin, leader),
    ]
    browser = cabinet.browser("lanhdaovp")
    for each in asked:
        assert refusal(partial(confirm, cabinet, each)) == ApprovalRefusal.ABOUT_ONESELF
        with reading() as db:
            digest = db.get_one(Request, each).digest
            assert approvals.waiting_for(db, cabinet.actor("lanhdaovp")) == []
        put_aside = partial(approvals.refuse, cabinet.actor("lanhdaovp"), each, digest, "Không")
        assert refusal(put_aside) == ApprovalRefusal.ABOUT_ONESELF
        page = browser.get(f"/approvals/{each}").text
        assert "liên quan đến chính Ông/Bà" in page
        assert "/confirm" not in page
    with transaction() as db:
        assert {each.kind for each in outbox.inbox(db, leader)} == {"approval_asked"}
        assert len(outbox.inbox(db, leader)) == 1
        office = directory.add_office(db, "Phó Chủ nhiệm khác", Role.OFFICE_LEADER, 50)
        directory.appoint(db, db.get_one(Person, cabinet.ids["thuky2"]), office, STARTS)
    with reading() as db:
        assert len(approvals.waiting_for(db, cabinet.actor("thuky2"))) == len(asked)
        digest = db.get_one(Request, asked[0]).digest
    approvals.confirm(cabinet.actor("thuky2"), asked[0], digest)
    assert leader in members()


def test_nobody_asks_for_an_office_for_themselves(cabinet: Cabinet) -> None:
    confirm(cabinet, add_office(cabinet, "Quản trị thứ hai", Role.ADMINISTRATOR))
    own = partial(appoint, cabinet, "quantri", "Quản trị thứ hai")
    assert refusal(own) == TermRefusal.ONESELF


@pytest.mark.parametrize(
    ("username", "title", "together"),
    [
        ("kiemtoan", "Quản trị hệ thống", False),
        ("kiemtoan", "Thư ký phiên họp", False),
        ("thuky2", "Quản trị hệ thống", False),
        ("botruong.yte", "Quản trị hệ thống", False),
        ("canbo.yte", "Kiểm toán viên", False),
        ("botruong.yte", "Phó Chủ nhiệm Văn phòng Chính phủ", True),
        ("thuky", "Chuyên viên Vụ Tổng hợp", True),
    ],
)
def test_who_runs_or_examines_the_system_has_no_other_duty_on_any_day(
    cabinet: Cabinet, username: str, title: str, together: bool
) -> None:
    later = today() + timedelta(days=30)
    if together:
        appoint(cabinet, username, title)
        return
    apart = TermRefusal.DUTIES_APART
    assert refusal(partial(appoint, cabinet, username, title, starts=later)) == apart
    asked = changes.ask_to_end_term(cabinet.actor("quantri"), term_of(cabinet, username), later, "")
    confirm(cabinet, asked)
    eve = later - timedelta(days=1)
    assert refusal(partial(appoint, cabinet, username, title, starts=eve)) == apart
    appoint(cabinet, username, title, starts=later)


def test_duties_that_do_not_go_together_are_asked_for_anew_when_confirmed(cabinet: Cabinet) -> None:
    admin, clerk = cabinet.actor("quantri"), cabinet.ids["vanthu"]
    end(cabinet, "vanthu")
    first, second = (
        changes.ask_to_appoint(admin, clerk, office_called(title), Days(today()), False, "")
        for title in ("Kiểm toán viên", "Thư ký tổng hợp")
    )
    confirm(cabinet, first)
    assert refusal(lambda: confirm(cabinet, second)) == TermRefusal.DUTIES_APART


def add_office(cabinet: Cabinet, title: str, role: Role, opened_on: date | None = None) -> int:
    return changes.ask_to_add_office(cabinet.actor("quantri"), title, role, 9, None, opened_on)


def close(cabinet: Cabinet, title: str, last: date) -> None:
    admin = cabinet.actor("quantri")
    confirm(cabinet, changes.ask_to_close_office(admin, office_called(title), last, "NQ 2"))


def test_there_is_one_office_of_the_prime_minister_at_a_time(cabinet: Cabinet) -> None:
    one = OfficeRefusal.ONE_PRIME_MINISTER
    end_of_term = today() + timedelta(days=30)
    for opened_on in (None, STARTS, end_of_term):
        ask = partial(add_office, cabinet, "Thủ tướng", Role.PRIME_MINISTER, opened_on)
        assert refusal(ask) == one
    confirm(cabinet, add_office(cabinet, "Phó Thủ tướng thứ hai", Role.DEPUTY_PM))
    end(cabinet, "thutuong", end_of_term)
    close(cabinet, "Thủ tướng Chính phủ", end_of_term)
    eve = end_of_term - timedelta(days=1)
    assert refusal(lambda: add_office(cabinet, "Thủ tướng", Role.PRIME_MINISTER, eve)) == one
    # Both could be asked for, since neither stood; the second to be confirmed is one too many.
    first, second = (
        add_office(cabinet, title, Role.PRIME_MINISTER, end_of_term) for title in ("Một", "Hai")
    )
    confirm(cabinet, first)
    assert refusal(lambda: confirm(cabinet, second)) == one


def test_an_office_that_nobody_holds_any_more_is_closed_from_a_day_on(cabinet: Cabinet) -> None:
    title, day = "Bộ trưởng Bộ Y tế", today() + timedelta(days=10)
    assert refusal(lambda: close(cabinet, title, day)) == OfficeRefusal.HELD
    end(cabinet, "botruong.yte", day)
    assert refusal(lambda: close(cabinet, title, day - timedelta(days=1))) == OfficeRefusal.HELD
    asked = changes.ask_to_close_office(cabinet.actor("quantri"), office_called(title), day, "NQ 3")
    close(cabinet, title, day)
    assert refusal(lambda: confirm(cabinet, asked)) == OfficeRefusal.CLOSED
    with reading() as db:
        for at, there in ((day - timedelta(days=1), True), (day, False)):
            assert (title in [each.title for each in queries.offices(db, at)]) is there
        assert queries.composition(db, day).vacant == []
    confirm(cabinet, add_office(cabinet, "Sau này", Role.CLERK, day))
    early = partial(close, cabinet, "Sau này", today())
    assert refusal(early) == OfficeRefusal.CLOSES_BEFORE_OPENED
    assert [each["day"] for each in leaves("office_closed")] == [day.isoformat()]


def test_no_term_reaches_beyond_the_last_day_of_its_office(cabinet: Cabinet) -> None:
    confirm(cabinet, add_office(cabinet, "Tạm thời", Role.CLERK))
    close(cabinet, "Tạm thời", today() + timedelta(days=10))
    late = partial(appoint, cabinet, "thuky", "Tạm thời")
    assert refusal(late) == TermRefusal.NO_SUCH_OFFICE_THEN


def test_a_title_that_was_written_wrongly_is_mended_by_two(cabinet: Cabinet) -> None:
    admin, office = cabinet.actor("quantri"), office_called("Kiểm toán viên")
    ask = partial(changes.ask_to_rename_office, admin, office)
    assert refusal(lambda: ask("Kiểm toán viên", "")) == OfficeRefusal.SAME_TITLE
    first, second = ask("Kiểm toán", "QĐ 1"), ask("Kiểm toán khác", "QĐ 2")
    confirm(cabinet, first)
    assert cabinet.actor("kiemtoan").office == "Kiểm toán"
    with pytest.raises(Stale):
        confirm(cabinet, second)
    (leaf,) = leaves("office_renamed")
    assert (leaf["was"], leaf["title"]) == ("Kiểm toán viên", "Kiểm toán")


def test_the_list_of_offices_leads_to_mending_and_closing_each(cabinet: Cabinet) -> None:
    office = office_called("Kiểm toán viên")
    shown = cabinet.browser("quantri").get("/offices").text
    for act in ("rename", "close"):
        assert f'action="/offices/{office}/{act}"' in shown
    assert "chỉ có một chức vụ Thủ tướng" in shown
    answer = cabinet.browser("quantri").post(
        "/offices",
        {"title": "Thủ tướng", "role": "prime_minister", "order": "1", "agency": "",
         "opened_on": ""},
        headers=JSON,
    )  # fmt: skip
    assert (answer.status_code, (answer.json or {})["reason"]) == (409, "one_prime_minister")


def test_no_two_agencies_that_stand_are_called_alike(cabinet: Cabinet) -> None:
    admin, yte = cabinet.actor("quantri"), cabinet.agencies["yte"]
    add = partial(changes.ask_to_add_agency, admin, kind=AgencyKind.UNIT, code="", parent_id=None)
    rename = partial(changes.ask_to_rename_agency, admin, yte)
    assert refusal(lambda: add("Bộ yte", "Y")) == AgencyRefusal.NAME_TAKEN
    taken = refusal(lambda: rename("Bộ xaydung", "XD", "", today(), ""))
    assert taken == AgencyRefusal.NAME_TAKEN
    rename("Bộ yte", "BYT", "", today(), "")
    renamed = rename("Cục Mới", "CM", "", today(), "")
    confirm(cabinet, add("Cục Mới", "CM"))
    assert refusal(lambda: confirm(cabinet, renamed)) == AgencyRefusal.NAME_TAKEN


def test_an_agency_keeps_what_it_was_called_and_answers_to_old_codes(cabinet: Cabinet) -> None:
    admin, agency = cabinet.actor("quantri"), cabinet.agencies["yte"]
    with transaction() as db:
        directory.add_code(db, db.get_one(queries.Agency, agency), "000.00.00.G18", in_use=True)
    asked = changes.ask_to_rename_agency(
        admin, agency, "Bộ Y tế và Dân số", "BYTDS", "G18", today(), "NQ 1"
    )
    confirm(cabinet, asked)
    with reading() as db:
        assert queries.agency_name_on(db, agency, today()) == "Bộ Y tế và Dân số"
        assert queries.agency_name_on(db, agency, today() - timedelta(days=1)) == "Bộ yte"
        for code in ("000.00.00.G18", "G18"):
            found = queries.agency_by_code(db, code)
            assert found is not None
            assert found.id == agency, code
        (view,) = [each for each in queries.agency_tree(db) if each.id == agency]
    assert (view.code, view.old_codes) == ("G18", ["000.00.00.G18"])
    shown = cabinet.browser("kiemtoan").get("/agencies").text
    assert "Bộ yte" in shown
    assert "000.00.00.G18" in shown


@pytest.mark.parametrize(
    ("code", "is_one"),
    [("G22", True), ("000.00.00.G22", True), ("H37.DN.001", True), ("01.02.G22", True),
     ("g22", False), ("G22.", False), ("G 22", False), ("Đ22", False), ("A." * 17 + "A", True),
     ("A." * 17 + "AB", False), ("٣.G22", False)],
)  # fmt: skip
def test_an_identifier_has_the_form_of_the_decision(
    cabinet: Cabinet, code: str, is_one: bool
) -> None:
    def ask() -> int:
        return changes.ask_to_add_agency(
            cabinet.actor("quantri"), "Cục Mới", "CM", AgencyKind.UNIT, code, None
        )

    if is_one:
        confirm(cabinet, ask())
    else:
        assert refusal(ask) == AgencyRefusal.CODE_FORM


def test_an_agency_takes_another_place_in_the_tree_and_never_below_itself(cabinet: Cabinet) -> None:
    admin, yte, xaydung = (
        cabinet.actor("quantri"), cabinet.agencies["yte"], cabinet.agencies["xaydung"]
    )  # fmt: skip
    confirm(cabinet, changes.ask_to_move_agency(admin, yte, xaydung, "QĐ 7"))
    with reading() as db:
        assert queries.parents_of_agencies(db)[yte] == xaydung
    for below in (yte, xaydung):
        assert refusal(
            lambda below=below: changes.ask_to_move_agency(admin, below, yte, "")
        ) == AgencyRefusal.BELOW_ITSELF  # fmt: skip
    # Two moves asked for at once would make a circle: the second is asked anew when confirmed.
    confirm(cabinet, changes.ask_to_move_agency(admin, yte, None, ""))
    one = changes.ask_to_move_agency(admin, yte, xaydung, "một")
    other = changes.ask_to_move_agency(admin, xaydung, yte, "hai")
    confirm(cabinet, one)
    assert refusal(lambda: confirm(cabinet, other)) == AgencyRefusal.BELOW_ITSELF
    answer = cabinet.browser("quantri").post(f"/agencies/{yte}/move", {"parent": ""})
    assert "không trực thuộc cơ quan nào" in cabinet.browser("lanhdaovp").get(
        answer.headers["Location"]
    ).text  # fmt: skip


def test_merged_agencies_end_in_another_and_their_offices_with_them(cabinet: Cabinet) -> None:
    admin, yte, xaydung = (
        cabinet.actor("quantri"), cabinet.agencies["yte"], cabinet.agencies["xaydung"]
    )  # fmt: skip
    assert refusal(
        lambda: changes.ask_to_merge_agencies(admin, [yte], yte, today(), "")
    ) == AgencyRefusal.ITSELF  # fmt: skip
    tomorrow = today() + timedelta(days=1)
    assert refusal(
        lambda: changes.ask_to_merge_agencies(admin, [yte], xaydung, tomorrow, "")
    ) == AgencyRefusal.NOT_YET  # fmt: skip
    asked = changes.ask_to_merge_agencies(admin, [yte], xaydung, today(), "NQ 176")
    confirm(cabinet, asked)
    with reading() as db:
        (ended,) = [each for each in queries.agency_tree(db) if each.id == yte]
        assert (ended.ended_on, ended.successor) == (today(), "Bộ xaydung")
        titles = [each.title for each in queries.offices(db)]
    assert "Bộ trưởng Bộ Y tế" not in titles
    with reading() as db:
        assert queries.actor(db, cabinet.ids["botruong.yte"]) is None
        assert len(queries.members(db)) == 4
    assert "Bộ trưởng Bộ Xây dựng" in titles
    assert refusal(
        lambda: changes.ask_to_rename_agency(admin, yte, "Khác", "K", "", today(), "")
    ) == AgencyRefusal.ENDED  # fmt: skip


def test_a_merged_agency_is_chosen_no_more_and_its_papers_still_name_it(cabinet: Cabinet) -> None:
    yte, xaydung = cabinet.agencies["yte"], cabinet.agencies["xaydung"]
    option = f'value="{yte}"'
    pages = {"thuky": "/dossiers", "thutuong": "/tasks/assign"}
    for username, path in pages.items():
        assert option in cabinet.browser(username).get(path).text, path
    asked = changes.ask_to_merge_agencies(cabinet.actor("quantri"), [yte], xaydung, today(), "")
    confirm(cabinet, asked)
    for username, path in pages.items():
        assert option not in cabinet.browser(username).get(path).text, path
    with reading() as db:
        assert yte in [each.id for each in queries.agencies(db)]


def test_an_agency_that_was_renamed_meanwhile_is_not_merged_by_its_old_name(
    cabinet: Cabinet,
) -> None:
    admin, yte = cabinet.actor("quantri"), cabinet.agencies["yte"]
    asked = changes.ask_to_merge_agencies(admin, [yte], cabinet.agencies["xaydung"], today(), "")
    confirm(cabinet, changes.ask_to_rename_agency(admin, yte, "Bộ Khác", "BK", "", today(), ""))
    with pytest.raises(Stale):
        confirm(cabinet, asked)


@pytest.mark.parametrize("username", ["thuky", "thutuong", "lanhdaovp", "kiemtoan"])
def test_only_the_administrator_asks(cabinet: Cabinet, username: str) -> None:
    actor, term = cabinet.actor(username), term_of(cabinet, "vanthu")
    with pytest.raises(Forbidden):
        changes.ask_to_end_term(actor, term, today(), "")
    changes.ask_to_end_term(cabinet.actor("quantri"), term, today(), "")


def test_what_is_not_there_is_not_changed(cabinet: Cabinet) -> None:
    admin = cabinet.actor("quantri")
    for act in (
        lambda: changes.ask_to_end_term(admin, 9999, today(), ""),
        lambda: changes.ask_to_appoint(admin, 9999, 1, Days(today()), False, ""),
        lambda: changes.ask_to_merge_agencies(admin, [9999], 1, today(), ""),
    ):
        with pytest.raises(NotFound):
            act()


def test_persons_are_found_without_marks_and_ordered_by_given_name(cabinet: Cabinet) -> None:
    with transaction() as db:
        for name, account in (("Đặng Thị Ánh", "a1"), ("Bùi Văn Ước", "a2"), ("Lê An", "a3")):
            directory.invite_person(db, name, account)
    with reading() as db:
        found = queries.persons(
            db, PersonFilter(standing=PersonStanding.NONE_YET, order=PersonOrder.NAME)
        )
        assert [each.name for each in found] == ["Lê An", "Đặng Thị Ánh", "Bùi Văn Ước"]
        for words in ("dang anh", "ĐẶNG", "a1"):
            names = [each.name for each in queries.persons(db, PersonFilter(words=words))]
            assert names == ["Đặng Thị Ánh"], words
        minister = queries.persons(db, PersonFilter(words="bo truong y te"))
        assert [each.id for each in minister] == [cabinet.ids["botruong.yte"]]


def test_the_list_is_narrowed_to_an_agency_and_to_who_has_left(cabinet: Cabinet) -> None:
    end(cabinet, "canbo.yte")
    with reading() as db:
        agency = PersonFilter(agency_id=cabinet.agencies["yte"])
        assert [each.username for each in queries.persons(db, agency)] == ["botruong.yte"]
        left = PersonFilter(standing=PersonStanding.LEFT)
        assert [each.username for each in queries.persons(db, left)] == ["canbo.yte"]


def test_exports_hold_what_the_list_shows_and_no_formula(cabinet: Cabinet) -> None:
    with transaction() as db:
        directory.invite_person(db, "=HYPERLINK(1)", "hostile")
    auditor = cabinet.browser("kiemtoan")
    narrow = auditor.get("/persons.csv?standing=none_yet")
    assert "'=HYPERLINK(1)" in narrow.text
    assert narrow.text.count("\n") == 2
    whole = auditor.get("/persons.csv").get_data().decode("utf-8-sig")
    sheet = auditor.get("/persons.xlsx")
    assert "filename*=UTF-8''" in sheet.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(sheet.data))
    cells = [["" if cell is None else cell for cell in row] for row in book.active.values]
    assert cells == list(csv.reader(io.StringIO(whole)))
    assert len(cells) == 1 + len(PEOPLE) + 1
    listed = re.findall(r'<a [^>]*href="/persons/(\d+)"', auditor.get("/persons").text)
    assert len(set(listed)) == len(cells) - 1


def test_the_pages_tell_no_secret_and_offer_nothing_to_whoever_only_reads(cabinet: Cabinet) -> None:
    path = f"/persons/{cabinet.ids['botruong.yte']}"
    admin, auditor = cabinet.browser("quantri"), cabinet.browser("kiemtoan")
    with reading() as db:
        secret = db.get_one(Person, cabinet.ids["botruong.yte"]).password_hash
    for browser in (admin, auditor):
        shown = browser.get(path).text
        assert "Bộ trưởng Bộ Y tế" in shown
        assert secret not in shown
    assert 'data-open="appoint"' in admin.get(path).text
    for page in (path, "/persons", "/offices", "/agencies"):
        assert "Gửi đề nghị" not in auditor.get(page).text
        assert auditor.get(page).status_code == 200


def test_a_change_is_asked_for_on_the_page_and_confirmed_on_the_other(cabinet: Cabinet) -> None:
    admin, leader = cabinet.browser("quantri"), cabinet.browser("lanhdaovp")
    term = term_of(cabinet, "vanthu")
    answer = admin.post(f"/terms/{term}/end", {"ends": f"{today():%d/%m/%Y}", "basis": "QĐ 5"})
    path = answer.headers["Location"]
    shown = leader.get(path).text
    assert "thôi giữ chức vụ" in shown
    assert "QĐ 5" in shown
    with reading() as db:
        digest = db.scalars(select(Request)).one().digest
    assert leader.post(f"{path}/confirm", {"digest": digest}).status_code == 303
    with reading() as db:
        assert db.scalars(select(Request)).one().state == RequestState.CONFIRMED
        assert queries.actor(db, cabinet.ids["vanthu"]) is None


@pytest.mark.parametrize("day", ["2026-12-01", "32/12/2026", "hôm nay", "", "0"])
def test_a_day_that_is_none_is_refused(cabinet: Cabinet, day: str) -> None:
    admin, path = cabinet.browser("quantri"), f"/terms/{term_of(cabinet, 'vanthu')}/end"
    assert admin.post(path, {"ends": day}, headers=JSON).status_code == 400
    assert admin.post(path, {"ends": f"{STARTS.replace(month=9):%d/%m/%Y}"}).status_code == 303


def test_the_count_of_queries_does_not_grow_with_the_people(cabinet: Cabinet) -> None:
    def counted() -> int:
        with statements_sent() as sent, reading() as db:
            queries.persons(db, PersonFilter())
            queries.offices(db)
            queries.agency_tree(db)
        return len(sent)

    before = counted()
    with transaction() as db:
        for number in range(10):
            person = directory.invite_person(db, f"Người {number}", f"n{number}")
            agency = directory.add_agency(db, f"s{number}", f"Cục {number}", "C")
            office = directory.add_office(db, f"Việc {number}", Role.CLERK, 300, agency)
            directory.appoint(db, person, office, STARTS)
    assert counted() == before


def test_nothing_of_a_refused_change_stays(cabinet: Cabinet) -> None:
    asked = changes.ask_to_end_term(
        cabinet.actor("quantri"), term_of(cabinet, "vanthu"), today(), ""
    )
    with reading() as db:
        digest = db.get_one(Request, asked).digest
    approvals.refuse(cabinet.actor("lanhdaovp"), asked, digest, "Chưa có quyết định")
    with pytest.raises(CabinetError):
        confirm(cabinet, asked)
    assert cabinet.actor("vanthu").roles == {Role.CLERK}


def test_an_office_whose_holder_is_called_as_it_is_stands_once_in_the_list(
    cabinet: Cabinet,
) -> None:
    shown = cabinet.browser("quantri").get("/persons/new").text
    options = re.findall(r"<option value=\"\d+\">([^<]+)<", shown)
    assert "Thủ tướng Chính phủ (đã có người giữ)" in options
    assert [each for each in options if re.fullmatch(r"(.+) \(\1\)", each)] == []
