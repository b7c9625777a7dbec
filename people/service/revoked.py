"""The authority that certifies members' keys: its successors, and the public lists of what each has
revoked, kept up to date."""

from sqlalchemy.orm import Session

from ecabinet import crls, pades, rotation
from ecabinet.db import reading, transaction
from people import queries


def publish_what_was_revoked() -> int:
    """Make the lists that are due; how many were."""
    with reading() as db:
        if not crls.due(db, queries.revoked_certificates(db)):
            return 0
    with transaction() as db:
        return crls.renew(db, queries.revoked_certificates(db))


def rotate_authority(db: Session, reason: str) -> bytes:
    """Let a new authority certify members' keys from now on; its certificate (DER). What the one
    before has certified stays good, and in that one's own list where it is revoked."""
    made = rotation.rotate(db, pades.MEMBER_CA, pades.certify_member_authority, reason)
    crls.renew(db, queries.revoked_certificates(db))
    return made
