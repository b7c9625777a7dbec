"""Inviting somebody, and following an invitation."""

from typing import Any

from flask import render_template
from werkzeug.wrappers import Response

from ecabinet import web
from ecabinet.access import Permission
from ecabinet.bodies import Body
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, form, needs, takes
from people import rules, signing
from people.http import directory
from people.http.account import LONGEST_LABEL
from people.http.sign_in import password
from people.service import invitations
from people.service.sign_in import Arrival

door = Door("invitations", __name__)


# ---- the administrator's part ----


@door.post("/persons/<int:person_id>/invitation")
@needs(Permission.ACCOUNT_MANAGE)
def invite(person_id: int) -> str:
    """Answered by the page itself: the link is shown this once and kept nowhere."""
    link = invitations.invite(current_actor(), person_id, web.settings())
    minutes = web.settings().invitation_minutes
    return directory.page_of(person_id, link, web.qr(link), minutes)


@door.get("/persons/<int:person_id>/invitation")
@needs(Permission.ACCOUNT_MANAGE)
def invited(person_id: int) -> Response:
    """Where a reload of that page leads: the link is not shown again."""
    return web.see(f"/persons/{person_id}")


@door.post("/persons/<int:person_id>/reset")
@needs(Permission.ACCOUNT_MANAGE)
def reset(person_id: int) -> Response:
    return directory.asked(invitations.ask_to_reset(current_actor(), person_id))


@door.post("/persons/<int:person_id>/unlock")
@needs(Permission.ACCOUNT_MANAGE)
def unlock(person_id: int) -> Response:
    return directory.asked(invitations.ask_to_unlock(current_actor(), person_id))


# ---- the part of whoever was invited ----


@door.get("/invitation/<token>")
@needs(Permission.ANYONE)
def invitation(token: str) -> str:
    welcome = invitations.read(token, web.settings())
    address = signing.seed_address(welcome.seed, welcome.username, web.settings().cabinet_name)
    return render_template(
        "people/invitation.html",
        welcome=welcome,
        token=token,
        picture=web.qr(address),
        address=address,
        shortest=rules.SHORTEST_PASSWORD,
    )


@door.post("/invitation/<token>")
@needs(Permission.ANYONE)
@takes("new", "again", "code")
def accept_by_password(token: str) -> Response:
    new, code = password("new"), form("code", limit=20)
    if password("again") != new:
        raise BadInput("again", "is not the same")
    with web.new_cookie_if_done() as cookie:
        invitations.accept_by_password(token, new, code, _arrival(cookie), web.settings())
    return web.see("/recovery-codes", "account_begun")


@door.post("/invitation/<token>/passkey/options")
@needs(Permission.ANYONE)
def passkey_options(token: str) -> dict[str, Any]:
    return invitations.passkey_options(token, web.settings())


@door.post("/invitation/<token>/passkey")
@needs(Permission.ANYONE)
@takes(body=True)
def accept_by_passkey(token: str) -> dict[str, str]:
    body = Body("answer", "label")
    answer, label = body.object("answer"), web.shown(body.text("label"))[:LONGEST_LABEL]
    with web.new_cookie_if_done() as cookie:
        invitations.accept_by_passkey(token, answer, label, _arrival(cookie), web.settings())
    return {"to": "/devices"}


def _arrival(cookie: str) -> Arrival:
    return Arrival(cookie, web.browser(), web.source())
