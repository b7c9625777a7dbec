"""A reader's own notes, as their page saves and asks for them."""

from dataclasses import asdict
from typing import Any

from flask import Response

from documents import noting
from documents.notes import carrying, exporting, keeping, sharing
from documents.notes.reading import Notes, NoteView
from ecabinet import web
from ecabinet.access import Permission
from ecabinet.bodies import Body
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, needs, takes

door = Door("notes", __name__)

MOST_ADVISERS = 50

# Whoever may not read the edition is told that there is nothing: the loader decides.


@door.get("/editions/<int:edition_id>/notes")
@needs(Permission.SIGNED_IN)
def own(edition_id: int) -> dict[str, Any]:
    since = web.asked_number("since") or 0
    return notes_told(carrying.on_edition(current_actor(), edition_id, since))


@door.post("/editions/<int:edition_id>/notes")
@needs(Permission.SIGNED_IN)
@takes(body=True)
def keep(edition_id: int) -> dict[str, Any]:
    body = Body("notes", "since")
    sent = body.list("notes", noting.MOST_AT_ONCE)
    return notes_told(keeping.keep(current_actor(), edition_id, sent, body.whole("since")))


@door.post("/editions/<int:edition_id>/notes/<note_id>/place")
@needs(Permission.SIGNED_IN)
@takes(body=True)
def settle(edition_id: int, note_id: str) -> dict[str, Any]:
    """On this page; without one, where it was found."""
    body = Body("page", "since")
    actor, since = current_actor(), body.whole("since")
    if "page" not in body:
        return notes_told(carrying.unsettle(actor, edition_id, note_id, since))
    return notes_told(carrying.settle(actor, edition_id, note_id, body.whole("page"), since))


@door.post("/editions/<int:edition_id>/notes/<note_id>/share")
@needs(Permission.SIGNED_IN)
@takes(body=True)
def share(edition_id: int, note_id: str) -> dict[str, Any]:
    """A note, or all strokes of a drawing: the others are `more`."""
    body = Body("mandates", "more", "since")
    chosen, since = body.list("mandates", MOST_ADVISERS), body.whole("since")
    more = body.list("more", noting.MOST_ON_EDITION) if "more" in body else []
    if not all(isinstance(each, str) for each in more):
        raise BadInput("more", "names no note")
    return notes_told(sharing.share(current_actor(), edition_id, [note_id, *more], chosen, since))


@door.get("/editions/<int:edition_id>/notes.pdf")
@needs(Permission.SIGNED_IN)
def export(edition_id: int) -> Response:
    title, sheet = exporting.export(current_actor(), edition_id)
    return web.download(f"Ghi chú {title[:100]}.pdf", sheet, "application/pdf")


def notes_told(found: Notes) -> dict[str, Any]:
    return {
        "last": found.last,
        "notes": [_note(each) for each in found.notes],
        "lent": [{"from": each.principal} | _note(each.note) for each in found.lent],
    }


def _note(note: NoteView) -> dict[str, Any]:
    there = note.standing and asdict(note.standing.place) | {"is_asked": note.is_asked}
    return asdict(note) | {"at": note.at.isoformat(), "standing": there}
