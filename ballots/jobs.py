"""What the clock does here: close what has ended."""

import threading

import structlog

from ballots import queries
from ballots.service.close import close
from ecabinet.db import reading

log = structlog.get_logger()
PAUSE_SECONDS = 5


def close_what_ended() -> int:
    """Close every consultation whose time is over; how many there were."""
    with reading() as db:
        waiting = queries.ended_and_open(db)
    for consultation_id in waiting:
        close(consultation_id)
    return len(waiting)


def start() -> threading.Event:
    """Close every few seconds in a thread of this process; set the event to end it."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(PAUSE_SECONDS):
            try:
                close_what_ended()
            # A closing that fails is tried again; the thread must outlive it.
            except Exception:
                log.exception("could not close a consultation")

    threading.Thread(target=run, name="ballots-closing", daemon=True).start()
    return ended
