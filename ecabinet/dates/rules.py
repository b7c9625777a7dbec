"""Which days may be entered into the cabinet's calendar."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

LONGEST_SPAN = 31


class DayRefusal(StrEnum):
    PAST = "past"
    ENDS_FIRST = "ends_first"
    TOO_LONG = "too_long"
    NOTHING_NEW = "nothing_new"
    ENTERED = "entered"


def refusal_of_span(first: date, last: date, today: date) -> DayRefusal | None:
    """Why these days cannot be entered: what windows were counted by is never rewritten."""
    if last < first:
        return DayRefusal.ENDS_FIRST
    if first < today:
        return DayRefusal.PAST
    if (last - first).days >= LONGEST_SPAN:
        return DayRefusal.TOO_LONG
    return None


def days_of(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def weeks_of(month: date) -> list[list[date]]:
    """The weeks that a month touches, from Monday to Sunday each."""
    start = month.replace(day=1)
    monday = start - timedelta(days=start.weekday())
    after = next_month(start)
    weeks = []
    while monday < after:
        weeks.append([monday + timedelta(days=number) for number in range(7)])
        monday += timedelta(days=7)
    return weeks


def next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def last_month(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)
