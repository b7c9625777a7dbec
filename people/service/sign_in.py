"""Signing in by password and code, stepping up, signing out, ending a login."""

import math
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ecabinet import activity, clock, live, outbox
from ecabinet.access import Actor, ShownBy
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound, Refused
from people import access, hooks, queries, rules, signing
from people.models import Failure, Login, Person
from people.rules import Method, SignInRefusal
from people.service import links

LONGEST_USERNAME = 60
LONGEST_BROWSER = 200
# The number of nobody's row.
NOBODY = 0


@dataclass(frozen=True)
class Arrival:
    """From which browser somebody comes in, and what it is known by from then on."""

    cookie: str
    browser: str
    source: str


class Locked(Refused):
    """Too many wrong tries at this account from this source; says how long it stays shut."""

    status = 429

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(SignInRefusal.LOCKED)
        self.wait_seconds = wait_seconds

    def as_answer(self) -> dict[str, str | int]:
        return super().as_answer() | {"wait_seconds": self.wait_seconds}


def give_password(
    username: str, password: str, old_cookie: str, cookie: str, source: str, browser: str
) -> None:
    """The first step: a login that opens nothing until the code is given."""
    account = username.lower()[:LONGEST_USERNAME]
    with transaction() as db:
        person = db.scalar(select(Person).where(Person.username == account))
        # Some type their password where their name belongs: what nobody is called is not kept.
        stranger = signing.name_digest(account)
        # Noted as a failure until it is known to be none, so that tries at once count as well.
        failure = note_try(db, account if person else stranger, source)
        if person:
            activity.concerns(person.id)
    right = signing.is_right(person.password_hash if person else signing.NOBODY, password)
    with transaction() as db:
        may = _may_sign_in(db, person)
        if person is None or not (right and may):
            refusal: SignInRefusal | None = SignInRefusal.WRONG
        else:
            refusal = None
            db.execute(delete(Failure).where(Failure.id == failure))
            _renew_hash(db, person, password)
            end_login_of(db, old_cookie)
            db.add(new_login(db, person.id, cookie, browser, source))
    if refusal:
        raise Refused(refusal)


def give_code(half_cookie: str, code: str, cookie: str, source: str) -> None:
    """The second step: the login becomes whole, under a new secret (SES-01)."""
    with transaction() as db:
        login = access.login_to_complete(db, half_cookie)
        activity.concerns(login.person_id, login.id)
        refusal = _give_code(db, login.person, code, source)
        if refusal is None:
            login.digest = queries.digest(cookie)
            login.step_up_at = clock.now(db)
            make_whole(db, login, Method.CODE, ShownBy.CODE)
    if refusal:
        raise refusal


def _may_sign_in(db: Session, person: Person | None) -> bool:
    """Looked up whoever is named and whatever the password, so that it takes as long (AUTH-07)."""
    holds_office = bool(queries.holders(db, person_ids=[person.id if person else NOBODY]))
    return holds_office and person is not None and person.password_ended_at is None


def step_up(actor: Actor, code: str, cookie: str, source: str) -> None:
    """Show again who one is, under a new secret from then on (SES-01): good for five minutes, for
    casts only (SES-07)."""
    with transaction() as db:
        login = access.login_to_step_up(db, actor)
        refusal = take_code(db, login, code, source)
        if refusal is None:
            login.step_up_at = clock.now(db)
            note_shown(db, login, ShownBy.CODE, cookie)
    if refusal:
        raise refusal


def sign_out(actor: Actor) -> None:
    with transaction() as db:
        login = db.get(Login, actor.login_id)
        if login:
            end_for_good(db, login)


def end_login(actor: Actor, public_id: str) -> None:
    """End one of one's own logins; its sockets go with it."""
    with transaction() as db:
        end_for_good(db, access.login_to_end(db, actor, public_id))


def disown(actor: Actor, public_id: str) -> None:
    """ "Not me": that login ends, and the password with it, until its owner sets another (AUTH-10).

    Passkeys stay: nobody can know one. An account at the provider by which it was made is worth
    nothing here any more. The administrators are told.
    """
    with transaction() as db:
        login = access.login_to_end(db, actor, public_id)
        end_for_good(db, login)
        login.person.password_ended_at = clock.now(db)
        if login.method == Method.OUTSIDE:
            links.end_of(db, actor.id)
        facts = {"browser": queries.browser_name(login.browser), "source": login.source}
        outbox.notify(db, actor.id, "login_disowned", "/password", **facts)
        told = [each for each in queries.administrators(db) if each != actor.id]
        outbox.notify(db, told, "login_disowned_by", "/devices", who=actor.office, **facts)


def end_others(db: Session, actor: Actor, cookie: str) -> None:
    """Whoever changes a password or a code is signed out everywhere else (SES-03), and here what
    was known before opens nothing any more."""
    for login in queries.open_logins(db, actor.id):
        if login.id != actor.login_id:
            end_for_good(db, login)
        else:
            login.digest = queries.digest(cookie)


# ---- parts that a sign-in by passkey has as well ----


def new_login(db: Session, person_id: int, cookie: str, browser: str, source: str) -> Login:
    return Login(
        public_id=secrets.token_hex(8),
        digest=queries.digest(cookie),
        person_id=person_id,
        browser=browser[:LONGEST_BROWSER],
        source=source,
        method=Method.CODE,
        started_at=clock.now(db),
        seen_at=clock.now(db),
    )


def note_shown(db: Session, login: Login, by: ShownBy, cookie: str) -> None:
    """Its owner has shown again that it is they, and goes on under a new secret (SES-01)."""
    login.digest = queries.digest(cookie)
    login.shown_at, login.shown_by = clock.now(db), by


def make_whole(db: Session, login: Login, method: Method, by: ShownBy | None) -> None:
    """From now this login opens pages; the oldest makes room for it (SES-05).

    By nothing of this house, where a provider alone says who somebody is (AUTH-11).
    """
    browser = queries.browser_name(login.browser)
    if rules.is_unusual(browser, queries.known_browsers(db, login.person_id)):
        outbox.notify(
            db, login.person_id, "login_unusual", "/devices", browser=browser, source=login.source
        )
    login.method = method
    login.whole_at = login.seen_at = clock.now(db)
    login.shown_at, login.shown_by = (login.whole_at, by) if by else (None, None)
    db.flush()
    activity.concerns(login.person_id, login.id)
    open_ids = [each.id for each in queries.open_logins(db, login.person_id)]
    for login_id in rules.one_too_many(open_ids):
        end(db, db.get_one(Login, login_id))


def end_login_of(db: Session, cookie: str) -> None:
    """Whoever signs in anew in a browser has left the login that it had before."""
    login = db.scalar(
        select(Login).where(Login.digest == queries.digest(cookie), Login.ended_at.is_(None))
    )
    if login:
        end(db, login)


def end_all(db: Session, person_id: int) -> list[Login]:
    """Sign somebody out everywhere, halves of a sign-in too; gives the logins that this ended."""
    standing = select(Login).where(Login.person_id == person_id, Login.ended_at.is_(None))
    ended = list(db.scalars(standing))
    for login in ended:
        login.ended_at, login.outside_token = clock.now(db), None
    hooks.logins_ended(db, person_id)
    live.eject(db, person_id)
    return ended


def end_for_good(db: Session, login: Login) -> None:
    """Somebody has ended it: what its browser keeps goes with it, unlike where it ran out."""
    hooks.logins_ended(db, login.person_id, login.id)
    end(db, login)


def end(db: Session, login: Login) -> None:
    login.ended_at, login.outside_token = clock.now(db), None
    live.eject(db, login.person_id)


# ---- codes and wrong tries ----


def take_code(db: Session, login: Login, code: str, source: str) -> Refused | None:
    """Take a code of whoever is signed in, counting their own wrong tries alone."""
    return _give_code(db, login.person, code, source, f"LOGIN-{login.id}")


def _give_code(
    db: Session, person: Person, code: str, source: str, counter: str = ""
) -> Refused | None:
    """Take a code once; the row is locked, so of parallel tries one succeeds (AUTH-03).

    Of one that was used, the refusal says when the next is shown. `counter` is whose wrong tries
    are counted: the account's, unless another is named.
    """
    counted = counter or person.username
    person = db.get_one(Person, person.id, with_for_update=True, populate_existing=True)
    if person.totp_sealed is None:
        raise NotFound("second factor")
    note_try(db, counted, source)
    seed = signing.unseal_seed(person.totp_sealed)
    now = int(clock.now(db).timestamp())
    step = signing.step_of(seed, code, now)
    refusal = rules.totp_refusal(step, person.totp_last_step)
    if refusal is SignInRefusal.CODE_USED:
        return Refused(refusal, wait_seconds=rules.next_code_in(now))
    if refusal:
        return Refused(refusal)
    person.totp_last_step, person.phone_lost_at = step, None
    forget_tries(db, counted)
    return None


def counter_of(actor: Actor) -> str:
    """Whose wrong tries are counted for who is signed in: this login's alone.

    Strangers' wrong passwords never close the way to a ballot (AUTH-06). No account has a name in
    capitals.
    """
    return f"LOGIN-{actor.login_id}"


def forget_tries(db: Session, account: str) -> None:
    db.execute(delete(Failure).where(Failure.username == account))


def note_try(db: Session, account: str, source: str) -> int:
    """Note a try at this account from this source; Locked when there were too many."""
    now = clock.now(db)
    until = rules.locked_until(_failures(db, account, source), now)
    if until is not None:
        raise Locked(math.ceil((until - now).total_seconds()))
    db.execute(delete(Failure).where(Failure.at <= now - rules.LOCKED_FOR))
    failure = Failure(username=account, source=source, at=now)
    db.add(failure)
    db.flush()
    return failure.id


def tell_of_locks() -> int:
    """Tell each lock to its person and to the administrators; how many there were (AUTH-06).

    Not in the try that locks: it would take longer where the name is known (AUTH-07).
    """
    with reading() as db:
        if not queries.untold_locks(db):
            return 0
    with transaction() as db:
        untold = queries.untold_locks(db)
        told = queries.administrators(db)
        for lock in untold:
            path = f"/persons/{lock.person_id}"
            outbox.notify(
                db, lock.person_id, "path_locked", "/devices", lock.fact, source=lock.source
            )
            outbox.notify(
                db, told, "path_locked_of", path, f"{lock.fact} of",
                account=lock.account, source=lock.source,
            )  # fmt: skip
    return len(untold)


def _failures(db: Session, account: str, source: str) -> list[datetime]:
    known = select(Failure.at).where(Failure.username == account, Failure.source == source)
    return list(db.scalars(known))


def _renew_hash(db: Session, person: Person, password: str) -> None:
    """A password that was hashed by weaker parameters is hashed anew (AUTH-01)."""
    if signing.HASHER.check_needs_rehash(person.password_hash):
        db.get_one(Person, person.id).password_hash = signing.HASHER.hash(password)
