"""What left the house and what did not, for those who run the system: never what it was about."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ecabinet import addresses, deliveries
from ecabinet.deliveries import GIVEN_UP, Delivery
from exchange import rules
from people import queries as people

MOST_ROWS = 200


@dataclass(frozen=True)
class Row:
    """One delivery that its server has not taken."""

    id: int
    office: str
    said: str
    channel: str
    address: str
    is_given_up: bool
    attempts: int
    made_at: datetime
    next_at: datetime
    error: str | None
    answer: str | None


@dataclass(frozen=True)
class Outside:
    """How it stands with all that is to leave the house."""

    backlog: deliveries.Backlog
    rows: list[Row]


def outside(db: Session, language: str) -> Outside:
    found = deliveries.not_accepted(db, MOST_ROWS)
    names = people.holder_names(db, [each.person_id for each in found])
    return Outside(
        backlog=deliveries.backlog(db),
        rows=[_row(each, names, language) for each in found],
    )


def _row(row: Delivery, names: dict[int, people.Holder], language: str) -> Row:
    return Row(
        id=row.id,
        office=names[row.person_id].office if row.person_id in names else "",
        said=rules.said_of(row.kind, language),
        channel=row.channel,
        address=addresses.masked(row.address),
        is_given_up=row.state in GIVEN_UP,
        attempts=row.attempts,
        made_at=row.made_at,
        next_at=row.next_at,
        error=row.error,
        answer=row.answer,
    )
