"""What of a meeting may be found by searching: its agenda and its conclusions, by who is there."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from documents import queries as documents
from ecabinet import search
from meetings import queries
from meetings.models import Item, Meeting, Seat
from meetings.queries import ItemOrConclusion


def admit(db: Session, meeting: Meeting) -> None:
    """Whoever has a place finds what is sent to it, and the papers that the agenda names are sought
    in it."""
    audience = queries.place(meeting.id)
    readers = map(_reader, meeting.seats)
    search.admit_alone(db, audience, [queries.EVERY_MEETING, *readers])
    few = [each for each in meeting.items if each.restricted]
    for item in few:
        told = (_reader(each) for each in meeting.seats if item.is_sent_to(each))
        search.admit_alone(db, _audience(meeting, item), [documents.OFFICE_READERS, *told])
    papers = map(documents.audience, queries.dossiers_of(meeting))
    search.file(db, audience, [audience, *(_audience(meeting, each) for each in few), *papers])


def _audience(meeting: Meeting, item: Item) -> str:
    return f"agenda_item:{item.id}" if item.restricted else queries.place(meeting.id)


def _reader(seat: Seat) -> str:
    if seat.mandate_id is not None:
        return queries.stand_in_reader(seat.mandate_id)
    return queries.seat_reader(seat.person_id)


def write(db: Session, meeting: Meeting, items: Iterable[Item]) -> None:
    """Let these items be found, each with its conclusion once it has one."""
    for item in items:
        agenda = (item.title, item.presenter)
        _write(db, meeting, item, ItemOrConclusion.ITEM, agenda)
        if item.conclusion or item.reason:
            words = (item.conclusion, item.reason, *(each.text for each in item.orders))
            _write(db, meeting, item, ItemOrConclusion.CONCLUSION, words)


def _write(
    db: Session, meeting: Meeting, item: Item, kind: ItemOrConclusion, words: Iterable[str]
) -> None:
    thing = search.Thing(
        name=f"{kind}:{item.id}",
        audience=_audience(meeting, item),
        kind=kind,
        title=item.title,
        agency_id=item.presenter_agency_id,
        at=meeting.starts_at,
    )
    path = f"/meetings/{meeting.id}#item-{item.id}"
    search.write(db, thing, [search.Page(item.position, path, "\n".join(filter(None, words)))])
