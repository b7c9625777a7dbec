"""The public lists of revoked certificates, kept up to date."""

from ecabinet import crls
from ecabinet.db import reading, transaction
from people import queries


def publish_what_was_revoked() -> int:
    """Make the lists that are due; how many were."""
    with reading() as db:
        if not crls.due(db, queries.revoked_certificates(db)):
            return 0
    with transaction() as db:
        return crls.renew(db, queries.revoked_certificates(db))
