"""Loaders of handovers: whoever has no part in one knows nothing of it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet.access import Actor, Matter, Permission, Right
from ecabinet.errors import NotFound
from ecabinet.handover.models import Handover
from ecabinet.handover.rules import Signer, State
from people import queries as people
from people.models import Term

MATTER = Matter.HANDOVER


def term_to_hand_over(db: Session, actor: Actor, term_id: int) -> Term:
    """One's own office; any for those who keep the list of persons."""
    term = db.get(Term, term_id)
    if term is None or not (term.person_id == actor.id or actor.may(Permission.ACCOUNT_MANAGE)):
        raise NotFound("term")
    return term


def handover_to_read(db: Session, actor: Actor, handover_id: int) -> Handover:
    """Its parties, and those who keep, confirm or examine what happens to persons."""
    handover = db.get(Handover, handover_id)
    if handover is None or not (is_party(db, actor, handover) or actor.may(Permission.PERSON_READ)):
        raise NotFound("handover")
    return handover


def handover_to_sign(db: Session, actor: Actor, handover_id: int) -> Handover:
    """The same, locked against the other signature."""
    handover = _locked(db, handover_id)
    if not is_party(db, actor, handover):
        raise NotFound("handover")
    return handover


def handover_to_give_up(db: Session, actor: Actor, handover_id: int) -> Handover:
    """One that this person has begun or gives, locked."""
    handover = _locked(db, handover_id)
    if actor.id not in (handover.giver_id, handover.begun_by):
        raise NotFound("handover")
    return handover


def handover_to_lend(db: Session, actor: Actor, handover_id: int) -> Handover:
    """One that this person gives, and may let another sign."""
    handover = _locked(db, handover_id)
    if actor.id != handover.giver_id or handover.stands is not State.BEGUN:
        raise NotFound("handover")
    return handover


def is_party(db: Session, actor: Actor, handover: Handover) -> bool:
    """Whoever signs; only they read what is handed over, others that it is."""
    signer = signer_of(db, actor, handover)
    return signer.is_giver or signer.is_taker or signer.for_giver


def signer_of(db: Session, actor: Actor, handover: Handover) -> Signer:
    """What this person is to a handover. For a giver who holds no office any more, and so signs
    nothing, a leader of the Government Office does."""
    by_mandate = actor.mandate_for(Right.SIGN_FOR, Matter.HANDOVER, handover.id) is not None
    left = people.actor(db, handover.giver_id) is None
    return Signer(
        is_giver=actor.id == handover.giver_id,
        is_taker=actor.id == handover.taker_id,
        for_giver=by_mandate or (left and actor.may(Permission.ACCOUNT_APPROVE)),
    )


def _locked(db: Session, handover_id: int) -> Handover:
    found = select(Handover).where(Handover.id == handover_id).with_for_update()
    handover = db.scalar(found.execution_options(populate_existing=True))
    if handover is None:
        raise NotFound("handover")
    return handover
