"""Mandates: given by a member, consented to where the rules want it, ended at any time by either.

The rooms above say what a mandate is about, and what its holder reads by it; rights end with it
wherever they are asked for, since `queries.actor` reads what is in force anew.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet import approvals, canonical, clock, ledger, live, outbox
from ecabinet.access import Actor, Matter, Right
from ecabinet.approvals import Approved
from ecabinet.db import reading, transaction
from ecabinet.errors import BadInput, NotFound, Refused, Stale
from people import access, hooks, queries, rules
from people.models import Mandate
from people.rules import MandateRefusal, Party
from people.service.agreed import act, by


@dataclass(frozen=True)
class About:
    """The matter of a mandate, with what it is called."""

    matter: Matter
    id: int
    title: str


def give(
    db: Session, actor: Actor, right: Right, about: About, taker_id: int, ends_at: datetime,
    words: str = "",
) -> Mandate:  # fmt: skip
    """Let somebody stand for oneself in one matter; who lends it has asked for the right to it."""
    taker = queries.actor(db, taker_id)
    if taker is None:
        raise BadInput("person", "holds no office")
    now = clock.now(db)
    if reason := rules.mandate_refusal(_party(actor), _party(taker), now, ends_at):
        raise Refused(reason)
    if any(each.lasts and each.right == right for each in _alike(db, actor, about, taker_id)):
        raise Refused(MandateRefusal.GIVEN_ALREADY)
    mandate = Mandate(
        right=right,
        matter=about.matter,
        matter_id=about.id,
        about=about.title,
        giver_id=actor.id,
        taker_id=taker.id,
        giver=actor.office,
        taker=taker.office,
        words=words,
        given_at=now,
        ends_at=ends_at,
    )
    db.add(mandate)
    db.flush()
    waits = right in rules.NEEDS_CONSENT
    ledger.append(db, "mandate_asked" if waits else "mandate_given", _body(mandate))
    if not waits:
        _tell(db, mandate, mandate.taker_id, "mandate_given")
    return mandate


def _alike(db: Session, actor: Actor, about: About, taker_id: int) -> list[queries.MandateView]:
    found = queries.mandates_about(db, about.matter, about.id, actor.id)
    return [each for each in found if each.taker_id == taker_id]


def consent(db: Session, actor: Actor, mandate: Mandate, fact: str | None = None) -> None:
    """From now on it is in force; who decides was asked for by `access.mandate_to_decide`.

    A `fact` is what its taker is told of by the same message, where that is asked for later.
    """
    mandate.consented_at, mandate.consented_by = clock.now(db), actor.id
    db.flush()
    ledger.append(db, "mandate_given", _body(mandate) | {"consented_by": actor.id})
    _tell(db, mandate, mandate.taker_id, "mandate_given", fact)
    _tell(db, mandate, mandate.giver_id, "mandate_consented")


def refuse(db: Session, actor: Actor, mandate: Mandate, reason: str) -> None:
    mandate.refused_at, mandate.refused_because = clock.now(db), reason
    body = {"mandate": mandate.id, "refused_by": actor.id}
    ledger.append(db, "mandate_refused", body)
    _tell(db, mandate, mandate.giver_id, "mandate_refused")


def end(actor: Actor, mandate_id: int) -> None:
    """Take a mandate back, or lay it down."""
    with transaction() as db:
        end_one(db, access.mandate_to_end(db, actor, mandate_id), actor)


def end_all_about(db: Session, matter: Matter, matter_id: int, giver_id: int | None = None) -> None:
    """The matter itself is over; or only for one giver, who has no part in it any more."""
    for each in queries.mandates_about(db, matter, matter_id, giver_id):
        if each.lasts:
            end_one(db, db.get_one(Mandate, each.id), None)


def end_all_of(db: Session, person_id: int) -> None:
    """Their giver or their taker has left office: what anybody holds open of it is shut."""
    lasting = select(Mandate).where(
        (Mandate.giver_id == person_id) | (Mandate.taker_id == person_id),
        Mandate.ended_at.is_(None),
        Mandate.refused_at.is_(None),
        Mandate.ends_at > clock.now(db),
    )
    for each in db.scalars(lasting).all():
        hooks.lock_matter(db, each)
        end_one(db, each, None)


def end_one(db: Session, mandate: Mandate, by: Actor | None) -> None:
    """End it now, on every screen that its taker has open."""
    by_id = by.id if by else None
    mandate.ended_at, mandate.ended_by = clock.now(db), by_id
    db.flush()
    ledger.append(db, "mandate_ended", {"mandate": mandate.id, "ended_by": by_id})
    live.eject(db, mandate.taker_id)
    waited = mandate.right in rules.NEEDS_CONSENT and mandate.consented_at is None
    parties = {mandate.giver_id} if waited else {mandate.giver_id, mandate.taker_id}
    for person_id in parties - {by_id}:
        _tell(db, mandate, person_id, "mandate_ended")
    hooks.mandate_ended(db, mandate, by)


# ---- mandates of others: two people ----


def ask_to_end(actor: Actor, mandate_id: int) -> int:
    """Ask that another's mandate ends, where neither of its parties can end it themselves."""
    with reading() as db:
        mandate = access.mandate_to_end_for_others(db, actor, mandate_id)
        facts = {
            "mandate": mandate.id,
            "right": mandate.right,
            "giver_id": mandate.giver_id,
            "giver": mandate.giver,
            "taker_id": mandate.taker_id,
            "taker": mandate.taker,
        }
        about = f"{mandate.taker} → {mandate.giver}"
    return approvals.ask(actor, END_MANDATE, about, facts)


def _end_for_others(db: Session, approved: Approved) -> None:
    mandate = access.mandate_to_end_for_others(db, approved.asker, approved.facts["mandate"])
    if mandate.taker != approved.facts["taker"]:
        raise Stale
    end_one(db, mandate, approved.asker)
    ledger.append(db, "mandate_ended_by_two", {"mandate": mandate.id} | by(approved))


END_MANDATE = act("end_mandate", _end_for_others)


@dataclass(frozen=True)
class Errand:
    """Who is to advise whom, on what and until the end of which day; resting on which decision."""

    giver_id: int
    taker_id: int
    matter: Matter
    number: int
    last: date
    basis: str


def ask_to_give(actor: Actor, errand: Errand) -> int:
    """Ask that a member is given an adviser, where the member cannot name them.

    Whoever asks reads no papers: the matter is named by its number alone.
    """
    with reading() as db:
        giver, taker = access.parties_of_a_mandate(db, actor, errand.giver_id, errand.taker_id)
        until = queries.OFFICE_ZONE.end_of(errand.last)
        if reason := rules.mandate_refusal(_party(giver), _party(taker), clock.now(db), until):
            raise Refused(reason)
        try:
            hooks.lent(errand.matter).to_pass_on(db, giver, errand.number)
        except NotFound:
            raise BadInput("number", "is nothing that this member may pass on") from None
    facts: canonical.Json = {
        "giver_id": giver.id,
        "giver": giver.office,
        "taker_id": taker.id,
        "taker": taker.office,
        "matter": errand.matter,
        "number": errand.number,
        "last": errand.last.isoformat(),
        "basis": errand.basis,
    }
    return approvals.ask(actor, GIVE_MANDATE, f"{taker.office} → {giver.office}", facts)


def _give_for_others(db: Session, approved: Approved) -> None:
    facts = approved.facts
    giver, taker = access.parties_of_a_mandate(
        db, approved.asker, facts["giver_id"], facts["taker_id"]
    )
    if (giver.office, taker.office) != (facts["giver"], facts["taker"]):
        raise Stale
    matter, number = Matter(facts["matter"]), facts["number"]
    until = queries.OFFICE_ZONE.end_of(date.fromisoformat(facts["last"]))
    hooks.lent(matter).name_adviser(giver, number, taker.id, until, "")
    parties: canonical.Json = {"giver": giver.id, "taker": taker.id}
    about: canonical.Json = {"matter": matter, "matter_id": number}
    ledger.append(db, "mandate_given_by_two", parties | about | by(approved))
    path = f"{queries.PLACES[matter]}/{number}"
    outbox.notify(db, giver.id, "mandate_given_for_you", path, taker=taker.office)


GIVE_MANDATE = act("give_mandate", _give_for_others)


# ---- parts ----


def _party(actor: Actor) -> Party:
    return Party(actor.id, actor.roles, actor.agencies)


def _body(mandate: Mandate) -> canonical.Json:
    return {
        "mandate": mandate.id,
        "right": mandate.right,
        "matter": mandate.matter,
        "matter_id": mandate.matter_id,
        "giver": mandate.giver_id,
        "taker": mandate.taker_id,
        "ends_at": canonical.moment(mandate.ends_at),
    }


def _tell(
    db: Session, mandate: Mandate, person_id: int, kind: str, fact: str | None = None
) -> None:
    path = f"{queries.PLACES[Matter(mandate.matter)]}/{mandate.matter_id}"
    outbox.notify(
        db, person_id, kind, path, fact,
        right=mandate.right, about=mandate.about, giver=mandate.giver, taker=mandate.taker,
        until=mandate.ends_at.isoformat(), reason=mandate.refused_because or "",
    )  # fmt: skip
