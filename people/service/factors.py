"""The phone's codes and the codes on paper, made anew by their owner (AUTH-04)."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ecabinet import activity, clock, outbox
from ecabinet.access import Actor, ShownBy
from ecabinet.db import transaction
from ecabinet.errors import NotFound, Refused, StepUpNeeded
from people import access, queries, rules, signing
from people.models import Person, RecoveryCode
from people.rules import Method, SignInRefusal
from people.service import sign_in


def make_recovery_codes(actor: Actor) -> list[str]:
    """Ten new codes, to be shown this once; those before them are worth nothing any more."""
    codes = [signing.new_recovery_code() for _ in range(rules.RECOVERY_CODES)]
    with transaction() as db:
        _must_have_just_shown(db, actor)
        db.execute(delete(RecoveryCode).where(RecoveryCode.person_id == actor.id))
        now = clock.now(db)
        db.add_all(
            RecoveryCode(
                digest=signing.recovery_digest(actor.id, each), person_id=actor.id, made_at=now
            )
            for each in codes
        )
        outbox.notify(db, actor.id, "recovery_made", "/devices")
    return codes


def give_recovery_code(half_cookie: str, code: str, cookie: str, source: str) -> None:
    """The second step without the phone: a code from paper, used up by it."""
    refusal = None
    with transaction() as db:
        login = access.login_to_complete(db, half_cookie)
        activity.concerns(login.person_id, login.id)
        sign_in.note_try(db, login.person.username, source)
        if _use(db, login.person_id, code):
            sign_in.forget_tries(db, login.person.username)
            login.digest = queries.digest(cookie)
            login.person.phone_lost_at = clock.now(db)
            sign_in.make_whole(db, login, Method.RECOVERY, ShownBy.CODE)
            left = queries.account(db, login.person_id).recovery_codes
            outbox.notify(db, login.person_id, "recovery_used", "/devices", left=left)
        else:
            refusal = SignInRefusal.WRONG_RECOVERY_CODE
    if refusal:
        raise Refused(refusal)


def _use(db: Session, person_id: int, code: str) -> bool:
    digest = signing.recovery_digest(person_id, code)
    found = db.get(RecoveryCode, digest, with_for_update=True, populate_existing=True)
    if found is None or found.used_at is not None:
        return False
    found.used_at = clock.now(db)
    db.flush()
    return True


def offer_seed(actor: Actor) -> str:
    """A seed for a new application of codes; the one in use stays good until it is taken."""
    with transaction() as db:
        _must_have_just_shown(db, actor)
        person = db.get_one(Person, actor.id, with_for_update=True, populate_existing=True)
        if person.totp_offered is None:
            person.totp_offered = signing.seal_seed(signing.new_seed())
        return signing.unseal_seed(person.totp_offered)


def take_seed(actor: Actor, code: str, cookie: str, source: str) -> None:
    """The application shows a right code: from now its codes count, and other places sign out."""
    refusal = None
    with transaction() as db:
        _must_have_just_shown(db, actor)
        person = db.get_one(Person, actor.id, with_for_update=True, populate_existing=True)
        if person.totp_offered is None:
            raise NotFound("offered seed")
        sign_in.note_try(db, sign_in.counter_of(actor), source)
        seed = signing.unseal_seed(person.totp_offered)
        step = signing.step_of(seed, code, int(clock.now(db).timestamp()))
        if step is None:
            refusal = SignInRefusal.WRONG_CODE
        else:
            person.totp_sealed, person.totp_offered = person.totp_offered, None
            person.totp_last_step, person.phone_lost_at = step, None
            sign_in.forget_tries(db, sign_in.counter_of(actor))
            sign_in.end_others(db, actor, cookie)
            outbox.notify(db, actor.id, "totp_changed", "/devices")
    if refusal:
        raise Refused(refusal)


def _must_have_just_shown(db: Session, actor: Actor) -> None:
    if not queries.has_just_shown(db, actor):
        raise StepUpNeeded
