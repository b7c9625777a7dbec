"""What a browser was given to answer: good once, for a short while, for its holder alone."""

import hashlib

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ecabinet import clock
from ecabinet.access import Actor
from people import rules
from people.models import Challenge
from people.rules import Ceremony
from people.signing import NotProven


def holder_of(actor: Actor) -> bytes:
    """One login, for what only somebody who is signed in may answer."""
    return hashlib.sha256(f"login {actor.login_id}".encode()).digest()


def digest_of(challenge: bytes) -> bytes:
    """All that is kept of it."""
    return hashlib.sha256(challenge).digest()


def keep(
    db: Session, challenge: bytes, ceremony: Ceremony, holder: bytes, nonce: bytes = b"",
    path: str = "",
) -> None:  # fmt: skip
    now = clock.now(db)
    db.execute(
        delete(Challenge).where(Challenge.made_at < now - max(rules.CHALLENGE_LASTS.values()))
    )
    db.add(
        Challenge(
            digest=digest_of(challenge),
            ceremony=ceremony,
            holder=holder,
            nonce=nonce,
            path=path,
            made_at=now,
        )
    )


def use(db: Session, challenge: bytes, ceremony: Ceremony, holder: bytes) -> Challenge:
    """Take a challenge that was given to this holder for this ceremony, once."""
    found = db.scalar(
        select(Challenge)
        .where(Challenge.digest == digest_of(challenge))
        .where(Challenge.ceremony == ceremony, Challenge.holder == holder)
        .with_for_update()
    )
    if found is None:
        raise NotProven("an unknown or used challenge")
    db.delete(found)
    db.flush()
    if clock.now(db) - found.made_at > rules.CHALLENGE_LASTS[ceremony]:
        raise NotProven("an old challenge")
    return found
