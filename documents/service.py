"""What people do with dossiers and papers."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from documents import access, completeness, handling, marking, queries, rules
from documents.announcements import EditionAdded, paper_audience
from documents.marking import Code, Copy, Mark
from documents.models import Dossier, Edition, Handout, Loan, Opening, Paper, StoryLine
from documents.pages import picture
from documents.pages import reading as pdf
from documents.pages.font import widths
from documents.rules import DossierRefusal, DossierState, PaperKind
from ecabinet import activity, antivirus, clock, keys, live, pades, search, signatures, storage
from ecabinet.access import Actor, Matter, Permission, Right
from ecabinet.calendar import Calendar
from ecabinet.db import reading, transaction
from ecabinet.errors import BadInput, Refused, Stale, Unreadable
from people import queries as people
from people.service import mandates
from people.service.mandates import About

log = structlog.get_logger()
OFFICE_ZONE = Calendar().zone
LONGEST_FILE_NAME, LONGEST_TITLE = 300, 500
# Of a line of a dossier's story.
Fact = str | int | None | list[list[str | int]]


def create_dossier(actor: Actor, title: str, drafting_agency_id: int) -> int:
    """Begin a dossier; nobody but the Office and the auditor reads it until it is handed out."""
    with transaction() as db:
        return begin_dossier(db, actor, title, drafting_agency_id)


def begin_dossier(db: Session, actor: Actor, title: str, drafting_agency_id: int) -> int:
    """The same, within an act of a room above."""
    actor.must(Permission.DOSSIER_WRITE)
    if people.agency(db, drafting_agency_id) is None:
        raise BadInput("drafting_agency", "is unknown")
    dossier = Dossier(
        title=title,
        drafting_agency_id=drafting_agency_id,
        made_by=actor.id,
        made_at=clock.now(db),
        state=DossierState.ACCEPTED,
    )
    db.add(dossier)
    db.flush()
    search.admit(db, queries.audience(dossier.id), [queries.OFFICE_READERS])
    add_to_story(db, dossier.id, "dossier_made", f"/dossiers/{dossier.id}", by=actor.office)
    return dossier.id


def add_paper(
    actor: Actor, dossier_id: int, title: str, kind: PaperKind, file_name: str, content: bytes
) -> int:
    """Open the file in the sandbox and keep it as a paper's first edition.

    Without a title the file's name is taken, or its own title where the name says nothing.
    """
    with reading() as db:
        access.dossier_to_complete(db, actor, dossier_id)
    return keep_paper(actor, dossier_id, title, kind, read_file(file_name, content))


def keep_paper(
    actor: Actor, dossier_id: int, title: str, kind: PaperKind, incoming: "Incoming"
) -> int:
    """Keep a file that was read as a paper's first edition."""
    with transaction() as db:
        return keep_paper_in(db, actor, dossier_id, title, kind, incoming)


def keep_paper_in(
    db: Session, actor: Actor, dossier_id: int, title: str, kind: PaperKind, incoming: "Incoming"
) -> int:
    """The same, within an act of a room above."""
    access.dossier_to_complete(db, actor, dossier_id)
    _refuse_more(db, actor, dossier_id, incoming)
    title = title or incoming.title
    paper = Paper(
        dossier_id=dossier_id,
        title=title,
        kind=PaperKind(kind),
        handling=handling.of_new_papers(),
    )
    db.add(paper)
    db.flush()
    keep_edition(db, actor, paper, 1, incoming)
    add_to_story(
        db, dossier_id, "paper_added", f"/papers/{paper.id}",
        title=title, pages=incoming.pages, by=actor.office,
    )  # fmt: skip
    return paper.id


def _refuse_more(db: Session, actor: Actor, dossier_id: int, incoming: "Incoming") -> None:
    there = queries.handed_in(db, dossier_id, actor.id)
    if reason := rules.refusal_by_quota(incoming.size, *there, rules.QUOTA):
        raise Refused(reason)


def add_edition(actor: Actor, paper_id: int, file_name: str, content: bytes) -> int:
    """Put a newer state of a paper in the place of the current one; both are kept."""
    with reading() as db:
        refuse_same(access.paper_to_complete(db, actor, paper_id).editions[-1], content)
    incoming = read_file(file_name, content)
    with transaction() as db:
        paper = access.paper_to_complete(db, actor, paper_id)
        # Somebody else may have put it there meanwhile.
        refuse_same(paper.editions[-1], content)
        _refuse_more(db, actor, paper.dossier_id, incoming)
        number = queries.latest_number(db, paper_id) + 1
        edition = keep_edition(db, actor, paper, number, incoming)
        add_to_story(
            db, paper.dossier_id, "edition_added", f"/papers/{paper.id}",
            title=paper.title, number=number, pages=incoming.pages, by=actor.office,
        )  # fmt: skip
        return edition.id


def refuse_same(current: Edition, content: bytes) -> None:
    """A file that is the current edition, or that this was made from, makes no newer one."""
    is_there = current.removal_id is None
    if is_there and hashlib.sha256(content).hexdigest() in (current.digest, current.native):
        raise Refused(DossierRefusal.SAME_FILE)


def describe_paper(actor: Actor, paper_id: int, title: str, kind: PaperKind) -> None:
    """Call a paper something else, or say that it is of another kind."""
    with transaction() as db:
        paper = access.paper_to_complete(db, actor, paper_id)
        paper.title, paper.kind = title, kind
        search.call(db, f"paper:{paper.id}", title, kind)


def take_out(actor: Actor, paper_id: int) -> int:
    """Take a paper out of the wrong dossier before that was handed out; which dossier it was.

    Nothing of it is destroyed (`documents.removing` does that): it can be put back.
    """
    with transaction() as db:
        paper = access.paper_to_complete(db, actor, paper_id)
        paper.taken_out_at, paper.taken_out_by = clock.now(db), actor.id
        search.remove(db, f"paper:{paper.id}")
        add_to_story(
            db, paper.dossier_id, "paper_taken_out", f"/papers/{paper.id}",
            title=paper.title, by=actor.office,
        )  # fmt: skip
        return paper.dossier_id


def put_back(actor: Actor, paper_id: int) -> int:
    """Put a paper back that was taken out; it is found again as it was."""
    with reading() as db:
        edition = _current_to_put_back(db, actor, paper_id)
        number, digest = edition.number, edition.digest
    texts = pdf.texts(storage.read(digest)) or []
    with transaction() as db:
        edition = _current_to_put_back(db, actor, paper_id)
        if edition.number != number:
            raise Stale
        paper = edition.paper
        paper.taken_out_at = paper.taken_out_by = None
        _let_be_found(db, paper, edition, texts)
        add_to_story(
            db, paper.dossier_id, "paper_put_back", f"/papers/{paper.id}",
            title=paper.title, by=actor.office,
        )  # fmt: skip
        return paper.dossier_id


def _current_to_put_back(db: Session, actor: Actor, paper_id: int) -> Edition:
    paper = access.paper_to_put_back(db, actor, paper_id)
    edition = paper.editions[-1]
    if paper.taken_out_at is None:
        raise Stale
    if edition.removal_id is not None:
        raise Refused(DossierRefusal.REMOVED)
    return edition


def hand_out(db: Session, dossier_id: int, person_ids: Iterable[int]) -> None:
    """From now on these persons read the dossier; part of convening a session, opening a ballot."""
    dossier = access.dossier_to_hand_out(db, dossier_id)
    if reason := rules.refusal_to_put_forward(dossier.state):
        raise Refused(reason)
    receivers = set(person_ids) - queries.handed_out_to(db, dossier_id)
    if not receivers:
        return
    now = clock.now(db)
    db.add_all(Handout(dossier_id=dossier_id, person_id=each, at=now) for each in sorted(receivers))
    search.admit(db, queries.audience(dossier_id), map(queries.person_reader, receivers))
    add_to_story(
        db, dossier_id, "handed_out", f"/dossiers/{dossier_id}", persons=len(receivers)
    )  # fmt: skip


def take_back(db: Session, dossier_id: int, person_id: int) -> None:
    """From now on this person reads the dossier no more, nor does whom they passed it to; what
    their devices keep goes at the next contact (`leases`)."""
    access.dossier_to_hand_out(db, dossier_id)
    given = db.get(Handout, (dossier_id, person_id))
    if given is None:
        return
    db.delete(given)
    mandates.end_all_about(db, Matter.DOSSIER, dossier_id, person_id)
    db.flush()
    search.admit_alone(db, queries.audience(dossier_id), queries.finders(db, dossier_id))
    add_to_story(db, dossier_id, "taken_back", f"/dossiers/{dossier_id}", persons=1)


def lend(db: Session, dossier_id: int, mandate_id: int) -> None:
    """Let a mandate's taker read a dossier as long as the mandate is in force."""
    access.dossier_to_hand_out(db, dossier_id)
    if db.get(Loan, (dossier_id, mandate_id)) is None:
        db.add(Loan(dossier_id=dossier_id, mandate_id=mandate_id))
        search.admit(db, queries.audience(dossier_id), [queries.mandate_reader(mandate_id)])


def name_adviser(
    actor: Actor, dossier_id: int, person_id: int, until: datetime, words: str
) -> None:
    """Pass a dossier to somebody of one's own, who reads it until then."""
    with transaction() as db:
        dossier = access.dossier_to_lend(db, actor, dossier_id)
        about = About(Matter.DOSSIER, dossier.id, dossier.title)
        mandate = mandates.give(db, actor, Right.ADVISE, about, person_id, until, words)
        lend(db, dossier.id, mandate.id)


def rehome(db: Session, ended_id: int, into_id: int, decided: Collection[int]) -> int:
    """Give an ended agency's undecided dossiers to the one it ended in; how many."""
    names = {each.id: each.name for each in people.agencies(db)}
    theirs = select(Dossier).where(Dossier.drafting_agency_id == ended_id)
    moved = [each for each in db.scalars(theirs.with_for_update()) if each.id not in decided]
    for each in moved:
        each.drafting_agency_id = into_id
        search.assign(db, queries.audience(each.id), into_id)
        if each.lodging:
            search.admit(db, queries.audience(each.id), [queries.agency_reader(into_id)])
        add_to_story(
            db, each.id, "dossier_rehomed", f"/dossiers/{each.id}",
            was=names[ended_id], now=names[into_id],
        )  # fmt: skip
    return len(moved)


def add_to_story(db: Session, dossier_id: int, kind: str, path: str, **facts: Fact) -> None:
    """Tell, in the act's own transaction, what happened to a dossier."""
    db.add(StoryLine(dossier_id=dossier_id, kind=kind, path=path, facts=facts, at=clock.now(db)))


def readers(db: Session, paper: Paper) -> list[int]:
    """To whom it was handed out, and who else has opened it and may still read it."""
    found = queries.handed_out_to(db, paper.dossier_id) | queries.openers(db, paper.id)
    actors = [people.actor(db, each) for each in sorted(found)]
    return [each.id for each in actors if each and access.may_read(db, each, paper.dossier_id)]


# ---- reading ----


def open_copy(actor: Actor, edition_id: int, anew: bool) -> Copy:
    """This reader's marked copy; opening it anew is recorded, reading on in it is not."""
    with reading() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        office = office_of_reader(db, actor, edition)
    at = _opened_at(actor, edition_id, anew)
    code = Code.sealed(mark_key(), edition_id, actor.id, at)
    mark = Mark(actor.name, office, at.astimezone(OFFICE_ZONE), code)
    return Copy(edition.prepared, edition.slot, filled(mark, edition.slot_length))


@lru_cache(maxsize=2048)
def filled(mark: Mark, length: int) -> bytes:
    """The slot of a copy; kept, since a reader asks for a copy range by range."""
    return marking.fill(mark, widths(), length)


def first_page(actor: Actor, edition_id: int) -> bytes:
    """The picture of page 1 with this reader's mark, shown until the reader has loaded."""
    with reading() as db:
        edition = access.edition_to_read(db, actor, edition_id)
        office = office_of_reader(db, actor, edition)
    at = _opened_at(actor, edition_id, anew=True)
    mark = Mark(actor.name, office, at.astimezone(OFFICE_ZONE))
    return picture.marked(storage.read(edition.page1), mark.lines)


def take_office_file(actor: Actor, edition_id: int) -> tuple[str, bytes]:
    """The Office file that a paper was made from, with its name; noted as an act."""
    with transaction() as db:
        edition = access.office_file_to_take(db, actor, edition_id)
        activity.is_an_act()
        return edition.file_name, storage.read(edition.native or "")


def take_signed_original(actor: Actor, edition_id: int) -> tuple[str, bytes]:
    """A signed file as it came in, whose signatures hold in anybody's reader; noted as an act."""
    with transaction() as db:
        edition = access.signed_original_to_take(db, actor, edition_id)
        activity.is_an_act()
        return edition.file_name, storage.read(edition.digest)


def _opened_at(actor: Actor, edition_id: int, anew: bool) -> datetime:
    """Since when this person reads: the time in their mark, the same for every range of a copy."""
    with reading() as db:
        last = queries.last_opened_at(db, actor.id, edition_id)
        quarter = rules.quarter_of(clock.now(db))
    if last and (not anew or rules.quarter_of(last) == quarter):
        return last
    return record_opening(actor, edition_id)


def record_opening(actor: Actor, edition_id: int) -> datetime:
    """Note that this person has opened the edition; one row a quarter hour."""
    with transaction() as db:
        access.edition_to_open(db, actor, edition_id)
        return record_opening_at(db, actor.id, edition_id, clock.now(db))


def record_opening_at(db: Session, person_id: int, edition_id: int, at: datetime) -> datetime:
    """The same at a moment that may have passed; when the quarter hour's opening was."""
    quarter = rules.quarter_of(at)
    opening = _opening_in(db, person_id, edition_id, quarter)
    if opening is None:
        opening = Opening(edition_id=edition_id, person_id=person_id, quarter=quarter, at=at)
        db.add(opening)
    return opening.at


def _opening_in(db: Session, person_id: int, edition_id: int, quarter: datetime) -> Opening | None:
    return db.scalar(
        select(Opening).where(
            Opening.edition_id == edition_id,
            Opening.person_id == person_id,
            Opening.quarter == quarter,
        )
    )


def office_of_reader(db: Session, actor: Actor, edition: Edition) -> str:
    """Who reads by a mandate bears it on every page."""
    dossier_id = edition.paper.dossier_id
    if access.may_read_oneself(db, actor, dossier_id):
        return actor.office
    lent = access.mandates_over(db, actor, dossier_id)
    return f"{actor.office}, giúp {lent[0].principal}" if lent else actor.office


def mark_key() -> bytes:
    """What seals the code in every copy's mark."""
    return keys.store().make("copy-marks")


# ---- files ----


@dataclass(frozen=True)
class Incoming:
    """A file that was read in the sandbox and stored, not yet anybody's edition."""

    file_name: str
    own_title: str
    size: int
    texts: list[str]
    removed: dict[str, int]
    was_signed: bool
    as_pictures: bool
    slot_at: int
    slot_length: int
    prepared_size: int
    original: str
    prepared: str
    page1: str
    # The Office file that it was made from.
    native: str | None = None
    signatures: list[dict[str, Any]] | None = None

    @property
    def pages(self) -> int:
        return len(self.texts)

    @property
    def text_poor_pages(self) -> int:
        return rules.text_poor_pages(self.texts)

    @property
    def title(self) -> str:
        return rules.title_of(self.file_name, self.own_title)[:LONGEST_TITLE]


def read_file(file_name: str, content: bytes) -> Incoming:
    """What the sandbox makes of an uploaded file; Unreadable says why it cannot be a paper."""
    antivirus.refuse_if_infected(content)
    _refuse_removed(hashlib.sha256(content).hexdigest())
    paper = _as_pdf(file_name, content)
    outcome = _opened(paper)
    # Stored before the transaction: sealing a large file must not hold up other writers.
    return Incoming(
        file_name=file_name[-LONGEST_FILE_NAME:],
        own_title=outcome.title,
        size=len(paper),
        texts=outcome.texts,
        removed=outcome.removed,
        was_signed=outcome.was_signed,
        as_pictures=outcome.as_pictures,
        slot_at=outcome.slot_at,
        slot_length=outcome.slot_length,
        prepared_size=len(outcome.prepared),
        original=storage.keep(paper),
        prepared=storage.keep(outcome.prepared),
        page1=storage.keep(outcome.page1),
        native=storage.keep(content) if rules.is_office(file_name) else None,
        signatures=_signatures(paper) if outcome.was_signed else None,
    )


def _signatures(paper: bytes) -> list[dict[str, Any]] | None:
    """What the signatures of a file say, and whether they hold now."""
    with reading() as db:
        own, at = pades.certificate(db, pades.ROOT), clock.now(db)
    return pdf.signatures(paper, [own, *signatures.authorities()], at)


def judge_signatures() -> int:
    """Judge one signed file that came in before signatures were judged, or whose could not be told
    then; how many were."""
    waits = (Edition.was_signed, Edition.signatures.is_(None), Edition.removal_id.is_(None))
    with reading() as db:
        asked = select(Edition.id, Edition.digest).where(*waits).order_by(Edition.id)
        waiting = db.execute(asked).all()
    for edition_id, digest in waiting:
        try:
            found = _signatures(storage.read(digest)) or []
        # A file that is lost or damaged keeps no other from being judged.
        except Exception as fault:
            log.error("signatures cannot be judged", edition=edition_id, exc_info=fault)
            continue
        with transaction() as db:
            at = clock.now(db).isoformat()
            judged = [each | {"judged_at": at} for each in found]
            still = update(Edition).where(Edition.id == edition_id, *waits)
            db.execute(still.values(signatures=judged))
        return 1
    return 0


def _refuse_removed(*digests: str) -> None:
    """What was removed does not come in a second time."""
    with reading() as db:
        if queries.removed_files(db, digests):
            raise Refused(DossierRefusal.REMOVED)


def _as_pdf(file_name: str, content: bytes) -> bytes:
    """The PDF that a file is, or that is made of it where it is an Office file."""
    if not rules.is_office(file_name):
        if reason := rules.refusal_by_look(file_name, content):
            raise Unreadable(reason)
        return content
    if reason := rules.refusal_of_office(content):
        raise Unreadable(reason)
    made = pdf.from_office(content, file_name.rsplit(".", 1)[-1].lower())
    if isinstance(made, rules.PaperRefusal):
        raise Unreadable(made)
    return made


def read_safely(file_name: str, content: bytes) -> pdf.Found:
    """Open a file in the sandbox, keeping nothing; Unreadable says why it cannot be opened."""
    return _opened(_as_pdf(file_name, content))


def _opened(content: bytes) -> pdf.Found:
    outcome = pdf.read(content)
    if isinstance(outcome, rules.PaperRefusal):
        raise Unreadable(outcome)
    return outcome


def keep_edition(
    db: Session,
    actor: Actor,
    paper: Paper,
    number: int,
    incoming: Incoming,
    changes: str | None = None,
) -> Edition:
    """Make what was read the paper's newest edition; `changes` is where the comparison is kept."""
    # Asked once more: it may have been removed while it was read.
    _refuse_removed(incoming.original, incoming.native or "")
    edition = Edition(
        paper_id=paper.id,
        number=number,
        file_name=incoming.file_name,
        digest=incoming.original,
        size=incoming.size,
        pages=incoming.pages,
        removed=incoming.removed,
        was_signed=incoming.was_signed,
        signatures=incoming.signatures,
        as_pictures=incoming.as_pictures,
        text_poor_pages=incoming.text_poor_pages,
        heading=completeness.heading_of(incoming.texts),
        native=incoming.native,
        prepared=incoming.prepared,
        prepared_size=incoming.prepared_size,
        slot_at=incoming.slot_at,
        slot_length=incoming.slot_length,
        page1=incoming.page1,
        changes=changes,
        added_by=actor.id,
        added_at=clock.now(db),
    )
    db.add(edition)
    db.flush()
    _let_be_found(db, paper, edition, incoming.texts)
    live.announce(db, EditionAdded(paper_audience(paper.id), number))
    return edition


def _let_be_found(db: Session, paper: Paper, edition: Edition, texts: Sequence[str]) -> None:
    pages = (
        search.Page(n, f"/papers/{paper.id}?page={n}", text) for n, text in enumerate(texts, 1)
    )
    thing = search.Thing(
        name=f"paper:{paper.id}",
        audience=queries.audience(paper.dossier_id),
        kind=paper.kind,
        title=paper.title,
        agency_id=db.get_one(Dossier, paper.dossier_id).drafting_agency_id,
        at=edition.added_at,
    )
    search.write(db, thing, pages)
