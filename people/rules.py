"""Who holds which office, who counts, and when a second factor still stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

WRONG_TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
STEP_UP_LASTS = timedelta(minutes=5)
LOGIN_LASTS = timedelta(hours=12)
TOTP_SECONDS = 30


class SignInRefusal(StrEnum):
    WRONG = "wrong"
    WRONG_CODE = "wrong_code"
    CODE_USED = "code_used"
    LOCKED = "locked"


class DeviceRefusal(StrEnum):
    NOT_P256 = "not_p256"
    NO_POSSESSION = "no_possession"
    ALREADY_KNOWN = "already_known"
    NOT_PENDING = "not_pending"
    ALREADY_REVOKED = "already_revoked"
    OWN_REQUEST = "own_request"


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


def totp_refusal(step: int | None, last_step: int | None) -> SignInRefusal | None:
    """Why a code cannot be taken; `step` is the half minute it is right for, or None (AUTH-03)."""
    if step is None:
        return SignInRefusal.WRONG_CODE
    if last_step is not None and step <= last_step:
        return SignInRefusal.CODE_USED
    return None


def is_locked(failures: Iterable[datetime], now: datetime) -> bool:
    """Whether so many recent wrong tries lock this account's password path for this source."""
    return sum(now - at < LOCKED_FOR for at in failures) >= WRONG_TRIES


def step_up_holds(step_up_at: datetime | None, now: datetime) -> bool:
    """A code is good for five minutes, and for casts only (SES-07)."""
    return step_up_at is not None and timedelta() <= now - step_up_at < STEP_UP_LASTS


def login_holds(started_at: datetime, now: datetime) -> bool:
    """Twelve hours at most, also for sockets (SES-04)."""
    return now - started_at < LOGIN_LASTS
