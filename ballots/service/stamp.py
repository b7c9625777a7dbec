"""Time stamps: fetched after the cast, so that no cast waits for an authority (C16)."""

import structlog

from ballots import queries, signing
from ballots.models import ARCHIVED
from ecabinet import outside_tsa, tsa
from ecabinet.db import reading, transaction

log = structlog.get_logger()


def stamp_what_waits() -> int:
    """Fetch the stamp of every page that a member has signed and that has none yet; how many there
    were. While an authority is away they wait, and it is asked again a minute later."""
    with reading() as db:
        waiting = [(each, at) for each in ARCHIVED for at in db.scalars(queries.unstamped(each))]
    try:
        for signed, number in waiting:
            _stamp(signed, number)
    except outside_tsa.Away as away:
        log.warning("no time stamp is to be had", why=str(away), waiting=len(waiting))
        return 0
    return len(waiting)


def _stamp(signed: type[queries.S], number: int) -> None:
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
