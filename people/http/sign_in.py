"""Signing in and out, and showing again who one is."""

from typing import Any
from urllib.parse import quote

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ecabinet import web
from ecabinet.access import Actor, Permission
from ecabinet.bodies import Body, assertion_in_form
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, form, needs, takes
from people import queries
from people.service import confirming, factors, leaving, outside, passkeys
from people.service import sign_in as signing_in

door = Door("people", __name__)


# ---- signing in and out ----


@door.get("/sign-in")
@needs(Permission.ANYONE)
def sign_in() -> str:
    leaving.hear_of(web.cookie_id())
    with reading() as db:
        office_began = queries.ended_as_office_began(db, web.cookie_id())
    return render_template(
        "people/sign_in.html",
        next=next_path(),
        has_provider=bool(web.settings().oidc_issuer),
        office_began=office_began,
    )


@door.post("/sign-in")
@needs(Permission.ANYONE)
@takes("username", "password", "next")
def give_password() -> Response:
    """A wrong name and a wrong password get one and the same answer."""
    username, given, old = form("username", limit=200), password("password"), web.cookie_id()
    with web.new_cookie_if_done() as cookie:
        signing_in.give_password(username, given, old, cookie, web.source(), web.browser())
    return web.see(f"/sign-in/code?next={quote(next_path())}")


@door.get("/sign-in/code")
@needs(Permission.ANYONE)
def code() -> str | Response:
    return _second_step("people/code.html")


@door.post("/sign-in/code")
@needs(Permission.ANYONE)
@takes("code", "next")
def give_code() -> Response:
    half, given = web.cookie_id(), form("code", limit=20)
    with web.new_cookie_if_done() as cookie:
        signing_in.give_code(half, given, cookie, web.source())
    return web.see(next_path())


@door.get("/sign-in/recovery")
@needs(Permission.ANYONE)
def recovery() -> str | Response:
    return _second_step("people/recovery.html")


@door.post("/sign-in/recovery")
@needs(Permission.ANYONE)
@takes("code", "next")
def give_recovery_code() -> Response:
    """Whoever had to use paper has lost their phone: they set up another first."""
    half, given = web.cookie_id(), form("code", limit=40)
    with web.new_cookie_if_done() as cookie:
        factors.give_recovery_code(half, given, cookie, web.source())
    return web.see("/authenticator")


@door.post("/sign-in/passkey/options")
@needs(Permission.ANYONE)
def passkey_options() -> dict[str, Any]:
    return passkeys.sign_in_options(web.cookie_id(), web.settings())


@door.post("/sign-in/passkey")
@needs(Permission.ANYONE)
@takes(body=True)
def sign_in_by_passkey() -> dict[str, str]:
    body, old = Body("answer", "next"), web.cookie_id()
    answer, wanted = body.object("answer"), body.text("next")
    with web.new_cookie_if_done() as cookie:
        passkeys.sign_in_by(answer, old, cookie, web.browser(), web.source(), web.settings())
    return {"to": web.own_path(wanted)}


@door.post("/sign-out")
@needs(Permission.SIGNED_IN)
def sign_out() -> Response:
    actor = current_actor()
    token = outside.token_of(actor)
    signing_in.sign_out(actor)
    web.renew_cookie()
    response = _signed_out(token)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _signed_out(token: str | None) -> Response:
    """On to where one signs out at the provider as well, or a word that this is left to do."""
    if token is None:
        return web.see("/sign-in", "signed_out")
    if address := outside.way_out(token, web.settings()):
        return web.see(address)
    return web.see("/sign-in", "signed_out_here")


@door.post("/step-up")
@needs(Permission.SIGNED_IN)
@takes("code")
def step_up() -> dict[str, bool]:
    actor, given = current_actor(), form("code", limit=20)
    with web.new_cookie_if_done() as cookie:
        signing_in.step_up(actor, given, cookie, web.source())
    return {"ok": True}


@door.post("/step-up/options")
@needs(Permission.SIGNED_IN)
@takes(body=True)
def act_options() -> dict[str, Any]:
    body = Body("path", "fields")
    path, fields = body.text("path"), body.object("fields")
    if not all(isinstance(each, str) for each in fields.values()):
        raise BadInput("fields", "are not texts")
    return {"options": confirming.options(current_actor(), path, fields, web.settings())}


def confirm(db: Session, actor: Actor) -> None:
    """What `web.confirmed` asks: the act is this request, its token and the answer itself aside."""
    own = (web.TOKEN, web.PROOF)
    fields = {name: value for name, value in request.form.items() if name not in own}
    assertion = assertion_in_form()
    confirming.confirm(db, actor, request.path, fields, assertion, web.settings())


# ---- parts of a request ----


def _second_step(template: str) -> str | Response:
    """A page for whoever has given a password in this browser; others begin at the beginning."""
    with reading() as db:
        login = queries.half_login(db, web.cookie_id())
    if login is None:
        return redirect(f"/sign-in?next={quote(next_path())}")
    return render_template(template, next=next_path(), username=login.person.username)


def next_path() -> str:
    return web.own_path(request.values.get("next") or "/")


def password(field: str) -> str:
    """As typed: a password is never trimmed or folded."""
    given = request.form.get(field, "")
    if not given:
        raise BadInput(field, "is missing")
    return given
