"""Which days are worked is data, entered by the administrator, told again as it was."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from ballots.models import Consultation
from ballots.service import draft as drafting
from ecabinet import clock, ledger, working_days
from ecabinet.dates import rules
from ecabinet.db import reading
from tests.ballots.builders import a_draft, set_clock
from tests.builders import Browser, Cabinet

# A Wednesday; no day of its week is off in the country's calendar.
NOON = datetime(2026, 12, 2, 5, 0, tzinfo=UTC)


def enter(browser: Browser, first: str, kind: str = "off", last: str = "", name: str = "Nghỉ bù"):
    sent = {"first": first, "last": last, "kind": kind, "name": name}
    return browser.post("/calendar/days", sent, headers={"Accept": "application/json"})


@pytest.fixture
def administrator(cabinet: Cabinet) -> Browser:
    set_clock(NOON)
    return cabinet.browser("quantri")


def due_of_two_days(cabinet: Cabinet) -> str:
    consultation = a_draft(cabinet)
    drafting.approve(cabinet.actor("lanhdaovp"), consultation)
    with reading() as db:
        due_at = db.get_one(Consultation, consultation).due_at
    assert due_at is not None
    return (due_at + timedelta(hours=7)).isoformat()[:16]


def test_a_day_off_moves_the_end_of_what_opens_after_it(cabinet, administrator) -> None:
    assert due_of_two_days(cabinet) == "2026-12-05T00:00"
    assert enter(administrator, "03/12/2026").status_code == 200
    assert due_of_two_days(cabinet) == "2026-12-08T00:00"
    assert enter(administrator, "05/12/2026", "worked").status_code == 200
    assert due_of_two_days(cabinet) == "2026-12-06T00:00"


def test_what_was_opened_before_keeps_its_end(cabinet, administrator) -> None:
    due_of_two_days(cabinet)
    with reading() as db:
        before = list(db.scalars(select(Consultation.due_at)))
    assert enter(administrator, "03/12/2026").status_code == 200
    with reading() as db:
        assert list(db.scalars(select(Consultation.due_at))) == before


def test_a_day_taken_back_is_as_the_country_says_and_the_past_is_told_as_it_was(
    cabinet, administrator
) -> None:
    day = date(2026, 12, 3)
    enter(administrator, "03/12/2026")
    with reading() as db:
        entered_at = clock.now(db)
        entry = working_days.entered(db)[0]
    cabinet.wait(hours=1)
    take_back = f"/calendar/days/{entry.id}/take-back"
    administrator = cabinet.browser("quantri")
    assert administrator.post(take_back).status_code == 303
    with reading() as db:
        assert working_days.calendar(db).is_working_day(day)
        assert not working_days.calendar(db, as_of=entered_at).is_working_day(day)
        kinds = [list(ledger.entries(db, kind, -1)) for kind in ("day_entered", "day_taken_back")]
    assert [len(each) for each in kinds] == [1, 1]
    assert administrator.post(take_back).status_code == 404


@pytest.mark.parametrize("again", [("worked", "Làm bù"), ("off", "Tên khác")])
def test_a_day_entered_again_replaces_nothing_and_the_answer_names_what_stands(
    administrator, again
) -> None:
    assert enter(administrator, "03/12/2026", name="Nghỉ & bù").status_code == 200
    kind, name = again
    answer = enter(administrator, "03/12/2026", kind, name=name)
    assert (answer.status_code, answer.json["reason"]) == (409, "entered")
    assert "Ngày 03/12/2026 đã có" in answer.json["message"]
    assert "“Nghỉ & bù”, là ngày nghỉ" in answer.json["message"]
    with reading() as db:
        assert [each.name for each in working_days.entered(db)] == ["Nghỉ & bù"]


def test_many_days_at_once_leave_out_those_that_are_so_already(cabinet, administrator) -> None:
    assert enter(administrator, "03/12/2026", last="08/12/2026").status_code == 200
    with reading() as db:
        assert [each.day.day for each in working_days.entered(db)] == [3, 4, 7, 8]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"first": "01/12/2026"}, "past"),
        ({"first": "05/12/2026"}, "nothing_new"),
        ({"first": "04/12/2026", "last": "03/12/2026"}, "ends_first"),
        ({"first": "03/12/2026", "last": "03/01/2027"}, "too_long"),
    ],
)
def test_days_that_cannot_be_entered_are_refused_with_the_reason(
    administrator, sent, reason
) -> None:
    assert enter(administrator, "03/12/2026").status_code == 200
    answer = enter(administrator, **sent)
    assert (answer.status_code, answer.json["reason"]) == (409, reason)
    with reading() as db:
        assert len(working_days.entered(db)) == 1


@pytest.mark.parametrize(
    "first", ["2026-12-03", "31/02/2027", "mai", "3/12", "31/12/9999", "01/01/0026"]
)
def test_what_is_no_day_is_named(administrator, first) -> None:
    answer = enter(administrator, first)
    assert (answer.status_code, answer.json["field"]) == (400, "first")


def test_only_the_administrator_changes_days_and_everybody_reads_them(
    cabinet, administrator
) -> None:
    enter(administrator, "03/12/2026", name="Nghỉ bù ngày bầu cử")
    for name in ("thuky", "lanhdaovp", "kiemtoan"):
        browser = cabinet.browser(name)
        assert enter(browser, "04/12/2026").status_code == 403
        page = browser.get("/calendar/days?year=2026").get_data(as_text=True)
        assert "Nghỉ bù ngày bầu cử" in page
        assert "Quốc khánh" in page
        assert "Bỏ khỏi lịch" not in page
    assert "Bỏ khỏi lịch" in administrator.get("/calendar/days?year=2026").get_data(as_text=True)


def test_a_month_is_whole_weeks_from_monday() -> None:
    weeks = rules.weeks_of(date(2026, 2, 14))
    assert [week[0].weekday() for week in weeks] == [0] * len(weeks)
    assert weeks[0][0] == date(2026, 1, 26)
    assert weeks[-1][-1] == date(2026, 3, 1)
    assert rules.last_month(date(2026, 1, 31)) == date(2025, 12, 1)
    assert rules.next_month(date(2026, 12, 31)) == date(2027, 1, 1)
