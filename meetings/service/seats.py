"""Who sits at a meeting: chair, Government, secretaries, invitees."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from documents import service as documents
from ecabinet.access import Role
from ecabinet.errors import BadInput, Refused
from meetings import queries
from meetings.models import Meeting, Seat
from meetings.rules import SeatRole, SubstituteRefusal
from meetings.service import finding
from people import queries as people
from people.models import Mandate

# Which office a role at the table needs; whoever is invited may hold any.
OFFICES = {
    SeatRole.SECRETARY: frozenset({Role.SECRETARY}),
    SeatRole.CHAIR: frozenset({Role.PRIME_MINISTER, Role.DEPUTY_PM}),
}


def seat(db: Session, meeting: Meeting, person_id: int, role: SeatRole) -> Seat:
    """Give somebody a seat, under the office they hold today."""
    holder = _holder(db, person_id, role)
    given = Seat(
        person_id=person_id,
        role=role,
        office=holder.office,
        protocol_order=holder.protocol_order,
        counts=holder.is_member and meeting.is_government_session,
    )
    meeting.seats.append(given)
    db.flush()
    return given


def seat_substitute(db: Session, meeting: Meeting, mandate: Mandate) -> None:
    """A seat beside the member's place, for as long as the mandate is in force."""
    given = meeting.seat_of(mandate.taker_id)
    refuse_seated(db, meeting, mandate.taker_id)
    given = given or seat(db, meeting, mandate.taker_id, SeatRole.SUBSTITUTE)
    given.mandate_id, given.stands_for = mandate.id, mandate.giver_id
    absent = meeting.seat_of(mandate.giver_id)
    given.protocol_order = absent.protocol_order if absent else given.protocol_order
    given.attendance = None
    db.flush()


def refuse_seated(db: Session, meeting: Meeting, person_id: int) -> None:
    """Nobody has two places; one whose mandate has ended is no place."""
    given = meeting.seat_of(person_id)
    if given is not None and (
        given.mandate_id is None or given.mandate_id in queries.standing_in(db, meeting)
    ):
        raise Refused(SubstituteRefusal.SEATED_ALREADY)


def seat_chair(db: Session, meeting: Meeting, chair_id: int) -> None:
    found = meeting.seat_of(chair_id)
    if found is None:
        seat(db, meeting, chair_id, SeatRole.CHAIR)
    else:
        _holder(db, chair_id, SeatRole.CHAIR)
        found.role = SeatRole.CHAIR


def change_chair(db: Session, meeting: Meeting, chair_id: int) -> None:
    old = meeting.chair
    if old.counts:
        old.role = SeatRole.MEMBER
    else:
        _take_back(db, meeting, old)
    seat_chair(db, meeting, chair_id)


def seat_government(db: Session, meeting: Meeting) -> None:
    """A session of the Government seats its members of today, and no former ones."""
    count_members(db, meeting)
    for each in list(meeting.seats):
        if each.role == SeatRole.MEMBER and not each.counts:
            _take_back(db, meeting, each)


def count_members(db: Session, meeting: Meeting) -> list[int]:
    """Let exactly today's members count, and seat those who came into office since; their ids."""
    members = people.members(db) if meeting.is_government_session else []
    ids = {each.person_id for each in members}
    for each in meeting.seats:
        each.counts = each.person_id in ids
    newcomers = [each for each in members if _comes_new(meeting.seat_of(each.person_id))]
    for holder in newcomers:
        known = meeting.seat_of(holder.person_id)
        given = known or seat(db, meeting, holder.person_id, SeatRole.MEMBER)
        # Whoever stood for a member and is one now sits for themselves.
        given.role, given.office, given.counts = SeatRole.MEMBER, holder.office, True
        given.mandate_id = given.stands_for = None
    return [each.person_id for each in newcomers]


def _comes_new(given: Seat | None) -> bool:
    return given is None or given.role == SeatRole.SUBSTITUTE


def hand_out(db: Session, meeting: Meeting, person_ids: Iterable[int]) -> None:
    """From now on these persons read what the agenda names, and find what is said there."""
    seats = [each for each in map(meeting.seat_of, person_ids) if each]
    for dossier_id in queries.dossiers_of(meeting):
        items = [each for each in meeting.items if each.dossier_id == dossier_id]
        told = [each.person_id for each in seats if any(i.is_sent_to(each) for i in items)]
        documents.hand_out(db, dossier_id, told)
    finding.admit(db, meeting)


def _holder(db: Session, person_id: int, role: SeatRole) -> people.Holder:
    """Somebody in the office that lets them have this role at the table."""
    holder = people.holder_names(db, [person_id]).get(person_id)
    if holder is None:
        raise BadInput("person", "holds no office")
    if role in OFFICES and holder.role not in OFFICES[role]:
        raise BadInput("person", f"cannot be {role}")
    return holder


def _take_back(db: Session, meeting: Meeting, given: Seat) -> None:
    meeting.seats.remove(given)
    db.delete(given)
