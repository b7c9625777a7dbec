"""What a person must know, written in the act's own transaction; shown in their inbox.

A message holds a kind and plain facts, never a sentence: the reader's language and what a
channel may carry are decided when it is shown or sent. In the inbox it is told by standing
there; by other channels it is told by its deliveries, written beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import clock, deliveries
from ecabinet.db import Base
from ecabinet.deliveries import UNDER_WAY, Delivery, State
from ecabinet.notices import deadline_of

COLLECTED = "outbox"


class Message(Base):
    """One thing that one person must know, and the page where it is dealt with."""

    __tablename__ = "outbox_message"
    __table_args__ = (UniqueConstraint("person_id", "fact"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    path: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    # What it tells of, where that is asked for later, or must not be told twice.
    fact: Mapped[str | None] = mapped_column(String(80))


def notify(
    db: Session, people: int | Iterable[int], kind: str, path: str, fact: str | None = None, /,
    **facts: str | int | None,
) -> None:  # fmt: skip
    """Tell one person or several; each kind has its words in templates/<room>/_messages.html.

    Nobody is told twice of a `fact` that is named.
    """
    receivers = [people] if isinstance(people, int) else sorted(set(people))
    waiting = db.info.setdefault(COLLECTED, [])
    waiting.extend(
        Message(person_id=each, kind=kind, path=path, facts=facts, fact=fact) for each in receivers
    )


def store(db: Session) -> None:
    """Write what was collected; called by transaction() just before its commit."""
    collected: list[Message] = db.info.pop(COLLECTED, [])
    known = _told_already(db, {each.fact for each in collected if each.fact})
    waiting = [each for each in collected if (each.person_id, each.fact) not in known]
    if waiting:
        at = clock.now(db)
        for message in waiting:
            message.at = at
        db.add_all(waiting)
        db.flush()
        deliveries.write(db, [_outside(each) for each in waiting], at)


def untold(db: Session, facts: set[str]) -> set[str]:
    """Those of these facts that nobody has been told of."""
    told = db.scalars(select(Message.fact).where(Message.fact.in_(facts)))
    return facts.difference(told)


def _told_already(db: Session, facts: set[str]) -> set[tuple[int, str | None]]:
    if not facts:
        return set()
    told = select(Message.person_id, Message.fact).where(Message.fact.in_(facts))
    return {(person_id, fact) for person_id, fact in db.execute(told)}


def _outside(message: Message) -> deliveries.Fact:
    """What other channels may know of a message."""
    due = deadline_of(message.facts)
    return deliveries.Fact(message.id, message.person_id, message.kind, due)


class Reach(StrEnum):
    """Whether one person learnt of a fact, as far as this house can know."""

    OPENED = "opened"
    ACCEPTED = "accepted"
    UNDER_WAY = "under_way"
    REFUSED = "refused"
    NO_ADDRESS = "no_address"


@dataclass
class Told:
    """How one person was told of one fact: in the inbox, and by other channels."""

    opened_at: datetime | None = None
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def reach(self) -> Reach:
        """The best that is known of any way."""
        states = {each.state for each in self.deliveries}
        if self.opened_at is not None:
            return Reach.OPENED
        if State.ACCEPTED in states:
            return Reach.ACCEPTED
        if states & set(UNDER_WAY):
            return Reach.UNDER_WAY
        return Reach.REFUSED if states - {State.OVERTAKEN} else Reach.NO_ADDRESS

    @property
    def is_to_be_called(self) -> bool:
        """No way has come to them, and none is under way."""
        return self.reach in (Reach.REFUSED, Reach.NO_ADDRESS)


def told_of(db: Session, fact: str) -> dict[int, Told]:
    """Everybody who was told of a fact, by person."""
    rows = db.execute(
        select(Message, Delivery)
        .outerjoin(Delivery, Delivery.message_id == Message.id)
        .where(Message.fact == fact)
        .order_by(Delivery.id)
    )
    told: dict[int, Told] = {}
    for message, delivery in rows:
        own = told.setdefault(message.person_id, Told(message.read_at))
        if delivery is not None:
            own.deliveries.append(delivery)
    return told


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
