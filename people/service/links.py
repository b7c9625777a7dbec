"""Which account at the office's provider is whose: said by its owner alone, and by nothing there.

Neither a name nor an address that the provider knows links two accounts (AUTH-11).
"""

import hashlib

from sqlalchemy.orm import Session

from ecabinet import clock, ledger, live, outbox
from people import queries
from people.models import OutsideAccount
from people.rules import Method


def keep(db: Session, person_id: int, issuer: str, subject: str) -> None:
    db.add(
        OutsideAccount(person_id=person_id, issuer=issuer, subject=subject, linked_at=clock.now(db))
    )
    db.flush()
    ledger.append(db, "outside_account_linked", _body(person_id, issuer, subject))
    outbox.notify(db, person_id, "outside_linked", "/devices")


def end_of(db: Session, person_id: int) -> None:
    """From now no account at the provider opens anything here; what rests on one ends with it."""
    for account in queries.outside_accounts_of(db, person_id):
        ledger.append(
            db, "outside_account_ended", _body(person_id, account.issuer, account.subject)
        )
        db.delete(account)
    for login in queries.open_logins(db, person_id):
        if login.method == Method.OUTSIDE:
            login.ended_at = clock.now(db)
            live.eject(db, person_id)


def _body(person_id: int, issuer: str, subject: str) -> dict[str, int | str]:
    digest = hashlib.sha256(subject.encode()).hexdigest()
    return {"person": person_id, "issuer": issuer, "subject_sha256": digest}
