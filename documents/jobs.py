"""What the clock does in this room."""

from documents import removing, service
from documents.notes import purging
from ecabinet import incoming


def finish_removals() -> int:
    """Destroy what is left of removed files, and sweep the database of it."""
    return removing.finish_removals()


def purge_notes() -> int:
    """Take away notes whose time is over by the office's policy."""
    return purging.purge()


def judge_signatures() -> int:
    """Judge one signed file whose signatures wait for it."""
    return service.judge_signatures()


def let_go_what_nobody_sends_on() -> int:
    """Take away the beginnings of files that broke off a day ago."""
    return incoming.store().sweep()
