"""Drafting a consultation, and opening it by a second person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ballots import access, papers, queries, rules, signing
from ballots.models import Asked, Consultation, FrozenPaper, State
from ballots.rules import ConsultationRefusal
from ballots.service.stop import supersede
from ballots.service.tell import tell_of_asking
from documents import access as documents_access
from documents import queries as documents
from documents import service as documents_service
from ecabinet import canonical, clock, keys, ledger, outbox, working_days
from ecabinet.access import Actor, Permission, Role
from ecabinet.db import transaction
from ecabinet.errors import BadInput, Refused, Stale
from people import queries as people

KIND = "government"


@dataclass(frozen=True)
class Question:
    """What is to be asked, as the drafter words it."""

    dossier_id: int
    question: str
    summary: str
    window_days: int
    # The deputy of the field, who decides on the result beside the Prime Minister.
    deputy_id: int | None = None


def draft(actor: Actor, question: Question) -> int:
    """Word a question on a dossier; nobody is asked before a second person opens it."""
    actor.must(Permission.CONSULTATION_DRAFT)
    with transaction() as db:
        _refuse_window(db, question.window_days)
        documents_access.dossier_to_put_forward(db, actor, question.dossier_id)
        dossier = documents.dossier(db, question.dossier_id)
        consultation = Consultation(
            kind=KIND,
            round=_next_round(db, dossier.id),
            version=1,
            dossier_id=dossier.id,
            title=dossier.title,
            question=question.question,
            summary=question.summary,
            options=papers.OPTIONS,
            window_days=question.window_days,
            state=State.DRAFT,
            drafted_by=actor.id,
            drafted_at=clock.now(db),
            tracked_by=actor.id,
            deputy_id=_deputy(db, question.deputy_id),
        )
        db.add(consultation)
        db.flush()
        approvers = [each.person_id for each in people.persons_with(db, Role.OFFICE_LEADER)]
        outbox.notify(
            db, approvers, "consultation_drafted", queries.path_of(consultation.id),
            title=dossier.title, by=actor.office,
        )  # fmt: skip
        return consultation.id


def redraft(actor: Actor, consultation_id: int, question: Question, seen: str) -> None:
    """Change the words of a question that nobody has opened yet; `seen` is what was changed."""
    with transaction() as db:
        consultation = access.consultation_to_change(db, actor, consultation_id)
        if consultation.state != State.DRAFT:
            raise Refused(ConsultationRefusal.NOT_A_DRAFT)
        if question.dossier_id != consultation.dossier_id:
            raise BadInput("dossier_id", "cannot change: draft another question")
        if seen != queries.seen_by_drafter(consultation):
            raise Stale
        _refuse_window(db, question.window_days)
        consultation.question = question.question
        consultation.summary = question.summary
        consultation.window_days = question.window_days
        consultation.deputy_id = _deputy(db, question.deputy_id)
        # Whoever changed it last has drafted it: the second person must be another.
        consultation.drafted_by = actor.id


def _deputy(db: Session, person_id: int | None) -> int | None:
    if person_id is None:
        return None
    if person_id not in {each.person_id for each in people.persons_with(db, Role.DEPUTY_PM)}:
        raise BadInput("deputy", "is no Deputy Prime Minister")
    return person_id


def _refuse_window(db: Session, days: int) -> None:
    in_force = queries.rules_today(db)
    if in_force is None:
        raise Refused(ConsultationRefusal.NO_RULES)
    if reason := rules.window_refusal(in_force, days):
        raise Refused(reason)


def _next_round(db: Session, dossier_id: int) -> int:
    last = db.scalar(
        select(func.max(Consultation.round)).where(Consultation.dossier_id == dossier_id)
    )
    return (last or 0) + 1


def approve(
    actor: Actor, consultation_id: int, seen: str | None = None,
    classes: Sequence[str] = signing.KEY_CLASSES,
) -> None:  # fmt: skip
    """Approve and open: papers are frozen, the members of today are asked, the clock runs.

    `seen` is the digest of what the approver had before them; what was changed meanwhile is
    not approved with it (AC-08). `classes` are those of signatures that count.
    """
    with transaction() as db:
        consultation = access.consultation_to_approve(db, actor, consultation_id)
        # Locked before it is read: what members will see is what their signatures name.
        documents_access.dossier_to_hand_out(db, consultation.dossier_id)
        if seen is not None and seen != queries.seen_by_approver(db, consultation):
            raise Stale
        editions = documents.current_editions(db, consultation.dossier_id)
        in_force = queries.rules_today(db)
        before = _rounds_before(db, consultation)
        if reason := rules.opening_refusal(
            consultation.state == State.DRAFT, consultation.drafted_by, actor.id, len(editions),
            in_force, consultation.window_days,
        ):  # fmt: skip
            raise Refused(reason)
        assert in_force is not None
        keys.store().make(signing.key_name(consultation.id))
        now = clock.now(db)
        consultation.state = State.OPEN
        consultation.approved_by = actor.id
        consultation.rule_set = in_force.id
        consultation.opened_at = now
        consultation.signature_classes = sorted(classes)
        consultation.due_at = working_days.calendar(db).due(now, consultation.window_days)
        consultation.papers = [freeze(each, order) for order, each in enumerate(editions)]
        consultation.asked = _asked(db)
        consultation.supersedes = before[0].id if before else None
        for each in queries.still_open(db, before):
            supersede(db, each, consultation)
        db.flush()
        members = [each.person_id for each in consultation.asked]
        documents_service.hand_out(db, consultation.dossier_id, members)
        documents_service.add_to_story(
            db, consultation.dossier_id, "consultation_opened", queries.path_of(consultation.id),
            number=consultation.id, round=consultation.round, members=len(members),
        )  # fmt: skip
        ledger.append(db, "consultation_opened", _open_leaf(consultation), _remember(consultation))
        tell_of_asking(db, consultation, members)


def _rounds_before(db: Session, consultation: Consultation) -> list[Consultation]:
    """Earlier rounds about the same dossier, the last one first, locked against their closing."""
    found = queries.rounds_before(db, consultation)
    return [access.consultation_to_close(db, each.id) for each in found]


def freeze(paper: documents.PaperView, order: int) -> FrozenPaper:
    """The edition of a paper that members are asked about."""
    return FrozenPaper(
        edition_id=paper.edition_id,
        paper_id=paper.id,
        edition_number=paper.edition_number,
        title=paper.title,
        pages=paper.pages,
        digest=paper.digest,
        order=order,
    )


def _asked(db: Session) -> list[Asked]:
    return [to_be_asked(each, order) for order, each in enumerate(people.members(db))]


def to_be_asked(member: people.Holder, order: int) -> Asked:
    """A member in the office that they hold now."""
    return Asked(
        person_id=member.person_id,
        office=member.office,
        office_id=member.office_id,
        is_prime_minister=member.role is Role.PRIME_MINISTER,
        order=order,
    )


def _open_leaf(consultation: Consultation) -> dict[str, object]:
    assert consultation.due_at is not None
    return {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "consultation_version": consultation.version,
        "kind": consultation.kind,
        "round": consultation.round,
        "rule_version": consultation.rule_set,
        "title_sha256": canonical.digest_of(consultation.title),
        "question_sha256": canonical.digest_of(consultation.question),
        "papers": [each.digest for each in consultation.papers],
        "paper_ids": [each.paper_id for each in consultation.papers],
        "members": [each.person_id for each in consultation.asked],
        "offices": [each.office for each in consultation.asked],
        "due_at": canonical.moment(consultation.due_at),
        "signature_classes": consultation.signature_classes,
        "drafted_by": consultation.drafted_by,
        "approved_by": consultation.approved_by,
        "deputy": consultation.deputy_id,
        "supersedes": consultation.supersedes,
    }


def _remember(consultation: Consultation) -> Callable[[int], None]:
    def remember(position: int) -> None:
        consultation.opened_leaf = position

    return remember
