"""The rules of consultations: who may answer, what silence means, and the outcome.

Source: rulebook, "Rule sets", "Who counts", "The outcome of a government consultation". Pure:
the moment and the facts come in as arguments, a refusal goes out as a code.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from ecabinet.calendar import Calendar


class Choice(StrEnum):
    """What a member may answer, in the order in which every form shows it; none comes first
    by any rule, and none is chosen beforehand."""

    AGREE = "agree"
    AGREE_COMMENTS = "agree_comments"
    DISAGREE = "disagree"
    OTHER_OPINION = "other_opinion"


class Position(StrEnum):
    """Where a member stands at closing. The last four are made by the closing alone."""

    AGREE = "agree"
    AGREE_COMMENTS = "agree_comments"
    DISAGREE = "disagree"
    OTHER_OPINION = "other_opinion"
    DEEMED_AGREE = "deemed_agree"
    SILENT = "silent"
    NOT_REACHED = "not_reached"
    # Answered, by a signature of a class that does not count alone: never silence, and no choice.
    AWAITS_OFFICIAL = "awaits_official"


NEEDS_OPINION = frozenset({Choice.AGREE_COMMENTS, Choice.OTHER_OPINION})
FOR = frozenset({Position.AGREE, Position.AGREE_COMMENTS})
VOTED = FOR | {Position.DISAGREE, Position.OTHER_OPINION}


# ---- rule sets: data, chosen by the day on which a consultation opens ----


@dataclass(frozen=True)
class RuleSet:
    """The rules of one span of time; an article is printed only once an operator confirms it."""

    id: str
    starts: date
    ends: date | None
    basis: str
    silence_agrees: bool
    least_days: int
    most_days: int | None


RULE_SETS = (
    RuleSet(
        id="nd-138-2016",
        starts=date(2016, 10, 1),
        ends=date(2022, 6, 18),
        basis="Luật Tổ chức Chính phủ 2015; Nghị định 138/2016/NĐ-CP",
        silence_agrees=False,
        least_days=0,
        most_days=None,
    ),
    RuleSet(
        id="nd-39-2022",
        starts=date(2022, 6, 18),
        ends=date(2026, 5, 29),
        basis="Luật Tổ chức Chính phủ 2015; Nghị định 39/2022/NĐ-CP",
        silence_agrees=False,
        least_days=0,
        most_days=None,
    ),
    RuleSet(
        id="nd-191-2026",
        starts=date(2026, 5, 29),
        ends=None,
        basis="Nghị định 191/2026/NĐ-CP",
        silence_agrees=True,
        least_days=2,
        most_days=5,
    ),
)


def is_replaced(in_office_since: Iterable[date], opened_on: date) -> bool:
    """Whether nobody sits in the Government any more by a term of the day on which a question
    opened: then it stops without a result (rulebook: Who counts, the whole Government replaced).

    Whoever is appointed again sits by a new term, in the new Government.
    """
    return all(since > opened_on for since in in_office_since)


def rule_set_on(day: date) -> RuleSet | None:
    """The set in force on a day; it governs whatever opens that day to its end."""
    return next(
        (each for each in RULE_SETS if each.starts <= day and (not each.ends or day < each.ends)),
        None,
    )


def rule_set(set_id: str) -> RuleSet:
    return next(each for each in RULE_SETS if each.id == set_id)


# ---- drafting and opening ----


class ConsultationRefusal(StrEnum):
    NOT_A_DRAFT = "not_a_draft"
    OWN_DRAFT = "own_draft"
    WINDOW_TOO_SHORT = "window_too_short"
    WINDOW_TOO_LONG = "window_too_long"
    NO_PAPERS = "no_papers"
    NO_RULES = "no_rules"
    NOT_ENDED = "not_ended"
    NOT_CLOSED = "not_closed"
    NOT_OPEN = "not_open"
    ENDED = "ended"
    NO_ATTEMPT = "no_attempt"
    SAME_END = "same_end"
    END_TOO_SOON = "end_too_soon"
    DAY_OFF = "day_off"
    BEYOND_LIMITS = "beyond_limits"
    DECIDED_ALREADY = "decided_already"
    PROVISIONAL = "provisional"
    NOT_PASSED = "not_passed"
    UNCLASSIFIED = "unclassified"
    REASON_MISSING = "reason_missing"
    NO_OPINION = "no_opinion"


def window_refusal(rules: RuleSet, working_days: int) -> ConsultationRefusal | None:
    """Whether the set allows so many working days (rulebook: 2 to 5 under 191/2026)."""
    if working_days < max(1, rules.least_days):
        return ConsultationRefusal.WINDOW_TOO_SHORT
    if rules.most_days is not None and working_days > rules.most_days:
        return ConsultationRefusal.WINDOW_TOO_LONG
    return None


def opening_refusal(
    is_draft: bool, drafter: int, approver: int, papers: int, rules: RuleSet | None, days: int
) -> ConsultationRefusal | None:
    """Why this person cannot approve and open it (rulebook: Who may do what, two people)."""
    if not is_draft:
        return ConsultationRefusal.NOT_A_DRAFT
    if drafter == approver:
        return ConsultationRefusal.OWN_DRAFT
    if not papers:
        return ConsultationRefusal.NO_PAPERS
    if rules is None:
        return ConsultationRefusal.NO_RULES
    return window_refusal(rules, days)


def withdrawal_refusal(is_open: bool, has_ended: bool) -> ConsultationRefusal | None:
    """Why a question cannot be taken back (rulebook: the life of a consultation, *withdrawn*).

    What has ended has an outcome, known or not yet: it is closed as of its due moment, and no
    withdrawal keeps off what its members have decided.
    """
    if not is_open:
        return ConsultationRefusal.NOT_OPEN
    return ConsultationRefusal.ENDED if has_ended else None


@dataclass(frozen=True)
class NewEnd:
    """An end that is asked for in the place of another."""

    was: datetime
    now: datetime

    @property
    def is_later(self) -> bool:
        return self.now > self.was


def new_end_refusal(
    is_open: bool, end: NewEnd, now: datetime, calendar: Calendar
) -> ConsultationRefusal | None:
    """Why an end cannot be moved there (rulebook: the life of a consultation, windows).

    What has ended has an outcome and is not opened again by a later end; the new one is 24:00 of
    a working day that is not today.
    """
    if not is_open:
        return ConsultationRefusal.NOT_OPEN
    if now >= end.was:
        return ConsultationRefusal.ENDED
    if end.now == end.was:
        return ConsultationRefusal.SAME_END
    last_day = calendar.day_and_hour_of_end(end.now)[0]
    if last_day <= calendar.local_day(now):
        return ConsultationRefusal.END_TOO_SOON
    return None if calendar.is_working_day(last_day) else ConsultationRefusal.DAY_OFF


def is_too_short(rules: RuleSet, asked_at: datetime, due_at: datetime, calendar: Calendar) -> bool:
    """Whether the window is below the legal minimum: then nobody is deemed to agree (rulebook:
    deemed agreement fails safe)."""
    return calendar.due(asked_at, rules.least_days) > due_at


def is_beyond_limits(
    rules: RuleSet, asked_at: datetime, due_at: datetime, calendar: Calendar
) -> bool:
    """Whether the window would be shorter or longer than the set allows: then the Prime Minister
    is one of the two (rulebook: Who may do what, extend; shorten)."""
    if is_too_short(rules, asked_at, due_at, calendar):
        return True
    return rules.most_days is not None and calendar.due(asked_at, rules.most_days) < due_at


def is_the_prime_ministers(closed_at: datetime, now: datetime, calendar: Calendar) -> bool:
    """Whether an attempt that nobody has decided goes to the Prime Minister: after one working
    day (rulebook: a quarantined attempt)."""
    return now >= calendar.due(closed_at, 1)


# ---- answering ----


class BallotRefusal(StrEnum):
    NOT_OPEN = "not_open"
    ENDED = "ended"
    NOT_ASKED = "not_asked"
    ANSWERED_MEANWHILE = "answered_meanwhile"
    PAPERS_REPLACED = "papers_replaced"
    OPINION_MISSING = "opinion_missing"
    KEY_UNKNOWN = "key_unknown"
    KEY_WAITING = "key_waiting"
    KEY_REVOKED = "key_revoked"
    KEY_EXPIRED = "key_expired"
    PAPER_GONE = "paper_gone"
    KEY_REUSED = "key_reused"
    NOT_CONFIRMED = "not_confirmed"
    NOT_SIGNED_YET = "not_signed_yet"
    # Of what is signed of a result: a ballot is kept and waits.
    CLASS_NOT_COUNTED = "class_not_counted"


class PaperBallotRefusal(StrEnum):
    """Why an answer on paper is not entered, as it is said to who enters it."""

    MEMBER_NOT_ASKED = "member_not_asked"
    NOT_OPEN = "not_open"
    ENDED = "ended"
    SIGNED_ALREADY = "signed_already"
    OPINION_MISSING = "opinion_missing"
    NOT_PDF = "not_pdf"
    SCAN_OF_ANOTHER = "scan_of_another"


PAPER = "paper"


def takes(counted: Collection[str] | None, signature_class: str) -> bool:
    """Whether a ballot of this class counts by itself, where these classes do (None: all).

    BAL-04; an answer on paper bears its member's hand, and counts whatever keys do.
    """
    return counted is None or signature_class == PAPER or signature_class in counted


def position_of_ballot(
    choice: Choice, signature_class: str, counted: Collection[str] | None
) -> Position:
    """Where a member stands whose last ballot this is (security.md 3.3): their choice, or answered
    and waiting for a signature of a class that counts."""
    return Position(choice) if takes(counted, signature_class) else Position.AWAITS_OFFICIAL


class SignatureRefusal(StrEnum):
    MISMATCH = "mismatch"
    NO_SIGNATURE = "no_signature"


@dataclass(frozen=True)
class Terms:
    """What a consultation allows one member at a moment."""

    is_open: bool
    due_at: datetime
    is_asked: bool
    # The leaf that asks about the papers as they are now.
    asking_leaf: int
    # The leaf that an answer has to name: of what the member signed last since, else the asking.
    latest_leaf: int


@dataclass(frozen=True)
class SigningKey:
    """A member's signing key as the directory knows it."""

    usable_from: datetime
    ends_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class Answer:
    choice: Choice
    opinion: str
    follows: int


def refusal(
    terms: Terms, key: SigningKey | None, answer: Answer, now: datetime
) -> BallotRefusal | None:
    """Why this answer cannot be taken, or None if it can (rulebook: Life; BAL-01, 04, 05)."""
    if reason := _takes_none(terms, now):
        return reason
    if reason := key_refusal(key, now):
        return reason
    if answer.follows < terms.asking_leaf:
        return BallotRefusal.PAPERS_REPLACED
    if answer.follows != terms.latest_leaf:
        return BallotRefusal.ANSWERED_MEANWHILE
    if answer.choice in NEEDS_OPINION and not answer.opinion.strip():
        return BallotRefusal.OPINION_MISSING
    return None


def _takes_none(terms: Terms, now: datetime) -> BallotRefusal | None:
    """Why no answer of this member is taken, whatever it is."""
    if not terms.is_asked:
        return BallotRefusal.NOT_ASKED
    if not terms.is_open:
        return BallotRefusal.NOT_OPEN
    return BallotRefusal.ENDED if now >= terms.due_at else None


def key_refusal(key: SigningKey | None, now: datetime) -> BallotRefusal | None:
    """Why this key cannot sign now (BAL-04, AUTH-09)."""
    if key is None:
        return BallotRefusal.KEY_UNKNOWN
    if key.revoked_at is not None and key.revoked_at <= now:
        return BallotRefusal.KEY_REVOKED
    if key.ends_at <= now:
        return BallotRefusal.KEY_EXPIRED
    if now < key.usable_from:
        return BallotRefusal.KEY_WAITING
    return None


def paper_refusal(
    terms: Terms, is_in_office: bool, has_signed: bool, answer: Answer, now: datetime
) -> PaperBallotRefusal | None:
    """Why an answer on paper cannot be entered for a member (rulebook: Who may do what, enter a
    paper ballot; R-13).

    A paper never stands over what the member has signed: only the member answers again. Their
    own signed answer stands over a paper. Whoever has left office answers no more in any way.
    """
    if not (terms.is_asked and is_in_office):
        return PaperBallotRefusal.MEMBER_NOT_ASKED
    if reason := _takes_none(terms, now):
        return PaperBallotRefusal(reason.value)
    if has_signed:
        return PaperBallotRefusal.SIGNED_ALREADY
    if answer.choice in NEEDS_OPINION and not answer.opinion.strip():
        return PaperBallotRefusal.OPINION_MISSING
    return None


# ---- what an adviser proposes ----


def proposal_refusal(
    is_open: bool, has_ended: bool, choice: Choice, opinion: str
) -> BallotRefusal | None:
    """Why an adviser cannot propose this answer (rulebook: Who may do what, propose an answer).

    What could not be signed is not proposed either; the member alone answers.
    """
    if not is_open:
        return BallotRefusal.NOT_OPEN
    if has_ended:
        return BallotRefusal.ENDED
    if choice in NEEDS_OPINION and not opinion.strip():
        return BallotRefusal.OPINION_MISSING
    return None


# ---- what a member lets the drafting agency read at once ----


class EarlyRefusal(StrEnum):
    """Why nothing is released to the drafting agency early, or taken back."""

    NOT_OPEN = "not_open"
    ENDED = "ended"
    COMMENT_MISSING = "comment_missing"


def early_refusal(is_open: bool, has_ended: bool, words: str) -> EarlyRefusal | None:
    """Why a member's comment is not released before the closing (rulebook: a member may release the
    text of a comment to the drafting agency at once; the choice stays sealed).

    Neither what the member has answered nor whether they have is asked for: that it is taken tells
    nothing of it.
    """
    if not is_open:
        return EarlyRefusal.NOT_OPEN
    if has_ended:
        return EarlyRefusal.ENDED
    return None if words.strip() else EarlyRefusal.COMMENT_MISSING


# ---- a paper replaced while it is open ----

LEAST_DAYS_AGAIN = 2


def end_of_asking_again(
    rules: RuleSet, due_at: datetime, now: datetime, calendar: Calendar
) -> datetime:
    """The end of a question of which a paper was just replaced: as before, or later so that at
    least two working days are left (rulebook: The outcome, deemed agreement fails safe; BAL-05)."""
    return max(due_at, calendar.due(now, max(LEAST_DAYS_AGAIN, rules.least_days)))


# ---- silence ----


class NoticeBy(StrEnum):
    """What proves that notice was delivered (191/2026, BAL-07)."""

    OPENED = "opened"
    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True)
class Notice:
    """When a member opened the question, or a server accepted word of it for their confirmed
    address."""

    at: datetime
    by: NoticeBy


def first_notice(notices: Iterable[Notice]) -> Notice | None:
    """The earliest proof; of two at one moment, what the member did themselves."""
    return min(notices, key=lambda each: (each.at, list(NoticeBy).index(each.by)), default=None)


def is_in_time(rules: RuleSet, notice: Notice | None, due_at: datetime, calendar: Calendar) -> bool:
    """Whether notice left the member at least the set's minimum window before the end."""
    return notice is not None and calendar.due(notice.at, rules.least_days) <= due_at


class Reminder(StrEnum):
    """What a member who has not answered is reminded of."""

    ENDS_SOON = "consultation_ends_soon"
    LAST_DAY = "consultation_last_day"


REMIND_BEFORE = timedelta(days=3)
MORNING = time(8)


def asks_device(due_at: datetime | None, now: datetime) -> bool:
    """Whether a device on which the question is open is asked if it can still sign (AUTH-09)."""
    return due_at is not None and now >= due_at - REMIND_BEFORE


def reminder_due(
    opened_at: datetime, due_at: datetime, now: datetime, calendar: Calendar
) -> Reminder | None:
    """Three days before the end, while a device can still be mended, and on the last morning.

    None on the day of the opening, which has just said the same (AUTH-09).
    """
    opened_on, last_day = calendar.local_day(opened_at), calendar.day_and_hour_of_end(due_at)[0]
    local = now.astimezone(calendar.zone)
    if now >= due_at or local.date() == opened_on:
        return None
    if local.date() == last_day:
        return Reminder.LAST_DAY if local.time() >= MORNING else None
    was_opened_before = opened_on < calendar.local_day(due_at - REMIND_BEFORE)
    if was_opened_before and now >= due_at - REMIND_BEFORE:
        return Reminder.ENDS_SOON
    return None


@dataclass(frozen=True)
class Silence:
    """The facts about a member who gave no answer, as of the due moment."""

    is_prime_minister: bool
    was_asked: bool
    notice: Notice | None
    can_sign: bool
    enrolment_pending: bool
    tried_to_answer: bool
    # Answered about papers that were replaced since, and was asked again.
    answered_before: bool
    was_cut_off: bool


def position_of_silence(
    rules: RuleSet, silence: Silence, opened_at: datetime, due_at: datetime, calendar: Calendar
) -> Position:
    """What no answer means (191/2026, BAL-07): deemed agreement fails safe.

    Whoever tried to answer, a paper handed in among it, or answered before a paper was replaced,
    and the Prime Minister always, stay silent; whoever could not answer, or was not told in time,
    was not reached; after an outage nobody is deemed. `opened_at` is when they were asked last.
    """
    if not rules.silence_agrees or silence.is_prime_minister:
        return Position.SILENT
    if silence.tried_to_answer or silence.answered_before:
        return Position.SILENT
    if not silence.was_asked or not silence.can_sign or silence.enrolment_pending:
        return Position.NOT_REACHED
    if is_too_short(rules, opened_at, due_at, calendar):
        return Position.SILENT
    if not is_in_time(rules, silence.notice, due_at, calendar):
        return Position.NOT_REACHED
    return Position.SILENT if silence.was_cut_off else Position.DEEMED_AGREE


OUTAGE_BORNE = timedelta(minutes=30)
LAST_HOURS = timedelta(hours=4)
WINDOW_BORNE = 10


def was_cut_off(
    outages: Iterable[tuple[datetime, datetime]], opened_at: datetime, due_at: datetime,
    calendar: Calendar,
) -> bool:  # fmt: skip
    """Whether the service was down too long for silence to mean anything (BAL-07).

    More than 30 minutes since the last four working hours began (the evening after them, when
    late answers come, counts with them), or more than a tenth of the window by the clock.
    """
    down = list(outages)
    nearly_over = calendar.working_time_before(due_at, LAST_HOURS)
    near_the_end = sum((_shared(each, (nearly_over, due_at)) for each in down), timedelta())
    altogether = sum((_shared(each, (opened_at, due_at)) for each in down), timedelta())
    return near_the_end > OUTAGE_BORNE or altogether * WINDOW_BORNE > due_at - opened_at


def _shared(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> timedelta:
    return max(min(one[1], other[1]) - max(one[0], other[0]), timedelta())


# ---- the outcome ----


class Outcome(StrEnum):
    PASSED = "passed"
    NOT_PASSED = "not_passed"
    NEEDS_DECISION = "needs_decision"
    AWAITS_CLASSIFICATION = "awaits_classification"


class Why(StrEnum):
    """Which rule decided; each has its sentence."""

    MAJORITY = "majority"
    NO_MAJORITY = "no_majority"
    EQUAL_PM_FOR = "equal_pm_for"
    EQUAL_PM_AGAINST = "equal_pm_against"
    EXACTLY_HALF = "exactly_half"
    EQUAL_BELOW_HALF = "equal_below_half"
    PM_WOULD_DECIDE = "pm_would_decide"
    UNCLASSIFIED = "unclassified"


@dataclass(frozen=True)
class Tally:
    """The counts of one consultation. Deemed agreements never stand in `agree`."""

    members: int
    agree: int = 0
    agree_comments: int = 0
    disagree: int = 0
    other: int = 0
    deemed: int = 0
    silent: int = 0
    not_reached: int = 0
    # How the Prime Minister voted, by the side that they confirmed their other opinion to be for;
    # None when they did not, whatever the reason, or confirmed that it is for neither.
    pm: Choice | None = None
    # Other opinions that nobody has classified yet; never more than `other`.
    unclassified: int = 0
    # Who answered by a signature of a class that does not count alone.
    awaiting: int = 0

    @property
    def positions(self) -> dict[Position, int]:
        """How many members stand where."""
        return {
            Position.AGREE: self.agree,
            Position.AGREE_COMMENTS: self.agree_comments,
            Position.DISAGREE: self.disagree,
            Position.OTHER_OPINION: self.other,
            Position.DEEMED_AGREE: self.deemed,
            Position.SILENT: self.silent,
            Position.NOT_REACHED: self.not_reached,
            Position.AWAITS_OFFICIAL: self.awaiting,
        }

    @property
    def expressly_for(self) -> int:
        return self.agree + self.agree_comments

    @property
    def votes_for(self) -> int:
        return self.expressly_for + self.deemed

    @property
    def needed(self) -> int:
        """More than half of all members (191/2026)."""
        return self.members // 2 + 1

    @property
    def pm_side(self) -> bool | None:
        """True for, False against, None where the Prime Minister took neither side."""
        if self.pm in (Choice.AGREE, Choice.AGREE_COMMENTS):
            return True
        return False if self.pm is Choice.DISAGREE else None


@dataclass(frozen=True)
class Decision:
    outcome: Outcome
    why: Why


class Reading(StrEnum):
    """What an other opinion is classified as, once its member has confirmed it."""

    AGREEMENT = "agreement"
    DISAGREEMENT = "disagreement"
    NEITHER = "neither"


READ_AS = {
    Reading.AGREEMENT: Position.AGREE_COMMENTS,
    Reading.DISAGREEMENT: Position.DISAGREE,
    Reading.NEITHER: Position.OTHER_OPINION,
}


def tally(
    positions: Mapping[int, Position], prime_minister: int | None,
    readings: Mapping[int, Reading] | None = None,
) -> Tally:  # fmt: skip
    """Count where the members stand. Each member is one entry; N is their number.

    By `readings` an other opinion counts as its member has confirmed; nobody else's position is
    moved by one (rulebook: the outcome of a government consultation, other opinion).
    """
    others = {who for who, where in positions.items() if where is Position.OTHER_OPINION}
    confirmed = {who: each for who, each in (readings or {}).items() if who in others}
    stand = {**positions, **{who: READ_AS[each] for who, each in confirmed.items()}}
    count = dict.fromkeys(Position, 0)
    for position in stand.values():
        count[position] += 1
    at_top = stand.get(prime_minister) if prime_minister is not None else None
    if at_top is Position.OTHER_OPINION and prime_minister in confirmed:
        # Else an opinion of another that is still open could be taken for theirs.
        at_top = None
    return Tally(
        members=len(positions),
        agree=count[Position.AGREE],
        agree_comments=count[Position.AGREE_COMMENTS],
        disagree=count[Position.DISAGREE],
        other=count[Position.OTHER_OPINION],
        deemed=count[Position.DEEMED_AGREE],
        silent=count[Position.SILENT],
        not_reached=count[Position.NOT_REACHED],
        awaiting=count[Position.AWAITS_OFFICIAL],
        pm=Choice(at_top.value) if at_top in VOTED else None,
        unclassified=len(others) - len(confirmed),
    )


def decide(counted: Tally) -> Decision:
    """The outcome, in the rule book's order: unclassified, then needs decision, then the rest."""
    if len({_decided(each).outcome for each in _readings(counted)}) > 1:
        return Decision(Outcome.AWAITS_CLASSIFICATION, Why.UNCLASSIFIED)
    return _decided(counted)


def _readings(counted: Tally) -> Iterable[Tally]:
    """Every way in which the unclassified other opinions could yet be read."""
    for fors in range(counted.unclassified + 1):
        for againsts in range(counted.unclassified - fors + 1):
            read = replace(
                counted,
                agree_comments=counted.agree_comments + fors,
                disagree=counted.disagree + againsts,
            )
            yield from _pm_readings(counted, read, fors, againsts)


def _pm_readings(counted: Tally, read: Tally, fors: int, againsts: int) -> Iterable[Tally]:
    """Where the Prime Minister's own opinion is among those to be classified, its side too."""
    if counted.pm is not Choice.OTHER_OPINION:
        yield read
        return
    if fors + againsts < counted.unclassified:
        yield read
    if fors:
        yield replace(read, pm=Choice.AGREE_COMMENTS)
    if againsts:
        yield replace(read, pm=Choice.DISAGREE)


def _decided(counted: Tally) -> Decision:
    as_it_is = _compared(counted)
    if counted.pm_side is None and as_it_is.outcome is not Outcome.NEEDS_DECISION:
        with_pm = {_compared(each).outcome for each in _with_pm(counted)}
        if with_pm - {as_it_is.outcome}:
            return Decision(Outcome.NEEDS_DECISION, Why.PM_WOULD_DECIDE)
    return as_it_is


def _with_pm(counted: Tally) -> Iterable[Tally]:
    """The same count had the Prime Minister voted, either way."""
    if counted.votes_for + counted.disagree < counted.members:
        yield replace(counted, agree=counted.agree + 1, pm=Choice.AGREE)
        yield replace(counted, disagree=counted.disagree + 1, pm=Choice.DISAGREE)


def _compared(counted: Tally) -> Decision:
    """More than half of all members passes; on equal votes, the Prime Minister's side."""
    fors, againsts, everybody = counted.votes_for, counted.disagree, counted.members
    if 2 * fors > everybody:
        return Decision(Outcome.PASSED, Why.MAJORITY)
    if 2 * fors == everybody and fors == againsts and counted.pm_side is not None:
        if counted.pm_side:
            return Decision(Outcome.PASSED, Why.EQUAL_PM_FOR)
        return Decision(Outcome.NOT_PASSED, Why.EQUAL_PM_AGAINST)
    if 2 * fors == everybody and everybody:
        return Decision(Outcome.NEEDS_DECISION, Why.EXACTLY_HALF)
    if fors == againsts and fors:
        return Decision(Outcome.NEEDS_DECISION, Why.EQUAL_BELOW_HALF)
    return Decision(Outcome.NOT_PASSED, Why.NO_MAJORITY)


# ---- what comes of a result ----


class Decided(StrEnum):
    """What is decided on a result (rulebook: Who may do what, issue, return, put to a session)."""

    ISSUE = "issue"
    RETURN = "return"
    SESSION = "session"


def decision_refusal(
    outcome: Outcome | None, is_provisional: bool, is_decided: bool, decided: Decided, reason: str
) -> ConsultationRefusal | None:
    """Why this cannot be decided on a result, None where there is none yet (rulebook: a
    quarantined attempt; the outcome).

    What has not passed is not issued; where the count alone decides nothing, the Prime Minister
    does, and says why. It is decided once: what was wrong is corrected by an act of its own.
    """
    if outcome is None:
        return ConsultationRefusal.NOT_CLOSED
    if is_decided:
        return ConsultationRefusal.DECIDED_ALREADY
    if decided is Decided.ISSUE:
        if is_provisional:
            return ConsultationRefusal.PROVISIONAL
        if outcome is Outcome.NOT_PASSED:
            return ConsultationRefusal.NOT_PASSED
        if outcome is Outcome.AWAITS_CLASSIFICATION:
            return ConsultationRefusal.UNCLASSIFIED
    has_to_say_why = decided is not Decided.ISSUE or outcome is Outcome.NEEDS_DECISION
    if has_to_say_why and not reason.strip():
        return ConsultationRefusal.REASON_MISSING
    return None


def rests_on_silence(
    positions: Mapping[int, Position], prime_minister: int | None, readings: Mapping[int, Reading],
    tried: Collection[int],
) -> bool:  # fmt: skip
    """Whether the outcome is another one if those agree with nothing whom the closing deemed to
    agree, and who had tried to answer in time all the same: what they sent came later (rulebook: a
    quarantined attempt; R-12, silence must not swallow a "no")."""
    heard = {
        who: Position.SILENT if who in tried and where is Position.DEEMED_AGREE else where
        for who, where in positions.items()
    }
    as_found = decide(tally(positions, prime_minister, readings))
    return decide(tally(heard, prime_minister, readings)).outcome is not as_found.outcome


class ReplyKind(StrEnum):
    """What the drafting agency does with an opinion (glossary: tiếp thu, giải trình)."""

    ACCEPTED = "accepted"
    PARTLY = "partly"
    EXPLAINED = "explained"


def reply_refusal(is_closed: bool, is_decided: bool, opinion: str) -> ConsultationRefusal | None:
    """Why an opinion cannot be replied to (domain E, row 33: the table of opinions)."""
    if not is_closed:
        return ConsultationRefusal.NOT_CLOSED
    if is_decided:
        return ConsultationRefusal.DECIDED_ALREADY
    return None if opinion else ConsultationRefusal.NO_OPINION


# ---- how an other opinion is read ----


class Classified(StrEnum):
    """How far the classification of one other opinion has come."""

    PROPOSED = "proposed"
    TAKEN_BACK = "taken_back"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


# Nothing more is asked of a member whose opinion came so far.
SETTLED = frozenset({Classified.CONFIRMED, Classified.DECLINED})


class ClassificationRefusal(StrEnum):
    NOT_CLOSED = "not_closed"
    DECIDED_ALREADY = "decided_already"
    NO_OTHER_OPINION = "no_other_opinion"
    PROPOSED_ALREADY = "proposed_already"
    SETTLED_ALREADY = "settled_already"
    REASON_MISSING = "reason_missing"
    NOT_PROPOSED = "not_proposed"
    LEFT_OFFICE = "left_office"
    KNOWN_ALREADY = "known_already"


@dataclass(frozen=True)
class Classifiable:
    """One member's opinion on a closed question, as it stands at a moment."""

    outcome: Outcome | None
    is_decided: bool
    stood: Position | None
    is_in_office: bool
    # How far its classification has come; None before anybody proposed one.
    state: Classified | None


def classification_refusal(asked: Classifiable, reason: str) -> ClassificationRefusal | None:
    """Why the Office cannot propose how an opinion is read (rulebook: Who may do what, classify an
    other opinion; the outcome, other opinion).

    Proposed only while it could change the outcome, to a member who can still sign in their
    office; one at a time, and not again once its member has answered.
    """
    if refusal := _unclassifiable(asked):
        return refusal
    if asked.state is Classified.PROPOSED:
        return ClassificationRefusal.PROPOSED_ALREADY
    return None if reason.strip() else ClassificationRefusal.REASON_MISSING


def confirmation_refusal(asked: Classifiable) -> ClassificationRefusal | None:
    """Why a member cannot confirm or decline what is proposed."""
    if refusal := _unclassifiable(asked):
        return refusal
    is_open = asked.state is Classified.PROPOSED
    return None if is_open else ClassificationRefusal.NOT_PROPOSED


def taking_back_refusal(asked: Classifiable) -> ClassificationRefusal | None:
    """Why the Office cannot take a proposal back; it may once its member has left office."""
    return confirmation_refusal(replace(asked, is_in_office=True))


def _unclassifiable(asked: Classifiable) -> ClassificationRefusal | None:
    if asked.outcome is None:
        return ClassificationRefusal.NOT_CLOSED
    if asked.stood is not Position.OTHER_OPINION:
        return ClassificationRefusal.NO_OTHER_OPINION
    if asked.state in SETTLED:
        return ClassificationRefusal.SETTLED_ALREADY
    if asked.is_decided:
        return ClassificationRefusal.DECIDED_ALREADY
    if asked.outcome is not Outcome.AWAITS_CLASSIFICATION:
        return ClassificationRefusal.KNOWN_ALREADY
    return None if asked.is_in_office else ClassificationRefusal.LEFT_OFFICE


def reading_of(state: Classified, proposed: Reading) -> Reading | None:
    """What an answered proposal makes of the opinion: what its member signed; declined, it stays
    for neither side; unanswered, nothing (rulebook: it counts only by the member's signature)."""
    if state is Classified.CONFIRMED:
        return proposed
    return Reading.NEITHER if state is Classified.DECLINED else None


# ---- what a member sets beside an outcome ----


class ReservationRefusal(StrEnum):
    NO_OUTCOME = "no_outcome"
    NOT_A_MEMBER = "not_a_member"
    OPINION_MISSING = "opinion_missing"
    SAID_ALREADY = "said_already"
    OUTCOME_CHANGED = "outcome_changed"


@dataclass(frozen=True)
class Reservable:
    """One member beside the outcome of a question, as it stands at a moment."""

    # The act that found the outcome; None where there is none.
    outcome_leaf: int | None
    # Counted at the closing, and in office now.
    is_member: bool
    # What they have reserved beside this outcome already.
    said: frozenset[str]


def reservation_refusal(
    asked: Reservable, opinion: str, outcome_leaf: int | None
) -> ReservationRefusal | None:
    """Why a member cannot reserve an opinion beside the outcome that this act found (rulebook: a
    reserved opinion may be attached to any outcome, signed; Decree 191/2026, Article 28.1).

    A further one is never refused, whatever the member answered: each stands for itself.
    """
    if asked.outcome_leaf is None:
        return ReservationRefusal.NO_OUTCOME
    if not asked.is_member:
        return ReservationRefusal.NOT_A_MEMBER
    if not opinion.strip():
        return ReservationRefusal.OPINION_MISSING
    if outcome_leaf != asked.outcome_leaf:
        return ReservationRefusal.OUTCOME_CHANGED
    return ReservationRefusal.SAID_ALREADY if opinion in asked.said else None


# ---- the deciding sentence: official words, so in Vietnamese whatever the screen's language ----

OUTCOME_WORDS = {
    Outcome.PASSED: "Thông qua",
    Outcome.NOT_PASSED: "Không thông qua",
    Outcome.NEEDS_DECISION: "Cần Thủ tướng Chính phủ quyết định",
    Outcome.AWAITS_CLASSIFICATION: "Chờ phân loại ý kiến khác",
}
ENDINGS = {
    Why.MAJORITY: "đạt quá nửa tổng số thành viên Chính phủ (tối thiểu {needed})",
    Why.NO_MAJORITY: "chưa đạt quá nửa tổng số thành viên Chính phủ (tối thiểu {needed})",
    Why.EQUAL_PM_FOR: "số phiếu hai bên ngang nhau, thực hiện theo ý kiến mà Thủ tướng Chính phủ "
    "đã biểu quyết (đồng ý)",
    Why.EQUAL_PM_AGAINST: "số phiếu hai bên ngang nhau, thực hiện theo ý kiến mà Thủ tướng "
    "Chính phủ đã biểu quyết (không đồng ý)",
    Why.EXACTLY_HALF: "vừa đúng một nửa tổng số thành viên Chính phủ (quá nửa là {needed}), "
    "chưa đủ căn cứ để xác định kết quả",
    Why.EQUAL_BELOW_HALF: "bằng số không đồng ý ({against}) nhưng chưa đạt quá nửa tổng số thành "
    "viên Chính phủ (tối thiểu {needed}): nếu tính ngang nhau theo số phiếu thì thực hiện theo ý "
    "kiến của Thủ tướng Chính phủ, nếu tính theo tổng số thành viên thì chưa thông qua",
    Why.PM_WOULD_DECIDE: "ý kiến của Thủ tướng Chính phủ, nếu có, làm thay đổi kết quả (quá nửa "
    "là {needed})",
    Why.UNCLASSIFIED: "{unclassified} ý kiến khác chưa được phân loại có thể làm thay đổi kết quả "
    "(quá nửa là {needed})",
}


def sentence(counted: Tally, decision: Decision) -> str:
    """The sentence that every result prints; deemed agreements are named apart."""
    head = f"{counted.expressly_for}/{counted.members} thành viên Chính phủ đồng ý"
    if counted.deemed:
        head += f", {counted.deemed} thành viên được coi là đồng ý (kể riêng)"
        head += ", cộng lại" if _are_added(counted, decision) else ""
    if counted.awaiting:
        head += f", {counted.awaiting} thành viên đã trả lời, chờ ký chính thức (chưa tính)"
    ending = ENDINGS[decision.why].format(
        needed=counted.needed, against=counted.disagree, unclassified=counted.unclassified
    )
    return f"{head}, {ending}."


def _are_added(counted: Tally, decision: Decision) -> bool:
    """Whether what decided is the sum of those who agreed and those deemed to."""
    if decision.why is Why.MAJORITY:
        return 2 * counted.expressly_for <= counted.members
    return decision.why in DECIDED_BY_THE_SUM


DECIDED_BY_THE_SUM = frozenset(
    {Why.EQUAL_PM_FOR, Why.EQUAL_PM_AGAINST, Why.EXACTLY_HALF, Why.EQUAL_BELOW_HALF}
)


def awaits_extension(rules: RuleSet, was_cut_off: bool, counted: Tally) -> bool:
    """Whether an extension could still change who is deemed to agree (rulebook: until it is
    decided, nobody is)."""
    return rules.silence_agrees and was_cut_off and bool(counted.silent + counted.not_reached)


def passed_by_silence_alone(counted: Tally, decision: Decision) -> bool:
    """Passed, and nobody said yes: marked, and still the Prime Minister's to issue."""
    return decision.outcome is Outcome.PASSED and counted.expressly_for == 0
