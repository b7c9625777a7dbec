"""Who is told of a question, and by what: inboxes, the dossier's story, open pages."""

from sqlalchemy.orm import Session

from ballots import queries
from ballots.announcements import (
    LISTS,
    BallotReceived,
    ConsultationChanged,
    ListsChanged,
    readers_of,
    staff_of,
)
from ballots.models import (
    Classification,
    Consultation,
    Correction,
    Decision,
    Reckoning,
    ReservedOpinion,
    State,
)
from ballots.rules import Reminder
from documents import queries as documents_queries
from documents import service as documents
from documents.announcements import paper_audience
from ecabinet import approvals, live, outbox
from ecabinet.access import Role
from people import queries as people


def tell_of_asking(db: Session, consultation: Consultation, members: list[int]) -> None:
    """Tell these members that they are asked; its deliveries are their proof of notice."""
    assert consultation.due_at is not None
    outbox.notify(
        db, members, queries.kind_of_asking(consultation), queries.path_of(consultation.id),
        queries.fact_of_asking(consultation),
        title=consultation.title, due_at=consultation.due_at.isoformat(),
    )  # fmt: skip
    tell_screens(db, consultation)


def tell_of_ballot(
    db: Session, consultation: Consultation, member_id: int, kind: str, **facts: str
) -> None:
    """Tell the Office who has answered, and the member that there is a ballot in their name."""
    live.announce(
        db,
        BallotReceived(
            audience=staff_of(consultation.id),
            consultation_id=consultation.id,
            person_id=member_id,
            answered=queries.answered_count(db, consultation.id),
            asked=queries.asked_count(db, consultation.id),
        ),
    )
    outbox.notify(
        db, member_id, kind, queries.path_of(consultation.id), title=consultation.title, **facts
    )


def tell_of_unofficial(db: Session, consultation: Consultation, member_id: int) -> None:
    """The same of a ballot that waits for a signature of a class that counts; staff see who has to
    be helped, and never what they said."""
    tell_of_ballot(db, consultation, member_id, "ballot_awaits")
    staff = {each.person_id for each in people.persons_with(db, Role.SECRETARY)}
    office = queries.offices_asked(consultation)[member_id]
    outbox.notify(
        db, staff | {consultation.tracked_by}, "answer_unofficial",
        queries.path_of(consultation.id), title=consultation.title, office=office,
    )  # fmt: skip


def tell_of_paper(
    db: Session, consultation: Consultation, member_id: int, kind: str, by: str
) -> None:
    """Tell a member that somebody has handed in a paper in their name, or taken it back."""
    path = queries.path_of(consultation.id)
    outbox.notify(db, member_id, kind, path, title=consultation.title, by=by)


# What is done to an open question alone.
DONE_WHILE_OPEN = (
    "withdraw_consultation", "move_consultation_end", "exceed_consultation_window",
    "enter_paper_ballot",
)  # fmt: skip


def tell_of_end(db: Session, consultation: Consultation, kind: str, **facts: str) -> None:
    """Tell whoever was asked or follows it, its dossier's story and the open pages that it is
    over, and in which way; no request to do anything to it waits any more."""
    approvals.put_aside(db, DONE_WHILE_OPEN, {"consultation": consultation.id})
    path = queries.path_of(consultation.id)
    outbox.notify(db, _concerned(consultation), kind, path, title=consultation.title)
    documents.add_to_story(db, consultation.dossier_id, kind, path, number=consultation.id, **facts)
    tell_screens(db, consultation)


def tell_of_end_moved(db: Session, consultation: Consultation, kind: str) -> None:
    """Tell whoever was asked or follows it that it ends at another time."""
    assert consultation.due_at is not None
    path, ends = queries.path_of(consultation.id), queries.CALENDAR.end_words(consultation.due_at)
    outbox.notify(
        db, _concerned(consultation), kind, path,
        title=consultation.title, due_at=consultation.due_at.isoformat(), ends=ends,
    )  # fmt: skip
    documents.add_to_story(
        db, consultation.dossier_id, kind, path, number=consultation.id, ends=ends
    )
    tell_screens(db, consultation)


def _drafters(db: Session, consultation: Consultation) -> list[int]:
    """The staff of the agency that drafts what the question is about."""
    agency = documents_queries.drafting_agency(db, consultation.dossier_id)
    return [each.person_id for each in people.staff_of(db, agency)] if agency else []


def _concerned(consultation: Consultation) -> set[int]:
    """Whoever is asked, tracks it, or has drafted or approved it."""
    assert consultation.approved_by is not None
    asked = {each.person_id for each in consultation.asked}
    return asked | {consultation.tracked_by, consultation.drafted_by, consultation.approved_by}


def tell_of_replies(db: Session, consultation: Consultation) -> None:
    """Tell whoever decides, and whoever follows it, that every opinion has its reply."""
    assert consultation.approved_by is not None
    told = {each.person_id for each in people.persons_with(db, Role.PRIME_MINISTER)}
    told |= {consultation.tracked_by, consultation.approved_by}
    told |= {consultation.deputy_id} if consultation.deputy_id else set()
    path = f"{queries.path_of(consultation.id)}/opinions"
    outbox.notify(db, told, "opinions_replied", path, title=consultation.title)


def tell_of_opinions(db: Session, consultation: Consultation) -> None:
    """Tell the drafting agency that members' opinions wait for its reply."""
    staff = _drafters(db, consultation)
    path = f"{queries.path_of(consultation.id)}/opinions"
    outbox.notify(db, staff, "opinions_to_reply", path, title=consultation.title)


def tell_of_early_comment(db: Session, consultation: Consultation, kind: str, office: str) -> None:
    """Tell the drafting agency, and nobody else, that a member lets it read a comment, or has taken
    one back; no open page hears of it, and no story."""
    path = queries.path_of_early_comments(consultation.id)
    staff = _drafters(db, consultation)
    outbox.notify(db, staff, kind, path, title=consultation.title, office=office)


def tell_of_decision(db: Session, consultation: Consultation, decision: Decision) -> None:
    """Tell whoever was asked or follows it, and the drafting agency, what was decided."""
    path, decided = queries.path_of(consultation.id), str(decision.decided)
    outbox.notify(
        db, _concerned(consultation), "consultation_decided", path,
        title=consultation.title, decided=decided,
    )  # fmt: skip
    staff = _drafters(db, consultation)
    outbox.notify(
        db, staff, "consultation_decided", f"{path}/opinions",
        title=consultation.title, decided=decided,
    )  # fmt: skip
    documents.add_to_story(
        db, consultation.dossier_id, "consultation_decided", path,
        number=consultation.id, decided=decided, by=decision.office,
    )  # fmt: skip
    tell_screens(db, consultation)


def tell_of_correction(db: Session, consultation: Consultation, correction: Correction) -> None:
    """Tell whoever was asked or follows it, and the drafting agency, that the result was wrong."""
    path = queries.path_of(consultation.id)
    outbox.notify(db, _concerned(consultation), "result_corrected", path, title=consultation.title)
    staff = _drafters(db, consultation)
    outbox.notify(db, staff, "result_corrected", f"{path}/opinions", title=consultation.title)
    documents.add_to_story(
        db, consultation.dossier_id, "result_corrected", path,
        number=consultation.id, correction=correction.number,
    )  # fmt: skip
    tell_screens(db, consultation)


def tell_of_proposal(db: Session, consultation: Consultation, member_id: int, kind: str) -> None:
    """Tell a member how the Office proposes that their opinion is read, or that it does not."""
    path = queries.path_of_classification(consultation.id)
    outbox.notify(db, member_id, kind, path, title=consultation.title)
    tell_screens(db, consultation)


def tell_of_classification(db: Session, consultation: Consultation, said: Classification) -> None:
    """Tell whoever proposed it, and whoever follows the question, what a member made of it."""
    outbox.notify(
        db, {said.proposed_by, consultation.tracked_by}, "classification_answered",
        queries.path_of(consultation.id), title=consultation.title,
        office=queries.offices_asked(consultation)[said.member_id], answer=str(said.state),
    )  # fmt: skip
    tell_screens(db, consultation)


def tell_of_reserved_opinion(
    db: Session, consultation: Consultation, said: ReservedOpinion
) -> None:
    """Tell whoever follows the question, who decides, and the drafting agency that a member
    reserves an opinion; the member has the receipt."""
    path, title = queries.path_of(consultation.id), consultation.title
    told = {each.person_id for each in people.persons_with(db, Role.PRIME_MINISTER)}
    told |= {each for each in (consultation.tracked_by, consultation.deputy_id) if each}
    staff = set(_drafters(db, consultation)) - told
    for each, where in ((told, path), (staff, f"{path}/opinions")):
        outbox.notify(
            db, each - {said.member_id}, "opinion_reserved", f"{where}#reserved",
            title=title, office=said.office,
        )  # fmt: skip
    documents.add_to_story(
        db, consultation.dossier_id, "opinion_reserved", path, number=consultation.id
    )
    tell_screens(db, consultation)


def tell_of_reckoning(db: Session, consultation: Consultation, found: Reckoning) -> None:
    """Tell whoever was asked or follows it, and who decides, that its outcome is known."""
    path = queries.path_of(consultation.id)
    told = _concerned(consultation)
    told |= {each.person_id for each in people.persons_with(db, Role.PRIME_MINISTER)}
    outbox.notify(db, told, "consultation_classified", path, title=consultation.title)
    documents.add_to_story(
        db, consultation.dossier_id, "consultation_classified", path,
        number=consultation.id, outcome=str(found.outcome),
    )  # fmt: skip
    tell_screens(db, consultation)


def tell_of_attempts(db: Session, consultation: Consultation) -> None:
    """Tell the Office's leaders that a result waits for two people."""
    leaders = [each.person_id for each in people.persons_with(db, Role.OFFICE_LEADER)]
    path = queries.path_of(consultation.id)
    outbox.notify(db, leaders, "attempts_to_decide", path, title=consultation.title)


def tell_who_cannot_sign(
    db: Session, consultation: Consultation, reminder: Reminder, members: list[int]
) -> None:
    """Tell whoever follows the question, and the secretaries, which members have no key that signs,
    while that can be mended (AUTH-09)."""
    if not members:
        return
    offices = [each.office for each in consultation.asked if each.person_id in members]
    staff = {each.person_id for each in people.persons_with(db, Role.SECRETARY)}
    assert consultation.due_at is not None
    outbox.notify(
        db, staff | {consultation.tracked_by}, "cannot_sign",
        queries.path_of(consultation.id),
        queries.fact_of_reminder(consultation, reminder).replace("consultation_", "unable_", 1),
        title=consultation.title, offices="; ".join(offices),
        due_at=consultation.due_at.isoformat(),
    )  # fmt: skip


def tell_screens(db: Session, consultation: Consultation) -> None:
    """Every page that shows this question, its papers or a list of questions."""
    state, version = str(consultation.state), consultation.version
    audiences = [staff_of(consultation.id), readers_of(consultation.id)]
    if consultation.state != State.OPEN:
        audiences += [paper_audience(each.paper_id) for each in consultation.papers]
    for audience in audiences:
        live.announce(db, ConsultationChanged(audience, consultation.id, state, version))
    live.announce(db, ListsChanged(LISTS))
