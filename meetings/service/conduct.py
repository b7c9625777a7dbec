"""What the chair does, or a secretary by the chair's order: each act recorded so."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from documents import service as documents
from ecabinet import clock
from ecabinet.access import Actor, Matter
from ecabinet.db import transaction
from ecabinet.errors import Refused
from meetings import access, rules
from meetings.access import Console
from meetings.announcements import (
    FloorChanged,
    ItemCalled,
    ItemConcluded,
    ItemDeferred,
    MeetingChanged,
    OperatorNamed,
    SessionAdjourned,
    SessionClosed,
    SessionOpened,
    SessionResumed,
)
from meetings.models import Item, Meeting, Order, Speech
from meetings.rules import ItemState, ItemStep, SpeechState, Step, StepRefusal
from meetings.service import finding, seats, urgent
from meetings.service.record import digest, normal, record, told
from people.service import mandates


def name_operator(actor: Actor, meeting_id: int, person_id: int, *, named: bool) -> None:
    """Let a secretary operate the console by order of the chair, or no more."""
    with transaction() as db:
        meeting = access.meeting_to_chair(db, actor, meeting_id)
        if meeting.stands in rules.OVER:
            raise Refused(StepRefusal.NOT_FROM_HERE)
        seat = access.secretary_of(meeting, person_id)
        if meeting.is_conducted_by(seat) == named:
            return
        with told(db, meeting, OperatorNamed):
            seat.named_by = actor.id if named else None
            kind = "operator_named" if named else "operator_released"
            record(db, actor, meeting, kind, operator=person_id)


def open_session(actor: Actor, meeting_id: int) -> None:
    """Open the session, with the number of members who are there."""
    _step(actor, meeting_id, Step.OPEN, "opened", SessionOpened)


def adjourn(actor: Actor, meeting_id: int) -> None:
    _step(actor, meeting_id, Step.ADJOURN, "adjourned", SessionAdjourned)


def resume(actor: Actor, meeting_id: int) -> None:
    _step(actor, meeting_id, Step.RESUME, "resumed", SessionResumed)


def close(actor: Actor, meeting_id: int) -> None:
    """End the session, once every item has its conclusion or its deferral."""
    _step(actor, meeting_id, Step.CLOSE, "closed", SessionClosed)


def _step(actor: Actor, meeting_id: int, step: Step, kind: str, fact: type[MeetingChanged]) -> None:
    with transaction() as db:
        console = access.meeting_to_conduct(db, actor, meeting_id)
        meeting = console.meeting
        end = rules.after(meeting.stands, step, meeting.open_vote is not None)
        if isinstance(end, StepRefusal):
            raise Refused(end)
        if step is Step.CLOSE and (
            refusal := rules.closing_refusal(each.stands for each in meeting.items)
        ):
            raise Refused(refusal)
        with told(db, meeting, fact):
            meeting.state = end
            if step is Step.OPEN:
                meeting.opened_at = clock.now(db)
                # Whoever came into office since the session was called has a seat and its papers.
                seats.hand_out(db, meeting, seats.count_members(db, meeting))
            if step is Step.CLOSE:
                meeting.closed_at = clock.now(db)
                meeting.current_id = None
                _clear_floor(db, meeting)
                mandates.end_all_about(db, Matter.SESSION, meeting.id)
            counted = meeting.quorum
            _record(
                db, actor, console, kind, None,
                members=counted.members, present=counted.present, online=counted.online,
            )  # fmt: skip


# ---- items ----


def call_item(actor: Actor, meeting_id: int, item_id: int) -> None:
    """Go to an item; the one under discussion is set aside and waits again."""
    with transaction() as db:
        console = access.meeting_to_conduct(db, actor, meeting_id)
        meeting = console.meeting
        item = access.item_of(meeting, item_id)
        end = _item_after(meeting, item, ItemStep.CALL)
        with told(db, meeting, ItemCalled):
            if meeting.current:
                _leave(db, meeting, meeting.current, ItemState.WAITING)
            item.state, item.called_at, item.reason = end, clock.now(db), ""
            meeting.current_id = item.id
            _record(db, actor, console, "item_called", item)


def conclude_item(
    actor: Actor, meeting_id: int, item_id: int, text: str, orders: Sequence[str]
) -> None:
    """Write the conclusion with its orders; each becomes a place that a task can point at."""
    with transaction() as db:
        console = access.meeting_to_conduct(db, actor, meeting_id)
        meeting = console.meeting
        item = access.item_of(meeting, item_id)
        end = _item_after(meeting, item, ItemStep.CONCLUDE, text)
        with told(db, meeting, ItemConcluded):
            _leave(db, meeting, item, end)
            item.conclusion = normal(text)
            item.orders = _orders(orders)
            _record(
                db, actor, console, "item_concluded", item,
                text_sha256=digest(text), orders_sha256=[each.digest for each in item.orders],
            )  # fmt: skip
        finding.write(db, meeting, [item])
        _tell_story(db, meeting, item, "item_concluded")


def defer_item(actor: Actor, meeting_id: int, item_id: int, reason: str) -> None:
    """Put an item off, with the reason."""
    with transaction() as db:
        urgent.hold(db)
        console = access.meeting_to_conduct(db, actor, meeting_id)
        meeting = console.meeting
        item = access.item_of(meeting, item_id)
        end = _item_after(meeting, item, ItemStep.DEFER, reason)
        with told(db, meeting, ItemDeferred):
            _leave(db, meeting, item, end)
            item.reason = normal(reason)
            _record(db, actor, console, "item_deferred", item, reason_sha256=digest(reason))
        finding.write(db, meeting, [item])
        _tell_story(db, meeting, item, "item_deferred")
        urgent.place_awaited(db, actor)


def _item_after(meeting: Meeting, item: Item, step: ItemStep, words: str = "") -> ItemState:
    voting = meeting.open_vote is not None
    end = rules.item_after(meeting.stands, item.stands, step, words, voting)
    if isinstance(end, rules.ItemRefusal):
        raise Refused(end)
    return end


def _leave(db: Session, meeting: Meeting, item: Item, end: ItemState) -> None:
    """End the discussion of an item, if it was under discussion; the time spent on it counts."""
    if item.called_at:
        item.spent_seconds += int((clock.now(db) - item.called_at).total_seconds())
        item.called_at = None
    item.state = end
    if meeting.current_id == item.id:
        meeting.current_id = None
        _clear_floor(db, meeting)


def _orders(texts: Sequence[str]) -> list[Order]:
    wanted = [normal(each) for each in texts if each.strip()]
    return [
        Order(position=place, text=text, digest=digest(text))
        for place, text in enumerate(wanted, 1)
    ]


def _tell_story(db: Session, meeting: Meeting, item: Item, kind: str) -> None:
    if item.dossier_id:
        documents.add_to_story(
            db, item.dossier_id, kind, f"/meetings/{meeting.id}",
            title=meeting.title, number=item.position,
        )  # fmt: skip


# ---- the floor ----


def give_floor(actor: Actor, meeting_id: int, speech_id: int) -> None:
    """Ask somebody to speak; who spoke before has spoken."""
    with transaction() as db:
        console = access.meeting_to_conduct(db, actor, meeting_id)
        speech = access.speech_of(console.meeting, speech_id)
        _refuse_unless(speech, SpeechState.SPEAKING)
        with told(db, console.meeting, FloorChanged):
            for other in console.meeting.speeches:
                if other.stands is SpeechState.SPEAKING:
                    _end(db, other, SpeechState.SPOKEN)
            speech.state, speech.called_at = SpeechState.SPEAKING, clock.now(db)


def end_speech(actor: Actor, meeting_id: int, speech_id: int) -> None:
    with transaction() as db:
        console = access.meeting_to_conduct(db, actor, meeting_id)
        speech = access.speech_of(console.meeting, speech_id)
        _refuse_unless(speech, SpeechState.SPOKEN)
        with told(db, console.meeting, FloorChanged):
            _end(db, speech, SpeechState.SPOKEN)


def _refuse_unless(speech: Speech, end: SpeechState) -> None:
    if end not in rules.SPEECH_STEPS[speech.stands]:
        raise Refused(rules.FloorRefusal.NOT_FROM_HERE)


def _clear_floor(db: Session, meeting: Meeting) -> None:
    """With its item ends every speech; who only waited is not counted as having spoken."""
    for each in meeting.speeches:
        if each.stands is SpeechState.SPEAKING:
            _end(db, each, SpeechState.SPOKEN)
        elif each.stands is SpeechState.WAITING:
            _end(db, each, SpeechState.WITHDRAWN)


def _end(db: Session, speech: Speech, state: SpeechState) -> None:
    speech.state, speech.ended_at = state, clock.now(db)


def _record(
    db: Session, actor: Actor, console: Console, kind: str, item: Item | None, **facts: Any
) -> None:
    item_id = item.id if item else None
    record(db, actor, console.meeting, kind, item_id, console.by_order_of, **facts)
