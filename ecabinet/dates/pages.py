"""The feed that calendars of other programs read: "Phiên họp" and its time, never a title."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from icalendar import Calendar, Event

PRODUCT = "-//e-Cabinet//Phiên họp//VI"


@dataclass(frozen=True)
class Slot:
    """When a session is held; `uid` is the same each time it is asked for."""

    uid: str
    starts_at: datetime
    ends_at: datetime


def feed(slots: Iterable[Slot], now: datetime) -> bytes:
    """An iCalendar file (RFC 5545), times in UTC."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for slot in slots:
        event = Event()
        event.add("uid", slot.uid)
        event.add("dtstamp", now)
        event.add("dtstart", slot.starts_at)
        event.add("dtend", slot.ends_at)
        event.add("summary", "Phiên họp")
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
