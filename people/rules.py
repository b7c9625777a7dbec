"""Who holds which office, who counts, when a factor still stands, and what is an address."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from ecabinet.access import Matter, Right, Role

# They run the system or examine it; an office beside, or a mandate, would make readers or actors
# of them.
OUTSIDE = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
WRONG_TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
STEP_UP_LASTS, ADMINISTRATION_LASTS = timedelta(minutes=5), timedelta(minutes=15)
HALF_LASTS, LOGIN_LASTS = timedelta(minutes=15), timedelta(hours=12)
LOGINS_AT_ONCE = 3
CLOCKS_DIFFER = timedelta(seconds=30)
LOCKS_AFTER, ADMINISTRATORS_AFTER = timedelta(minutes=15), timedelta(minutes=5)
WARNED_BEFORE = timedelta(minutes=2)
TOTP_SECONDS = 30
SHORTEST_PASSWORD, LONGEST_PASSWORD = 15, 256
LONGEST_ORGAN_ID = 35
ORGAN_ID = re.compile(r"[0-9A-Z]+(\.[0-9A-Z]+)*")
WRITTEN_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
USERNAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
# A shorter name stands in too many words.
SHORTEST_NAME = 5
RECOVERY_CODES = 10
INVITATION_LASTS = timedelta(hours=1)


class SignInRefusal(StrEnum):
    WRONG = "wrong"
    WRONG_CODE = "wrong_code"
    CODE_USED = "code_used"
    WRONG_RECOVERY_CODE = "wrong_recovery_code"
    LOCKED = "locked"


class Method(StrEnum):
    """By what a login was made whole."""

    CODE = "code"
    PASSKEY = "passkey"
    RECOVERY = "recovery"
    INVITATION = "invitation"
    OUTSIDE = "outside"


class OutsideRefusal(StrEnum):
    """Why somebody who signed in at the office's provider is not let in here."""

    NOT_PROVEN = "not_proven"
    UNREACHABLE = "unreachable"
    WEAK = "weak"
    TOO_OLD = "too_old"
    UNKNOWN = "unknown"
    ALREADY_LINKED = "already_linked"
    OVER = "over"


class InvitationRefusal(StrEnum):
    GONE = "gone"
    NEEDS_TWO = "needs_two"
    NOT_SHUT_OUT = "not_shut_out"


class PasswordRefusal(StrEnum):
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NAMES_OWNER = "names_owner"
    EASILY_GUESSED = "easily_guessed"
    WRONG_OLD = "wrong_old"
    SAME_AS_OLD = "same_as_old"


class DeviceRefusal(StrEnum):
    NOT_P256 = "not_p256"
    NO_POSSESSION = "no_possession"
    ALREADY_KNOWN = "already_known"
    NOT_PENDING = "not_pending"
    ALREADY_REVOKED = "already_revoked"
    OWN_REQUEST = "own_request"
    NOT_RENEWABLE = "not_renewable"
    RENEWED_TOO_EARLY = "renewed_too_early"
    EXPIRED = "expired"
    NOT_BY_OLD_KEY = "not_by_old_key"
    TRIAL_FAILED = "trial_failed"
    NOT_CERTIFIED = "not_certified"
    OTHER_NAME = "other_name"


class PersonRefusal(StrEnum):
    USERNAME_TAKEN = "username_taken"
    USERNAME_FORM = "username_form"


class TermRefusal(StrEnum):
    TAKEN = "taken"
    ALREADY_HOLDS = "already_holds"
    NO_SUCH_OFFICE_THEN = "no_such_office_then"
    ONESELF = "oneself"
    DUTIES_APART = "duties_apart"
    ENDS_BEFORE_START = "ends_before_start"
    ENDED = "ended"


class SuspensionRefusal(StrEnum):
    ENDS_BEFORE_START = "ends_before_start"
    PAST = "past"
    NOT_IN_OFFICE = "not_in_office"
    OVERLAPS = "overlaps"
    NOT_SUSPENDED_THEN = "not_suspended_then"
    ONESELF = "oneself"


class OfficeRefusal(StrEnum):
    ONE_PRIME_MINISTER = "one_prime_minister"
    HELD = "held"
    CLOSED = "closed"
    CLOSES_BEFORE_OPENED = "closes_before_opened"
    SAME_TITLE = "same_title"


class AgencyRefusal(StrEnum):
    CODE_FORM = "code_form"
    CODE_TAKEN = "code_taken"
    NAME_TAKEN = "name_taken"
    NOT_YET = "not_yet"
    ITSELF = "itself"
    STANDS = "stands"
    BELOW_ITSELF = "below_itself"
    ENDED = "ended"


class ImportFault(StrEnum):
    """What is wrong with one cell of a table that is to be taken in."""

    NO_SUCH_COLUMN = "no_such_column"
    COLUMN_MISSING = "column_missing"
    MISSING = "missing"
    TOO_LONG = "too_long"
    UNPRINTABLE = "unprintable"
    DAY_FORM = "day_form"
    NUMBER_FORM = "number_form"
    TICK_FORM = "tick_form"
    ENDS_BEFORE_START = "ends_before_start"
    USERNAME_FORM = "username_form"
    USERNAME_TAKEN = "username_taken"
    NAME_TAKEN = "name_taken"
    STANDS_TWICE = "stands_twice"
    OFFICE_UNKNOWN = "office_unknown"
    OFFICE_TAKEN = "office_taken"
    OFFICE_NOT_THEN = "office_not_then"
    ROLE_UNKNOWN = "role_unknown"
    AGENCY_UNKNOWN = "agency_unknown"
    KIND_UNKNOWN = "kind_unknown"
    CODE_FORM = "code_form"
    CODE_TAKEN = "code_taken"
    ONE_PRIME_MINISTER = "one_prime_minister"
    FORMULA = "formula"


class ImportRefusal(StrEnum):
    EMPTY = "empty"
    TOO_MANY_ROWS = "too_many_rows"
    FAULTY = "faulty"


class AgencyKind(StrEnum):
    MINISTRY = "ministry"
    MINISTERIAL = "ministerial"
    GOVERNMENTAL = "governmental"
    PROVINCE = "province"
    UNIT = "unit"
    OTHER = "other"


class PersonStanding(StrEnum):
    """Whether somebody is in office today, and if not, why."""

    IN_OFFICE = "in_office"
    SUSPENDED = "suspended"
    COMING = "coming"
    LEFT = "left"
    NONE_YET = "none_yet"


class PersonOrder(StrEnum):
    PROTOCOL = "protocol"
    NAME = "name"


class MandateOrder(StrEnum):
    NEWEST = "newest"
    GIVER = "giver"
    TAKER = "taker"
    UNTIL = "until"


class PasskeyRefusal(StrEnum):
    NOT_PROVEN = "not_proven"
    ALREADY_KNOWN = "already_known"
    WENT_BACK = "went_back"
    LAST_WAY_IN = "last_way_in"


def refusal_to_end_passkey(
    passkeys: int, has_password: bool, has_totp: bool
) -> PasskeyRefusal | None:
    """Whether its owner could still sign in without one of so many passkeys (AUTH-05)."""
    if passkeys > 1 or (has_password and has_totp):
        return None
    return PasskeyRefusal.LAST_WAY_IN


class MandateRefusal(StrEnum):
    ONESELF = "oneself"
    ANOTHER_AGENCY = "another_agency"
    READS_NO_PAPERS = "reads_no_papers"
    A_MEMBER = "a_member"
    GIVEN_ALREADY = "given_already"
    ENDS_BEFORE_START = "ends_before_start"
    TOO_LONG = "too_long"
    NOT_WAITING = "not_waiting"
    OVER = "over"


class MandateStanding(StrEnum):
    """What a mandate is at a moment; nobody has to end one whose time is over."""

    WAITING = "waiting"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    ENDED = "ended"
    OVER = "over"


LASTING = frozenset({MandateStanding.WAITING, MandateStanding.IN_FORCE})


class AddressRefusal(StrEnum):
    NOT_ASKED = "not_asked"
    WRONG_CODE = "wrong_code"
    CODE_SPENT = "code_spent"


class DeviceStanding(StrEnum):
    """What a signing key can do now; `WAITING` is certified, and not yet to be used."""

    PENDING = "pending"
    WAITING = "waiting"
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Ceremony(StrEnum):
    """What a passkey is asked for; an answer to one is no answer to another."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    STEP_UP = "step_up"
    ACT = "act"
    UNLOCK = "unlock"
    OUTSIDE = "outside"
    LINK = "link"
    TRIAL = "trial"


# Sixty seconds for what is bound to a ballot or an act (SES-07); who signs in may have to search.
CHALLENGE_LASTS = {
    Ceremony.REGISTER: timedelta(minutes=5),
    Ceremony.SIGN_IN: timedelta(minutes=5),
    Ceremony.STEP_UP: timedelta(seconds=60),
    Ceremony.ACT: timedelta(seconds=60),
    Ceremony.UNLOCK: timedelta(minutes=5),
    Ceremony.OUTSIDE: timedelta(minutes=5),
    Ceremony.LINK: timedelta(minutes=5),
    Ceremony.TRIAL: timedelta(minutes=5),
}


@dataclass(frozen=True)
class Days:
    """From a day on and until another, that day not included; no last day: still so."""

    starts: date
    ends: date | None = None

    def __contains__(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)

    def overlaps(self, other: "Days") -> bool:
        begins = max(self.starts, other.starts)
        return all(each.ends is None or begins < each.ends for each in (self, other))


@dataclass(frozen=True)
class TermOfOffice:
    """One person in one office, [starts, ends)."""

    person_id: int
    office_id: int
    is_member: bool
    starts: date
    ends: date | None
    acting: bool = False

    @property
    def days(self) -> Days:
        return Days(self.starts, self.ends)

    def holds_on(self, day: date) -> bool:
        return day in self.days


@dataclass(frozen=True)
class SeatOfOffice:
    """An office as it stands to be filled, and the days on which there is one."""

    id: int
    is_member: bool
    opened_on: date | None = None
    closed_on: date | None = None

    def stands_on(self, day: date) -> bool:
        opened = self.opened_on is None or self.opened_on <= day
        return opened and (self.closed_on is None or day < self.closed_on)

    def stands_through(self, days: Days) -> bool:
        ends = self.closed_on is None or (days.ends is not None and days.ends <= self.closed_on)
        return ends and self.stands_on(days.starts)


def title(of_office: str, acting: bool) -> str:
    """An office as its holder is called in it: "Quyền" before it where they are acting."""
    return f"Quyền {of_office}" if acting else of_office


def members_on(
    terms: Iterable[TermOfOffice], day: date, suspended: Iterable[int] = ()
) -> frozenset[int]:
    """The persons who are members of the Government on a day; their number is N.

    A member counts once, whatever offices the person holds; an acting minister counts, a
    suspended person does not (rulebook: Who counts).
    """
    held = {each.person_id for each in terms if each.is_member and each.holds_on(day)}
    return frozenset(held.difference(suspended))


def vacant_on(
    offices: Iterable[SeatOfOffice], terms: Iterable[TermOfOffice], day: date
) -> frozenset[int]:
    """The offices with a vote that nobody holds on a day (rulebook: Who counts)."""
    held = {each.office_id for each in terms if each.holds_on(day)}
    standing = {each.id for each in offices if each.is_member and each.stands_on(day)}
    return frozenset(standing - held)


def term_refusal(
    office: SeatOfOffice, wanted: TermOfOffice, others: Iterable[TermOfOffice]
) -> TermRefusal | None:
    """Why a person cannot be put into an office for these days; `others` are its terms.

    An office with a vote has one holder at a time, else one vote would be given twice.
    """
    if wanted.ends is not None and wanted.ends <= wanted.starts:
        return TermRefusal.ENDS_BEFORE_START
    if not office.stands_through(wanted.days):
        return TermRefusal.NO_SUCH_OFFICE_THEN
    meanwhile = [each for each in others if each.days.overlaps(wanted.days)]
    if any(each.person_id == wanted.person_id for each in meanwhile):
        return TermRefusal.ALREADY_HOLDS
    return TermRefusal.TAKEN if office.is_member and meanwhile else None


def asker_refusal(asker_id: int, person_id: int) -> TermRefusal | None:
    """Nobody asks for an office for themselves: an act that needs two would serve one (AC-08)."""
    return TermRefusal.ONESELF if asker_id == person_id else None


def duties_refusal(role: Role, days: Days, held: Iterable[tuple[Role, Days]]) -> TermRefusal | None:
    """Why one person cannot have a role beside those that they hold.

    Whoever runs the system reads no paper and decides nothing, least of all what they asked for
    themselves; whoever examines it does nothing that is examined (rulebook: Who may do what;
    AC-08, AC-11). Other roles go together, on one person and day.
    """
    for other, theirs in held:
        if other != role and OUTSIDE & {role, other} and theirs.overlaps(days):
            return TermRefusal.DUTIES_APART
    return None


def new_office_refusal(
    role: Role, opened_on: date | None, others: Iterable[SeatOfOffice]
) -> OfficeRefusal | None:
    """Why there cannot be one more office with this role; `others` are those with the same role.

    The Government has one Prime Minister, and any number of deputies and ministers (191/2026
    Đ7.1): a second office of theirs could be filled, and would give one vote too many.
    """
    if role is not Role.PRIME_MINISTER:
        return None
    opens = opened_on or date.min
    overlap = any(each.closed_on is None or opens < each.closed_on for each in others)
    return OfficeRefusal.ONE_PRIME_MINISTER if overlap else None


def close_refusal(
    office: SeatOfOffice, last: date, terms: Iterable[TermOfOffice]
) -> OfficeRefusal | None:
    """Why there cannot be an office no more from a day on; `terms` are its own.

    Whoever holds it is ended first, by an act of its own: nobody stops counting unnoticed
    (rulebook: Who counts).
    """
    if office.closed_on is not None and office.closed_on <= last:
        return OfficeRefusal.CLOSED
    if office.opened_on is not None and last < office.opened_on:
        return OfficeRefusal.CLOSES_BEFORE_OPENED
    held = any(each.days.overlaps(Days(last)) for each in terms)
    return OfficeRefusal.HELD if held else None


def end_refusal(term: TermOfOffice, last: date) -> TermRefusal | None:
    """Why a term cannot end on a day, the first on which the office is held no more."""
    if last <= term.starts:
        return TermRefusal.ENDS_BEFORE_START
    if term.ends is not None and term.ends <= last:
        return TermRefusal.ENDED
    return None


def suspension_refusal(
    wanted: Days, terms: Iterable[Days], others: Iterable[Days], today: date
) -> SuspensionRefusal | None:
    """Why somebody cannot be suspended for these days; terms and other suspensions are theirs.

    Never for a day that is over: the number of members by which something was decided then stays
    what it was (rulebook: Who counts). Two that overlap would leave one in force when the other
    is lifted.
    """
    if wanted.ends is not None and wanted.ends <= wanted.starts:
        return SuspensionRefusal.ENDS_BEFORE_START
    if wanted.starts < today:
        return SuspensionRefusal.PAST
    if not any(wanted.starts in each for each in terms):
        return SuspensionRefusal.NOT_IN_OFFICE
    overlaps = any(each.overlaps(wanted) for each in others)
    return SuspensionRefusal.OVERLAPS if overlaps else None


def lift_refusal(suspension: Days, last: date, today: date) -> SuspensionRefusal | None:
    """Why a suspension cannot end on a day, the first on which its person acts and counts again;
    lifted on its first day, it never was. Nor is this for a day that is over."""
    if last < today:
        return SuspensionRefusal.PAST
    return None if last in suspension else SuspensionRefusal.NOT_SUSPENDED_THEN


# ---- mandates ----

# What each right can be about; a ballot or a vote is about nobody else (rulebook: Who counts).
MATTERS = {
    Right.ADVISE: frozenset({Matter.DOSSIER, Matter.CONSULTATION}),
    Right.SUBSTITUTE: frozenset({Matter.SESSION}),
    Right.SIGN_FOR: frozenset({Matter.HANDOVER}),
}
# The Prime Minister consents to whoever attends for a member (Đ7.2.đ, Đ21.3).
NEEDS_CONSENT = frozenset({Right.SUBSTITUTE})
LONGEST_MANDATE = timedelta(days=180)


@dataclass(frozen=True)
class Party:
    """Somebody who gives or takes a mandate, with what they are today."""

    person_id: int
    roles: Collection[Role]
    agencies: Collection[int]


def mandate_refusal(
    giver: Party, taker: Party, starts: datetime, ends: datetime
) -> MandateRefusal | None:
    """Why one person cannot stand for another (rulebook: Who may do what).

    Of the giver's own agency, or anybody of the Office for a giver who has none; no member, since
    each has a voice of their own; neither administrator nor auditor.
    """
    if reason := standing_refusal(giver, taker):
        return reason
    if ends <= starts:
        return MandateRefusal.ENDS_BEFORE_START
    return MandateRefusal.TOO_LONG if ends - starts > LONGEST_MANDATE else None


def standing_refusal(giver: Party, taker: Party) -> MandateRefusal | None:
    """The same of the two persons alone: asked when it is given, and as long as it is in force."""
    if giver.person_id == taker.person_id:
        return MandateRefusal.ONESELF
    if OUTSIDE.intersection(taker.roles):
        return MandateRefusal.READS_NO_PAPERS
    if Role.MEMBER in taker.roles:
        return MandateRefusal.A_MEMBER
    theirs, own = set(taker.agencies), set(giver.agencies)
    if (own or theirs) and not own & theirs:
        return MandateRefusal.ANOTHER_AGENCY
    return None


@dataclass(frozen=True)
class Tenure:
    """How far a mandate has come: consented to, refused, ended, and until when it was given."""

    right: Right
    ends_at: datetime
    consented: bool
    refused: bool
    ended: bool


def mandate_standing(mandate: Tenure, both_in_office: bool, now: datetime) -> MandateStanding:
    """What a mandate is now: it ends by itself, by its time or with the office of either."""
    if mandate.refused:
        return MandateStanding.REFUSED
    if mandate.ended:
        return MandateStanding.ENDED
    if now >= mandate.ends_at or not both_in_office:
        return MandateStanding.OVER
    if mandate.right in NEEDS_CONSENT and not mandate.consented:
        return MandateStanding.WAITING
    return MandateStanding.IN_FORCE


def person_standing(terms: Sequence[Days], is_suspended: bool, day: date) -> PersonStanding:
    """Whether somebody is in office on a day, by all the days for which they hold one."""
    if any(day in each for each in terms):
        return PersonStanding.SUSPENDED if is_suspended else PersonStanding.IN_OFFICE
    if any(each.starts > day for each in terms):
        return PersonStanding.COMING
    return PersonStanding.LEFT if terms else PersonStanding.NONE_YET


def written_day(text: str) -> date | None:
    """The day that is written 01/04/2026 or 2026-04-01; None where it is none."""
    try:
        if found := WRITTEN_DAY.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text) if ISO_DAY.fullmatch(text) else None
    except ValueError:
        return None


def by_given_name(name: str) -> tuple[str, ...]:
    """Vietnamese names are ordered by the given name, which stands last."""
    return tuple(reversed(name.split()))


def is_below(parents: Mapping[int, int | None], unit: int, top: int) -> bool:
    """Whether an agency is another's unit, at whatever depth, or that one itself."""
    at: int | None = unit
    while at is not None and at != top:
        at = parents.get(at)
    return at == top


def organ_id_refusal(code: str) -> AgencyRefusal | None:
    """Why this is no identifier of an agency: groups of digits and capitals, parted by dots, at
    most 35 signs, of which the old ones are 000.00.00.A00 (QĐ 20/2020/QĐ-TTg)."""
    is_one = len(code) <= LONGEST_ORGAN_ID and ORGAN_ID.fullmatch(code)
    return None if is_one else AgencyRefusal.CODE_FORM


def username_refusal(username: str) -> PersonRefusal | None:
    """Small letters and digits, parted by dots or dashes: what can be dictated."""
    is_one = len(username) <= 60 and USERNAME.fullmatch(username)
    return None if is_one else PersonRefusal.USERNAME_FORM


def password_refusal(password: str, names: Iterable[str]) -> PasswordRefusal | None:
    """Why this cannot be an account's password: its length, or a name that anybody knows (AUTH-02).

    Any character counts, and none is asked for. `names` are those of account, person, office and
    cabinet; they are found however they are spelt.
    """
    if len(password) < SHORTEST_PASSWORD:
        return PasswordRefusal.TOO_SHORT
    if len(password) > LONGEST_PASSWORD:
        return PasswordRefusal.TOO_LONG
    plain = letters_of(password)
    if any(name in plain for name in map(letters_of, names) if len(name) >= SHORTEST_NAME):
        return PasswordRefusal.NAMES_OWNER
    return None


def letters_of(text: str) -> str:
    """Letters and digits alone, without marks or capitals: `Bộ Y tế` and `bo-y-te` are one."""
    apart = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(each for each in apart if each.isalnum())


def letters_of_words(text: str) -> list[str]:
    return [letters_of(word) for word in text.replace(".", " ").split()]


def is_unusual(browser: str, known: Collection[str]) -> bool:
    """Whether a person has never signed in by such a browser; the first time is no surprise."""
    return bool(known) and browser not in known


def is_fresh(shown_at: datetime | None, now: datetime) -> bool:
    """Whether who one is was shown just now; keys and codes are changed only then (ASVS 7.5.1)."""
    return shown_at is not None and timedelta() <= now - shown_at < STEP_UP_LASTS


def is_of_late(shown_at: datetime | None, now: datetime) -> bool:
    """Whether who one is was shown so lately that administration is open (AC-11)."""
    return shown_at is not None and timedelta() <= now - shown_at < ADMINISTRATION_LASTS


def totp_refusal(step: int | None, last_step: int | None) -> SignInRefusal | None:
    """Why a code cannot be taken; `step` is the half minute it is right for, or None (AUTH-03)."""
    if step is None:
        return SignInRefusal.WRONG_CODE
    if last_step is not None and step <= last_step:
        return SignInRefusal.CODE_USED
    return None


def next_code_in(now: int) -> int:
    """Seconds until an application of codes shows the next one, 1 to 30 (RFC 6238, 4.2)."""
    return TOTP_SECONDS - now % TOTP_SECONDS


@dataclass(frozen=True)
class OutsideSignIn:
    """Which account signed in at the office's provider, when, and how well it was shown."""

    subject: str
    session: str | None
    at: datetime
    strength: str = ""
    methods: frozenset[str] = frozenset()
    # The signed token that says so.
    token: str = ""


@dataclass(frozen=True)
class OutsideDemand:
    """How well a sign-in at the provider must have been shown, and how lately."""

    strengths: frozenset[str]
    methods: frozenset[str]
    lately: timedelta


def outside_refusal(
    shown: OutsideSignIn, demand: OutsideDemand, now: datetime
) -> OutsideRefusal | None:
    """Why a sign-in at the provider is not enough here: one of the strengths, all of the methods,
    and not long ago, by clocks that differ by half a minute at most (AUTH-11)."""
    if demand.strengths and shown.strength not in demand.strengths:
        return OutsideRefusal.WEAK
    if not demand.methods <= shown.methods:
        return OutsideRefusal.WEAK
    is_recent = -CLOCKS_DIFFER <= now - shown.at <= demand.lately + CLOCKS_DIFFER
    return None if is_recent else OutsideRefusal.TOO_OLD


def locked_until(failures: Iterable[datetime], now: datetime) -> datetime | None:
    """When a path that so many recent wrong tries have locked opens again; None: it is open."""
    recent = sorted((at for at in failures if now - at < LOCKED_FOR), reverse=True)
    return recent[WRONG_TRIES - 1] + LOCKED_FOR if len(recent) >= WRONG_TRIES else None


def half_login_holds(started_at: datetime, now: datetime) -> bool:
    """How long after the password the second factor may be given."""
    return now - started_at <= HALF_LASTS


def login_holds(started_at: datetime, now: datetime) -> bool:
    """Twelve hours at most, also for sockets (SES-04)."""
    return now < login_ends(started_at)


def login_ends(started_at: datetime) -> datetime:
    """Whatever is done meanwhile (SES-04)."""
    return started_at + LOGIN_LASTS


def invitation_holds(made_at: datetime, now: datetime, minutes: int) -> bool:
    """An hour at most, whatever is set (AUTH-08)."""
    return timedelta() <= now - made_at < min(timedelta(minutes=minutes), INVITATION_LASTS)


def locks_after(is_administrator: bool) -> timedelta:
    """How long nobody may be at a page before it locks (SES-04)."""
    return ADMINISTRATORS_AFTER if is_administrator else LOCKS_AFTER


def is_idle(seen_at: datetime | None, now: datetime, limit: timedelta) -> bool:
    """Whether a login is locked: nobody was seen for so long, or its owner locked it.

    It is never signed out by this, however long it lasts (SES-04).
    """
    return seen_at is None or now - seen_at >= limit


def one_too_many(newest_first: Sequence[int]) -> Sequence[int]:
    """The logins that end when there are more than three at once, the oldest (SES-05)."""
    return newest_first[LOGINS_AT_ONCE:]


def standing(
    usable_from: datetime | None, ends_at: datetime | None, revoked_at: datetime | None,
    now: datetime,
) -> DeviceStanding:  # fmt: skip
    """What a signing key can do at this moment (AUTH-09)."""
    if revoked_at is not None:
        return DeviceStanding.REVOKED
    if usable_from is None or ends_at is None:
        return DeviceStanding.PENDING
    if ends_at <= now:
        return DeviceStanding.EXPIRED
    return DeviceStanding.ACTIVE if usable_from <= now else DeviceStanding.WAITING


def names(certificate_name: str, name: str) -> bool:
    """Whether a certificate's subject is this person: their full name stands in it, marks and all,
    whatever stands around it (BAL-04). Whoever has seen them compares the rest."""
    words = unicodedata.normalize("NFC", certificate_name).casefold().split()
    own = unicodedata.normalize("NFC", name).casefold().split()
    return any(words[at : at + len(own)] == own for at in range(len(words))) and bool(own)


class KeyEnd(StrEnum):
    """What the owner of a key is told of its end."""

    SOON = "device_ends_soon"
    LAST_DAYS = "device_ends_in_days"
    OVER = "device_ended"


LAST_DAYS_OF_A_KEY = timedelta(days=3)


def key_end(ends_at: datetime, now: datetime, warned_before: timedelta) -> KeyEnd | None:
    """What is to be said of a key's end at this moment, if anything (AUTH-09): once from
    `warned_before` it on, once in its last three days, once when it is over."""
    if ends_at <= now:
        return KeyEnd.OVER
    if ends_at - now <= LAST_DAYS_OF_A_KEY:
        return KeyEnd.LAST_DAYS
    return KeyEnd.SOON if ends_at - now <= warned_before else None


def renewal_refusal(
    standing: DeviceStanding, ends_at: datetime | None, now: datetime, warned_before: timedelta
) -> DeviceRefusal | None:
    """Why a key cannot make way for another of its owner's by its own signature (AUTH-09).

    Only a key that could sign a ballot now can; what has run out is enrolled anew by two.
    """
    if standing is DeviceStanding.EXPIRED:
        return DeviceRefusal.EXPIRED
    if standing is not DeviceStanding.ACTIVE or ends_at is None:
        return DeviceRefusal.NOT_RENEWABLE
    if key_end(ends_at, now, warned_before) is None:
        return DeviceRefusal.RENEWED_TOO_EARLY
    return None


def went_back(counter: int, last: int) -> bool:
    """Whether a passkey's counter says that a copy of it has been used (WebAuthn 3, 7.2, 22)."""
    return (counter > 0 or last > 0) and counter <= last


# ---- where somebody is told ----

# What every mail server takes: nothing quoted, no comment, no letter beyond ASCII.
EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
LONGEST_EMAIL, LONGEST_NAME = 254, 64
PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
VIET_NAM = "+84"


def email_address(typed: str) -> str | None:
    """A mail address as it is written to; None for what is none (LOG-03)."""
    name, _, host = typed.partition("@")
    fits = len(typed) <= LONGEST_EMAIL and len(name) <= LONGEST_NAME
    return f"{name}@{host.lower()}" if fits and EMAIL.fullmatch(typed) else None


def phone_number(typed: str) -> str | None:
    """A telephone number as gateways take it (E.164); 09… is one of Viet Nam."""
    digits = re.sub(r"[ .()-]", "", typed)
    if digits.startswith("0"):
        digits = VIET_NAM + digits[1:]
    return digits if PHONE.fullmatch(digits) else None


def code_refusal(waits: bool, is_right: bool, tries_left: int) -> AddressRefusal | None:
    """Why a code does not confirm an address; a guess too many spends it."""
    if not waits:
        return AddressRefusal.NOT_ASKED
    if is_right:
        return None
    return AddressRefusal.WRONG_CODE if tries_left > 0 else AddressRefusal.CODE_SPENT
