"""Emergency removal of a file that should never have come: two people (rulebook: Who may do what;
CRY-04).

From the commit on nobody is given anything of it. Its bytes, pictures and text are destroyed with
their keys right after it, and the database is swept by the clock's next round. What stays is its
digest, who had opened it, and that it was removed: votes and signed papers go on naming it.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from documents import access, hooks, leases, queries, replacing, rules, service
from documents.announcements import FileRemoved, paper_audience
from documents.leases import CopyOfRemoved
from documents.models import Edition, Opening, Paper, Removal, RemovedFile
from documents.notes import carrying, keeping
from documents.queries import ExportView
from documents.replacing import Waiting
from ecabinet import approvals, canonical, clock, incoming, ledger, live, outbox, search, storage
from ecabinet import db as store
from ecabinet.access import Actor, Permission
from ecabinet.approvals import Act, Approved
from ecabinet.db import insert_if_absent, reading, transaction
from ecabinet.errors import Refused, Stale
from people import queries as people

log = logging.getLogger(__name__)
# Of a session's own notes: the files that its act has removed.
REMOVED = "removed_files"
# Where rows held words of what was removed.
SWEPT = (
    "documents_edition",
    "documents_note",
    "documents_note_place",
    "search_text",
    "search_terms",
)


@dataclass(frozen=True)
class Reader:
    """Who had opened a removed file, when first and when last."""

    office: str
    paper_id: int
    paper: str
    number: int
    first_at: datetime
    last_at: datetime
    # What they downloaded or printed of it: no removal reaches that.
    exports: Sequence[ExportView]


@dataclass(frozen=True)
class RemovedEdition:
    """What is left of a removed file, and where it lay."""

    edition_id: int
    paper_id: int
    dossier_id: int
    title: str
    number: int
    digest: str
    pages: int


@dataclass(frozen=True)
class Incident:
    """The record of one removal."""

    id: int
    request_id: int
    reason: str
    asked_as: str
    confirmed_as: str
    at: datetime
    destroyed_at: datetime | None
    paper_id: int
    editions: Sequence[RemovedEdition]
    readers: Sequence[Reader]
    copies: Sequence[CopyOfRemoved]


# ---- asked for, and done ----


def ask(
    actor: Actor,
    paper_id: int,
    edition_ids: Collection[int],
    reason: str,
    proposed_in: Collection[int] = (),
) -> int:
    """Ask a second person to remove these editions' files, and files that were proposed in these
    requests and became no edition; until then nothing has changed."""
    with reading() as db:
        paper = access.paper_to_remove(db, actor, paper_id)
        chosen = [each for each in paper.editions if each.id in edition_ids]
        offered = replacing.proposed(db, paper.id)
        proposed = {each.digest for each in offered if each.request_id in proposed_in}
        are_removed = [each.removal_id is not None for each in chosen]
        if refusal := rules.refusal_to_remove([*are_removed, *(False for _ in proposed)]):
            raise Refused(refusal)
        digests = {each.digest for each in chosen} | proposed
        same = _same_files(db, digests)
        ids = [each.id for each in same]
        facts: dict[str, Any] = {
            "paper": paper.id,
            "dossier": paper.dossier_id,
            "kind": str(paper.kind),
            "numbers": ", ".join(str(each.number) for each in chosen),
            "digests": sorted(digests),
            "elsewhere": len({each.paper_id for each in same} - {paper.id}),
            "openers": len(_openings(db, ids)),
            "exported": sum(map(len, queries.exports(db, ids).values())),
            "copies": len(leases.copies_of_removed(db, ids, clock.now(db))),
            "reason": reason,
        }
    # Whoever confirms runs the system and reads no paper: a title may be part of what leaked.
    about = f"Hồ sơ số {paper.dossier_id}, tài liệu số {paper.id}"
    return approvals.ask(actor, REMOVE, about, facts)


def twins(db: Session, paper: Paper) -> list[int]:
    """The other papers in which one of this one's files lies too: it goes there as well."""
    same = _same_files(db, {each.digest for each in paper.editions if each.removal_id is None})
    return sorted({each.paper_id for each in same} - {paper.id})


def _remove(db: Session, approved: Approved) -> None:
    facts = approved.facts
    access.paper_to_remove(db, approved.asker, facts["paper"])
    digests = set(facts["digests"])
    editions = _locked(db, digests)
    proposed = {each.digest for each in replacing.proposed(db, facts["paper"])}
    if not digests <= proposed | {each.digest for each in editions}:
        raise Stale
    removal = Removal(
        paper_id=facts["paper"],
        request_id=approved.request_id,
        reason=facts["reason"],
        asked_as=approved.asker.office,
        confirmed_as=approved.approver.office,
        at=clock.now(db),
    )
    db.add(removal)
    db.flush()
    files = _files(db, editions, digests)
    for each in sorted(files):
        insert_if_absent(db, RemovedFile, digest=each, removal_id=removal.id)
    _empty(db, editions, removal, files)
    if not editions:
        # Nobody has read what became no edition; its dossier says that it went.
        _write_story(db, approved.asker, removal)
    for paper in {each.paper_id: each.paper for each in editions}.values():
        _tell(db, paper, removal, [each for each in editions if each.paper_id == paper.id])
    body = {
        "removal": removal.id,
        "editions": [each.id for each in editions],
        "sha256": sorted(digests | {each.digest for each in editions}),
        "reason_sha256": canonical.digest_of(facts["reason"]),
        "asked_by": approved.asker.id,
        "confirmed_by": approved.approver.id,
    }
    ledger.append(db, "emergency_removal", body)
    db.info[REMOVED] = sorted(files)


REMOVE = Act(
    "remove_file", Permission.FILE_REMOVE, Permission.FILE_REMOVAL_APPROVE, _remove,
    done_to=("paper",),
)  # fmt: skip


def waiting(db: Session, actor: Actor, paper_ids: Iterable[int]) -> dict[int, Waiting]:
    """Of which of these papers a removal waits."""
    return replacing.waiting(db, actor, paper_ids, REMOVE)


def _locked(db: Session, digests: Collection[str]) -> list[Edition]:
    """Every edition that is one of these files, their dossiers locked in one order."""
    for dossier_id in sorted({each.paper.dossier_id for each in _same_files(db, digests)}):
        access.dossier_to_hand_out(db, dossier_id)
    return _same_files(db, digests)


def _same_files(db: Session, digests: Collection[str]) -> list[Edition]:
    """The editions that are these files or were made from the same Office files, in any dossier."""
    here = Edition.removal_id.is_(None)
    found = db.scalars(select(Edition).where(Edition.digest.in_(digests), here)).all()
    natives = {each.native for each in found if each.native}
    either = or_(Edition.digest.in_(digests), Edition.native.in_(natives))
    return list(db.scalars(select(Edition).where(either, here).order_by(Edition.id)))


def _files(db: Session, editions: Sequence[Edition], digests: Collection[str]) -> set[str]:
    """What is stored of these editions: their files, pictures, and every text that was kept of
    them; but nothing that is another paper's as well, such as the picture of a like first page."""
    ids = [each.id for each in editions]
    found = {file for each in editions for file in _stored(each)}
    found |= replacing.files_about(db, {*digests, *(each.digest for each in editions)})
    shared = (Edition.prepared.in_(found), Edition.page1.in_(found))
    staying = select(Edition).where(Edition.id.not_in(ids), or_(*shared))
    others = {file for each in db.scalars(staying) for file in (each.prepared, each.page1)}
    return found - others


def _stored(edition: Edition) -> list[str]:
    every = (edition.digest, edition.native, edition.prepared, edition.page1, edition.changes)
    return [each for each in every if each]


def _empty(
    db: Session, editions: Sequence[Edition], removal: Removal, files: Collection[str]
) -> None:
    """Leave nothing in any row of what the files held."""
    for each in db.scalars(select(Edition).where(Edition.changes.in_(files))):
        each.changes = None
    for each in editions:
        each.removal_id = removal.id
        each.file_name = each.heading = each.prepared = each.page1 = ""
        each.native = each.changes = each.signatures = None
    keeping.forget(db, [each.id for each in editions])
    for paper in {each.paper_id: each.paper for each in editions}.values():
        if paper.editions[-1] in editions:
            search.remove(db, f"paper:{paper.id}")


def _write_story(db: Session, asker: Actor, removal: Removal) -> None:
    paper = access.paper_to_remove(db, asker, removal.paper_id)
    service.add_to_story(
        db, paper.dossier_id, "proposal_removed", f"/papers/{paper.id}", title=paper.title,
        by=removal.asked_as, confirmed=removal.confirmed_as,
    )  # fmt: skip


def _tell(db: Session, paper: Paper, removal: Removal, editions: Sequence[Edition]) -> None:
    path = f"/papers/{paper.id}"
    numbers = ", ".join(str(each.number) for each in editions)
    service.add_to_story(
        db, paper.dossier_id, "file_removed", path, title=paper.title, numbers=numbers,
        by=removal.asked_as, confirmed=removal.confirmed_as,
    )  # fmt: skip
    hooks.paper_removed(db, paper.dossier_id, paper.id)
    live.announce(db, FileRemoved(paper_audience(paper.id), [each.id for each in editions]))
    outbox.notify(
        db, service.readers(db, paper), "file_removed", path, title=paper.title, numbers=numbers
    )


# ---- destroyed ----


def destroy_at_once(told: dict[Any, Any]) -> None:
    """Destroy the files of an act that was just committed; what fails, the clock tries again."""
    try:
        _destroy(told.get(REMOVED, []))
    except OSError as fault:
        log.warning("could not destroy at once: %s", fault)


def finish_removals() -> int:
    """Destroy what removals have left, and sweep the database of it; how many were finished."""
    with reading() as db:
        waiting = db.scalars(select(Removal.id).where(Removal.destroyed_at.is_(None))).all()
        files = db.scalars(select(RemovedFile.digest).where(RemovedFile.removal_id.in_(waiting)))
        left = list(files)
    if not waiting:
        return 0
    _destroy(left)
    with transaction() as db:
        search.settle(db)
    store.database().sweep(SWEPT)
    with transaction() as db:
        these = update(Removal).where(Removal.id.in_(waiting))
        db.execute(these.values(destroyed_at=clock.now(db)))
    return len(waiting)


def _destroy(digests: Iterable[str]) -> None:
    for each in digests:
        storage.store().destroy(each)
        incoming.store().drop_of_all(each)
    carrying.forget_texts()


# ---- what is left of it ----


def incidents(db: Session) -> list[Incident]:
    """Every removal, the newest first; the right to them is the caller's to have asked for."""
    return [_incident(db, each) for each in db.scalars(select(Removal).order_by(Removal.id.desc()))]


def incident(db: Session, actor: Actor, removal_id: int) -> Incident:
    return _incident(db, access.removal_to_read(db, actor, removal_id))


def of_paper(db: Session, paper_id: int) -> tuple[Sequence[Reader], Sequence[CopyOfRemoved]]:
    """Who had opened the removed files of one paper, and what became of the copies on devices."""
    gone = select(Edition).where(Edition.paper_id == paper_id, Edition.removal_id.is_not(None))
    editions = db.scalars(gone).all()
    ids = [each.id for each in editions]
    since = min(each.removal.at for each in editions if each.removal)
    return _readers(db, ids), leases.copies_of_removed(db, ids, since)


def _incident(db: Session, removal: Removal) -> Incident:
    its = select(Edition).where(Edition.removal_id == removal.id).order_by(Edition.id)
    editions = db.scalars(its).all()
    ids = [each.id for each in editions]
    return Incident(
        removal.id, removal.request_id, removal.reason, removal.asked_as, removal.confirmed_as,
        removal.at, removal.destroyed_at, removal.paper_id,
        [
            RemovedEdition(
                each.id, each.paper_id, each.paper.dossier_id, each.paper.title, each.number,
                each.digest, each.pages,
            )
            for each in editions
        ],
        _readers(db, ids),
        leases.copies_of_removed(db, ids, removal.at),
    )  # fmt: skip


def _readers(db: Session, edition_ids: Collection[int]) -> list[Reader]:
    """By office; by name whoever holds none any more."""
    times, out = _openings(db, edition_ids), queries.exports(db, edition_ids)
    ids = sorted({person for person, _ in times})
    offices, names = people.holder_names(db, ids), people.names_among(db, ids)
    whole = select(Edition).where(Edition.id.in_(edition_ids))
    editions = {each.id: each for each in db.scalars(whole)}
    return [
        Reader(
            offices[person].office if person in offices else names[person],
            editions[edition].paper_id, editions[edition].paper.title, editions[edition].number,
            min(at), max(at), out.get((person, edition), ()),
        )
        for (person, edition), at in times.items()
    ]  # fmt: skip


def _openings(db: Session, edition_ids: Collection[int]) -> dict[tuple[int, int], list[datetime]]:
    """When each person had opened each of these editions."""
    opened = select(Opening).where(Opening.edition_id.in_(edition_ids)).order_by(Opening.at)
    found: dict[tuple[int, int], list[datetime]] = {}
    for each in db.scalars(opened):
        found.setdefault((each.person_id, each.edition_id), []).append(each.at)
    return found
