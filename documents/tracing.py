"""Whose copy a leaked file is: what its marks say, and what this house knows of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from documents import marking, service
from documents.marking import Code, Seen
from documents.models import Edition, Opening
from documents.pages import reading
from people import queries as people


class NotReadable(Exception):
    """The file is no PDF that can be opened."""


@dataclass(frozen=True)
class Copy:
    """One copy that pages of a file come from.

    `proven` says that the sealed code of this house names it; without one only the words on the
    page do, which anybody can write.
    """

    reader: str
    office: str
    at: str
    edition: int | None
    paper: str | None
    number: int | None
    proven: bool
    pages: int


def trace(db: Session, content: bytes) -> list[Copy]:
    """The copies that a file's pages name, the most pages first."""
    texts = reading.texts(content)
    if texts is None:
        raise NotReadable
    pages: dict[Code | tuple[str, str], int] = {}
    key = service.mark_key()
    for text in texts:
        for each in _names(marking.seen_in(text), key):
            pages[each] = pages.get(each, 0) + 1
    found = [copy for each, count in pages.items() for copy in _copies(db, each, count)]
    return sorted(found, key=lambda each: -each.pages)


def _names(seen: Seen, key: bytes) -> Iterator[Code | tuple[str, str]]:
    """What names the copy on one page: its code where this house made it, else the words."""
    if seen.code and seen.code.is_sealed_by(key):
        yield seen.code
    else:
        yield from sorted(seen.lines)


def _copies(db: Session, named: Code | tuple[str, str], pages: int) -> list[Copy]:
    if isinstance(named, Code):
        return [_by_code(db, named, pages)]
    return _by_words(db, named, pages)


def _by_code(db: Session, code: Code, pages: int) -> Copy:
    """As this house has it, whatever has become of the words on the page."""
    name = people.names_among(db, [code.person_id]).get(code.person_id, "")
    on = code.at.astimezone(service.OFFICE_ZONE).date()
    held = people.office_holders(db, on, [code.person_id])
    office = held[0].office if held else ""
    return _copy(db, code.edition_id, name, office, code.at, pages, proven=True)


def _by_words(db: Session, lines: tuple[str, str], pages: int) -> list[Copy]:
    """The openings of that minute by somebody of that name; or the words alone."""
    said = marking.office_and_time(lines[1], service.OFFICE_ZONE)
    if said is None:
        return []
    name, (office, at) = lines[0], said
    within = Opening.at >= at, Opening.at < at + timedelta(minutes=1)
    openings = db.scalars(select(Opening).where(*within)).all()
    names = people.names_among(db, [each.person_id for each in openings])
    known = [each.edition_id for each in openings if names[each.person_id] == name]
    editions: list[int | None] = [*known] or [None]
    return [_copy(db, each, name, office or name, at, pages, proven=False) for each in editions]


def _copy(
    db: Session, edition_id: int | None, name: str, office: str, at: datetime, pages: int,
    *, proven: bool,
) -> Copy:  # fmt: skip
    edition = db.get(Edition, edition_id) if edition_id else None
    return Copy(
        reader=name,
        office=office,
        at=at.astimezone(service.OFFICE_ZONE).isoformat(timespec="minutes"),
        edition=edition_id,
        paper=edition.paper.title if edition else None,
        number=edition.number if edition else None,
        proven=proven,
        pages=pages,
    )
