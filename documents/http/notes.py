"""A reader's own notes, as their page saves and asks for them."""

from dataclasses import asdict
from typing import Any

from documents import notes, noting
from documents.notes import Notes, NoteView
from ecabinet import web
from ecabinet.access import Permission
from ecabinet.bodies import Body
from ecabinet.web import Door, current_actor, needs

door = Door("notes", __name__)

# Whoever may not read the edition is told that there is nothing: the loader decides.


@door.get("/editions/<int:edition_id>/notes")
@needs(Permission.SIGNED_IN)
def own(edition_id: int) -> dict[str, Any]:
    since = web.asked_number("since") or 0
    return _answer(notes.on_edition(current_actor(), edition_id, since))


@door.post("/editions/<int:edition_id>/notes")
@needs(Permission.SIGNED_IN)
def keep(edition_id: int) -> dict[str, Any]:
    body = Body("notes", "since")
    sent = body.list("notes", noting.MOST_AT_ONCE)
    return _answer(notes.keep(current_actor(), edition_id, sent, body.whole("since")))


def _answer(found: Notes) -> dict[str, Any]:
    return {"last": found.last, "notes": [_note(each) for each in found.notes]}


def _note(note: NoteView) -> dict[str, Any]:
    return asdict(note) | {"at": note.at.isoformat()}
