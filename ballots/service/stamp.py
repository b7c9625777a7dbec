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
        ballot = db.get_one(Ballot, ballot_id)
        pdf, is_ours = queries.sealed_answer(ballot).pdf, ballot.signature_class == signing.DEVICE
    signature = tsa.signature_of(pdf)
    token = tsa.stamp(signature)
    has_room = tsa.fits(pdf, token)
    with transaction() as db:
        ballot = db.get_one(Ballot, ballot_id, with_for_update=True, populate_existing=True)
        if ballot.stamp is None and not is_ours:
            # Another's program has left what room it liked.
            ballot.stamp = token if has_room else b""
        elif ballot.stamp is None:
            # A paper prepared before an outside authority was set has no room for its stamp.
            ballot.stamp = token if has_room else tsa.stamp_here(db, signature)
