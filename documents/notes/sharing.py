"""A note is shown to those who advise its writer, by name, and to nobody else."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from documents import access
from documents.models import Edition, Loan, Note, NoteShare
from documents.notes import keeping, reading
from documents.notes.reading import Notes
from ecabinet.access import Actor, Right
from ecabinet.db import transaction
from ecabinet.errors import BadInput, NotFound
from people import queries as people
from people.queries import MandateView
from people.rules import MandateStanding


def share(
    actor: Actor,
    edition_id: int,
    note_ids: Sequence[str],
    mandate_ids: Sequence[object],
    since: int,
) -> Notes:
    """Show notes to these of one's advisers and to no others; to none, they are one's own again.
    All of them, or none: the strokes of a drawing are shown together."""
    with transaction() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        count = keeping.count_to_raise(db, actor)
        notes = [_own(db, actor, edition, each) for each in dict.fromkeys(note_ids)]
        chosen = [
            each for each in advisers(db, actor, edition.paper.dossier_id) if each.id in mandate_ids
        ]
        if len(chosen) != len(mandate_ids):
            raise BadInput("mandates", "is no adviser's")
        for note in notes:
            shown = NoteShare.person_id == actor.id, NoteShare.note_id == note.id
            db.execute(delete(NoteShare).where(*shown))
            for each in chosen:
                db.add(NoteShare(person_id=actor.id, note_id=note.id, mandate_id=each.id))
            keeping.tell(note, count)
        db.flush()
        return reading.changed(db, actor, edition, since)


def _own(db: Session, actor: Actor, edition: Edition, note_id: str) -> Note:
    note = keeping.own_note(db, actor, edition, note_id)
    if note is None or note.content is None:
        raise NotFound(f"note {note_id}")
    return note


def advisers(db: Session, actor: Actor, dossier_id: int) -> list[MandateView]:
    """Those to whom this reader has passed the dossier, by mandates that are in force."""
    lending = set(db.scalars(select(Loan.mandate_id).where(Loan.dossier_id == dossier_id)))
    return [
        each
        for each in people.mandates_given_by(db, actor.id)
        if each.id in lending
        and each.right == Right.ADVISE
        and each.standing is MandateStanding.IN_FORCE
    ]
