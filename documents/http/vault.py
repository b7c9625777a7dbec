"""The doors of the offline vault: its two pages, which name nobody, and what fills it."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Response, render_template, stream_with_context
from werkzeug.wrappers import Response as AnyResponse

from documents import leases
from documents.http.notes import notes_told
from documents.http.papers import FILE_HEADERS
from documents.leases import Kept, Opened, Reading, Taken
from documents.notes import carrying
from documents.notes.reading import Notes
from documents.service import OFFICE_ZONE
from ecabinet import clock, web
from ecabinet.access import Actor, Permission
from ecabinet.bodies import Body
from ecabinet.db import reading
from ecabinet.errors import BadInput, CabinetError, NotFound, Refused, Removed, TooMany
from ecabinet.storage import Damaged
from ecabinet.web import (
    Door,
    current_actor,
    needs,
    refusal_told,
    signed_by_its_sender,
    takes,
)

log = structlog.get_logger()
door = Door("vault", __name__)

SECRET_LETTERS = 32
MOST = 1_000
LENGTH_BYTES = 4
NO_NOTES = Notes(0, [], [])
# How often it is asked whether papers may still go into a vault that are on their way to it.
LOOK_SECONDS = 1.0


class Ways:
    """To how many devices one process gives papers at once, which has three times as many threads:
    a hall that takes its papers along leaves room for those who vote, and no login fills it alone.
    A device that has taken nothing for a minute is thought to be gone, and stands in no other's
    way."""

    def __init__(
        self, most: int = 48, each: int = 3, silent: float = 60.0, again_seconds: int = 3
    ) -> None:
        self._most, self._each, self._silent = most, each, silent
        self._again_seconds = again_seconds
        self._lock = threading.Lock()
        self._taken: dict[object, tuple[int | None, float]] = {}

    @contextmanager
    def one(self, login: int | None) -> Iterator[Callable[[], None]]:
        """A way, and what is called whenever something went by it; TooMany where there is none."""
        way = object()

        def goes_on() -> None:
            with self._lock:
                self._taken[way] = login, time.monotonic()

        with self._lock:
            since = time.monotonic() - self._silent
            going = [whose for whose, at in self._taken.values() if at >= since]
            if len(going) >= self._most or going.count(login) >= self._each:
                raise TooMany(self._again_seconds)
            self._taken[way] = login, time.monotonic()
        try:
            yield goes_on
        finally:
            with self._lock:
                del self._taken[way]


_ways = Ways()


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
def take() -> Response:
    """Papers into a vault, one after another in one answer. Of each there is said first what it is,
    in JSON, after the number of its bytes (4 bytes, the highest first); then comes its marked copy,
    `size` bytes. Of one that is refused there is said why, and nothing comes."""
    body = Body("vault", "editions")
    secret = body.hex("vault", SECRET_LETTERS)
    asked = list(dict.fromkeys(_numbers(body, "editions")))
    if not asked:
        raise BadInput("editions", "names none")
    actor = current_actor()
    with ExitStack() as way:
        goes_on = way.enter_context(_ways.one(actor.login_id))
        taken = leases.take(actor, secret, asked)
        parts = _parts(actor, secret, taken, way.pop_all(), goes_on)
    # Begun: one that never was would end without leaving its way to the next.
    next(parts)
    answer = Response(
        stream_with_context(parts), mimetype="application/octet-stream", headers=FILE_HEADERS
    )
    answer.headers["Accept-Ranges"] = "none"
    return answer


def _parts(
    actor: Actor,
    secret: str,
    taken: list[tuple[int, Taken | CabinetError]],
    way: AbstractContextManager[object],
    goes_on: Callable[[], None],
) -> Iterator[bytes]:
    with way:
        yield b""
        with reading() as db:
            began = clock.now(db)
        at = time.monotonic()
        look = _Look(actor, secret, [number for number, _ in taken])
        for number, each in taken:
            if isinstance(each, CabinetError):
                yield _said(_refused(number, each))
                continue
            try:
                actor = look.at(number)
                found = carrying.on_edition(actor, number) if number in look.noted else NO_NOTES
                content = each.copy.stream(0, each.copy.size)
                # With the first part: a file that does not open is refused alone.
                first = next(content, b"")
            except (NotFound, Refused, Removed) as refusal:
                yield _said(_refused(number, refusal))
                continue
            except Damaged as fault:
                log.error("a paper that is taken along is damaged", fault=str(fault))
                yield _said(_refused(number, CabinetError()))
                continue
            kept = _kept(each.kept, began + timedelta(seconds=time.monotonic() - at))
            yield _said(kept | {"notes": notes_told(found)})
            yield first
            goes_on()
            for part in content:
                try:
                    look.at(number)
                except (NotFound, Refused, Removed):
                    # In the middle of a paper nothing can be said: the device finds it cut.
                    return
                yield part
                goes_on()


class _Look:
    """Each second it is asked anew whether papers may still go where they are going, and on which
    of them there are notes."""

    def __init__(self, actor: Actor, secret: str, editions: list[int]) -> None:
        self._actor, self._secret, self._editions = actor, secret, editions
        self._look()

    def at(self, edition_id: int) -> Actor:
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._actor = leases.still_reads(self._actor, self._secret, edition_id)
            self._look()
        return self._actor

    def _look(self) -> None:
        self.noted = carrying.with_notes(self._actor, self._editions)
        self._looked = time.monotonic()


def _said(of_one: dict[str, Any]) -> bytes:
    said = json.dumps(of_one).encode()
    return len(said).to_bytes(LENGTH_BYTES, "big") + said


def _refused(edition_id: int, refusal: CabinetError) -> dict[str, Any]:
    return {"edition_id": edition_id, "refused": refusal_told(refusal)}


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
    return vars(kept) | {"until": f"{until:%H:%M, %d/%m/%Y}", "seconds": left}
