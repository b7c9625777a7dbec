"""Who is told of a restricted item once it was sent out: asked for by the secretariat, confirmed by
whoever convenes (rulebook: Who may do what, publish or replace a published paper)."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from ballots import queries as ballots
from documents import service as documents
from ecabinet import approvals, live, outbox
from ecabinet.access import Actor, Permission
from ecabinet.approvals import Act, Approved, Request
from ecabinet.db import reading
from ecabinet.errors import Refused, Stale
from meetings import access, queries, rules
from meetings.announcements import ItemReadersChanged, meeting_audience
from meetings.models import Item, ItemReader, Meeting, Seat
from meetings.rules import ReaderRefusal, SeatRole
from meetings.service import finding, seats
from meetings.service.record import record


def ask(
    actor: Actor, meeting_id: int, item_id: int, person_id: int, *, named: bool, reason: str
) -> int:
    """Ask a second person that somebody at the table is told of an item, or no longer."""
    actor.must(Permission.MEETING_PREPARE)
    with reading() as db:
        meeting = access.meeting_to_read(db, actor, meeting_id)
        item, seat = _to_change(meeting, item_id, person_id, named=named)
        facts = {
            "meeting": meeting.id,
            "title": meeting.title,
            "item": item.id,
            "number": item.position,
            "person": seat.person_id,
            "office": seat.office,
            "named": named,
            "reason": reason,
        }
        # Of the item itself no word: what is asked for is told of in messages.
        about = meeting.title
    return approvals.ask(actor, CHANGE_READERS, about, facts)


def _to_change(meeting: Meeting, item_id: int, person_id: int, *, named: bool) -> tuple[Item, Seat]:
    item, seat = access.item_of(meeting, item_id), meeting.seat_of(person_id)
    if seat is None:
        raise Refused(ReaderRefusal.NO_SEAT)
    refusal = rules.readers_refusal(
        meeting.stands, item.restricted, SeatRole(seat.role), was=item.names(seat), named=named
    )
    if refusal:
        raise Refused(refusal)
    return item, seat


def _change(db: Session, approved: Approved) -> None:
    facts, named = approved.facts, approved.facts["named"]
    access.lock_meeting(db, facts["meeting"])
    meeting = access.meeting_to_read(db, approved.asker, facts["meeting"])
    item, seat = _to_change(meeting, facts["item"], facts["person"], named=named)
    if (item.position, seat.office) != (facts["number"], facts["office"]):
        raise Stale
    if named:
        item.readers.append(ItemReader(person_id=seat.person_id))
        seats.hand_out(db, meeting, [seat.person_id])
    else:
        item.readers = [each for each in item.readers if each.person_id != seat.person_id]
        _take_back(db, item, seat.person_id)
        finding.admit(db, meeting)
    record(
        db, approved.asker, meeting, "item_reader_added" if named else "item_reader_removed",
        item.id, person=seat.person_id, confirmed_by=approved.approver.id,
    )  # fmt: skip
    db.flush()
    _tell(db, meeting, item, seat, approved.approver.id, named=named)


def _take_back(db: Session, item: Item, person_id: int) -> None:
    """Its papers as well, unless they were sent for another reason that stands."""
    db.flush()
    if item.dossier_id is None or ballots.was_asked_about(db, item.dossier_id, person_id):
        return
    if not queries.is_sent(db, item.dossier_id, person_id):
        documents.take_back(db, item.dossier_id, person_id)


def _tell(
    db: Session, meeting: Meeting, item: Item, seat: Seat, confirmed_by: int, *, named: bool
) -> None:
    # Every screen reads anew what it may know: the stream is everybody's, and names nobody.
    name = f"item:{item.id}"
    parts = {name: queries.parts(db, meeting)[name]}
    live.announce(db, ItemReadersChanged(meeting_audience(meeting.id), parts))
    if not named:
        live.eject(db, seat.person_id)
    path = f"/meetings/{meeting.id}#item-{item.id}"
    facts: dict[str, str | int] = {"title": meeting.title, "number": item.position}
    outbox.notify(db, seat.person_id, "item_told" if named else "item_untold", path, **facts)
    if meeting.chair.person_id != confirmed_by:
        kind = "item_reader_added" if named else "item_reader_removed"
        outbox.notify(db, meeting.chair.person_id, kind, path, who=seat.office, **facts)


CHANGE_READERS = Act(
    "change_readers", Permission.MEETING_PREPARE, Permission.MEETING_CONVENE, _change,
    done_to=("item", "person"), persons=("person",),
)  # fmt: skip


def waiting(db: Session, actor: Actor, meeting: Meeting) -> Mapping[tuple[int, int], Request]:
    """What of this was asked for and not decided, by item and person."""
    things = [
        {"item": item.id, "person": seat.person_id}
        for item in meeting.items
        if item.restricted
        for seat in meeting.seats
    ]
    asked = approvals.waiting_on(db, CHANGE_READERS, things) if things else []
    return {
        (each.facts["item"], each.facts["person"]): each
        for each in asked
        if approvals.is_known_to(actor, each)
    }
