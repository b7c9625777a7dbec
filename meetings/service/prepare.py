"""What the secretariat does with an agenda until it is convened, and who convenes it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from documents import access as dossiers
from documents import service as documents
from ecabinet import clock, live, outbox
from ecabinet.access import Actor, Permission, Role
from ecabinet.db import transaction
from ecabinet.errors import BadInput, Refused, Stale
from meetings import access, queries, rules
from meetings.announcements import SeatsChanged, SessionConvened, meeting_audience
from meetings.models import Item, ItemReader, Meeting
from meetings.rules import AgendaRefusal, Direction, Kind, SeatRole, State, Step
from meetings.service import finding, seats, urgent
from meetings.service.record import note_draft, record, told
from people import queries as people


@dataclass(frozen=True)
class Head:
    """What is said of a meeting as a whole."""

    kind: Kind
    title: str
    starts_at: datetime
    place: str
    chair_id: int


@dataclass(frozen=True)
class ItemText:
    """What is said of one item."""

    title: str
    minutes: int
    presenter_agency_id: int | None = None
    presenter: str = ""
    dossier_id: int | None = None
    restricted: bool = False
    # Of a restricted item: who is told of it beside the chair and the secretaries.
    readers: frozenset[int] = frozenset()


def plan(actor: Actor, head: Head) -> int:
    """Begin an agenda; the planner is its secretary, and a session seats the whole Government."""
    actor.must(Permission.MEETING_PREPARE)
    with transaction() as db:
        urgent.hold(db)
        meeting = Meeting(
            kind=head.kind,
            title=head.title,
            starts_at=head.starts_at,
            place=head.place,
            state=State.PLANNED,
            draft=1,
            head_draft=1,
            saved_at=clock.now(db),
        )
        db.add(meeting)
        db.flush()
        seats.seat_chair(db, meeting, head.chair_id)
        seats.seat_government(db, meeting)
        if Role.SECRETARY in actor.roles:
            seats.seat(db, meeting, actor.id, SeatRole.SECRETARY)
        note_draft(db, actor, meeting, "planned", title=head.title)
        urgent.place_awaited(db, actor)
        return meeting.id


def edit_head(actor: Actor, meeting_id: int, draft: int, head: Head) -> None:
    with transaction() as db:
        urgent.hold(db)
        meeting = access.meeting_to_prepare(db, actor, meeting_id)
        if meeting.head_draft != draft:
            raise Stale
        before = meeting.title
        meeting.kind, meeting.title = head.kind, head.title
        meeting.starts_at, meeting.place = head.starts_at, head.place
        if meeting.chair.person_id != head.chair_id:
            seats.change_chair(db, meeting, head.chair_id)
        seats.seat_government(db, meeting)
        note_draft(db, actor, meeting, "head_edited", before=before, after=head.title)
        meeting.head_draft = meeting.draft
        urgent.place_awaited(db, actor)


# ---- items ----


def add_item(actor: Actor, meeting_id: int, text: ItemText) -> int:
    with transaction() as db:
        meeting = access.meeting_to_prepare(db, actor, meeting_id)
        item = Item(position=len(meeting.items) + 1, draft=0)
        _write(db, actor, meeting, item, text)
        meeting.items.append(item)
        db.flush()
        note_draft(db, actor, meeting, "item_added", item.id, after=text.title)
        item.draft = meeting.draft
        return item.id


def edit_item(actor: Actor, meeting_id: int, item_id: int, draft: int, text: ItemText) -> None:
    """Change an item as it stood in a draft; Stale when another changed it since."""
    with transaction() as db:
        meeting = access.meeting_to_prepare(db, actor, meeting_id)
        item = access.item_of(meeting, item_id)
        if item.draft != draft:
            raise Stale
        before = item.title
        _write(db, actor, meeting, item, text)
        note_draft(
            db, actor, meeting, "item_edited", item.id,
            number=item.position, before=before, after=text.title,
        )  # fmt: skip
        item.draft = meeting.draft


def move_item(
    actor: Actor, meeting_id: int, item_id: int, stood: int, direction: Direction
) -> None:
    """Move an item one place from where its mover saw it; Stale when it stands elsewhere."""
    with transaction() as db:
        meeting = access.meeting_to_prepare(db, actor, meeting_id)
        item = access.item_of(meeting, item_id)
        if item.position != stood:
            raise Stale
        to = stood - 1 if direction is Direction.UP else stood + 1
        if not 1 <= to <= len(meeting.items):
            raise Refused(AgendaRefusal.CANNOT_MOVE)
        meeting.items[to - 1].position = stood
        item.position = to
        note_draft(db, actor, meeting, "item_moved", item.id, after=item.title, number=to)


def remove_item(actor: Actor, meeting_id: int, item_id: int, draft: int, reason: str = "") -> None:
    """Take an item off; one that reports on an urgent decision, with the reason."""
    with transaction() as db:
        urgent.hold(db)
        meeting = access.meeting_to_prepare(db, actor, meeting_id)
        item = access.item_of(meeting, item_id)
        if item.draft != draft:
            raise Stale
        urgent.take_off(db, actor, meeting, item.urgent_id, reason)
        urgent.take_out(db, meeting, item)
        note_draft(db, actor, meeting, "item_removed", item.id, before=item.title)
        urgent.place_awaited(db, actor)


def _write(db: Session, actor: Actor, meeting: Meeting, item: Item, text: ItemText) -> None:
    if not text.readers <= {each.person_id for each in meeting.seats}:
        raise BadInput("reader", "has no seat")
    if item.urgent_id:
        urgent.must_stay_in_sight(db, item.urgent_id, text.title, restricted=text.restricted)
    if text.dossier_id and text.dossier_id != item.dossier_id:
        dossiers.dossier_to_put_forward(db, actor, text.dossier_id)
    item.title, item.minutes = text.title, text.minutes
    item.presenter_agency_id, item.presenter = text.presenter_agency_id, text.presenter
    item.dossier_id = text.dossier_id
    item.restricted = text.restricted
    kept = {each.person_id: each for each in item.readers}
    wanted = sorted(text.readers) if text.restricted else []
    item.readers = [kept.get(each) or ItemReader(person_id=each) for each in wanted]


# ---- seats ----


def add_seat(actor: Actor, meeting_id: int, person_id: int, role: SeatRole) -> None:
    """Name a secretary for this meeting, or invite somebody."""
    with transaction() as db:
        meeting = access.meeting_to_prepare(db, actor, meeting_id)
        if meeting.seat_of(person_id):
            raise Refused(AgendaRefusal.SEATED_ALREADY)
        seat = seats.seat(db, meeting, person_id, role)
        note_draft(db, actor, meeting, "seat_added", after=seat.office)


def remove_seat(actor: Actor, meeting_id: int, person_id: int) -> None:
    """Take back a seat; those of chair and Government come with the office."""
    with transaction() as db:
        meeting = access.meeting_to_prepare(db, actor, meeting_id)
        seat = meeting.seat_of(person_id)
        if seat is None or seat.counts or seat.role == SeatRole.CHAIR:
            raise Refused(AgendaRefusal.SEAT_STAYS)
        db.delete(seat)
        note_draft(db, actor, meeting, "seat_removed", before=seat.office)


def hand_over_seats(db: Session, giver_id: int, taker: Actor) -> None:
    """Let whoever takes an office over keep the sessions that its holder kept.

    The right is that of the handover. Whom the chair has named to operate is named anew.
    """
    for meeting in db.scalars(queries.kept_by(giver_id)).all():
        seat = meeting.seat_of(giver_id)
        if seat is None or meeting.seat_of(taker.id):
            continue
        with told(db, meeting, SeatsChanged):
            db.delete(seat)
            meeting.seats.remove(seat)
            db.flush()
            seats.seat(db, meeting, taker.id, SeatRole.SECRETARY)
            finding.admit(db, meeting)
            record(db, taker, meeting, "seat_handed_over", giver=giver_id, taker=taker.id)


def rehome(db: Session, ended_id: int, into_id: int) -> int:
    """Let an agency present what the one that ended in it was to present; how many items."""
    planned = select(Meeting.id).where(Meeting.state.not_in(rules.OVER))
    theirs = select(Item).where(Item.presenter_agency_id == ended_id, Item.meeting_id.in_(planned))
    items = db.scalars(theirs).all()
    for each in items:
        each.presenter_agency_id = into_id
    return len(items)


# ---- putting forward and convening ----


def submit(actor: Actor, meeting_id: int) -> None:
    """Put the agenda forward to whoever may convene."""
    with transaction() as db:
        urgent.hold(db)
        meeting = access.meeting_to_prepare(db, actor, meeting_id)
        urgent.place_awaited(db, actor)
        refusal = rules.submitting_refusal(
            queries.planned(db, meeting), meeting.submitted_by is not None
        )
        if refusal:
            raise Refused(refusal)
        note_draft(db, actor, meeting, "submitted")
        meeting.submitted_by = actor.id
        leaders = people.persons_with(db, Role.OFFICE_LEADER, Role.PRIME_MINISTER)
        outbox.notify(
            db, [each.person_id for each in leaders], "session_submitted", _path(meeting),
            title=meeting.title, who=actor.office,
        )  # fmt: skip


def send_back(actor: Actor, meeting_id: int, reason: str) -> None:
    """Return an agenda to whoever put it forward."""
    with transaction() as db:
        meeting = _submitted(db, actor, meeting_id)
        outbox.notify(
            db, meeting.submitted_by or 0, "session_returned", _path(meeting),
            title=meeting.title, who=actor.office, reason=reason,
        )  # fmt: skip
        note_draft(db, actor, meeting, "returned", after=reason)


def convene(actor: Actor, meeting_id: int, draft: int) -> None:
    """Call the session: the agenda stands, its papers go to every seat."""
    with transaction() as db:
        meeting = _submitted(db, actor, meeting_id)
        if meeting.draft != draft:
            raise Stale
        if refusal := rules.convening_refusal(meeting.submitted_by, actor.id):
            raise Refused(refusal)
        end = rules.after(meeting.stands, Step.CONVENE)
        assert isinstance(end, State)
        meeting.state = end
        seats.seat_government(db, meeting)
        seats.hand_out(db, meeting, [each.person_id for each in meeting.seats])
        finding.write(db, meeting, meeting.items)
        for dossier_id in queries.dossiers_of(meeting):
            documents.add_to_story(
                db, dossier_id, "session_convened", _path(meeting),
                title=meeting.title, starts_at=meeting.starts_at.isoformat(),
            )  # fmt: skip
        record(
            db, actor, meeting, "convened",
            meeting_kind=meeting.kind,
            title=meeting.title,
            starts_at=meeting.starts_at.isoformat(),
            submitted_by=meeting.submitted_by,
            items=["" if each.restricted else each.title for each in meeting.items],
            seats=sorted(each.person_id for each in meeting.seats),
        )  # fmt: skip
        live.announce(db, SessionConvened(meeting_audience(meeting.id), queries.parts(db, meeting)))
        outbox.notify(
            db, [each.person_id for each in meeting.seats], "session_convened", _path(meeting),
            queries.fact_of_convening(meeting.id),
            title=meeting.title, starts_at=meeting.starts_at.isoformat(), place=meeting.place,
        )  # fmt: skip


def _submitted(db: Session, actor: Actor, meeting_id: int) -> Meeting:
    meeting = access.meeting_to_convene(db, actor, meeting_id)
    if meeting.stands is not State.PLANNED:
        raise Refused(rules.StepRefusal.NOT_FROM_HERE)
    if meeting.submitted_by is None:
        raise Refused(rules.StepRefusal.NOT_SUBMITTED)
    return meeting


def _path(meeting: Meeting) -> str:
    return f"/meetings/{meeting.id}"
