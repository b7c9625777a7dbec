"""One's own account: password, codes, passkeys, signing keys, and where one is signed in."""

import base64
import binascii
from datetime import timedelta
from typing import Any

from flask import render_template, request
from werkzeug.wrappers import Response

from ecabinet import authorities, clock, web
from ecabinet.access import Permission
from ecabinet.bodies import Body
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, form, needs, takes
from people import queries, rules, signing
from people.http.sign_in import password
from people.rules import DeviceStanding
from people.service import devices as signing_keys
from people.service import factors, passkeys, passwords
from people.service import sign_in as signing_in

door = Door("account", __name__)

LARGEST_CSR = 2_000
LONGEST_LABEL = 80
# 64 bytes, in base64.
LONGEST_SIGNATURE = 88
LARGEST_CERTIFICATE = 20_000


@door.get("/devices")
@needs(Permission.SIGNED_IN)
def devices() -> str:
    actor = current_actor()
    with reading() as db:
        return render_template(
            "people/devices.html",
            account=queries.account(db, actor.id),
            devices=queries.devices_of(db, actor.id),
            passkeys=queries.passkeys_of(db, actor.id),
            logins=queries.logins_of(db, actor),
            outside=queries.outside_accounts_of(db, actor.id),
            has_provider=bool(web.settings().oidc_issuer),
            may_enrol=actor.may(Permission.DEVICE_ENROL),
            waiting_hours=web.settings().key_waiting_seconds // 3600,
            takes_certificates=bool(authorities.pinned()),
            renewable=queries.renewable(db, actor.id, _warned_before()),
        )


def _warned_before() -> timedelta:
    """How long before its end a key's owner is told of it."""
    return timedelta(days=web.settings().key_renewal_days)


@door.get("/devices/mine.json")
@needs(Permission.SIGNED_IN)
def my_devices() -> dict[str, Any]:
    """Which of the actor's keys can sign now, and how each of them stands."""
    actor = current_actor()
    with reading() as db:
        mine = queries.devices_of(db, actor.id)
    return {
        "active": [each.key_id for each in mine if each.standing is DeviceStanding.ACTIVE],
        "keys": [{"key_id": each.key_id, "standing": each.standing} for each in mine],
    }


@door.post("/devices")
@needs(Permission.DEVICE_ENROL)
@takes("csr", "label")
def enrol_device() -> tuple[dict[str, str], int]:
    csr, label = _base64("csr", LARGEST_CSR), form("label", limit=LONGEST_LABEL)
    return {"id": signing_keys.enrol_device(current_actor(), csr, label)}, 201


@door.post("/devices/renew")
@needs(Permission.DEVICE_ENROL)
@takes("csr", "old", "signature")
def renew_device() -> tuple[dict[str, str], int]:
    csr, signature = _base64("csr", LARGEST_CSR), _base64("signature", LONGEST_SIGNATURE)
    made = signing_keys.renew_device(
        current_actor(), csr, form("old", limit=64), signature, web.settings()
    )
    return {"id": made}, 201


@door.post("/devices/trial/options")
@needs(Permission.DEVICE_ENROL)
def begin_trial() -> dict[str, str]:
    return {"challenge": base64.b64encode(signing_keys.begin_trial(current_actor())).decode()}


@door.post("/devices/trial")
@needs(Permission.DEVICE_ENROL)
@takes("key_id", "challenge", "signature")
def try_device() -> dict[str, Any]:
    """How a key stands that has just signed on this device."""
    challenge, signature = (
        _base64("challenge", LONGEST_SIGNATURE),
        _base64("signature", LONGEST_SIGNATURE),
    )
    key_id = form("key_id", limit=64)
    return {"standing": signing_keys.try_device(current_actor(), key_id, challenge, signature)}


@door.post("/devices/certificate")
@needs(Permission.DEVICE_ENROL)
@takes("file")
def enrol_certificate() -> Response:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise BadInput("file", "is missing")
    content = sent.stream.read(LARGEST_CERTIFICATE + 1)
    if len(content) > LARGEST_CERTIFICATE:
        raise BadInput("file", "is too large")
    signing_keys.enrol_certificate(current_actor(), content)
    return web.see("/devices", "certificate_asked")


@door.get("/devices/pending")
@needs(Permission.DEVICE_CONFIRM)
def pending_devices() -> str:
    with reading() as db:
        ending = queries.devices_that_end(db, clock.now(db) + _warned_before())
        return render_template(
            "people/pending.html", devices=queries.devices_pending(db), ending=ending
        )


@door.post("/devices/<public_id>/confirm")
@needs(Permission.DEVICE_CONFIRM)
@takes("met")
def confirm_device(public_id: str) -> Response:
    form("met")
    signing_keys.confirm_device(current_actor(), public_id, web.settings())
    return web.see("/devices/pending", "device_confirmed")


@door.post("/devices/<public_id>/revoke")
@needs(Permission.SIGNED_IN)
def revoke_device(public_id: str) -> Response:
    signing_keys.revoke_device(current_actor(), public_id)
    return web.see("/devices", "device_revoked")


@door.post("/passkeys/options")
@needs(Permission.SIGNED_IN)
def registration_options() -> dict[str, Any]:
    return passkeys.registration_options(current_actor(), web.settings())


@door.post("/passkeys")
@needs(Permission.SIGNED_IN)
@takes(body=True)
def register_passkey() -> tuple[dict[str, str], int]:
    body = Body("answer", "label")
    label = web.shown(body.text("label"))[:LONGEST_LABEL]
    if not label:
        raise BadInput("label", "is missing")
    made = passkeys.register(current_actor(), body.object("answer"), label, web.settings())
    return {"id": made}, 201


@door.post("/passkeys/<public_id>/end")
@needs(Permission.SIGNED_IN)
def end_passkey(public_id: str) -> Response:
    passkeys.end(current_actor(), public_id)
    return web.see("/devices", "passkey_ended")


@door.post("/logins/<public_id>/end")
@needs(Permission.SIGNED_IN)
def end_login(public_id: str) -> Response:
    signing_in.end_login(current_actor(), public_id)
    return web.see("/devices", "login_ended")


@door.post("/logins/<public_id>/disown")
@needs(Permission.SIGNED_IN)
def disown_login(public_id: str) -> Response:
    signing_in.disown(current_actor(), public_id)
    return web.see("/password", "login_disowned")


# ---- password and codes ----


@door.get("/password")
@needs(Permission.SIGNED_IN)
def change_password() -> str:
    actor = current_actor()
    with reading() as db:
        return render_template(
            "people/password.html",
            account=queries.account(db, actor.id),
            username=queries.username(db, actor.id),
            shortest=rules.SHORTEST_PASSWORD,
        )


@door.post("/password")
@needs(Permission.SIGNED_IN)
@takes("old", "new", "again")
def set_password() -> Response:
    old, new = password("old"), password("new")
    if password("again") != new:
        raise BadInput("again", "is not the same")
    actor = current_actor()
    with web.new_cookie_if_done() as cookie:
        passwords.change(actor, old, new, cookie, web.source(), web.settings())
    return web.see("/devices", "password_changed")


@door.get("/recovery-codes")
@needs(Permission.SIGNED_IN)
def recovery_codes() -> str:
    return _recovery_page([])


@door.post("/recovery-codes")
@needs(Permission.SIGNED_IN)
def make_recovery_codes() -> str:
    """Answered by the page itself, not sent on: the codes are shown this once and kept nowhere."""
    return _recovery_page(factors.make_recovery_codes(current_actor()))


def _recovery_page(codes: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        return render_template(
            "people/recovery_codes.html",
            codes=codes,
            account=queries.account(db, actor.id),
            has_just_shown=queries.has_just_shown(db, actor),
        )


@door.get("/authenticator")
@needs(Permission.SIGNED_IN)
def authenticator() -> str:
    """The picture that an application of codes reads, drawn here; nobody else is asked."""
    actor = current_actor()
    with reading() as db:
        account = queries.account(db, actor.id)
        if not queries.has_just_shown(db, actor):
            return render_template("people/authenticator.html", seed="", account=account)
        username = queries.username(db, actor.id)
    seed = factors.offer_seed(actor)
    address = signing.seed_address(seed, username, web.settings().cabinet_name)
    return render_template(
        "people/authenticator.html",
        seed=seed,
        picture=web.qr(address),
        address=address,
        account=account,
    )


@door.post("/authenticator")
@needs(Permission.SIGNED_IN)
@takes("code")
def take_authenticator() -> Response:
    actor, given = current_actor(), form("code", limit=20)
    with web.new_cookie_if_done() as cookie:
        factors.take_seed(actor, given, cookie, web.source())
    return web.see("/devices", "totp_changed")


# ---- parts of a request ----


def _base64(name: str, largest: int) -> bytes:
    try:
        return base64.b64decode(form(name, limit=largest), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(name, "is no base64") from None
