"""The life of a task, its time, and what must be clear when it is assigned (rulebook: Tasks)."""

import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from io import BytesIO

SOON_WORKING_DAYS = 3
WEEK = timedelta(days=7)
LARGEST_FILE = 20 * 1024 * 1024
MOST_ENTRIES = 2_000


# ---- the working state ----


class State(StrEnum):
    ASSIGNED = "assigned"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    REPORTED = "reported"
    RETURNED = "returned"
    CONFIRMED = "confirmed"


class Step(StrEnum):
    ASSIGN = "assign"
    ASSIGN_AGAIN = "assign_again"
    ACCEPT = "accept"
    REFUSE = "refuse"
    UPDATE = "update"
    REPORT = "report"
    CONFIRM = "confirm"
    RETURN = "return"
    REHOME = "rehome"


class TaskRefusal(StrEnum):
    NOT_FROM_HERE = "not_from_here"
    REASON_MISSING = "reason_missing"


# step: (where it may start, where it ends)
STEPS: dict[Step, tuple[frozenset[State], State]] = {
    Step.ACCEPT: (frozenset({State.ASSIGNED}), State.ACCEPTED),
    Step.REFUSE: (frozenset({State.ASSIGNED}), State.REFUSED),
    Step.ASSIGN_AGAIN: (frozenset({State.REFUSED}), State.ASSIGNED),
    Step.UPDATE: (
        frozenset({State.ACCEPTED, State.IN_PROGRESS, State.RETURNED}),
        State.IN_PROGRESS,
    ),
    Step.REPORT: (
        frozenset({State.ACCEPTED, State.IN_PROGRESS, State.RETURNED}),
        State.REPORTED,
    ),
    Step.CONFIRM: (frozenset({State.REPORTED}), State.CONFIRMED),
    Step.RETURN: (frozenset({State.REPORTED}), State.RETURNED),
}
# The steps that nobody takes without saying something.
WORDS_NEEDED = frozenset({Step.REFUSE, Step.UPDATE, Step.REPORT, Step.RETURN})
CARRYING_OUT = frozenset({Step.ACCEPT, Step.REFUSE, Step.UPDATE, Step.REPORT})
JUDGING = frozenset({Step.CONFIRM, Step.RETURN, Step.ASSIGN_AGAIN})


def after(state: State, step: Step, words: str = "") -> State | TaskRefusal:
    """The state a step leads to, or why it may not be taken."""
    starts, end = STEPS[step]
    if state not in starts:
        return TaskRefusal.NOT_FROM_HERE
    if step in WORDS_NEEDED and not words.strip():
        return TaskRefusal.REASON_MISSING
    return end


def steps_from(state: State) -> frozenset[Step]:
    """The steps that may be taken from here, by whoever has the right to them."""
    return frozenset(step for step, (starts, _) in STEPS.items() if state in starts)


# ---- time: computed where it is read, never stored ----


class TimeStatus(StrEnum):
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    IN_TIME = "in_time"
    NO_DEADLINE = "no_deadline"
    DONE_ON_TIME = "done_on_time"
    DONE_LATE = "done_late"


@dataclass(frozen=True)
class Today:
    """A day, and the last day that is at most three working days away from it."""

    day: date
    soon_until: date


def today(day: date, is_working_day: Callable[[date], bool]) -> Today:
    soon_until, working_days = day, 0
    while True:
        following = soon_until + timedelta(days=1)
        working_days += is_working_day(following)
        if working_days > SOON_WORKING_DAYS:
            return Today(day, soon_until)
        soon_until = following


def time_status(
    state: State, deadline: date | None, submitted_on: date | None, now: Today
) -> TimeStatus:
    """Where a task stands in time (rulebook: Tasks).

    On time is judged by the day on which the result was submitted, if it is later confirmed
    (doubt). Until then a result submitted in time does not become overdue by waiting.
    """
    if state is State.CONFIRMED:
        late = deadline is not None and submitted_on is not None and submitted_on > deadline
        return TimeStatus.DONE_LATE if late else TimeStatus.DONE_ON_TIME
    if deadline is None:
        return TimeStatus.NO_DEADLINE
    if state is State.REPORTED and submitted_on is not None and submitted_on <= deadline:
        return TimeStatus.IN_TIME
    if deadline < now.day:
        return TimeStatus.OVERDUE
    return TimeStatus.DUE_SOON if deadline <= now.soon_until else TimeStatus.IN_TIME


DONE = frozenset({TimeStatus.DONE_ON_TIME, TimeStatus.DONE_LATE})
NOT_LATE = frozenset({TimeStatus.IN_TIME, TimeStatus.DUE_SOON, TimeStatus.NO_DEADLINE})
OPEN = NOT_LATE | {TimeStatus.OVERDUE}


class Shown(StrEnum):
    """What a list may be narrowed to."""

    OPEN = "open"
    ALL = "all"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    IN_TIME = "in_time"
    DONE_ON_TIME = "done_on_time"
    DONE_LATE = "done_late"


# "In time" is the cell of the two by two: what is due soon or has no deadline belongs to it.
SHOWN: dict[Shown, frozenset[TimeStatus]] = {
    Shown.OPEN: OPEN,
    Shown.ALL: frozenset(TimeStatus),
    Shown.OVERDUE: frozenset({TimeStatus.OVERDUE}),
    Shown.DUE_SOON: frozenset({TimeStatus.DUE_SOON}),
    Shown.IN_TIME: NOT_LATE,
    Shown.DONE_ON_TIME: frozenset({TimeStatus.DONE_ON_TIME}),
    Shown.DONE_LATE: frozenset({TimeStatus.DONE_LATE}),
}


@dataclass(frozen=True)
class Rate:
    """A share that is never printed without its two numbers."""

    numerator: int
    denominator: int

    @property
    def permille(self) -> int:
        """Rounded half up; 0 of 0 is 0."""
        if not self.denominator:
            return 0
        return (2 * 1000 * self.numerator + self.denominator) // (2 * self.denominator)


@dataclass(frozen=True)
class TwoByTwo:
    """Done or not, in time or late: the official table."""

    done_on_time: int = 0
    done_late: int = 0
    in_time: int = 0
    overdue: int = 0
    due_soon: int = 0

    @classmethod
    def of(cls, counted: Counter[TimeStatus]) -> "TwoByTwo":
        return cls(
            done_on_time=counted[TimeStatus.DONE_ON_TIME],
            done_late=counted[TimeStatus.DONE_LATE],
            in_time=sum(counted[each] for each in NOT_LATE),
            overdue=counted[TimeStatus.OVERDUE],
            due_soon=counted[TimeStatus.DUE_SOON],
        )

    @property
    def done(self) -> int:
        return self.done_on_time + self.done_late

    @property
    def not_done(self) -> int:
        return self.in_time + self.overdue

    @property
    def total(self) -> int:
        return self.done + self.not_done

    @property
    def done_on_time_rate(self) -> Rate:
        return Rate(self.done_on_time, self.done)

    @property
    def overdue_rate(self) -> Rate:
        return Rate(self.overdue, self.not_done)

    @property
    def reported_overdue_rate(self) -> Rate:
        """Overdue among all that has come due, as the reports of 2017 seem to count (doubt)."""
        return Rate(self.overdue, self.done + self.overdue)


# ---- assigning: the five clears ----


class AssignRefusal(StrEnum):
    WORK_UNCLEAR = "work_unclear"
    LEAD_UNCLEAR = "lead_unclear"
    COORDINATING_UNCLEAR = "coordinating_unclear"
    DEADLINE_UNCLEAR = "deadline_unclear"
    DEADLINE_PAST = "deadline_past"
    DELIVERABLE_UNCLEAR = "deliverable_unclear"
    ALREADY_ASSIGNED = "already_assigned"


@dataclass(frozen=True)
class Assignment:
    """What the assigner says. Without a deadline only where they say that there is none."""

    text: str
    lead_agency_id: int
    deadline: date | None
    deliverable: str
    coordinating: tuple[int, ...] = ()
    open_ended: bool = False


def unclear(assignment: Assignment, agencies: Iterable[int], today: date) -> AssignRefusal | None:
    """Which of the five clears is missing: work, lead, co-operation, deadline, product."""
    known = frozenset(agencies)
    with_lead = (assignment.lead_agency_id, *assignment.coordinating)
    if not assignment.text.strip():
        return AssignRefusal.WORK_UNCLEAR
    if assignment.lead_agency_id not in known:
        return AssignRefusal.LEAD_UNCLEAR
    if not known.issuperset(with_lead) or len(set(with_lead)) < len(with_lead):
        return AssignRefusal.COORDINATING_UNCLEAR
    if (assignment.deadline is None) is not assignment.open_ended:
        return AssignRefusal.DEADLINE_UNCLEAR
    if assignment.deadline is not None and assignment.deadline < today:
        return AssignRefusal.DEADLINE_PAST
    if not assignment.deliverable.strip():
        return AssignRefusal.DELIVERABLE_UNCLEAR
    return None


# refusal: what of the assignment has to be said again
CLEARED_BY = {
    AssignRefusal.WORK_UNCLEAR: "text",
    AssignRefusal.LEAD_UNCLEAR: "lead",
    AssignRefusal.COORDINATING_UNCLEAR: "coordinating",
    AssignRefusal.DEADLINE_UNCLEAR: "deadline",
    AssignRefusal.DEADLINE_PAST: "deadline",
    AssignRefusal.DELIVERABLE_UNCLEAR: "deliverable",
}


@dataclass(frozen=True)
class Suggestions:
    """Deadlines that one tap chooses."""

    week: date
    fortnight: date
    month: date


def suggested_deadlines(day: date, is_working_day: Callable[[date], bool]) -> Suggestions:
    """A week, a fortnight, the month's last working day (rulebook: Tasks); all working days."""
    month = _last_working_day(_end_of_month(day), is_working_day)
    if month <= day:
        month = _last_working_day(_end_of_month(_end_of_month(day) + WEEK), is_working_day)
    return Suggestions(
        week=_working_day_ahead(day, WEEK, is_working_day),
        fortnight=_working_day_ahead(day, 2 * WEEK, is_working_day),
        month=month,
    )


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _working_day_ahead(day: date, span: timedelta, is_working_day: Callable[[date], bool]) -> date:
    """The last working day within a span; over Tết, which may fill it, the first one after."""
    found = _last_working_day(day + span, is_working_day)
    while found <= day or not is_working_day(found):
        found += timedelta(days=1)
    return found


def _last_working_day(day: date, is_working_day: Callable[[date], bool]) -> date:
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


# ---- files that prove a result ----


class FileKind(StrEnum):
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PNG = "png"
    JPG = "jpg"


class FileRefusal(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_ALLOWED = "not_allowed"
    HAS_MACROS = "has_macros"
    ACTS = "acts"


BEGINNINGS = {
    b"%PDF-": FileKind.PDF,
    b"\x89PNG\r\n\x1a\n": FileKind.PNG,
    b"\xff\xd8\xff": FileKind.JPG,
}
OFFICE_PARTS = {"word/document.xml": FileKind.DOCX, "xl/workbook.xml": FileKind.XLSX}


def file_kind(content: bytes) -> FileKind | FileRefusal:
    """What a file is by what it holds, whatever it is called (UPL-01); or why it is refused."""
    if not content:
        return FileRefusal.EMPTY
    if len(content) > LARGEST_FILE:
        return FileRefusal.TOO_LARGE
    for beginning, kind in BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    return _office_kind(content) if content.startswith(b"PK\3\4") else FileRefusal.NOT_ALLOWED


def _office_kind(content: bytes) -> FileKind | FileRefusal:
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, ValueError, RuntimeError):
        return FileRefusal.NOT_ALLOWED
    if len(names) > MOST_ENTRIES or "[Content_Types].xml" not in names:
        return FileRefusal.NOT_ALLOWED
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return FileRefusal.HAS_MACROS
    kinds = [kind for part, kind in OFFICE_PARTS.items() if part in names]
    return kinds[0] if len(kinds) == 1 else FileRefusal.NOT_ALLOWED


def file_name(given: str, kind: FileKind) -> str:
    """The name a file is given back under: no path, no control letters, the right ending."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(letter for letter in last if letter.isprintable()).strip(" .") or "tep"
    endings = (".jpg", ".jpeg") if kind is FileKind.JPG else (f".{kind}",)
    return plain[-150:] if plain.lower().endswith(endings) else f"{plain[:150]}.{kind}"


# ---- words ----


def fold(text: str) -> str:
    """Small letters without marks, đ as d: what is searched, and what is searched for."""
    apart = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(one for one in apart if not unicodedata.combining(one)).split())
