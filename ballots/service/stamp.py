"""Time stamps: fetched after the cast, so that no cast waits for an authority (C16)."""

from sqlalchemy import select

from ballots import queries, signing
from ballots.models import Ballot
from ecabinet import tsa
from ecabinet.db import reading, transaction


def stamp_what_waits() -> int:
    """Fetch the stamp of every ballot that has none yet; how many there were."""
    with reading() as db:
        is_signed = Ballot.signature_class != signing.ON_PAPER
        query = select(Ballot.id).where(Ballot.stamp.is_(None), is_signed)
        waiting = list(db.scalars(query))
    for ballot_id in waiting:
        _stamp(ballot_id)
    return len(waiting)


def _stamp(ballot_id: int) -> None:
    with reading() as db:
        signature = tsa.signature_of(queries.sealed_answer(db.get_one(Ballot, ballot_id)).pdf)
    token = tsa.stamp(signature)
    with transaction() as db:
        ballot = db.get_one(Ballot, ballot_id, with_for_update=True, populate_existing=True)
        if ballot.stamp is None:
            ballot.stamp = token
