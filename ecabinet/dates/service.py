"""Changing the cabinet's calendar, and letting other programs read one's own."""

import secrets
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet import clock, working_days
from ecabinet.access import Actor, Permission
from ecabinet.dates import queries, rules
from ecabinet.dates.models import Feed
from ecabinet.dates.rules import DayRefusal
from ecabinet.db import transaction
from ecabinet.errors import NotFound, Refused
from ecabinet.working_days import CabinetDay
from people import queries as people

SECRET_BYTES = 32


class DayEntered(Refused):
    """Something else stands there; its answer names it."""

    def __init__(self, entry: CabinetDay) -> None:
        super().__init__(DayRefusal.ENTERED)
        self.entry = entry

    def as_answer(self) -> dict[str, str | int]:
        day, name = f"{self.entry.day:%d/%m/%Y}", self.entry.name
        return super().as_answer() | {
            "day": day, "name": name, "is_worked": int(self.entry.is_worked),
        }  # fmt: skip


def enter_days(actor: Actor, first: date, last: date, is_worked: bool, name: str) -> None:
    """Make these days off or worked, whatever the country's calendar says of them."""
    with transaction() as db:
        actor.must(Permission.SETTINGS_CHANGE)
        if reason := rules.refusal_of_span(first, last, people.today(db)):
            raise Refused(reason)
        calendar = working_days.calendar(db)
        days = [
            day for day in rules.days_of(first, last) if calendar.is_working_day(day) != is_worked
        ]
        standing = [each for each in working_days.entered(db) if first <= each.day <= last]
        for each in standing:
            if each.day in days or not days:
                raise DayEntered(each)
        if not days:
            raise Refused(DayRefusal.NOTHING_NEW)
        for day in days:
            working_days.enter(db, actor.id, day, is_worked, name)


def take_back_day(actor: Actor, entry_id: int) -> None:
    with transaction() as db:
        actor.must(Permission.SETTINGS_CHANGE)
        entry = db.get(CabinetDay, entry_id, with_for_update=True, populate_existing=True)
        if entry is None or entry.taken_back_at is not None:
            raise NotFound(f"day {entry_id}")
        if entry.day < people.today(db):
            raise Refused(DayRefusal.PAST)
        working_days.take_back(db, actor.id, entry)


def make_feed(actor: Actor) -> str:
    """A new secret address; the one before it is worth nothing any more."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with transaction() as db:
        _end_feeds(db, actor)
        digest = queries.digest(secret)
        db.add(Feed(person_id=actor.id, digest=digest, made_at=clock.now(db)))
    return secret


def end_feed(actor: Actor) -> None:
    with transaction() as db:
        _end_feeds(db, actor)


def _end_feeds(db: Session, actor: Actor) -> None:
    own = select(Feed).where(Feed.person_id == actor.id, Feed.ended_at.is_(None))
    for feed in db.scalars(own.with_for_update()):
        feed.ended_at = clock.now(db)
