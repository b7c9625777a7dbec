"""The life of a task and its time, as functions of plain values."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecabinet.calendar import Calendar
from tasks import rules
from tasks.rules import (
    Assignment,
    AssignRefusal,
    FileKind,
    FileRefusal,
    Rate,
    Shown,
    State,
    Step,
    TaskRefusal,
    TimeStatus,
    TwoByTwo,
)
from tests.tasks.builders import PDF, office_file

CALENDAR = Calendar()
# Tuesday; three working days on is Friday the 27th, and the weekend after it is as near.
TUESDAY = date(2026, 11, 24)
TODAY = rules.today(TUESDAY, CALENDAR.is_working_day)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))

# step: from where, written out by hand on purpose
LIFE = """
               assigned refused accepted in_progress reported returned confirmed
accept         accepted .       .        .           .        .        .
refuse         refused  .       .        .           .        .        .
assign_again   .        assigned .       .           .        .        .
update         .        .       in_progress in_progress .     in_progress .
report         .        .       reported reported    .        reported .
confirm        .        .       .        .           confirmed .       .
return         .        .       .        .           returned .        .
"""


def test_every_step_leads_where_the_table_says_and_nowhere_else() -> None:
    heads, *lines = (line.split() for line in LIFE.strip().splitlines())
    for step, *ends in lines:
        for state, end in zip(heads, ends, strict=True):
            expected = TaskRefusal.NOT_FROM_HERE if end == "." else State(end)
            assert rules.after(State(state), Step(step), "vài lời") == expected, (step, state)
    assert {line[0] for line in lines} == {each.value for each in rules.STEPS}


@pytest.mark.parametrize("step", [Step.REFUSE, Step.UPDATE, Step.REPORT, Step.RETURN])
def test_who_refuses_updates_reports_or_returns_says_why(step: Step) -> None:
    start = next(iter(rules.STEPS[step][0]))
    assert rules.after(start, step, "vì thiếu số liệu") is rules.STEPS[step][1]
    assert rules.after(start, step, "  \n") is TaskRefusal.REASON_MISSING


@given(st.lists(st.sampled_from(list(rules.STEPS)), max_size=20))
def test_no_path_leaves_a_confirmed_task_and_none_confirms_what_nobody_reported(
    path: list[Step],
) -> None:
    state, seen = State.ASSIGNED, [State.ASSIGNED]
    for step in path:
        end = rules.after(state, step, "vài lời")
        if isinstance(end, State):
            assert state is not State.CONFIRMED
            assert step in rules.steps_from(state)
            state = end
            seen.append(state)
        else:
            assert step not in rules.steps_from(state)
    if state is State.CONFIRMED:
        assert seen[-2] is State.REPORTED
        assert State.ACCEPTED in seen


# ---- time ----


@pytest.mark.parametrize(
    ("state", "deadline", "submitted", "expected"),
    [
        (State.IN_PROGRESS, date(2026, 11, 30), None, TimeStatus.IN_TIME),
        (State.IN_PROGRESS, date(2026, 11, 29), None, TimeStatus.DUE_SOON),
        (State.IN_PROGRESS, date(2026, 11, 27), None, TimeStatus.DUE_SOON),
        (State.IN_PROGRESS, TUESDAY, None, TimeStatus.DUE_SOON),
        (State.IN_PROGRESS, date(2026, 11, 23), None, TimeStatus.OVERDUE),
        (State.ASSIGNED, None, None, TimeStatus.NO_DEADLINE),
        (State.REFUSED, date(2026, 11, 23), None, TimeStatus.OVERDUE),
        (State.CONFIRMED, date(2026, 11, 20), date(2026, 11, 20), TimeStatus.DONE_ON_TIME),
        (State.CONFIRMED, date(2026, 11, 20), date(2026, 11, 21), TimeStatus.DONE_LATE),
        (State.CONFIRMED, None, date(2026, 11, 21), TimeStatus.DONE_ON_TIME),
        # Waiting for the assigner's word makes nobody late; a returned result does.
        (State.REPORTED, date(2026, 11, 20), date(2026, 11, 20), TimeStatus.IN_TIME),
        (State.REPORTED, date(2026, 11, 20), date(2026, 11, 21), TimeStatus.OVERDUE),
        (State.RETURNED, date(2026, 11, 20), date(2026, 11, 20), TimeStatus.OVERDUE),
    ],
)
def test_a_task_stands_in_time_as_the_rule_book_says(
    state: State, deadline: date | None, submitted: date | None, expected: TimeStatus
) -> None:
    assert rules.time_status(state, deadline, submitted, TODAY) is expected


@given(DAYS, DAYS)
def test_soon_is_three_working_days(day: date, deadline: date) -> None:
    status = rules.time_status(
        State.ACCEPTED, deadline, None, rules.today(day, CALENDAR.is_working_day)
    )
    left = CALENDAR.working_days_between(day, deadline)
    assert (status is TimeStatus.OVERDUE) == (deadline < day)
    assert (status is TimeStatus.DUE_SOON) == (deadline >= day and left <= 3)


@given(DAYS, st.sampled_from(list(State)), st.none() | DAYS, st.none() | DAYS)
def test_every_task_has_one_status_and_stands_in_one_cell(
    day: date, state: State, deadline: date | None, submitted: date | None
) -> None:
    now = rules.today(day, CALENDAR.is_working_day)
    status = rules.time_status(state, deadline, submitted, now)
    cells = (Shown.DONE_ON_TIME, Shown.DONE_LATE, Shown.IN_TIME, Shown.OVERDUE)
    assert [status in rules.SHOWN[each] for each in cells].count(True) == 1
    assert (status in rules.DONE) == (state is State.CONFIRMED)
    assert (status in rules.SHOWN[Shown.OPEN]) == (state is not State.CONFIRMED)


@given(st.lists(st.sampled_from(list(TimeStatus))))
def test_the_table_counts_everybody_once(statuses: list[TimeStatus]) -> None:
    table = TwoByTwo.of(Counter(statuses))
    assert table.total == len(statuses)
    assert table.done == sum(each in rules.DONE for each in statuses)
    assert table.due_soon <= table.in_time


def test_the_figures_of_2017_come_out_as_they_were_printed() -> None:
    table = TwoByTwo(done_on_time=14_068, done_late=1_983, in_time=5_640, overdue=223)
    assert (table.done, table.not_done, table.total) == (16_051, 5_863, 21_914)
    assert table.overdue_rate == Rate(223, 5_863)
    assert table.done_on_time_rate == Rate(14_068, 16_051)
    assert table.reported_overdue_rate == Rate(223, 16_274)
    assert table.reported_overdue_rate.permille == 14


def test_a_rate_rounds_half_up_and_nothing_of_nothing_is_nothing() -> None:
    assert [Rate(*each).permille for each in ((1, 2000), (1, 2001), (1, 3), (0, 0), (7, 7))] == [
        1, 0, 333, 0, 1000,
    ]  # fmt: skip


# ---- the five clears ----

CLEAR = Assignment("Trình Đề án", 1, TUESDAY, "Đề án", (2, 3))
AGENCIES = (1, 2, 3)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"text": " "}, AssignRefusal.WORK_UNCLEAR),
        ({"lead_agency_id": 9}, AssignRefusal.LEAD_UNCLEAR),
        ({"coordinating": (1,)}, AssignRefusal.COORDINATING_UNCLEAR),
        ({"coordinating": (2, 2)}, AssignRefusal.COORDINATING_UNCLEAR),
        ({"coordinating": (9,)}, AssignRefusal.COORDINATING_UNCLEAR),
        ({"deadline": None}, AssignRefusal.DEADLINE_UNCLEAR),
        ({"open_ended": True}, AssignRefusal.DEADLINE_UNCLEAR),
        ({"deadline": date(2026, 11, 23)}, AssignRefusal.DEADLINE_PAST),
        ({"deliverable": ""}, AssignRefusal.DELIVERABLE_UNCLEAR),
    ],
)
def test_a_task_with_one_of_the_five_unclear_is_not_assigned(
    change: dict[str, Any], refusal: AssignRefusal
) -> None:
    assert rules.unclear(CLEAR, AGENCIES, TUESDAY) is None
    assert rules.unclear(replace(CLEAR, **change), AGENCIES, TUESDAY) is refusal


def test_every_refusal_says_what_has_to_be_said_again() -> None:
    said = {*AssignRefusal} - {AssignRefusal.ALREADY_ASSIGNED}
    assert set(rules.CLEARED_BY) == said


def test_no_deadline_is_clear_where_the_assigner_says_so() -> None:
    openly = Assignment("Duy trì", 1, None, "Báo cáo", open_ended=True)
    assert rules.unclear(openly, AGENCIES, TUESDAY) is None


@given(DAYS)
def test_suggested_deadlines_are_working_days_ahead(day: date) -> None:
    days = rules.suggested_deadlines(day, CALENDAR.is_working_day)
    for each in (days.week, days.fortnight, days.month):
        assert CALENDAR.is_working_day(each)
        assert day < each <= day + timedelta(days=62)
    after = days.month + timedelta(days=1)
    while not CALENDAR.is_working_day(after):
        after += timedelta(days=1)
    assert after.month != days.month.month, "the last working day of its month"


# ---- files ----


def test_a_file_is_what_it_holds_whatever_it_is_called() -> None:
    assert rules.file_kind(PDF) is FileKind.PDF
    assert rules.file_kind(b"\x89PNG\r\n\x1a\nrest") is FileKind.PNG
    assert rules.file_kind(b"\xff\xd8\xff\xe0rest") is FileKind.JPG
    assert rules.file_kind(office_file("word/document.xml")) is FileKind.DOCX
    assert rules.file_kind(office_file("xl/workbook.xml")) is FileKind.XLSX


def test_a_file_of_another_kind_is_refused() -> None:
    macros = office_file("word/document.xml", "word/vbaProject.bin")
    assert rules.file_kind(macros) is FileRefusal.HAS_MACROS
    for content in (
        b"<html><script>alert(1)</script>", b"MZ\x90", b"PK\x03\x04broken", office_file("x.exe"),
        office_file("word/document.xml", "xl/workbook.xml"), b" %PDF-1.7",
    ):  # fmt: skip
        assert rules.file_kind(content) is FileRefusal.NOT_ALLOWED, content[:20]
    assert rules.file_kind(b"") is FileRefusal.EMPTY
    assert rules.file_kind(PDF + b" " * rules.LARGEST_FILE) is FileRefusal.TOO_LARGE


def test_a_file_goes_out_under_a_harmless_name() -> None:
    assert rules.file_name("Tờ trình 12.pdf", FileKind.PDF) == "Tờ trình 12.pdf"
    assert rules.file_name("../../etc/passwd", FileKind.PDF) == "passwd.pdf"
    assert rules.file_name("C:\\tep\\a.exe", FileKind.DOCX) == "a.exe.docx"
    assert rules.file_name("anh.JPEG", FileKind.JPG) == "anh.JPEG"
    assert rules.file_name('x"\r\nSet-Cookie: a.pdf', FileKind.PDF) == 'x"Set-Cookie: a.pdf'
    assert rules.file_name("...", FileKind.PNG) == "tep.png"


@given(st.text(max_size=400), st.sampled_from(list(FileKind)))
def test_a_file_name_has_no_path_and_no_control_letters(given_name: str, kind: FileKind) -> None:
    name = rules.file_name(given_name, kind)
    assert "/" not in name
    assert "\\" not in name
    assert name.isprintable()
    assert len(name) <= 200


# ---- words ----


def test_marks_do_not_hide_a_task_from_whoever_types_without_them() -> None:
    assert rules.fold("Đề án Phát triển  NHÀ Ở") == "de an phat trien nha o"
    assert rules.fold("ĐẶNG") == rules.fold("dang") == "dang"
