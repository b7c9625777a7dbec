"""Time stamps: fetched after the cast, so that no cast waits for an authority (C16)."""

import structlog
from sqlalchemy import select

from ballots import queries, signing
from ballots.models import Ballot
from ecabinet import outside_tsa, tsa
from ecabinet.db import reading, transaction

log = structlog.get_logger()


def stamp_what_waits() -> int:
    """Fetch the stamp of every ballot that has none yet; how many there were. While an authority
    is away they wait, and it is asked again a minute later."""
    with reading() as db:
        is_signed = Ballot.signature_class != signing.ON_PAPER
        query = select(Ballot.id).where(Ballot.stamp.is_(None), is_signed)
        waiting = list(db.scalars(query))
    try:
        for ballot_id in waiting:
            _stamp(ballot_id)
    except outside_tsa.Away as away:
        log.warning("no time stamp is to be had", why=str(away), waiting=len(waiting))
        return 0
    return len(waiting)


def _stamp(ballot_id: int) -> None:
    with reading() as db:
        pdf = queries.sealed_answer(db.get_one(Ballot, ballot_id)).pdf
    signature = tsa.signature_of(pdf)
    token = tsa.stamp(signature)
    with transaction() as db:
        ballot = db.get_one(Ballot, ballot_id, with_for_update=True, populate_existing=True)
        if ballot.stamp is None:
            # A paper prepared before an outside authority was set has no room for its stamp.
            ballot.stamp = token if tsa.fits(pdf, token) else tsa.stamp_here(db, signature)
