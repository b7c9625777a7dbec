"""The cabinet's own days, off or worked, entered by its administrator: the calendar is data.

A day that was entered stays; taking it back is written beside it, so that what held at any
moment can be told again.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import clock, ledger
from ecabinet.calendar import Calendar
from ecabinet.db import Base


class CabinetDay(Base):
    """One day that is worked, or not, other than the country's calendar says."""

    __tablename__ = "cabinet_day"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    is_worked: Mapped[bool]
    name: Mapped[str] = mapped_column(String(120))
    entered_by: Mapped[int]
    entered_at: Mapped[datetime]
    taken_back_by: Mapped[int | None]
    taken_back_at: Mapped[datetime | None]


def calendar(db: Session, as_of: datetime | None = None) -> Calendar:
    """The calendar in force, or the one that was in force at a moment."""
    days = entered(db, as_of)
    return Calendar(
        days_off=frozenset(each.day for each in days if not each.is_worked),
        days_swapped_in=frozenset(each.day for each in days if each.is_worked),
    )


def entered(db: Session, as_of: datetime | None = None) -> Sequence[CabinetDay]:
    """The cabinet's own days, the first one first."""
    query = select(CabinetDay).order_by(CabinetDay.day)
    taken_back = CabinetDay.taken_back_at
    if as_of is None:
        query = query.where(taken_back.is_(None))
    else:
        still = taken_back.is_(None) | (taken_back > as_of)
        query = query.where(CabinetDay.entered_at <= as_of, still)
    return db.scalars(query).all()


def enter(db: Session, person_id: int, day: date, is_worked: bool, name: str) -> None:
    """Enter a day of which nothing is entered."""
    db.add(
        CabinetDay(
            day=day, is_worked=is_worked, name=name, entered_by=person_id, entered_at=clock.now(db)
        )
    )
    db.flush()
    leaf = {"day": day.isoformat(), "is_worked": int(is_worked), "name": name, "by": person_id}
    ledger.append(db, "day_entered", leaf)


def take_back(db: Session, person_id: int, entry: CabinetDay) -> None:
    """From now on the country's calendar holds again for this day."""
    entry.taken_back_by, entry.taken_back_at = person_id, clock.now(db)
    ledger.append(db, "day_taken_back", {"day": entry.day.isoformat(), "by": person_id})
