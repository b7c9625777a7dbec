"""The doors of the offline vault: its two pages, which name nobody, and what fills it."""

import base64
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Response, render_template
from werkzeug.wrappers import Response as AnyResponse

from documents import leases
from documents.http.papers import sent
from documents.leases import Kept, Opened, Reading
from documents.service import OFFICE_ZONE
from ecabinet import clock, web
from ecabinet.access import Permission
from ecabinet.bodies import Body
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, gives_a_file, needs, signed_by_its_sender, takes

door = Door("vault", __name__)

SECRET_LETTERS = 32
MOST = 1_000


@door.get("/vault")
@needs(Permission.ANYONE)
def papers() -> str:
    """The list of what this device keeps; a script fills it from the device."""
    return web.nobodys_page("documents/vault.html")


@door.get("/vault/paper")
@needs(Permission.ANYONE)
def paper() -> str:
    """The reader of a paper that this device keeps; which one, its address says to the script."""
    return web.nobodys_page("documents/kept.html")


@door.get("/vault/mine")
@needs(Permission.PAPER_READ)
def mine() -> dict[str, Any]:
    """Whose login is in force here and unlocked: where there is a line, the server decides.

    With what the vault's pages, which are everybody's, do not hold.
    """
    return {"person": current_actor().id, "csrf": web.csrf_token()}


@door.post("/vault")
@needs(Permission.PAPER_READ)
@takes(body=True)
def open_vault() -> dict[str, Any]:
    """This browser's vault, made anew where it names none."""
    body = Body("vault", "readings", "dropped")
    actor = current_actor()
    if "vault" not in body:
        return _opened(leases.make_vault(actor, web.browser()))
    secret = body.hex("vault", SECRET_LETTERS)
    opened = leases.open_vault(actor, secret, _readings(body), _numbers(body, "dropped"))
    return _opened(opened)


@door.post("/vault/leases")
@needs(Permission.PAPER_READ)
@takes(body=True)
def take() -> dict[str, Any]:
    body = Body("vault", "edition")
    secret = body.hex("vault", SECRET_LETTERS)
    kept = leases.take(current_actor(), secret, body.whole("edition"))
    with reading() as db:
        return _kept(kept, clock.now(db))


@door.get("/leases/<int:lease_id>/file")
@needs(Permission.PAPER_READ)
@gives_a_file(leases.lease_of)
def file(lease_id: int) -> Response:
    return sent(leases.copy(current_actor(), lease_id), f"{lease_id}.pdf")


@door.get("/vaults")
@needs(Permission.PAPER_READ)
def devices() -> str:
    """One's own devices that hold papers, to be taken back from wherever one is."""
    with reading() as db:
        found = leases.devices_of(db, current_actor())
    return render_template("documents/vaults.html", devices=found)


@door.post("/vaults/<int:vault_id>/close")
@needs(Permission.PAPER_READ)
def take_back(vault_id: int) -> AnyResponse:
    leases.take_back(current_actor(), vault_id)
    return web.see("/vaults", "vault_taken_back")


@door.post("/vault/contact")
@signed_by_its_sender
@needs(Permission.ANYONE)
@takes(body=True)
def contact() -> dict[str, bool]:
    """A browser without a login asks whether it may go on keeping what it keeps."""
    body = Body("vault", "emptied")
    secret = body.hex("vault", SECRET_LETTERS)
    return {"stays": leases.may_keep(secret, emptied="emptied" in body)}


def _readings(body: Body) -> list[Reading]:
    """Which edition, how many seconds ago, and so on in turn."""
    said = _numbers(body, "readings")
    return [Reading(edition, ago) for edition, ago in zip(said[::2], said[1::2], strict=False)]


def _numbers(body: Body, name: str) -> list[int]:
    given = body.list(name, MOST) if name in body else []
    if not all(type(each) is int and 0 <= each < 2**31 for each in given):
        raise BadInput(name, "holds what is no whole number")
    return given


def _opened(opened: Opened) -> dict[str, Any]:
    with reading() as db:
        now = clock.now(db)
    return {
        "vault": opened.public_id,
        "half": base64.b64encode(opened.half).decode(),
        "kept": [_kept(each, now) for each in opened.kept],
    }


def _kept(kept: Kept, now: datetime) -> dict[str, Any]:
    """Until when in words, and the seconds that are left: the device counts by its own clock."""
    until = kept.until.astimezone(OFFICE_ZONE)
    left = int((kept.until - now).total_seconds())
    return asdict(kept) | {"until": f"{until:%H:%M, %d/%m/%Y}", "seconds": left}
