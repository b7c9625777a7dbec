"""Loaders of logins and devices: whoever cannot show the right, finds nothing."""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from ecabinet.access import Actor, Permission
from ecabinet.errors import BadInput, NotFound, NotSignedIn, Refused
from people import hooks, queries, rules
from people.models import (
    Agency,
    Device,
    Login,
    Mandate,
    Office,
    OutsideAccount,
    Passkey,
    Person,
    Suspension,
    Term,
)
from people.rules import MandateStanding, OutsideRefusal
from people.signing import NotProven

Row = TypeVar("Row", Agency, Office, Person, Suspension, Term)


def login_to_complete(db: Session, half_cookie: str) -> Login:
    login = queries.half_login(db, half_cookie)
    if login is None:
        raise NotSignedIn
    return login


def login_to_step_up(db: Session, actor: Actor) -> Login:
    login = db.get(Login, actor.login_id, options=[joinedload(Login.person)])
    if login is None or login.ended_at is not None:
        raise NotSignedIn
    return login


def login_to_unlock(db: Session, cookie: str) -> Login:
    """The login of this browser, locked or not; its owner alone can open it again."""
    login = queries.login_by_cookie(db, cookie)
    if login is None or queries.actor(db, login.person_id) is None:
        raise NotSignedIn
    return login


def login_to_end(db: Session, actor: Actor, public_id: str) -> Login:
    """One of one's own logins; another's does not exist (SES-05)."""
    login = db.scalar(
        select(Login).where(Login.public_id == public_id, Login.person_id == actor.id)
    )
    if login is None:
        raise NotFound("login")
    return login


def device_to_confirm(db: Session, actor: Actor, public_id: str) -> Device:
    actor.must(Permission.DEVICE_CONFIRM)
    return _device(db, public_id)


def device_to_renew(db: Session, actor: Actor, key_id: str) -> Device:
    """One of one's own keys, by its name; another's does not exist."""
    actor.must(Permission.DEVICE_ENROL)
    device = db.scalar(
        select(Device)
        .where(Device.key_id == key_id, Device.person_id == actor.id)
        .with_for_update()
    )
    if device is None:
        raise NotFound("device")
    return device


def device_to_revoke(db: Session, actor: Actor, public_id: str) -> Device:
    device = _device(db, public_id)
    if device.person_id == actor.id or actor.may(Permission.DEVICE_CONFIRM):
        return device
    if not actor.uses(Permission.ACCOUNT_MANAGE):
        raise NotFound("device")
    return device


def passkey_to_end(db: Session, actor: Actor, public_id: str) -> Passkey:
    """One of one's own passkeys; another's does not exist."""
    passkey = db.scalar(
        select(Passkey)
        .where(Passkey.public_id == public_id, Passkey.person_id == actor.id)
        .where(Passkey.ended_at.is_(None))
        .with_for_update()
    )
    if passkey is None:
        raise NotFound("passkey")
    return passkey


def passkey_to_use(db: Session, credential_id: bytes, person_id: int | None = None) -> Passkey:
    """The passkey that answers; of this person, where it is known who asks."""
    query = select(Passkey).where(Passkey.credential_id == credential_id)
    if person_id is not None:
        query = query.where(Passkey.person_id == person_id)
    passkey = db.scalar(query.where(Passkey.ended_at.is_(None)).with_for_update())
    if passkey is None:
        raise NotProven("an unknown passkey")
    return passkey


def outside_account_to_use(db: Session, issuer: str, subject: str) -> OutsideAccount:
    """Whose account at the provider this is, by its issuer's own name for it and nothing else."""
    account = db.scalar(
        select(OutsideAccount)
        .where(OutsideAccount.issuer == issuer, OutsideAccount.subject == subject)
        .with_for_update()
    )
    if account is None:
        raise Refused(OutsideRefusal.UNKNOWN)
    return account


def lock_outside_accounts(db: Session, issuer: str) -> None:
    """Nobody signs in by one of them meanwhile: an end and a sign-in do not pass each other."""
    known = select(OutsideAccount.id).where(OutsideAccount.issuer == issuer)
    db.scalars(known.order_by(OutsideAccount.id).with_for_update()).all()


def person_to_change(db: Session, actor: Actor, person_id: int) -> Person:
    return _to_change(db, actor, Person, person_id)


def office_to_change(db: Session, actor: Actor, office_id: int) -> Office:
    return _to_change(db, actor, Office, office_id)


def term_to_end(db: Session, actor: Actor, term_id: int) -> Term:
    return _to_change(db, actor, Term, term_id)


def suspension_to_lift(db: Session, actor: Actor, suspension_id: int) -> Suspension:
    return _to_change(db, actor, Suspension, suspension_id)


def agency_to_change(db: Session, actor: Actor, agency_id: int) -> Agency:
    """An agency that has not ended in another, locked."""
    agency = _to_change(db, actor, Agency, agency_id)
    if agency.ended_on is not None:
        raise Refused(rules.AgencyRefusal.ENDED)
    return agency


def _to_change(db: Session, actor: Actor, kind: type[Row], row_id: int) -> Row:
    """A row of the directory, locked, for whoever keeps it."""
    actor.must(Permission.ACCOUNT_MANAGE)
    row = db.get(kind, row_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(kind.__tablename__)
    return row


def agencies_to_rehome(db: Session, actor: Actor, agency_id: int) -> tuple[Agency, Agency]:
    """An agency that has ended, and the one that stands at the end of what it ended in; locked."""
    actor.must(Permission.ACCOUNT_MANAGE)
    ended = _agency(db, agency_id)
    if ended.successor_id is None:
        raise Refused(rules.AgencyRefusal.STANDS)
    into = ended
    while into.successor_id is not None:
        into = _agency(db, into.successor_id)
    return ended, into


def _agency(db: Session, agency_id: int) -> Agency:
    agency = db.get(Agency, agency_id, with_for_update=True, populate_existing=True)
    if agency is None:
        raise NotFound("agency")
    return agency


def mandate_to_decide(db: Session, actor: Actor, mandate_id: int) -> Mandate:
    """A mandate that waits for consent, locked."""
    actor.must(Permission.MANDATE_CONSENT)
    mandate = _mandate(db, mandate_id)
    if queries.mandate_standing(db, mandate) is not MandateStanding.WAITING:
        raise Refused(rules.MandateRefusal.NOT_WAITING)
    return mandate


def mandate_to_end(db: Session, actor: Actor, mandate_id: int) -> Mandate:
    """A mandate that one has given or taken and that lasts, locked; others' do not exist."""
    mandate = _mandate(db, mandate_id)
    if actor.id not in (mandate.giver_id, mandate.taker_id):
        raise NotFound("mandate")
    return _lasting(db, mandate)


def parties_of_a_mandate(
    db: Session, actor: Actor, giver_id: int, taker_id: int
) -> tuple[Actor, Actor]:
    """A member and whoever is to stand for them, for those who give mandates in another's stead."""
    actor.must(Permission.ACCOUNT_MANAGE)
    giver, taker = queries.actor(db, giver_id), queries.actor(db, taker_id)
    if giver is None or not giver.may(Permission.MANDATE_GIVE):
        raise BadInput("giver", "has no mandate to give")
    if taker is None:
        raise BadInput("person", "holds no office")
    return giver, taker


def mandate_to_end_for_others(db: Session, actor: Actor, mandate_id: int) -> Mandate:
    actor.must(Permission.ACCOUNT_MANAGE)
    return _lasting(db, _mandate(db, mandate_id))


def _lasting(db: Session, mandate: Mandate) -> Mandate:
    if queries.mandate_standing(db, mandate) not in rules.LASTING:
        raise Refused(rules.MandateRefusal.OVER)
    return mandate


def _mandate(db: Session, mandate_id: int) -> Mandate:
    mandate = db.get(Mandate, mandate_id)
    if mandate is None:
        raise NotFound("mandate")
    hooks.lock_matter(db, mandate)
    return db.get_one(Mandate, mandate_id, with_for_update=True, populate_existing=True)


def _device(db: Session, public_id: str) -> Device:
    device = db.scalar(
        select(Device)
        .where(Device.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if device is None:
        raise NotFound("device")
    return device
