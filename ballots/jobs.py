"""What the clock does here: close what has ended, seal its report, stamp what was signed, set
long-term data behind what was closed, remind the silent, ask whoever came into office."""

from ballots import queries
from ballots.service.archive import archive_what_waits
from ballots.service.close import close
from ballots.service.newcomers import ask
from ballots.service.remind import remind
from ballots.service.report import seal_report
from ballots.service.stamp import stamp_what_waits
from ecabinet.db import reading

__all__ = [
    "archive_what_waits",
    "ask_newcomers",
    "close_what_ended",
    "remind_the_silent",
    "seal_reports",
    "stamp_what_waits",
]


def close_what_ended() -> int:
    """Close every consultation whose time is over; how many there were."""
    with reading() as db:
        waiting = queries.ended_and_open(db)
    for consultation_id in waiting:
        close(consultation_id)
    return len(waiting)


def seal_reports() -> int:
    """Seal a report on every result of which something has changed; how many there were."""
    with reading() as db:
        waiting = queries.reports_due(db)
    for consultation_id in waiting:
        seal_report(consultation_id)
    return len(waiting)


def ask_newcomers() -> int:
    """Ask in every open consultation who came into office since; how many there were."""
    with reading() as db:
        waiting = queries.with_newcomers(db)
    for consultation_id in waiting:
        ask(consultation_id)
    return len(waiting)


def remind_the_silent() -> int:
    """Remind of every consultation that ends soon; how many there were."""
    with reading() as db:
        waiting = queries.to_remind(db)
    for consultation_id in waiting:
        remind(consultation_id)
    return len(waiting)
