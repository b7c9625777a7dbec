"""What people do with their accounts, logins and signing keys."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ecabinet import clock, keys, ledger, live, outbox, pades
from ecabinet.access import Actor, Permission, Role
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound, Refused
from ecabinet.settings import Settings
from people import access, queries, rules
from people.models import (
    Agency,
    Device,
    DeviceState,
    Failure,
    Login,
    Office,
    Person,
    Term,
)
from people.rules import DeviceRefusal, SignInRefusal

# AUTH-01: argon2id, at least 19 MiB and two passes.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Hashed when nobody is known by the name, so that the answer takes as long (AUTH-07).
NOBODY = HASHER.hash(secrets.token_urlsafe(16))
LONGEST_PASSWORD = 256
TOTP_KEY = "totp-seeds"


# ---- signing in ----


def give_password(username: str, password: str, cookie: str, source: str, browser: str) -> None:
    """The first step: a login that opens nothing until the code is given."""
    with transaction() as db:
        now = clock.now(db)
        if rules.is_locked(_failures(db, username, source), now):
            raise Refused(SignInRefusal.LOCKED)
        person = db.scalar(select(Person).where(Person.username == username.lower()))
        hashed = person.password_hash if person else NOBODY
    right = len(password) <= LONGEST_PASSWORD and _matches(hashed, password)
    with transaction() as db:
        if person is None or not right or queries.actor(db, person.id) is None:
            _fail(db, username, source)
            refusal: SignInRefusal | None = SignInRefusal.WRONG
        else:
            refusal = None
            db.add(
                Login(
                    public_id=secrets.token_hex(8),
                    digest=queries.digest(cookie),
                    person_id=person.id,
                    browser=browser[:200],
                    started_at=clock.now(db),
                )
            )
    if refusal:
        raise Refused(refusal)


def give_code(half_cookie: str, code: str, cookie: str, source: str) -> None:
    """The second step: the login becomes whole, under a new secret (SES-01)."""
    refusal = None
    with transaction() as db:
        login = access.login_to_complete(db, half_cookie)
        now = clock.now(db)
        if rules.is_locked(_failures(db, login.person.username, source), now):
            raise Refused(SignInRefusal.LOCKED)
        refusal = _use_code(db, login.person, code)
        if refusal:
            _fail(db, login.person.username, source)
        else:
            login.digest = queries.digest(cookie)
            login.whole_at = login.step_up_at = now
            db.execute(delete(Failure).where(Failure.username == login.person.username))
    if refusal:
        raise Refused(refusal)


def step_up(actor: Actor, code: str, source: str) -> None:
    """Show again who one is: good for five minutes, for casts only (SES-07)."""
    refusal = None
    with transaction() as db:
        login = access.login_to_step_up(db, actor)
        if rules.is_locked(_failures(db, login.person.username, source), clock.now(db)):
            raise Refused(SignInRefusal.LOCKED)
        refusal = _use_code(db, login.person, code)
        if refusal:
            _fail(db, login.person.username, source)
        else:
            login.step_up_at = clock.now(db)
    if refusal:
        raise Refused(refusal)


def sign_out(actor: Actor) -> None:
    with transaction() as db:
        login = db.get(Login, actor.login_id)
        if login:
            login.ended_at = clock.now(db)
            live.eject(db, actor.id)


def end_login(actor: Actor, public_id: str) -> None:
    """End one of one's own logins; its sockets go with it."""
    with transaction() as db:
        access.login_to_end(db, actor, public_id).ended_at = clock.now(db)
        live.eject(db, actor.id)


def _matches(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except VerificationError:
        return False


def _failures(db: Session, username: str, source: str) -> list[datetime]:
    return list(
        db.scalars(
            select(Failure.at).where(
                Failure.username == username.lower()[:60], Failure.source == source
            )
        )
    )


def _fail(db: Session, username: str, source: str) -> None:
    db.add(Failure(username=username.lower()[:60], source=source, at=clock.now(db)))


def _use_code(db: Session, person: Person, code: str) -> SignInRefusal | None:
    """Take a code once; the row is locked, so of parallel tries one succeeds (AUTH-03)."""
    person = db.get_one(Person, person.id, with_for_update=True, populate_existing=True)
    step = _step_of(_unseal(person), code, int(clock.now(db).timestamp()))
    refusal = rules.totp_refusal(step, person.totp_last_step)
    if refusal is None:
        person.totp_last_step = step
    return refusal


def _step_of(seed: str, code: str, at: int) -> int | None:
    """Which half minute a code is right for: this one or the one before."""
    plain = "".join(code.split())
    totp = pyotp.TOTP(seed)
    steps = (at // rules.TOTP_SECONDS, at // rules.TOTP_SECONDS - 1)
    return next(
        (step for step in steps if secrets.compare_digest(totp.at(step * 30), plain)),
        None,
    )


def _seal(seed: str) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(keys.store().make(TOTP_KEY)).encrypt(nonce, seed.encode(), None)


def _unseal(person: Person) -> str:
    sealed = person.totp_sealed
    if sealed is None:
        raise NotFound("second factor")
    return AESGCM(keys.store().make(TOTP_KEY)).decrypt(sealed[:12], sealed[12:], None).decode()


# ---- signing keys ----


def enrol_device(actor: Actor, csr: bytes, label: str) -> str:
    """Ask for a certificate for the key this browser has made; a secretary confirms it."""
    actor.must(Permission.DEVICE_ENROL)
    try:
        key_id = hashlib.sha256(pades.read_request(csr)).hexdigest()
    except pades.NotP256:
        raise Refused(DeviceRefusal.NOT_P256) from None
    except pades.WrongRequest:
        raise Refused(DeviceRefusal.NO_POSSESSION) from None
    with transaction() as db:
        if db.scalar(select(Device).where(Device.key_id == key_id)):
            raise Refused(DeviceRefusal.ALREADY_KNOWN)
        device = Device(
            public_id=secrets.token_hex(8),
            person_id=actor.id,
            label=label,
            key_id=key_id,
            csr=csr,
            state=DeviceState.PENDING,
            asked_at=clock.now(db),
        )
        db.add(device)
        secretaries = [each.person_id for each in queries.persons_with(db, Role.SECRETARY)]
        outbox.notify(db, secretaries, "device_asked", "/devices/pending", who=actor.office)
    return device.public_id


def confirm_device(actor: Actor, public_id: str, settings: Settings) -> None:
    """A secretary who has seen the member confirms their key; it is certified (AUTH-09)."""
    with transaction() as db:
        device = access.device_to_confirm(db, actor, public_id)
        if device.person_id == actor.id:
            raise Refused(DeviceRefusal.OWN_REQUEST)
        if device.state != DeviceState.PENDING:
            raise Refused(DeviceRefusal.NOT_PENDING)
        now = clock.now(db)
        member = queries.holder_names(db, [device.person_id])[device.person_id]
        certificate = pades.certify(db, device.csr, member.office)
        device.certificate = certificate.public_bytes(serialization.Encoding.DER)
        device.serial = f"{certificate.serial_number:x}"
        device.state = DeviceState.ACTIVE
        device.confirmed_at, device.confirmed_by = now, actor.id
        device.usable_from = now + timedelta(seconds=settings.key_waiting_seconds)
        body = {
            "member": device.person_id,
            "key_id": device.key_id,
            "certificate_sha256": hashlib.sha256(device.certificate).hexdigest(),
            "confirmed_by": actor.id,
            "usable_from": device.usable_from.isoformat(),
        }
        ledger.append(db, "key_enrolled", body, _remember_leaf(device))
        outbox.notify(db, device.person_id, "device_confirmed", "/devices", label=device.label)


def revoke_device(actor: Actor, public_id: str) -> None:
    """End a signing key at once: its owner, a secretary or the administrator."""
    with transaction() as db:
        device = access.device_to_revoke(db, actor, public_id)
        if device.state == DeviceState.REVOKED:
            raise Refused(DeviceRefusal.ALREADY_REVOKED)
        device.state = DeviceState.REVOKED
        device.revoked_at = clock.now(db)
        body = {"member": device.person_id, "key_id": device.key_id, "revoked_by": actor.id}
        ledger.append(db, "key_revoked", body)
        outbox.notify(db, device.person_id, "device_revoked", "/devices", label=device.label)


def _remember_leaf(device: Device) -> Callable[[int], None]:
    def remember(position: int) -> None:
        device.enrolled_leaf = position

    return remember


# ---- building a cabinet (the demo and, later, the administrator's import) ----


def add_agency(db: Session, slug: str, name: str, short_name: str) -> Agency:
    agency = Agency(slug=slug, name=name, short_name=short_name)
    db.add(agency)
    db.flush()
    return agency


def add_office(
    db: Session, title: str, role: Role, order: int, agency: Agency | None = None
) -> Office:
    """An office; whether it has a vote follows from its role (rulebook: Who counts)."""
    is_member = role in (Role.PRIME_MINISTER, Role.DEPUTY_PM, Role.MEMBER)
    office = Office(
        title=title, role=role, is_member=is_member, protocol_order=order, agency=agency
    )
    db.add(office)
    db.flush()
    return office


def add_person(
    db: Session, name: str, username: str, password: str, totp_seed: str, hashed: str = ""
) -> Person:
    """Somebody new; `hashed` spares the hashing of a password that was hashed before."""
    person = Person(
        name=name,
        username=username,
        password_hash=hashed or HASHER.hash(password),
        totp_sealed=_seal(totp_seed),
    )
    db.add(person)
    db.flush()
    return person


def appoint(
    db: Session, person: Person, office: Office, starts: date, ends: date | None = None
) -> Term:
    """Put a person into an office from a day on."""
    term = Term(person_id=person.id, office_id=office.id, starts=starts, ends=ends)
    db.add(term)
    db.flush()
    return term


def current_step(db: Session, person_id: int) -> int | None:
    """The half minute of the last code a person used; what a waiting screen counts from."""
    with reading() as _:
        return db.get_one(Person, person_id).totp_last_step
