"""A login that nobody is at locks, and its owner opens it again; nothing is lost (SES-04)."""

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet import clock, live
from ecabinet.access import Actor, ShownBy
from ecabinet.db import transaction
from ecabinet.errors import Refused
from ecabinet.settings import Settings
from people import access, queries, signing
from people.models import Login
from people.rules import Ceremony, PasskeyRefusal
from people.service import challenges, passkeys, sign_in


def note_presence(actor: Actor) -> None:
    """Somebody is at a page of this login."""
    with transaction() as db:
        login = access.login_to_step_up(db, actor)
        login.seen_at = clock.now(db)


def lock(cookie: str) -> None:
    """Lock now, as the page does when nobody was at it; its sockets end."""
    with transaction() as db:
        login = access.login_to_unlock(db, cookie)
        login.seen_at = None
        live.eject(db, login.person_id)


def unlock_by_code(locked_cookie: str, code: str, cookie: str, source: str) -> None:
    """Its owner goes on under a new secret (SES-01), as by a passkey."""
    with transaction() as db:
        login = access.login_to_unlock(db, locked_cookie)
        refusal = sign_in.take_code(db, login, code, source)
        if refusal is None:
            login.step_up_at = login.seen_at = clock.now(db)
            sign_in.note_shown(db, login, ShownBy.CODE, cookie)
    if refusal:
        raise refusal


def passkey_options(cookie: str, settings: Settings) -> dict[str, Any]:
    """What the browser needs to ask the owner's passkeys to open this login again."""
    challenge = secrets.token_bytes(signing.CHALLENGE_BYTES)
    with transaction() as db:
        login = access.login_to_unlock(db, cookie)
        challenges.keep(db, challenge, Ceremony.UNLOCK, queries.digest(cookie))
        allowed = [each.credential_id for each in queries.passkeys_of(db, login.person_id)]
    if not allowed:
        raise Refused(PasskeyRefusal.NOT_PROVEN)
    return signing.request_options(signing.relying_party(settings), challenge, allowed)


def unlock_by_passkey(
    locked_cookie: str, answer: dict[str, Any], cookie: str, settings: Settings
) -> None:
    with transaction() as db:
        login = access.login_to_unlock(db, locked_cookie)
        holder = queries.digest(locked_cookie)
        _passkey, assertion, _nonce = passkeys.take_assertion(
            db, answer, Ceremony.UNLOCK, holder, login.person_id, settings
        )
        login.seen_at = clock.now(db)
        sign_in.note_shown(db, login, passkeys.kind_of(assertion), cookie)


def move_on(db: Session, seconds: int) -> None:
    """The clock of a test or demo was moved: that is no idleness."""
    for login in db.scalars(select(Login).where(Login.seen_at.is_not(None))):
        assert login.seen_at is not None
        login.seen_at += timedelta(seconds=seconds)
