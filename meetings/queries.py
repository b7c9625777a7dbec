"""Reads of meetings, for screens and for the rooms above."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, selectinload

from ballots import queries as ballots
from documents import access as documents_access
from documents import queries as documents
from documents.queries import DossierView, PaperView
from documents.rules import Handling
from ecabinet import canonical, clock, ledger, live, outbox
from ecabinet.access import Actor, Matter, Permission, Role
from ecabinet.calendar import Occasion
from ecabinet.duties import Duty
from ecabinet.errors import NotFound
from meetings import access, rules, signing
from meetings.announcements import draft_audience, meeting_audience
from meetings.models import (
    Act,
    Item,
    Meeting,
    Seat,
    Speech,
    UrgentDecision,
    UrgentTakenOff,
    Vote,
    VoteCast,
)
from meetings.rules import Kind, Lack, Naming, Planned, SeatRole, State, VoteState
from people import queries as people
from people.queries import MandateView
from people.rules import MandateStanding as Standing

Parts = dict[str, Any]


class ItemOrConclusion(StrEnum):
    """What of a meeting is found by searching."""

    ITEM = "agenda_item"
    CONCLUSION = "conclusion"


# Who prepares or examines meetings finds what was said in each of them.
EVERY_MEETING = "meetings"


@dataclass(frozen=True)
class SessionView:
    """A meeting as lists and first pages show it."""

    id: int
    kind: Kind
    title: str
    starts_at: datetime
    place: str
    state: State
    items: int
    current_number: int | None
    current_title: str
    chair: str

    @property
    def path(self) -> str:
        return f"/meetings/{self.id}"

    @property
    def live_path(self) -> str:
        return f"/meetings/{self.id}/live"


@dataclass(frozen=True)
class OrderView:
    """A sentence of a conclusion that somebody has to carry out, with where it stands."""

    id: int
    meeting_id: int
    meeting_title: str
    item_number: int
    item_title: str
    text: str
    digest: str


@dataclass(frozen=True)
class ConclusionView:
    """An item with its conclusion, its orders, and their place in the log."""

    meeting: Meeting
    item: Item
    leaf: int | None
    # Whether who looks may know more of it than the sentence that they carry out.
    is_known: bool


@dataclass(frozen=True)
class ItemView:
    """An item with its papers and the time at which it should begin."""

    item: Item
    number: int
    begins_at: datetime
    papers: Sequence[PaperView]
    # Whether who looks may know what it is about, and how many of its papers they may not read.
    is_known: bool = True
    withheld: int = 0


@dataclass(frozen=True)
class AgendaView:
    """A meeting with everything that the pages before and after it show."""

    meeting: Meeting
    items: Sequence[ItemView]
    ends_at: datetime
    lacks: Sequence[Lack]

    @property
    def minutes(self) -> int:
        return sum(each.item.minutes for each in self.items)

    @property
    def papers(self) -> list[PaperView]:
        """The papers of all items, each once."""
        return list({paper.id: paper for each in self.items for paper in each.papers}.values())

    @property
    def doors_at(self) -> datetime:
        """From when on one can confirm that one attends."""
        return self.meeting.starts_at - rules.DOORS_OPEN

    @property
    def current(self) -> ItemView | None:
        current = self.meeting.current_id
        return next((each for each in self.items if each.item.id == current), None)


# ---- lists ----


def meetings(db: Session, actor: Actor) -> list[SessionView]:
    """The meetings this person may read, the next ones first, the past ones after them."""
    found = [each for each in db.scalars(_whole()) if access.may_read(db, actor, each)]
    morning = _this_morning(db)
    coming = [each for each in found if rules.is_to_come(each.stands, each.starts_at < morning)]
    past = [each for each in found if each not in coming]
    ordered = sorted(coming, key=lambda one: one.starts_at) + sorted(
        past, key=lambda one: one.starts_at, reverse=True
    )
    return [_session(actor, each) for each in ordered]


def readers_of(actor: Actor) -> list[str]:
    """As whom this person finds agenda items and conclusions: of the meetings they may read."""
    if not actor.may(Permission.MEETING_READ):
        return []
    every = [EVERY_MEETING] if any(map(actor.may, access.READING_EVERY_MEETING)) else []
    stands_in = [stand_in_reader(each.id) for each in actor.mandates]
    return [*every, seat_reader(actor.id), *stands_in]


def seat_reader(person_id: int) -> str:
    return f"seat:{person_id}"


def stand_in_reader(mandate_id: int) -> str:
    """A substitute's, that ends with the mandate."""
    return f"stand_in:{mandate_id}"


def place(meeting_id: int) -> str:
    """A meeting as a place to search in, and as the audience of what was said there."""
    return f"meeting:{meeting_id}"


def open_session(db: Session, actor: Actor) -> SessionView | None:
    """The meeting under way at which this person has a seat."""
    found = db.scalar(
        _seated(actor)
        .where(Meeting.state.in_(rules.UNDER_WAY))
        .order_by(Meeting.opened_at.desc())
        .limit(1)
    )
    return _session(actor, found) if found else None


def upcoming(db: Session, actor: Actor, limit: int = 5) -> list[SessionView]:
    """Convened meetings of today and later at which this person has a seat, the next first."""
    found = db.scalars(
        _seated(actor)
        .where(Meeting.state == State.CONVENED, Meeting.starts_at >= _this_morning(db))
        .order_by(Meeting.starts_at)
    )
    return [_session(actor, each) for each in found.fetchmany(limit)]


def occasions(db: Session, actor: Actor, since: datetime, until: datetime) -> list[Occasion]:
    """Convened meetings at which this person has a seat, the first one first."""
    if not actor.may(Permission.MEETING_READ):
        return []
    found = db.scalars(
        _seated(actor)
        .where(
            Meeting.state != State.PLANNED, Meeting.starts_at >= since, Meeting.starts_at < until
        )
        .order_by(Meeting.starts_at)
    )
    return [
        Occasion(
            "session", each.title, f"/meetings/{each.id}", each.starts_at,
            ends_at=each.starts_at + timedelta(minutes=sum(item.minutes for item in each.items)),
        )
        for each in found
    ]  # fmt: skip


def _this_morning(db: Session) -> datetime:
    """When the cabinet's day began."""
    return people.OFFICE_ZONE.end_of(people.today(db) - timedelta(days=1))


def duties(db: Session, actor: Actor) -> list[Duty]:
    """A session under way, sessions to read for, and agendas that wait to be convened."""
    if not actor.may(Permission.MEETING_READ):
        return []
    found = [
        Duty(
            "session_upcoming", each.title, each.path, each.starts_at, {"chair": each.chair},
            is_deadline=False,
        )
        for each in upcoming(db, actor)
    ]  # fmt: skip
    if under_way := open_session(db, actor):
        found.append(
            Duty(
                "session_open",
                under_way.title,
                under_way.live_path,
                facts={"chair": under_way.chair},
            )
        )
    if actor.may(Permission.MEETING_CONVENE):
        found += _to_convene(db)
    if actor.may(Permission.MANDATE_CONSENT):
        found += _to_consent_to(db)
    return found


def consulted_on(db: Session, actor: Actor, meeting: Meeting) -> dict[int, ballots.Consulted]:
    """Of each item's dossier what the members have signed about it in writing before."""
    dossiers = {each.dossier_id for each in meeting.items if each.dossier_id}
    return ballots.consulted_on(db, actor, dossiers)


def awaiting_a_session(
    db: Session, dossiers: Sequence[DossierView]
) -> list[tuple[DossierView, int]]:
    """The dossiers that were put to a session and stand on no agenda, and by which consultation."""
    put = ballots.put_to_session(db)
    planned = select(Item.dossier_id).where(
        Item.dossier_id.in_(list(put)), Item.state != rules.ItemState.DEFERRED
    )
    on_an_agenda = set(db.scalars(planned))
    return [
        (each, put[each.id]) for each in dossiers if each.id in put and each.id not in on_an_agenda
    ]


@dataclass(frozen=True)
class UrgentView:
    """An urgent decision, and how far it is on its way to the Government."""

    decision: UrgentDecision
    reporting: rules.Reporting
    # The session at which it was, or is to be, reported.
    meeting: Meeting | None
    taken_off: Sequence[tuple[UrgentTakenOff, Meeting]]


def urgent_decisions(db: Session) -> list[UrgentView]:
    """All of them, the newest first."""
    found = select(UrgentDecision).order_by(
        UrgentDecision.decided_at.desc(), UrgentDecision.id.desc()
    )
    reports = _reports(db)
    left_out = defaultdict(list)
    asked_off = select(UrgentTakenOff, Meeting).join(Meeting)
    for row, meeting in db.execute(asked_off.order_by(UrgentTakenOff.at)):
        left_out[row.urgent_id].append((row, meeting))
    return [
        UrgentView(
            decision=each,
            reporting=rules.reporting(item.stands for item, _ in reports[each.id]),
            meeting=next((meeting for _, meeting in reversed(reports[each.id])), None),
            taken_off=left_out[each.id],
        )
        for each in db.scalars(found)
    ]


def _reports(db: Session) -> dict[int, list[tuple[Item, Meeting]]]:
    """The items that hold a decision's report, or did, with their sessions."""
    now, found = clock.now(db), defaultdict(list)
    for item, meeting in _items_about_decisions(db):
        place = Kind(meeting.kind), meeting.stands, meeting.starts_at
        if rules.holds_report(*place, item.stands, now):
            found[item.urgent_id or 0].append((item, meeting))
    return found


def _items_about_decisions(db: Session) -> list[tuple[Item, Meeting]]:
    asked = select(Item, Meeting).join(Meeting, Meeting.id == Item.meeting_id)
    rows = db.execute(asked.where(Item.urgent_id.is_not(None)).order_by(Item.id))
    return [(item, meeting) for item, meeting in rows]


def unreported_decisions(db: Session) -> list[UrgentDecision]:
    """Those that no convened session holds, the oldest first: an agenda may yet change."""
    held = {
        number
        for number, reports in _reports(db).items()
        if any(meeting.stands is not State.PLANNED for _, meeting in reports)
    }
    found = db.scalars(select(UrgentDecision).order_by(UrgentDecision.id))
    return [each for each in found if each.id not in held]


def planned_reports(db: Session, decision_id: int) -> list[tuple[Item, Meeting]]:
    """Where it stands on agendas that are not convened yet."""
    return [
        (item, meeting)
        for item, meeting in _items_about_decisions(db)
        if item.urgent_id == decision_id and meeting.stands is State.PLANNED
    ]


def sessions_that_take_reports(db: Session) -> list[Meeting]:
    """The sessions on whose agenda urgent decisions put themselves, the next one first; locked."""
    now = clock.now(db)
    planned = select(Meeting).where(Meeting.state == State.PLANNED).order_by(Meeting.starts_at)
    locked = planned.with_for_update().execution_options(populate_existing=True)
    return [
        each
        for each in db.scalars(locked)
        if rules.takes_reports(Kind(each.kind), each.stands, each.starts_at, now)
    ]


def taken_off(db: Session, decision_id: int) -> set[int]:
    """The sessions at which it is not reported."""
    rows = select(UrgentTakenOff.meeting_id).where(UrgentTakenOff.urgent_id == decision_id)
    return set(db.scalars(rows))


@dataclass(frozen=True)
class HandedOut:
    """What one item has put before whoever is told of it."""

    readers: int
    files: int
    pages: int


def handed_out(db: Session, since: datetime, until: datetime) -> dict[int, list[HandedOut]]:
    """Of each session that was convened and begins in a span of time, what it has handed out."""
    wanted = select(Meeting).where(
        Meeting.starts_at >= since,
        Meeting.starts_at < until,
        Meeting.state != rules.State.PLANNED,
    )
    options = (selectinload(Meeting.items), selectinload(Meeting.seats))
    held = list(db.scalars(wanted.options(*options).order_by(Meeting.starts_at)))
    dossiers = {item.dossier_id for each in held for item in each.items if item.dossier_id}
    papers = documents.current_papers(db, dossiers)
    return {
        each.id: [
            HandedOut(
                readers=sum(item.is_sent_to(seat) for seat in each.seats),
                files=len(found),
                pages=sum(paper.pages for paper in found),
            )
            for item in each.items
            if item.dossier_id and (found := papers.get(item.dossier_id))
        ]
        for each in held
    }


def first_begun(db: Session) -> datetime | None:
    """When the first session that was convened began."""
    convened = Meeting.state != rules.State.PLANNED
    return db.scalar(select(func.min(Meeting.starts_at)).where(convened))


def decided(db: Session) -> set[int]:
    """The dossiers whose item a session has concluded."""
    concluded = Item.state == rules.ItemState.CONCLUDED, Item.dossier_id.is_not(None)
    return {each for each in db.scalars(select(Item.dossier_id).where(*concluded)) if each}


def prepared_by(db: Session, person_id: int) -> list[Duty]:
    """The sessions to come or under way whose secretary this person is."""
    return [
        Duty("session_prepared", each.title, f"/meetings/{each.id}", each.starts_at,
             is_deadline=False)
        for each in db.scalars(kept_by(person_id))
    ]  # fmt: skip


def to_present_by_agency(db: Session) -> Counter[int]:
    """How many items each agency presents at sessions that are not over."""
    to_come = select(Meeting.id).where(Meeting.state.not_in(rules.OVER))
    items = select(Item.presenter_agency_id).where(Item.meeting_id.in_(to_come))
    return Counter(each for each in db.scalars(items) if each)


def kept_by(person_id: int) -> Select[Meeting]:
    keeps = exists().where(
        Seat.meeting_id == Meeting.id,
        Seat.person_id == person_id,
        Seat.role == SeatRole.SECRETARY,
    )
    return select(Meeting).where(keeps, Meeting.state.not_in(rules.OVER)).order_by(Meeting.id)


def _to_consent_to(db: Session) -> list[Duty]:
    return [
        Duty(
            "substitute_to_consent_to", each.about, f"{each.path}#substitutes",
            facts={"by": each.giver, "who": each.taker},
        )
        for each in people.mandates_waiting(db)
        if each.matter == Matter.SESSION
    ]  # fmt: skip


def _to_convene(db: Session) -> list[Duty]:
    submitted = (Meeting.state == State.PLANNED, Meeting.submitted_by.is_not(None))
    planned = db.scalars(select(Meeting).where(*submitted)).all()
    by = people.holder_names(db, [each.submitted_by or 0 for each in planned])
    return [
        Duty(
            "session_to_convene",
            each.title,
            f"/meetings/{each.id}",
            each.starts_at,
            {"by": by[each.submitted_by or 0].office},
        )
        for each in planned
    ]


def _whole() -> Select[Meeting]:
    return select(Meeting).options(selectinload(Meeting.items))


def _seated(actor: Actor) -> Select[Meeting]:
    own = exists().where(Seat.meeting_id == Meeting.id, access.has_place(actor))
    return _whole().where(own)


def _session(actor: Actor, meeting: Meeting) -> SessionView:
    current = meeting.current
    tells = current is not None and (
        not current.restricted or access.knows_of(actor, current, meeting.seat_of(actor.id))
    )
    return SessionView(
        meeting.id,
        Kind(meeting.kind),
        meeting.title,
        meeting.starts_at,
        meeting.place,
        meeting.stands,
        len(meeting.items),
        current.position if current else None,
        current.title if current and tells else "",
        meeting.chair.office,
    )


# ---- one meeting ----


def agenda(db: Session, meeting: Meeting) -> AgendaView:
    """The whole agenda with papers, hours, and what it still lacks; who looks at it is shown what
    `seen` leaves of it."""
    begins = meeting.starts_at
    items = []
    papers = documents.current_papers(db, dossiers_of(meeting))
    for each in meeting.items:
        items.append(ItemView(each, each.position, begins, papers.get(each.dossier_id or 0, [])))
        begins += timedelta(minutes=each.minutes)
    return AgendaView(meeting, items, begins, rules.lacks(map(_planned, items)))


def seen(db: Session, actor: Actor, view: AgendaView) -> AgendaView:
    """An agenda without what this person may not read, nor know of."""
    read = documents.readable(db, actor, dossiers_of(view.meeting))
    known = {each.id for each in known_items(db, actor, view.meeting)}
    items = [_seen(each, each.is_known and each.item.id in known, read) for each in view.items]
    return replace(view, items=items)


def as_any_member(view: AgendaView) -> AgendaView:
    """An agenda as a member sees it to whom no restricted item is sent."""
    every = set(dossiers_of(view.meeting))
    return replace(view, items=[_seen(e, not e.item.restricted, every) for e in view.items])


def _seen(view: ItemView, known: bool, read: Collection[int]) -> ItemView:
    papers = [each for each in view.papers if known and each.dossier_id in read]
    withheld = len(view.papers) - len(papers) if known else 0
    return replace(view, papers=papers, is_known=known, withheld=withheld)


def known_items(db: Session, actor: Actor, meeting: Meeting) -> list[Item]:
    """Of a meeting's items those of which this person may know what they are about."""
    own = access.own_seat(db, meeting.id, actor)
    return [each for each in meeting.items if access.knows_of(actor, each, own)]


@dataclass(frozen=True)
class BookPart:
    """A paper in a session's book, and its pages there."""

    number: int
    item: Item
    paper: PaperView
    first: int
    # Its reader may take it away, where its label lets it go.
    is_own: bool

    @property
    def last(self) -> int:
        return self.first + self.paper.pages - 1


@dataclass(frozen=True)
class Book:
    """A session's papers as one: what this reader is given of it, and how long the whole is."""

    parts: list[BookPart]
    pages: int

    @property
    def exported(self) -> list[BookPart]:
        """What may be taken away as one file; the others are read here, on the same pages."""
        free = (each for each in self.parts if each.paper.handling is Handling.FREE)
        return [each for each in free if each.is_own]

    @property
    def first_of(self) -> dict[int, BookPart]:
        """By paper; one that stands under two items counts where it stands first."""
        return {each.paper.id: each for each in reversed(self.parts)}


def book(db: Session, actor: Actor, view: AgendaView) -> Book:
    """Numbered over all its papers; what somebody may not read is left out, with its title."""
    rows = _bound(view)
    shown = {
        (each.item.id, paper.id) for each in seen(db, actor, view).items for paper in each.papers
    }
    return Book(
        [
            BookPart(
                each.number, each.item, paper, first,
                documents_access.may_export(db, actor, paper.dossier_id),
            )
            for each, paper, first in rows
            if (each.item.id, paper.id) in shown
        ],
        sum(paper.pages for _, paper, _ in rows),
    )  # fmt: skip


def _bound(view: AgendaView) -> list[tuple[ItemView, PaperView, int]]:
    """Every paper of an agenda with the page on which it begins."""
    rows = [(each, paper) for each in view.items for paper in each.papers]
    firsts = rules.first_pages([paper.pages for _, paper in rows])
    return [(each, paper, first) for (each, paper), first in zip(rows, firsts, strict=True)]


def closed_to_papers(db: Session, actor: Actor, meeting: Meeting) -> dict[int, str]:
    """The items that no paper can be added to, with the reason."""
    return {
        each.id: "handed_out" if each.dossier_id else rules.AgendaRefusal.NO_AGENCY.value
        for each in meeting.items
        if not (
            documents.may_add(db, actor, each.dossier_id)
            if each.dossier_id
            else each.presenter_agency_id
        )
    }


def fact_of_convening(meeting_id: int) -> str:
    """What the invitation to a session tells of."""
    return f"session_convened:{meeting_id}"


@dataclass(frozen=True)
class Invited:
    """Whoever has a seat, and how the invitation came to them."""

    office: str
    told: outbox.Told


def invited(db: Session, meeting: Meeting) -> list[Invited]:
    """Everybody with a seat, in their order."""
    told = outbox.told_of(db, fact_of_convening(meeting.id))
    stand = standing_in(db, meeting)
    return [
        Invited(each.office, told.get(each.person_id, outbox.Told()))
        for each in meeting.seats
        if each.mandate_id is None or each.mandate_id in stand
    ]


@dataclass(frozen=True)
class Opened:
    """How far somebody has come with the papers of an item."""

    office: str
    unopened: Sequence[PaperView]
    # Of the papers that were opened, when the last one was; None while none was.
    last_at: datetime | None
    kept: int

    @property
    def reach(self) -> rules.Reach:
        return rules.reach(self.last_at is not None, bool(self.unopened))


@dataclass(frozen=True)
class ItemOpenings:
    """An item's papers, and how far each with a seat has come with them, in their order."""

    item: Item
    number: int
    papers: Sequence[PaperView]
    readers: Sequence[Opened]

    def by(self, reach: rules.Reach) -> list[Opened]:
        return [each for each in self.readers if each.reach == reach]


def openings(db: Session, meeting: Meeting) -> list[ItemOpenings]:
    """Of each item who has opened its papers, in the editions that stand now."""
    items = agenda(db, meeting).items
    editions = {paper.edition_id for each in items for paper in each.papers}
    opened, kept = documents.opened_at(db, editions), documents.kept(db, editions)
    stand = standing_in(db, meeting)
    seats = [
        each
        for each in meeting.seats
        if each.role != SeatRole.SECRETARY and (not each.mandate_id or each.mandate_id in stand)
    ]

    def reader(seat: Seat, papers: Sequence[PaperView]) -> Opened:
        places = {(seat.person_id, each.edition_id): each for each in papers}
        return Opened(
            seat.office,
            [paper for place, paper in places.items() if place not in opened],
            max((opened[each] for each in places if each in opened), default=None),
            len(kept & places.keys()),
        )

    return [
        ItemOpenings(
            each.item,
            each.number,
            each.papers,
            [reader(seat, each.papers) for seat in seats if each.item.is_sent_to(seat)],
        )
        for each in items
    ]


def standing_in(db: Session, meeting: Meeting) -> frozenset[int]:
    """The mandates in force of those who attend for a member."""
    if not any(each.mandate_id for each in meeting.seats):
        return frozenset()
    return frozenset(
        each.id for each in substitutes(db, meeting.id) if each.standing == Standing.IN_FORCE
    )


def has_left(db: Session, meeting: Meeting, seat: Seat) -> bool:
    """Whether a seat came with a mandate that is in force no more."""
    return seat.mandate_id is not None and seat.mandate_id not in standing_in(db, meeting)


def places(db: Session, meeting: Meeting) -> int:
    """How many have a place now."""
    stand = standing_in(db, meeting)
    return sum(each.mandate_id is None or each.mandate_id in stand for each in meeting.seats)


def substitutes(db: Session, meeting_id: int, giver_id: int | None = None) -> list[MandateView]:
    """Who attends a session for whom, or is to, or was; for one member, where one is named."""
    return people.mandates_about(db, Matter.SESSION, meeting_id, giver_id)


def planned(db: Session, meeting: Meeting) -> list[Planned]:
    return [_planned(each) for each in agenda(db, meeting).items]


def _planned(view: ItemView) -> Planned:
    has_presenter = bool(view.item.presenter or view.item.presenter_agency_id)
    return Planned(view.number, has_presenter, view.item.dossier_id is not None, len(view.papers))


def presenters(db: Session, meeting: Meeting) -> dict[int, str]:
    """Who presents each item: the person named, or else the agency."""
    agencies = {each.id: each.name for each in people.agencies(db)}
    return {
        each.id: each.presenter or agencies.get(each.presenter_agency_id or 0, "")
        for each in meeting.items
    }


def sessions_about(db: Session, dossier_id: int) -> Sequence[int]:
    """The convened sessions whose agenda names this dossier."""
    named = select(Item.meeting_id).where(Item.dossier_id == dossier_id)
    convened = Meeting.id.in_(named), Meeting.state != State.PLANNED
    return db.scalars(select(Meeting.id).where(*convened)).all()


def is_sent(db: Session, dossier_id: int, person_id: int) -> bool:
    """Whether an agenda sends a dossier to somebody at its table."""
    for meeting_id in sessions_about(db, dossier_id):
        meeting = db.get_one(Meeting, meeting_id)
        seat = meeting.seat_of(person_id)
        if seat is not None and seat.mandate_id is None:
            named = [each for each in meeting.items if each.dossier_id == dossier_id]
            if any(each.is_sent_to(seat) for each in named):
                return True
    return False


def dossiers_of(meeting: Meeting, *, few: bool = True) -> list[int]:
    """The dossiers of the agenda; without `few`, of those items that everybody there knows of."""
    items = [each for each in meeting.items if few or not each.restricted]
    return sorted({each.dossier_id for each in items if each.dossier_id})


def changes_since(db: Session, meeting_id: int, draft: int) -> list[Act]:
    """What was changed in an agenda after a draft, oldest first."""
    return list(
        db.scalars(
            select(Act).where(Act.meeting_id == meeting_id, Act.draft > draft).order_by(Act.id)
        )
    )


def draft_number(db: Session, meeting_id: int) -> int:
    return db.get_one(Meeting, meeting_id).draft


def draft(db: Session, meeting: Meeting, since: int) -> Parts:
    """An agenda as plain values, with what was changed in it after a draft."""
    audience = draft_audience(meeting.id)
    epoch, seq = live.head(db, audience)
    return {
        "audience": audience,
        "epoch": epoch,
        "seq": seq,
        "draft": meeting.draft,
        "head_draft": meeting.head_draft,
        "items": [
            {
                "id": each.id,
                "number": each.position,
                "draft": each.draft,
                "title": each.title,
                "minutes": each.minutes,
                "agency": each.presenter_agency_id or "",
                "presenter": each.presenter,
                "dossier": each.dossier_id or "",
                "scope": "few" if each.restricted else "open",
            }
            for each in meeting.items
        ],
        "changes": [
            {
                "what": each.kind,
                "item": each.item_id,
                "by": each.person_id,
                "office": each.office,
                "at": each.at.isoformat(),
                "draft": each.draft,
                **each.facts,
            }
            for each in changes_since(db, meeting.id, since)
        ],
    }


def acts(db: Session, meeting_id: int) -> list[Act]:
    """What was done in a meeting since it was convened, newest first."""
    return list(
        db.scalars(
            select(Act)
            .where(Act.meeting_id == meeting_id, Act.leaf.is_not(None))
            .order_by(Act.id.desc())
        )
    )


def order_to_assign(db: Session, actor: Actor, order_id: int) -> OrderView:
    """What a task is made of; an order of a meeting that one may not read does not exist."""
    order, item, meeting = access.order_of_record(db, order_id)
    own = access.own_seat(db, meeting.id, actor)
    if not access.may_read(db, actor, meeting) or not access.knows_of(actor, item, own):
        raise NotFound(f"order {order_id}")
    # Whoever carries it out is told the sentence, not what few may know around it.
    title = "" if item.restricted else item.title
    return OrderView(
        order.id, meeting.id, meeting.title, item.position, title, order.text, order.digest
    )


def conclusion_around(db: Session, actor: Actor, order_id: int) -> ConclusionView:
    """The conclusion that a sentence stands in; the right to it is the caller's to ask for."""
    _order, item, meeting = access.order_of_record(db, order_id)
    concluded = Act.item_id == item.id, Act.kind == "item_concluded"
    leaf = db.scalar(select(Act.leaf).where(*concluded).order_by(Act.id.desc()).limit(1))
    knows = access.knows_of(actor, item, access.own_seat(db, meeting.id, actor))
    return ConclusionView(meeting, item, leaf, knows)


# ---- the state that screens hold ----


def state(db: Session, meeting: Meeting, actor: Actor | None = None) -> Parts:
    """All parts of a meeting's state, level with its audience's last number; with what this person
    knows of restricted items."""
    audience = meeting_audience(meeting.id)
    # The number first: what is told between the two reads comes again, and is harmless.
    epoch, seq = live.head(db, audience)
    return {
        "audience": audience,
        "epoch": epoch,
        "seq": seq,
        "at": clock.now(db).isoformat(),
        "parts": parts(db, meeting)
        | {"book": book_part(db, meeting.id)}
        | (_few_parts(db, actor, meeting) if actor else {}),
    }


def book_part(db: Session, meeting_id: int) -> dict[str, list[int]]:
    """First and last page of each paper in the book, by the paper's number."""
    found: dict[str, list[int]] = {}
    for _, paper, first in _bound(agenda(db, db.get_one(Meeting, meeting_id))):
        found.setdefault(str(paper.id), [first, first + paper.pages - 1])
    return found


def _few_parts(db: Session, actor: Actor, meeting: Meeting) -> Parts:
    if not any(each.restricted for each in meeting.items):
        return {}
    who = presenters(db, meeting)
    known = known_items(db, actor, meeting)
    return {f"item:{e.id}": _item_part(e, who[e.id], tells=True) for e in known if e.restricted}


def parts(db: Session, meeting: Meeting) -> Parts:
    """The state in named parts, each of which an announcement may put in its old one's place.

    One stream goes to all who have a place: of a restricted item it says no word.
    """
    who = presenters(db, meeting)
    return {
        "meeting": _meeting_part(meeting),
        "quorum": _quorum_part(meeting),
        "floor": [_speech_part(each) for each in meeting.speeches if _is_on_floor(each)],
        **{
            f"item:{each.id}": _item_part(each, who[each.id], tells=not each.restricted)
            for each in meeting.items
        },
        **paper_parts(db, dossiers_of(meeting)),
        **_seat_parts(db, meeting, meeting.seats),
        **{f"vote:{each.id}": _vote_part(db, meeting, each) for each in meeting.votes},
    }


def changed(before: Parts, now: Parts) -> Parts:
    """The parts that are new or other than before; no part ever goes away."""
    return {name: part for name, part in now.items() if before.get(name) != part}


def _meeting_part(meeting: Meeting) -> Parts:
    return {
        "state": meeting.state,
        "current": meeting.current_id,
        "opened_at": _iso(meeting.opened_at),
        "closed_at": _iso(meeting.closed_at),
        "spoken": sum(each.state == rules.SpeechState.SPOKEN for each in meeting.speeches),
    }


def _quorum_part(meeting: Meeting) -> Parts:
    counted = meeting.quorum
    return {
        "members": counted.members,
        "present": counted.present,
        "hall": counted.hall,
        "online": counted.online,
        "needed": counted.needed if meeting.is_government_session else 0,
        "missing": counted.missing if meeting.is_government_session else 0,
    }


def _item_part(item: Item, presenter: str, *, tells: bool) -> Parts:
    return {
        "id": item.id,
        "number": item.position,
        "restricted": item.restricted,
        "title": item.title if tells else "",
        "presenter": presenter if tells else "",
        "minutes": item.minutes,
        "state": item.state,
        "called_at": _iso(item.called_at),
        "spent": item.spent_seconds,
        "conclusion": item.conclusion if tells else "",
        "reason": item.reason if tells else "",
        "orders": [{"id": each.id, "text": each.text} for each in item.orders] if tells else [],
    }


def paper_part_name(paper_id: int) -> str:
    return f"paper:{paper_id}"


def paper_parts(db: Session, dossier_ids: Sequence[int]) -> Parts:
    """Which edition of each paper is current, whichever one a screen has open."""
    newest = documents.newest_editions(db, dossier_ids)
    return {
        paper_part_name(paper_id): {
            "edition": each.number,
            "digest": each.digest,
            "url": f"/editions/{each.id}/file",
            "removed": each.is_removed,
        }
        for paper_id, each in newest.items()
    }


def seat_part(db: Session, meeting: Meeting, seat: Seat) -> Parts:
    """One seat's part of the state."""
    return _seat_parts(db, meeting, [seat])


def _seat_parts(db: Session, meeting: Meeting, seats: Sequence[Seat]) -> Parts:
    stand = standing_in(db, meeting)
    names = people.names_among(db, [each.person_id for each in seats])
    return {
        f"seat:{each.person_id}": _seat_part(meeting, each, names[each.person_id], stand)
        for each in seats
    }


def _seat_part(meeting: Meeting, seat: Seat, name: str, stand: Collection[int]) -> Parts:
    return {
        "person": seat.person_id,
        # Some logins are named after the office itself; that tells nobody who sits there.
        "name": name if name != seat.office else "",
        "office": seat.office,
        "role": seat.role,
        "order": seat.protocol_order,
        "counts": seat.counts,
        "conducts": meeting.is_conducted_by(seat),
        "attendance": seat.attendance,
        "stands_for": seat.stands_for,
        "left": seat.mandate_id is not None and seat.mandate_id not in stand,
    }


def _speech_part(speech: Speech) -> Parts:
    return {
        "id": speech.id,
        "person": speech.person_id,
        "office": speech.office,
        "state": speech.state,
        "asked_at": _iso(speech.asked_at),
        "called_at": _iso(speech.called_at),
    }


def _vote_part(db: Session, meeting: Meeting, vote: Vote) -> Parts:
    """A vote as every screen may know it: before its closing how many, and nothing else."""
    is_open = vote.stands is VoteState.OPEN
    counted = meeting.quorum
    return {
        "id": vote.id,
        "number": vote.number,
        "item": vote.item_id,
        "question": vote.question,
        "naming": vote.naming,
        "state": vote.state,
        "opened_at": _iso(vote.opened_at),
        "closing_at": _iso(vote.closing_at),
        "closed_at": _iso(vote.closed_at),
        "cast": _cast_count(db, meeting, vote) if is_open else 0,
        "members": counted.members if is_open else len(vote.standings),
        "suspended": is_open and counted.missing > 0,
        "outcome": vote.outcome,
        "sentence": vote.sentence,
        "counts": result_counts(vote),
        "names": result_names(vote),
    }


def _cast_count(db: Session, meeting: Meeting, vote: Vote) -> int:
    voters = {each.person_id for each in meeting.seats if each.counts}
    answered = db.scalars(select(VoteCast.person_id).where(VoteCast.vote_id == vote.id).distinct())
    return len(voters & set(answered))


def _is_on_floor(speech: Speech) -> bool:
    return speech.stands in rules.ON_THE_FLOOR


# ---- votes ----

CAST_LEAF = "meeting_vote_cast"


@dataclass(frozen=True)
class Receipt(ledger.Proof):
    """What proves to a member that their answer is in the log, without telling what it is."""

    key: str
    number: str
    at: str


def receipt_of(db: Session, cast: VoteCast) -> Receipt:
    assert cast.leaf is not None
    return Receipt(
        **vars(ledger.proof(db, cast.leaf)),
        key=cast.key,
        number=signing.number(cast.vote_id, cast.leaf, cast.mark),
        at=canonical.moment(cast.at),
    )


def casts_of(db: Session, vote_id: int) -> list[VoteCast]:
    """Every answer to a vote, in the ledger's order."""
    return list(
        db.scalars(select(VoteCast).where(VoteCast.vote_id == vote_id).order_by(VoteCast.leaf))
    )


def cast_by_key(db: Session, key: str) -> VoteCast | None:
    return db.scalar(select(VoteCast).where(VoteCast.key == key))


def latest_leaf(db: Session, vote: Vote, person_id: int) -> int:
    """What an answer has to follow: this member's last one, else the opening."""
    last = db.scalar(
        select(func.max(VoteCast.leaf)).where(
            VoteCast.vote_id == vote.id, VoteCast.person_id == person_id
        )
    )
    assert vote.opened_leaf is not None
    return vote.opened_leaf if last is None else last


def statement_terms(db: Session, vote: Vote, seat: Seat, env: str) -> Parts:
    """All that a member's statement on this vote says beside the answer (BAL-03)."""
    assert vote.opened_leaf is not None
    return {
        "v": signing.VERSION,
        "type": signing.TYPE,
        "env": env,
        "origin": ledger.origin(db),
        "meeting": vote.meeting_id,
        "vote": vote.id,
        "item": vote.item_id,
        "rule_version": vote.rule_set,
        "opened_leaf": vote.opened_leaf,
        "papers": vote.papers,
        "question": vote.question,
        "naming": vote.naming,
        "member": seat.person_id,
        "office": seat.office,
        "signature_class": signing.DEVICE,
    }


def voting(db: Session, actor: Actor, seat: Seat, vote: Vote, env: str) -> Parts:
    """What a member's device needs to answer, and whether it has answered already."""
    own = db.scalar(
        select(VoteCast)
        .where(VoteCast.vote_id == vote.id, VoteCast.person_id == actor.id)
        .order_by(VoteCast.leaf.desc())
        .limit(1)
    )
    return {
        "terms": statement_terms(db, vote, seat, env),
        "follows": latest_leaf(db, vote, actor.id),
        "kept": {"number": _number(own), "at": canonical.moment(own.at)} if own else None,
        "step_up": people.fresh_step_up(db, actor) is not None,
        "passkey": bool(people.passkeys_of(db, actor.id)),
    }


def own_numbers(db: Session, actor: Actor, meeting: Meeting) -> dict[int, str]:
    """The receipt numbers of one's own last answers, by vote."""
    ids = [each.id for each in meeting.votes]
    own = db.scalars(
        select(VoteCast)
        .where(VoteCast.vote_id.in_(ids), VoteCast.person_id == actor.id)
        .order_by(VoteCast.leaf)
    )
    return {each.vote_id: _number(each) for each in own}


def _number(cast: VoteCast) -> str:
    assert cast.leaf is not None
    return signing.number(cast.vote_id, cast.leaf, cast.mark)


def result_counts(vote: Vote) -> dict[str, int] | None:
    """How many stood where; None until the closing, and for ever where there was none."""
    if vote.counts is None:
        return None
    return {name: vote.counts[name] for name in ("agree", "disagree", "other", "silent")}


POSITIONS = {"agree": "agree", "disagree": "disagree", "other_opinion": "other", "silent": "silent"}


def result_names(vote: Vote) -> dict[str, list[str]] | None:
    """Who stood where, in protocol order; a hidden vote's names are for the record alone."""
    if vote.counts is None or vote.naming == Naming.HIDDEN:
        return None
    return {
        name: [each["office"] for each in vote.standings if each["position"] == position]
        for position, name in POSITIONS.items()
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def discussed_paper(view: AgendaView) -> PaperView | None:
    """What lies open when the live page opens: of the item under discussion, or nothing. What
    nobody has asked for counts as opened by nobody."""
    return next(iter(view.current.papers), None) if view.current else None


def first_paper(view: AgendaView) -> PaperView | None:
    return next((paper for each in view.items for paper in each.papers), None)


def live_page(db: Session, actor: Actor, view: AgendaView) -> Parts:
    """What the live page needs besides the state: who reads it, and the papers of each item."""
    meeting = view.meeting
    seat = meeting.seat_of(actor.id)
    view = seen(db, actor, view)
    editions = [paper.edition_id for each in view.items for paper in each.papers]
    opened = documents.opened(db, actor.id, editions)
    return {
        "meeting": meeting.id,
        "title": meeting.title,
        "starts_at": meeting.starts_at.isoformat(),
        "doors_at": view.doors_at.isoformat(),
        "government": meeting.is_government_session,
        "me": {
            "person": actor.id,
            "seated": seat is not None,
            "conducts": seat is not None
            and meeting.is_conducted_by(seat)
            and actor.may(Permission.MEETING_CONDUCT),
            "by_order": seat is not None and seat.role == SeatRole.SECRETARY,
            "confirms": actor.may(Permission.ATTENDANCE_CONFIRM),
            "assigns": actor.may(Permission.TASK_ASSIGN),
            "votes": seat is not None and seat.counts and actor.may(Permission.VOTE_CAST),
        },
        "voted": own_numbers(db, actor, meeting),
        "papers": {
            str(each.item.id): [_paper_part(paper, opened) for paper in each.papers]
            for each in view.items
        },
        "state": state(db, meeting, actor),
    }


def hall_page(db: Session, view: AgendaView) -> Parts:
    """The same for the hall, whose screen everybody sees: no titles of papers, only their pages."""
    return {
        "meeting": view.meeting.id,
        "title": view.meeting.title,
        "starts_at": view.meeting.starts_at.isoformat(),
        "papers": {
            str(each.item.id): [{"id": paper.id} for paper in each.papers]
            for each in view.items
            if not each.item.restricted
        },
        "state": state(db, view.meeting),
    }


def _paper_part(paper: PaperView, opened: set[int]) -> Parts:
    return {
        "id": paper.id,
        "title": paper.title,
        "url": f"/editions/{paper.edition_id}/file",
        "pages": paper.pages,
        "edition": paper.edition_number,
        "digest": paper.digest,
        "opened": paper.edition_id in opened,
    }


# ---- choices on the builder ----


def possible_chairs(db: Session) -> list[people.Holder]:
    """The Prime Minister, or a deputy to whom the chair is assigned."""
    return people.persons_with(db, Role.PRIME_MINISTER, Role.DEPUTY_PM)


def secretaries_first(meeting: Meeting) -> list[Seat]:
    """Seats that are not the Government's own: secretaries, then invitees."""
    outer = [each for each in meeting.seats if not each.counts]
    return sorted(outer, key=lambda one: (one.role != SeatRole.SECRETARY, one.protocol_order))
