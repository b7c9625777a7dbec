"""What the clock does to people: ends what a term let somebody do, and tells of locks."""

from people.service import leaving, sign_in


def end_what_ended() -> int:
    return leaving.end_what_ended()


def tell_of_locks() -> int:
    return sign_in.tell_of_locks()
