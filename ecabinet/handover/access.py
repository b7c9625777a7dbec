"""Loaders of handovers: whoever has no part in one knows nothing of it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet.access import Actor, Matter, Permission, Right, Role
from ecabinet.errors import NotFound
from ecabinet.handover import rules
from ecabinet.handover.models import Handover
from ecabinet.handover.rules import Signer, State
from people import queries as people
from people.models import Term
from people.rules import Party

MATTER = Matter.HANDOVER


def term_to_hand_over(db: Session, actor: Actor, term_id: int) -> Term:
    """One's own office; any for those who keep the list of persons."""
    keeps = actor.uses(Permission.ACCOUNT_MANAGE)
    term = db.get(Term, term_id)
    known = term and (term.person_id == actor.id or keeps)
    lasts = [each.id for each in people.terms_to_hand_over(db, term.person_id)] if term else []
    if term is None or not known or term.id not in lasts:
        raise NotFound("term")
    return term


def handover_to_read(db: Session, actor: Actor, handover_id: int) -> Handover:
    """Its parties, and those who keep, confirm or examine what happens to persons."""
    follows = actor.uses(Permission.PERSON_READ)
    handover = db.get(Handover, handover_id)
    named = handover and actor.id in (handover.giver_id, handover.taker_id)
    if handover is None or not (named or is_party(db, actor, handover) or follows):
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
    """What this person is to a handover. A giver who holds the office no more signs nothing of it:
    somebody does for them, and never whoever takes over."""
    by_mandate = actor.mandate_for(Right.SIGN_FOR, Matter.HANDOVER, handover.id) is not None
    holds = people.holds(db, handover.giver_id, handover.office_id)
    return Signer(
        is_giver=holds and actor.id == handover.giver_id,
        is_taker=actor.id == handover.taker_id and may_take_over(db, actor, handover),
        for_giver=(holds and by_mandate)
        or (not holds and _signs_for_who_left(db, actor, handover)),
    )


def _signs_for_who_left(db: Session, actor: Actor, handover: Handover) -> bool:
    signs = who_signs_instead(db, handover)
    return actor.id != handover.taker_id and signs in actor.roles


def who_signs_instead(db: Session, handover: Handover) -> Role:
    """Whose office signs where the giver holds theirs no more."""
    leaders = [each.person_id for each in people.persons_with(db, Role.OFFICE_LEADER)]
    return rules.signs_for_who_left(leaders, handover.taker_id)


def may_take_over(db: Session, actor: Actor, handover: Handover) -> bool:
    """Whether whoever was named is still of the office that is handed over."""
    taker = Party(actor.id, actor.roles, actor.agencies)
    return rules.refusal(party_in_office(db, handover.giver_id, handover.office_id), taker) is None


def party_in_office(db: Session, person_id: int, office_id: int) -> Party:
    """Somebody as the holder of the office that is handed over; of an agency that has ended, as
    one of the agency that it ended in."""
    holder = people.actor_in_office(db, person_id, office_id)
    return Party(holder.id, holder.roles, people.with_successors(db, holder.agencies))


def _locked(db: Session, handover_id: int) -> Handover:
    found = select(Handover).where(Handover.id == handover_id).with_for_update()
    handover = db.scalar(found.execution_options(populate_existing=True))
    if handover is None:
        raise NotFound("handover")
    return handover
