"""Where a person is told beside their inbox: theirs alone to say, and proven before it counts."""

import hmac
from datetime import timedelta

from sqlalchemy.orm import Session

from ecabinet import addresses, clock, deliveries, outbox
from ecabinet.access import Actor
from ecabinet.db import transaction
from ecabinet.errors import BadInput, NotFound, Refused, TooMany
from ecabinet.notices import Channel, Choices, Quiet
from people import rules

PATH = "/me/notices"
CODES_AN_HOUR = 5
READ = {Channel.EMAIL: rules.email_address, Channel.SMS: rules.phone_number}


def ask_address(actor: Actor, channel: Channel, typed: str) -> None:
    """Send a code to an address; until it is given back, what was confirmed before counts."""
    value = READ[_offered(channel)](typed)
    if value is None:
        raise BadInput("address", "is none")
    with transaction() as db:
        _refuse_too_many(db, actor)
        row = addresses.to_change(db, actor.id, channel)
        row.asked_value, row.asked_at, row.wrong_tries = value, clock.now(db), 0
        deliveries.write_to(db, actor.id, channel, value, deliveries.ADDRESS_CODE, PATH)


def confirm_address(actor: Actor, channel: Channel, code: str) -> None:
    """Whoever gives back what was sent there reads what is sent there."""
    with transaction() as db:
        row = addresses.to_change(db, actor.id, _offered(channel))
        waits = row.waits(clock.now(db))
        is_right = waits and hmac.compare_digest(row.code().encode(), code.strip().encode())
        left = addresses.MOST_TRIES - row.wrong_tries - 1
        refusal = rules.code_refusal(waits, is_right, left)
        row.wrong_tries += 1
        if refusal is None:
            _replace(db, actor, row)
        elif refusal is not rules.AddressRefusal.WRONG_CODE:
            row.asked_value = row.asked_at = None
    # A wrong try is kept as one, though it is refused.
    if refusal:
        raise Refused(refusal)


def _replace(db: Session, actor: Actor, row: addresses.Address) -> None:
    old, row.value = row.value, row.asked_value
    row.confirmed_at = clock.now(db)
    row.asked_value = row.asked_at = None
    _tell_of_change(db, actor, row.channel, old if old != row.value else None)


def forget_address(actor: Actor, channel: Channel) -> None:
    """No more by this channel; the address is told so, once, in case it was not its owner."""
    with transaction() as db:
        row = addresses.to_change(db, actor.id, _offered(channel))
        old, row.value, row.confirmed_at = row.value, None, None
        row.asked_value = row.asked_at = None
        if old:
            _tell_of_change(db, actor, channel, old)


def _tell_of_change(db: Session, actor: Actor, channel: Channel, old: str | None) -> None:
    """In the inbox and on every channel; and at the address that is not the person's any more."""
    db.flush()
    outbox.notify(db, actor.id, "address_changed", PATH, channel=str(channel))
    if old:
        deliveries.write_to(db, actor.id, channel, old, "address_changed", PATH)


def choose(actor: Actor, choices: Choices, language: str, quiet: Quiet) -> None:
    """Of what, in which language and in which hours not."""
    with transaction() as db:
        addresses.choose(db, actor.id, choices)
        addresses.settle_habit(db, actor.id, language, quiet)


def _offered(channel: Channel) -> Channel:
    if channel not in deliveries.channels():
        raise NotFound(f"channel {channel}")
    return channel


def _refuse_too_many(db: Session, actor: Actor) -> None:
    since = clock.now(db) - timedelta(hours=1)
    if deliveries.count_of(db, actor.id, deliveries.ADDRESS_CODE, since) >= CODES_AN_HOUR:
        raise TooMany(wait_seconds=3600)
