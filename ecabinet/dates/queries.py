"""Reads of the calendar's pages."""

import hashlib
import hmac
from collections import ChainMap, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots import queries as ballots
from ecabinet import clock, keys, ledger, working_days
from ecabinet.access import Actor
from ecabinet.calendar import Calendar, Occasion, holiday_names
from ecabinet.dates import rules
from ecabinet.dates.models import Feed
from ecabinet.dates.pages import Slot
from ecabinet.errors import NotFound
from meetings import queries as meetings
from people import queries as people
from tasks import queries as tasks

ROOMS = (meetings, ballots, tasks)
PAST_SHOWN, COMING_SHOWN = timedelta(days=30), timedelta(days=366)


class Shown(StrEnum):
    ALL = "all"
    MINE = "mine"
    AGENCY = "agency"


@dataclass(frozen=True)
class Day:
    """One square of the month."""

    day: date
    is_of_month: bool
    is_today: bool
    is_worked: bool
    name: str
    occasions: Sequence[Occasion]


@dataclass(frozen=True)
class Month:
    """A month with what is to come in it for one person."""

    first: date
    weeks: Sequence[Sequence[Day]]

    @property
    def before(self) -> date:
        return rules.last_month(self.first)

    @property
    def after(self) -> date:
        return rules.next_month(self.first)

    @property
    def count(self) -> int:
        return sum(len(day.occasions) for week in self.weeks for day in week if day.is_of_month)


@dataclass(frozen=True)
class SpecialDay:
    """A day off in the week, or a day worked at its end; `id` where the cabinet entered it."""

    day: date
    is_worked: bool
    name: str
    id: int | None
    is_past: bool


def month(db: Session, actor: Actor, first: date, shown: Shown, language: str) -> Month:
    weeks = rules.weeks_of(first)
    calendar, names = working_days.calendar(db), _names(db, first.year, language)
    found: dict[date, list[Occasion]] = defaultdict(list)
    since, until = calendar.start_of(weeks[0][0]), calendar.end_of(weeks[-1][-1])
    for room in ROOMS:
        for each in room.occasions(db, actor, since, until):
            if shown is Shown.ALL or each.is_agencys == (shown is Shown.AGENCY):
                found[_day_of(calendar, each)].append(each)
    today = people.today(db)
    squares = [
        [
            Day(
                day=day,
                is_of_month=day.month == first.month,
                is_today=day == today,
                is_worked=calendar.is_working_day(day),
                name=names.get(day, ""),
                occasions=sorted(found[day], key=lambda one: (one.at, one.title)),
            )
            for day in week
        ]
        for week in weeks
    ]
    return Month(first, squares)


def digest(secret: str) -> bytes:
    return hashlib.sha256(b"calendar\0" + secret.encode()).digest()


def feed_of(db: Session, actor: Actor) -> Feed | None:
    """One's own address that is in force."""
    return db.scalar(select(Feed).where(Feed.person_id == actor.id, Feed.ended_at.is_(None)))


def slots(db: Session, secret: str) -> list[Slot]:
    """When the sessions are to which this address's owner is convened; NotFound for no address,
    and for that of somebody who has left."""
    feed = db.scalar(select(Feed).where(Feed.digest == digest(secret), Feed.ended_at.is_(None)))
    actor = people.actor(db, feed.person_id) if feed else None
    if actor is None:
        raise NotFound("feed")
    now = clock.now(db)
    return [
        Slot(_uid(db, each), each.at, each.ends_at)
        for each in meetings.occasions(db, actor, now - PAST_SHOWN, now + COMING_SHOWN)
        if each.ends_at
    ]


def _uid(db: Session, session: Occasion) -> str:
    """The same each time, and saying nothing: not even how many sessions there are."""
    name = f"{ledger.origin(db)}{session.path}".encode()
    key = keys.store().secret()
    return f"{hmac.new(key, name, hashlib.sha256).hexdigest()[:32]}@e-cabinet"


def special_days(db: Session, year: int, language: str) -> list[SpecialDay]:
    """The year's days that are not like others of their week, the first one first."""
    today, calendar = people.today(db), working_days.calendar(db)
    own = {each.day: each for each in working_days.entered(db) if each.day.year == year}
    country = holiday_names(year, language)
    days = set(own) | set(country) | Calendar.exchanged(year)
    return [
        SpecialDay(
            day=day,
            is_worked=calendar.is_working_day(day),
            name=own[day].name if day in own else country.get(day, ""),
            id=own[day].id if day in own else None,
            is_past=day < today,
        )
        for day in sorted(days)
    ]


def _names(db: Session, year: int, language: str) -> dict[date, str]:
    own = {each.day: each.name for each in working_days.entered(db)}
    # The first and the last week may reach into the years beside.
    country = (holiday_names(each, language) for each in (year - 1, year, year + 1))
    return dict(ChainMap(own, *map(dict, country)))


def _day_of(calendar: Calendar, occasion: Occasion) -> date:
    """What ends at 24:00 of a day belongs to that day."""
    day = calendar.local_day(occasion.at)
    return day - timedelta(days=1) if occasion.at == calendar.start_of(day) else day
