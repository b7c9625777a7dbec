"""Signing keys of members: asked for, confirmed by a secretary, revoked."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta

from cryptography.hazmat.primitives import serialization
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ecabinet import clock, ledger, outbox, pades
from ecabinet.access import Actor, Permission, Role
from ecabinet.db import transaction
from ecabinet.errors import Refused
from ecabinet.settings import Settings
from people import access, queries
from people.models import Device, DeviceState
from people.rules import DeviceRefusal


def enrol_device(actor: Actor, csr: bytes, label: str) -> str:
    """Ask for a certificate for the key this browser has made; a secretary confirms it."""
    actor.must(Permission.DEVICE_ENROL)
    try:
        key_id = hashlib.sha256(pades.read_request(csr)).hexdigest()
    except pades.NotP256:
        raise Refused(DeviceRefusal.NOT_P256) from None
    except pades.WrongRequest:
        raise Refused(DeviceRefusal.NO_POSSESSION) from None
    try:
        return _keep(actor, csr, key_id, label)
    except IntegrityError:
        raise Refused(DeviceRefusal.ALREADY_KNOWN) from None


def _keep(actor: Actor, csr: bytes, key_id: str, label: str) -> str:
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
        member = queries.holder_names(db, [device.person_id]).get(device.person_id)
        if device.state != DeviceState.PENDING or member is None or not member.is_member:
            raise Refused(DeviceRefusal.NOT_PENDING)
        now = clock.now(db)
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
        # A request that nobody confirmed never was a key; taking it back is no official act.
        if device.certificate is not None:
            body = {"member": device.person_id, "key_id": device.key_id, "revoked_by": actor.id}
            ledger.append(db, "key_revoked", body)
        outbox.notify(db, device.person_id, "device_revoked", "/devices", label=device.label)


def _remember_leaf(device: Device) -> Callable[[int], None]:
    def remember(position: int) -> None:
        device.enrolled_leaf = position

    return remember
