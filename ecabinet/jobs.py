"""What the clock does: every room's jobs, in the server's own process or in `ecabinet worker`."""

import importlib
import threading
from collections.abc import Callable

import structlog

from ballots import jobs as ballots
from documents import jobs as documents
from ecabinet import deliveries, heartbeat, seals, tsa, witnesses
from people import jobs as people

log = structlog.get_logger()
PAUSE_SECONDS = 2

JOBS: tuple[Callable[[], int], ...] = (
    ballots.close_what_ended,
    ballots.stamp_what_waits,
    ballots.seal_reports,
    ballots.archive_what_waits,
    people.end_what_ended,
    people.publish_what_was_revoked,
    ballots.ask_newcomers,
    people.tell_of_locks,
    people.warn_of_ending_keys,
    documents.finish_removals,
    documents.purge_notes,
    documents.let_go_what_nobody_sends_on,
    ballots.remind_the_silent,
    seals.seal_what_waits,
    tsa.renew_when_due,
    witnesses.ask_those_whose_turn_it_is,
)

# What an earlier version left to be done: a little in each round, until there is no more of it.
ONCE: tuple[Callable[[], int], ...] = (documents.judge_signatures,)


def run_once() -> int:
    """Do what is due now; how much there was. A job that fails is tried again next time."""
    return sum(map(_done, JOBS))


def _done(job: Callable[[], int]) -> int:
    try:
        return job()
    # One job's failure must not keep the others from running.
    except Exception as fault:
        log.error("a job failed", job=job.__name__, exc_info=fault)
        return 0


def load_signer() -> None:
    """Import what signs: it takes seconds, and two threads that import it at once trip over
    each other's half-made modules. So once, before anybody is served."""
    for name in ("pyhanko.sign.signers", "pyhanko.sign.validation", "webauthn"):
        importlib.import_module(name)


def run(ended: threading.Event) -> None:
    """Do what is due, again and again, until the event is set."""
    load_signer()
    once = ONCE
    while not ended.wait(PAUSE_SECONDS):
        run_once()
        once = tuple(job for job in once if _done(job))


def start() -> threading.Event:
    """Run beside the server, which alone beats; set the event to end it."""
    ended = threading.Event()
    _in_thread("jobs", run, ended)
    _in_thread("heartbeat", heartbeat.run, ended)
    start_sending(ended)
    return ended


def start_sending(ended: threading.Event) -> None:
    """A thread for each channel: a server that does not answer holds up nothing else."""
    for channel in deliveries.channels():
        _in_thread(f"send-{channel}", deliveries.run, channel, ended)


def _in_thread(name: str, work: Callable[..., None], *given: object) -> None:
    threading.Thread(target=work, args=given, name=name, daemon=True).start()
