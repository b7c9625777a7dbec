"""Changing the cabinet's calendar."""

from datetime import date

from ecabinet import working_days
from ecabinet.access import Actor, Permission
from ecabinet.dates import rules
from ecabinet.dates.rules import DayRefusal
from ecabinet.db import transaction
from ecabinet.errors import NotFound, Refused
from ecabinet.working_days import CabinetDay
from people import queries as people


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
