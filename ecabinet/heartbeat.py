"""When this cabinet was served: what is silent while nobody could answer proves nothing (BAL-07).

A server beats each minute. Beats that follow each other are one row, from the first to the
last of them; what lies between two rows is an outage.
"""

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import clock
from ecabinet.db import Base, transaction

log = structlog.get_logger()
INTERVAL = timedelta(minutes=1)
# One beat may be lost to a restart; two in a row are an outage.
GRACE = 2 * INTERVAL


class Served(Base):
    """A span of time in which a server beat each minute."""

    __tablename__ = "served"

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)


Span = tuple[datetime, datetime]


def beat(db: Session) -> None:
    """Say that this moment is served."""
    now = clock.now(db)
    latest = db.scalars(
        select(Served)
        .where(Served.since <= now, Served.until >= now - GRACE)
        .order_by(Served.until.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if latest is None:
        db.add(Served(since=now, until=now))
    else:
        latest.until = max(latest.until, now)
    db.flush()


def skip(db: Session, seconds: int) -> None:
    """Move the clock of a test or demo as if it had been served all the while."""
    beat(db)
    clock.shift(db, seconds)
    if seconds > 0:
        db.add(Served(since=clock.now(db) - timedelta(seconds=seconds), until=clock.now(db)))
        db.flush()


def outages(db: Session, since: datetime, until: datetime) -> list[Span]:
    """The spans between two moments in which nothing was served, oldest first."""
    rows = db.scalars(select(Served).where(Served.until >= since, Served.since <= until))
    return unserved([(each.since, each.until) for each in rows], since, until)


def unserved(served: Iterable[Span], since: datetime, until: datetime) -> list[Span]:
    """What no span covers between two moments; gaps up to the grace are none."""
    gaps, covered = [], since
    for starts, ends in [*sorted(served), (until, until)]:
        if starts - covered > GRACE:
            gaps.append((covered, starts))
        covered = max(covered, ends)
    return gaps


def last(db: Session) -> datetime | None:
    return db.scalar(select(Served.until).order_by(Served.until.desc()).limit(1))


def run(ended: threading.Event) -> None:
    """Beat until the event is set; a database that is down is an outage, and said so."""
    while True:
        try:
            with transaction() as db:
                beat(db)
        except SQLAlchemyError as fault:
            log.error("no heartbeat", exc_info=fault)
        if ended.wait(INTERVAL.total_seconds()):
            return
