"""A member passes a question to somebody of their own: they read, advise and propose an answer;
the member signs."""

from datetime import datetime

from ballots import access, queries, rules, signing
from ballots.models import Proposal, State
from ballots.signing import Between, Proposed
from documents import service as documents
from ecabinet import clock, keys, outbox
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


def propose(actor: Actor, consultation_id: int, member_id: int, answer: Proposed) -> None:
    """Leave the answer that one advises a member to give; it takes the place of the last one."""
    with transaction() as db:
        consultation = access.consultation_to_advise_on(db, actor, consultation_id, member_id)
        now = clock.now(db)
        if refusal := rules.proposal_refusal(
            consultation.state == State.OPEN, consultation.has_ended(now),
            answer.choice, answer.opinion,
        ):  # fmt: skip
            raise Refused(refusal)
        between = Between(consultation.id, member_id, actor.id)
        key = keys.store().read(signing.key_name(consultation.id))
        proposal = Proposal(
            consultation_id=consultation.id,
            member_id=member_id,
            adviser_id=actor.id,
            office=actor.office,
            version=consultation.version,
            sealed=signing.seal_proposal(key, between, answer),
            at=now,
        )
        db.merge(proposal)
        outbox.notify(
            db, member_id, "answer_proposed", f"{queries.path_of(consultation.id)}/answer",
            by=actor.office, title=consultation.title,
        )  # fmt: skip
