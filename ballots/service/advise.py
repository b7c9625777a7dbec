"""A member passes a question to somebody of their own: they read and advise; the member signs."""

from datetime import datetime

from ballots import access
from documents import service as documents
from ecabinet import clock
from ecabinet.access import Actor, Matter, Right
from ecabinet.db import transaction
from ecabinet.errors import Refused
from people.rules import MandateRefusal
from people.service import mandates
from people.service.mandates import About


def name_adviser(
    actor: Actor, consultation_id: int, person_id: int, until: datetime | None, words: str
) -> None:
    """Let somebody read this question and its papers, until its own end at most."""
    with transaction() as db:
        consultation = access.consultation_to_pass_on(db, actor, consultation_id)
        assert consultation.due_at is not None
        if consultation.has_ended(clock.now(db)):
            raise Refused(MandateRefusal.OVER)
        until = min(until or consultation.due_at, consultation.due_at)
        about = About(Matter.CONSULTATION, consultation.id, consultation.title)
        mandate = mandates.give(db, actor, Right.ADVISE, about, person_id, until, words)
        documents.lend(db, consultation.dossier_id, mandate.id)
