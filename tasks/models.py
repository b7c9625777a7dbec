"""Tables of tasks: what was assigned to whom, and everything that happened to it since."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ecabinet.db import Base
from tasks.rules import FileKind, State, Step

SHA256_HEX = 64


def _word(kind: type[StrEnum]) -> Enum:
    """A word of a rule, stored as it is written."""
    values = [each.value for each in kind]
    return Enum(kind, native_enum=False, length=20, values_callable=lambda _: values)


class Task(Base):
    """One thing to be done by one lead agency; its id is its number."""

    __tablename__ = "tasks_task"
    # One order may go to several agencies, each with its own task, but not twice to one.
    __table_args__ = (UniqueConstraint("order_id", "lead_agency_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    # Folded text and product: what a search looks through.
    folded: Mapped[str] = mapped_column(Text)
    deliverable: Mapped[str] = mapped_column(String(500))
    lead_agency_id: Mapped[int] = mapped_column(ForeignKey("people_agency.id"), index=True)
    deadline: Mapped[date | None] = mapped_column(index=True)
    first_deadline: Mapped[date | None]
    state: Mapped[State] = mapped_column(_word(State), index=True)
    assigned_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    assigned_at: Mapped[datetime]
    # The day of the latest report; "on time" is judged by it.
    submitted_on: Mapped[date | None]
    # Where it was ordered: copied, with the digest of the sentence, from the conclusion.
    order_id: Mapped[int | None] = mapped_column(ForeignKey("meetings_order.id"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meetings_meeting.id"))
    meeting_title: Mapped[str] = mapped_column(String(500))
    item_number: Mapped[int | None]
    item_title: Mapped[str] = mapped_column(String(500))
    order_digest: Mapped[str] = mapped_column(String(SHA256_HEX))
    coordinating: Mapped[list["Coordinating"]] = relationship(
        cascade="all, delete-orphan", order_by="Coordinating.agency_id"
    )


class Coordinating(Base):
    """An agency that helps the lead."""

    __tablename__ = "tasks_coordinating"

    task_id: Mapped[int] = mapped_column(ForeignKey("tasks_task.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(
        ForeignKey("people_agency.id"), primary_key=True, index=True
    )


class Event(Base):
    """One line of a task's story: who did what, when, with which words and which file."""

    __tablename__ = "tasks_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks_task.id"), index=True)
    step: Mapped[Step] = mapped_column(_word(Step))
    state: Mapped[State] = mapped_column(_word(State))
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # As it was called then; persons change their offices.
    office: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)
    file_digest: Mapped[str | None] = mapped_column(String(SHA256_HEX))
    file_name: Mapped[str | None] = mapped_column(String(200))
    file_kind: Mapped[FileKind | None] = mapped_column(_word(FileKind))
    file_size: Mapped[int | None]
    leaf: Mapped[int | None]
