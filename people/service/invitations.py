"""A way in for somebody new, or for somebody who has lost theirs: works once (AUTH-08).

The administrator makes the link and never sees what is set by it. An account that was in use begins
anew only where two people agreed (rulebook: Who may do what).
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ecabinet import activity, approvals, clock, ledger, outbox
from ecabinet.access import Actor, ShownBy
from ecabinet.approvals import Act, Approved
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused
from ecabinet.settings import Settings
from people import access, queries, rules, signing
from people.models import Invitation, Person, RecoveryCode
from people.rules import Ceremony, InvitationRefusal, Method, SignInRefusal
from people.service import agreed, challenges, links, passkeys, passwords, sign_in
from people.service.sign_in import Arrival

TOKEN_BYTES = 32


# ---- two people let an account begin anew, or open its password's way again ----


def ask_to_reset(actor: Actor, person_id: int) -> int:
    """Ask that somebody who has lost their way in may set up a new one."""
    return _ask(actor, RESET, person_id)


def ask_to_unlock(actor: Actor, person_id: int) -> int:
    """Ask that the tries which shut somebody's password be forgotten."""
    with reading() as db:
        _refuse_if_open(db, access.person_to_change(db, actor, person_id))
    return _ask(actor, UNLOCK, person_id)


def _refuse_if_open(db: Session, person: Person) -> None:
    """A lock of a quarter of an hour may be over before the second person comes to it."""
    if not queries.is_shut_out(db, person):
        raise Refused(InvitationRefusal.NOT_SHUT_OUT)


def _ask(actor: Actor, act: Act, person_id: int) -> int:
    with reading() as db:
        person = access.person_to_change(db, actor, person_id)
        facts = agreed.whom(person)
    return approvals.ask(actor, act, person.name, facts)


def _reset(db: Session, approved: Approved) -> None:
    agreed.same_person(db, approved).reset_agreed_at = clock.now(db)


def _unlock(db: Session, approved: Approved) -> None:
    person = agreed.same_person(db, approved)
    _refuse_if_open(db, person)
    sign_in.forget_tries(db, person.username)
    outbox.notify(db, person.id, "account_unlocked", "/devices")


RESET = agreed.act("reset_account", _reset)
UNLOCK = agreed.act("unlock_account", _unlock)
ACTS = (RESET, UNLOCK)


# ---- the link ----


def invite(actor: Actor, person_id: int, settings: Settings) -> str:
    """A new link for this person, to be handed to them; those before it are worth nothing."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction() as db:
        person = access.person_to_change(db, actor, person_id)
        if not queries.may_be_invited(db, person):
            raise Refused(InvitationRefusal.NEEDS_TWO)
        db.execute(delete(Invitation).where(Invitation.person_id == person.id))
        db.add(
            Invitation(
                digest=queries.digest(token),
                person_id=person.id,
                made_at=clock.now(db),
                made_by=actor.id,
                state=_state(db, person),
                seed=signing.seal_seed(signing.new_seed()),
            )
        )
        ledger.append(db, "person_invited", {"person": person.id, "by": actor.id})
    return f"{settings.base_url.rstrip('/')}/invitation/{token}"


@dataclass(frozen=True)
class Welcome:
    """What somebody sees who follows a link that is good."""

    office: str
    username: str
    seed: str


def read(token: str, settings: Settings) -> Welcome:
    with reading() as db:
        invitation, person = _good(db, token, settings)
        actor = queries.actor(db, person.id)
    return Welcome(
        office=actor.office if actor else person.name,
        username=person.username,
        seed=signing.unseal_seed(invitation.seed),
    )


def accept_by_password(
    token: str, password: str, code: str, arrival: Arrival, settings: Settings
) -> None:
    """A password and a phone that makes codes: both, or nothing."""
    with reading() as db:
        _invitation, person = _good(db, token, settings)
        names = [*queries.names_of(db, person), settings.cabinet_name]
    passwords.refuse_weak(password, names)
    hashed = signing.HASHER.hash(password)
    with transaction() as db:
        invitation, person = _good(db, token, settings, lock=True)
        seed = signing.unseal_seed(invitation.seed)
        step = signing.step_of(seed, code, int(clock.now(db).timestamp()))
        if step is None:
            raise Refused(SignInRefusal.WRONG_CODE)
        _begin_anew(db, invitation, person)
        person.password_hash = hashed
        person.totp_sealed, person.totp_last_step = invitation.seed, step
        _sign_in(db, person, arrival)


def passkey_options(token: str, settings: Settings) -> dict[str, Any]:
    challenge = secrets.token_bytes(signing.CHALLENGE_BYTES)
    with transaction() as db:
        _invitation, person = _good(db, token, settings)
        challenges.keep(db, challenge, Ceremony.REGISTER, queries.digest(token))
    party = signing.relying_party(settings)
    return signing.creation_options(party, person.id, person.username, challenge, [])


def accept_by_passkey(
    token: str, answer: dict[str, Any], label: str, arrival: Arrival, settings: Settings
) -> None:
    """A passkey is enough: it is something one has, and its owner is checked."""
    with transaction() as db:
        invitation, person = _good(db, token, settings, lock=True)
        made = passkeys.take_registration(db, answer, queries.digest(token), settings)
        _begin_anew(db, invitation, person)
        passkeys.keep(db, person.id, made, label)
        _sign_in(db, person, arrival)


def _good(
    db: Session, token: str, settings: Settings, lock: bool = False
) -> tuple[Invitation, Person]:
    """The invitation behind a link, and whose it is; one answer for whatever is wrong with it."""
    digest = queries.digest(token)
    invitation = db.get(Invitation, digest, with_for_update=lock, populate_existing=True)
    if invitation is None or invitation.used_at is not None:
        raise Refused(InvitationRefusal.GONE)
    person = db.get_one(Person, invitation.person_id, with_for_update=lock, populate_existing=True)
    activity.concerns(person.id)
    lasts = rules.invitation_holds(invitation.made_at, clock.now(db), settings.invitation_minutes)
    holds_office = queries.actor(db, person.id) is not None
    if not (lasts and holds_office and invitation.state == _state(db, person)):
        raise Refused(InvitationRefusal.GONE)
    return invitation, person


def _state(db: Session, person: Person) -> bytes:
    """All by which this person can sign in now."""
    known = [each.credential_id.hex() for each in queries.passkeys_of(db, person.id)]
    known += [each.subject for each in queries.outside_accounts_of(db, person.id)]
    sealed = person.totp_sealed or b""
    text = "\0".join([person.username, person.password_hash, sealed.hex(), *known])
    return hashlib.sha256(text.encode()).digest()


def _begin_anew(db: Session, invitation: Invitation, person: Person) -> None:
    """What was known, held or open of this account before is worth nothing any more."""
    invitation.used_at = clock.now(db)
    for passkey in queries.passkeys_of(db, person.id):
        passkeys.end_one(db, passkey)
    links.end_of(db, person.id)
    db.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    sign_in.end_all(db, person.id)
    person.password_hash, person.totp_sealed = "", None
    person.password_ended_at = person.totp_offered = person.reset_agreed_at = None
    person.phone_lost_at = None
    ledger.append(db, "account_begun", {"person": person.id, "invited_by": invitation.made_by})
    outbox.notify(db, person.id, "account_begun", "/devices")
    outbox.notify(
        db, invitation.made_by, "account_begun_by", f"/persons/{person.id}", who=person.name
    )


def _sign_in(db: Session, person: Person, arrival: Arrival) -> None:
    login = sign_in.new_login(db, person.id, arrival.cookie, arrival.browser, arrival.source)
    db.add(login)
    sign_in.make_whole(db, login, Method.INVITATION, ShownBy.CODE)
