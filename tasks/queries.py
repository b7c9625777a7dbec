"""Reads of tasks: the dashboard, one task with its story, what waits for whom."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from ecabinet import live, working_days
from ecabinet.access import Actor, Permission, Role
from ecabinet.calendar import Occasion
from ecabinet.duties import Duty
from ecabinet.errors import NotFound
from meetings import queries as meetings
from meetings.queries import ConclusionView
from people import queries as people
from people.queries import OFFICE_ZONE, AgencyName, Holder
from tasks import access, rules
from tasks.announcements import EVERY_TASK, agency
from tasks.models import Coordinating, Event, Task
from tasks.rules import Shown, State, Step, TimeStatus, Today, TwoByTwo

ROWS_A_PAGE = 20


@dataclass(frozen=True)
class Filter:
    """What a reader has narrowed the list to."""

    agency_id: int | None = None
    shown: Shown = Shown.OPEN
    state: State | None = None
    words: str = ""


@dataclass(frozen=True)
class TaskRow:
    """One line of a list."""

    id: int
    text: str
    lead: str
    deadline: date | None
    state: State
    status: TimeStatus
    days: int
    deliverable: str

    @property
    def number(self) -> int:
        return self.id


@dataclass(frozen=True)
class AgencyFigures:
    """One bar: an agency's tasks by time."""

    agency: AgencyName
    figures: TwoByTwo


@dataclass(frozen=True)
class Dashboard:
    """The page of all tasks: figures over everything, rows of what is asked for."""

    figures: TwoByTwo
    by_agency: Sequence[AgencyFigures]
    rows: Sequence[TaskRow]
    count: int
    page: int
    pages: int
    agencies: Sequence[AgencyName]

    @property
    def widest(self) -> int:
        return max((each.figures.total for each in self.by_agency), default=1)


@dataclass(frozen=True)
class EventView:
    """One line of the story."""

    id: int
    step: Step
    office: str
    at: datetime
    words: str
    file_name: str | None
    file_size: int | None
    leaf: int | None


@dataclass(frozen=True)
class TaskView:
    """A task with everything that its page shows."""

    row: TaskRow
    lead: AgencyName
    coordinating: Sequence[AgencyName]
    first_deadline: date | None
    assigner: str
    submitted_on: date | None
    order_id: int | None
    meeting_id: int | None
    meeting_title: str
    item_number: int | None
    item_title: str
    order_digest: str
    story: Sequence[EventView]
    steps: frozenset[Step]


@dataclass(frozen=True)
class ExportRow:
    """One line of the exported list."""

    row: TaskRow
    coordinating: Sequence[str]
    assigned_at: datetime
    source: str


@dataclass(frozen=True)
class Watch:
    """What a page listens to, and where it stands among its facts."""

    enter: str
    id: int
    audience: str
    epoch: str
    seq: int


def today(db: Session) -> Today:
    return rules.today(people.today(db), working_days.calendar(db).is_working_day)


def watch(db: Session, actor: Actor) -> Watch | None:
    """Read before the page's data: what falls in between then comes twice, and is harmless."""
    if actor.may(Permission.TASK_READ_ALL):
        return Watch("tasks:enter", 1, EVERY_TASK, *live.head(db, EVERY_TASK))
    if not actor.may(Permission.TASK_REPORT) or not actor.agencies:
        return None
    own = min(actor.agencies)
    return Watch("agency:enter", own, agency(own), *live.head(db, agency(own)))


# ---- the dashboard ----


def dashboard(db: Session, actor: Actor, wanted: Filter, page: int = 1) -> Dashboard:
    """Figures and one page of the list; both hold only what this person may know of."""
    now = today(db)
    agencies = people.agencies(db)
    counted = _counted(db, actor, now)
    chosen = {wanted.agency_id: counted[wanted.agency_id]} if wanted.agency_id else counted
    listed = _listed(actor, wanted, now)
    count = db.scalar(select(func.count()).select_from(listed.subquery())) or 0
    pages = max(1, -(-count // ROWS_A_PAGE))
    page = min(max(page, 1), pages)
    ordered = _by_deadline(listed).limit(ROWS_A_PAGE).offset((page - 1) * ROWS_A_PAGE)
    return Dashboard(
        figures=TwoByTwo.of(sum(chosen.values(), Counter())),
        by_agency=_figures(agencies, chosen),
        rows=_rows(db.scalars(ordered), {each.id: each for each in agencies}, now),
        count=count,
        page=page,
        pages=pages,
        agencies=[each for each in agencies if each.id in counted],
    )


def export(db: Session, actor: Actor, wanted: Filter) -> list[ExportRow]:
    """Exactly what the list shows with this filter, all of its pages."""
    now = today(db)
    agencies = {each.id: each for each in people.agencies(db)}
    tasks = db.scalars(_by_deadline(_listed(actor, wanted, now))).all()
    helping = _coordinating(db, _listed(actor, wanted, now))
    return [
        ExportRow(
            row=_row(task, agencies, now),
            coordinating=[agencies[each].name for each in helping[task.id]],
            assigned_at=task.assigned_at,
            source=task.meeting_title,
        )
        for task in tasks
    ]


def _counted(db: Session, actor: Actor, now: Today) -> dict[int, Counter[TimeStatus]]:
    status = _status(now)
    rows = db.execute(
        select(Task.lead_agency_id, status, func.count())
        .where(access.readable(actor))
        .group_by(Task.lead_agency_id, status)
    )
    counted: dict[int, Counter[TimeStatus]] = defaultdict(Counter)
    for agency_id, word, number in rows:
        counted[agency_id][TimeStatus(word)] += number
    return counted


def _figures(
    agencies: Iterable[AgencyName], counted: dict[int, Counter[TimeStatus]]
) -> list[AgencyFigures]:
    """Who is late first, then who has most to do."""
    figures = [
        AgencyFigures(each, TwoByTwo.of(counted[each.id]))
        for each in agencies
        if each.id in counted
    ]
    return sorted(
        figures, key=lambda one: (-one.figures.overdue, -one.figures.not_done, one.agency.id)
    )


def _listed(actor: Actor, wanted: Filter, now: Today) -> Select[Task]:
    statuses = [each.value for each in rules.SHOWN[wanted.shown]]
    query = select(Task).where(access.readable(actor), _status(now).in_(statuses))
    if wanted.agency_id:
        query = query.where(Task.lead_agency_id == wanted.agency_id)
    if wanted.state:
        query = query.where(Task.state == wanted.state)
    for word in rules.fold(wanted.words).split():
        named = Task.folded.contains(word, autoescape=True)
        query = query.where(or_(named, Task.id == int(word)) if _is_number(word) else named)
    return query


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < len(str(2**31))


def _by_deadline(query: Select[Task]) -> Select[Task]:
    return query.order_by(Task.deadline.is_(None), Task.deadline, Task.id)


def _status(now: Today) -> ColumnElement[str]:
    """`rules.time_status` in SQL; a test holds the two together."""
    is_confirmed = Task.state == State.CONFIRMED
    submitted_in_time = and_(Task.state == State.REPORTED, Task.submitted_on <= Task.deadline)
    return case(
        (and_(is_confirmed, Task.submitted_on > Task.deadline), TimeStatus.DONE_LATE.value),
        (is_confirmed, TimeStatus.DONE_ON_TIME.value),
        (Task.deadline.is_(None), TimeStatus.NO_DEADLINE.value),
        (submitted_in_time, TimeStatus.IN_TIME.value),
        (Task.deadline < now.day, TimeStatus.OVERDUE.value),
        (Task.deadline <= now.soon_until, TimeStatus.DUE_SOON.value),
        else_=TimeStatus.IN_TIME.value,
    )


def _coordinating(db: Session, tasks: Select[Task]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    wanted = tasks.with_only_columns(Task.id).order_by(None)
    for each in db.scalars(
        select(Coordinating)
        .where(Coordinating.task_id.in_(wanted))
        .order_by(Coordinating.task_id, Coordinating.agency_id)
    ):
        found[each.task_id].append(each.agency_id)
    return found


def _rows(tasks: Iterable[Task], agencies: dict[int, AgencyName], now: Today) -> list[TaskRow]:
    return [_row(task, agencies, now) for task in tasks]


def _row(task: Task, agencies: dict[int, AgencyName], now: Today) -> TaskRow:
    return TaskRow(
        id=task.id,
        text=task.text,
        lead=agencies[task.lead_agency_id].name,
        deadline=task.deadline,
        state=task.state,
        status=rules.time_status(task.state, task.deadline, task.submitted_on, now),
        days=abs((task.deadline - now.day).days) if task.deadline else 0,
        deliverable=task.deliverable,
    )


# ---- one task ----


def task(db: Session, actor: Actor, task_id: int) -> TaskView:
    """A task that this person may read, with what they may do to it now."""
    found = access.task_to_read(db, actor, task_id)
    agencies = {each.id: each for each in people.agencies(db)}
    assigner = people.holder_names(db, [found.assigned_by]).get(found.assigned_by)
    story = _story(db, found.id)
    return TaskView(
        row=_row(found, agencies, today(db)),
        lead=agencies[found.lead_agency_id],
        coordinating=[agencies[each.agency_id] for each in found.coordinating],
        first_deadline=found.first_deadline,
        assigner=assigner.office if assigner else story[-1].office,
        submitted_on=found.submitted_on,
        order_id=found.order_id,
        meeting_id=found.meeting_id,
        meeting_title=found.meeting_title,
        item_number=found.item_number,
        item_title=found.item_title,
        order_digest=found.order_digest,
        story=story,
        steps=_steps(actor, found),
    )


def conclusion(db: Session, actor: Actor, task_id: int) -> ConclusionView:
    """The conclusion that ordered a task, for whoever may read the task."""
    order_id = access.task_to_read(db, actor, task_id).order_id
    if order_id is None:
        raise NotFound(f"task {task_id} stands in no conclusion")
    return meetings.conclusion_around(db, actor, order_id)


def _story(db: Session, task_id: int) -> list[EventView]:
    """Newest first."""
    events = db.scalars(select(Event).where(Event.task_id == task_id).order_by(Event.id.desc()))
    return [
        EventView(
            each.id,
            each.step,
            each.office,
            each.at,
            each.words,
            each.file_name,
            each.file_size,
            each.leaf,
        )
        for each in events
    ]


def _steps(actor: Actor, task: Task) -> frozenset[Step]:
    leads = actor.may(Permission.TASK_REPORT) and task.lead_agency_id in actor.agencies
    allowed = (rules.CARRYING_OUT if leads else frozenset()) | (
        rules.JUDGING if actor.may(Permission.TASK_ASSIGN) else frozenset()
    )
    return rules.steps_from(task.state) & allowed


# ---- assigning ----


def agencies_named(text: str, agencies: Iterable[AgencyName]) -> list[AgencyName]:
    """The agencies that an order names, in the order in which it names them."""
    words = rules.fold(text)
    places = [(words.find(rules.fold(each.name)), each) for each in agencies]
    return [each for place, each in sorted(places, key=lambda one: one[0]) if place >= 0]


def assigned_from(db: Session, order_id: int) -> list[TaskRow]:
    """The tasks that were made of an order."""
    agencies = {each.id: each for each in people.agencies(db)}
    tasks = db.scalars(select(Task).where(Task.order_id == order_id).order_by(Task.id))
    return _rows(tasks, agencies, today(db))


# ---- what waits for whom ----


def duties(db: Session, actor: Actor) -> list[Duty]:
    """To accept and carry out for staff, to judge for the assigner, to know for the minister."""
    if actor.may(Permission.TASK_REPORT):
        return _to_carry_out(db, actor)
    found = _to_judge(db, actor) if actor.may(Permission.TASK_ASSIGN) else []
    return found + (_late_at_home(db, actor) if Role.MEMBER in actor.roles else [])


def _to_carry_out(db: Session, actor: Actor) -> list[Duty]:
    with_lead = {State.ASSIGNED, State.ACCEPTED, State.IN_PROGRESS, State.RETURNED}
    led = Task.lead_agency_id.in_(sorted(actor.agencies))
    return _duties(db, led, Task.state.in_(with_lead))


def led_by(db: Session, agencies: Sequence[int]) -> list[Duty]:
    """All that these agencies lead and have not done, whoever has the next step."""
    return _duties(db, Task.lead_agency_id.in_(agencies), Task.state != State.CONFIRMED)


def open_by_agency(db: Session) -> Counter[int]:
    """How many tasks each agency leads or helps with that are not done."""
    is_open = Task.state != State.CONFIRMED
    led = select(Task.lead_agency_id).where(is_open)
    helped = select(Coordinating.agency_id).join(Task, Coordinating.task_id == Task.id)
    return Counter(db.scalars(led)) + Counter(db.scalars(helped.where(is_open)))


def _to_judge(db: Session, actor: Actor) -> list[Duty]:
    back = Task.state.in_({State.REPORTED, State.REFUSED})
    return _duties(db, Task.assigned_by == actor.id, back)


def occasions(db: Session, actor: Actor, since: datetime, until: datetime) -> list[Occasion]:
    """Deadlines of this person's agency, and of what they have assigned themselves."""
    if not actor.may(Permission.TASK_READ):
        return []
    led = Task.lead_agency_id.in_(sorted(actor.agencies))
    days = (OFFICE_ZONE.local_day(since), OFFICE_ZONE.local_day(until))
    found = db.scalars(
        select(Task).where(
            led | (Task.assigned_by == actor.id),
            Task.state != State.CONFIRMED,
            Task.deadline >= days[0],
            Task.deadline < days[1],
        )
    )
    return [
        Occasion(
            "task", each.text, f"/tasks/{each.id}", OFFICE_ZONE.end_of(each.deadline),
            is_agencys=each.lead_agency_id in actor.agencies,
        )
        for each in found
        if each.deadline
    ]  # fmt: skip


def _late_at_home(db: Session, actor: Actor) -> list[Duty]:
    """A minister sees what their own agency is late with, though its staff report."""
    led = Task.lead_agency_id.in_(sorted(actor.agencies))
    late = _status(today(db)) == TimeStatus.OVERDUE.value
    return _duties(db, led, late, kind="task_late")


def _duties(db: Session, *which: ColumnElement[bool], kind: str = "") -> list[Duty]:
    tasks = db.scalars(_by_deadline(select(Task).where(*which))).all()
    if not tasks:
        return []
    assigners = people.holder_names(db, [each.assigned_by for each in tasks])
    agencies = {each.id: each for each in people.agencies(db)}
    now = today(db)
    soon = now.soon_until - now.day + timedelta(days=1)
    return [
        Duty(
            kind=kind or f"task_{each.state}",
            title=each.text,
            path=f"/tasks/{each.id}",
            due_at=OFFICE_ZONE.end_of(each.deadline) if each.deadline else None,
            facts=_facts(_row(each, agencies, now), assigners.get(each.assigned_by)),
            soon=soon,
        )
        for each in tasks
    ]


def _facts(row: TaskRow, assigner: Holder | None) -> dict[str, str | int | None]:
    return {
        "number": row.number,
        "status": row.status.value,
        "days": row.days,
        "deadline": row.deadline.isoformat() if row.deadline else None,
        "lead": row.lead,
        "who": assigner.office if assigner else None,
    }
