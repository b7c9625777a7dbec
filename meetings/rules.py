"""Decisions of this room, as functions of plain values.

Sources: rulebook.md "Who counts" (Decree 191/2026 Đ21.2 on the quorum) and "Sessions and
meetings" (states, items, who operates the console).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


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


# The chair, or by the chair's order the secretary named for this session.
CONDUCTING = frozenset({SeatRole.CHAIR, SeatRole.SECRETARY})


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


def after(state: State, step: Step) -> State | StepRefusal:
    """The state a step leads to, or why it may not be taken."""
    starts, end = STEPS[step]
    return end if state in starts else StepRefusal.NOT_FROM_HERE


def may_read(state: State, *, seated: bool, prepares: bool, examines: bool) -> bool:
    """Whoever prepares or convenes reads it always; the seated once it is convened; records
    clerk and auditor once it is over."""
    return prepares or (seated and state in PUBLISHED) or (examines and state in OVER)


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


ITEM_STEPS: dict[ItemStep, tuple[frozenset[ItemState], ItemState]] = {
    ItemStep.CALL: (frozenset({ItemState.WAITING, ItemState.DEFERRED}), ItemState.DISCUSSED),
    ItemStep.SET_ASIDE: (frozenset({ItemState.DISCUSSED}), ItemState.WAITING),
    ItemStep.CONCLUDE: (frozenset({ItemState.DISCUSSED}), ItemState.CONCLUDED),
    ItemStep.DEFER: (frozenset({ItemState.WAITING, ItemState.DISCUSSED}), ItemState.DEFERRED),
}
NEEDS_WORDS = frozenset({ItemStep.CONCLUDE, ItemStep.DEFER})
SETTLED = frozenset({ItemState.CONCLUDED, ItemState.DEFERRED})


def item_after(
    meeting: State, item: ItemState, step: ItemStep, words: str = ""
) -> ItemState | ItemRefusal:
    """The state that a step brings an item to, or why it may not be taken."""
    if meeting is not State.OPEN:
        return ItemRefusal.SESSION_NOT_OPEN
    starts, end = ITEM_STEPS[step]
    if item not in starts:
        return ItemRefusal.NOT_FROM_HERE
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


class AgendaRefusal(StrEnum):
    PUBLISHED = "published"
    CANNOT_MOVE = "cannot_move"
    SEATED_ALREADY = "seated_already"
    SEAT_STAYS = "seat_stays"


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


def convening_refusal(submitted_by: int | None, convener: int) -> StepRefusal | None:
    """A session is put forward by one person and convened by another."""
    if submitted_by is None:
        return StepRefusal.NOT_SUBMITTED
    return StepRefusal.OWN_PROPOSAL if submitted_by == convener else None
