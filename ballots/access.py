"""Loaders of consultations: what is not theirs does not exist for those who ask."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.announcements import readers_of, staff_of
from ballots.models import (
    Asked,
    Ballot,
    BallotPaper,
    Classification,
    Consultation,
    EarlyComment,
    ReservedOpinion,
    State,
)
from ballots.rules import ConsultationRefusal
from documents import queries as documents
from ecabinet.access import Actor, Mandate, Matter, Permission, Right, Role
from ecabinet.errors import NotFound, Refused


def consultation_to_read(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    """One's own question, or any for the Office and the auditor; drafts are the Office's alone."""
    actor.must(Permission.CONSULTATION_READ)
    consultation = db.get(Consultation, consultation_id)
    if consultation is None or not _may_see(db, actor, consultation):
        raise NotFound(f"consultation {consultation_id}")
    return consultation


def _may_see(db: Session, actor: Actor, consultation: Consultation) -> bool:
    if consultation.state == State.DRAFT:
        return sees_drafts(actor)
    if sees_all(actor) or is_asked(db, actor, consultation.id):
        return True
    return consultation.state == State.OPEN and advises_on(actor, consultation.id) is not None


def advises_on(actor: Actor, consultation_id: int) -> Mandate | None:
    """The mandate by which somebody reads, beside a member, what that member is asked."""
    return next(iter(advised_by(actor, consultation_id)), None)


def advised_by(actor: Actor, consultation_id: int) -> list[Mandate]:
    """The mandates by which somebody advises on a question: one of each member."""
    return [
        each
        for each in actor.mandates
        if (each.right, each.matter, each.matter_id)
        == (Right.ADVISE, Matter.CONSULTATION, consultation_id)
    ]


def consultation_to_advise_on(
    db: Session, actor: Actor, consultation_id: int, member_id: int
) -> Consultation:
    """A consultation that this member, who is asked, has passed to this adviser; locked."""
    actor.must(Permission.ANSWER_PROPOSE)
    consultation = _locked(db, consultation_id)
    own = {each.principal_id for each in advised_by(actor, consultation_id)}
    if member_id not in own or db.get(Asked, (consultation_id, member_id)) is None:
        raise NotFound(f"consultation {consultation_id}")
    return consultation


def sees_all(actor: Actor) -> bool:
    """Whether this person follows every open question, and sees names after the closing."""
    return actor.may(Permission.DOSSIER_READ_ALL) or actor.may(Permission.CONSULTATION_APPROVE)


def decides(actor: Actor, consultation: Consultation) -> bool:
    """Whether this person decides on the result: the Prime Minister, or the deputy of the field."""
    if not actor.may(Permission.RESULT_DECIDE):
        return False
    return Role.PRIME_MINISTER in actor.roles or actor.id == consultation.deputy_id


def sees_names(actor: Actor, consultation: Consultation) -> bool:
    """Whether this person sees after the closing where each member stood."""
    return sees_all(actor) or decides(actor, consultation)


def consultation_to_decide(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    """One whose result is this person's to decide on; locked."""
    actor.must(Permission.RESULT_DECIDE)
    consultation = _locked(db, consultation_id)
    if consultation.state == State.DRAFT or not decides(actor, consultation):
        raise NotFound(f"consultation {consultation_id}")
    return consultation


def opinions_to_read(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    """A closed one, for whoever sees all, decides, or drafts what it is about."""
    actor.must(Permission.OPINION_READ)
    consultation = db.get(Consultation, consultation_id)
    if consultation is None or not reads_opinions(db, actor, consultation):
        raise NotFound(f"the opinions of consultation {consultation_id}")
    if consultation.state != State.CLOSED:
        raise Refused(ConsultationRefusal.NOT_CLOSED)
    return consultation


def reads_opinions(db: Session, actor: Actor, consultation: Consultation) -> bool:
    """Whether this person sees after the closing what each member said, and what was replied."""
    if not actor.may(Permission.OPINION_READ):
        return False
    if consultation.state == State.DRAFT:
        return False
    return sees_names(actor, consultation) or _is_of_drafter(db, actor, consultation)


def _is_of_drafter(db: Session, actor: Actor, consultation: Consultation) -> bool:
    """Whether this person's agency, which its minister heads, drafts what the question is about."""
    return documents.drafting_agency(db, consultation.dossier_id) in actor.agencies


def drafts(db: Session, actor: Actor, consultation: Consultation) -> bool:
    """Whether this person replies to opinions for the agency that drafts it."""
    return actor.may(Permission.OPINION_REPLY) and _is_of_drafter(db, actor, consultation)


def opinion_to_reply_to(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    """One about what this person's agency drafts; locked against being decided on."""
    actor.must(Permission.OPINION_REPLY)
    consultation = _locked(db, consultation_id)
    if consultation.state == State.DRAFT or not drafts(db, actor, consultation):
        raise NotFound(f"the opinions of consultation {consultation_id}")
    return consultation


def early_comments_to_read(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    """One about what this person's agency drafts, of which members may have let it read something
    early: the agency's staff alone, whatever has become of the question since."""
    actor.must(Permission.OPINION_REPLY)
    consultation = db.get(Consultation, consultation_id)
    if (
        consultation is None
        or consultation.state == State.DRAFT
        or not drafts(db, actor, consultation)
    ):
        raise NotFound(f"the early comments of consultation {consultation_id}")
    return consultation


def early_comment_to_take_back(db: Session, actor: Actor, comment_id: int) -> EarlyComment:
    """One that this member has released; its consultation locked against its closing."""
    actor.must(Permission.BALLOT_CAST)
    found = db.scalar(
        select(EarlyComment).where(
            EarlyComment.id == comment_id, EarlyComment.member_id == actor.id
        )
    )
    if found is None:
        raise NotFound(f"early comment {comment_id}")
    _locked(db, found.consultation_id)
    db.refresh(found)
    return found


def audience_of(actor: Actor, consultation: Consultation) -> str:
    """What this person's open page may be told: who has answered is the Office's to see."""
    tell = staff_of if sees_all(actor) else readers_of
    return tell(consultation.id)


def sees_drafts(actor: Actor) -> bool:
    """Whether this person drafts or approves: what nobody has approved is no record yet."""
    return actor.may(Permission.CONSULTATION_DRAFT) or actor.may(Permission.CONSULTATION_APPROVE)


def is_asked(db: Session, actor: Actor, consultation_id: int) -> bool:
    return asked_as(db, actor, consultation_id) is not None


def asked_as(db: Session, actor: Actor, consultation_id: int) -> Asked | None:
    """In which office this person is asked, if at all."""
    return db.get(Asked, (consultation_id, actor.id))


def consultation_to_change(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    actor.must(Permission.CONSULTATION_DRAFT)
    return _locked(db, consultation_id)


def consultation_to_classify(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    """One of whose other opinions the Office proposes how they are read; locked."""
    actor.must(Permission.CONSULTATION_DRAFT)
    consultation = _locked(db, consultation_id)
    if consultation.state == State.DRAFT:
        raise NotFound(f"consultation {consultation_id}")
    return consultation


def consultation_to_enter(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    """One to which an answer on paper may be entered; locked against its closing."""
    actor.must(Permission.BALLOT_ENTER)
    consultation = _locked(db, consultation_id)
    if consultation.state == State.DRAFT:
        raise NotFound(f"consultation {consultation_id}")
    return consultation


def consultation_to_approve(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    actor.must(Permission.CONSULTATION_APPROVE)
    return _locked(db, consultation_id)


def consultation_to_answer(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    """A consultation that asks this member, locked against its closing and their other answers."""
    actor.must(Permission.BALLOT_CAST)
    consultation = _locked(db, consultation_id)
    if consultation.state == State.DRAFT or not is_asked(db, actor, consultation_id):
        raise NotFound(f"consultation {consultation_id}")
    return consultation


def consultation_to_pass_on(db: Session, actor: Actor, consultation_id: int) -> Consultation:
    """A consultation that asks this member, who may name advisers for it; locked."""
    actor.must(Permission.MANDATE_GIVE)
    consultation = _locked(db, consultation_id)
    if consultation.state != State.OPEN or not is_asked(db, actor, consultation_id):
        raise NotFound(f"consultation {consultation_id}")
    return consultation


def consultation_to_close(db: Session, consultation_id: int) -> Consultation:
    """Locked: from here no ballot of it can come."""
    return _locked(db, consultation_id)


def paper_to_sign(
    db: Session, actor: Actor, consultation_id: int, token: str, kind: str | None = None
) -> BallotPaper | None:
    """One's own paper that was made ready, of this kind where it matters what is signed by it."""
    found = db.scalar(
        select(BallotPaper).where(
            BallotPaper.token == token,
            BallotPaper.consultation_id == consultation_id,
            BallotPaper.person_id == actor.id,
        )
    )
    return found if found and kind in (None, found.kind) else None


def classification_to_read(db: Session, actor: Actor, consultation_id: int) -> Classification:
    """What one has signed of how one's own opinion is read."""
    actor.must(Permission.BALLOT_CAST)
    found = db.scalar(
        select(Classification).where(
            Classification.consultation_id == consultation_id,
            Classification.member_id == actor.id,
            Classification.pdf.is_not(None),
        )
    )
    if found is None:
        raise NotFound(f"a classification of consultation {consultation_id}")
    return found


def reserved_opinion_to_read(db: Session, actor: Actor, key: str) -> ReservedOpinion:
    """What one has reserved oneself, by its key; nobody else's, whatever key is asked for."""
    actor.must(Permission.BALLOT_CAST)
    found = db.scalar(
        select(ReservedOpinion).where(
            ReservedOpinion.key == key, ReservedOpinion.member_id == actor.id
        )
    )
    if found is None:
        raise NotFound(f"reserved opinion {key}")
    return found


def ballot_to_read(db: Session, actor: Actor, key: str) -> Ballot:
    """One's own ballot by its key; nobody else's, whatever key is asked for."""
    ballot = db.scalar(select(Ballot).where(Ballot.key == key, Ballot.person_id == actor.id))
    if ballot is None:
        raise NotFound(f"ballot {key}")
    return ballot


def _locked(db: Session, consultation_id: int) -> Consultation:
    consultation = db.get(
        Consultation, consultation_id, with_for_update=True, populate_existing=True
    )
    if consultation is None:
        raise NotFound(f"consultation {consultation_id}")
    return consultation
