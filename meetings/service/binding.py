"""A session's papers as one book, made for its reader."""

from typing import BinaryIO

from documents import service as documents
from documents.pages import reading as pages
from documents.pages.reading import Part
from ecabinet import activity, clock
from ecabinet.access import Actor
from ecabinet.db import reading
from ecabinet.errors import NotFound, Refused
from meetings import access, papers, queries
from meetings.rules import AgendaRefusal


def book(actor: Actor, meeting_id: int) -> BinaryIO:
    """Every copy in it is its reader's own, and counts as opened; noted as an act."""
    with reading() as db:
        meeting = access.meeting_to_read(db, actor, meeting_id)
        found = queries.book(db, actor, queries.agenda(db, meeting))
        at = clock.now(db).astimezone(documents.OFFICE_ZONE)
        title = meeting.title
    if not found.parts:
        raise NotFound(f"papers of meeting {meeting_id}")
    activity.is_an_act()
    parts = []
    for each in found.parts:
        copy = documents.open_copy(actor, each.paper.edition_id, anew=True)
        parts.append(Part(each.paper.title, each.first, copy.stream(0, copy.size)))
    rows = [(e.number, e.item.title, e.paper.title, e.first, e.last) for e in found.parts]
    reader = actor.name if actor.office == actor.name else f"{actor.name}, {actor.office}"
    made = pages.bound(papers.contents(title, reader, at, rows), parts, found.pages)
    if made is None:
        raise Refused(AgendaRefusal.BOOK_TOO_LONG)
    return made
