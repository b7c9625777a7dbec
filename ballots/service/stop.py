"""A question that ends without a result: withdrawn by two people, superseded by the next round, or
stopped since the Government that was asked is no more (rulebook: the life of a consultation).

No seal is broken and nothing counted: silence agrees to nothing, ballots stay as they are.
"""

from datetime import date

from sqlalchemy.orm import Session

from ballots import access, queries, rules, signing
from ballots.models import Consultation, State
from ballots.service.tell import tell_of_end
from ecabinet import approvals, canonical, clock, ledger
from ecabinet.access import Actor, Permission
from ecabinet.approvals import Act, Approved
from ecabinet.db import reading
from ecabinet.errors import Refused, Stale


def stop_if_replaced(db: Session, consultation: Consultation, on: date) -> bool:
    """Stop an open question, locked, if by this day the whole Government is another.

    It is opened anew, under the new Government, by drafting the next round.
    """
    if not queries.is_replaced(db, consultation, on):
        return False
    _end(db, consultation, State.STOPPED, {"reason": "government_replaced"})
    return True


def supersede(db: Session, consultation: Consultation, following: Consultation) -> None:
    """End an open question, locked, since the next round asks anew in its place."""
    facts = {
        "superseded_by": following.id,
        "drafted_by": following.drafted_by,
        "approved_by": following.approved_by,
    }
    _end(db, consultation, State.SUPERSEDED, facts)


def ask_to_withdraw(actor: Actor, consultation_id: int, reason: str) -> int:
    """Ask a second person to take an open question back; until then it stays open."""
    with reading() as db:
        consultation = access.consultation_to_read(db, actor, consultation_id)
        _refuse_to_withdraw(db, consultation)
        facts: canonical.Json = {
            "consultation": consultation.id,
            "version": consultation.version,
            "title": consultation.title,
            "question": consultation.question,
            "reason": reason,
        }
    return approvals.ask(actor, WITHDRAW, consultation.title, facts)


def _refuse_to_withdraw(db: Session, consultation: Consultation) -> None:
    is_open = consultation.state == State.OPEN
    if refusal := rules.withdrawal_refusal(is_open, consultation.has_ended(clock.now(db))):
        raise Refused(refusal)


def _withdraw(db: Session, approved: Approved) -> None:
    facts = approved.facts
    consultation = access.consultation_to_approve(db, approved.asker, facts["consultation"])
    _refuse_to_withdraw(db, consultation)
    if consultation.version != facts["version"]:
        raise Stale
    consultation.ended_reason = facts["reason"]
    leaf = {
        "reason_sha256": canonical.digest_of(facts["reason"]),
        "asked_by": approved.asker.id,
        "confirmed_by": approved.approver.id,
    }
    _end(db, consultation, State.WITHDRAWN, leaf)


WITHDRAW = Act(
    "withdraw_consultation", Permission.CONSULTATION_APPROVE, Permission.CONSULTATION_APPROVE,
    _withdraw, done_to=("consultation",),
)  # fmt: skip


def _end(db: Session, consultation: Consultation, state: State, facts: canonical.Json) -> None:
    consultation.state, consultation.closed_at = state, clock.now(db)
    db.flush()
    kind = f"consultation_{state}"
    leaf = {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "opened_leaf": consultation.opened_leaf,
    }
    ledger.append(db, kind, leaf | facts)
    tell_of_end(db, consultation, kind)
