"""Correcting a result (đính chính): a new act of two people, linked both ways; the result itself is
never edited (rulebook: the life of a consultation)."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from ballots import access, queries, signing
from ballots.models import Consultation, Correction, Result
from ballots.rules import ConsultationRefusal
from ballots.service import tell
from ecabinet import approvals, canonical, clock, ledger
from ecabinet.access import Actor, Permission
from ecabinet.approvals import Act, Approved
from ecabinet.db import reading
from ecabinet.errors import Refused, Stale


def ask_to_correct(actor: Actor, consultation_id: int, words: str) -> int:
    """Ask a second person to say what is wrong in a result, and what is right."""
    with reading() as db:
        consultation = access.consultation_to_read(db, actor, consultation_id)
        result = _result(db, consultation)
        facts: canonical.Json = {
            "consultation": consultation.id,
            "title": consultation.title,
            "sentence": result.sentence,
            "corrections": len(queries.corrections_of(db, consultation.id)),
            "words": words,
        }
    return approvals.ask(actor, CORRECT, consultation.title, facts)


def _result(db: Session, consultation: Consultation) -> Result:
    result = queries.result_of(db, consultation.id)
    if result is None:
        raise Refused(ConsultationRefusal.NOT_CLOSED)
    return result


def _correct(db: Session, approved: Approved) -> None:
    facts = approved.facts
    consultation = access.consultation_to_approve(db, approved.asker, facts["consultation"])
    result, before = _result(db, consultation), queries.corrections_of(db, consultation.id)
    if len(before) != facts["corrections"]:
        raise Stale
    correction = Correction(
        consultation_id=consultation.id,
        number=len(before) + 1,
        words=facts["words"],
        asked_as=approved.asker.office,
        confirmed_as=approved.approver.office,
        at=clock.now(db),
    )
    db.add(correction)
    result.report_due = True
    db.flush()
    leaf: canonical.Json = {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "result_leaf": result.last_leaf,
        "number": correction.number,
        "words_sha256": canonical.digest_of(correction.words),
        "asked_by": approved.asker.id,
        "confirmed_by": approved.approver.id,
    }
    ledger.append(db, "result_corrected", leaf, _remember(correction))
    tell.tell_of_correction(db, consultation, correction)


def _remember(correction: Correction) -> Callable[[int], None]:
    def remember(position: int) -> None:
        correction.leaf = position

    return remember


CORRECT = Act(
    "correct_result", Permission.CONSULTATION_APPROVE, Permission.CONSULTATION_APPROVE, _correct,
    done_to=("consultation",),
)  # fmt: skip
