"""Decisions of this room, as functions of plain values.

Sources: rulebook.md "Who counts" (Decree 191/2026 Đ21.2 on the quorum), "The outcome" (votes in
session) and "Sessions and meetings" (states, items, who operates the console).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ballots.rules import Choice, Position


class Kind(StrEnum):
    REGULAR = "regular"
    THEMATIC = "thematic"
    EXTRAORDINARY = "extraordinary"
    STANDING = "standing"
    OF_PRIME_MINISTER = "of_prime_minister"
    CONFERENCE = "conference"

    @property
    def is_government_session(self) -> bool:
        """Only these seat the whole Government, and only they have a quorum."""
        return self in (Kind.REGULAR, Kind.THEMATIC, Kind.EXTRAORDINARY)


class SeatRole(StrEnum):
    CHAIR = "chair"
    MEMBER = "member"
    SECRETARY = "secretary"
    INVITEE = "invitee"
    SUBSTITUTE = "substitute"


def conducts(role: SeatRole, named_by: int | None, chair: int) -> bool:
    """The chair, or by the chair's order a secretary whom this chair named for this session."""
    return role is SeatRole.CHAIR or (role is SeatRole.SECRETARY and named_by == chair)


# ---- the life of a meeting ----


class State(StrEnum):
    PLANNED = "planned"
    CONVENED = "convened"
    OPEN = "open"
    ADJOURNED = "adjourned"
    CLOSED = "closed"
    CONCLUDED = "concluded"


class Step(StrEnum):
    CONVENE = "convene"
    OPEN = "open"
    ADJOURN = "adjourn"
    RESUME = "resume"
    CLOSE = "close"
    CONCLUDE = "conclude"


class StepRefusal(StrEnum):
    NOT_FROM_HERE = "not_from_here"
    NO_ITEMS = "no_items"
    NO_PAPERS = "no_papers"
    NOT_SUBMITTED = "not_submitted"
    OWN_PROPOSAL = "own_proposal"
    ALREADY_SUBMITTED = "already_submitted"
    ITEMS_OPEN = "items_open"
    VOTE_OPEN = "vote_open"


# step: (where it may start, where it ends)
STEPS: dict[Step, tuple[frozenset[State], State]] = {
    Step.CONVENE: (frozenset({State.PLANNED}), State.CONVENED),
    Step.OPEN: (frozenset({State.CONVENED}), State.OPEN),
    Step.ADJOURN: (frozenset({State.OPEN}), State.ADJOURNED),
    Step.RESUME: (frozenset({State.ADJOURNED}), State.OPEN),
    Step.CLOSE: (frozenset({State.OPEN, State.ADJOURNED}), State.CLOSED),
    Step.CONCLUDE: (frozenset({State.CLOSED}), State.CONCLUDED),
}
UNDER_WAY = frozenset({State.OPEN, State.ADJOURNED})
PUBLISHED = frozenset(State) - {State.PLANNED}
OVER = frozenset({State.CLOSED, State.CONCLUDED})


def is_to_come(state: State, day_is_over: bool) -> bool:
    """Whether a session is still ahead or under way: a convened one that nobody opened on its
    day is not.
    """
    return state not in OVER and not (state is State.CONVENED and day_is_over)


def after(state: State, step: Step, voting: bool = False) -> State | StepRefusal:
    """The state a step leads to, or why it may not be taken; a vote that is open ends first."""
    starts, end = STEPS[step]
    if state not in starts:
        return StepRefusal.NOT_FROM_HERE
    return StepRefusal.VOTE_OPEN if voting else end


def may_read(state: State, *, seated: bool, prepares: bool, examines: bool) -> bool:
    """Whoever prepares or convenes reads it always; the seated once it is convened; records
    clerk and auditor once it is over."""
    return prepares or (seated and state in PUBLISHED) or (examines and state in OVER)


def is_sent_to(restricted: bool, role: SeatRole, *, named: bool) -> bool:
    """A restricted item goes to those at the table who are named for it, to whoever chairs, and to
    the secretaries who write its minutes; to the others not even by its title (screens.md 3.17)."""
    return not restricted or named or role in (SeatRole.CHAIR, SeatRole.SECRETARY)


class ReaderRefusal(StrEnum):
    NO_SEAT = "no_seat"
    NOT_CONVENED = "not_convened"
    NOT_RESTRICTED = "not_restricted"
    KNOWS_ANYWAY = "knows_anyway"
    NOT_FOR_SUBSTITUTES = "not_for_substitutes"
    NAMED_ALREADY = "named_already"
    NOT_NAMED = "not_named"


def readers_refusal(
    state: State, restricted: bool, role: SeatRole, *, was: bool, named: bool
) -> ReaderRefusal | None:
    """Why somebody cannot be told of an item from now on, or be told of it no longer. Until it is
    convened the agenda itself says who is told; what is sent is sent to persons, and to nobody who
    sits in another's place."""
    if state is State.PLANNED:
        return ReaderRefusal.NOT_CONVENED
    if not restricted:
        return ReaderRefusal.NOT_RESTRICTED
    if role in (SeatRole.CHAIR, SeatRole.SECRETARY):
        return ReaderRefusal.KNOWS_ANYWAY
    if role is SeatRole.SUBSTITUTE and named:
        return ReaderRefusal.NOT_FOR_SUBSTITUTES
    if was == named:
        return ReaderRefusal.NAMED_ALREADY if named else ReaderRefusal.NOT_NAMED
    return None


class Reach(StrEnum):
    """How far somebody has come with an item's papers."""

    NOTHING = "nothing"
    PART = "part"
    ALL = "all"


def reach(any_opened: bool, any_left: bool) -> Reach:
    """Papers count by the edition that stands: a replaced one is to be opened anew."""
    if not any_opened:
        return Reach.NOTHING
    return Reach.PART if any_left else Reach.ALL


# ---- the life of an item ----


class ItemState(StrEnum):
    WAITING = "waiting"
    DISCUSSED = "discussed"
    CONCLUDED = "concluded"
    DEFERRED = "deferred"


class ItemStep(StrEnum):
    CALL = "call"
    SET_ASIDE = "set_aside"
    CONCLUDE = "conclude"
    DEFER = "defer"


class ItemRefusal(StrEnum):
    SESSION_NOT_OPEN = "session_not_open"
    NOT_FROM_HERE = "not_from_here"
    WORDS_MISSING = "words_missing"
    VOTE_OPEN = "vote_open"


ITEM_STEPS: dict[ItemStep, tuple[frozenset[ItemState], ItemState]] = {
    ItemStep.CALL: (frozenset({ItemState.WAITING, ItemState.DEFERRED}), ItemState.DISCUSSED),
    ItemStep.SET_ASIDE: (frozenset({ItemState.DISCUSSED}), ItemState.WAITING),
    ItemStep.CONCLUDE: (frozenset({ItemState.DISCUSSED}), ItemState.CONCLUDED),
    ItemStep.DEFER: (frozenset({ItemState.WAITING, ItemState.DISCUSSED}), ItemState.DEFERRED),
}
NEEDS_WORDS = frozenset({ItemStep.CONCLUDE, ItemStep.DEFER})
SETTLED = frozenset({ItemState.CONCLUDED, ItemState.DEFERRED})


def item_after(
    meeting: State, item: ItemState, step: ItemStep, words: str = "", voting: bool = False
) -> ItemState | ItemRefusal:
    """The state that a step brings an item to, or why it may not be taken.

    While a vote is open the session stays at its item, and that item stays as it is.
    """
    if meeting is not State.OPEN:
        return ItemRefusal.SESSION_NOT_OPEN
    starts, end = ITEM_STEPS[step]
    if item not in starts:
        return ItemRefusal.NOT_FROM_HERE
    if voting:
        return ItemRefusal.VOTE_OPEN
    if step in NEEDS_WORDS and not words.strip():
        return ItemRefusal.WORDS_MISSING
    return end


def closing_refusal(items: Iterable[ItemState]) -> StepRefusal | None:
    """A session does not end while an item has neither conclusion nor deferral."""
    return None if all(each in SETTLED for each in items) else StepRefusal.ITEMS_OPEN


# ---- attendance and quorum ----


class Attendance(StrEnum):
    HALL = "hall"
    ONLINE = "online"


class AttendanceRefusal(StrEnum):
    TOO_EARLY = "too_early"
    OVER = "over"


DOORS_OPEN = timedelta(hours=2)


def attendance_refusal(
    state: State, starts_at: datetime, now: datetime
) -> AttendanceRefusal | None:
    """Nobody is present days before: the check opens two hours ahead, or with the session."""
    if state in OVER:
        return AttendanceRefusal.OVER
    if state not in UNDER_WAY and now < starts_at - DOORS_OPEN:
        return AttendanceRefusal.TOO_EARLY
    return None


def quorum_of(members: int) -> int:
    """At least two thirds of all members, rounded up (191/2026 Đ21.2): 17 of 25, 18 of 26."""
    return -(-2 * members // 3)


@dataclass(frozen=True)
class Quorum:
    """Who of the members is there; invitees, substitutes and secretaries never count."""

    members: int
    hall: int
    online: int

    @property
    def present(self) -> int:
        return self.hall + self.online

    @property
    def needed(self) -> int:
        return quorum_of(self.members)

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.present)


def quorum(members: Iterable[Attendance | None]) -> Quorum:
    """The quorum of a session, from how each of its members attends."""
    how = list(members)
    return Quorum(len(how), how.count(Attendance.HALL), how.count(Attendance.ONLINE))


# ---- voting ----


class VoteState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    # Ended without a result, by the chair.
    STOPPED = "stopped"


class Naming(StrEnum):
    """Whether names are shown after closing. *Hidden* is no secret vote: the record names all."""

    OPEN = "open"
    HIDDEN = "hidden"


class VoteRefusal(StrEnum):
    NOT_GOVERNMENT = "not_government"
    SESSION_NOT_OPEN = "session_not_open"
    NOT_DISCUSSED = "not_discussed"
    ALREADY_OPEN = "already_open"
    QUORUM_MISSING = "quorum_missing"
    RESTRICTED = "restricted"
    NO_RULES = "no_rules"
    NOT_OPEN = "not_open"
    SUSPENDED = "suspended"
    NOT_ANNOUNCED = "not_announced"


class CastRefusal(StrEnum):
    NOT_A_VOTER = "not_a_voter"
    NOT_OPEN = "not_open"
    SUSPENDED = "suspended"
    VOTED_MEANWHILE = "voted_meanwhile"
    OPINION_MISSING = "opinion_missing"
    OTHER_STATEMENT = "other_statement"
    SIGNATURE_MISMATCH = "signature_mismatch"
    KEY_UNKNOWN = "key_unknown"
    KEY_WAITING = "key_waiting"
    KEY_REVOKED = "key_revoked"
    KEY_EXPIRED = "key_expired"
    KEY_REUSED = "key_reused"


# What a member may answer in session, in the order of every screen; none is chosen beforehand.
VOTE_CHOICES = (Choice.AGREE, Choice.DISAGREE, Choice.OTHER_OPINION)
# A closing shows in the hall so long before it takes effect.
CLOSING_SHOWN = timedelta(seconds=5)


def opening_refusal(
    government: bool,
    meeting: State,
    item: ItemState,
    voting: bool,
    counted: Quorum,
    *,
    restricted: bool = False,
) -> VoteRefusal | None:
    """Why no vote opens now: below two thirds of all members none does (191/2026 Đ21.2), and none
    on what not every member may read."""
    if not government:
        return VoteRefusal.NOT_GOVERNMENT
    if meeting is not State.OPEN:
        return VoteRefusal.SESSION_NOT_OPEN
    if item is not ItemState.DISCUSSED:
        return VoteRefusal.NOT_DISCUSSED
    if restricted:
        return VoteRefusal.RESTRICTED
    if voting:
        return VoteRefusal.ALREADY_OPEN
    return VoteRefusal.QUORUM_MISSING if counted.missing else None


@dataclass(frozen=True)
class VoteTerms:
    """What a vote allows one person at a moment."""

    state: VoteState
    # Whether this person is a member; being present is not asked for (practice of 2019).
    is_voter: bool
    missing: int
    # The leaf that an answer has to name: the member's last one, else the opening.
    latest_leaf: int


def casting_refusal(
    terms: VoteTerms, choice: Choice, opinion: str, follows: int
) -> CastRefusal | None:
    """Why this answer cannot be taken (rulebook: Who counts; The outcome; BAL-01).

    Members alone vote, absent ones too; a vote that has lost its quorum is suspended.
    """
    if not terms.is_voter:
        return CastRefusal.NOT_A_VOTER
    if terms.state is not VoteState.OPEN:
        return CastRefusal.NOT_OPEN
    if terms.missing:
        return CastRefusal.SUSPENDED
    if follows != terms.latest_leaf:
        return CastRefusal.VOTED_MEANWHILE
    if choice is Choice.OTHER_OPINION and not opinion.strip():
        return CastRefusal.OPINION_MISSING
    return None


def announcing_refusal(state: VoteState, missing: int) -> VoteRefusal | None:
    """Why the closing of a vote cannot be announced."""
    if state is not VoteState.OPEN:
        return VoteRefusal.NOT_OPEN
    return VoteRefusal.SUSPENDED if missing else None


def counting_refusal(
    state: VoteState, missing: int, closing_at: datetime | None, now: datetime
) -> VoteRefusal | None:
    """Why a vote cannot be closed and counted yet: the hall sees it five seconds ahead."""
    if reason := announcing_refusal(state, missing):
        return reason
    is_due = closing_at is not None and closing_at <= now
    return None if is_due else VoteRefusal.NOT_ANNOUNCED


def positions(members: Iterable[int], answers: Mapping[int, Choice]) -> dict[int, Position]:
    """Where each member stands at closing; in session silence agrees to nothing.

    Every member is one entry, absent or not: the majority is of all members (191/2026 Đ3.3).
    """
    return {
        each: Position(answers[each]) if each in answers else Position.SILENT for each in members
    }


# ---- speaking ----


class SpeechState(StrEnum):
    WAITING = "waiting"
    SPEAKING = "speaking"
    SPOKEN = "spoken"
    WITHDRAWN = "withdrawn"


class FloorRefusal(StrEnum):
    SESSION_NOT_OPEN = "session_not_open"
    NOT_PRESENT = "not_present"
    ALREADY_ASKED = "already_asked"
    NOT_FROM_HERE = "not_from_here"


SPEECH_STEPS: dict[SpeechState, frozenset[SpeechState]] = {
    SpeechState.WAITING: frozenset({SpeechState.SPEAKING, SpeechState.WITHDRAWN}),
    SpeechState.SPEAKING: frozenset({SpeechState.SPOKEN, SpeechState.WITHDRAWN}),
    SpeechState.SPOKEN: frozenset(),
    SpeechState.WITHDRAWN: frozenset(),
}
ON_THE_FLOOR = frozenset({SpeechState.WAITING, SpeechState.SPEAKING})


def asking_refusal(meeting: State, present: bool, asked: bool) -> FloorRefusal | None:
    """Why somebody may not ask for the floor now."""
    if meeting is not State.OPEN:
        return FloorRefusal.SESSION_NOT_OPEN
    if not present:
        return FloorRefusal.NOT_PRESENT
    return FloorRefusal.ALREADY_ASKED if asked else None


# ---- the agenda ----


class SubstituteRefusal(StrEnum):
    NO_SESSION = "no_session"
    NOT_FROM_HERE = "not_from_here"
    NOT_A_MEMBER = "not_a_member"
    CHAIRS = "chairs"
    ASKED_ALREADY = "asked_already"
    SEATED_ALREADY = "seated_already"


def substitute_refusal(
    kind: Kind, state: State, role: SeatRole, counts: bool, asked: bool
) -> SubstituteRefusal | None:
    """Why a member cannot send somebody in their place (191/2026 Đ7.2.đ, Đ21.3): a deputy attends
    a session of the Government with the Prime Minister's consent, and neither votes nor counts."""
    if not kind.is_government_session:
        return SubstituteRefusal.NO_SESSION
    if state in OVER or state is State.PLANNED:
        return SubstituteRefusal.NOT_FROM_HERE
    if role is SeatRole.CHAIR:
        return SubstituteRefusal.CHAIRS
    if not counts:
        return SubstituteRefusal.NOT_A_MEMBER
    return SubstituteRefusal.ASKED_ALREADY if asked else None


class AgendaRefusal(StrEnum):
    PUBLISHED = "published"
    CANNOT_MOVE = "cannot_move"
    SEATED_ALREADY = "seated_already"
    SEAT_STAYS = "seat_stays"
    NO_AGENCY = "no_agency"
    BOOK_TOO_LONG = "book_too_long"
    BOOK_NOT_EXPORTED = "book_not_exported"


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Planned:
    """What the checks of an agenda look at in one item."""

    number: int
    has_presenter: bool
    has_dossier: bool
    papers: int


@dataclass(frozen=True)
class Lack:
    """Something that an item still lacks; a blocking one keeps the agenda from going out."""

    number: int
    what: str
    blocks: bool


def first_pages(pages: Sequence[int]) -> list[int]:
    """The through number of each paper's first page, all papers of a session being one book; the
    same for every reader, whatever part of it they are given (peers.md 18)."""
    return [1 + sum(pages[:place]) for place in range(len(pages))]


def lacks(items: Iterable[Planned]) -> list[Lack]:
    """What is still to be done before the agenda is whole, blocking things first."""
    found = []
    for each in items:
        if each.has_dossier and not each.papers:
            found.append(Lack(each.number, "papers", blocks=True))
        if not each.has_presenter:
            found.append(Lack(each.number, "presenter", blocks=False))
        if not each.has_dossier:
            found.append(Lack(each.number, "dossier", blocks=False))
    return sorted(found, key=lambda one: (not one.blocks, one.number))


def submitting_refusal(items: Iterable[Planned], submitted: bool) -> StepRefusal | None:
    """Why an agenda cannot be put forward for convening."""
    planned = list(items)
    if submitted:
        return StepRefusal.ALREADY_SUBMITTED
    if not planned:
        return StepRefusal.NO_ITEMS
    if any(each.blocks for each in lacks(planned)):
        return StepRefusal.NO_PAPERS
    return None


class UrgentRefusal(StrEnum):
    NOT_YET_DECIDED = "not_yet_decided"
    NOT_A_DECIDER = "not_a_decider"
    NOT_A_MEMBER = "not_a_member"
    REASON_MISSING = "reason_missing"
    STAYS_IN_SIGHT = "stays_in_sight"


class Reporting(StrEnum):
    """How far an urgent decision is on its way to the Government."""

    AWAITED = "awaited"
    ON_AGENDA = "on_agenda"
    REPORTED = "reported"


def urgent_refusal(
    decided_at: datetime, now: datetime, *, by_decider: bool, agreed_by_members: bool
) -> UrgentRefusal | None:
    """Why no such urgent decision can be recorded: the Prime Minister, or a deputy, has decided for
    the Government, and with whom they agreed (Decree 191/2026, Articles 3.4 and 5.2.n)."""
    if not by_decider:
        return UrgentRefusal.NOT_A_DECIDER
    if not agreed_by_members:
        return UrgentRefusal.NOT_A_MEMBER
    return UrgentRefusal.NOT_YET_DECIDED if decided_at > now else None


def takes_reports(kind: Kind, state: State, starts_at: datetime, now: datetime) -> bool:
    """Whether urgent decisions put themselves on this agenda: that of a session of the Government
    to come, until it is convened (Decree 191/2026, Article 3.4)."""
    return kind.is_government_session and state is State.PLANNED and starts_at > now


# A session that nobody opened a day after its hour reports of nothing any more.
LATEST_OPENING = timedelta(days=1)


def holds_report(
    kind: Kind, state: State, starts_at: datetime, item: ItemState, now: datetime
) -> bool:
    """Whether an item reports on its urgent decision, or still will: at a session of the Government
    and no other meeting, unless it was deferred or the session's time has passed unused."""
    if not kind.is_government_session or item is ItemState.DEFERRED:
        return False
    if state is State.PLANNED:
        return takes_reports(kind, state, starts_at, now)
    return state is not State.CONVENED or now < starts_at + LATEST_OPENING


def reporting(items: Iterable[ItemState]) -> Reporting:
    """How far it is, by the states of the items that hold its report."""
    found = set(items)
    if ItemState.CONCLUDED in found:
        return Reporting.REPORTED
    return Reporting.ON_AGENDA if found else Reporting.AWAITED


def taking_off_refusal(is_urgent_report: bool, reason: str) -> UrgentRefusal | None:
    """Why an item cannot be taken off an agenda: a report on an urgent decision only goes with a
    reason (rulebook: Urgent decisions)."""
    return UrgentRefusal.REASON_MISSING if is_urgent_report and not reason else None


def report_refusal(decided: str, title: str, *, restricted: bool) -> UrgentRefusal | None:
    """Why a report on an urgent decision of this title cannot be written so: the whole Government
    is told, by the decision's own title (Decree 191/2026, Article 3.4)."""
    return UrgentRefusal.STAYS_IN_SIGHT if restricted or title != decided else None


def convening_refusal(submitted_by: int | None, convener: int) -> StepRefusal | None:
    """A session is put forward by one person and convened by another."""
    if submitted_by is None:
        return StepRefusal.NOT_SUBMITTED
    return StepRefusal.OWN_PROPOSAL if submitted_by == convener else None
