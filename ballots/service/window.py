"""Moving the end of an open question: by two people, with a reason; beyond what its rules allow,
the Prime Minister is one of them (rulebook: Who may do what, extend; shorten)."""

from datetime import datetime

from sqlalchemy.orm import Session

from ballots import access, queries, rules, signing
from ballots.models import Consultation, EndChange, State
from ballots.rules import ConsultationRefusal, NewEnd
from ballots.service import tell
from ecabinet import approvals, canonical, clock, ledger, working_days
from ecabinet.access import Actor, Permission
from ecabinet.approvals import Act, Approved
from ecabinet.db import reading
from ecabinet.errors import Refused, Stale


def ask_to_move_end(actor: Actor, consultation_id: int, due_at: datetime, reason: str) -> int:
    """Ask a second person to extend or shorten; until then the end stands."""
    with reading() as db:
        consultation = access.consultation_to_read(db, actor, consultation_id)
        end = _new_end(db, consultation, due_at)
        is_beyond = _is_beyond_limits(db, consultation, due_at)
        facts: canonical.Json = {
            "consultation": consultation.id,
            "version": consultation.version,
            "title": consultation.title,
            "was_due_at": canonical.moment(end.was),
            "due_at": canonical.moment(end.now),
            "was_ends": queries.CALENDAR.end_words(end.was),
            "ends": queries.CALENDAR.end_words(end.now),
            "beyond_limits": is_beyond,
            "reason": reason,
        }
    needs_prime_minister = is_beyond and not actor.may(Permission.CONSULTATION_EXCEED)
    act = MOVE_END_BEYOND if needs_prime_minister else MOVE_END
    return approvals.ask(actor, act, consultation.title, facts)


def _new_end(db: Session, consultation: Consultation, due_at: datetime) -> NewEnd:
    was = consultation.due_at
    if was is None:
        raise Refused(ConsultationRefusal.NOT_OPEN)
    end, is_open = NewEnd(was, due_at), consultation.state == State.OPEN
    if refusal := rules.new_end_refusal(is_open, end, clock.now(db), working_days.calendar(db)):
        raise Refused(refusal)
    return end


def _is_beyond_limits(db: Session, consultation: Consultation, due_at: datetime) -> bool:
    asked_at, in_force = consultation.asks_since, rules.rule_set(consultation.rule_set or "")
    assert asked_at is not None
    return rules.is_beyond_limits(in_force, asked_at, due_at, working_days.calendar(db))


def _move_end(db: Session, approved: Approved) -> None:
    facts = approved.facts
    consultation = access.consultation_to_approve(db, approved.asker, facts["consultation"])
    end = _new_end(db, consultation, datetime.fromisoformat(facts["due_at"]))
    as_shown = (facts["version"], facts["was_due_at"])
    if (consultation.version, canonical.moment(end.was)) != as_shown:
        raise Stale
    two = (approved.asker, approved.approver)
    if _is_beyond_limits(db, consultation, end.now) and not any(
        each.may(Permission.CONSULTATION_EXCEED) for each in two
    ):
        raise Refused(ConsultationRefusal.BEYOND_LIMITS)
    consultation.due_at = end.now
    change = EndChange(
        consultation_id=consultation.id,
        was_due_at=end.was,
        due_at=end.now,
        reason=facts["reason"],
        at=clock.now(db),
    )
    db.add(change)
    kind = "consultation_extended" if end.is_later else "consultation_shortened"
    leaf: canonical.Json = {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "was_due_at": facts["was_due_at"],
        "due_at": facts["due_at"],
        "reason_sha256": canonical.digest_of(facts["reason"]),
        "asked_by": approved.asker.id,
        "confirmed_by": approved.approver.id,
    }
    ledger.append(db, kind, leaf)
    tell.tell_of_end_moved(db, consultation, kind)


MOVE_END = Act(
    "move_consultation_end", Permission.CONSULTATION_APPROVE, Permission.CONSULTATION_APPROVE,
    _move_end, done_to=("consultation",),
)  # fmt: skip
MOVE_END_BEYOND = Act(
    "exceed_consultation_window", Permission.CONSULTATION_APPROVE,
    Permission.CONSULTATION_EXCEED, _move_end, done_to=("consultation",),
)  # fmt: skip
ACTS = (MOVE_END, MOVE_END_BEYOND)
