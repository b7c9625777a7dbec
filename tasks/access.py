"""Loaders of tasks: an agency's staff find the tasks of their agencies, and no others."""

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from ecabinet.access import Actor, Permission
from ecabinet.errors import Forbidden, NotFound
from tasks.models import Coordinating, Event, Task


def readable(actor: Actor) -> ColumnElement[bool]:
    """Which tasks this person may know of; every list is narrowed by it."""
    if actor.may(Permission.TASK_READ_ALL):
        return true()
    own = sorted(actor.agencies)
    helping = select(Coordinating.task_id).where(Coordinating.agency_id.in_(own))
    return or_(Task.lead_agency_id.in_(own), Task.id.in_(helping))


def task_to_read(db: Session, actor: Actor, task_id: int) -> Task:
    actor.must(Permission.TASK_READ)
    task = db.scalar(select(Task).where(Task.id == task_id, readable(actor)))
    if task is None:
        raise NotFound(f"task {task_id}")
    return task


def task_to_carry_out(db: Session, actor: Actor, task_id: int) -> Task:
    """A task that this person's agency leads, locked against another step."""
    actor.must(Permission.TASK_REPORT)
    task = task_to_read(db, actor, task_id)
    if task.lead_agency_id not in actor.agencies:
        raise Forbidden(f"task {task_id} is led by another agency")
    return _locked(db, task)


def task_to_judge(db: Session, actor: Actor, task_id: int) -> Task:
    """A task whose result this person may confirm or return, locked against another step."""
    actor.must(Permission.TASK_ASSIGN)
    return _locked(db, task_to_read(db, actor, task_id))


def file_to_read(db: Session, actor: Actor, task_id: int, event_id: int) -> Event:
    """An event with a file, of a task that this person may read."""
    task = task_to_read(db, actor, task_id)
    event = db.get(Event, event_id)
    if event is None or event.task_id != task.id or event.file_digest is None:
        raise NotFound(f"file of event {event_id}")
    return event


def _locked(db: Session, task: Task) -> Task:
    return db.get_one(Task, task.id, with_for_update=True, populate_existing=True)
