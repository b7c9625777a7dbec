"""One's own notes on an edition as a PDF."""

from documents import access, papers
from documents.notes import carrying
from documents.notes.reading import NoteView
from documents.papers import NoteLine, NoteSheet
from documents.service import OFFICE_ZONE
from ecabinet import clock
from ecabinet.access import Actor
from ecabinet.db import reading


def export(actor: Actor, edition_id: int) -> tuple[str, bytes]:
    """The title of the paper, and the sheet of all that this reader has written on it."""
    found = carrying.on_edition(actor, edition_id)
    with reading() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        at = clock.now(db).astimezone(OFFICE_ZONE)
    title = edition.paper.title
    lines = [line for each in found.notes if (line := _line(each))]
    return title, papers.notes(NoteSheet(title, edition.number, actor.office, at, lines))


def _line(note: NoteView) -> NoteLine | None:
    if note.content is None:
        return None
    page = note.standing.place.page if note.standing else note.content.page
    return NoteLine(note.content, page, note.edition, note.is_asked)
