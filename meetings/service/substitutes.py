"""Who attends for a member who is away: asked for by the member, with the Prime Minister's consent
(191/2026 Đ7.2.đ, Đ21.3). They speak for the member, and neither vote nor count."""

from datetime import timedelta

from sqlalchemy.orm import Session

from documents import service as documents
from ecabinet import clock, live, outbox
from ecabinet.access import Actor, Matter, Permission, Right
from ecabinet.db import transaction
from ecabinet.errors import NotFound, Refused
from meetings import access, queries, rules
from meetings.announcements import SeatsChanged, meeting_audience
from meetings.models import Meeting
from meetings.rules import Kind, SeatRole
from meetings.service import finding, seats
from meetings.service.record import record, told
from people import access as people_access
from people import queries as people
from people.models import Mandate
from people.service import mandates
from people.service.mandates import About

# A session that is adjourned for longer than this needs the consent anew.
LASTS = timedelta(days=7)


def ask(actor: Actor, meeting_id: int, person_id: int, reason: str) -> None:
    """Ask that somebody attends in one's place."""
    with transaction() as db:
        meeting, own = access.session_to_be_away_from(db, actor, meeting_id)
        asked = any(each.lasts for each in queries.substitutes(db, meeting.id, actor.id))
        kind, role = Kind(meeting.kind), SeatRole(own.role)
        if refusal := rules.substitute_refusal(kind, meeting.stands, role, own.counts, asked):
            raise Refused(refusal)
        seats.refuse_seated(db, meeting, person_id)
        about = About(Matter.SESSION, meeting.id, meeting.title)
        until = max(meeting.starts_at, clock.now(db)) + LASTS
        mandates.give(db, actor, Right.SUBSTITUTE, about, person_id, until, reason)
        outbox.notify(
            db, people.persons_who_may(db, Permission.MANDATE_CONSENT), "substitute_asked",
            f"/meetings/{meeting.id}", title=meeting.title, who=actor.office,
        )  # fmt: skip


def consent(actor: Actor, meeting_id: int, mandate_id: int) -> None:
    """Let them attend: they have a seat, the papers and the floor; no vote, and no count."""
    with transaction() as db:
        meeting = access.session_to_consent_for(db, actor, meeting_id)
        mandate = _to_decide(db, actor, meeting, mandate_id)
        seats.refuse_seated(db, meeting, mandate.taker_id)
        mandates.consent(db, actor, mandate, queries.fact_of_convening(meeting.id))
        with told(db, meeting, SeatsChanged):
            seats.seat_substitute(db, meeting, mandate)
            # What few may know of is sent to persons, not to whoever sits in their place.
            for dossier_id in queries.dossiers_of(meeting, few=False):
                documents.lend(db, dossier_id, mandate.id)
            finding.admit(db, meeting)
            record(
                db, actor, meeting, "substitute_admitted",
                person=mandate.taker_id, stands_for=mandate.giver_id, mandate=mandate.id,
            )  # fmt: skip


def refuse(actor: Actor, meeting_id: int, mandate_id: int, reason: str) -> None:
    with transaction() as db:
        meeting = access.session_to_consent_for(db, actor, meeting_id)
        mandates.refuse(db, actor, _to_decide(db, actor, meeting, mandate_id), reason)


def _to_decide(db: Session, actor: Actor, meeting: Meeting, mandate_id: int) -> Mandate:
    mandate = people_access.mandate_to_decide(db, actor, mandate_id)
    _refuse_another(meeting, mandate)
    return mandate


def take_back(actor: Actor, meeting_id: int, mandate_id: int) -> None:
    """The member comes themselves after all, or whoever was named cannot."""
    with transaction() as db:
        meeting, _ = access.meeting_to_attend(db, actor, meeting_id)
        mandate = people_access.mandate_to_end(db, actor, mandate_id)
        _refuse_another(meeting, mandate)
        mandates.end_one(db, mandate, actor)


def lock_matter(db: Session, matter_id: int) -> None:
    access.lock_meeting(db, matter_id)


def mandate_ended(db: Session, mandate: Mandate, by: Actor | None) -> None:
    """Wherever it was ended, the session's story and every screen of it say so."""
    meeting = db.get_one(Meeting, mandate.matter_id)
    left = meeting.seat_of(mandate.taker_id)
    if left is None or left.mandate_id != mandate.id or meeting.stands in rules.OVER:
        return
    kind = "substitute_withdrawn" if by else "substitute_left_office"
    record(
        db, by or Actor(mandate.taker_id, mandate.taker, mandate.taker), meeting, kind,
        person=mandate.taker_id, stands_for=mandate.giver_id, mandate=mandate.id,
    )  # fmt: skip
    # Not by what has changed: with an office the place was over before anybody came to end it.
    fact = SeatsChanged(meeting_audience(meeting.id), queries.seat_part(db, meeting, left))
    live.announce(db, fact)


def _refuse_another(meeting: Meeting, mandate: Mandate) -> None:
    if (mandate.matter, mandate.matter_id) != (Matter.SESSION, meeting.id):
        raise NotFound("mandate")
