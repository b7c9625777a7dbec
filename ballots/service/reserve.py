"""Reserved opinions: what members set beside an outcome, signed, for the record (rulebook: a
reserved opinion). They change no count and stop nothing."""

import secrets

from sqlalchemy.orm import Session

from ballots import access, papers, queries, rules, signing
from ballots.models import BallotPaper, Consultation, ReservedOpinion
from ballots.service import on_result, tell
from ballots.service.cast import Confirm, Envelope, Signed, by_code
from ballots.service.prepare import Page, Prepared, make_ready, refuse_without_end
from ecabinet import canonical, clock, ledger, pades
from ecabinet.access import Actor
from ecabinet.db import transaction
from ecabinet.errors import Refused


def prepare(
    actor: Actor, consultation_id: int, opinion: str, outcome_leaf: int, key_id: str, env: str
) -> Prepared:
    """The very page by which a member reserves an opinion beside the outcome that they saw."""
    with transaction() as db:
        refuse_without_end(db, actor, consultation_id)
        consultation = access.consultation_to_answer(db, actor, consultation_id)
        _may_reserve(db, consultation, actor.id, opinion, outcome_leaf)
        device = on_result.key_that_counts(db, actor, consultation, key_id)
        said = _statement(
            db, consultation, actor.id, opinion, (key_id, device.signature_class), env
        )
        form = papers.ReservedOpinionForm(
            consultation=consultation,
            office=said.office,
            opinion=opinion,
            outcome=said.outcome,
            result_leaf=said.result_leaf,
            outcome_leaf=said.outcome_leaf,
            day=queries.CALENDAR.local_day(clock.now(db)),
            key_id=key_id,
            signature_class=device.signature_class,
            nonce=said.nonce,
        )
        chain = pades.chain(db, device.certificate)
    page = Page(
        papers.reserved_opinion(form), signing.written_of_result(said), opinion,
        said.signature_class, device.certificate, chain,
    )  # fmt: skip
    paper = BallotPaper(
        token=secrets.token_hex(16),
        consultation_id=consultation_id,
        person_id=actor.id,
        key_id=key_id,
        follows=0,
        kind=signing.RESERVED_OPINION,
    )
    return make_ready(page, paper)


def reserve(
    actor: Actor, consultation_id: int, envelope: Envelope, by: Confirm | None = None
) -> ledger.Proof:
    """Keep what a member signed; a retry with the same key gives the same receipt."""
    signed = on_result.signed_paper(actor, consultation_id, envelope, signing.RESERVED_OPINION)
    with transaction() as db:
        consultation = access.consultation_to_answer(db, actor, consultation_id)
        row = queries.reserved_by_key(db, envelope.key)
        if row:
            on_result.refuse_other_bytes(actor, row, envelope)
        else:
            row = _keep(db, actor, consultation, signed, by or by_code(actor))
    return on_result.receipt(ReservedOpinion, row.id)


def _keep(
    db: Session, actor: Actor, consultation: Consultation, signed: Signed, by: Confirm
) -> ReservedOpinion:
    said = signing.read_of_result(signed.content.statement, signing.ReservedOpinion)
    opinion = signed.content.opinion
    _may_reserve(db, consultation, actor.id, opinion, said.outcome_leaf)
    on_result.key_that_counts(db, actor, consultation, signed.paper.key_id)
    evidence = by(db, signed.mark)
    row = ReservedOpinion(
        consultation_id=consultation.id,
        member_id=actor.id,
        office=said.office,
        opinion=opinion,
        outcome=said.outcome,
        outcome_leaf=said.outcome_leaf,
        at=clock.now(db),
    )
    on_result.keep(row, signed, evidence)
    db.add(row)
    result = queries.result_of(db, consultation.id)
    assert result is not None
    result.report_due = True
    db.flush()
    leaf = on_result.leaf(db, consultation, signed, evidence) | {
        "result_leaf": said.result_leaf,
        "outcome_leaf": said.outcome_leaf,
        "member": actor.id,
    }
    ledger.append(db, "opinion_reserved", leaf, on_result.remember(row))
    tell.tell_of_reserved_opinion(db, consultation, row)
    return row


def _may_reserve(
    db: Session, consultation: Consultation, member_id: int, opinion: str, outcome_leaf: int
) -> None:
    asked = queries.reservable(db, consultation, member_id)
    if refusal := rules.reservation_refusal(asked, opinion, outcome_leaf):
        raise Refused(refusal)


def _statement(
    db: Session, consultation: Consultation, member_id: int, opinion: str, by: tuple[str, str],
    env: str,
) -> signing.ReservedOpinion:  # fmt: skip
    result = queries.result_of(db, consultation.id)
    assert result is not None
    assert result.last_leaf is not None
    assert result.outcome_leaf is not None
    return signing.ReservedOpinion(
        env=env,
        origin=ledger.origin(db),
        consultation=consultation.id,
        result_leaf=result.last_leaf,
        outcome_leaf=result.outcome_leaf,
        outcome=result.outcome_now,
        opinion_sha256=canonical.digest_of(opinion),
        member=member_id,
        office=queries.offices_asked(consultation)[member_id],
        key_id=by[0],
        signature_class=by[1],
        nonce=signing.new_nonce(),
        issued_at=canonical.moment(clock.now(db)),
    )
