"""What the clock does to people: ends what a term let somebody do, tells of locks and of keys that
run out, publishes which keys were revoked."""

from ecabinet import settings
from people.service import devices, leaving, revoked, sign_in


def end_what_ended() -> int:
    return leaving.end_what_ended()


def warn_of_ending_keys() -> int:
    return devices.warn_of_ends(settings.current())


def tell_of_locks() -> int:
    return sign_in.tell_of_locks()


def publish_what_was_revoked() -> int:
    return revoked.publish_what_was_revoked()
