"""A session's papers as one book, made for its reader."""

from typing import BinaryIO

from documents import exporting
from documents import service as documents
from documents.pages import reading as pages
from documents.pages.reading import Part
from documents.rules import Way
from ecabinet import clock
from ecabinet.access import Actor, Permission
from ecabinet.db import transaction
from ecabinet.errors import Forbidden, NotFound, Refused
from meetings import access, papers, queries
from meetings.rules import AgendaRefusal


def book(actor: Actor, meeting_id: int) -> BinaryIO:
    """Every copy in it is its reader's own, and counts as opened; noted as an act. What may not be
    taken away stands in the contents alone, and keeps its pages."""
    with transaction() as db:
        meeting = access.meeting_to_read(db, actor, meeting_id)
        found = queries.book(db, actor, queries.agenda(db, meeting))
        at = clock.now(db).astimezone(documents.OFFICE_ZONE)
        title = meeting.title
        if not found.parts:
            raise NotFound(f"papers of meeting {meeting_id}")
        if not any(each.is_own for each in found.parts):
            raise Forbidden(Permission.PAPER_EXPORT.value)
        if not found.exported:
            raise Refused(AgendaRefusal.BOOK_NOT_EXPORTED)
        editions = [each.paper.edition_id for each in found.exported]
        exporting.note(db, actor, editions, Way.BOOK)
    parts = []
    for each in found.exported:
        copy = documents.open_copy(actor, each.paper.edition_id, anew=True)
        parts.append(Part(each.paper.title, each.first, copy.stream(0, copy.size)))
    rows = [
        papers.Row(
            each.number, each.item.title, each.paper.title, each.first, each.last,
            is_bound=each in found.exported,
        )
        for each in found.parts
    ]  # fmt: skip
    reader = actor.name if actor.office == actor.name else f"{actor.name}, {actor.office}"
    contents = papers.contents(title, reader, at, rows)
    made = pages.bound(contents, papers.absent(title, reader), parts, found.pages)
    if made is None:
        raise Refused(AgendaRefusal.BOOK_TOO_LONG)
    return made
