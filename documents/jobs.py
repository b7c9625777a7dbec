"""What the clock does in this room."""

from documents import removing


def finish_removals() -> int:
    """Destroy what is left of removed files, and sweep the database of it."""
    return removing.finish_removals()
