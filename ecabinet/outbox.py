"""What a person must know, written in the act's own transaction; shown in their inbox.

A message holds a kind and plain facts, never a sentence: the reader's language and what a
channel may carry are decided when it is shown or sent.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import clock
from ecabinet.db import Base

COLLECTED = "outbox"


class Message(Base):
    """One thing that one person must know, and the page where it is dealt with."""

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    path: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


def notify(
    db: Session, people: int | Iterable[int], kind: str, path: str, **facts: str | int | None
) -> None:
    """Tell one person or several; each kind has its words in templates/home/_messages.html."""
    receivers = [people] if isinstance(people, int) else sorted(set(people))
    waiting = db.info.setdefault(COLLECTED, [])
    waiting.extend(Message(person_id=each, kind=kind, path=path, facts=facts) for each in receivers)


def store(db: Session) -> None:
    """Write what was collected; called by transaction() just before its commit."""
    waiting: list[Message] = db.info.pop(COLLECTED, [])
    if waiting:
        at = clock.now(db)
        for message in waiting:
            message.at = at
        db.add_all(waiting)
        db.flush()


def inbox(db: Session, person_id: int, limit: int = 100) -> Sequence[Message]:
    """A person's messages, newest first."""
    return db.scalars(
        select(Message)
        .where(Message.person_id == person_id)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(limit)
    ).all()


def unread(db: Session, person_id: int) -> int:
    return (
        db.scalar(
            select(func.count())
            .select_from(Message)
            .where(Message.person_id == person_id, Message.read_at.is_(None))
        )
        or 0
    )


def message(db: Session, person_id: int, message_id: int) -> Message | None:
    """One of one's own messages; another's does not exist."""
    found = db.get(Message, message_id)
    return found if found is not None and found.person_id == person_id else None


def mark_read_up_to(db: Session, person_id: int, newest: int) -> None:
    """All of one's messages up to this one."""
    own = Message.person_id == person_id
    mark_read(db, person_id, db.scalars(select(Message.id).where(own, Message.id <= newest)))


def mark_read(db: Session, person_id: int, message_ids: Iterable[int]) -> None:
    """Only one's own messages, whatever ids are asked for."""
    db.execute(
        update(Message)
        .where(
            Message.person_id == person_id,
            Message.id.in_(list(message_ids)),
            Message.read_at.is_(None),
        )
        .values(read_at=clock.now(db))
    )
