"""Signed answers that came in time and could not be taken: two people decide each member's, and
until then the result is provisional (rulebook: a quarantined attempt; BAL-08)."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from ballots import access, queries, signing
from ballots.models import Attempt, Consultation, State
from ballots.rules import ConsultationRefusal
from ecabinet import approvals, canonical, clock, ledger, outbox
from ecabinet.access import Actor, Permission
from ecabinet.approvals import Act, Approved
from ecabinet.db import reading
from ecabinet.errors import Refused, Stale


def ask_to_refuse(actor: Actor, consultation_id: int, person_id: int, reason: str) -> int:
    """Ask a second person to take none of a member's attempts; until then nothing has changed."""
    with reading() as db:
        consultation = access.consultation_to_read(db, actor, consultation_id)
        attempts = _undecided(db, consultation, person_id)
        facts: canonical.Json = {
            "consultation": consultation.id,
            "title": consultation.title,
            "member": person_id,
            "office": queries.offices_asked(consultation)[person_id],
            "attempts": [each.leaf for each in attempts],
            "refused_for": [each.reason for each in attempts],
            "reason": reason,
        }
    return approvals.ask(actor, REFUSE, consultation.title, facts)


def _undecided(db: Session, consultation: Consultation, person_id: int) -> Sequence[Attempt]:
    if consultation.state != State.CLOSED:
        raise Refused(ConsultationRefusal.NOT_CLOSED)
    found = queries.open_attempts(db, consultation).get(person_id)
    if not found:
        raise Refused(ConsultationRefusal.NO_ATTEMPT)
    return found


def _refuse(db: Session, approved: Approved) -> None:
    facts = approved.facts
    consultation = access.consultation_to_approve(db, approved.asker, facts["consultation"])
    attempts = _undecided(db, consultation, facts["member"])
    if [each.leaf for each in attempts] != facts["attempts"]:
        raise Stale
    for each in attempts:
        each.decided_at, each.decided_reason = clock.now(db), facts["reason"]
    db.flush()
    result = queries.result_of(db, consultation.id)
    assert result is not None
    still_waits = bool(queries.open_attempts(db, consultation))
    rests = queries.rests_on_silence(db, consultation, result)
    result.is_provisional = still_waits or rests or bool(result.outages)
    result.report_due = True
    leaf = {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "member": facts["member"],
        "attempts": facts["attempts"],
        "decision": "refused",
        "reason_sha256": canonical.digest_of(facts["reason"]),
        "provisional": result.is_provisional,
        "asked_by": approved.asker.id,
        "confirmed_by": approved.approver.id,
    }
    ledger.append(db, "attempt_decided", leaf, _remember(attempts))
    member = facts["member"]
    outbox.notify(
        db, member, "attempt_refused", queries.path_of(consultation.id),
        title=consultation.title, reason=facts["reason"],
    )  # fmt: skip


def _remember(attempts: Sequence[Attempt]) -> Callable[[int], None]:
    def remember(position: int) -> None:
        for each in attempts:
            each.decided_leaf = position

    return remember


REFUSE = Act(
    "refuse_attempt", Permission.CONSULTATION_APPROVE, Permission.CONSULTATION_APPROVE, _refuse,
    done_to=("consultation", "member"), persons=("member",),
)  # fmt: skip
