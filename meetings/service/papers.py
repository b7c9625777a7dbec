"""What a session says of its papers as it goes."""

from sqlalchemy.orm import Session

from documents.hooks import Binding, Bound
from ecabinet import live
from ecabinet.access import Actor
from ecabinet.errors import Forbidden, NotFound
from meetings import access, queries
from meetings.announcements import (
    MeetingChanged,
    PaperRemoved,
    PaperReplaced,
    meeting_audience,
)


def replaced(db: Session, dossier_id: int, paper_id: int) -> None:
    """Every open screen of a session whose agenda names its dossier says that it is newer now."""
    _announce(db, PaperReplaced, dossier_id, paper_id)


def removed(db: Session, dossier_id: int, paper_id: int) -> None:
    """Every such screen that has the paper open goes dark."""
    _announce(db, PaperRemoved, dossier_id, paper_id)


def _announce(db: Session, kind: type[MeetingChanged], dossier_id: int, paper_id: int) -> None:
    papers = queries.paper_parts(db, [dossier_id])
    name = queries.paper_part_name(paper_id)
    # This paper's part alone: another of them may be replaced at the same moment.
    # And where all stand in the book: those after it may begin on another page now.
    for meeting_id in queries.sessions_about(db, dossier_id):
        parts = {name: papers[name], "book": queries.book_part(db, meeting_id)}
        live.announce(db, kind(meeting_audience(meeting_id), parts))


def book_to_read(db: Session, actor: Actor, meeting_id: int) -> Binding | None:
    """The book of a session, for the reader of a paper in it."""
    try:
        meeting = access.meeting_to_follow(db, actor, meeting_id)
    except (Forbidden, NotFound):
        return None
    book = queries.book(db, actor, queries.agenda(db, meeting))
    papers = [
        Bound(each.paper.id, each.paper.edition_number, each.paper.title, each.first)
        for each in book.first_of.values()
    ]
    return Binding(meeting_id, sorted(papers, key=lambda each: each.first), book.pages)
