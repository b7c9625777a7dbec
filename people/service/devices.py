"""Signing keys of members: asked for, confirmed by a secretary, renewed, tried, revoked."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecabinet import answers, authorities, clock, ledger, outbox, pades
from ecabinet.access import Actor, Permission, Role
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused, StepUpNeeded
from ecabinet.settings import Settings
from people import access, queries, rules
from people.models import DEVICE_CLASS, Device, DeviceState
from people.rules import Ceremony, DeviceRefusal, DeviceStanding
from people.service import challenges
from people.signing import NotProven


def enrol_device(actor: Actor, csr: bytes, label: str) -> str:
    """Ask for a certificate for the key this browser has made; a secretary confirms it."""
    actor.must(Permission.DEVICE_ENROL)
    key_id = _key_of(csr)
    try:
        return _keep(actor, csr, key_id, label)
    except IntegrityError:
        raise Refused(DeviceRefusal.ALREADY_KNOWN) from None


def _key_of(csr: bytes) -> str:
    """What names the key of a request that proves possession of it."""
    try:
        return hashlib.sha256(pades.read_request(csr)).hexdigest()
    except pades.NotP256:
        raise Refused(DeviceRefusal.NOT_P256) from None
    except pades.WrongRequest:
        raise Refused(DeviceRefusal.NO_POSSESSION) from None


def _asked(
    db: Session, actor: Actor, csr: bytes, key_id: str, label: str,
    signature_class: str = DEVICE_CLASS,
) -> Device:  # fmt: skip
    device = Device(
        public_id=secrets.token_hex(8),
        person_id=actor.id,
        label=label,
        key_id=key_id,
        csr=csr,
        state=DeviceState.PENDING,
        signature_class=signature_class,
        asked_at=clock.now(db),
    )
    db.add(device)
    return device


def _keep(
    actor: Actor, csr: bytes, key_id: str, label: str, signature_class: str = DEVICE_CLASS
) -> str:
    with transaction() as db:
        if db.scalar(select(Device).where(Device.key_id == key_id)):
            raise Refused(DeviceRefusal.ALREADY_KNOWN)
        device = _asked(db, actor, csr, key_id, label, signature_class)
        secretaries = [each.person_id for each in queries.persons_with(db, Role.SECRETARY)]
        outbox.notify(db, secretaries, "device_asked", "/devices/pending", who=actor.office)
    return device.public_id


def enrol_certificate(actor: Actor, content: bytes) -> str:
    """Ask for one's own official-duty or token certificate to be registered; a secretary, who has
    seen the member, confirms it as they do a device's key (BAL-04)."""
    actor.must(Permission.DEVICE_ENROL)
    with reading() as db:
        at = clock.now(db)
    try:
        found = authorities.read(content, at)
    except authorities.NotOfThem:
        raise Refused(DeviceRefusal.NOT_CERTIFIED) from None
    if not rules.names(found.name, actor.name):
        raise Refused(DeviceRefusal.OTHER_NAME)
    key_id = hashlib.sha256(found.key).hexdigest()
    try:
        return _keep(actor, found.der, key_id, found.name[:LONGEST_LABEL], found.signature_class)
    except IntegrityError:
        raise Refused(DeviceRefusal.ALREADY_KNOWN) from None


LONGEST_LABEL = 80


def confirm_device(actor: Actor, public_id: str, settings: Settings) -> None:
    """A secretary who has seen the member confirms their key; it is certified (AUTH-09)."""
    with transaction() as db:
        device = access.device_to_confirm(db, actor, public_id)
        if device.person_id == actor.id:
            raise Refused(DeviceRefusal.OWN_REQUEST)
        member = queries.holder_names(db, [device.person_id]).get(device.person_id)
        if device.state != DeviceState.PENDING or member is None or not member.is_member:
            raise Refused(DeviceRefusal.NOT_PENDING)
        waiting = timedelta(seconds=settings.key_waiting_seconds)
        _certify(db, device, member.office, actor.id, waiting, settings)
        body = _certified(device) | {"confirmed_by": actor.id}
        ledger.append(db, "key_enrolled", body, _remember_leaf(device))
        outbox.notify(db, device.person_id, "device_confirmed", "/devices", label=device.label)


def _certify(
    db: Session, device: Device, office: str, by: int, waiting: timedelta, settings: Settings
) -> None:
    now = clock.now(db)
    if device.signature_class == DEVICE_CLASS:
        certificate = pades.certify(db, device.csr, office, settings.key_days)
        device.certificate = certificate.public_bytes(serialization.Encoding.DER)
        device.serial = f"{certificate.serial_number:x}"
        device.ends_at = certificate.not_valid_after_utc
    else:
        try:
            found = authorities.read(device.csr, now)
        except authorities.NotOfThem:
            raise Refused(DeviceRefusal.NOT_CERTIFIED) from None
        device.certificate, device.serial, device.ends_at = found.der, found.serial, found.ends_at
    device.state = DeviceState.ACTIVE
    device.confirmed_at, device.confirmed_by = now, by
    device.usable_from = now + waiting


def _certified(device: Device) -> dict[str, Any]:
    """What the log says of a key that may sign from now on."""
    assert device.certificate is not None
    assert device.usable_from is not None
    return {
        "member": device.person_id,
        "key_id": device.key_id,
        "certificate_sha256": hashlib.sha256(device.certificate).hexdigest(),
        "signature_class": device.signature_class,
        "usable_from": device.usable_from.isoformat(),
    }


# What a key signs in order to make way for another; no ballot and no vote begins so.
RENEWAL = b"ecabinet/key-renewal/v1\0"
TRIAL = b"ecabinet/key-trial/v1\0"


def renew_device(
    actor: Actor, csr: bytes, old_key_id: str, signature: bytes, settings: Settings
) -> str:
    """Certify the key that takes the place of one that still signs: the member alone asks, just
    after showing who they are, and the old key signs the request and ends (AUTH-09)."""
    key_id = _key_of(csr)
    with transaction() as db:
        old = access.device_to_renew(db, actor, old_key_id)
        if known := db.scalar(select(Device).where(Device.key_id == key_id)):
            # The answer was lost on its way: it is given again.
            if known.person_id == actor.id and known.renews == old.key_id:
                return known.public_id
            raise Refused(DeviceRefusal.ALREADY_KNOWN)
        if not queries.has_just_shown(db, actor):
            raise StepUpNeeded
        now = clock.now(db)
        before = timedelta(days=settings.key_renewal_days)
        if old.signature_class != DEVICE_CLASS:
            raise Refused(DeviceRefusal.NOT_RENEWABLE)
        if why := rules.renewal_refusal(queries.standing_of(old, now), old.ends_at, now, before):
            raise Refused(why)
        assert old.certificate is not None
        try:
            answers.signature(old.certificate, RENEWAL + csr, signature)
        except answers.WrongSignature:
            raise Refused(DeviceRefusal.NOT_BY_OLD_KEY) from None
        member = queries.holder_names(db, [actor.id]).get(actor.id)
        if member is None or not member.is_member:
            raise Refused(DeviceRefusal.NOT_RENEWABLE)
        device = _asked(db, actor, csr, key_id, old.label)
        device.renews, device.renewal = old.key_id, signature
        _certify(db, device, member.office, actor.id, timedelta(0), settings)
        old.state, old.revoked_at = DeviceState.REVOKED, now
        body = _certified(device) | {
            "renews": old.key_id,
            "request_sha256": hashlib.sha256(csr).hexdigest(),
            "signature_sha256": hashlib.sha256(signature).hexdigest(),
        }
        ledger.append(db, "key_renewed", body, _remember_leaf(device))
        ended = {"member": actor.id, "key_id": old.key_id, "revoked_by": actor.id}
        ledger.append(db, "key_revoked", ended)
        outbox.notify(db, actor.id, "device_renewed", "/devices", label=device.label)
    return device.public_id


def begin_trial(actor: Actor) -> bytes:
    """What a device signs to show that it can; nothing is decided by it."""
    actor.must(Permission.DEVICE_ENROL)
    challenge = secrets.token_bytes(32)
    with transaction() as db:
        challenges.keep(db, challenge, Ceremony.TRIAL, challenges.holder_of(actor))
    return challenge


def try_device(actor: Actor, key_id: str, challenge: bytes, signature: bytes) -> DeviceStanding:
    """Whether a key of the member's signs, and what it could sign now (AUTH-09)."""
    with transaction() as db:
        device = access.device_to_renew(db, actor, key_id)
        now = clock.now(db)
        try:
            challenges.use(db, challenge, Ceremony.TRIAL, challenges.holder_of(actor))
            if device.signature_class != DEVICE_CLASS:
                raise NotProven("a key that no browser holds")
            if device.certificate is not None:
                answers.signature(device.certificate, TRIAL + challenge, signature)
        except (NotProven, answers.WrongSignature):
            raise Refused(DeviceRefusal.TRIAL_FAILED) from None
        standing = queries.standing_of(device, now)
        if standing is DeviceStanding.ACTIVE:
            device.tried_at = now
        return standing


def warn_of_ends(settings: Settings) -> int:
    """Tell each owner of a key that runs out, and that has run out; how many were told."""
    before = timedelta(days=settings.key_renewal_days)
    with transaction() as db:
        now = clock.now(db)
        ending = queries.devices_that_end(db, now + before)
        told = {
            fact: device
            for device in ending
            if device.ends_at and (end := rules.key_end(device.ends_at, now, before))
            for fact in [f"{end}:{device.public_id}"]
        }
        untold = outbox.untold(db, set(told)) if told else set()
        for fact in sorted(untold):
            device = told[fact]
            assert device.ends_at is not None
            outbox.notify(
                db, device.person_id, fact.partition(":")[0], "/devices", fact,
                label=device.label, signature_class=device.signature_class,
                ends=queries.OFFICE_ZONE.end_words(device.ends_at),
            )  # fmt: skip
    return len(untold)


def revoke_device(actor: Actor, public_id: str) -> None:
    """End a signing key at once: its owner, a secretary or the administrator."""
    with transaction() as db:
        device = access.device_to_revoke(db, actor, public_id)
        if device.state == DeviceState.REVOKED:
            raise Refused(DeviceRefusal.ALREADY_REVOKED)
        device.state = DeviceState.REVOKED
        device.revoked_at = clock.now(db)
        # A request that nobody confirmed never was a key; taking it back is no official act.
        if device.certificate is not None:
            body = {"member": device.person_id, "key_id": device.key_id, "revoked_by": actor.id}
            ledger.append(db, "key_revoked", body)
        outbox.notify(db, device.person_id, "device_revoked", "/devices", label=device.label)


def _remember_leaf(device: Device) -> Callable[[int], None]:
    def remember(position: int) -> None:
        device.enrolled_leaf = position

    return remember
