"""The notes that somebody sees on an edition: their own, and those that others show them.

Nobody else's notes can be asked for here: the person is part of each row's key.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.orm import Session

from documents import access
from documents.anchoring import Place
from documents.models import Edition, Note, NoteCount, NotePlace, NoteShare
from documents.noting import Content
from ecabinet.access import Actor


@dataclass(frozen=True)
class Standing:
    """Where a note stands on an edition that it was not written on."""

    place: Place
    is_confirmed: bool


@dataclass(frozen=True)
class NoteView:
    """A note as its writer's devices know it; without content it was taken away."""

    id: str
    revision: int
    content: Content | None
    # The number of the edition that it was written on; only elsewhere does it need a standing.
    edition: int
    at: datetime
    standing: Standing | None
    # The mandates by which it is shown to others.
    shared: list[int]

    @property
    def is_asked(self) -> bool:
        """Whether its writer is asked if it stands where it was put."""
        there = self.standing
        if there is None or there.place.page is None:
            return False
        return not (there.place.is_sure or there.is_confirmed)


@dataclass(frozen=True)
class Lent:
    """A note that somebody shows to whoever advises them."""

    principal: str
    note: NoteView


@dataclass(frozen=True)
class Notes:
    """What of one's own changed since a revision, up to `last`; and all that others show."""

    last: int
    notes: list[NoteView]
    lent: list[Lent]


def changed(db: Session, actor: Actor, edition: Edition, since: int) -> Notes:
    count = db.get(NoteCount, actor.id)
    mine = seen_on(edition).where(Note.person_id == actor.id, Note.revision > since)
    rows = db.execute(mine.order_by(Note.revision)).all()
    shared = _shared(db, actor, edition)
    return Notes(
        count.last if count else 0,
        [_view(each, shared.get(each.Note.id, [])) for each in rows],
        lent(db, actor, edition),
    )


def lent(db: Session, actor: Actor, edition: Edition) -> list[Lent]:
    """What is shown to this reader by mandates in force that let them read the dossier."""
    by_mandate = {
        each.id: each.principal
        for each in access.mandates_over(db, actor, edition.paper.dossier_id)
    }
    shown = (
        seen_on(edition)
        .add_columns(NoteShare.mandate_id)
        .join(NoteShare, _same_note(NoteShare))
        .where(NoteShare.mandate_id.in_(by_mandate), Note.kind.is_not(None))
        .order_by(Note.person_id, Note.revision)
    )
    # Shown by two mandates, it is shown once.
    found = {
        (each.Note.person_id, each.Note.id): Lent(by_mandate[each.mandate_id], _view(each, []))
        for each in db.execute(shown)
    }
    return list(found.values())


def seen_on(edition: Edition) -> Select[Note, int, NotePlace]:
    """The notes of all readers on this edition and on those before it, with their places here."""
    here = and_(_same_note(NotePlace), NotePlace.edition_id == edition.id)
    return (
        select(Note, Edition.number, NotePlace)
        .join(Edition, Edition.id == Note.edition_id)
        .outerjoin(NotePlace, here)
        .where(Edition.paper_id == edition.paper_id, Edition.number <= edition.number)
    )


def _same_note(kind: type[NotePlace] | type[NoteShare]) -> ColumnElement[bool]:
    return and_(kind.person_id == Note.person_id, kind.note_id == Note.id)


def _shared(db: Session, actor: Actor, edition: Edition) -> dict[str, list[int]]:
    rows = db.execute(
        select(NoteShare.note_id, NoteShare.mandate_id)
        .join(Note, _same_note(NoteShare))
        .join(Edition, Edition.id == Note.edition_id)
        .where(Note.person_id == actor.id, Edition.paper_id == edition.paper_id)
        .order_by(NoteShare.mandate_id)
    )
    found: dict[str, list[int]] = {}
    for note_id, mandate_id in rows:
        found.setdefault(note_id, []).append(mandate_id)
    return found


def _view(row: Row[Note, int, NotePlace], shared: list[int]) -> NoteView:
    note, there = row.Note, row.NotePlace
    return NoteView(
        note.id,
        note.revision,
        note.content,
        row.number,
        note.changed_at,
        Standing(there.place, there.confirmed_at is not None) if there else None,
        shared,
    )
