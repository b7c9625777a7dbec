"""Rows of the activity log, sealed in the ledger batch by batch: whoever changes one behind the
database's back, takes it away, slips one in or cuts the tail off is found out by a check that
trusts no database (LOG-04; docs/decisions/0015).

A seal names the rows behind `after` up to `last`, how many they are, and the Merkle root of their
lines. Each begins where the one before it ended.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from ecabinet import activity, bundles, canonical, clock, ledger
from ecabinet.activity import Activity
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound

SEALED = "activity_sealed"
# As long a row may stand open; so the ledger grows by a leaf an hour at most.
LONGEST_OPEN = timedelta(hours=1)


@dataclass(frozen=True)
class Seal:
    """What the ledger says of one batch of rows."""

    after: int
    last: int
    count: int
    root: str
    sealed_at: datetime

    @classmethod
    def of(cls, act: canonical.Json) -> "Seal":
        at = datetime.fromisoformat(act["sealed_at"])
        return cls(act["after"], act["last"], act["count"], act["root"], at)


def latest(db: Session) -> Seal | None:
    act = ledger.latest(db, SEALED)
    return None if act is None else Seal.of(act)


def every(db: Session) -> list[Seal]:
    """The oldest first."""
    return [Seal.of(act) for act in ledger.entries(db, SEALED, after=-1).values()]


def seal_what_waits() -> int:
    """Seal every row that is open, once the oldest has been so for an hour; gives the seals."""
    with reading() as db:
        if not _waits(db):
            return 0
    with transaction() as db:
        activity.hold(db)
        # Another process may have sealed them meanwhile.
        if not _waits(db):
            return 0
        _seal(db, _sealed_up_to(db))
    return 1


def _waits(db: Session) -> bool:
    oldest = activity.oldest(db, _sealed_up_to(db))
    return oldest is not None and clock.now(db) - oldest >= LONGEST_OPEN


def _sealed_up_to(db: Session) -> int:
    seal = latest(db)
    return seal.last if seal else 0


def _seal(db: Session, after: int) -> None:
    last, hashes = after, []
    for row in activity.between(db, after, None):
        last = row.id
        hashes.append(ledger.leaf_hash(row.line()))
    body = {
        "after": after,
        "last": last,
        "count": len(hashes),
        "root": ledger.tree_hash(hashes).hex(),
        "sealed_at": canonical.moment(clock.now(db)),
    }
    ledger.append(db, SEALED, body)


def broken(db: Session) -> list[Seal]:
    """The seals whose rows are no longer those that were sealed."""
    return [seal for seal in every(db) if _root(_rows(db, seal.after, seal.last)) != seal.root]


def _root(rows: Iterable[Activity]) -> str:
    return ledger.tree_hash([ledger.leaf_hash(row.line()) for row in rows]).hex()


def _rows(db: Session, after: int, last: int) -> Iterable[Activity]:
    # No row was ever numbered below the first; one that stands there was slipped in.
    return activity.between(db, after or None, last)


def write(
    db: Session, out: Path, since: datetime | None = None, until: datetime | None = None
) -> int:
    """Write the bundle of what was sealed between two moments; gives the number of its files."""
    chosen = [
        seal
        for seal in every(db)
        if (since is None or seal.sealed_at >= since) and (until is None or seal.sealed_at < until)
    ]
    if not chosen:
        raise NotFound("nothing was sealed then")
    return bundles.write(out, "activity", dict(_files(db, chosen[0].after, chosen[-1].last)))


def _files(db: Session, after: int, last: int) -> Iterator[tuple[str, bytes]]:
    described = {"origin": ledger.origin(db), "after": after, "last": last}
    yield "activity.json", canonical.encode(described)
    yield "activity/rows.jsonl", b"".join(row.line() + b"\n" for row in _rows(db, after, last))
    yield from bundles.of_the_log(db, lambda act: act["type"] == SEALED)
