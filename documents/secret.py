"""Secret papers never enter: the dossier bears a numbered place for each, that says where it is
given out, and the Office notes who was handed which copy and when it was collected."""

from documents import access, queries
from documents.models import SecretCopy, SecretPaper
from documents.rules import DossierRefusal
from documents.service import add_to_story
from ecabinet import clock
from ecabinet.access import Actor
from ecabinet.db import transaction
from ecabinet.errors import Refused


def put_place(actor: Actor, dossier_id: int, place: str) -> None:
    """Say that a dossier has one more secret paper, and where it is given out."""
    with transaction() as db:
        access.dossier_to_complete(db, actor, dossier_id)
        number = len(queries.secret_papers(db, dossier_id)) + 1
        db.add(
            SecretPaper(
                dossier_id=dossier_id,
                number=number,
                place=place,
                added_by=actor.id,
                added_at=clock.now(db),
            )
        )
        path = f"/dossiers/{dossier_id}"
        add_to_story(db, dossier_id, "secret_paper_placed", path, number=number, by=actor.office)


def hand_out(actor: Actor, secret_paper_id: int, person_id: int, number: str) -> int:
    """Note that somebody who reads the dossier was handed a copy; the dossier's number."""
    with transaction() as db:
        paper = access.secret_paper_to_hand_out(db, actor, secret_paper_id)
        if person_id not in queries.handed_out_to(db, paper.dossier_id):
            raise Refused(DossierRefusal.NOT_A_READER)
        db.add(
            SecretCopy(
                paper_id=paper.id,
                person_id=person_id,
                number=number,
                handed_at=clock.now(db),
                handed_by=actor.id,
            )
        )
        return paper.dossier_id


def collect(actor: Actor, copy_id: int) -> int:
    """Note that a copy came back; the dossier's number."""
    with transaction() as db:
        paper, copy = access.secret_copy_to_collect(db, actor, copy_id)
        if copy.collected_at is not None:
            raise Refused(DossierRefusal.COLLECTED)
        copy.collected_at, copy.collected_by = clock.now(db), actor.id
        return paper.dossier_id
