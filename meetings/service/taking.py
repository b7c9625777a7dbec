"""Papers that the secretariat takes in for the items of an agenda, many at once."""

from sqlalchemy.orm import Session

from documents import access as dossiers
from documents import service as documents
from documents.rules import PaperKind
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused
from meetings import access
from meetings.models import Item, Meeting
from meetings.rules import AgendaRefusal
from meetings.service.record import note_draft


def add_paper(
    actor: Actor,
    meeting_id: int,
    item_id: int,
    title: str,
    kind: PaperKind,
    file_name: str,
    content: bytes,
) -> int:
    """Add a file to the dossier of an item; one that has none yet begins with it."""
    with reading() as db:
        _item_to_complete(db, actor, meeting_id, item_id)
    incoming = documents.read_file(file_name, content)
    with transaction() as db:
        meeting, item = _item_to_complete(db, actor, meeting_id, item_id)
        if item.dossier_id is None:
            assert item.presenter_agency_id is not None
            item.dossier_id = documents.begin_dossier(
                db, actor, item.title, item.presenter_agency_id
            )
            note_draft(
                db, actor, meeting, "item_edited", item.id,
                number=item.position, before=item.title, after=item.title,
            )  # fmt: skip
            item.draft = meeting.draft
        return documents.keep_paper_in(db, actor, item.dossier_id, title, kind, incoming)


def _item_to_complete(
    db: Session, actor: Actor, meeting_id: int, item_id: int
) -> tuple[Meeting, Item]:
    meeting = access.meeting_to_prepare(db, actor, meeting_id)
    item = access.item_of(meeting, item_id)
    if item.dossier_id is not None:
        dossiers.dossier_to_complete(db, actor, item.dossier_id)
    elif item.presenter_agency_id is None:
        raise Refused(AgendaRefusal.NO_AGENCY)
    return meeting, item
