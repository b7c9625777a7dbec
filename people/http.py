"""Signing in and out, one's logins, one's signing keys."""

import base64
import binascii

from flask import render_template, request
from werkzeug.wrappers import Response

from ecabinet import clock, web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, form, needs
from people import queries, service

door = Door("people", __name__)

LARGEST_CSR = 2_000


@door.get("/sign-in")
@needs(Permission.ANYONE)
def sign_in() -> str:
    return render_template("people/sign_in.html", next=_next())


@door.post("/sign-in")
@needs(Permission.ANYONE)
def give_password() -> Response:
    """A wrong name and a wrong password get one and the same answer."""
    username, password = form("username", limit=200), _password()
    browser = request.headers.get("User-Agent", "")
    with web.new_cookie_if_done() as cookie:
        service.give_password(username, password, cookie, _source(), browser)
    return web.see(f"/sign-in/code?next={_next()}")


@door.get("/sign-in/code")
@needs(Permission.ANYONE)
def code() -> str:
    return render_template("people/code.html", next=_next())


@door.post("/sign-in/code")
@needs(Permission.ANYONE)
def give_code() -> Response:
    half, given = web.cookie_id(), form("code", limit=20)
    with web.new_cookie_if_done() as cookie:
        service.give_code(half, given, cookie, _source())
    return web.see(_next())


@door.post("/sign-out")
@needs(Permission.SIGNED_IN)
def sign_out() -> Response:
    service.sign_out(current_actor())
    web.renew_cookie()
    response = web.see("/sign-in", "signed_out")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@door.post("/step-up")
@needs(Permission.SIGNED_IN)
def step_up() -> tuple[dict[str, bool], int]:
    service.step_up(current_actor(), form("code", limit=20), _source())
    return {"ok": True}, 200


@door.get("/devices")
@needs(Permission.SIGNED_IN)
def devices() -> str:
    actor = current_actor()
    with reading() as db:
        return render_template(
            "people/devices.html",
            devices=queries.devices_of(db, actor.id),
            logins=queries.logins_of(db, actor.id),
            may_enrol=actor.may(Permission.DEVICE_ENROL),
            moment_now=clock.now(db),
        )


@door.post("/devices")
@needs(Permission.DEVICE_ENROL)
def enrol_device() -> tuple[dict[str, str], int]:
    csr = _base64("csr", LARGEST_CSR)
    return {"id": service.enrol_device(current_actor(), csr, form("label", limit=80))}, 201


@door.get("/devices/pending")
@needs(Permission.DEVICE_CONFIRM)
def pending_devices() -> str:
    with reading() as db:
        return render_template("people/pending.html", devices=queries.devices_pending(db))


@door.post("/devices/<public_id>/confirm")
@needs(Permission.DEVICE_CONFIRM)
def confirm_device(public_id: str) -> Response:
    service.confirm_device(current_actor(), public_id, web.settings())
    return web.see("/devices/pending", "device_confirmed")


@door.post("/devices/<public_id>/revoke")
@needs(Permission.SIGNED_IN)
def revoke_device(public_id: str) -> Response:
    service.revoke_device(current_actor(), public_id)
    return web.see("/devices", "device_revoked")


@door.post("/logins/<public_id>/end")
@needs(Permission.SIGNED_IN)
def end_login(public_id: str) -> Response:
    service.end_login(current_actor(), public_id)
    return web.see("/devices", "login_ended")


def _next() -> str:
    return web.own_path(request.values.get("next", "/"))


def _source() -> str:
    return request.remote_addr or ""


def _password() -> str:
    """As typed: a password is never trimmed or folded."""
    password = request.form.get("password", "")
    if not password:
        raise BadInput("password", "is missing")
    return password


def _base64(name: str, largest: int) -> bytes:
    try:
        return base64.b64decode(form(name, limit=largest), validate=True)
    except binascii.Error:
        raise BadInput(name, "is no base64") from None
