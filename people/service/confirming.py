"""Showing, before an act that is taken back by nobody, that its actor means this one (SES-07)."""

from typing import Any

from sqlalchemy.orm import Session

from ecabinet import canonical, ledger
from ecabinet.access import Actor
from ecabinet.db import reading
from ecabinet.errors import BadInput, StepUpNeeded
from ecabinet.settings import Settings
from people import queries, signing
from people.rules import Ceremony
from people.service import passkeys


def options(
    actor: Actor, path: str, fields: dict[str, str], settings: Settings
) -> dict[str, Any] | None:
    """What the browser asks the actor's passkeys; None where a code given just now is enough."""
    with reading() as db:
        if not queries.passkeys_of(db, actor.id):
            _given_by_code(db, actor, settings)
            return None
    act = _digest(path, fields)
    return passkeys.step_up_options(actor, act, settings, Ceremony.ACT)


def confirm(
    db: Session, actor: Actor, path: str, fields: dict[str, str],
    assertion: dict[str, Any] | None, settings: Settings,
) -> None:  # fmt: skip
    """Take what was shown for this very act, in its transaction; the log keeps the evidence."""
    act = _digest(path, fields)
    if assertion is None:
        evidence = _given_by_code(db, actor, settings)
    else:
        shown = passkeys.verify_step_up(db, actor, assertion, act, settings, Ceremony.ACT)
        evidence = shown.as_body("bound_to_act")
    body = {"person": actor.id, "path": path, "act_sha256": act.hex(), "evidence": evidence}
    ledger.append(db, "act_confirmed", body)


def _digest(path: str, fields: dict[str, str]) -> bytes:
    try:
        return signing.act_digest(path, fields)
    except canonical.NotCanonical:
        raise BadInput("fields", "hold text that is not NFC") from None


def _given_by_code(db: Session, actor: Actor, settings: Settings) -> dict[str, Any]:
    """A code is good for casts only; in a demo for acts as well (docs/decisions/0011)."""
    at = queries.fresh_step_up(db, actor)
    if not settings.acts_by_code or at is None:
        raise StepUpNeeded
    return {"method": "totp", "at": canonical.moment(at), "bound_to_act": False}
