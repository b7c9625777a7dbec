"""Passwords: set by their owners alone, and none that is easily guessed (AUTH-02, AUTH-09)."""

from sqlalchemy.orm import Session

from ecabinet import outbox
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused, Stale
from ecabinet.settings import Settings
from people import queries, rules, signing
from people.models import Person
from people.rules import PasswordRefusal
from people.service import sign_in


def refuse_weak(password: str, names: list[str]) -> None:
    """Refused where the length is wrong, or names or common passwords lead to it."""
    if reason := rules.password_refusal(password, names):
        raise Refused(reason)
    if signing.is_easily_guessed(password, names):
        raise Refused(PasswordRefusal.EASILY_GUESSED)


def change(actor: Actor, old: str, new: str, cookie: str, source: str, settings: Settings) -> None:
    """Change one's own password, knowing the old one; other places are signed out, and this one
    goes on under a new secret."""
    with transaction() as db:
        sign_in.note_try(db, sign_in.counter_of(actor), source)
        person = db.get_one(Person, actor.id)
        before = person.password_hash
    if not signing.is_right(before, old):
        raise Refused(PasswordRefusal.WRONG_OLD)
    if new == old:
        raise Refused(PasswordRefusal.SAME_AS_OLD)
    with reading() as db:
        names = [*queries.names_of(db, person), settings.cabinet_name]
    refuse_weak(new, names)
    after = signing.HASHER.hash(new)
    with transaction() as db:
        person = _locked(db, actor.id)
        if person.password_hash != before:
            raise Stale
        person.password_hash, person.password_ended_at = after, None
        sign_in.forget_tries(db, sign_in.counter_of(actor))
        sign_in.end_others(db, actor, cookie)
        outbox.notify(db, actor.id, "password_changed", "/devices")


def _locked(db: Session, person_id: int) -> Person:
    return db.get_one(Person, person_id, with_for_update=True, populate_existing=True)
