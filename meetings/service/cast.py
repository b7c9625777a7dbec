"""Casting in session: the slow and lock-free part first, then lock, clock, rule, row, leaf."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ballots import queries as ballot_queries
from ballots import rules as ballot_rules
from ballots import signing as ballot_signing
from ballots.service import cast as ballots
from ballots.service.cast import Confirm
from ecabinet import answers, canonical, clock, keys, ledger, outbox
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused, SignatureRejected
from ecabinet.settings import Settings
from meetings import access, queries, rules, signing
from meetings.announcements import VoteCastNoted
from meetings.models import Meeting, Seat, Vote, VoteCast
from meetings.queries import Receipt
from meetings.rules import CastRefusal
from meetings.service.record import told
from meetings.signing import Said, Sealed
from people import queries as people
from people.service import passkeys


@dataclass(frozen=True)
class Envelope:
    """What a device sends: the statement that it signed, and its own key K for this act."""

    statement: bytes
    opinion: str
    signature: bytes
    key: str

    @property
    def mark(self) -> str:
        return hashlib.sha256(self.statement).hexdigest()

    @property
    def digest(self) -> str:
        return signing.request_digest(self.statement, self.signature)


@dataclass(frozen=True)
class Signed:
    """A statement whose signature holds, not yet a vote."""

    envelope: Envelope
    key_id: str
    certificate: bytes


def cast(
    actor: Actor, meeting_id: int, vote_id: int, envelope: Envelope, settings: Settings,
    assertion: dict[str, Any] | None = None,
) -> Receipt:  # fmt: skip
    """Keep a member's signed answer; a retry with the same key returns the same receipt."""
    if earlier := _earlier(actor, envelope):
        return earlier
    confirm = (
        ballots.by_code(actor)
        if assertion is None
        else ballots.by_passkey(actor, assertion, settings)
    )
    signed = _verified(actor, envelope)
    kept = _keep(actor, meeting_id, vote_id, signed, confirm, settings.env)
    with reading() as db:
        return queries.receipt_of(db, kept)


def passkey_options(
    actor: Actor, meeting_id: int, vote_id: int, mark: bytes, settings: Settings
) -> dict[str, Any]:
    """What the browser needs to ask the member's passkey for this very statement."""
    with reading() as db:
        access.vote_to_read(db, actor, meeting_id, vote_id)
    return passkeys.step_up_options(actor, mark, settings)


def _earlier(actor: Actor, envelope: Envelope) -> Receipt | None:
    """Looked at once before the work: is this a retry? (BAL-02)"""
    with reading() as db:
        known = queries.cast_by_key(db, envelope.key)
        if known is None:
            return None
        _refuse_other_bytes(actor, known, envelope)
        return queries.receipt_of(db, known)


def _refuse_other_bytes(actor: Actor, known: VoteCast, envelope: Envelope) -> None:
    if known.person_id != actor.id or known.request_digest != envelope.digest:
        raise Refused(CastRefusal.KEY_REUSED)


def _verified(actor: Actor, envelope: Envelope) -> Signed:
    """The signature is one of this member's keys' over exactly these bytes."""
    try:
        key_id = signing.key_id_in(envelope.statement)
    except signing.NotTheStatement as wrong:
        raise SignatureRejected(CastRefusal.OTHER_STATEMENT) from wrong
    with reading() as db:
        device = people.signing_device(db, actor.id, key_id)
    # A vote in session is signed by the browser's own key; another's program knows no statement.
    if device is None or device.signature_class != ballot_signing.DEVICE:
        raise Refused(CastRefusal.KEY_UNKNOWN)
    try:
        signing.verify(device.certificate, envelope.statement, envelope.signature)
    except answers.WrongSignature as wrong:
        raise SignatureRejected(CastRefusal.SIGNATURE_MISMATCH) from wrong
    return Signed(envelope, key_id, device.certificate)


def _keep(
    actor: Actor, meeting_id: int, vote_id: int, signed: Signed, confirm: Confirm, env: str
) -> VoteCast:
    """One transaction; unique keys are the last judge."""
    with transaction() as db:
        meeting, seat, vote = access.vote_to_cast(db, actor, meeting_id, vote_id)
        now = clock.now(db)
        if known := queries.cast_by_key(db, signed.envelope.key):
            _refuse_other_bytes(actor, known, signed.envelope)
            return known
        said = _said(db, seat, vote, signed.envelope, env)
        if reason := _refusal(db, meeting, seat, vote, signed, said, now):
            raise Refused(reason, missing=meeting.quorum.missing)
        evidence = confirm(db, bytes.fromhex(signed.envelope.mark))
        with told(db, meeting, VoteCastNoted):
            row = _row(actor, vote, signed, said, evidence, now)
            db.add(row)
        ledger.append(db, queries.CAST_LEAF, _leaf(meeting, vote, signed, evidence), _remember(row))
        outbox.notify(
            db, actor.id, "vote_kept", f"/meetings/{meeting.id}/live", question=vote.question
        )
        return row


def _said(db: Session, seat: Seat, vote: Vote, envelope: Envelope, env: str) -> Said:
    """What the statement says, if it is this member's on this vote and on this opinion."""
    try:
        said = signing.read(envelope.statement, queries.statement_terms(db, vote, seat, env))
    except signing.NotTheStatement as wrong:
        raise SignatureRejected(CastRefusal.OTHER_STATEMENT) from wrong
    if said.opinion_sha256 != canonical.digest_of(envelope.opinion):
        raise SignatureRejected(CastRefusal.OTHER_STATEMENT)
    return said


def _refusal(
    db: Session, meeting: Meeting, seat: Seat, vote: Vote, signed: Signed, said: Said,
    now: datetime,
) -> CastRefusal | None:  # fmt: skip
    """Everything that decides, read under the lock."""
    device = people.signing_device(db, seat.person_id, signed.key_id)
    key = ballot_queries.signing_key(device)
    if reason := ballot_rules.key_refusal(key, now):
        return CastRefusal[reason.name]
    terms = rules.VoteTerms(
        vote.stands,
        seat.counts,
        meeting.quorum.missing,
        queries.latest_leaf(db, vote, seat.person_id),
    )
    return rules.casting_refusal(terms, said.choice, signed.envelope.opinion, said.prev_vote_leaf)


def _row(
    actor: Actor, vote: Vote, signed: Signed, said: Said, evidence: dict[str, Any], now: datetime
) -> VoteCast:
    """The row; what was chosen is sealed until the closing."""
    sent = signed.envelope
    content = Sealed(sent.statement, sent.opinion, sent.signature)
    key = keys.store().read(signing.key_name(vote.id))
    return VoteCast(
        vote_id=vote.id,
        person_id=actor.id,
        follows=said.prev_vote_leaf,
        key=sent.key,
        request_digest=sent.digest,
        sealed=signing.seal(key, vote.id, content),
        mark=sent.mark,
        key_id=signed.key_id,
        evidence=evidence,
        at=now,
    )


def _leaf(meeting: Meeting, vote: Vote, signed: Signed, evidence: dict[str, Any]) -> dict[str, Any]:
    sent = signed.envelope
    return signing.envelope(
        meeting.id, vote.id, sent.mark, sent.signature, signed.certificate, evidence
    )


def _remember(row: VoteCast) -> Callable[[int], None]:
    def remember(position: int) -> None:
        row.leaf = position

    return remember
