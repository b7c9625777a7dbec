"""Loaders of dossiers, papers and editions: whoever may not read them, finds nothing."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from documents import rules
from documents.models import (
    Dossier,
    Edition,
    Handout,
    Loan,
    Paper,
    Removal,
    SecretCopy,
    SecretPaper,
)
from documents.rules import DossierRefusal, DossierState, Handling
from ecabinet.access import Actor, Mandate, Permission
from ecabinet.errors import NotFound, Refused, Removed


def dossier_to_read(db: Session, actor: Actor, dossier_id: int) -> Dossier:
    dossier = db.get(Dossier, dossier_id)
    if dossier is None or not may_read(db, actor, dossier_id):
        raise NotFound(f"dossier {dossier_id}")
    return dossier


def dossier_to_complete(db: Session, actor: Actor, dossier_id: int) -> Dossier:
    """A dossier that this person may add papers to, locked against its being handed out."""
    actor.must(Permission.PAPER_ADD)
    dossier = dossier_to_hand_out(db, dossier_id)
    if not may_read_oneself(db, actor, dossier_id):
        raise NotFound(f"dossier {dossier_id}")
    reason = rules.refusal_to_complete(
        dossier.state, lodges(actor, dossier), was_handed_out(db, dossier_id)
    )
    if reason:
        raise Refused(reason)
    return dossier


def dossier_to_lodge(db: Session, actor: Actor, dossier_id: int) -> Dossier:
    """A dossier of this person's agency, locked against another step."""
    actor.must(Permission.DOSSIER_LODGE)
    dossier = dossier_to_hand_out(db, dossier_id)
    if not lodges(actor, dossier):
        raise NotFound(f"dossier {dossier_id}")
    return dossier


def dossier_to_judge(db: Session, actor: Actor, dossier_id: int) -> Dossier:
    """A dossier that an agency has lodged, locked against another step."""
    actor.must(Permission.DOSSIER_ACCEPT)
    dossier = dossier_to_hand_out(db, dossier_id)
    if dossier.lodging is None or dossier.state == DossierState.DRAFT:
        raise NotFound(f"dossier {dossier_id}")
    return dossier


def dossier_to_put_forward(db: Session, actor: Actor, dossier_id: int) -> Dossier:
    """A dossier that may go on an agenda or into a consultation."""
    dossier = dossier_to_read(db, actor, dossier_id)
    if reason := rules.refusal_to_put_forward(dossier.state):
        raise Refused(reason)
    return dossier


def lodges(actor: Actor, dossier: Dossier) -> bool:
    """Whether this person's agency lodges a dossier."""
    is_theirs = dossier.drafting_agency_id in actor.agencies
    return actor.may(Permission.DOSSIER_LODGE) and is_theirs and dossier.lodging is not None


def dossier_to_hand_out(db: Session, dossier_id: int) -> Dossier:
    """A dossier, locked; the right is that of the act in the room above."""
    dossier = db.get(Dossier, dossier_id, with_for_update=True, populate_existing=True)
    if dossier is None:
        raise NotFound(f"dossier {dossier_id}")
    return dossier


def secret_paper_to_hand_out(db: Session, actor: Actor, secret_paper_id: int) -> SecretPaper:
    """A secret paper of which the Office hands out copies; its dossier is locked."""
    actor.must(Permission.DOSSIER_WRITE)
    paper = db.get(SecretPaper, secret_paper_id)
    if paper is None or not may_read(db, actor, paper.dossier_id):
        raise NotFound(f"secret paper {secret_paper_id}")
    dossier_to_hand_out(db, paper.dossier_id)
    return paper


def secret_copy_to_collect(
    db: Session, actor: Actor, copy_id: int
) -> tuple[SecretPaper, SecretCopy]:
    """A copy that somebody has or had; the lock on its dossier is this row's too."""
    actor.must(Permission.DOSSIER_WRITE)
    copy = db.get(SecretCopy, copy_id)
    if copy is None:
        raise NotFound(f"secret copy {copy_id}")
    paper = secret_paper_to_hand_out(db, actor, copy.paper_id)
    db.refresh(copy)
    return paper, copy


def paper_to_read(db: Session, actor: Actor, paper_id: int) -> Paper:
    paper = db.get(Paper, paper_id)
    if paper is None or not may_read(db, actor, paper.dossier_id):
        raise NotFound(f"paper {paper_id}")
    if paper.taken_out_at is not None:
        raise NotFound(f"paper {paper_id} was taken out")
    return paper


def paper_to_prepare(db: Session, actor: Actor, paper_id: int) -> Paper:
    """A paper whose next edition this person may prepare; who prepares has read the dossier."""
    actor.must(Permission.DOSSIER_WRITE)
    return paper_to_read(db, actor, paper_id)


def paper_to_complete(db: Session, actor: Actor, paper_id: int) -> Paper:
    """A paper that was not handed out and that this person may add an edition to; its dossier is
    locked."""
    paper = paper_to_put_back(db, actor, paper_id)
    if paper.taken_out_at is not None:
        raise NotFound(f"paper {paper_id} was taken out")
    return paper


def paper_to_put_back(db: Session, actor: Actor, paper_id: int) -> Paper:
    """The same, of a paper that may have been taken out."""
    actor.must(Permission.PAPER_ADD)
    paper = db.get(Paper, paper_id)
    if paper is None:
        raise NotFound(f"paper {paper_id}")
    dossier_to_complete(db, actor, paper.dossier_id)
    db.refresh(paper)
    return paper


def paper_to_replace(db: Session, actor: Actor, paper_id: int) -> Paper:
    """A paper that was handed out and that this person may replace; its dossier is locked."""
    actor.must(Permission.DOSSIER_WRITE)
    paper = db.get(Paper, paper_id)
    if paper is None:
        raise NotFound(f"paper {paper_id}")
    dossier_to_hand_out(db, paper.dossier_id)
    return paper


def paper_to_remove(db: Session, actor: Actor, paper_id: int) -> Paper:
    """A paper of which this person may ask to remove files, wherever it lies: also in a draft that
    they do not read, of which its agency tells them the number."""
    actor.must(Permission.FILE_REMOVE)
    paper = db.get(Paper, paper_id)
    if paper is None:
        raise NotFound(f"paper {paper_id}")
    return paper


def removal_to_read(db: Session, actor: Actor, removal_id: int) -> Removal:
    """An incident, for those who remove files and those who read the log."""
    actor.must(Permission.LOG_READ)
    removal = db.get(Removal, removal_id)
    if removal is None:
        raise NotFound(f"removal {removal_id}")
    return removal


def edition_to_read(db: Session, actor: Actor, edition_id: int) -> Edition:
    edition = db.get(Edition, edition_id, options=[joinedload(Edition.paper)])
    if edition is None or not may_read(db, actor, edition.paper.dossier_id):
        raise NotFound(f"edition {edition_id}")
    if edition.paper.taken_out_at is not None:
        raise NotFound(f"edition {edition_id} was taken out")
    if edition.removal_id is not None:
        raise Removed(f"edition {edition_id}")
    return edition


def office_file_to_take(db: Session, actor: Actor, edition_id: int) -> Edition:
    """An edition that was made from an Office file, for those who work on its dossier."""
    edition = _unmarked(db, actor, edition_id)
    if edition.native is None:
        raise NotFound(f"Office file of edition {edition_id}")
    return edition


def signed_original_to_take(db: Session, actor: Actor, edition_id: int) -> Edition:
    """An edition that came in signed, for those who work on its dossier."""
    edition = _unmarked(db, actor, edition_id)
    if not edition.was_signed:
        raise NotFound(f"signed original of edition {edition_id}")
    return edition


def may_export(db: Session, actor: Actor, dossier_id: int) -> bool:
    """Whether this person may take away what they read of a dossier, where its labels let it go."""
    return actor.may(Permission.PAPER_EXPORT) and may_read_oneself(db, actor, dossier_id)


def read_ahead(db: Session, actor: Actor, edition_ids: Sequence[int]) -> list[object]:
    """What the rights of all these editions ask, by one question each; what is given back is to be
    held as long as they are asked."""
    editions = db.scalars(
        select(Edition)
        .where(Edition.id.in_(edition_ids))
        .options(
            joinedload(Edition.paper).joinedload(Paper.dossier),
            joinedload(Edition.paper).selectinload(Paper.editions),
        )
    ).all()
    dossiers = {each.paper.dossier_id for each in editions}
    handed = db.scalars(
        select(Handout).where(Handout.dossier_id.in_(dossiers), Handout.person_id == actor.id)
    ).all()
    return [*editions, *handed]


def edition_to_export(db: Session, actor: Actor, edition_id: int) -> Edition:
    """An edition whose reader may download or print their copy; who reads by a mandate reads only
    here."""
    actor.must(Permission.PAPER_EXPORT)
    edition = edition_to_read(db, actor, edition_id)
    if not may_read_oneself(db, actor, edition.paper.dossier_id):
        raise NotFound(f"copy of edition {edition_id}")
    if edition.paper.handling != Handling.FREE:
        raise Refused(DossierRefusal.NOT_EXPORTED)
    return edition


def _unmarked(db: Session, actor: Actor, edition_id: int) -> Edition:
    """An edition whose file may be had without its reader's mark."""
    actor.must(Permission.PAPER_ADD)
    edition = edition_to_read(db, actor, edition_id)
    if not may_read_oneself(db, actor, edition.paper.dossier_id):
        raise NotFound(f"file of edition {edition_id}")
    return edition


def edition_to_open(db: Session, actor: Actor, edition_id: int) -> Edition:
    """An edition to read, locked so that of two openings at once one row is made."""
    db.execute(select(Edition.id).where(Edition.id == edition_id).with_for_update())
    return edition_to_read(db, actor, edition_id)


def may_read(db: Session, actor: Actor, dossier_id: int) -> bool:
    return actor.may(Permission.PAPER_READ) and (
        may_read_oneself(db, actor, dossier_id) or bool(mandates_over(db, actor, dossier_id))
    )


def may_read_oneself(db: Session, actor: Actor, dossier_id: int) -> bool:
    """Whether this person reads a dossier in their own right, and by no mandate."""
    dossier = db.get(Dossier, dossier_id)
    return dossier is not None and rules.may_read(
        reads_every_dossier=actor.may(Permission.DOSSIER_READ_ALL),
        handed_out=was_handed_out_to(db, dossier_id, actor.id),
        state=dossier.state,
        is_theirs=lodges(actor, dossier),
    )


def dossier_to_lend(db: Session, actor: Actor, dossier_id: int) -> Dossier:
    """A dossier that was handed out to this person: only then can they pass it to an adviser."""
    actor.must(Permission.MANDATE_GIVE)
    if not was_handed_out_to(db, dossier_id, actor.id):
        raise NotFound(f"dossier {dossier_id}")
    return dossier_to_hand_out(db, dossier_id)


def mandates_over(db: Session, actor: Actor, dossier_id: int) -> list[Mandate]:
    """By which of their mandates this person may read a dossier."""
    if not actor.mandates:
        return []
    held = select(Loan.mandate_id).where(
        Loan.dossier_id == dossier_id, Loan.mandate_id.in_([each.id for each in actor.mandates])
    )
    lending = set(db.scalars(held))
    return [each for each in actor.mandates if each.id in lending]


def was_handed_out_to(db: Session, dossier_id: int, person_id: int) -> bool:
    return db.get(Handout, (dossier_id, person_id)) is not None


def was_handed_out(db: Session, dossier_id: int) -> bool:
    found = select(Handout.person_id).where(Handout.dossier_id == dossier_id).limit(1)
    return db.scalar(found) is not None
