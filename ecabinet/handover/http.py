"""Handovers: begun, read, signed by both; and an ended agency's work, moved by two."""

from flask import render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ecabinet import web
from ecabinet.access import Actor, Permission
from ecabinet.db import reading
from ecabinet.handover import access, queries, rules, service
from ecabinet.handover.models import Handover
from ecabinet.handover.rules import State, Work
from ecabinet.room_words import RoomWords
from ecabinet.web import Door, confirmed, current_actor, form, form_int, needs, takes
from people import queries as people

door = Door("handover", __name__)
PATH = "/handovers"
ONE = f"{PATH}/<int:handover_id>"
LONGEST_WORDS = 2_000


@door.get(PATH)
@needs(Permission.SIGNED_IN)
def handovers() -> str:
    """Those that one has a part in; and the offices that one could hand over, with to whom."""
    actor = current_actor()
    keeps = actor.uses(Permission.ACCOUNT_MANAGE)
    chosen = web.asked_number("person", actor.id) or actor.id
    whose = chosen if keeps else actor.id
    with reading() as db:
        terms = people.terms_to_hand_over(db, whose)
        takers = {each.id: queries.possible_takers(db, each.office_id, whose) for each in terms}
        return render_template(
            "handover/handovers.html",
            found=queries.handovers(db, actor),
            terms=terms,
            takers=takers,
            left=queries.left_to_rehome(db) if keeps else None,
            person=people.names(db).get(whose, "") if whose != actor.id else "",
        )


@door.post(PATH)
@needs(Permission.SIGNED_IN)
@takes("term", "person", "words")
def begin() -> Response:
    handover_id = service.begin(
        current_actor(), form_int("term"), form_int("person"),
        form("words", limit=LONGEST_WORDS, optional=True),
    )  # fmt: skip
    return web.see(f"{PATH}/{handover_id}", "handover_begun")


@door.get(ONE)
@needs(Permission.SIGNED_IN)
def handover(handover_id: int) -> str:
    actor = current_actor()
    with reading() as db:
        found = access.handover_to_read(db, actor, handover_id)
        signer = access.signer_of(db, actor, found)
        reads = access.is_party(db, actor, found) or (
            found.stands is State.DONE and actor.id in (found.giver_id, found.taker_id)
        )
        work = _work(db, found)
        kept = queries.lines(work) if found.given_at is None else found.lines
        may_lend = signer.is_giver and found.stands is State.BEGUN
        return render_template(
            "handover/handover.html",
            handover=found,
            state=found.stands.value,
            work=work if reads else None,
            counts={name: len(getattr(work, name)) for name in ("late", "to_sign", "open")},
            may_sign=rules.signing_refusal(signer, found.stands) is None,
            signs_instead=_signs_instead(db, found),
            signs_for_giver=signer.for_giver and not signer.is_giver,
            may_withdraw=actor.id in (found.giver_id, found.begun_by)
            and found.stands in (State.BEGUN, State.GIVEN),
            signers=[
                each
                for each in (people.may_stand_for(db, actor) if may_lend else [])
                if each.person_id != found.taker_id
            ],
            lent=people.mandates_about(db, access.MATTER, found.id) if reads else [],
            seen=queries.digest_of(found, kept),
            say=RoomWords(),
        )


def _signs_instead(db: Session, found: Handover) -> str:
    """Whose office signs for a giver who has left and has not signed; "" where none has to."""
    if found.stands is not State.BEGUN or people.holds(db, found.giver_id, found.office_id):
        return ""
    return access.who_signs_instead(db, found).value


def _work(db: Session, found: Handover) -> Work:
    """What is handed over: as it is now, or as its giver signed it."""
    return queries.work_of(db, found) if found.given_at is None else queries.signed_work(found)


@door.post(f"{ONE}/sign")
@needs(Permission.SIGNED_IN)
@takes("seen")
@confirmed
def sign(handover_id: int) -> Response:
    service.sign(current_actor(), handover_id, form("seen", limit=64))
    return web.see(f"{PATH}/{handover_id}", "handover_signed")


@door.post(f"{ONE}/signer")
@needs(Permission.SIGNED_IN)
@takes("words", "person")
def name_signer(handover_id: int) -> Response:
    words = form("words", limit=500, optional=True)
    service.name_signer(current_actor(), handover_id, form_int("person"), words)
    return web.see(f"{PATH}/{handover_id}", "signer_named")


@door.post(f"{ONE}/withdraw")
@needs(Permission.SIGNED_IN)
def withdraw(handover_id: int) -> Response:
    service.withdraw(current_actor(), handover_id)
    return web.see(PATH, "handover_withdrawn")


@door.post("/agencies/<int:agency_id>/rehome")
@needs(Permission.ACCOUNT_MANAGE)
def rehome(agency_id: int) -> Response:
    actor: Actor = current_actor()
    return web.see(f"/approvals/{service.ask_to_rehome(actor, agency_id)}", "approval_asked")
