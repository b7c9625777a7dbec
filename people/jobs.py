"""What the clock does to people: ends what a term let somebody do, tells of locks, publishes which
keys were revoked."""

from people.service import leaving, revoked, sign_in


def end_what_ended() -> int:
    return leaving.end_what_ended()


def tell_of_locks() -> int:
    return sign_in.tell_of_locks()


def publish_what_was_revoked() -> int:
    return revoked.publish_what_was_revoked()
