"""An agency lodges a dossier with the Government Office, which takes it in or returns it with a
reason (rulebook: Dossiers on their way, Who may do what; Decree 191/2026, Articles 14 and 15)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from documents import access, queries, rules, service
from documents.completeness import DossierKind
from documents.models import Dossier, Lodging
from documents.rules import DossierRefusal, DossierState, DossierStep
from ecabinet import clock, ledger, outbox, search
from ecabinet.access import Actor, Permission
from ecabinet.db import transaction
from ecabinet.errors import BadInput, Refused
from people import queries as people


@dataclass(frozen=True)
class Fields:
    """What an agency says of its dossier; only title and kind are asked of a draft."""

    title: str
    kind: DossierKind
    submission_number: str = ""
    submission_day: date | None = None
    basis: str = ""
    proposal: str = ""
    contact: str = ""


def begin(actor: Actor, agency_id: int, fields: Fields) -> int:
    """Begin a dossier that only this person's agency sees until it is lodged."""
    actor.must(Permission.DOSSIER_LODGE)
    if agency_id not in actor.agencies:
        raise BadInput("drafting_agency", "is not yours")
    with transaction() as db:
        dossier = Dossier(
            title=fields.title,
            drafting_agency_id=agency_id,
            made_by=actor.id,
            made_at=clock.now(db),
            state=DossierState.DRAFT,
        )
        dossier.lodging = Lodging(explanation="", returned_for="")
        _fill(dossier, dossier.lodging, fields)
        db.add(dossier)
        db.flush()
        search.admit(db, queries.audience(dossier.id), [queries.agency_reader(agency_id)])
        _tell(db, dossier, "dossier_begun", by=actor.office)
        return dossier.id


def describe(actor: Actor, dossier_id: int, fields: Fields) -> None:
    """Say something else of a dossier that is with its agency."""
    with transaction() as db:
        dossier = access.dossier_to_lodge(db, actor, dossier_id)
        if dossier.state not in rules.WITH_AGENCY:
            raise Refused(DossierRefusal.WITH_THE_OFFICE)
        _fill(dossier, _of(dossier), fields)


def _fill(dossier: Dossier, lodging: Lodging, fields: Fields) -> None:
    dossier.title = fields.title
    lodging.kind = fields.kind
    lodging.submission_number = fields.submission_number
    lodging.submission_day = fields.submission_day
    lodging.basis, lodging.proposal = fields.basis, fields.proposal
    lodging.contact = fields.contact


def lodge(actor: Actor, dossier_id: int, explanation: str) -> None:
    """Lodge a dossier with the Office; what it lacks is to be explained."""
    with transaction() as db:
        dossier = access.dossier_to_lodge(db, actor, dossier_id)
        lodging = _of(dossier)
        _step(dossier, DossierStep.LODGE)
        lacks = queries.lacks(db, lodging)
        if reason := rules.refusal_to_lodge([each.blocks for each in lacks], explanation):
            raise Refused(reason)
        lodging.explanation = explanation if lacks else ""
        lodging.lodged_at, lodging.lodged_by = clock.now(db), actor.id
        search.admit(db, queries.audience(dossier_id), [queries.OFFICE_READERS])
        # By their kind: a title may be one's that is taken out again, and nobody else's to read.
        _tell(
            db, dossier, "dossier_lodged", by=actor.office, lacks=len(lacks),
            explanation=lodging.explanation,
            lacking=[[each.what, each.kind or "", each.pages] for each in lacks],
        )  # fmt: skip
        ledger.append(db, "dossier_lodged", _leaf(db, dossier, actor))
        office = people.persons_who_may(db, Permission.DOSSIER_ACCEPT)
        outbox.notify(
            db, office, "dossier_lodged", _path(dossier),
            title=dossier.title, agency=queries.dossier(db, dossier_id).agency,
        )  # fmt: skip


def withdraw(actor: Actor, dossier_id: int) -> None:
    """Take a lodged dossier back, to work on it again."""
    with transaction() as db:
        dossier = access.dossier_to_lodge(db, actor, dossier_id)
        _step(dossier, DossierStep.WITHDRAW)
        _tell(db, dossier, "dossier_withdrawn", by=actor.office)


def accept(actor: Actor, dossier_id: int) -> None:
    """Take a lodged dossier in; from now on it may go to a session or into a consultation."""
    with transaction() as db:
        dossier = access.dossier_to_judge(db, actor, dossier_id)
        _step(dossier, DossierStep.ACCEPT)
        _tell(db, dossier, "dossier_accepted", by=actor.office)
        ledger.append(db, "dossier_accepted", _leaf(db, dossier, actor))
        _tell_agency(db, dossier, "dossier_accepted")


def give_back(actor: Actor, dossier_id: int, reason: str) -> None:
    """Return a lodged dossier to its agency, with the reason."""
    with transaction() as db:
        dossier = access.dossier_to_judge(db, actor, dossier_id)
        _step(dossier, DossierStep.RETURN)
        _of(dossier).returned_for = reason
        _tell(db, dossier, "dossier_returned", by=actor.office, reason=reason)
        _tell_agency(db, dossier, "dossier_returned")


def _step(dossier: Dossier, step: DossierStep) -> None:
    state = rules.after(DossierState(dossier.state), step)
    if isinstance(state, DossierRefusal):
        raise Refused(state)
    dossier.state = state


def _of(dossier: Dossier) -> Lodging:
    # The loaders of this room's access give only dossiers that have one.
    assert dossier.lodging is not None
    return dossier.lodging


def _leaf(db: Session, dossier: Dossier, actor: Actor) -> dict[str, object]:
    """What a dossier consisted of at this step, and whose step it was."""
    papers = queries.current_editions(db, dossier.id)
    return {
        "dossier": dossier.id,
        "agency": dossier.drafting_agency_id,
        "papers": [each.digest for each in papers],
        "by": actor.id,
    }


def _path(dossier: Dossier) -> str:
    return f"/dossiers/{dossier.id}"


def _tell(db: Session, dossier: Dossier, kind: str, **facts: service.Fact) -> None:
    service.add_to_story(db, dossier.id, kind, _path(dossier), **facts)


def _tell_agency(db: Session, dossier: Dossier, kind: str) -> None:
    staff = [each.person_id for each in people.staff_of(db, dossier.drafting_agency_id)]
    outbox.notify(db, staff, kind, _path(dossier), title=dossier.title, number=dossier.id)
