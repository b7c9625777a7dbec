"""To the office's own provider of accounts, and back (OpenID Connect)."""

from flask import render_template, request
from werkzeug.wrappers import Response

from ecabinet import web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.web import Door, current_actor, form, needs, takes
from people import provider
from people.http.sign_in import next_path
from people.service import outside
from people.service.outside import Answer
from people.service.sign_in import Arrival

door = Door("outside", __name__)

LONGEST = 4_000


@door.post(provider.RETURN_PATH)
@needs(Permission.ANYONE)
@takes("next")
def begin() -> Response:
    return web.see(outside.begin(web.cookie_id(), next_path(), web.settings()))


@door.get(provider.RETURN_PATH)
@needs(Permission.ANYONE)
def come_back() -> str | Response:
    """Does nothing by itself: the page sends on what it was called with, with its token."""
    given = Answer(*(request.args.get(name, "") for name in ("state", "code", "iss")))
    with reading() as db:
        is_link = outside.is_link(db, given.state)
    if not given.code:
        return web.see("/devices" if is_link else "/sign-in", "outside_given_up")
    return render_template("people/outside.html", given=given, is_link=is_link)


@door.post(f"{provider.RETURN_PATH}/finish")
@needs(Permission.ANYONE)
@takes("state", "code", "iss")
def finish() -> Response:
    given, old = _answer(), web.cookie_id()
    with web.new_cookie_if_done() as cookie:
        arrival = Arrival(cookie, web.browser(), web.source())
        path = outside.sign_in_by(given, old, arrival, web.settings())
    return web.see(web.own_path(path))


@door.post(f"{provider.RETURN_PATH}/ended")
@web.signed_by_its_sender
@needs(Permission.ANYONE)
@takes("logout_token")
def ended() -> str:
    """Back-channel logout: the provider's own server, and no browser of ours, says this."""
    outside.end(form("logout_token", limit=LONGEST), web.settings())
    return ""


@door.get(provider.LEFT_PATH)
@needs(Permission.ANYONE)
def left() -> Response:
    """Where the provider sends back whoever has signed out there."""
    if web.actor_or_none() is not None:
        return web.see("/")
    return web.see("/sign-in", "signed_out_there")


@door.post("/outside-account")
@needs(Permission.SIGNED_IN)
def begin_link() -> Response:
    return web.see(outside.begin_link(current_actor(), web.settings()))


@door.post("/outside-account/finish")
@needs(Permission.SIGNED_IN)
@takes("state", "code", "iss")
def link() -> Response:
    outside.link(current_actor(), _answer(), web.settings())
    return web.see("/devices", "outside_linked")


@door.post("/outside-account/end")
@needs(Permission.SIGNED_IN)
def end_link() -> Response:
    outside.end_link(current_actor())
    return web.see("/devices", "outside_ended")


def _answer() -> Answer:
    return Answer(
        form("state", limit=LONGEST),
        form("code", limit=LONGEST),
        form("iss", limit=LONGEST, optional=True),
    )
