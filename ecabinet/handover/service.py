"""Handing an office's work on, and an ended agency's to the one it ended in."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from documents import service as documents
from ecabinet import approvals, canonical, clock, ledger, outbox
from ecabinet.access import Actor, Matter, Permission, Right, Role
from ecabinet.approvals import Act, Approved
from ecabinet.db import reading, transaction
from ecabinet.errors import BadInput, Refused, Stale
from ecabinet.handover import access, queries, rules
from ecabinet.handover.models import Handover
from ecabinet.handover.rules import HandoverRefusal, State
from meetings.service import prepare as meetings
from people import access as people_access
from people import queries as people
from people.rules import Party
from people.service import mandates
from people.service.mandates import About
from tasks import service as tasks

SIGNED_WITHIN = timedelta(days=60)


def begin(actor: Actor, term_id: int, taker_id: int, words: str) -> int:
    """Begin to hand an office's work to somebody; its number."""
    with transaction() as db:
        term = access.term_to_hand_over(db, actor, term_id)
        taker = people.actor(db, taker_id)
        if taker is None:
            raise BadInput("person", "holds no office")
        giver = access.party_in_office(db, term.person_id, term.office_id)
        if reason := rules.refusal(giver, Party(taker.id, taker.roles, taker.agencies)):
            raise Refused(reason)
        if _is_under_way(db, term.person_id, term.office_id):
            raise Refused(HandoverRefusal.BEGUN_ALREADY)
        handover = Handover(
            giver_id=term.person_id,
            taker_id=taker.id,
            office_id=term.office_id,
            giver=term.person.name,
            office=people.title_of(term),
            taker=taker.name,
            taker_office=taker.office,
            words=words,
            begun_at=clock.now(db),
            begun_by=actor.id,
        )
        db.add(handover)
        db.flush()
        _tell(db, handover, {handover.giver_id, handover.taker_id} - {actor.id}, "handover_begun")
        return handover.id


def _is_under_way(db: Session, giver_id: int, office_id: int) -> bool:
    same = select(Handover.id).where(
        Handover.giver_id == giver_id,
        Handover.office_id == office_id,
        Handover.taken_at.is_(None),
        Handover.withdrawn_at.is_(None),
    )
    return db.scalar(same) is not None


def sign(actor: Actor, handover_id: int, seen: str) -> None:
    """Sign the list that was shown: its giver first, then whoever takes over."""
    with transaction() as db:
        handover = access.handover_to_sign(db, actor, handover_id)
        signer = access.signer_of(db, actor, handover)
        if reason := rules.signing_refusal(signer, handover.stands):
            raise Refused(reason)
        if signer.is_taker:
            _take(db, actor, handover, seen)
        else:
            _give(db, actor, handover, seen)


def _give(db: Session, actor: Actor, handover: Handover, seen: str) -> None:
    lines = queries.lines(queries.work_of(db, handover))
    if queries.digest_of(handover, lines) != seen:
        raise Stale
    handover.lines, handover.given_at = lines, clock.now(db)
    handover.given_by, handover.given_as = actor.id, actor.office
    _tell(db, handover, {handover.taker_id}, "handover_given")


def _take(db: Session, actor: Actor, handover: Handover, seen: str) -> None:
    if queries.digest_of(handover, handover.lines) != seen:
        raise Stale
    handover.taken_at = clock.now(db)
    holder = people.actor_in_office(db, handover.giver_id, handover.office_id)
    if Role.SECRETARY in holder.roles & actor.roles:
        meetings.hand_over_seats(db, handover.giver_id, actor)
    if holder.may(Permission.TASK_ASSIGN) and actor.may(Permission.TASK_ASSIGN):
        tasks.hand_over(db, handover.giver_id, actor)
    mandates.end_all_about(db, Matter.HANDOVER, handover.id)
    body = {
        "handover": handover.id,
        "office": handover.office_id,
        "giver": handover.giver_id,
        "given_by": handover.given_by,
        "taker": actor.id,
        "lines": len(handover.lines),
        "sha256": seen,
    }
    ledger.append(db, "handed_over", body, _remember_leaf(handover))
    _tell(db, handover, {handover.giver_id, handover.begun_by}, "handover_done")


def withdraw(actor: Actor, handover_id: int) -> None:
    """Give up a handover that is not done yet."""
    with transaction() as db:
        handover = access.handover_to_give_up(db, actor, handover_id)
        if handover.stands in (State.DONE, State.WITHDRAWN):
            raise Refused(HandoverRefusal.OVER)
        handover.withdrawn_at = clock.now(db)
        mandates.end_all_about(db, Matter.HANDOVER, handover.id)
        others = {handover.giver_id, handover.taker_id} - {actor.id}
        _tell(db, handover, others, "handover_withdrawn")


def name_signer(actor: Actor, handover_id: int, person_id: int, words: str) -> None:
    """Let somebody of one's own sign this handover for oneself."""
    with transaction() as db:
        handover = access.handover_to_lend(db, actor, handover_id)
        if person_id == handover.taker_id:
            raise BadInput("person", "takes over, and signs for nobody else")
        about = About(Matter.HANDOVER, handover.id, handover.office)
        until = clock.now(db) + SIGNED_WITHIN
        mandates.give(db, actor, Right.SIGN_FOR, about, person_id, until, words)


def _tell(db: Session, handover: Handover, people_ids: set[int], kind: str) -> None:
    outbox.notify(
        db, people_ids, kind, handover.path,
        office=handover.office, giver=handover.giver, taker=handover.taker,
    )  # fmt: skip


def _remember_leaf(handover: Handover) -> Callable[[int], None]:
    def remember(position: int) -> None:
        handover.leaf = position

    return remember


# ---- the work of an agency that has ended in another ----


def ask_to_rehome(actor: Actor, agency_id: int) -> int:
    """Ask that all open work of an ended agency goes to the one it ended in."""
    with reading() as db:
        ended, into = people_access.agencies_to_rehome(db, actor, agency_id)
        if not any(each.agency.id == ended.id for each in queries.left_to_rehome(db)):
            raise Refused(HandoverRefusal.NOTHING_LEFT)
        facts = {
            "agency": ended.id,
            "name": ended.name,
            "into_id": into.id,
            "into": into.name,
        }
    return approvals.ask(actor, REHOME, f"{ended.short_name} → {into.short_name}", facts)


def _rehome(db: Session, approved: Approved) -> None:
    facts = approved.facts
    ended, into = people_access.agencies_to_rehome(db, approved.asker, facts["agency"])
    if (ended.name, into.id) != (facts["name"], facts["into_id"]):
        raise Stale
    body: canonical.Json = {
        "agency": ended.id,
        "into": into.id,
        "tasks": tasks.rehome(db, approved.asker, ended.id, into.id),
        "dossiers": documents.rehome(db, ended.id, into.id, queries.decided(db)),
        "items": meetings.rehome(db, ended.id, into.id),
        "asked_by": approved.asker.id,
        "confirmed_by": approved.approver.id,
    }
    ledger.append(db, "agency_rehomed", body)


REHOME = Act("rehome_agency", Permission.ACCOUNT_MANAGE, Permission.ACCOUNT_APPROVE, _rehome)
