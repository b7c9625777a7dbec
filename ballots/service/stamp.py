"""Time stamps: fetched after the cast, so that no cast waits for an authority (C16)."""

from typing import TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots import queries, signing
from ballots.models import Ballot, Classification, ReservedOpinion
from ecabinet import outside_tsa, tsa
from ecabinet.db import reading, transaction

log = structlog.get_logger()

# What members sign after which a stamp is fetched.
S = TypeVar("S", Ballot, Classification, ReservedOpinion)


def stamp_what_waits() -> int:
    """Fetch the stamp of every page that a member has signed and that has none yet; how many there
    were. While an authority is away they wait, and it is asked again a minute later."""
    with reading() as db:
        ballots, classifications = _waiting(db, Ballot), _waiting(db, Classification)
        reserved = _waiting(db, ReservedOpinion)
    waiting = len(ballots + classifications + reserved)
    try:
        for each in ballots:
            _stamp(Ballot, each)
        for each in classifications:
            _stamp(Classification, each)
        for each in reserved:
            _stamp(ReservedOpinion, each)
    except outside_tsa.Away as away:
        log.warning("no time stamp is to be had", why=str(away), waiting=waiting)
        return 0
    return waiting


def _waiting(db: Session, signed: type[S]) -> list[int]:
    by_a_key = (signed.key_id.is_not(None), signed.signature_class != signing.ON_PAPER)
    return list(db.scalars(select(signed.id).where(signed.stamp.is_(None), *by_a_key)))


def _stamp(signed: type[S], number: int) -> None:
    with reading() as db:
        row = db.get_one(signed, number)
        pdf, is_ours = queries.page_signed(row), row.signature_class == signing.DEVICE
    signature = tsa.signature_of(pdf)
    token = tsa.stamp(signature)
    has_room = tsa.fits(pdf, token)
    with transaction() as db:
        row = db.get_one(signed, number, with_for_update=True, populate_existing=True)
        if row.stamp is None and not is_ours:
            # Another's program has left what room it liked.
            row.stamp = token if has_room else b""
        elif row.stamp is None:
            # A paper prepared before an outside authority was set has no room for its stamp.
            row.stamp = token if has_room else tsa.stamp_here(db, signature)
