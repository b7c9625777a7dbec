"""What readers write on papers: kept at every stroke, theirs alone, the same on all their devices.

Nobody else's notes can be asked for here: the person is part of each row's key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from documents import access, noting
from documents.models import Edition, Note, NoteCount
from documents.noting import Content, Merge, NoteRefusal, Sent
from ecabinet import clock
from ecabinet.access import Actor
from ecabinet.db import insert_if_absent, reading, transaction
from ecabinet.errors import BadInput, NotFound, Refused


@dataclass(frozen=True)
class NoteView:
    """A note as its writer's devices know it; without content it was taken away."""

    id: str
    revision: int
    content: Content | None
    # The number of the edition that it was written on.
    edition: int
    at: datetime


@dataclass(frozen=True)
class Notes:
    """What changed since a revision, up to `last`."""

    last: int
    notes: list[NoteView]


def on_edition(actor: Actor, edition_id: int, since: int = 0) -> Notes:
    """This reader's own notes on an edition that changed after a revision."""
    with reading() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        return _changed(db, actor, edition, since)


def keep(actor: Actor, edition_id: int, given: Sequence[object], since: int) -> Notes:
    """Keep what one of this reader's devices has written; gives back all that it has not seen."""
    with transaction() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        count = _count_to_raise(db, actor)
        for sent in _read(given, edition.pages):
            _keep(db, actor, edition, count, sent)
        db.flush()
        if _written(db, actor, edition) > noting.MOST_ON_EDITION:
            raise Refused(NoteRefusal.TOO_MANY)
        return _changed(db, actor, edition, since)


def _read(given: Iterable[object], pages: int) -> list[Sent]:
    try:
        return [noting.read(each, pages) for each in given]
    except noting.Malformed as wrong:
        raise BadInput(str(wrong), "is no note's") from None


def _keep(db: Session, actor: Actor, edition: Edition, count: NoteCount, sent: Sent) -> None:
    note = db.get(Note, (actor.id, sent.id))
    if note is not None:
        sent = _as_written_on(db, note, edition, sent)
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


def _as_written_on(db: Session, note: Note, edition: Edition, sent: Sent) -> Sent:
    """Of a note that was written on another edition only the words change: its place is there."""
    if note.edition_id == edition.id:
        return sent
    if db.get_one(Edition, note.edition_id).paper_id != edition.paper_id:
        raise NotFound(f"note {sent.id}")
    if note.content is None or sent.content is None:
        return sent
    return replace(sent, content=replace(note.content, text=sent.content.text))


def _beside(note: Note) -> str:
    """The name of an earlier state that is kept: the same, however often it is sent again."""
    return str(uuid5(NAMESPACE_URL, f"{note.id}/{note.revision}"))


def _write(db: Session, note: Note, count: NoteCount, content: Content | None) -> None:
    count.last += 1
    note.revision, note.changed_at = count.last, clock.now(db)
    note.write(content)
    db.add(note)


def _count_to_raise(db: Session, actor: Actor) -> NoteCount:
    """Locked: of two devices that save at once the second waits."""
    insert_if_absent(db, NoteCount, person_id=actor.id, last=0)
    return db.get_one(NoteCount, actor.id, with_for_update=True, populate_existing=True)


def _written(db: Session, actor: Actor, edition: Edition) -> int:
    there = select(func.count()).select_from(Note)
    mine = there.where(Note.person_id == actor.id, Note.edition_id == edition.id)
    return db.scalar(mine.where(Note.kind.is_not(None))) or 0


def _changed(db: Session, actor: Actor, edition: Edition, since: int) -> Notes:
    count = db.get(NoteCount, actor.id)
    mine = select(Note).where(Note.person_id == actor.id, Note.edition_id == edition.id)
    changed = mine.where(Note.revision > since).order_by(Note.revision)
    views = [
        NoteView(each.id, each.revision, each.content, edition.number, each.changed_at)
        for each in db.scalars(changed)
    ]
    return Notes(count.last if count else 0, views)
