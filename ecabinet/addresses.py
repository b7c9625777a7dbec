"""Where a person is told beside their inbox, of what, and when not; theirs alone to say.

An address counts once its owner has given back a code that was sent to it. The code is made
from what was asked, by a key of this house: neither it nor a digest of it is stored.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import keys
from ecabinet.db import Base
from ecabinet.notices import NIGHT, Channel, Choices, Quiet, Subject

LONGEST_ADDRESS = 254
CODE_DIGITS = 6
CODE_HOLDS = timedelta(minutes=30)
MOST_TRIES = 5


class Address(Base):
    """One person's address on one channel: the one that counts, and the one asked for."""

    __tablename__ = "outbox_address"

    person_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[Channel] = mapped_column(String(10), primary_key=True)
    value: Mapped[str | None] = mapped_column(String(LONGEST_ADDRESS))
    confirmed_at: Mapped[datetime | None]
    asked_value: Mapped[str | None] = mapped_column(String(LONGEST_ADDRESS))
    asked_at: Mapped[datetime | None]
    wrong_tries: Mapped[int]

    def waits(self, now: datetime) -> bool:
        """Whether a code that was sent may still be given back."""
        return self.asked_at is not None and now - self.asked_at < CODE_HOLDS

    def code(self) -> str:
        """What was sent to the address that is asked for."""
        assert self.asked_at is not None
        asked = [self.person_id, self.channel, self.asked_value, self.asked_at.isoformat()]
        key = keys.store().make("address-codes")
        made = hmac.new(key, "\0".join(map(str, asked)).encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(made[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"


class Choice(Base):
    """What a person has said of one subject on one channel."""

    __tablename__ = "outbox_choice"

    person_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject: Mapped[Subject] = mapped_column(String(20), primary_key=True)
    channel: Mapped[Channel] = mapped_column(String(10), primary_key=True)
    is_wanted: Mapped[bool]


class Habit(Base):
    """In which language a person is written to, and in which hours not."""

    __tablename__ = "outbox_habit"

    person_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(String(5))
    quiet_from: Mapped[time]
    quiet_until: Mapped[time]

    @property
    def quiet(self) -> Quiet:
        return Quiet(self.quiet_from, self.quiet_until)


@dataclass(frozen=True)
class Wishes:
    """Where, of what and when one person wants to be told."""

    addresses: dict[Channel, str]
    choices: Choices
    quiet: Quiet


def wishes(db: Session, person_ids: Iterable[int]) -> dict[int, Wishes]:
    """Those of all who have a confirmed address; nobody else is written to."""
    confirmed = select(Address).where(
        Address.person_id.in_(list(person_ids)), Address.confirmed_at.is_not(None)
    )
    addresses: dict[int, dict[Channel, str]] = {}
    for each in db.scalars(confirmed):
        if each.value:
            addresses.setdefault(each.person_id, {})[Channel(each.channel)] = each.value
    if not addresses:
        return {}
    choices: dict[int, dict[tuple[Subject, Channel], bool]] = {}
    for said in db.scalars(select(Choice).where(Choice.person_id.in_(addresses))):
        key = Subject(said.subject), Channel(said.channel)
        choices.setdefault(said.person_id, {})[key] = said.is_wanted
    rows = db.scalars(select(Habit).where(Habit.person_id.in_(addresses)))
    habits = {each.person_id: each for each in rows}
    return {
        person_id: Wishes(
            addresses=own,
            choices=choices.get(person_id, {}),
            quiet=habits[person_id].quiet if person_id in habits else NIGHT,
        )
        for person_id, own in addresses.items()
    }


def language_of(db: Session, person_id: int) -> str:
    habit = db.get(Habit, person_id)
    return habit.language if habit else "vi"


def quiet_of(db: Session, person_id: int) -> Quiet:
    habit = db.get(Habit, person_id)
    return habit.quiet if habit else NIGHT


def choices_of(db: Session, person_id: int) -> Choices:
    rows = db.scalars(select(Choice).where(Choice.person_id == person_id))
    return {(Subject(each.subject), Channel(each.channel)): each.is_wanted for each in rows}


def of(db: Session, person_id: int) -> dict[Channel, Address]:
    rows = db.scalars(select(Address).where(Address.person_id == person_id))
    return {Channel(each.channel): each for each in rows}


def to_change(db: Session, person_id: int, channel: Channel) -> Address:
    """A person's row of a channel, locked; made where there is none yet."""
    found = db.get(Address, (person_id, channel), with_for_update=True, populate_existing=True)
    if found is None:
        found = Address(person_id=person_id, channel=channel, wrong_tries=0)
        db.add(found)
        db.flush()
    return found


def choose(db: Session, person_id: int, choices: Choices) -> None:
    for (subject, channel), is_wanted in choices.items():
        db.merge(Choice(person_id=person_id, subject=subject, channel=channel, is_wanted=is_wanted))


def settle_habit(db: Session, person_id: int, language: str, quiet: Quiet) -> None:
    db.merge(
        Habit(
            person_id=person_id,
            language=language,
            quiet_from=quiet.starts,
            quiet_until=quiet.ends,
        )
    )


def masked(value: str) -> str:
    """An address as others may see it: enough to tell two apart, not enough to write to it."""
    name, at, host = value.partition("@")
    return f"{name[:2]}•••@{host}" if at else f"•••{value[-3:]}"
