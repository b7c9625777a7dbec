"""What the clock does: every room's jobs, in the server's own process or in `ecabinet worker`."""

import importlib
import threading
from collections.abc import Callable

import structlog

from ballots import jobs as ballots
from ecabinet import heartbeat
from people import jobs as people

log = structlog.get_logger()
PAUSE_SECONDS = 2

JOBS: tuple[Callable[[], int], ...] = (
    ballots.close_what_ended,
    ballots.stamp_what_waits,
    people.end_what_ended,
)


def run_once() -> int:
    """Do what is due now; how much there was. A job that fails is tried again next time."""
    done = 0
    for job in JOBS:
        try:
            done += job()
        # One job's failure must not keep the others from running.
        except Exception as fault:
            log.error("a job failed", job=job.__name__, exc_info=fault)
    return done


def load_signer() -> None:
    """Import what signs: it takes seconds, and two threads that import it at once trip over
    each other's half-made modules. So once, before anybody is served."""
    for name in ("pyhanko.sign.signers", "pyhanko.sign.validation", "webauthn"):
        importlib.import_module(name)


def run(ended: threading.Event) -> None:
    """Do what is due, again and again, until the event is set."""
    load_signer()
    while not ended.wait(PAUSE_SECONDS):
        run_once()


def start() -> threading.Event:
    """Run beside the server, which alone beats; set the event to end it."""
    ended = threading.Event()
    for name, work in (("jobs", run), ("heartbeat", heartbeat.run)):
        threading.Thread(target=work, args=[ended], name=name, daemon=True).start()
    return ended
