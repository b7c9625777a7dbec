"""What the clock does here: close what has ended, stamp what was signed."""

from ballots import queries
from ballots.service.close import close
from ballots.service.stamp import stamp_what_waits
from ecabinet.db import reading

__all__ = ["close_what_ended", "stamp_what_waits"]


def close_what_ended() -> int:
    """Close every consultation whose time is over; how many there were."""
    with reading() as db:
        waiting = queries.ended_and_open(db)
    for consultation_id in waiting:
        close(consultation_id)
    return len(waiting)
