"""Notes of earlier editions get a place on a newer one; where they were written they stay."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy.orm import Session

from documents import access, anchoring, noting
from documents.anchoring import TRAY, Found, Place
from documents.models import Edition, Note, NotePlace
from documents.notes import keeping, reading
from documents.notes.reading import Notes
from documents.noting import Content
from documents.pages import reading as reading_pages
from ecabinet import clock, storage
from ecabinet import db as store
from ecabinet.access import Actor
from ecabinet.db import insert_if_absent, transaction
from ecabinet.errors import BadInput, NotFound

# A note to be carried: its name, the digest of the edition that it was written on, what it says.
Written = tuple[str, str, Content]


def on_edition(actor: Actor, edition_id: int, since: int = 0) -> Notes:
    """What this reader sees on an edition; what was written on earlier ones is carried over first,
    when somebody comes for it: most notes are never looked for again."""
    with store.reading() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        to_carry = {each: _not_carried(db, each, edition) for each in _writers(db, actor, edition)}
    for person_id, written in to_carry.items():
        _carry(person_id, edition, written)
    with store.reading() as db:
        return reading.changed(db, actor, edition, since)


def settle(actor: Actor, edition_id: int, note_id: str, page: int, since: int) -> Notes:
    """Say where a carried note stands: where it was put, on another page, or nowhere (0)."""
    with transaction() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        if page > edition.pages:
            raise BadInput("page", "is not in this edition")
        count = keeping.count_to_raise(db, actor)
        there = db.get(NotePlace, (actor.id, note_id, edition_id))
        if there is None:
            raise NotFound(f"note {note_id}")
        if page != (there.page or 0):
            there.found = Found.PAGE if page else Found.TRAY
            there.page, there.quote, there.nth = page or None, "", 0
        there.confirmed_at = clock.now(db)
        keeping.tell(db.get_one(Note, (actor.id, note_id)), count)
        db.flush()
        return reading.changed(db, actor, edition, since)


def _writers(db: Session, actor: Actor, edition: Edition) -> set[int]:
    """Whose notes this reader sees: their own, and those of whom they advise."""
    mandates = access.mandates_over(db, actor, edition.paper.dossier_id)
    return {actor.id, *(each.principal_id for each in mandates)}


def _not_carried(db: Session, person_id: int, edition: Edition) -> list[Written]:
    older = (
        reading.seen_on(edition)
        .add_columns(Edition.digest)
        .where(
            Note.person_id == person_id,
            Note.kind.is_not(None),
            Edition.id != edition.id,
            NotePlace.note_id.is_(None),
        )
    )
    return [(each.Note.id, each.digest, each.Note.content) for each in db.execute(older)]


def _carry(person_id: int, edition: Edition, written: Sequence[Written]) -> None:
    places = _places(edition, written)
    if not places:
        return
    with transaction() as db:
        for name, place in places.items():
            insert_if_absent(
                db, NotePlace, person_id=person_id, note_id=name, edition_id=edition.id,
                found=place.found, page=place.page, score=place.score, quote=place.quote,
                nth=place.nth,
            )  # fmt: skip


def _places(edition: Edition, written: Sequence[Written]) -> dict[str, Place]:
    places = {name: TRAY for name, _, content in written if noting.anchor(content) is None}
    for digest in {each[1] for each in written if each[0] not in places}:
        anchors = {
            name: anchor
            for name, own, content in written
            if own == digest and (anchor := noting.anchor(content))
        }
        found = anchoring.carry(list(anchors.values()), _texts(digest), _texts(edition.digest))
        places |= dict(zip(anchors, found, strict=True))
    return places


@lru_cache(maxsize=4)
def _texts(digest: str) -> tuple[str, ...]:
    """The text of an edition's pages; when it is new, all its readers come for it."""
    return tuple(reading_pages.texts(storage.read(digest)) or ())


def forget_texts() -> None:
    """Keep no text of any edition in this process."""
    _texts.cache_clear()
