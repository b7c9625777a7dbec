"""Signing by a program on the member's own device: the national client's protocol (domain F).

The program fetches the paper from an address that is good once, signs it with the member's key, and
brings it to another such address with a short-lived token. What it brings is the very paper, grown
by one signature of the certificate that two people registered, or nothing is kept. A ballot it is
only once the member casts it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ballots import access, queries, signing
from ballots.models import BallotPaper, OutsideSigning
from ballots.rules import BallotRefusal, SignatureRefusal
from ballots.signing import Sealed
from ecabinet import authorities, clock, keys
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound, Refused, SignatureRejected
from people import queries as people

# While a PIN is looked for; each address is good once within it.
LASTS = timedelta(minutes=10)
SECRET_BYTES = 32
# A ballot of forty pages of opinion is smaller: whoever brings more has no ballot.
LARGEST_SIGNED = 4 * 1024 * 1024


@dataclass(frozen=True)
class Addresses:
    """The secrets of one try: in the address of the paper, in that of what comes back, and the
    token that has to come with it."""

    fetch: str
    bring: str
    token: str


def begin(actor: Actor, consultation_id: int, token: str) -> Addresses:
    """Addresses for one more try to have one's own paper signed."""
    made = Addresses(*(secrets.token_urlsafe(SECRET_BYTES) for _ in range(3)))
    with transaction() as db:
        paper = access.paper_to_sign(db, actor, consultation_id, token)
        if paper is None or not access.is_asked(db, actor, consultation_id):
            raise Refused(BallotRefusal.PAPER_GONE)
        device = people.signing_device(db, actor.id, paper.key_id)
        if device is None or device.signature_class == signing.DEVICE:
            raise Refused(BallotRefusal.KEY_UNKNOWN)
        db.add(
            OutsideSigning(
                paper_id=paper.id,
                fetched_by=_digest(made.fetch),
                brought_by=_digest(made.bring),
                token=_digest(made.token),
                made_at=clock.now(db),
            )
        )
    return made


def give(secret: str) -> bytes:
    """The paper, to whoever holds its address, once."""
    with transaction() as db:
        row = _row(db, OutsideSigning.fetched_by == _digest(secret))
        if row.fetched_at is not None:
            raise NotFound("a paper that was fetched")
        row.fetched_at = clock.now(db)
        paper = db.get_one(BallotPaper, row.paper_id)
        return _content(paper).pdf


def take(secret: str, token: str, pdf: bytes) -> str:
    """Keep what the program has signed; its SHA-256, by which it is cast."""
    with reading() as db:
        row = _row(db, OutsideSigning.brought_by == _digest(secret))
        if row.brought_at is not None or not hmac.compare_digest(row.token, _digest(token)):
            raise NotFound("an address that is used up")
        paper = db.get_one(BallotPaper, row.paper_id)
        device = people.signing_device(db, paper.person_id, paper.key_id)
        if device is None:
            raise Refused(BallotRefusal.KEY_UNKNOWN)
    content = _content(paper)
    read(pdf, content, device)
    sealed = signing.seal(_key(paper), paper.consultation_id, replace(content, pdf=pdf))
    digest = hashlib.sha256(pdf).hexdigest()
    with transaction() as db:
        row = _row(db, OutsideSigning.brought_by == _digest(secret))
        if row.brought_at is not None:
            raise NotFound("an address that is used up")
        row.brought_at, row.sealed, row.signed_sha256 = clock.now(db), sealed, digest
    return digest


def signed(actor: Actor, consultation_id: int, token: str) -> bytes:
    """What came back of one's own paper last, for the page that asked for it to look at."""
    with reading() as db:
        paper = access.paper_to_sign(db, actor, consultation_id, token)
        row = queries.signed_outside(db, paper) if paper else None
    if paper is None or row is None:
        raise NotFound("a signed paper")
    return opened(paper, row)


def opened(paper: BallotPaper, row: OutsideSigning) -> bytes:
    assert row.sealed is not None
    return signing.unseal(_key(paper), paper.consultation_id, row.sealed).pdf


def read(pdf: bytes, content: Sealed, device: people.SigningDevice) -> authorities.Outside:
    """What a signed paper says, once it is this one by this certificate, with its statement."""
    try:
        found = authorities.read_signed(
            pdf, content.pdf, device.certificate, device.signature_class,
            signing.issued_at(content.statement),
        )  # fmt: skip
    except authorities.NotThePaper as wrong:
        raise SignatureRejected(SignatureRefusal.MISMATCH) from wrong
    if found.attachments != {signing.ATTACHMENT: content.statement}:
        raise SignatureRejected(SignatureRefusal.MISMATCH)
    return found


def _row(db: Session, named: ColumnElement[bool]) -> OutsideSigning:
    found = db.scalar(select(OutsideSigning).where(named).with_for_update())
    if found is None or clock.now(db) - found.made_at > LASTS:
        raise NotFound("an address for signing")
    return found


def _content(paper: BallotPaper) -> Sealed:
    return signing.unseal(_key(paper), paper.consultation_id, paper.sealed)


def _key(paper: BallotPaper) -> bytes:
    return keys.store().read(signing.key_name(paper.consultation_id))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
