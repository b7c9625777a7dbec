"""What members sign of a result once it stands: by a key of theirs that counts, kept whole, and
named in the log with all that became of the key."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from ballots import access, queries, rules, signing
from ballots.models import Classification, Consultation, ReservedOpinion
from ballots.rules import BallotRefusal
from ballots.service.cast import Envelope, Signed, verified
from ecabinet import canonical, clock, ledger
from ecabinet.access import Actor
from ecabinet.db import reading
from ecabinet.errors import Refused
from people import queries as people
from people.queries import SigningDevice

# What a member signs of a result.
R = TypeVar("R", Classification, ReservedOpinion)


def key_that_counts(
    db: Session, actor: Actor, consultation: Consultation, key_id: str
) -> SigningDevice:
    """The member's key, if it can sign now and is of a class that counts for the question."""
    device = people.signing_device(db, actor.id, key_id)
    if refusal := rules.key_refusal(queries.signing_key(device), clock.now(db)):
        raise Refused(refusal)
    assert device is not None
    if not consultation.takes(device.signature_class):
        raise Refused(BallotRefusal.CLASS_NOT_COUNTED)
    return device


def signed_paper(actor: Actor, consultation_id: int, envelope: Envelope, kind: str) -> Signed:
    """The paper of this kind that was made ready for the member, once their signature holds."""
    with reading() as db:
        paper = access.paper_to_sign(db, actor, consultation_id, envelope.token, kind)
        if paper is None:
            raise Refused(BallotRefusal.PAPER_GONE)
    return verified(actor, paper, envelope)


def refuse_other_bytes(
    actor: Actor, known: Classification | ReservedOpinion, envelope: Envelope
) -> None:
    """A key used once repeats that very act and no other (BAL-02)."""
    if (known.member_id, known.request_digest) != (actor.id, envelope.digest):
        raise Refused(BallotRefusal.KEY_REUSED)


def keep(row: Classification | ReservedOpinion, signed: Signed, evidence: dict[str, Any]) -> None:
    """Write down what was signed, and how its member confirmed it."""
    row.key, row.request_digest = signed.envelope.key, signed.envelope.digest
    row.statement, row.pdf = signed.content.statement, signed.content.pdf
    row.mark, row.evidence = signed.mark.hex(), evidence
    row.key_id, row.signature_class = signed.paper.key_id, signed.signature_class
    row.stamp = b"" if signed.is_stamped else None


def leaf(
    db: Session, consultation: Consultation, signed: Signed, evidence: dict[str, Any]
) -> canonical.Json:
    """The act's digests, and every act of its key, so that nobody hides a revocation later."""
    return signing.envelope(
        consultation.id, signed.content.statement, signed.mark, signed.signature,
        signed.certificate, evidence,
    ) | {"key_leaves": queries.acts_of_keys(db, {signed.paper.key_id})}  # fmt: skip


def remember(row: Classification | ReservedOpinion) -> Callable[[int], None]:
    """To be told the leaf of the act that the row is of."""

    def told(position: int) -> None:
        row.leaf = position

    return told


def receipt(of: type[R], number: int) -> ledger.Proof:
    """Of what was kept in this row."""
    with reading() as db:
        leaf: int | None = db.get_one(of, number).leaf
        assert leaf is not None
        return ledger.proof(db, leaf)
