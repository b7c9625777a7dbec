"""What the clock does in this room."""

from documents import removing
from documents.notes import purging


def finish_removals() -> int:
    """Destroy what is left of removed files, and sweep the database of it."""
    return removing.finish_removals()


def purge_notes() -> int:
    """Take away notes whose time is over by the office's policy."""
    return purging.purge()
