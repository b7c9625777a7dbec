"""What is sent to people by channels outside the house, and what became of it.

A delivery is written in the act's own transaction, with the message that it tells of. A runner
claims it, hands it to the channel's sender, and marks what the server said. A process that dies
between handing over and marking has sent something that it does not know of: the claim runs
out and the delivery is sent again *under the same key*, by which the receiver may drop it. So
each is sent at least once, and at most `notices.MOST_ATTEMPTS` times.
"""

import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import structlog
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    case,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import addresses, clock, notices
from ecabinet.calendar import Calendar
from ecabinet.db import Base, reading, transaction
from ecabinet.notices import Channel, Deadline

log = structlog.get_logger()

PAUSE_SECONDS = 2
# Longer than any sender waits for its server.
CLAIM_HOLDS = timedelta(minutes=5)
CHANCE = secrets.SystemRandom()
LONGEST_ANSWER = 200
LONGEST_CODE = 40
ADDRESS_CODE = "address_code"
ZONE = Calendar().zone


class State(StrEnum):
    """`SENT` is claimed, and its server has not answered yet; `FAILED` was refused for good;
    `DEAD` was tried too often. `OVERTAKEN` came too late or has nowhere to go any more: nothing
    went wrong, and nothing is to be done."""

    WAITING = "waiting"
    SENT = "sent"
    ACCEPTED = "accepted"
    FAILED = "failed"
    DEAD = "dead"
    OVERTAKEN = "overtaken"


UNDER_WAY = (State.WAITING, State.SENT)
GIVEN_UP = (State.FAILED, State.DEAD)


class Delivery(Base):
    """One message to one person by one channel: never two for one fact."""

    __tablename__ = "outbox_delivery"
    __table_args__ = (
        UniqueConstraint("message_id", "channel"),
        Index("ix_outbox_delivery_queue", "channel", "state", "next_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The same on every attempt: a Message-ID, or a gateway's idempotency key.
    key: Mapped[str] = mapped_column(String(32), unique=True)
    # None for what belongs in no inbox: a code, a word to an address that was given up.
    message_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"))
    person_id: Mapped[int] = mapped_column(index=True)
    channel: Mapped[Channel] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(addresses.LONGEST_ADDRESS))
    kind: Mapped[str] = mapped_column(String(60))
    path: Mapped[str] = mapped_column(String(200))
    due: Mapped[str | None] = mapped_column(String(40))
    presses: Mapped[bool]
    state: Mapped[State] = mapped_column(String(10))
    attempts: Mapped[int]
    # When it may be tried; while it is being sent, when its claim runs out.
    next_at: Mapped[datetime]
    made_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(LONGEST_CODE))
    answer: Mapped[str | None] = mapped_column(String(LONGEST_ANSWER))


# ---- the port that senders stand behind ----


@dataclass(frozen=True)
class Letter:
    """All that a channel is given: nothing in it was written by anybody."""

    key: str
    address: str
    kind: str
    language: str
    due: Deadline | None
    path: str
    code: str | None


class Undelivered(Exception):
    """The server did not take it. `for_good`: this address or this letter is what it refuses."""

    def __init__(self, code: str, answer: str = "", for_good: bool = False) -> None:
        super().__init__(code)
        self.code, self.answer, self.for_good = code, answer, for_good


class Sender(Protocol):
    """One way out of the house."""

    def send(self, letter: Letter) -> str:
        """Hand it over; gives what the server said. Raises Undelivered."""


_senders: Mapping[Channel, Sender] = {}


def bind(senders: Mapping[Channel, Sender]) -> None:
    """Make these the process's ways out; a channel without a sender is not offered."""
    global _senders
    _senders = dict(senders)


def channels() -> Sequence[Channel]:
    return tuple(_senders)


# ---- writing ----


@dataclass(frozen=True)
class Fact:
    """A message as far as other channels may know of it."""

    message_id: int
    person_id: int
    kind: str
    due: Deadline | None


def write(db: Session, facts: Sequence[Fact], now: datetime) -> None:
    """For each message its deliveries, by the receiver's confirmed addresses and choices."""
    if not _senders:
        return
    wishes = addresses.wishes(db, {each.person_id for each in facts})
    for fact in facts:
        if (wish := wishes.get(fact.person_id)) is None:
            continue
        notice = notices.notice_of(fact.kind)
        next_at = notices.send_at(notice, fact.due, now, wish.quiet, ZONE)
        for channel, address in wish.addresses.items():
            if channel in _senders and notices.is_wanted(wish.choices, notice.subject, channel):
                row = _row(fact.person_id, channel, address, fact.kind, now)
                row.message_id, row.path = fact.message_id, f"/inbox/{fact.message_id}"
                row.due = fact.due.isoformat() if fact.due else None
                row.next_at = next_at
                db.add(row)
    db.flush()


def write_to(
    db: Session, person_id: int, channel: Channel, address: str, kind: str, path: str
) -> None:
    """One delivery to one address, whatever its owner chose; it stands in no inbox."""
    row = _row(person_id, channel, address, kind, clock.now(db))
    row.path = path
    db.add(row)
    db.flush()


def _row(person_id: int, channel: Channel, address: str, kind: str, now: datetime) -> Delivery:
    return Delivery(
        key=secrets.token_hex(16),
        person_id=person_id,
        channel=channel,
        address=address,
        kind=kind,
        presses=notices.notice_of(kind).presses,
        state=State.WAITING,
        attempts=0,
        next_at=now,
        made_at=now,
    )


# ---- sending ----


def send_what_waits() -> None:
    """Send on every channel what is due."""
    for channel in channels():
        _drain(channel)


def _drain(channel: Channel) -> None:
    """Until nothing waits, or the server does not answer: then each pass asks it only once."""
    while _waits(channel) and send_next(channel):
        pass


def _waits(channel: Channel) -> bool:
    with reading() as db:
        return db.scalars(_due(channel, clock.now(db))).first() is not None


def send_next(channel: Channel) -> bool:
    """Send the one that is due first; whether its server answers, so that the next may follow."""
    with transaction() as db:
        claimed = _claim(db, channel)
    if claimed is None:
        return False
    delivery_id, letter = claimed
    try:
        answer = _senders[channel].send(letter)
    except Undelivered as wrong:
        return _keep_failure(delivery_id, wrong)
    # What a sender did not foresee is tried again like any other failure.
    except Exception as fault:
        log.error("a sender failed", channel=channel, delivery=delivery_id, exc_info=fault)
        return _keep_failure(delivery_id, Undelivered(type(fault).__name__))
    with transaction() as db:
        row = _to_settle(db, delivery_id)
        # Of two runners whom a server answered, the first has proven that its receiver was told.
        row.state, row.accepted_at = State.ACCEPTED, row.accepted_at or clock.now(db)
        row.error, row.answer = None, _fit_for_the_log(row, answer)
    return True


def _due(channel: Channel, now: datetime) -> Select[Delivery]:
    return (
        select(Delivery)
        .where(Delivery.channel == channel, Delivery.state.in_(UNDER_WAY), Delivery.next_at <= now)
        .order_by(Delivery.presses.desc(), Delivery.next_at, Delivery.id)
        .limit(1)
    )


def _claim(db: Session, channel: Channel) -> tuple[int, Letter] | None:
    """Take the next one for this process; on PostgreSQL others pass by what is locked, and on
    SQLite nobody else writes meanwhile."""
    now = clock.now(db)
    next_one = _due(channel, now).with_for_update(skip_locked=True)
    while (row := db.scalars(next_one).first()) is not None:
        own = db.get(addresses.Address, (row.person_id, row.channel))
        there = _destination(row, own, now)
        if there and row.attempts < notices.MOST_ATTEMPTS:
            break
        row.state = State.DEAD if there else State.OVERTAKEN
    else:
        return None
    row.address, code = there
    row.state, row.attempts = State.SENT, row.attempts + 1
    row.tried_at, row.next_at = now, now + CLAIM_HOLDS
    return row.id, _letter(db, row, code)


def _destination(
    row: Delivery, own: addresses.Address | None, now: datetime
) -> tuple[str, str | None] | None:
    """Where it goes by now, and the code that its receiver is to give back; None for nowhere.

    Only what a confirmed address was sent is proof of notice: whoever has moved since the
    message was written is told at the new one, and nobody at one that was given up.
    """
    if row.kind == ADDRESS_CODE:
        is_asked = own is not None and own.asked_value == row.address and own.waits(now)
        return (row.address, own.code()) if own and is_asked else None
    if row.message_id is None:
        return row.address, None
    return (own.value, None) if own and own.value else None


def _letter(db: Session, row: Delivery, code: str | None) -> Letter:
    return Letter(
        key=row.key,
        address=row.address,
        kind=row.kind,
        language=addresses.language_of(db, row.person_id),
        due=notices.read_deadline(row.due) if row.due else None,
        path=row.path,
        code=code,
    )


def _keep_failure(delivery_id: int, wrong: Undelivered) -> bool:
    with transaction() as db:
        row = _to_settle(db, delivery_id)
        if row.state == State.ACCEPTED:
            return False
        row.error, row.answer = wrong.code[:LONGEST_CODE], _fit_for_the_log(row, wrong.answer)
        row.state = State.WAITING
        chance = CHANCE.random()
        row.next_at = clock.now(db) + notices.pause_after(row.attempts, chance)
        if wrong.for_good:
            row.state = State.FAILED
        elif row.attempts >= notices.MOST_ATTEMPTS:
            row.state = State.DEAD
        log.warning(
            "not delivered", channel=row.channel, delivery=row.id, error=row.error,
            attempts=row.attempts, state=str(row.state),
        )  # fmt: skip
    # One letter that is refused for good says nothing of the next.
    return wrong.for_good


def _to_settle(db: Session, delivery_id: int) -> Delivery:
    return db.get_one(Delivery, delivery_id, with_for_update=True, populate_existing=True)


def _fit_for_the_log(row: Delivery, answer: str) -> str:
    """What a server said: without the address, and with nothing that breaks a line (LOG-03)."""
    said = answer.replace(row.address, addresses.masked(row.address))
    return "".join(each if each.isprintable() else " " for each in said)[:LONGEST_ANSWER]


def retry(db: Session, delivery_id: int | None = None) -> list[State]:
    """Try once more what was given up, this one or all of it; what became of each of them.

    What has nowhere to go any more is overtaken instead.
    """
    given_up = select(Delivery).where(Delivery.state.in_(GIVEN_UP))
    if delivery_id is not None:
        given_up = given_up.where(Delivery.id == delivery_id)
    now, found = clock.now(db), []
    for row in db.scalars(given_up.with_for_update().execution_options(populate_existing=True)):
        own = db.get(addresses.Address, (row.person_id, row.channel))
        row.state = State.WAITING if _destination(row, own, now) else State.OVERTAKEN
        row.attempts, row.next_at = 0, now
        found.append(row.state)
    return found


def run(channel: Channel, ended: threading.Event) -> None:
    """Send what is due on this channel, again and again, until the event is set."""
    while not ended.wait(PAUSE_SECONDS):
        try:
            _drain(channel)
        except Exception as fault:
            log.error("sending failed", channel=channel, exc_info=fault)


# ---- the log ----


@dataclass(frozen=True)
class Backlog:
    """How many letters no server has taken."""

    under_way: int
    given_up: int


def backlog(db: Session) -> Backlog:
    counted = select(Delivery.state, func.count()).group_by(Delivery.state)
    counts = dict(db.execute(counted.where(Delivery.state != State.ACCEPTED)).all())
    return Backlog(
        under_way=sum(counts.get(each, 0) for each in UNDER_WAY),
        given_up=sum(counts.get(each, 0) for each in GIVEN_UP),
    )


def count_of(db: Session, person_id: int, kind: str, since: datetime) -> int:
    """How many of a kind were written for a person since a moment."""
    return (
        db.scalar(
            select(func.count())
            .select_from(Delivery)
            .where(Delivery.person_id == person_id, Delivery.kind == kind)
            .where(Delivery.made_at > since)
        )
        or 0
    )


@dataclass(frozen=True)
class Wanted:
    """Which deliveries are looked for; a row of one of these persons or of one of these kinds."""

    states: frozenset[State]
    channel: Channel | None = None
    persons: frozenset[int] | None = None
    kinds: frozenset[str] = frozenset()


def count(db: Session, wanted: Wanted) -> int:
    return db.scalar(_wanted(wanted, select(func.count()).select_from(Delivery))) or 0


class Order(StrEnum):
    """By what a list of deliveries is ordered; within that, the newest first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    PERSON = "person"
    CHANNEL = "channel"
    STATE = "state"


# What somebody has to see to stands first.
BY_STATE = (*GIVEN_UP, *reversed(UNDER_WAY), State.ACCEPTED, State.OVERTAKEN)


def find(wanted: Wanted, order: Order, persons: Sequence[int]) -> Select[Delivery]:
    """The rows that are looked for, to be read in part or as a whole.

    `persons` are those who have a place in an order by persons; the others come last.
    """
    first: dict[Order, list[ColumnElement[Any]]] = {
        Order.NEWEST: [],
        Order.OLDEST: [Delivery.id.asc()],
        Order.PERSON: [_place(Delivery.person_id, persons)],
        Order.CHANNEL: [Delivery.channel.asc()],
        Order.STATE: [_place(Delivery.state, BY_STATE)],
    }
    return _wanted(wanted, select(Delivery)).order_by(*first[order], Delivery.id.desc())


def _place(column: Any, among: Sequence[Any]) -> ColumnElement[int]:
    places = {each: at for at, each in enumerate(among)}
    return case(places, value=column, else_=len(among)) if places else column


def _wanted(wanted: Wanted, query: Select[Any]) -> Select[Any]:
    query = query.where(Delivery.state.in_(wanted.states))
    if wanted.channel is not None:
        query = query.where(Delivery.channel == wanted.channel)
    if wanted.persons is not None:
        is_of = Delivery.person_id.in_(wanted.persons) | Delivery.kind.in_(wanted.kinds)
        query = query.where(is_of)
    return query


def latest_states(db: Session, person_ids: Sequence[int]) -> dict[int, set[State]]:
    """What became of the newest letter to each person, channel by channel."""
    newest = (
        select(func.max(Delivery.id))
        .where(Delivery.person_id.in_(person_ids), Delivery.state != State.OVERTAKEN)
        .group_by(Delivery.person_id, Delivery.channel)
    )
    found: dict[int, set[State]] = {}
    for each in db.scalars(select(Delivery).where(Delivery.id.in_(newest))):
        found.setdefault(each.person_id, set()).add(State(each.state))
    return found
