"""What a device sends is kept, and what it has not seen is given back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import delete, func, or_, select, tuple_
from sqlalchemy.orm import Session

from documents import access, noting
from documents.models import Edition, Note, NoteCount, NotePlace
from documents.notes import reading
from documents.notes.reading import Notes
from documents.noting import Content, Merge, NoteRefusal, Sent
from ecabinet import clock
from ecabinet.access import Actor
from ecabinet.db import insert_if_absent, transaction
from ecabinet.errors import BadInput, NotFound, Refused


def keep(actor: Actor, edition_id: int, given: Sequence[object], since: int) -> Notes:
    """Keep what one of this reader's devices has written; all of it, or nothing."""
    with transaction() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        count = count_to_raise(db, actor)
        for sent in _read(given, edition.pages):
            _keep(db, actor, edition, count, sent)
        db.flush()
        if _written(db, actor, edition) > noting.MOST_ON_EDITION:
            raise Refused(NoteRefusal.TOO_MANY)
        return reading.changed(db, actor, edition, since)


def forget(db: Session, edition_ids: Collection[int]) -> None:
    """Leave nothing of what anybody wrote on editions whose file is removed: a highlight holds
    the words that it lies on. The devices take away what they have of it as well."""
    written = Note.edition_id.in_(edition_ids)
    places = select(Note.person_id, Note.id).where(written)
    db.execute(
        delete(NotePlace).where(
            or_(
                NotePlace.edition_id.in_(edition_ids),
                tuple_(NotePlace.person_id, NotePlace.note_id).in_(places),
            )
        )
    )
    there = select(Note).where(written, Note.kind.is_not(None))
    for note in db.scalars(there.order_by(Note.person_id, Note.revision)).all():
        _write(db, note, _count_of(db, note.person_id), None)


def count_to_raise(db: Session, actor: Actor) -> NoteCount:
    """Locked: of two devices that save at once the second waits."""
    return _count_of(db, actor.id)


def _count_of(db: Session, person_id: int) -> NoteCount:
    insert_if_absent(db, NoteCount, person_id=person_id, last=0)
    return db.get_one(NoteCount, person_id, with_for_update=True, populate_existing=True)


def tell(note: Note, count: NoteCount) -> None:
    """Let the writer's other devices know that something about a note has changed."""
    count.last += 1
    note.revision = count.last


def own_note(db: Session, actor: Actor, edition: Edition, note_id: str) -> Note | None:
    """One's own note of this name, if it was written on this edition's paper."""
    note = db.get(Note, (actor.id, note_id))
    if note is None:
        return None
    if db.get_one(Edition, note.edition_id).paper_id != edition.paper_id:
        raise NotFound(f"note {note_id}")
    return note


def _read(given: Iterable[object], pages: int) -> list[Sent]:
    try:
        return [noting.read(each, pages) for each in given]
    except noting.Malformed as wrong:
        raise BadInput(str(wrong), "is no note's") from None


def _keep(db: Session, actor: Actor, edition: Edition, count: NoteCount, sent: Sent) -> None:
    note = own_note(db, actor, edition, sent.id)
    if note is not None:
        sent = _as_written_on(note, edition, sent)
    merge = noting.merged(note.kept if note else None, sent)
    if merge is Merge.KEEP:
        return
    if note is None or note.content is None:
        note = note or Note(person_id=actor.id, id=sent.id)
        note.edition_id = edition.id
    elif merge is Merge.TAKE_BESIDE:
        beside = Note(person_id=actor.id, id=_beside(note), edition_id=note.edition_id)
        _write(db, beside, count, note.content)
    _write(db, note, count, sent.content)


def _as_written_on(note: Note, edition: Edition, sent: Sent) -> Sent:
    """Of a note that was written on another edition only the words change: its place is there."""
    if note.edition_id == edition.id or note.content is None or sent.content is None:
        return sent
    return replace(sent, content=replace(note.content, text=sent.content.text))


def _beside(note: Note) -> str:
    """The name of an earlier state that is kept: the same, however often it is sent again."""
    return str(uuid5(NAMESPACE_URL, f"{note.id}/{note.revision}"))


def _write(db: Session, note: Note, count: NoteCount, content: Content | None) -> None:
    tell(note, count)
    note.changed_at = clock.now(db)
    note.write(content)
    db.add(note)


def _written(db: Session, actor: Actor, edition: Edition) -> int:
    there = select(func.count()).select_from(Note)
    mine = there.where(Note.person_id == actor.id, Note.edition_id == edition.id)
    return db.scalar(mine.where(Note.kind.is_not(None))) or 0
