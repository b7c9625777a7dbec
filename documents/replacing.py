"""Putting a new edition in the place of a paper that was handed out: two people, and every reader
is told what changed (rulebook: Sessions, Who may do what; AC-08).

Votes and positions name the edition they saw by its digest, and so keep pointing to it.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from documents import access, comparing, hooks, queries, rules, service
from documents.comparing import PageChange, Piece
from documents.marking import Copy, Mark, Slot
from documents.models import Edition, Paper
from documents.pages import picture
from documents.pages import reading as reading_pages
from documents.rules import DossierRefusal
from documents.service import Incoming
from ecabinet import approvals, canonical, clock, ledger, outbox, storage
from ecabinet.access import Actor, Permission
from ecabinet.approvals import Act, Approved, Request, RequestState
from ecabinet.db import reading
from ecabinet.errors import NotFound, Refused, Removed, Stale
from ecabinet.signatures import STAMPS, Signature

ROWS_NAMED = 20


@dataclass(frozen=True)
class Signed:
    """Whether a file came in signed, and what was found of that."""

    was_signed: bool
    signatures: list[Signature] | None


@dataclass(frozen=True)
class Comparison:
    """Two editions of a paper side by side, as far as their text goes."""

    paper_id: int
    title: str
    was_number: int
    number: int
    reason: str
    changes: list[PageChange]
    # Pages of either edition that hold hardly any text: nothing is known of them.
    unread: int
    # The edition before, to open it at a page; the newer one is there once it is confirmed.
    was_id: int
    edition_id: int | None
    was_pages: int
    pages: int
    file: Signed
    # None where that file was removed: nothing is known of it.
    was_file: Signed | None

    @property
    def pairs(self) -> list[dict[str, Any]]:
        return [asdict(each) for each in comparing.pairs(self.was_pages, self.pages, self.changes)]


def propose(actor: Actor, paper_id: int, file_name: str, content: bytes, reason: str) -> int:
    """Ask a second person to replace a paper that was handed out; readers keep the old edition."""
    with reading() as db:
        current = _current(access.paper_to_prepare(db, actor, paper_id))
        if not access.was_handed_out(db, current.paper.dossier_id):
            raise Refused(DossierRefusal.NOT_HANDED_OUT)
        title, was_number, was_digest = current.paper.title, current.number, current.digest
        was_id, was_poor, was_signed = current.id, current.text_poor_pages, _by_somebody(current)
        is_removed = current.removal_id is not None
        service.refuse_same(current, content)
    incoming = service.read_file(file_name, content)
    # Nothing is left to compare with where the file before was removed.
    was_texts = [] if is_removed else reading_pages.texts(storage.read(was_digest)) or []
    found = comparing.changes(was_texts, incoming.texts)
    kept: dict[str, Any] = {
        "reason": reason,
        "was_number": was_number,
        "was_id": was_id,
        "unread": was_poor + incoming.text_poor_pages,
        "changes": [asdict(each) for each in found],
    }
    facts: dict[str, Any] = {
        "paper": paper_id,
        "title": title,
        "was_digest": was_digest,
        "number": was_number + 1,
        "was_number": was_number,
        "digest": incoming.original,
        "pages": incoming.pages,
        "reason": reason,
        "was_signed": was_signed,
        # Names stand in the file alone, which goes if it is ever removed.
        "signed": _by_somebody(incoming),
        "standings": incoming.signatures and [each["standing"] for each in incoming.signatures],
        **pages_by_fate(found),
        "file": _keep(asdict(incoming)),
        "changes": _keep(kept),
    }
    return approvals.ask(actor, REPLACE, title, facts)


def _by_somebody(file: Edition | service.Incoming) -> bool:
    """Whether a file was signed, and not by an authority's time stamp alone."""
    kept = queries.loaded(file.signatures) or ()
    return file.was_signed and not any(each.standing in STAMPS for each in kept)


def pages_by_fate(changes: Sequence[PageChange]) -> dict[str, str]:
    """Which pages changed and came in, by their numbers now, and which were taken out."""
    return {
        "changed": _listed(each.now for each in changes if each.was and each.now),
        "added": _listed(each.now for each in changes if not each.was),
        "taken_out": _listed(each.was for each in changes if not each.now),
    }


def _listed(numbers: Iterable[int | None]) -> str:
    """As a paper names pages: those in a row by the first and the last."""
    placed = enumerate(sorted(each for each in numbers if each))
    rows = [
        [number for _, number in row] for _, row in groupby(placed, lambda each: each[1] - each[0])
    ]
    found = [f"{row[0]}–{row[-1]}" if len(row) > 1 else str(row[0]) for row in rows]
    return ", ".join(found[:ROWS_NAMED]) + (", …" if len(found) > ROWS_NAMED else "")


def _publish(db: Session, approved: Approved) -> None:
    facts = approved.facts
    paper = access.paper_to_replace(db, approved.asker, facts["paper"])
    current = _current(paper)
    if current.digest != facts["was_digest"]:
        raise Stale
    # What it would bring, or a text that it is compared with, may have been removed meanwhile.
    if queries.removed_files(db, [facts["file"], facts["changes"]]):
        raise Stale
    incoming = Incoming(**_kept(facts["file"]))
    edition = service.keep_edition(
        db, approved.asker, paper, facts["number"], incoming, facts["changes"]
    )
    service.add_to_story(
        db, paper.dossier_id, "edition_added", f"/editions/{edition.id}/changes",
        title=paper.title, number=edition.number, pages=edition.pages, by=approved.asker.office,
    )  # fmt: skip
    body = {
        "paper": paper.id,
        "edition": edition.number,
        "sha256": edition.digest,
        "replaces_sha256": current.digest,
        "reason": facts["reason"],
        "asked_by": approved.asker.id,
        "confirmed_by": approved.approver.id,
        "at": canonical.moment(clock.now(db)),
    }
    ledger.append(db, "edition_published", body)
    hooks.paper_replaced(db, paper.dossier_id, paper.id)
    told = ("title", "number", "was_number", "changed", "added", "taken_out")
    outbox.notify(
        db, service.readers(db, paper), "paper_replaced", f"/papers/{paper.id}",
        **{each: facts[each] for each in told},
    )  # fmt: skip


REPLACE = Act(
    "replace_paper", Permission.DOSSIER_WRITE, Permission.EDITION_APPROVE, _publish,
    # Of two that wait, the second would compare with an edition that is no longer the current one.
    done_to=("paper",),
)  # fmt: skip


@dataclass(frozen=True)
class Waiting:
    """An act that waits for its second person, as the dossier's page tells of it."""

    asked_as: str
    asked_at: datetime
    # Empty for a reader who has no part in it.
    path: str


def waiting(
    db: Session, actor: Actor, paper_ids: Iterable[int], act: Act = REPLACE
) -> dict[int, Waiting]:
    """Which of these papers wait to be replaced, or for another act that is done to a paper."""
    asked = approvals.waiting_on(db, act, [{"paper": each} for each in paper_ids])
    return {
        each.facts["paper"]: Waiting(
            each.asked_as, each.asked_at, each.path if approvals.is_known_to(actor, each) else ""
        )
        for each in asked
    }


def _current(paper: Paper) -> Edition:
    return paper.editions[-1]


def files_about(db: Session, digests: Collection[str]) -> set[str]:
    """What replacements, decided or not, have stored of these papers: the proposed file with its
    text, and what was compared with it."""
    of_these = {
        facts["file"]: facts
        for facts in db.scalars(select(Request.facts).where(Request.kind == REPLACE.name))
        if {facts["digest"], facts["was_digest"]} & set(digests)
    }
    found = {facts["changes"] for facts in of_these.values()}
    gone = queries.removed_files(db, of_these)
    for file, facts in of_these.items():
        if facts["digest"] in digests and file not in gone:
            incoming = Incoming(**_kept(file))
            found |= {file, incoming.original, incoming.prepared, incoming.page1}
            found |= {incoming.native} if incoming.native else set()
    return found


@dataclass(frozen=True)
class Proposed:
    """A file that was proposed for a paper and is no edition of it: it waits, or was refused."""

    request_id: int
    digest: str
    pages: int
    asked_as: str
    asked_at: datetime
    is_waiting: bool


def proposed(db: Session, paper_id: int) -> list[Proposed]:
    """The proposed files that are kept, the newest first."""
    asked = select(Request).where(Request.kind == REPLACE.name).order_by(Request.id.desc())
    its = [each for each in db.scalars(asked) if each.facts["paper"] == paper_id]
    gone = queries.removed_files(db, [each.facts["file"] for each in its])
    bound = select(Edition.digest).where(Edition.paper_id == paper_id)
    editions = set(db.scalars(bound))
    return [
        Proposed(
            each.id, each.facts["digest"], each.facts["pages"], each.asked_as, each.asked_at,
            each.state == RequestState.WAITING,
        )
        for each in its
        if each.facts["file"] not in gone and each.facts["digest"] not in editions
    ]  # fmt: skip


# ---- what changed ----


def of_edition(db: Session, actor: Actor, edition_id: int) -> Comparison:
    """What changed with an edition that replaced one handed out."""
    edition = access.edition_to_read(db, actor, edition_id)
    if edition.changes is None:
        raise NotFound("changes")
    file = Signed(edition.was_signed, queries.loaded(edition.signatures))
    paper, kept = edition.paper, edition.changes
    return _comparison(paper, edition.number, kept, edition.pages, edition.id, file)


def of_request(db: Session, actor: Actor, request_id: int) -> Comparison:
    """What a replacement would change that waits for its second person."""
    request = request_to_read(db, actor, request_id)
    paper = access.paper_to_read(db, actor, request.facts["paper"])
    facts = request.facts
    incoming = Incoming(**_kept(facts["file"]))
    file = Signed(incoming.was_signed, queries.loaded(incoming.signatures))
    return _comparison(paper, facts["number"], facts["changes"], facts["pages"], None, file)


def request_to_read(db: Session, actor: Actor, request_id: int) -> Request:
    request = approvals.request_to_read(db, actor, request_id)
    if request.kind != REPLACE.name:
        raise NotFound("replacement")
    access.paper_to_read(db, actor, request.facts["paper"])
    if queries.removed_files(db, [request.facts["file"], request.facts["changes"]]):
        raise Removed("replacement")
    return request


def proposed_copy(actor: Actor, request_id: int) -> Copy:
    """The file that is proposed, marked as every copy is: whoever confirms it has to see it."""
    incoming, mark = _proposed(actor, request_id)
    slot = Slot(incoming.slot_at, incoming.slot_length, incoming.prepared_size)
    return Copy(incoming.prepared, slot, service.filled(mark, incoming.slot_length))


def proposed_first_page(actor: Actor, request_id: int) -> bytes:
    incoming, mark = _proposed(actor, request_id)
    return picture.marked(storage.read(incoming.page1), mark.lines)


def _proposed(actor: Actor, request_id: int) -> tuple[Incoming, Mark]:
    with reading() as db:
        request = request_to_read(db, actor, request_id)
        # The same for every range of a copy; and nobody has read what had not come.
        at = max(rules.quarter_of(clock.now(db)), request.asked_at)
        mark = Mark(actor.name, actor.office, at.astimezone(service.OFFICE_ZONE))
        return Incoming(**_kept(request.facts["file"])), mark


def _comparison(
    paper: Paper, number: int, kept: str, pages: int, edition_id: int | None, file: Signed
) -> Comparison:
    found = _kept(kept)
    was = next(each for each in paper.editions if each.id == found["was_id"])
    was_file = (
        Signed(was.was_signed, queries.loaded(was.signatures)) if not was.removal_id else None
    )
    changes = [
        PageChange(each["was"], each["now"], [Piece(*piece) for piece in each["pieces"]])
        for each in found.pop("changes")
    ]
    return Comparison(
        paper_id=paper.id, title=paper.title, number=number, changes=changes,
        edition_id=edition_id, was_pages=was.pages, pages=pages, file=file,
        was_file=was_file, **found,
    )  # fmt: skip


def _keep(what: dict[str, Any]) -> str:
    return storage.keep(json.dumps(what, ensure_ascii=False).encode())


def _kept(digest: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(storage.read(digest))
    return found
