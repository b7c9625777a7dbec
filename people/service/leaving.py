"""Leaving office: logins, sockets, mandates, passkeys and signing keys end in one act (SES-03).
Whoever takes one up signs in anew (SES-01)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet import clock, ledger
from ecabinet.db import reading, transaction
from people import queries
from people.models import Device, DeviceState, Login
from people.service import links, mandates, passkeys, sign_in


def end_access(db: Session, person_id: int) -> None:
    """What somebody could do by an office goes with it, here and in every process.

    Whoever holds another office still signs in anew, with the rights of that one; the keys that
    sign ballots end where the vote has ended.
    """
    held = queries.office_holders(db, queries.today(db), [person_id])
    end_logins(db, person_id)
    mandates.end_all_of(db, person_id)
    if not any(each.is_member for each in held):
        _revoke_devices(db, person_id)
    if not held:
        _end_passkeys(db, person_id)
        links.end_of(db, person_id)


def end_logins(db: Session, person_id: int) -> None:
    """Sign somebody out everywhere; each browser is waited for until it is heard of again."""
    for login in sign_in.end_all(db, person_id):
        login.left_office = True


def take_up(db: Session, person_id: int) -> None:
    """What somebody's logins were known by opens nothing with the rights of another office; their
    browsers keep what they hold."""
    for login in queries.open_logins(db, person_id):
        sign_in.end(db, login)


def end_what_ended() -> int:
    """The same for those whose time ended, or began, by the calendar; how many there were."""
    with reading() as db:
        if not any([*queries.with_access_out_of_time(db), queries.with_office_begun(db)]):
            return 0
    with transaction() as db:
        left, suspended = queries.with_access_out_of_time(db)
        begun = queries.with_office_begun(db)
        for person_id in left:
            end_access(db, person_id)
        for person_id in suspended:
            end_logins(db, person_id)
        for person_id in begun:
            take_up(db, person_id)
    return len(left) + len(suspended) + len(begun)


def hear_of(cookie: str) -> bool:
    """Whether this browser's login ended with its owner's office; then it was heard of, and shows
    nothing of ours any more."""
    theirs = select(Login).where(
        Login.digest == queries.digest(cookie), Login.left_office.is_(True)
    )
    with reading() as db:
        login = db.scalar(theirs)
    if login is None:
        return False
    if login.heard_at is None:
        with transaction() as db:
            found = db.scalar(theirs)
            if found and found.heard_at is None:
                found.heard_at = clock.now(db)
    return True


def _end_passkeys(db: Session, person_id: int) -> None:
    for passkey in queries.passkeys_of(db, person_id):
        passkeys.end_one(db, passkey)


def _revoke_devices(db: Session, person_id: int) -> None:
    now = clock.now(db)
    standing = select(Device).where(
        Device.person_id == person_id, Device.state != DeviceState.REVOKED
    )
    for device in db.scalars(standing.with_for_update()):
        device.state, device.revoked_at = DeviceState.REVOKED, now
        if device.certificate is not None:
            body = {"member": person_id, "key_id": device.key_id, "revoked_by": None}
            ledger.append(db, "key_revoked", body)
