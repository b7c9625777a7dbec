"""Loaders of meetings: who has no seat, and no part in preparing, finds nothing."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from ecabinet.access import Actor, Permission
from ecabinet.errors import Forbidden, NotFound, Refused
from meetings import rules
from meetings.models import Item, Meeting, Order, Seat, Speech, Vote
from meetings.rules import AgendaRefusal, SeatRole, State


@dataclass(frozen=True)
class Console:
    """A meeting in the hands of whoever conducts it: the chair, or a secretary by order."""

    meeting: Meeting
    seat: Seat

    @property
    def by_order_of(self) -> int | None:
        is_chair = self.seat.role == SeatRole.CHAIR
        return None if is_chair else self.meeting.chair.person_id


PREPARING = (Permission.MEETING_PREPARE, Permission.MEETING_CONVENE)
# Once it is convened, a meeting is read by whoever has a seat, and by those with one of these.
READING_EVERY_MEETING = (*PREPARING, Permission.MEETING_READ_ALL)


def may_read(db: Session, actor: Actor, meeting: Meeting) -> bool:
    prepares = any(map(actor.may, PREPARING))
    return actor.may(Permission.MEETING_READ) and rules.may_read(
        meeting.stands,
        seated=own_seat(db, meeting.id, actor) is not None,
        prepares=prepares,
        examines=actor.may(Permission.MEETING_READ_ALL),
    )


def knows_of(actor: Actor, item: Item, seat: Seat | None) -> bool:
    """Whether this person, in their seat or by what they do, may know what an item is about."""
    if not item.restricted or any(map(actor.may, (*PREPARING, Permission.DOSSIER_READ_ALL))):
        return True
    return seat is not None and item.is_sent_to(seat)


def own_seat(db: Session, meeting_id: int, actor: Actor) -> Seat | None:
    return db.scalar(select(Seat).where(Seat.meeting_id == meeting_id, has_place(actor)))


def has_place(actor: Actor) -> ColumnElement[bool]:
    """Whether a seat is this person's now: a substitute's lasts as long as the mandate."""
    in_force = Seat.mandate_id.in_([each.id for each in actor.mandates])
    return and_(Seat.person_id == actor.id, Seat.mandate_id.is_(None) | in_force)


def meeting_to_read(db: Session, actor: Actor, meeting_id: int) -> Meeting:
    actor.must(Permission.MEETING_READ)
    meeting = db.get(Meeting, meeting_id)
    if meeting is None or not may_read(db, actor, meeting):
        raise NotFound(f"meeting {meeting_id}")
    return meeting


def meeting_to_follow(db: Session, actor: Actor, meeting_id: int) -> Meeting:
    """A convened meeting that this person may watch as it goes."""
    meeting = meeting_to_read(db, actor, meeting_id)
    if meeting.stands is State.PLANNED:
        raise NotFound(f"meeting {meeting_id} is not convened")
    return meeting


def meeting_to_prepare(db: Session, actor: Actor, meeting_id: int) -> Meeting:
    """A planned meeting, locked against another's edit."""
    actor.must(Permission.MEETING_PREPARE)
    meeting = _locked(db, meeting_id)
    if meeting.stands is not State.PLANNED:
        raise Refused(AgendaRefusal.PUBLISHED)
    return meeting


def meeting_to_convene(db: Session, actor: Actor, meeting_id: int) -> Meeting:
    actor.must(Permission.MEETING_CONVENE)
    return _locked(db, meeting_id)


def meeting_to_attend(db: Session, actor: Actor, meeting_id: int) -> tuple[Meeting, Seat]:
    """A meeting at which this person has a seat, locked."""
    meeting_to_follow(db, actor, meeting_id)
    meeting = _locked(db, meeting_id)
    # Looked up under the lock: who is there decides whether a vote has its quorum.
    own = own_seat(db, meeting_id, actor)
    if own is None:
        raise Forbidden(f"no seat at meeting {meeting_id}")
    return meeting, own


def meeting_to_note_attendance(db: Session, actor: Actor, meeting_id: int) -> Meeting:
    """A meeting for whose seats this secretary may say who is there, locked."""
    actor.must(Permission.ATTENDANCE_CONFIRM)
    meeting_to_follow(db, actor, meeting_id)
    own = own_seat(db, meeting_id, actor)
    if own is None or own.role != SeatRole.SECRETARY:
        raise Forbidden(f"not a secretary of meeting {meeting_id}")
    return _locked(db, meeting_id)


def meeting_to_conduct(db: Session, actor: Actor, meeting_id: int) -> Console:
    """A meeting that this person chairs, or operates by the chair's order; locked."""
    actor.must(Permission.MEETING_CONDUCT)
    meeting, own = meeting_to_attend(db, actor, meeting_id)
    if not meeting.is_conducted_by(own):
        raise Forbidden(f"seat {own.id} does not conduct meeting {meeting_id}")
    return Console(meeting, own)


def meeting_to_chair(db: Session, actor: Actor, meeting_id: int) -> Meeting:
    """A meeting that this person chairs; what only the chair may order, locked."""
    console = meeting_to_conduct(db, actor, meeting_id)
    if console.seat.role != SeatRole.CHAIR:
        raise Forbidden(f"not the chair of meeting {meeting_id}")
    return console.meeting


def session_to_be_away_from(db: Session, actor: Actor, meeting_id: int) -> tuple[Meeting, Seat]:
    """A session at which this member has a seat that somebody else may take for them; locked."""
    actor.must(Permission.MANDATE_GIVE)
    return meeting_to_attend(db, actor, meeting_id)


def session_to_consent_for(db: Session, actor: Actor, meeting_id: int) -> Meeting:
    """A session for whose substitutes this person's consent is asked; locked."""
    actor.must(Permission.MANDATE_CONSENT)
    meeting_to_follow(db, actor, meeting_id)
    return _locked(db, meeting_id)


def lock_meeting(db: Session, meeting_id: int) -> None:
    """Against whoever else changes who has a place; the right is asked for by the caller."""
    _locked(db, meeting_id)


def vote_to_read(db: Session, actor: Actor, meeting_id: int, vote_id: int) -> tuple[Seat, Vote]:
    """A vote that this person's seat may answer or has answered; nothing is locked."""
    actor.must(Permission.VOTE_CAST)
    meeting = meeting_to_follow(db, actor, meeting_id)
    own = meeting.seat_of(actor.id)
    if own is None:
        raise Forbidden(f"no seat at meeting {meeting_id}")
    return own, vote_of(meeting, vote_id)


def vote_to_cast(
    db: Session, actor: Actor, meeting_id: int, vote_id: int
) -> tuple[Meeting, Seat, Vote]:
    """A vote to be answered, with its meeting locked against its closing and all attendance."""
    actor.must(Permission.VOTE_CAST)
    meeting, own = meeting_to_attend(db, actor, meeting_id)
    return meeting, own, vote_of(meeting, vote_id)


def vote_of(meeting: Meeting, vote_id: int) -> Vote:
    for each in meeting.votes:
        if each.id == vote_id:
            return each
    raise NotFound(f"vote {vote_id} at meeting {meeting.id}")


def secretary_of(meeting: Meeting, person_id: int) -> Seat:
    found = meeting.seat_of(person_id)
    if found is None or found.role != SeatRole.SECRETARY:
        raise NotFound(f"secretary {person_id} of meeting {meeting.id}")
    return found


def item_of(meeting: Meeting, item_id: int) -> Item:
    for each in meeting.items:
        if each.id == item_id:
            return each
    raise NotFound(f"item {item_id} of meeting {meeting.id}")


def speech_of(meeting: Meeting, speech_id: int) -> Speech:
    for each in meeting.speeches:
        if each.id == speech_id:
            return each
    raise NotFound(f"speech {speech_id} at meeting {meeting.id}")


def order_of_record(db: Session, order_id: int) -> tuple[Order, Item, Meeting]:
    """An order as it was recorded; the right to it is the caller's to have asked for."""
    order = db.get(Order, order_id)
    item = db.get(Item, order.item_id) if order else None
    meeting = db.get(Meeting, item.meeting_id) if item else None
    if order is None or item is None or meeting is None:
        raise NotFound(f"order {order_id}")
    return order, item, meeting


def _locked(db: Session, meeting_id: int) -> Meeting:
    meeting = db.get(Meeting, meeting_id, with_for_update=True, populate_existing=True)
    if meeting is None:
        raise NotFound(f"meeting {meeting_id}")
    return meeting
