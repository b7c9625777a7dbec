"""Passkeys: made by somebody who is signed in, then good for signing in and for one ballot."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecabinet import canonical, clock, ledger, outbox
from ecabinet.access import Actor, ShownBy
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused, StepUpNeeded
from ecabinet.settings import Settings
from people import access, queries, rules, signing
from people.models import Passkey, Person
from people.rules import Ceremony, Method, PasskeyRefusal
from people.service import challenges, sign_in
from people.signing import Assertion, NotProven


@dataclass(frozen=True)
class Evidence:
    """What is kept of a step-up: its owner was there, and meant this payload (security.md 3.3)."""

    at: datetime
    nonce: bytes
    credential_id: bytes
    public_key: bytes
    enrolled_leaf: int
    backup_eligible: bool
    backed_up: bool
    authenticator_data: bytes
    client_data: bytes
    signature: bytes

    def as_body(self, bound: str = "bound_to_ballot") -> dict[str, Any]:
        """Plain values for the ballot's row and, by their digest, its leaf."""
        return {
            "method": "passkey",
            bound: True,
            "at": canonical.moment(self.at),
            "enrolled_leaf": self.enrolled_leaf,
            "backup_eligible": self.backup_eligible,
            "backed_up": self.backed_up,
        } | {
            name: getattr(self, name).hex()
            for name in (
                "nonce", "credential_id", "public_key", "authenticator_data", "client_data",
                "signature",
            )
        }  # fmt: skip


# ---- making one ----


def registration_options(actor: Actor, settings: Settings) -> dict[str, Any]:
    """What the browser needs to make a passkey; only just after showing who one is (ASVS 7.5.1)."""
    with transaction() as db:
        if not queries.has_just_shown(db, actor):
            raise StepUpNeeded
        challenge = secrets.token_bytes(signing.CHALLENGE_BYTES)
        challenges.keep(db, challenge, Ceremony.REGISTER, challenges.holder_of(actor))
        known = [each.credential_id for each in queries.passkeys_of(db, actor.id)]
    party = signing.relying_party(settings)
    return signing.creation_options(party, actor.id, actor.office, challenge, known)


def register(actor: Actor, answer: dict[str, Any], label: str, settings: Settings) -> str:
    """Keep the passkey that this browser has made."""
    with transaction() as db:
        made = take_registration(db, answer, challenges.holder_of(actor), settings)
    try:
        with transaction() as db:
            return keep(db, actor.id, made, label)
    except IntegrityError:
        raise Refused(PasskeyRefusal.ALREADY_KNOWN) from None


def take_registration(
    db: Session, answer: dict[str, Any], holder: bytes, settings: Settings
) -> signing.NewPasskey:
    """The passkey that was made for a challenge given to this holder; used up by it."""
    try:
        challenge = signing.challenge_in(answer)
        challenges.use(db, challenge, Ceremony.REGISTER, holder)
        return signing.read_new(signing.relying_party(settings), answer, challenge)
    except NotProven:
        raise Refused(PasskeyRefusal.NOT_PROVEN) from None


def keep(db: Session, person_id: int, made: signing.NewPasskey, label: str) -> str:
    passkey = Passkey(
        public_id=secrets.token_hex(8),
        person_id=person_id,
        label=label,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        backup_eligible=made.backup_eligible,
        backed_up=made.backed_up,
        made_at=clock.now(db),
    )
    db.add(passkey)
    db.flush()
    body = {
        "person": person_id,
        "credential_sha256": hashlib.sha256(made.credential_id).hexdigest(),
        "public_key_sha256": hashlib.sha256(made.public_key).hexdigest(),
        "backup_eligible": made.backup_eligible,
    }
    ledger.append(db, "passkey_enrolled", body, _remember_leaf(passkey))
    outbox.notify(db, person_id, "passkey_made", "/devices", label=label)
    return passkey.public_id


def _remember_leaf(passkey: Passkey) -> Callable[[int], None]:
    def remember(position: int) -> None:
        passkey.enrolled_leaf = position

    return remember


def end(actor: Actor, public_id: str) -> None:
    """From now this passkey opens nothing; only its owner ends it."""
    with transaction() as db:
        # Of two that are ended at once, the second finds one left.
        db.get_one(Person, actor.id, with_for_update=True)
        passkey = access.passkey_to_end(db, actor, public_id)
        count, account = len(queries.passkeys_of(db, actor.id)), queries.account(db, actor.id)
        has_password = account.has_password and not account.password_ended
        if reason := rules.refusal_to_end_passkey(count, has_password, account.has_totp):
            raise Refused(reason)
        end_one(db, passkey)


def end_one(db: Session, passkey: Passkey) -> None:
    passkey.ended_at = clock.now(db)
    digest = hashlib.sha256(passkey.credential_id).hexdigest()
    ledger.append(db, "passkey_ended", {"person": passkey.person_id, "credential_sha256": digest})


# ---- signing in ----


def sign_in_options(cookie: str, settings: Settings) -> dict[str, Any]:
    """What the browser needs to ask for any passkey of this site; tells nothing of accounts."""
    challenge = secrets.token_bytes(signing.CHALLENGE_BYTES)
    with transaction() as db:
        challenges.keep(db, challenge, Ceremony.SIGN_IN, queries.digest(cookie))
    return signing.request_options(signing.relying_party(settings), challenge)


def sign_in_by(
    answer: dict[str, Any], old_cookie: str, cookie: str, browser: str, source: str,
    settings: Settings,
) -> None:  # fmt: skip
    """One touch: the passkey is the one factor, its owner check the other.

    Open when the password's path is locked (AUTH-06).
    """
    try:
        challenge = signing.challenge_in(answer)
        with transaction() as db:
            challenges.use(db, challenge, Ceremony.SIGN_IN, queries.digest(old_cookie))
        with reading() as db:
            public_key = access.passkey_to_use(db, signing.credential_in(answer)).public_key
        party = signing.relying_party(settings)
        assertion = signing.read_assertion(party, answer, challenge, public_key)
    except NotProven:
        raise Refused(PasskeyRefusal.NOT_PROVEN) from None
    with transaction() as db:
        passkey = access.passkey_to_use(db, assertion.credential_id)
        refusal = _refusal(db, passkey, assertion)
        if refusal is None:
            _note_use(db, passkey, assertion)
            sign_in.end_login_of(db, old_cookie)
            login = sign_in.new_login(db, passkey.person_id, cookie, browser, source)
            db.add(login)
            sign_in.make_whole(db, login, Method.PASSKEY, kind_of(assertion))
    if refusal:
        raise Refused(refusal)


def kind_of(assertion: Assertion) -> ShownBy:
    """Whether what answered stays in its device."""
    return ShownBy.PASSKEY if assertion.backup_eligible else ShownBy.KEY


# ---- stepping up, bound to one payload ----


def step_up_options(
    actor: Actor, purpose_digest: bytes, settings: Settings, ceremony: Ceremony = Ceremony.STEP_UP
) -> dict[str, Any]:
    """What the browser needs to ask the actor's passkeys to sign for this payload alone."""
    nonce = secrets.token_bytes(signing.CHALLENGE_BYTES)
    challenge = signing.bound_challenge(ceremony, nonce, purpose_digest)
    with transaction() as db:
        challenges.keep(db, challenge, ceremony, challenges.holder_of(actor), nonce)
        allowed = [each.credential_id for each in queries.passkeys_of(db, actor.id)]
    return signing.request_options(signing.relying_party(settings), challenge, allowed)


def verify_step_up(
    db: Session, actor: Actor, answer: dict[str, Any], purpose_digest: bytes, settings: Settings,
    ceremony: Ceremony = Ceremony.STEP_UP,
) -> Evidence:  # fmt: skip
    """The evidence that this actor meant this payload; used up by the act it belongs to (SES-07).

    Called inside the act's transaction: an act that fails leaves it for a retry of the same act.
    """
    passkey, assertion, nonce = take_assertion(
        db, answer, ceremony, challenges.holder_of(actor), actor.id, settings, purpose_digest
    )
    assert passkey.enrolled_leaf is not None
    return Evidence(
        at=clock.now(db),
        nonce=nonce,
        credential_id=passkey.credential_id,
        public_key=passkey.public_key,
        enrolled_leaf=passkey.enrolled_leaf,
        backup_eligible=assertion.backup_eligible,
        backed_up=assertion.backed_up,
        authenticator_data=assertion.authenticator_data,
        client_data=assertion.client_data,
        signature=assertion.signature,
    )


def take_assertion(
    db: Session, answer: dict[str, Any], ceremony: Ceremony, holder: bytes, person_id: int,
    settings: Settings, purpose_digest: bytes | None = None,
) -> tuple[Passkey, Assertion, bytes]:  # fmt: skip
    """This person's passkey answers a challenge that was given to this holder; used up by it.

    Where it was asked for a payload, for that one alone; gives the challenge's nonce beside it.
    """
    try:
        challenge = signing.challenge_in(answer)
        nonce = challenges.use(db, challenge, ceremony, holder).nonce
        if purpose_digest is not None and challenge != signing.bound_challenge(
            ceremony, nonce, purpose_digest
        ):
            raise NotProven("asked for another payload")
        passkey = access.passkey_to_use(db, signing.credential_in(answer), person_id)
        party = signing.relying_party(settings)
        assertion = signing.read_assertion(party, answer, challenge, passkey.public_key)
    except NotProven:
        raise Refused(PasskeyRefusal.NOT_PROVEN) from None
    if rules.went_back(assertion.sign_count, passkey.sign_count):
        raise Refused(PasskeyRefusal.WENT_BACK)
    _note_use(db, passkey, assertion)
    return passkey, assertion, nonce


def _refusal(db: Session, passkey: Passkey, assertion: Assertion) -> PasskeyRefusal | None:
    if queries.actor(db, passkey.person_id) is None:
        return PasskeyRefusal.NOT_PROVEN
    if rules.went_back(assertion.sign_count, passkey.sign_count):
        outbox.notify(db, passkey.person_id, "passkey_went_back", "/devices", label=passkey.label)
        return PasskeyRefusal.WENT_BACK
    return None


def _note_use(db: Session, passkey: Passkey, assertion: Assertion) -> None:
    passkey.sign_count = assertion.sign_count
    passkey.backed_up = assertion.backed_up
    passkey.used_at = clock.now(db)
