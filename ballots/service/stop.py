"""A question that stops without a result, since the Government that was asked is no more."""

from datetime import date

from sqlalchemy.orm import Session

from ballots import queries, signing
from ballots.announcements import ConsultationClosed, staff_of
from ballots.models import Consultation, State
from documents import service as documents
from ecabinet import canonical, clock, ledger, live, outbox


def stop_if_replaced(db: Session, consultation: Consultation, on: date) -> bool:
    """Stop an open question, locked, if by this day the whole Government is another.

    No seal is broken and nothing counted; ballots stay as they are. It is opened anew, under the
    new Government, by drafting the next round.
    """
    if not queries.is_replaced(db, consultation, on):
        return False
    consultation.state, consultation.closed_at = State.STOPPED, clock.now(db)
    db.flush()
    leaf: canonical.Json = {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "opened_leaf": consultation.opened_leaf,
        "reason": "government_replaced",
    }
    ledger.append(db, "consultation_stopped", leaf)
    tell_of_end(db, consultation, "consultation_stopped")
    return True


def tell_of_end(db: Session, consultation: Consultation, kind: str, **facts: str) -> None:
    """Tell whoever was asked or follows it, its dossier's story and the open pages that it is
    over, and in which way."""
    path = queries.path_of(consultation.id)
    assert consultation.approved_by is not None
    told = {each.person_id for each in consultation.asked}
    told |= {consultation.tracked_by, consultation.approved_by}
    outbox.notify(db, told, kind, path, title=consultation.title)
    documents.add_to_story(db, consultation.dossier_id, kind, path, number=consultation.id, **facts)
    live.announce(db, ConsultationClosed(staff_of(consultation.id), consultation.id))
