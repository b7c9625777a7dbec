"""What the clock does to people: a term that is over ends what it let somebody do."""

from people.service import leaving


def end_what_ended() -> int:
    return leaving.end_what_ended()
