"""Who holds which office, who counts, and when a factor still stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

WRONG_TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
STEP_UP_LASTS = timedelta(minutes=5)
LOGIN_LASTS = timedelta(hours=12)
LOGINS_AT_ONCE = 3
TOTP_SECONDS = 30
SHORTEST_PASSWORD, LONGEST_PASSWORD = 15, 256


class SignInRefusal(StrEnum):
    WRONG = "wrong"
    WRONG_CODE = "wrong_code"
    CODE_USED = "code_used"
    LOCKED = "locked"


class PasswordRefusal(StrEnum):
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NAMES_ACCOUNT = "names_account"


class DeviceRefusal(StrEnum):
    NOT_P256 = "not_p256"
    NO_POSSESSION = "no_possession"
    ALREADY_KNOWN = "already_known"
    NOT_PENDING = "not_pending"
    ALREADY_REVOKED = "already_revoked"
    OWN_REQUEST = "own_request"


class PasskeyRefusal(StrEnum):
    NOT_PROVEN = "not_proven"
    ALREADY_KNOWN = "already_known"
    WENT_BACK = "went_back"


class DeviceStanding(StrEnum):
    """What a signing key can do now; `WAITING` is certified, and not yet to be used."""

    PENDING = "pending"
    WAITING = "waiting"
    ACTIVE = "active"
    REVOKED = "revoked"


class Ceremony(StrEnum):
    """What a passkey is asked for; an answer to one is no answer to another."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    STEP_UP = "step_up"


# Sixty seconds for what is bound to a ballot (SES-07); somebody who signs in may have to search.
CHALLENGE_LASTS = {
    Ceremony.REGISTER: timedelta(minutes=5),
    Ceremony.SIGN_IN: timedelta(minutes=5),
    Ceremony.STEP_UP: timedelta(seconds=60),
}


@dataclass(frozen=True)
class TermOfOffice:
    """One person in one office, [starts, ends)."""

    person_id: int
    office_id: int
    is_member: bool
    starts: date
    ends: date | None

    def holds_on(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)


def members_on(terms: Iterable[TermOfOffice], day: date) -> frozenset[int]:
    """The persons who are members of the Government on a day; their number is N.

    A member counts once, whatever offices the person holds (rulebook: Who counts).
    """
    return frozenset(each.person_id for each in terms if each.is_member and each.holds_on(day))


def password_refusal(password: str, username: str) -> PasswordRefusal | None:
    """Why this cannot be an account's password: its length, or that it is easily guessed (AUTH-02).

    Any character counts, and none is asked for.
    """
    if len(password) < SHORTEST_PASSWORD:
        return PasswordRefusal.TOO_SHORT
    if len(password) > LONGEST_PASSWORD:
        return PasswordRefusal.TOO_LONG
    if username.lower() in password.lower():
        return PasswordRefusal.NAMES_ACCOUNT
    return None


def totp_refusal(step: int | None, last_step: int | None) -> SignInRefusal | None:
    """Why a code cannot be taken; `step` is the half minute it is right for, or None (AUTH-03)."""
    if step is None:
        return SignInRefusal.WRONG_CODE
    if last_step is not None and step <= last_step:
        return SignInRefusal.CODE_USED
    return None


def locked_until(failures: Iterable[datetime], now: datetime) -> datetime | None:
    """When a path that so many recent wrong tries have locked opens again; None: it is open."""
    recent = sorted((at for at in failures if now - at < LOCKED_FOR), reverse=True)
    return recent[WRONG_TRIES - 1] + LOCKED_FOR if len(recent) >= WRONG_TRIES else None


def step_up_holds(step_up_at: datetime | None, now: datetime) -> bool:
    """A code is good for five minutes, and for casts only (SES-07)."""
    return step_up_at is not None and timedelta() <= now - step_up_at < STEP_UP_LASTS


def login_holds(started_at: datetime, now: datetime) -> bool:
    """Twelve hours at most, also for sockets (SES-04)."""
    return now - started_at < LOGIN_LASTS


def one_too_many(newest_first: Sequence[int]) -> Sequence[int]:
    """The logins that end when there are more than three at once, the oldest (SES-05)."""
    return newest_first[LOGINS_AT_ONCE:]


def standing(
    certified: bool, usable_from: datetime | None, revoked_at: datetime | None, now: datetime
) -> DeviceStanding:
    """What a signing key can do at this moment (AUTH-09)."""
    if revoked_at is not None:
        return DeviceStanding.REVOKED
    if not certified or usable_from is None:
        return DeviceStanding.PENDING
    return DeviceStanding.ACTIVE if usable_from <= now else DeviceStanding.WAITING


def went_back(counter: int, last: int) -> bool:
    """Whether a passkey's counter says that a copy of it has been used (WebAuthn 3, 7.2, 22)."""
    return (counter > 0 or last > 0) and counter <= last
