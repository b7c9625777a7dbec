"""What those who sit in a meeting do: say that they are there, ask to speak."""

from sqlalchemy.orm import Session

from ecabinet import clock
from ecabinet.access import Actor
from ecabinet.db import transaction
from ecabinet.errors import NotFound, Refused
from meetings import access, queries, rules
from meetings.announcements import AttendanceNoted, FloorChanged
from meetings.models import Meeting, Seat, Speech
from meetings.rules import Attendance, SpeechState
from meetings.service.record import record, told


def check_in(actor: Actor, meeting_id: int, how: Attendance) -> None:
    """Confirm that one is there, in the hall or online."""
    with transaction() as db:
        meeting, seat = access.meeting_to_attend(db, actor, meeting_id)
        _note(db, actor, meeting, seat, how)


def confirm_for(actor: Actor, meeting_id: int, person_id: int, how: Attendance | None) -> None:
    """Note, as the secretary who sees it, that somebody is there or has left."""
    with transaction() as db:
        meeting = access.meeting_to_note_attendance(db, actor, meeting_id)
        seat = meeting.seat_of(person_id)
        has_left = seat is not None and queries.has_left(db, meeting, seat)
        if seat is None or has_left:
            raise NotFound(f"seat of {person_id} at meeting {meeting_id}")
        _note(db, actor, meeting, seat, how)


def _note(db: Session, actor: Actor, meeting: Meeting, seat: Seat, how: Attendance | None) -> None:
    refusal = rules.attendance_refusal(meeting.stands, meeting.starts_at, clock.now(db))
    if refusal:
        raise Refused(refusal)
    if seat.attends is how:
        return
    with told(db, meeting, AttendanceNoted):
        seat.attendance = how
        seat.attended_at, seat.confirmed_by = clock.now(db), actor.id
        record(db, actor, meeting, "attendance", person=seat.person_id, how=how or "absent")


# ---- speaking ----


def ask_to_speak(actor: Actor, meeting_id: int) -> None:
    with transaction() as db:
        meeting, seat = access.meeting_to_attend(db, actor, meeting_id)
        own = _on_floor(meeting, actor.id)
        refusal = rules.asking_refusal(meeting.stands, seat.attends is not None, own is not None)
        if refusal:
            raise Refused(refusal)
        with told(db, meeting, FloorChanged):
            meeting.speeches.append(
                Speech(
                    item_id=meeting.current_id,
                    person_id=actor.id,
                    office=seat.office,
                    state=SpeechState.WAITING,
                    asked_at=clock.now(db),
                )
            )


def withdraw_wish(actor: Actor, meeting_id: int) -> None:
    """Take back one's own wish to speak."""
    with transaction() as db:
        meeting, _ = access.meeting_to_attend(db, actor, meeting_id)
        own = _on_floor(meeting, actor.id)
        if own is None:
            raise Refused(rules.FloorRefusal.NOT_FROM_HERE)
        with told(db, meeting, FloorChanged):
            own.state, own.ended_at = SpeechState.WITHDRAWN, clock.now(db)


def _on_floor(meeting: Meeting, person_id: int) -> Speech | None:
    return next(
        (
            each
            for each in meeting.speeches
            if each.person_id == person_id and each.stands in rules.ON_THE_FLOOR
        ),
        None,
    )
