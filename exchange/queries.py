"""What left the house and what did not, for those who run the system: never what it was about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ecabinet import addresses, deliveries, notices
from ecabinet.deliveries import GIVEN_UP, UNDER_WAY, Delivery, Order, State, Wanted
from ecabinet.notices import Channel
from ecabinet.search_terms import fold
from exchange import rules
from exchange.rules import Reached, Shown
from people import queries as people

PAGE = 50
STATES = {
    Shown.OPEN: frozenset({*UNDER_WAY, *GIVEN_UP}),
    Shown.GIVEN_UP: frozenset(GIVEN_UP),
    Shown.UNDER_WAY: frozenset(UNDER_WAY),
    Shown.ACCEPTED: frozenset({State.ACCEPTED}),
    Shown.OVERTAKEN: frozenset({State.OVERTAKEN}),
    Shown.ALL: frozenset(State),
}


@dataclass(frozen=True)
class Asked:
    """What the reader of the list looks for."""

    words: str = ""
    shown: Shown = Shown.OPEN
    channel: Channel | None = None
    order: Order = Order.NEWEST


@dataclass(frozen=True)
class Row:
    """One letter on its way, or at its end."""

    id: int
    office: str
    said: str
    channel: str
    address: str
    state: Shown
    attempts: int
    made_at: datetime
    next_at: datetime
    accepted_at: datetime | None
    error: str | None
    answer: str | None


@dataclass(frozen=True)
class Outside:
    """A page of all that is to leave the house, and how it stands with the whole."""

    backlog: deliveries.Backlog
    rows: list[Row]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE))


def outside(db: Session, asked: Asked, language: str, page: int) -> Outside:
    wanted = _wanted(db, asked, language)
    count = deliveries.count(db, wanted)
    page = min(max(page, 1), max(1, -(-count // PAGE)))
    offices = _offices(db)
    query = deliveries.find(wanted, asked.order, list(offices))
    found = db.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all()
    rows = [_row(each, offices, language) for each in found]
    return Outside(deliveries.backlog(db), rows, count, page)


def every(db: Session, asked: Asked, language: str) -> Iterator[Row]:
    """All that is looked for."""
    offices = _offices(db)
    query = deliveries.find(_wanted(db, asked, language), asked.order, list(offices))
    for each in db.scalars(query.execution_options(yield_per=500)):
        yield _row(each, offices, language)


@dataclass(frozen=True)
class Member:
    """A member in office, and whether what is sent to them arrives."""

    office: str
    reached: Reached


def members(db: Session) -> list[Member]:
    """The members in office, in protocol order."""
    found = [each for each in people.holders(db) if each.is_member]
    ids = [each.person_id for each in found]
    states, known = deliveries.latest_states(db, ids), addresses.wishes(db, ids)
    return [
        Member(each.office, _reached(states.get(each.person_id, set()), each.person_id in known))
        for each in found
    ]


def _reached(states: set[State], has_address: bool) -> Reached:
    return rules.reached(
        has_address,
        was_taken=State.ACCEPTED in states,
        is_under_way=bool(states & set(UNDER_WAY)),
        was_refused=bool(states & set(GIVEN_UP)),
    )


def _wanted(db: Session, asked: Asked, language: str) -> Wanted:
    """Words are looked for in names of persons and offices, and in what may be said of a letter."""
    words = fold(asked.words).split()
    if not words:
        return Wanted(STATES[asked.shown], asked.channel)
    names = [(each.person_id, f"{each.name} {each.office}") for each in people.holders(db)]
    return Wanted(
        states=STATES[asked.shown],
        channel=asked.channel,
        persons=frozenset(key for key, name in names if _holds(name, words)),
        kinds=frozenset(
            kind for kind in notices.NOTICES if _holds(rules.said_of(kind, language), words)
        ),
    )


def _holds(text: str, words: list[str]) -> bool:
    folded = fold(text)
    return all(each in folded for each in words)


def _offices(db: Session) -> dict[int, str]:
    """The office that each person speaks for, in protocol order."""
    found: dict[int, str] = {}
    for each in people.holders(db):
        found.setdefault(each.person_id, each.office)
    return found


def _row(row: Delivery, offices: dict[int, str], language: str) -> Row:
    (state,) = (
        shown
        for shown in (Shown.GIVEN_UP, Shown.UNDER_WAY, Shown.ACCEPTED, Shown.OVERTAKEN)
        if row.state in STATES[shown]
    )
    return Row(
        id=row.id,
        office=offices.get(row.person_id, ""),
        said=rules.said_of(row.kind, language),
        channel=row.channel,
        address=addresses.masked(row.address),
        state=state,
        attempts=row.attempts,
        made_at=row.made_at,
        next_at=row.next_at,
        accepted_at=row.accepted_at,
        error=row.error,
        answer=row.answer,
    )
