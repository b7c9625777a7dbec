"""What a handover holds, who takes it over, who signs it.

Source: the plan of the people's room ("tasks, dossiers and duties belong to the office; keys, notes
and ballots to the person"); rulebook.md "Who counts" (a ballot is never delegated).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ecabinet.access import Role
from ecabinet.duties import Duty
from people.rules import Party

# They go with the person: a ballot is its member's own, and so are passwords and advice.
PERSONAL = frozenset(
    {
        "ballot_to_cast", "consultation_to_advise_on", "password_ended", "phone_lost",
        "handover_to_sign",
    }
)  # fmt: skip
# A place at a session comes with the office, by itself.
BY_ITSELF = frozenset({"session_upcoming", "session_open"})
TO_SIGN = frozenset(
    {
        "approval_to_decide", "consultation_to_approve", "session_to_convene", "device_pending",
        "substitute_to_consent_to", "task_reported", "task_refused",
    }
)  # fmt: skip


class HandoverRefusal(StrEnum):
    ONESELF = "oneself"
    NOT_OF_THE_OFFICE = "not_of_the_office"
    BEGUN_ALREADY = "begun_already"
    GIVER_FIRST = "giver_first"
    SIGNED_ALREADY = "signed_already"
    NOT_YOURS_TO_SIGN = "not_yours_to_sign"
    OVER = "over"
    NOTHING_LEFT = "nothing_left"


class State(StrEnum):
    """How far a handover has come; computed, never stored."""

    BEGUN = "begun"
    GIVEN = "given"
    DONE = "done"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Work:
    """What an office has to do, apart what only its holder can do."""

    open: list[Duty]
    late: list[Duty]
    to_sign: list[Duty]
    personal: list[Duty]

    @property
    def handed_on(self) -> list[Duty]:
        return [*self.late, *self.to_sign, *self.open]


def work(duties: Iterable[Duty], now: datetime) -> Work:
    """Each duty in exactly one part: what is late is late first, whatever it waits for."""
    found = Work([], [], [], [])
    for each in duties:
        if each.kind in BY_ITSELF:
            continue
        if each.kind in PERSONAL:
            found.personal.append(each)
        elif each.urgency(now) == "overdue":
            found.late.append(each)
        else:
            (found.to_sign if each.kind in TO_SIGN else found.open).append(each)
    return found


def refusal(giver: Party, taker: Party) -> HandoverRefusal | None:
    """Why this person cannot take over: of the same agency, or in the same part of the Office."""
    if giver.person_id == taker.person_id:
        return HandoverRefusal.ONESELF
    own, theirs = set(giver.agencies), set(taker.agencies)
    shared = own & theirs if own or theirs else set(giver.roles) & set(taker.roles)
    return None if shared else HandoverRefusal.NOT_OF_THE_OFFICE


def signs_for_who_left(leaders: Collection[int], taker_id: int) -> Role:
    """Whose office signs for a giver who has left: a leader of the Government Office, and where
    nobody but the taker leads it, the Prime Minister, so that two persons sign.

    Source: rulebook.md "Who may do what" ("LĐ 2; then TT": what the Office cannot decide by two).
    """
    return Role.OFFICE_LEADER if set(leaders) - {taker_id} else Role.PRIME_MINISTER


def state(given: bool, taken: bool, withdrawn: bool) -> State:
    if withdrawn:
        return State.WITHDRAWN
    if given and taken:
        return State.DONE
    return State.GIVEN if given else State.BEGUN


@dataclass(frozen=True)
class Signer:
    """Somebody who would sign, and what they are to this handover."""

    is_giver: bool
    is_taker: bool
    # By a mandate of the giver, or by `signs_for_who_left` for one who holds no office any more.
    for_giver: bool


def signing_refusal(signer: Signer, at: State) -> HandoverRefusal | None:
    """Why this signature cannot be taken: the giver signs first, and what is signed stands."""
    if at in (State.DONE, State.WITHDRAWN):
        return HandoverRefusal.OVER
    if signer.is_taker:
        return HandoverRefusal.GIVER_FIRST if at is State.BEGUN else None
    if signer.is_giver or signer.for_giver:
        return HandoverRefusal.SIGNED_ALREADY if at is State.GIVEN else None
    return HandoverRefusal.NOT_YOURS_TO_SIGN
