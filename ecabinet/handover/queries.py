"""Reads of handovers, and of what an office has to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots import queries as ballots
from documents import queries as documents
from ecabinet import approvals, canonical, clock
from ecabinet.access import Actor, Permission, Right, Role
from ecabinet.duties import Duty, most_urgent_first
from ecabinet.handover import access, rules
from ecabinet.handover.models import Handover
from ecabinet.handover.rules import State, Work
from meetings import queries as meetings
from people import queries as people
from people.queries import AgencyView
from tasks import queries as tasks

ROOMS = (approvals, people, documents, ballots, meetings, tasks)


def work_of(db: Session, handover: Handover) -> Work:
    """What the office has to do now."""
    return work_in_office(db, handover.giver_id, handover.office_id)


def work_in_office(db: Session, holder_id: int, office_id: int) -> Work:
    """What waits for whoever holds the office, as it would for this holder."""
    holder = people.actor_in_office(db, holder_id, office_id)
    agencies = sorted(holder.agencies)
    waiting = [duty for room in ROOMS for duty in room.duties(db, holder)]
    waiting += tasks.led_by(db, agencies)
    waiting += documents.drafted_by(db, agencies, decided(db))
    if Role.SECRETARY in holder.roles:
        waiting += meetings.prepared_by(db, holder_id)
    once = {each.path: each for each in reversed(waiting)}
    return rules.work(most_urgent_first(once.values()), clock.now(db))


def lines(work: Work) -> list[dict[str, Any]]:
    """What is handed on, as it is kept and signed."""
    return [
        {
            "kind": each.kind,
            "title": each.title,
            "path": each.path,
            "due_at": canonical.moment(each.due_at) if each.due_at else None,
            "facts": each.facts,
            "is_deadline": each.is_deadline,
        }
        for each in work.handed_on
    ]


def duties_of(kept: Sequence[dict[str, Any]]) -> list[Duty]:
    """The same, for the screen."""
    return [
        Duty(
            **each | {"due_at": datetime.fromisoformat(each["due_at"]) if each["due_at"] else None}
        )
        for each in kept
    ]


def digest_of(handover: Handover, kept: Sequence[dict[str, Any]]) -> str:
    """What a signature is bound to: both parties, the office and every line."""
    whole = {
        "handover": handover.id,
        "giver": handover.giver_id,
        "taker": handover.taker_id,
        "office": handover.office,
        "words": handover.words,
        "lines": list(kept),
    }
    return canonical.digest_of(canonical.encode(whole).decode())


@dataclass(frozen=True)
class Unfinished:
    """What an office would leave to be done if its term ended now, and the handover about it."""

    work: Work
    handover: Handover | None


def unfinished(db: Session, term_id: int) -> Unfinished:
    """Of this term's holder in its office; the newest handover that was not withdrawn."""
    term = people.term(db, term_id)
    newest = (
        select(Handover)
        .where(
            Handover.giver_id == term.person_id,
            Handover.office_id == term.office_id,
            Handover.withdrawn_at.is_(None),
        )
        .order_by(Handover.id.desc())
        .limit(1)
    )
    return Unfinished(work_in_office(db, term.person_id, term.office_id), db.scalar(newest))


def signed_work(handover: Handover) -> Work:
    """The parts of what was signed, as they were at that moment."""
    assert handover.given_at is not None
    return rules.work(duties_of(handover.lines), handover.given_at)


def handovers(db: Session, actor: Actor) -> list[Handover]:
    """Those that this person has a part in, or all for whoever follows persons; newest first."""
    query = select(Handover).order_by(Handover.id.desc())
    if not actor.may(Permission.PERSON_READ):
        lent = [each.matter_id for each in actor.mandates if each.right is Right.SIGN_FOR]
        mine = (Handover.giver_id == actor.id) | (Handover.taker_id == actor.id)
        instead = [each.id for each in to_sign_instead(db, actor)]
        query = query.where(mine | Handover.id.in_([*lent, *instead]))
    return list(db.scalars(query))


def possible_takers(db: Session, office_id: int, giver_id: int) -> list[people.Holder]:
    """Who could take over, in protocol order."""
    giver = access.party_in_office(db, giver_id, office_id)
    return [holder for holder, party in people.parties(db) if rules.refusal(giver, party) is None]


@dataclass(frozen=True)
class Left:
    """What an agency that has ended in another has still to do, counted."""

    agency: AgencyView
    tasks: int
    dossiers: int
    items: int


def left_to_rehome(db: Session) -> list[Left]:
    """The ended agencies that have work left."""
    ended = [each for each in people.agency_tree(db) if each.ended_on]
    led = tasks.open_by_agency(db)
    drafted = documents.undecided_by_agency(db, decided(db))
    presented = meetings.to_present_by_agency(db)
    found = [Left(each, led[each.id], drafted[each.id], presented[each.id]) for each in ended]
    return [each for each in found if each.tasks or each.dossiers or each.items]


def decided(db: Session) -> set[int]:
    """The dossiers that nobody has to work on any more."""
    return ballots.decided(db) | meetings.decided(db)


def to_sign_instead(db: Session, actor: Actor) -> list[Handover]:
    """Those whose giver has left, and that wait for this person to sign for them."""
    if not actor.roles & {Role.OFFICE_LEADER, Role.PRIME_MINISTER}:
        return []
    begun = select(Handover).where(
        Handover.given_at.is_(None), Handover.withdrawn_at.is_(None), Handover.giver_id != actor.id
    )
    return [each for each in db.scalars(begun) if access.signer_of(db, actor, each).for_giver]


def duties(db: Session, actor: Actor) -> list[Duty]:
    """Handovers that wait for this person's signature."""
    lent = [each.matter_id for each in actor.mandates if each.right is Right.SIGN_FOR]
    waiting = select(Handover).where(
        Handover.taken_at.is_(None),
        Handover.withdrawn_at.is_(None),
        (Handover.giver_id == actor.id) | (Handover.taker_id == actor.id) | Handover.id.in_(lent),
    )
    own = [
        each
        for each in db.scalars(waiting)
        if (each.stands is State.GIVEN) == (each.taker_id == actor.id)
    ]
    return [
        Duty("handover_to_sign", each.office, each.path, facts={"giver": each.giver})
        for each in [*own, *to_sign_instead(db, actor)]
    ]
