"""What people do with tasks: assign, accept or refuse, report, confirm or return."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from documents import service as documents
from ecabinet import antivirus, clock, ledger, live, outbox, storage
from ecabinet.access import Actor, Permission, Role
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused, Unreadable
from meetings import queries as meetings
from people import queries as people
from tasks import access, rules
from tasks.announcements import EVERY_TASK, TaskChanged, agency
from tasks.models import Coordinating, Event, Task
from tasks.rules import Assignment, AssignRefusal, FileKind, FileRefusal, State, Step, TaskRefusal


@dataclass(frozen=True)
class Source:
    """Where a task was ordered: the sentence of the conclusion, by its place and digest."""

    order_id: int
    meeting_id: int
    meeting_title: str
    item_number: int | None
    item_title: str
    digest: str


@dataclass(frozen=True)
class Proof:
    """A file that shows a result, stored."""

    digest: str
    name: str
    kind: FileKind
    size: int


# ---- assigning ----


def assign_from(
    actor: Actor,
    order_id: int,
    lead_agency_id: int,
    deadline: date | None,
    deliverable: str,
    coordinating: Sequence[int] = (),
    open_ended: bool = False,
) -> int:
    """Make a task of an order in a conclusion; its text, digest and place are copied."""
    actor.must(Permission.TASK_ASSIGN)
    with transaction() as db:
        order = meetings.order_to_assign(db, actor, order_id)
        assignment = Assignment(
            order.text, lead_agency_id, deadline, deliverable, tuple(coordinating), open_ended
        )
        source = Source(
            order.id,
            order.meeting_id,
            order.meeting_title,
            order.item_number,
            order.item_title,
            order.digest,
        )
        return assign(actor, assignment, source)


def assign(actor: Actor, assignment: Assignment, source: Source | None = None) -> int:
    """Assign a task whose five clears are clear; its lead agency has it at once."""
    actor.must(Permission.TASK_ASSIGN)
    with transaction() as db:
        _refuse_unclear(db, assignment)
        if source and _is_assigned(db, source.order_id, assignment.lead_agency_id):
            raise Refused(AssignRefusal.ALREADY_ASSIGNED)
        task = _new(db, actor, assignment, source)
        _tell(db, actor, task, Step.ASSIGN)
        helpers = _staff(db, [each.agency_id for each in task.coordinating])
        outbox.notify(db, helpers, "task_coordinated", _path(task), **_facts(task, actor))
    return task.id


def assign_again(
    actor: Actor,
    task_id: int,
    lead_agency_id: int,
    deadline: date | None,
    open_ended: bool = False,
) -> None:
    """Give a task that was refused to an agency, the same or another."""
    with transaction() as db:
        task = access.task_to_judge(db, actor, task_id)
        helpers = [each.agency_id for each in task.coordinating]
        coordinating = tuple(each for each in helpers if each != lead_agency_id)
        _refuse_unclear(
            db,
            Assignment(
                task.text, lead_agency_id, deadline, task.deliverable, coordinating, open_ended
            ),
        )
        _step(task, Step.ASSIGN_AGAIN, "")
        task.lead_agency_id, task.deadline = lead_agency_id, deadline
        task.coordinating = [each for each in task.coordinating if each.agency_id in coordinating]
        _keep_unique(db)
        _tell(db, actor, task, Step.ASSIGN_AGAIN)


# ---- carrying out ----


def accept(actor: Actor, task_id: int) -> None:
    """Take a task on, for the agency that leads it."""
    _carry_out(actor, task_id, Step.ACCEPT)


def refuse(actor: Actor, task_id: int, reason: str) -> None:
    """Send a task back to its assigner, who assigns it anew."""
    _carry_out(actor, task_id, Step.REFUSE, reason)


def update(
    actor: Actor, task_id: int, words: str, file_name: str = "", content: bytes | None = None
) -> None:
    """Say how the work stands, with a file where there is one."""
    _say(actor, task_id, Step.UPDATE, words, file_name, content)


def report(
    actor: Actor, task_id: int, words: str, file_name: str = "", content: bytes | None = None
) -> None:
    """Submit the result, with a file where there is one; its day is what "on time" is judged by."""
    _say(actor, task_id, Step.REPORT, words, file_name, content)


def _say(
    actor: Actor, task_id: int, step: Step, words: str, file_name: str, content: bytes | None
) -> None:
    # Asked before the file is kept: what is refused leaves nothing behind.
    with reading() as db:
        _refuse_step(access.task_to_carry_out(db, actor, task_id), step, words)
    proof = _keep(file_name, content) if content is not None else None
    _carry_out(actor, task_id, step, words, proof)


def _carry_out(
    actor: Actor, task_id: int, step: Step, words: str = "", proof: Proof | None = None
) -> None:
    with transaction() as db:
        task = access.task_to_carry_out(db, actor, task_id)
        _step(task, step, words)
        if step is Step.REPORT:
            task.submitted_on = people.today(db)
        _tell(db, actor, task, step, words, proof)


# ---- judging ----


def confirm(actor: Actor, task_id: int) -> None:
    """Accept the result: the task is done, on time or late by the day it was submitted."""
    _judge(actor, task_id, Step.CONFIRM)


def send_back(actor: Actor, task_id: int, reason: str) -> None:
    """Return a result that does not do."""
    _judge(actor, task_id, Step.RETURN, reason)


def _judge(actor: Actor, task_id: int, step: Step, words: str = "") -> None:
    with transaction() as db:
        task = access.task_to_judge(db, actor, task_id)
        _step(task, step, words)
        _tell(db, actor, task, step, words)


# ---- when an office or an agency is taken over ----


def hand_over(db: Session, giver_id: int, taker: Actor) -> None:
    """Let whoever takes an assigner's office over judge what its holder has assigned.

    The right is that of the handover; who assigned a task stands in its story.
    """
    mine = select(Task).where(Task.assigned_by == giver_id, Task.state != State.CONFIRMED)
    for task in db.scalars(mine.with_for_update()):
        task.assigned_by = taker.id


def rehome(db: Session, actor: Actor, ended_id: int, into_id: int) -> int:
    """Give the open tasks of an agency to the one it ended in; how many it led.

    The right is that of the act in the room above. Each task's story says from where it came.
    """
    names = {each.id: each.name for each in people.agencies(db)}
    words = f"{names[ended_id]} → {names[into_id]}"
    is_open = Task.state != State.CONFIRMED
    led = db.scalars(select(Task).where(Task.lead_agency_id == ended_id, is_open)).all()
    for task in led:
        if task.order_id and _is_assigned(db, task.order_id, into_id):
            # The one order went to both: the sentence is kept, its place is the other task's.
            task.order_id = None
        task.lead_agency_id = into_id
        task.coordinating = [each for each in task.coordinating if each.agency_id != into_id]
        _event(db, actor, task, Step.REHOME, words, None)
        live.announce(db, TaskChanged(EVERY_TASK, task.id, task.state))
    helped = select(Task).join(Coordinating, Coordinating.task_id == Task.id)
    for task in db.scalars(helped.where(Coordinating.agency_id == ended_id, is_open)).unique():
        _replace_helper(task, ended_id, into_id)
    db.flush()
    path = f"/tasks?agency={into_id}"
    outbox.notify(db, _staff(db, [into_id]), "tasks_rehomed", path, count=len(led), words=words)
    return len(led)


def _replace_helper(task: Task, ended_id: int, into_id: int) -> None:
    kept = [each for each in task.coordinating if each.agency_id != ended_id]
    known = {task.lead_agency_id, *(each.agency_id for each in kept)}
    task.coordinating = kept if into_id in known else [*kept, Coordinating(agency_id=into_id)]


# ---- what every step does ----


def _step(task: Task, step: Step, words: str) -> None:
    task.state = _refuse_step(task, step, words)


def _refuse_step(task: Task, step: Step, words: str) -> State:
    """Where a step would lead; refused if it may not be taken."""
    end = rules.after(task.state, step, words)
    if isinstance(end, TaskRefusal):
        raise Refused(end)
    return end


def _tell(
    db: Session, actor: Actor, task: Task, step: Step, words: str = "", proof: Proof | None = None
) -> None:
    """Write the step into the story and the log, and tell those whom it concerns."""
    event = _event(db, actor, task, step, words, proof)
    ledger.append(db, f"task_{task.state}", _leaf(event, task), _remember_leaf(event))
    concerned = {task.lead_agency_id, *(each.agency_id for each in task.coordinating)}
    for audience in (EVERY_TASK, *map(agency, sorted(concerned))):
        live.announce(db, TaskChanged(audience, task.id, task.state))
    receivers = (
        {task.assigned_by} if step in rules.CARRYING_OUT else _staff(db, [task.lead_agency_id])
    )
    outbox.notify(db, receivers, f"task_{task.state}", _path(task), **_facts(task, actor))


def _event(
    db: Session, actor: Actor, task: Task, step: Step, words: str, proof: Proof | None
) -> Event:
    event = Event(
        task_id=task.id,
        step=step,
        state=task.state,
        person_id=actor.id,
        office=actor.office,
        at=clock.now(db),
        words=words,
    )
    if proof:
        event.file_digest, event.file_name = proof.digest, proof.name
        event.file_kind, event.file_size = proof.kind, proof.size
    db.add(event)
    return event


def _leaf(event: Event, task: Task) -> dict[str, str | int]:
    body: dict[str, str | int] = {
        "task": task.id,
        "step": event.step,
        "by": event.person_id,
        "at": event.at.isoformat(),
        "lead": task.lead_agency_id,
        "deadline": task.deadline.isoformat() if task.deadline else "",
        "words_sha256": _digest(event.words),
        "file_sha256": event.file_digest or "",
    }
    if event.step is Step.ASSIGN:
        body |= {"text_sha256": _digest(task.text), "order_sha256": task.order_digest}
    return body


def _remember_leaf(event: Event) -> Callable[[int], None]:
    def remember(position: int) -> None:
        event.leaf = position

    return remember


def _facts(task: Task, actor: Actor) -> dict[str, str | int | None]:
    return {
        "number": task.id,
        "title": task.text,
        "who": actor.office,
        "deadline": task.deadline.isoformat() if task.deadline else None,
    }


def _path(task: Task) -> str:
    return f"/tasks/{task.id}"


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def _staff(db: Session, agency_ids: Iterable[int]) -> set[int]:
    wanted = set(agency_ids)
    if not wanted:
        return set()
    staff = people.persons_with(db, Role.AGENCY_STAFF, Role.FOCAL_POINT)
    return {each.person_id for each in staff if each.agency_id in wanted}


def _refuse_unclear(db: Session, assignment: Assignment) -> None:
    agencies = [each.id for each in people.standing_agencies(db)]
    if refusal := rules.unclear(assignment, agencies, people.today(db)):
        raise Refused(refusal, rules.CLEARED_BY[refusal])


def _is_assigned(db: Session, order_id: int, lead_agency_id: int) -> bool:
    same = select(Task.id).where(Task.order_id == order_id, Task.lead_agency_id == lead_agency_id)
    return db.scalar(same) is not None


def _new(db: Session, actor: Actor, assignment: Assignment, source: Source | None) -> Task:
    task = Task(
        text=assignment.text,
        folded=rules.fold(f"{assignment.text} {assignment.deliverable}"),
        deliverable=assignment.deliverable,
        lead_agency_id=assignment.lead_agency_id,
        deadline=assignment.deadline,
        first_deadline=assignment.deadline,
        state=State.ASSIGNED,
        assigned_by=actor.id,
        assigned_at=clock.now(db),
        order_id=source.order_id if source else None,
        meeting_id=source.meeting_id if source else None,
        meeting_title=source.meeting_title if source else "",
        item_number=source.item_number if source else None,
        item_title=source.item_title if source else "",
        order_digest=source.digest if source else "",
        coordinating=[Coordinating(agency_id=each) for each in assignment.coordinating],
    )
    db.add(task)
    _keep_unique(db)
    return task


def _keep_unique(db: Session) -> None:
    """The same order may have gone to the same agency a moment ago."""
    try:
        db.flush()
    except IntegrityError:
        raise Refused(AssignRefusal.ALREADY_ASSIGNED) from None


def _keep(file_name: str, content: bytes) -> Proof:
    kind = rules.file_kind(content)
    if isinstance(kind, FileRefusal):
        raise Unreadable(kind)
    antivirus.refuse_if_infected(content)
    if kind is FileKind.PDF:
        _refuse_what_acts(file_name, content)
    name = rules.file_name(file_name, kind)
    return Proof(storage.keep(content), name, kind, len(content))


def _refuse_what_acts(file_name: str, content: bytes) -> None:
    """A PDF that no sandbox can open, or that would do something by itself, is no result."""
    if documents.read_safely(file_name, content).removed:
        raise Unreadable(FileRefusal.ACTS)
