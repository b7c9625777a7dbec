"""Asking again: a paper of an open question was replaced (rulebook; BAL-05)."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots import access, queries, rules, signing
from ballots.models import Consultation, FrozenPaper, State
from ballots.service import draft, tell
from documents import queries as documents
from documents import service as documents_service
from ecabinet import approvals, canonical, clock, ledger, working_days
from people import queries as people


def paper_replaced(db: Session, dossier_id: int, paper_id: int) -> None:
    """Put each open question about this paper anew, in the transaction that replaces it."""
    about_it = select(Consultation.id).join(
        FrozenPaper, FrozenPaper.consultation_id == Consultation.id
    )
    about_it = about_it.where(
        Consultation.dossier_id == dossier_id,
        Consultation.state == State.OPEN,
        FrozenPaper.paper_id == paper_id,
        FrozenPaper.replaced_in.is_(None),
    )
    for consultation_id in db.scalars(about_it.order_by(Consultation.id)).all():
        _ask_again(db, access.consultation_to_close(db, consultation_id), paper_id)


def _ask_again(db: Session, consultation: Consultation, paper_id: int) -> None:
    """A new version of the question: ballots so far are kept and shown, and count no more."""
    now = clock.now(db)
    if consultation.state != State.OPEN or consultation.has_ended(now):
        return
    assert consultation.rule_set is not None
    assert consultation.due_at is not None
    old = next(each for each in consultation.papers if each.paper_id == paper_id)
    editions = documents.current_editions(db, consultation.dossier_id)
    new = draft.freeze(next(each for each in editions if each.id == paper_id), old.order)
    consultation.version += 1
    old.replaced_in = consultation.version
    new.consultation_id = consultation.id
    db.add(new)
    consultation.asked_again_at = now
    consultation.due_at = rules.end_of_asking_again(
        rules.rule_set(consultation.rule_set), consultation.due_at, now, working_days.calendar(db)
    )
    db.flush()
    db.refresh(consultation, ["papers"])
    body = _leaf(consultation, old, new)
    ledger.append(db, "consultation_asked_again", body, _remember(consultation))
    # What was entered from paper is about the papers as they were.
    approvals.put_aside(db, ("enter_paper_ballot",), {"consultation": consultation.id})
    documents_service.add_to_story(
        db, consultation.dossier_id, "consultation_asked_again",
        queries.path_of(consultation.id), number=consultation.id, title=new.title,
    )  # fmt: skip
    in_office = {each.person_id for each in people.members(db)}
    members = [each.person_id for each in consultation.asked if each.person_id in in_office]
    tell.tell_of_asking(db, consultation, members)


def _leaf(consultation: Consultation, old: FrozenPaper, new: FrozenPaper) -> canonical.Json:
    assert consultation.due_at is not None
    assert consultation.asked_again_at is not None
    return {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "consultation_version": consultation.version,
        "papers": [each.digest for each in consultation.papers],
        "replaced_sha256": old.digest,
        "by_sha256": new.digest,
        "due_at": canonical.moment(consultation.due_at),
        "at": canonical.moment(consultation.asked_again_at),
    }


def _remember(consultation: Consultation) -> Callable[[int], None]:
    def remember(position: int) -> None:
        consultation.asked_again_leaf = position

    return remember
