"""Signing in by the account that somebody has at the office's own provider (AUTH-11).

The provider is asked which account signed in, when and how; whose that is, and what they may do,
stands in tables of our own. To show again who one is takes a factor of this house.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecabinet import activity, clock
from ecabinet.access import Actor
from ecabinet.db import insert_if_absent, reading, transaction
from ecabinet.errors import BadInput, NotFound, Refused, StepUpNeeded
from ecabinet.settings import Settings
from people import access, provider, queries, rules, signing
from people.models import Challenge, Login, OutsideEnd
from people.provider import Ended, Errand, Unreachable, Untrue
from people.rules import Ceremony, Method, OutsideDemand, OutsideRefusal, OutsideSignIn
from people.service import challenges, links, sign_in
from people.service.sign_in import Arrival
from people.signing import NotProven

log = structlog.get_logger()

SECRET_BYTES = 32


@dataclass(frozen=True)
class Answer:
    """With what a browser comes back from the provider."""

    state: str
    code: str
    issuer: str


# ---- there ----


def begin(cookie: str, path: str, settings: Settings) -> str:
    """Where the provider asks who is there; good for this browser alone."""
    return _send_away(queries.digest(cookie), Ceremony.OUTSIDE, settings, path)


def begin_link(actor: Actor, settings: Settings) -> str:
    """The same for somebody who is signed in here, and has just shown it by their own factors."""
    with reading() as db:
        if not queries.has_just_shown(db, actor):
            raise StepUpNeeded
    return _send_away(challenges.holder_of(actor), Ceremony.LINK, settings)


def _send_away(holder: bytes, ceremony: Ceremony, settings: Settings, path: str = "") -> str:
    _must_be_on(settings)
    errand = Errand(secrets.token_urlsafe(SECRET_BYTES), secrets.token_bytes(SECRET_BYTES))
    try:
        address = provider.way_there(settings, errand)
    except Unreachable as wrong:
        raise _refused(wrong) from None
    with transaction() as db:
        challenges.keep(db, errand.state.encode(), ceremony, holder, errand.secret, path)
    return address


# ---- and back ----


def is_link(db: Session, state: str) -> bool:
    """Whether who comes back with this was sent to link an account, not to sign in."""
    found = db.get(Challenge, challenges.digest_of(state.encode()))
    return found is not None and found.ceremony == Ceremony.LINK


def sign_in_by(answer: Answer, old_cookie: str, arrival: Arrival, settings: Settings) -> str:
    """A whole login, and where its reader wanted to go.

    Open when the password's path is locked, and no step-up: that takes a factor of this house.
    """
    errand, path = _take(answer, Ceremony.OUTSIDE, queries.digest(old_cookie), settings)
    shown = _shown(errand, answer, settings)
    issuer = settings.oidc_issuer
    with transaction() as db:
        account = access.outside_account_to_use(db, issuer, shown.subject)
        if queries.is_over_there(db, issuer, shown, _true_now(db)):
            raise Refused(OutsideRefusal.OVER)
        activity.concerns(account.person_id)
        if queries.actor(db, account.person_id) is None:
            raise Refused(OutsideRefusal.UNKNOWN)
        account.used_at = clock.now(db)
        sign_in.end_login_of(db, old_cookie)
        login = sign_in.new_login(
            db, account.person_id, arrival.cookie, arrival.browser, arrival.source
        )
        if shown.session is not None:
            login.outside_session = queries.outside_digest(issuer, shown.session)
        login.outside_token = signing.seal_outside_token(shown.token)
        db.add(login)
        sign_in.make_whole(db, login, Method.OUTSIDE, None)
    return path


def link(actor: Actor, answer: Answer, settings: Settings) -> None:
    """From now this account at the provider signs this person in."""
    errand, _ = _take(answer, Ceremony.LINK, challenges.holder_of(actor), settings)
    shown = _shown(errand, answer, settings)
    try:
        with transaction() as db:
            links.keep(db, actor.id, settings.oidc_issuer, shown.subject)
    except IntegrityError:
        raise Refused(OutsideRefusal.ALREADY_LINKED) from None


def end_link(actor: Actor) -> None:
    with transaction() as db:
        links.end_of(db, actor.id)


def _take(
    answer: Answer, ceremony: Ceremony, holder: bytes, settings: Settings
) -> tuple[Errand, str]:
    """The errand on which this browser was sent, used up whatever comes of it."""
    _must_be_on(settings)
    try:
        with transaction() as db:
            found = challenges.use(db, answer.state.encode(), ceremony, holder)
            return Errand(answer.state, found.nonce), found.path
    except NotProven:
        raise Refused(OutsideRefusal.NOT_PROVEN) from None


def _shown(errand: Errand, answer: Answer, settings: Settings) -> OutsideSignIn:
    """Who signed in at the provider, well enough and just now."""
    with reading() as db:
        now = _true_now(db)
    try:
        shown = provider.signed_in(settings, errand, answer.code, answer.issuer, now)
    except (Unreachable, Untrue) as wrong:
        raise _refused(wrong) from None
    demand = OutsideDemand(
        strengths=frozenset(settings.oidc_acr),
        methods=frozenset(settings.oidc_amr),
        lately=timedelta(minutes=settings.oidc_max_age_minutes),
    )
    if reason := rules.outside_refusal(shown, demand, now):
        raise Refused(reason)
    return shown


# ---- the provider's own word ----


def end(token: str, settings: Settings) -> None:
    """A sign-in is over at the provider: what rests on it here ends, its sockets too (SES-03)."""
    _must_be_on(settings)
    with reading() as db:
        now = _true_now(db)
    try:
        ended = provider.ended(settings, token, now)
    except (Unreachable, Untrue) as wrong:
        raise BadInput("logout_token", str(wrong)) from None
    with transaction() as db:
        access.lock_outside_accounts(db, settings.oidc_issuer)
        _remember(db, settings.oidc_issuer, token, ended, now)
        for login in queries.resting_on(db, settings.oidc_issuer, ended):
            activity.concerns(login.person_id, login.id)
            sign_in.end_for_good(db, login)


def _remember(db: Session, issuer: str, token: str, ended: Ended, now: datetime) -> None:
    """For whoever is on the way from there with what is over already."""
    db.execute(delete(OutsideEnd).where(OutsideEnd.until <= now))

    def digest(name: str | None) -> bytes | None:
        return queries.outside_digest(issuer, name) if name is not None else None

    insert_if_absent(
        db,
        OutsideEnd,
        token=hashlib.sha256(token.encode()).digest(),
        session=digest(ended.session),
        subject=digest(ended.subject),
        said_at=ended.said_at,
        until=max(ended.holds_until, now + rules.CHALLENGE_LASTS[Ceremony.OUTSIDE]),
    )


# ---- out, there as well ----


def token_of(actor: Actor) -> str | None:
    """What the provider said of the sign-in that this login rests on; None where there is none."""
    with reading() as db:
        login = db.get(Login, actor.login_id)
        if login is None or login.method != Method.OUTSIDE:
            return None
        return signing.unseal_outside_token(login.outside_token) if login.outside_token else ""


def way_out(token: str, settings: Settings) -> str | None:
    """Where whoever has signed out here signs out at the provider; None where that cannot be."""
    if not token or not settings.oidc_issuer:
        return None
    try:
        return provider.way_out(settings, token)
    except Unreachable as wrong:
        log.warning("nobody can be signed out at the provider", why=str(wrong)[:300])
        return None


def _true_now(db: Session) -> datetime:
    """The provider's clock is not moved with a demo's."""
    return clock.now(db) - timedelta(seconds=clock.offset(db))


def _must_be_on(settings: Settings) -> None:
    if not settings.oidc_issuer:
        raise NotFound("no provider in the settings")


def _refused(wrong: Unreachable | Untrue) -> Refused:
    is_down = isinstance(wrong, Unreachable)
    log.warning("the provider of accounts", is_down=is_down, why=str(wrong)[:300])
    return Refused(OutsideRefusal.UNREACHABLE if is_down else OutsideRefusal.NOT_PROVEN)
