"""Signing in and out, one's logins, passkeys and signing keys."""

import base64
import binascii
from typing import Any
from urllib.parse import quote

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from ecabinet import web
from ecabinet.access import Permission
from ecabinet.bodies import Body
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, form, needs
from people import queries
from people.rules import DeviceStanding
from people.service import devices as signing_keys
from people.service import leaving, passkeys
from people.service import sign_in as signing_in

door = Door("people", __name__)

LARGEST_CSR = 2_000
LONGEST_LABEL = 80


# ---- signing in and out ----


@door.get("/sign-in")
@needs(Permission.ANYONE)
def sign_in() -> str:
    leaving.hear_of(web.cookie_id())
    return render_template("people/sign_in.html", next=_next())


@door.post("/sign-in")
@needs(Permission.ANYONE)
def give_password() -> Response:
    """A wrong name and a wrong password get one and the same answer."""
    username, password, old = form("username", limit=200), _password(), web.cookie_id()
    with web.new_cookie_if_done() as cookie:
        signing_in.give_password(username, password, old, cookie, _source(), _browser())
    return web.see(f"/sign-in/code?next={quote(_next())}")


@door.get("/sign-in/code")
@needs(Permission.ANYONE)
def code() -> str | Response:
    with reading() as db:
        username = queries.username_of_half(db, web.cookie_id())
    if username is None:
        return redirect(f"/sign-in?next={quote(_next())}")
    return render_template("people/code.html", next=_next(), username=username)


@door.post("/sign-in/code")
@needs(Permission.ANYONE)
def give_code() -> Response:
    half, given = web.cookie_id(), form("code", limit=20)
    with web.new_cookie_if_done() as cookie:
        signing_in.give_code(half, given, cookie, _source())
    return web.see(_next())


@door.post("/sign-in/passkey/options")
@needs(Permission.ANYONE)
def passkey_options() -> dict[str, Any]:
    return passkeys.sign_in_options(web.cookie_id(), web.settings())


@door.post("/sign-in/passkey")
@needs(Permission.ANYONE)
def sign_in_by_passkey() -> dict[str, str]:
    body, old = Body("answer", "next"), web.cookie_id()
    answer, wanted = body.object("answer"), body.text("next")
    with web.new_cookie_if_done() as cookie:
        passkeys.sign_in_by(answer, old, cookie, _browser(), web.settings())
    return {"to": web.own_path(wanted)}


@door.post("/sign-out")
@needs(Permission.SIGNED_IN)
def sign_out() -> Response:
    signing_in.sign_out(current_actor())
    web.renew_cookie()
    response = web.see("/sign-in", "signed_out")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@door.post("/step-up")
@needs(Permission.SIGNED_IN)
def step_up() -> dict[str, bool]:
    signing_in.step_up(current_actor(), form("code", limit=20), _source())
    return {"ok": True}


# ---- one's keys and logins ----


@door.get("/devices")
@needs(Permission.SIGNED_IN)
def devices() -> str:
    actor = current_actor()
    with reading() as db:
        return render_template(
            "people/devices.html",
            devices=queries.devices_of(db, actor.id),
            passkeys=queries.passkeys_of(db, actor.id),
            logins=queries.logins_of(db, actor),
            may_enrol=actor.may(Permission.DEVICE_ENROL),
            waiting_hours=web.settings().key_waiting_seconds // 3600,
        )


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
def enrol_device() -> tuple[dict[str, str], int]:
    csr, label = _base64("csr", LARGEST_CSR), form("label", limit=LONGEST_LABEL)
    return {"id": signing_keys.enrol_device(current_actor(), csr, label)}, 201


@door.get("/devices/pending")
@needs(Permission.DEVICE_CONFIRM)
def pending_devices() -> str:
    with reading() as db:
        return render_template("people/pending.html", devices=queries.devices_pending(db))


@door.post("/devices/<public_id>/confirm")
@needs(Permission.DEVICE_CONFIRM)
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


# ---- parts of a request ----


def _next() -> str:
    return web.own_path(request.values.get("next") or "/")


def _source() -> str:
    return request.remote_addr or ""


def _browser() -> str:
    return request.headers.get("User-Agent", "")


def _password() -> str:
    """As typed: a password is never trimmed or folded."""
    password = request.form.get("password", "")
    if not password:
        raise BadInput("password", "is missing")
    return password


def _base64(name: str, largest: int) -> bytes:
    try:
        return base64.b64decode(form(name, limit=largest), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(name, "is no base64") from None
