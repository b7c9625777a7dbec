"""Long-term data behind each ballot of a question that was closed, and behind whatever members sign
of its result, so that anybody can tell in decades that a key was good when it signed: PAdES B-LTA
(docs/decisions/0053).

A job does it after the closing, some in each round: a closing waits for no authority. The same job
sets a fresh stamp behind the last one before that ages.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from ballots import queries
from ballots.models import ARCHIVED, ArchivedPage, SignedPage
from ecabinet import archiving, crls, outside_tsa, pades, tsa
from ecabinet.db import insert_if_absent, reading, transaction
from people import queries as people

log = structlog.get_logger()

# In each round, so that no closing waits behind a thousand of them.
AT_ONCE = 20


@dataclass(frozen=True)
class _Waiting:
    # Where what is set behind it is kept, and under which number.
    behind: type[ArchivedPage]
    signed_id: int
    pdf: bytes
    # How many such revisions it has already, and when it was stamped last.
    count: int
    stamped_at: datetime


def archive_what_waits() -> int:
    """Set long-term data behind what has none, and anew where it ages; how many were done."""
    with reading() as db:
        waiting = [_waiting(each) for each in queries.to_archive(db, AT_ONCE)]
    if not waiting:
        return 0
    known = _known(max(each.stamped_at for each in waiting))
    if known is None:
        return 0
    try:
        for each in waiting:
            _archive(each, known)
    except outside_tsa.Away as away:
        log.warning("no archive stamp is to be had", why=str(away))
        return 0
    return len(waiting)


def _waiting(row: SignedPage) -> _Waiting:
    count = len(row.archived)
    assert row.stamp is not None
    stamped_at = row.archived[-1].at if count else tsa.read(row.stamp).at
    return _Waiting(ARCHIVED[type(row)], row.id, queries.signed_pdf(row), count, stamped_at)


def _known(after: datetime) -> archiving.Known | None:
    """With lists made after this moment, which say that nothing was revoked until then; None where
    the same second is not over yet."""
    with reading() as db:
        is_due = crls.due(db, people.revoked_certificates(db), after)
    if is_due:
        with transaction() as db:
            revoked = people.revoked_certificates(db)
            crls.renew(db, revoked, after)
            if crls.due(db, revoked, after):
                return None
    with reading() as db:
        lists = [crls.newest(db, each) for each in crls.issuers(db)]
        own = [pades.certificate(db, each) for each in (pades.ROOT, tsa.TSA)]
        return archiving.Known(
            own + pades.generations(db, pades.MEMBER_CA), [each for each in lists if each]
        )


def _archive(waiting: _Waiting, known: archiving.Known) -> None:
    tokens: list[bytes] = []

    def stamp(digest: bytes) -> bytes:
        tokens.append(tsa.over(digest))
        return tokens[-1]

    number = waiting.count + 1
    tail = archiving.appended(waiting.pdf, number, known, stamp, tsa.reserved())
    said = tsa.read(tokens[-1])
    with transaction() as db:
        # Another process may have been faster: its revision stands, and this one is dropped.
        insert_if_absent(
            db, waiting.behind, signed_id=waiting.signed_id, number=number, tail=tail,
            at=said.at, until=said.until,
        )  # fmt: skip
