"""Casting: the steps C1 to C13 of security.md 3.2, each a function of its own.

The slow and lock-free part comes first; then load with right, ask the rule, keep, tell.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ballots import access, queries, rules, signing
from ballots.models import Attempt, Ballot, BallotPaper, Consultation
from ballots.queries import Receipt
from ballots.rules import BallotRefusal, SignatureRefusal
from ballots.service import outside
from ballots.service.tell import tell_of_attempts, tell_of_ballot, tell_of_unofficial
from ballots.signing import Sealed
from ecabinet import answers, canonical, clock, keys, ledger, pades
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused, SignatureRejected, StepUpNeeded
from ecabinet.settings import Settings
from people import queries as people
from people.rules import PasskeyRefusal
from people.service import passkeys

FAILED = "failed"

# Shows that the member means the ballot of this mark, inside its transaction; gives the evidence.
Confirm = Callable[[Session, bytes], dict[str, Any]]


@dataclass(frozen=True)
class Envelope:
    """What a device sends: which ballot paper it signed, its signature, and its own key K."""

    token: str
    key: str
    signature: bytes

    @property
    def digest(self) -> str:
        return signing.request_digest(self.token, self.signature)


@dataclass(frozen=True)
class Signed:
    """A ballot paper whose signature holds, not yet a ballot."""

    paper: BallotPaper
    content: Sealed
    certificate: bytes
    signature_class: str
    envelope: Envelope
    mark: bytes
    # As the log names it: r and s side by side, or RSA's own bytes.
    signature: bytes
    # Its signer's own authority has stamped it already.
    is_stamped: bool = False


def cast(
    actor: Actor, consultation_id: int, envelope: Envelope, confirm: Confirm | None = None
) -> Receipt:
    """Keep a member's signed answer; a retry with the same key returns the same receipt."""
    if earlier := _earlier(actor, envelope):
        return earlier
    return keep_signed(actor, consultation_id, envelope, confirm or by_code(actor))


def keep_signed(
    actor: Actor, consultation_id: int, envelope: Envelope, confirm: Confirm
) -> Receipt:
    """The rest of a cast; the ballot keeps how the member confirmed it."""
    signed = _verified(actor, consultation_id, envelope)
    try:
        ballot = _keep(actor, consultation_id, signed, confirm)
    except Refused as refused:
        if refused.reason is not BallotRefusal.KEY_REUSED:
            _keep_attempt(actor, consultation_id, signed, refused.reason.value)
        raise
    except StepUpNeeded:
        _keep_attempt(actor, consultation_id, signed, BallotRefusal.NOT_CONFIRMED.value)
        raise
    except Exception:
        # Whatever failed, the member tried: silence must not swallow it. The fault goes on.
        with suppress(Exception):
            _keep_attempt(actor, consultation_id, signed, FAILED)
        raise
    with reading() as db:
        return queries.receipt_of(db, ballot)


def receipt(actor: Actor, key: str) -> Receipt:
    """The receipt of one's own ballot, for a device that never got the answer."""
    with reading() as db:
        return queries.receipt_of(db, access.ballot_to_read(db, actor, key))


def _earlier(actor: Actor, envelope: Envelope) -> Receipt | None:
    """C5, looked at once before the work: is this a retry? (BAL-02)"""
    with reading() as db:
        known = queries.ballot_by_key(db, envelope.key)
        if known is None:
            return None
        _refuse_other_bytes(actor, known, envelope)
        return queries.receipt_of(db, known)


def _refuse_other_bytes(actor: Actor, known: Ballot, envelope: Envelope) -> None:
    if known.person_id != actor.id or known.request_digest != envelope.digest:
        raise Refused(BallotRefusal.KEY_REUSED)


def by_code(actor: Actor) -> Confirm:
    """C2: who one is was shown again just now, by a code that is not bound to the ballot.

    Asked after the signature: a signed answer that lacks only this is an attempt (BAL-08).
    """

    def confirm(db: Session, _mark: bytes) -> dict[str, Any]:
        at = people.fresh_step_up(db, actor)
        if at is None:
            raise StepUpNeeded
        return {"method": "totp", "at": canonical.moment(at), "bound_to_ballot": False}

    return confirm


def by_passkey(actor: Actor, answer: dict[str, Any], settings: Settings) -> Confirm:
    """C2: a passkey's answer, good for this ballot alone and used up with it (SES-07).

    Used up under the lock, by the commit that keeps the ballot: a cast that fails leaves it.
    """

    def confirm(db: Session, mark: bytes) -> dict[str, Any]:
        try:
            return passkeys.verify_step_up(db, actor, answer, mark, settings).as_body()
        except Refused as refused:
            if refused.reason is PasskeyRefusal.NOT_PROVEN:
                raise Refused(BallotRefusal.NOT_CONFIRMED) from refused
            raise

    return confirm


def _verified(actor: Actor, consultation_id: int, envelope: Envelope) -> Signed:
    """C3: the signature is the member's key's over exactly the prepared bytes."""
    with reading() as db:
        actor_asked = access.is_asked(db, actor, consultation_id)
        paper = access.paper_to_sign(db, actor, consultation_id, envelope.token, signing.BALLOT)
        if paper is None or not actor_asked:
            raise Refused(BallotRefusal.PAPER_GONE)
    return verified(actor, paper, envelope)


def verified(actor: Actor, paper: BallotPaper, envelope: Envelope) -> Signed:
    """The same of any paper that was made ready for this member to sign."""
    with reading() as db:
        device = people.signing_device(db, actor.id, paper.key_id)
        if device is None:
            raise Refused(BallotRefusal.KEY_UNKNOWN)
        chain = pades.chain(db, device.certificate)
    key = keys.store().read(signing.key_name(paper.consultation_id))
    content = signing.unseal(key, paper.consultation_id, paper.sealed)
    if content.prepared is None:
        return _signed_outside(paper, content, device, envelope)
    try:
        pdf = pades.finish(content.prepared, device.certificate, chain, envelope.signature)
    except answers.WrongSignature as wrong:
        raise SignatureRejected(SignatureRefusal.MISMATCH) from wrong
    finished = replace(content, pdf=pdf, prepared=None)
    return Signed(
        paper, finished, device.certificate, device.signature_class, envelope,
        content.prepared.digest, envelope.signature,
    )  # fmt: skip


def _signed_outside(
    paper: BallotPaper, content: Sealed, device: people.SigningDevice, envelope: Envelope
) -> Signed:
    """The same of a paper that a program on the member's device has signed and brought: what comes
    in a signature's place is the SHA-256 of that file."""
    with reading() as db:
        brought = queries.signed_outside(db, paper, envelope.signature.hex())
    if brought is None:
        raise Refused(BallotRefusal.NOT_SIGNED_YET)
    pdf = outside.opened(paper, brought)
    said = outside.read(pdf, content, device)
    return Signed(
        paper, replace(content, pdf=pdf), device.certificate, device.signature_class, envelope,
        said.mark, said.signature, said.is_stamped,
    )  # fmt: skip


def _keep(actor: Actor, consultation_id: int, signed: Signed, confirm: Confirm) -> Ballot:
    """C4 to C9: one transaction; unique keys are the last judge."""
    with transaction() as db:
        consultation = access.consultation_to_answer(db, actor, consultation_id)
        now = clock.now(db)
        if known := queries.ballot_by_key(db, signed.envelope.key):
            _refuse_other_bytes(actor, known, signed.envelope)
            return known
        if reason := _refusal(db, actor, consultation, signed, now):
            raise Refused(reason)
        evidence = confirm(db, signed.mark)
        ballot = _ballot(actor, consultation, signed, evidence, now)
        db.add(ballot)
        db.flush()
        ledger.append(db, "ballot", _leaf(consultation_id, signed, evidence), _remember(ballot))
        # C8: to the Office who has answered, to the member that their ballot was kept (BAL-09).
        if consultation.takes(signed.signature_class):
            tell_of_ballot(db, consultation, actor.id, "ballot_kept")
        else:
            tell_of_unofficial(db, consultation, actor.id)
        return ballot


def _refusal(
    db: Session, actor: Actor, consultation: Consultation, signed: Signed, now: datetime
) -> BallotRefusal | None:
    """C5: everything that decides, read under the lock."""
    device = people.signing_device(db, actor.id, signed.paper.key_id)
    key = queries.signing_key(device)
    asked = access.asked_as(db, actor, consultation.id)
    terms = consultation.terms(asked, queries.latest_leaf(db, consultation, actor.id))
    return rules.refusal(terms, key, signed.content.answer, now)


def _ballot(
    actor: Actor, consultation: Consultation, signed: Signed, evidence: dict[str, Any],
    now: datetime,
) -> Ballot:  # fmt: skip
    """C6: the row; what was chosen is sealed until the closing."""
    return Ballot(
        consultation_id=consultation.id,
        person_id=actor.id,
        follows=signed.content.answer.follows,
        key=signed.envelope.key,
        request_digest=signed.envelope.digest,
        sealed=_sealed(consultation.id, signed.content),
        mark=signed.mark.hex(),
        key_id=signed.paper.key_id,
        signature_class=signed.signature_class,
        evidence=evidence,
        at=now,
        stamp=b"" if signed.is_stamped else None,
    )


def _sealed(consultation_id: int, content: Sealed) -> bytes:
    key = keys.store().read(signing.key_name(consultation_id))
    return signing.seal(key, consultation_id, content)


def _leaf(consultation_id: int, signed: Signed, evidence: dict[str, Any]) -> dict[str, Any]:
    return signing.envelope(
        consultation_id,
        signed.content.statement,
        signed.mark,
        signed.signature,
        signed.certificate,
        evidence,
    )


def _remember(row: Ballot | Attempt) -> Callable[[int], None]:
    def remember(position: int) -> None:
        row.leaf = position

    return remember


def _keep_attempt(actor: Actor, consultation_id: int, signed: Signed, reason: str) -> None:
    """An answer with a valid signature that was refused is itself a recorded act (BAL-08)."""
    with transaction() as db:
        consultation = access.consultation_to_answer(db, actor, consultation_id)
        if _is_known(db, actor, consultation_id, signed.envelope.key):
            return
        # A commit whose answer was lost: the ballot stands, and was not refused.
        if queries.ballot_by_key(db, signed.envelope.key):
            return
        attempt = Attempt(
            consultation_id=consultation_id,
            person_id=actor.id,
            key=signed.envelope.key,
            reason=reason,
            sealed=_sealed(consultation_id, signed.content),
            paper_issued_at=signed.paper.issued_at,
            at=clock.now(db),
        )
        db.add(attempt)
        db.flush()
        body = _leaf(consultation_id, signed, {"reason": reason})
        ledger.append(db, "ballot_refused", body, _remember(attempt))
        _make_provisional(db, actor, consultation)


def _make_provisional(db: Session, actor: Actor, consultation: Consultation) -> None:
    """An answer that was begun in time and came after the closing keeps the result from being
    issued: silence must not swallow a "no" (R-12)."""
    result = queries.result_of(db, consultation.id)
    if result and actor.id in queries.open_attempts(db, consultation):
        result.is_provisional = result.report_due = True
        body = {"v": signing.VERSION, "consultation": consultation.id, "member": actor.id}
        ledger.append(db, "consultation_provisional", body)
        tell_of_attempts(db, consultation)


def _is_known(db: Session, actor: Actor, consultation_id: int, key: str) -> bool:
    return any(
        each.key == key and each.person_id == actor.id
        for each in queries.attempts_of(db, consultation_id)
    )
