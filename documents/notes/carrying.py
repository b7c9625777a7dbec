"""Notes of earlier editions get a place on a newer one; where they were written they stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, aliased

from documents import access, anchoring, noting
from documents.anchoring import TRAY, Anchor, Found, Place
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


@dataclass(frozen=True)
class Written:
    """A note to be carried: where it was written, and where its writer last said that it stands."""

    name: str
    content: Content
    # The digest of the edition that it was written on; of the one that its writer placed it on.
    digest: str
    settled: tuple[str, Place] | None


def on_edition(actor: Actor, edition_id: int, since: int = 0) -> Notes:
    """What this reader sees on an edition; what was written on earlier ones is carried over first,
    when somebody comes for it: most notes are never looked for again."""
    with store.reading() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        to_carry = {
            each: _written(db, each, edition, NotePlace.note_id.is_(None))
            for each in _writers(db, actor, edition)
        }
    for person_id, written in to_carry.items():
        _carry(person_id, edition, written)
    with store.reading() as db:
        return reading.changed(db, actor, edition, since)


def with_notes(actor: Actor, edition_ids: Sequence[int]) -> set[int]:
    """Those of these editions on which this reader may see any: they have written on some edition
    of the paper, or somebody may lend them theirs."""
    if actor.mandates:
        return set(edition_ids)
    with store.reading() as db:
        here = aliased(Edition)
        written = (
            select(here.id)
            .join(Edition, Edition.paper_id == here.paper_id)
            .join(Note, Note.edition_id == Edition.id)
            .where(here.id.in_(edition_ids), Note.person_id == actor.id)
        )
        return set(db.scalars(written))


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
        _carry_anew(db, actor, edition, note_id)
        keeping.tell(db.get_one(Note, (actor.id, note_id)), count)
        db.flush()
        return reading.changed(db, actor, edition, since)


def unsettle(actor: Actor, edition_id: int, note_id: str, since: int) -> Notes:
    """Take back what was said of where a note stands: it is where it was found, and is asked about
    as it was."""
    with store.reading() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        written = _written(db, actor.id, edition, Note.id == note_id)
    found = _places(edition, written).get(note_id)
    with transaction() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        count = keeping.count_to_raise(db, actor)
        there = db.get(NotePlace, (actor.id, note_id, edition_id))
        if there is None or found is None:
            raise NotFound(f"note {note_id}")
        there.found, there.page, there.score = found.found, found.page, found.score
        there.quote, there.nth, there.confirmed_at = found.quote, found.nth, None
        _carry_anew(db, actor, edition, note_id)
        keeping.tell(db.get_one(Note, (actor.id, note_id)), count)
        db.flush()
        return reading.changed(db, actor, edition, since)


def _carry_anew(db: Session, actor: Actor, edition: Edition, note_id: str) -> None:
    """On later editions it stands where it is carried from here, unless its writer has said so."""
    later = select(Edition.id).where(
        Edition.paper_id == edition.paper_id, Edition.number > edition.number
    )
    db.execute(
        delete(NotePlace).where(
            NotePlace.person_id == actor.id,
            NotePlace.note_id == note_id,
            NotePlace.confirmed_at.is_(None),
            NotePlace.edition_id.in_(later),
        )
    )


def _writers(db: Session, actor: Actor, edition: Edition) -> set[int]:
    """Whose notes this reader sees: their own, and those of whom they advise."""
    mandates = access.mandates_over(db, actor, edition.paper.dossier_id)
    return {actor.id, *(each.principal_id for each in mandates)}


def _written(
    db: Session, person_id: int, edition: Edition, *which: ColumnElement[bool]
) -> list[Written]:
    older = (
        reading.seen_on(edition)
        .add_columns(Edition.digest)
        .where(
            Note.person_id == person_id,
            Note.kind.is_not(None),
            Edition.id != edition.id,
            *which,
        )
    )
    rows = db.execute(older).all()
    settled = _settled(db, person_id, edition) if rows else {}
    return [
        Written(each.Note.id, each.Note.content, each.digest, settled.get(each.Note.id))
        for each in rows
    ]


def _settled(db: Session, person_id: int, edition: Edition) -> dict[str, tuple[str, Place]]:
    """Where this person last said that each note stands, on an edition before this one."""
    said = (
        select(NotePlace, Edition.digest)
        .join(Edition, Edition.id == NotePlace.edition_id)
        .where(
            NotePlace.person_id == person_id,
            NotePlace.confirmed_at.is_not(None),
            Edition.paper_id == edition.paper_id,
            Edition.number < edition.number,
        )
        .order_by(Edition.number)
    )
    return {there.note_id: (digest, there.place) for there, digest in db.execute(said)}


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
    """Where each stands on this edition: carried from where its writer last said that it stands,
    else from where it was written. What they put aside comes back by itself only where its very
    words do."""
    places = {}
    by_edition: dict[str, dict[str, Anchor]] = {}
    for each in written:
        digest, anchor = _carried_from(each)
        if anchor is None:
            places[each.name] = TRAY
        else:
            by_edition.setdefault(digest, {})[each.name] = anchor
    for digest, anchors in by_edition.items():
        found = anchoring.carry(list(anchors.values()), _texts(digest), _texts(edition.digest))
        places |= dict(zip(anchors, found, strict=True))
    for each in written:
        was_put_aside = each.settled is not None and each.settled[1].page is None
        if was_put_aside and not places[each.name].is_sure:
            places[each.name] = TRAY
    return places


def _carried_from(written: Written) -> tuple[str, Anchor | None]:
    if written.settled is not None:
        digest, place = written.settled
        if place.page is not None:
            return digest, anchoring.anchored(place, _texts(digest))
    return written.digest, noting.anchor(written.content)


@lru_cache(maxsize=4)
def _texts(digest: str) -> tuple[str, ...]:
    """The text of an edition's pages; when it is new, all its readers come for it."""
    return tuple(reading_pages.texts(storage.read(digest)) or ())


def forget_texts() -> None:
    """Keep no text of any edition in this process."""
    _texts.cache_clear()
