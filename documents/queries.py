"""Reads of dossiers and papers, for screens and for the rooms above."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from documents import access, completeness, rules
from documents.completeness import DossierKind, Lack, Particulars, Sheet
from documents.models import (
    Dossier,
    Edition,
    Export,
    Handout,
    Lease,
    Loan,
    Lodging,
    Opening,
    Paper,
    Removal,
    RemovedFile,
    SecretPaper,
    StoryLine,
    Vault,
)
from documents.rules import DossierState, DossierStep, Handling, PaperKind, Way
from ecabinet import clock, working_days
from ecabinet.access import Actor, Permission
from ecabinet.duties import Duty
from ecabinet.errors import NotFound
from ecabinet.signatures import UNSIGNED, Signature
from people import queries as people
from people.queries import Holder

OFFICE_READERS = "office"


@dataclass(frozen=True)
class RemovalView:
    """That a file was removed as an emergency: when, and by whose decision."""

    id: int
    at: datetime
    asked_as: str
    confirmed_as: str


@dataclass(frozen=True)
class PaperView:
    """A paper in its current edition; `digest` is the SHA-256 of the file as handed in."""

    id: int
    dossier_id: int
    title: str
    kind: PaperKind
    edition_id: int
    edition_number: int
    pages: int
    size: int
    digest: str
    added_at: datetime
    removed: dict[str, int]
    was_signed: bool
    # Empty where nothing can be told of them, None where that is still to be found out.
    signatures: list[Signature] | None
    as_pictures: bool
    is_scan: bool
    # What changed from the edition before is kept.
    is_compared: bool
    # The kind of Office file that it was made from ("docx"), or "".
    office: str
    handling: Handling
    removal: RemovalView | None

    @property
    def online_only(self) -> bool:
        """No device may keep it."""
        return self.handling is Handling.ONLINE


@dataclass(frozen=True)
class DossierView:
    id: int
    title: str
    agency: str
    made_at: datetime
    state: DossierState
    papers: list[PaperView]


@dataclass(frozen=True)
class LodgingView:
    """What an agency says of its dossier, and what the checks find."""

    kind: DossierKind
    submission_number: str
    submission_day: date | None
    basis: str
    proposal: str
    contact: str
    explanation: str
    returned_for: str
    lodged_at: datetime | None
    # By when the Office says whether it takes it in.
    due_at: datetime | None
    lacks: list[Lack]


@dataclass(frozen=True)
class StoryView:
    """One line of a dossier's story; each kind has its words in the template."""

    kind: str
    path: str
    facts: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class ExportView:
    """A copy that left this house: how, and when."""

    way: Way
    at: datetime


@dataclass(frozen=True)
class OpenedView:
    """Who opened which edition, when first and when last, and which copies of it left."""

    office: str
    paper: str
    edition_number: int
    first_at: datetime
    last_at: datetime
    exports: Sequence[ExportView]


@dataclass(frozen=True)
class SecretCopyView:
    """Who was handed a copy of a secret paper, and whether it came back."""

    id: int
    office: str
    number: str
    handed_at: datetime
    collected_at: datetime | None


@dataclass(frozen=True)
class SecretView:
    """A paper that is not in this house, and where it is given out."""

    id: int
    number: int
    place: str
    copies: list[SecretCopyView]


def dossiers(db: Session, actor: Actor) -> list[DossierView]:
    """The dossiers this person may read, newest first."""
    query = _whole().where(_readable(actor)).order_by(Dossier.id.desc())
    agencies = _agency_names(db)
    return [_dossier(row, agencies) for row in db.scalars(query)]


def _readable(actor: Actor) -> ColumnElement[bool]:
    """Which dossiers `access.may_read` lets this person read."""
    ways: list[ColumnElement[bool]] = [
        Dossier.id.in_(select(Handout.dossier_id).where(Handout.person_id == actor.id)),
        Dossier.id.in_(
            select(Loan.dossier_id).where(Loan.mandate_id.in_([each.id for each in actor.mandates]))
        ),
    ]
    if actor.may(Permission.DOSSIER_READ_ALL):
        ways.append(Dossier.state != DossierState.DRAFT)
    if actor.may(Permission.DOSSIER_LODGE):
        ways.append(_lodged_by(actor))
    return or_(*ways)


def _lodged_by(actor: Actor) -> ColumnElement[bool]:
    """The dossiers that this person's agencies lodge."""
    theirs = Dossier.drafting_agency_id.in_(sorted(actor.agencies))
    return theirs & Dossier.id.in_(select(Lodging.dossier_id))


def may_put_forward(db: Session, actor: Actor) -> list[DossierView]:
    """The dossiers that this person may put on an agenda or into a consultation."""
    return [each for each in dossiers(db, actor) if each.state == DossierState.ACCEPTED]


def lodging(db: Session, dossier_id: int) -> LodgingView | None:
    """What its agency says of a dossier; None of one that the Office has made itself."""
    row = db.get(Lodging, dossier_id)
    if row is None:
        return None
    due = row.lodged_at and working_days.calendar(db).due(row.lodged_at, rules.DAYS_TO_CHECK)
    return LodgingView(
        DossierKind(row.kind), row.submission_number, row.submission_day, row.basis, row.proposal,
        row.contact, row.explanation, row.returned_for, row.lodged_at, due, lacks(db, row),
    )  # fmt: skip


def lacks(db: Session, row: Lodging) -> list[Lack]:
    """What a dossier lacks as it stands now."""
    given = Particulars(
        kind=DossierKind(row.kind),
        has_number=bool(row.submission_number),
        has_day=row.submission_day is not None,
        has_basis=bool(row.basis),
        has_proposal=bool(row.proposal),
        has_contact=bool(row.contact),
    )
    query = _whole().where(Dossier.id == row.dossier_id).execution_options(populate_existing=True)
    papers = db.scalars(query).one().papers
    current = [each.editions[-1] for each in papers]
    return completeness.lacks(
        given, [_sheet(each.paper, each) for each in current if each.removal_id is None]
    )


def _sheet(paper: Paper, edition: Edition) -> Sheet:
    return Sheet(
        title=paper.title,
        kind=PaperKind(paper.kind),
        pages=edition.pages,
        is_signed=edition.was_signed
        and all(each.standing not in UNSIGNED for each in _signatures(edition) or ()),
        heading=edition.heading,
        is_scan=rules.is_scan(edition.text_poor_pages, edition.pages),
    )


def dossier(db: Session, dossier_id: int) -> DossierView:
    """A dossier with its papers; the right to it is the caller's to have asked for."""
    row = db.scalar(
        _whole().where(Dossier.id == dossier_id).execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(f"dossier {dossier_id}")
    return _dossier(row, _agency_names(db))


def current_editions(db: Session, dossier_id: int) -> list[PaperView]:
    """The papers of a dossier that can be read; a file that was removed is none."""
    return [each for each in dossier(db, dossier_id).papers if each.removal is None]


def current_papers(db: Session, dossier_ids: Iterable[int]) -> dict[int, list[PaperView]]:
    """The same of several dossiers at once."""
    wanted = _whole().where(Dossier.id.in_(list(dossier_ids)))
    rows = db.scalars(wanted.execution_options(populate_existing=True))
    return {
        row.id: [each for each in _dossier(row, {}).papers if each.removal is None] for row in rows
    }


def agencies_of(db: Session, dossier_ids: Iterable[int]) -> dict[int, str]:
    """The agencies that drafted these dossiers."""
    names = _agency_names(db)
    wanted = select(Dossier.id, Dossier.drafting_agency_id).where(Dossier.id.in_(list(dossier_ids)))
    return {number: names.get(agency, "") for number, agency in db.execute(wanted)}


def dossiers_of_agencies(db: Session, agency_ids: Collection[int]) -> set[int]:
    """The dossiers that these agencies draft."""
    wanted = select(Dossier.id).where(Dossier.drafting_agency_id.in_(list(agency_ids)))
    return set(db.scalars(wanted))


def drafting_agency(db: Session, dossier_id: int) -> int | None:
    """The agency that drafts a dossier; None where there is no such dossier."""
    return db.scalar(select(Dossier.drafting_agency_id).where(Dossier.id == dossier_id))


def readable(db: Session, actor: Actor, dossier_ids: Iterable[int]) -> set[int]:
    """Which of these dossiers this person may read."""
    if not actor.may(Permission.PAPER_READ):
        return set()
    wanted = select(Dossier.id).where(Dossier.id.in_(list(dossier_ids)), _readable(actor))
    return set(db.scalars(wanted))


@dataclass(frozen=True)
class Newest:
    """The current edition of a paper, and whether its file was removed."""

    id: int
    number: int
    digest: str
    is_removed: bool


def newest_editions(db: Session, dossier_ids: Iterable[int]) -> dict[int, Newest]:
    """Of each paper of these dossiers its current edition."""
    found = db.execute(
        select(
            Edition.paper_id, Edition.id, Edition.number, Edition.digest,
            Edition.removal_id.is_not(None),
        )
        .join(Edition.paper)
        .where(Paper.dossier_id.in_(list(dossier_ids)), Paper.taken_out_at.is_(None))
        .order_by(Edition.number)
    )  # fmt: skip
    return {paper_id: Newest(*of_it) for paper_id, of_it in ((row[0], row[1:]) for row in found)}


def removed_among(db: Session, edition_ids: Iterable[int]) -> set[int]:
    """Of which of these editions the file was removed."""
    ids = Edition.id.in_(list(edition_ids))
    return set(db.scalars(select(Edition.id).where(ids, Edition.removal_id.is_not(None))))


def removed_files(db: Session, digests: Iterable[str]) -> set[str]:
    """Which of these files were removed: whoever brings one once more is told so."""
    wanted = RemovedFile.digest.in_(list(digests))
    return set(db.scalars(select(RemovedFile.digest).where(wanted)))


def paper(db: Session, paper_id: int) -> PaperView:
    """A paper in its current edition; the right to it is the caller's to have asked for."""
    row = db.get(Paper, paper_id, options=[selectinload(Paper.editions)])
    if row is None:
        raise NotFound(f"paper {paper_id}")
    return _paper(row, row.editions[-1])


@dataclass(frozen=True)
class TakenOutView:
    """A paper that was taken out of a dossier, and may be put back."""

    id: int
    title: str
    kind: PaperKind
    at: datetime
    office: str


def taken_out(db: Session, dossier_id: int) -> list[TakenOutView]:
    """What was taken out of a dossier, the last first; the right is the caller's to have asked."""
    gone = select(Paper).where(Paper.dossier_id == dossier_id, Paper.taken_out_at.is_not(None))
    rows = db.scalars(gone.order_by(Paper.taken_out_at.desc())).all()
    offices = called(db, {each.taken_out_by or 0 for each in rows})
    return [
        TakenOutView(
            each.id, each.title, PaperKind(each.kind), each.taken_out_at,
            offices[each.taken_out_by or 0],
        )
        for each in rows
        if each.taken_out_at
    ]  # fmt: skip


def called(db: Session, person_ids: Iterable[int]) -> dict[int, str]:
    """Persons by office, or by name where they hold none any more."""
    ids = sorted(person_ids)
    offices, names = people.holder_names(db, ids), people.names_among(db, ids)
    return {each: offices[each].office if each in offices else names[each] for each in ids}


@dataclass(frozen=True)
class EditionView:
    """One state of a paper, by its number."""

    id: int
    number: int
    pages: int
    digest: str
    added_at: datetime
    removal: RemovalView | None


def editions(db: Session, paper_id: int) -> list[EditionView]:
    """Every edition of a paper, the newest first; the right to it is the caller's to have asked."""
    newest_first = select(Edition).where(Edition.paper_id == paper_id)
    return [
        EditionView(
            each.id, each.number, each.pages, each.digest, each.added_at, _removal(each.removal)
        )
        for each in db.scalars(newest_first.order_by(Edition.number.desc()))
    ]


def opened(db: Session, person_id: int, edition_ids: Iterable[int]) -> set[int]:
    """Which of these editions the person has opened."""
    return set(
        db.scalars(
            select(Opening.edition_id).where(
                Opening.person_id == person_id, Opening.edition_id.in_(list(edition_ids))
            )
        )
    )


def last_opened_at(db: Session, person_id: int, edition_id: int) -> datetime | None:
    return db.scalar(
        select(Opening.at)
        .where(Opening.person_id == person_id, Opening.edition_id == edition_id)
        .order_by(Opening.quarter.desc())
        .limit(1)
    )


def opened_at(db: Session, edition_ids: Iterable[int]) -> dict[tuple[int, int], datetime]:
    """When each (person, edition) was last opened."""
    found = db.execute(
        select(Opening.person_id, Opening.edition_id, func.max(Opening.at))
        .where(Opening.edition_id.in_(list(edition_ids)))
        .group_by(Opening.person_id, Opening.edition_id)
    )
    return {(person_id, edition_id): at for person_id, edition_id, at in found}


def kept(db: Session, edition_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Which (person, edition) a browser may keep now, to be read without a line."""
    found = (
        select(Vault.person_id, Lease.edition_id)
        .join(Vault, Vault.id == Lease.vault_id)
        .where(
            Lease.edition_id.in_(list(edition_ids)),
            Lease.ended_at.is_(None),
            Lease.until > clock.now(db),
            Vault.emptied_at.is_(None),
        )
    )
    return {(person_id, edition_id) for person_id, edition_id in db.execute(found)}


def openers(db: Session, paper_id: int) -> set[int]:
    """Who has opened any edition of a paper."""
    found = select(Opening.person_id).join(Edition, Edition.id == Opening.edition_id)
    return set(db.scalars(found.where(Edition.paper_id == paper_id)))


def shown(db: Session, person_id: int, paper_id: int, number: int | None) -> PaperView:
    """A paper in the edition asked for; without a number in the one this person was reading.

    So nobody finds another text where they had stopped (screens: the reader is never swapped);
    unless what they were reading was removed.
    """
    row = db.get(Paper, paper_id, options=[selectinload(Paper.editions)])
    if row is None:
        raise NotFound(f"paper {paper_id}")
    by_number = {each.number: each for each in row.editions}
    if number is not None:
        if number not in by_number:
            raise NotFound(f"edition {number} of paper {paper_id}")
        return _paper(row, by_number[number])
    read = opened(db, person_id, [each.id for each in row.editions if each.removal_id is None])
    return _paper(row, next((e for e in reversed(row.editions) if e.id in read), row.editions[-1]))


def latest_number(db: Session, paper_id: int) -> int:
    """The number of a paper's current edition."""
    return db.scalar(select(func.max(Edition.number)).where(Edition.paper_id == paper_id)) or 0


def handed_out_to(db: Session, dossier_id: int) -> set[int]:
    """The persons to whom a dossier was handed out."""
    return set(db.scalars(select(Handout.person_id).where(Handout.dossier_id == dossier_id)))


def story(db: Session, dossier_id: int) -> list[StoryView]:
    """What happened to a dossier, newest first."""
    lines = db.scalars(
        select(StoryLine).where(StoryLine.dossier_id == dossier_id).order_by(StoryLine.id.desc())
    )
    return [StoryView(each.kind, each.path, each.facts, each.at) for each in lines]


def secret_papers(db: Session, dossier_id: int) -> list[SecretView]:
    """The secret papers of a dossier, with whom each copy was handed to."""
    rows = db.scalars(
        select(SecretPaper)
        .where(SecretPaper.dossier_id == dossier_id)
        .order_by(SecretPaper.number)
        .options(selectinload(SecretPaper.lent))
    ).all()
    offices = called(db, {copy.person_id for each in rows for copy in each.lent})
    return [
        SecretView(
            each.id, each.number, each.place,
            [
                SecretCopyView(one.id, offices[one.person_id], one.number, one.handed_at,
                               one.collected_at)
                for one in each.lent
            ],
        )
        for each in rows
    ]  # fmt: skip


def receivers(db: Session, dossier_id: int) -> list[Holder]:
    """To whom a dossier was handed out, in protocol order."""
    found = people.holder_names(db, sorted(handed_out_to(db, dossier_id)))
    return sorted(found.values(), key=lambda one: one.protocol_order)


def openings(db: Session, dossier_id: int) -> list[OpenedView]:
    """Who has opened what in a dossier, in protocol order."""
    rows = db.execute(
        select(Opening, Edition.number, Paper.title)
        .join(Edition, Edition.id == Opening.edition_id)
        .join(Paper, Paper.id == Edition.paper_id)
        .where(Paper.dossier_id == dossier_id)
        .order_by(Paper.id, Edition.number, Opening.at)
    ).all()
    readers = people.holder_names(db, sorted({opening.person_id for opening, _, _ in rows}))
    out = exports(db, {opening.edition_id for opening, _, _ in rows})
    times: dict[tuple[int, int, str, int], list[datetime]] = {}
    for opening, number, title in rows:
        key = (opening.person_id, opening.edition_id, title, number)
        times.setdefault(key, []).append(opening.at)
    found = [
        (
            readers[person_id],
            OpenedView(
                readers[person_id].office, title, number, at[0], at[-1],
                out.get((person_id, edition_id), ()),
            ),
        )
        for (person_id, edition_id, title, number), at in times.items()
        if person_id in readers
    ]  # fmt: skip
    return [view for who, view in sorted(found, key=lambda each: each[0].protocol_order)]


def handed_in(db: Session, dossier_id: int, person_id: int) -> tuple[int, int, int]:
    """Files and bytes that a dossier holds, and bytes that a person handed in since a day ago."""
    sizes = func.coalesce(func.sum(Edition.size), 0)
    its = select(func.count(), sizes).join(Paper, Paper.id == Edition.paper_id)
    files, held = db.execute(its.where(Paper.dossier_id == dossier_id)).one()
    since = clock.now(db) - timedelta(days=1)
    own = select(sizes).where(Edition.added_by == person_id, Edition.added_at > since)
    return files, held, db.scalar(own) or 0


def exports(db: Session, edition_ids: Iterable[int]) -> dict[tuple[int, int], list[ExportView]]:
    """The copies that left this house, in their order, by (person, edition)."""
    left = select(Export).where(Export.edition_id.in_(list(edition_ids))).order_by(Export.id)
    found: dict[tuple[int, int], list[ExportView]] = {}
    for each in db.scalars(left):
        found.setdefault((each.person_id, each.edition_id), []).append(
            ExportView(Way(each.way), each.at)
        )
    return found


def papers_opened_by(db: Session, dossier_id: int) -> dict[int, int]:
    """How many persons have opened each current or earlier edition of a dossier."""
    found: dict[int, set[int]] = {}
    rows = db.execute(
        select(Opening.edition_id, Opening.person_id)
        .join(Edition, Edition.id == Opening.edition_id)
        .join(Paper, Paper.id == Edition.paper_id)
        .where(Paper.dossier_id == dossier_id)
    )
    for edition_id, person_id in rows:
        found.setdefault(edition_id, set()).add(person_id)
    return {edition_id: len(persons) for edition_id, persons in found.items()}


def readers_of(actor: Actor) -> list[str]:
    """As whom this person finds papers: those of the dossiers that they may read."""
    if not actor.may(Permission.PAPER_READ):
        return []
    if actor.may(Permission.DOSSIER_READ_ALL):
        return [OFFICE_READERS]
    lodges = sorted(actor.agencies) if actor.may(Permission.DOSSIER_LODGE) else []
    return [
        person_reader(actor.id),
        *(mandate_reader(each.id) for each in actor.mandates),
        *map(agency_reader, lodges),
    ]


def finders(db: Session, dossier_id: int) -> list[str]:
    """As whom its readers find what stands in a dossier that was handed out."""
    dossier = db.get_one(Dossier, dossier_id)
    lent = db.scalars(select(Loan.mandate_id).where(Loan.dossier_id == dossier_id))
    return [
        OFFICE_READERS,
        *([agency_reader(dossier.drafting_agency_id)] if dossier.lodging else []),
        *map(person_reader, handed_out_to(db, dossier_id)),
        *map(mandate_reader, lent),
    ]


def person_reader(person_id: int) -> str:
    return f"person:{person_id}"


def mandate_reader(mandate_id: int) -> str:
    return f"mandate:{mandate_id}"


def agency_reader(agency_id: int) -> str:
    return f"agency:{agency_id}"


def audience(dossier_id: int) -> str:
    return f"dossier:{dossier_id}"


class InOrder(Protocol):
    """A paper among others."""

    @property
    def id(self) -> int: ...

    @property
    def title(self) -> str: ...


def neighbours(papers: Sequence[InOrder], paper_id: int) -> tuple[InOrder | None, InOrder | None]:
    """The papers before and after one, in the order of their dossier or book."""
    place = [each.id for each in papers].index(paper_id)
    before = papers[place - 1] if place else None
    after = papers[place + 1] if place + 1 < len(papers) else None
    return before, after


def duties(db: Session, actor: Actor) -> list[Duty]:
    """To check what was lodged, for the Office; to mend what came back, for its agency."""
    found: list[Duty] = []
    if actor.may(Permission.DOSSIER_ACCEPT):
        found += _waiting(db, "dossier_lodged", DossierState.LODGED, true())
    if actor.may(Permission.DOSSIER_LODGE):
        found += _waiting(db, "dossier_returned", DossierState.RETURNED, _lodged_by(actor))
    return found


def _waiting(db: Session, kind: str, state: DossierState, whose: ColumnElement[bool]) -> list[Duty]:
    rows = db.scalars(select(Dossier).where(Dossier.state == state, whose)).all()
    calendar, agencies = working_days.calendar(db), _agency_names(db)
    is_lodged = state is DossierState.LODGED
    return [
        Duty(
            kind, each.title, f"/dossiers/{each.id}",
            due_at=calendar.due(each.lodging.lodged_at, rules.DAYS_TO_CHECK)
            if is_lodged and each.lodging and each.lodging.lodged_at
            else None,
            facts={"agency": agencies[each.drafting_agency_id], "number": each.id},
        )
        for each in rows
    ]  # fmt: skip


def drafted_by(db: Session, agencies: Sequence[int], decided: Collection[int]) -> list[Duty]:
    """The dossiers that these agencies draft and that nobody has decided yet."""
    theirs = select(Dossier).where(Dossier.drafting_agency_id.in_(agencies)).order_by(Dossier.id)
    return [
        Duty("dossier_of_agency", each.title, f"/dossiers/{each.id}", facts={"number": each.id})
        for each in db.scalars(theirs)
        if each.id not in decided
    ]


def undecided_by_agency(db: Session, decided: Collection[int]) -> Counter[int]:
    """How many dossiers each agency drafts that nobody has decided yet."""
    drafted = db.execute(select(Dossier.id, Dossier.drafting_agency_id))
    return Counter(each.drafting_agency_id for each in drafted if each.id not in decided)


def may_add(db: Session, actor: Actor, dossier_id: int) -> bool:
    """Whether this person may add papers to a dossier now."""
    row = db.get(Dossier, dossier_id)
    return (
        row is not None
        and actor.may(Permission.PAPER_ADD)
        and rules.refusal_to_complete(
            row.state, access.lodges(actor, row), access.was_handed_out(db, dossier_id)
        )
        is None
    )


def may_step(db: Session, actor: Actor, dossier_id: int) -> set[DossierStep]:
    """What this person may do now with a dossier on its way to the Office."""
    row = db.get_one(Dossier, dossier_id)
    allowed: set[DossierStep] = set()
    if access.lodges(actor, row):
        allowed |= {DossierStep.LODGE, DossierStep.WITHDRAW}
    if actor.may(Permission.DOSSIER_ACCEPT):
        allowed |= {DossierStep.ACCEPT, DossierStep.RETURN}
    return {each for each in allowed if row.state in rules.DOSSIER_STEPS[each][0]}


def may_replace(db: Session, actor: Actor, dossier_id: int) -> bool:
    """Whether this person may propose new editions of a dossier's papers."""
    return actor.may(Permission.DOSSIER_WRITE) and access.was_handed_out(db, dossier_id)


def _whole() -> Any:
    return select(Dossier).options(selectinload(Dossier.papers).selectinload(Paper.editions))


def _agency_names(db: Session) -> dict[int, str]:
    return {each.id: each.name for each in people.agencies(db)}


def _dossier(row: Dossier, agencies: dict[int, str]) -> DossierView:
    papers = sorted(row.papers, key=lambda each: (KIND_ORDER[each.kind], each.id))
    return DossierView(
        row.id,
        row.title,
        agencies.get(row.drafting_agency_id, ""),
        row.made_at,
        DossierState(row.state),
        [_paper(each, each.editions[-1]) for each in papers],
    )


KIND_ORDER = {kind.value: place for place, kind in enumerate(PaperKind)}


def _paper(row: Paper, edition: Edition) -> PaperView:
    return PaperView(
        row.id,
        row.dossier_id,
        row.title,
        PaperKind(row.kind),
        edition.id,
        edition.number,
        edition.pages,
        edition.size,
        edition.digest,
        edition.added_at,
        edition.removed,
        edition.was_signed,
        _signatures(edition),
        edition.as_pictures,
        rules.is_scan(edition.text_poor_pages, edition.pages),
        edition.changes is not None,
        edition.file_name.rsplit(".", 1)[-1].lower() if edition.native else "",
        Handling(row.handling),
        _removal(edition.removal),
    )


def _signatures(edition: Edition) -> list[Signature] | None:
    return loaded(edition.signatures)


def loaded(kept: list[dict[str, Any]] | None) -> list[Signature] | None:
    """Signatures as they were kept with a file."""
    return None if kept is None else list(map(Signature.load, kept))


def _removal(row: Removal | None) -> RemovalView | None:
    return RemovalView(row.id, row.at, row.asked_as, row.confirmed_as) if row else None
