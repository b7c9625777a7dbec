"""How other opinions are read: the Office proposes, the member concerned confirms by signature or
declines; the outcome is found again once it is known (rulebook: the outcome, other opinion)."""

import secrets
from collections.abc import Callable
from dataclasses import asdict

from sqlalchemy.orm import Session

from ballots import access, papers, queries, rules, signing
from ballots.models import BallotPaper, Classification, Consultation, Reckoning, Result
from ballots.rules import ClassificationRefusal, Classified, Outcome, Reading
from ballots.service import on_result, tell
from ballots.service.cast import Confirm, Envelope, Signed, by_code
from ballots.service.prepare import Page, Prepared, make_ready, refuse_without_end
from ecabinet import canonical, clock, ledger, pades
from ecabinet.access import Actor
from ecabinet.db import transaction
from ecabinet.errors import Refused


def propose(
    actor: Actor, consultation_id: int, member_id: int, reading: Reading, reason: str
) -> None:
    """Propose to a member how their other opinion is read; it counts for nothing until they
    confirm it."""
    with transaction() as db:
        consultation = access.consultation_to_classify(db, actor, consultation_id)
        asked = queries.classifiable(db, consultation, member_id)
        if refusal := rules.classification_refusal(asked, reason):
            raise Refused(refusal)
        standing = queries.standing_in(queries.result_of(db, consultation.id), member_id)
        assert standing is not None
        assert standing.ballot is not None
        row = Classification(
            consultation_id=consultation.id,
            ballot_id=standing.ballot.id,
            member_id=member_id,
            reading=reading,
            reason=reason,
            proposed_by=actor.id,
            proposed_as=actor.office,
            proposed_at=clock.now(db),
            state=Classified.PROPOSED,
        )
        db.add(row)
        db.flush()
        leaf = _about(db, consultation, row) | {
            "reading": str(reading),
            "reason_sha256": canonical.digest_of(row.reason),
            "by": actor.id,
        }
        ledger.append(db, "classification_proposed", leaf)
        tell.tell_of_proposal(db, consultation, member_id, "classification_proposed")


def take_back(actor: Actor, consultation_id: int, member_id: int, proposal: int) -> None:
    """Take back a proposal that its member has not answered yet."""
    with transaction() as db:
        consultation = access.consultation_to_classify(db, actor, consultation_id)
        asked = queries.classifiable(db, consultation, member_id)
        if refusal := rules.taking_back_refusal(asked):
            raise Refused(refusal)
        row = _the_one_seen(_proposed(db, consultation, member_id), proposal)
        row.state, row.ended_at = Classified.TAKEN_BACK, clock.now(db)
        leaf = _about(db, consultation, row) | {"by": actor.id}
        ledger.append(db, "classification_taken_back", leaf)
        tell.tell_of_proposal(db, consultation, member_id, "classification_taken_back")


def decline(actor: Actor, consultation_id: int, word: str, proposal: int) -> None:
    """Say to a proposal that one's opinion stays for neither side; the word says why."""
    with transaction() as db:
        consultation = access.consultation_to_answer(db, actor, consultation_id)
        row = _the_one_seen(_open(db, consultation, actor.id), proposal)
        if not word.strip():
            raise Refused(ClassificationRefusal.REASON_MISSING)
        row.state, row.ended_at, row.word = Classified.DECLINED, clock.now(db), word
        leaf = _about(db, consultation, row) | {"word_sha256": canonical.digest_of(word)}
        ledger.append(db, "classification_declined", leaf, on_result.remember(row))
        _answered(db, consultation, row)


def prepare(actor: Actor, consultation_id: int, key_id: str, env: str) -> Prepared:
    """The very page by which a member confirms how their opinion is read."""
    with transaction() as db:
        refuse_without_end(db, actor, consultation_id)
        consultation = access.consultation_to_answer(db, actor, consultation_id)
        row = _open(db, consultation, actor.id)
        device = on_result.key_that_counts(db, actor, consultation, key_id)
        said = _statement(db, consultation, row, (key_id, device.signature_class), env)
        result = queries.result_of(db, consultation.id)
        assert result is not None
        form = papers.ClassificationForm(
            consultation=consultation,
            office=said.office,
            opinion=_opinion(result, actor.id),
            ballot_leaf=said.ballot_leaf,
            result_leaf=said.result_leaf,
            reading=said.reading,
            reason=row.reason,
            day=queries.CALENDAR.local_day(clock.now(db)),
            key_id=key_id,
            signature_class=device.signature_class,
            nonce=said.nonce,
        )
        chain, proposed = pades.chain(db, device.certificate), row.id
    page = Page(
        papers.classification(form), signing.written_of_result(said), form.opinion,
        said.signature_class, device.certificate, chain,
    )  # fmt: skip
    paper = BallotPaper(
        token=secrets.token_hex(16),
        consultation_id=consultation_id,
        person_id=actor.id,
        key_id=key_id,
        follows=said.ballot_leaf,
        kind=signing.CLASSIFICATION,
        classification_id=proposed,
    )
    return make_ready(page, paper)


def confirm(
    actor: Actor, consultation_id: int, envelope: Envelope, by: Confirm | None = None
) -> ledger.Proof:
    """Keep what a member signed of their opinion; a retry with the same key gives the same
    receipt."""
    signed = on_result.signed_paper(actor, consultation_id, envelope, signing.CLASSIFICATION)
    with transaction() as db:
        consultation = access.consultation_to_answer(db, actor, consultation_id)
        row = _kept(db, actor, envelope) or _keep(
            db, actor, consultation, signed, by or by_code(actor)
        )
    return on_result.receipt(Classification, row.id)


def _kept(db: Session, actor: Actor, envelope: Envelope) -> Classification | None:
    known = queries.classification_by_key(db, envelope.key)
    if known:
        on_result.refuse_other_bytes(actor, known, envelope)
    return known


def _keep(
    db: Session, actor: Actor, consultation: Consultation, signed: Signed, by: Confirm
) -> Classification:
    row = _the_one_seen(_open(db, consultation, actor.id), signed.paper.classification_id)
    on_result.key_that_counts(db, actor, consultation, signed.paper.key_id)
    evidence = by(db, signed.mark)
    row.state, row.ended_at = Classified.CONFIRMED, clock.now(db)
    on_result.keep(row, signed, evidence)
    db.flush()
    leaf = _about(db, consultation, row) | on_result.leaf(db, consultation, signed, evidence)
    ledger.append(db, "opinion_classified", leaf, on_result.remember(row))
    _answered(db, consultation, row)
    return row


def _answered(db: Session, consultation: Consultation, row: Classification) -> None:
    tell.tell_of_classification(db, consultation, row)
    _reckon(db, consultation)


def _open(db: Session, consultation: Consultation, member_id: int) -> Classification:
    """What is proposed of this member's opinion and may still be answered."""
    asked = queries.classifiable(db, consultation, member_id)
    if refusal := rules.confirmation_refusal(asked):
        raise Refused(refusal)
    return _proposed(db, consultation, member_id)


def _the_one_seen(row: Classification, proposal: int | None) -> Classification:
    """What stands, once it is what was read or signed: taken back and proposed anew meanwhile it is
    another."""
    if row.id != proposal:
        raise Refused(ClassificationRefusal.NOT_PROPOSED)
    return row


def _proposed(db: Session, consultation: Consultation, member_id: int) -> Classification:
    row = queries.classification_of(db, consultation.id, member_id)
    assert row is not None
    return row


def _about(db: Session, consultation: Consultation, row: Classification) -> canonical.Json:
    result = queries.result_of(db, consultation.id)
    assert result is not None
    return {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "result_leaf": result.last_leaf,
        "ballot_leaf": _ballot_leaf(result, row.member_id),
        "member": row.member_id,
    }


def _opinion(result: Result, member_id: int) -> str:
    standing = queries.standing_in(result, member_id)
    assert standing is not None
    assert standing.ballot is not None
    return standing.ballot.opinion or ""


def _ballot_leaf(result: Result, member_id: int) -> int:
    standing = queries.standing_in(result, member_id)
    assert standing is not None
    assert standing.ballot is not None
    assert standing.ballot.leaf is not None
    return standing.ballot.leaf


def _statement(
    db: Session, consultation: Consultation, row: Classification, by: tuple[str, str], env: str
) -> signing.Classification:
    result = queries.result_of(db, consultation.id)
    assert result is not None
    assert result.last_leaf is not None
    return signing.Classification(
        env=env,
        origin=ledger.origin(db),
        consultation=consultation.id,
        result_leaf=result.last_leaf,
        ballot_leaf=_ballot_leaf(result, row.member_id),
        reading=Reading(row.reading),
        opinion_sha256=canonical.digest_of(_opinion(result, row.member_id)),
        reason_sha256=canonical.digest_of(row.reason),
        member=row.member_id,
        office=queries.offices_asked(consultation)[row.member_id],
        key_id=by[0],
        signature_class=by[1],
        nonce=signing.new_nonce(),
        issued_at=canonical.moment(clock.now(db)),
    )


def _reckon(db: Session, consultation: Consultation) -> None:
    """Find the outcome again as of the due moment; once it is known it stands, linked with the
    result, which stays as it was."""
    db.flush()
    result = queries.result_of(db, consultation.id)
    assert result is not None
    result.report_due = True
    read = queries.readings(db, consultation.id)
    positions, top = queries.positions_in(result), queries.head_at_closing(db, result)
    counted = rules.tally(positions, top, read)
    decision = rules.decide(counted)
    if decision.outcome is Outcome.AWAITS_CLASSIFICATION:
        return
    row = Reckoning(
        consultation_id=consultation.id,
        counts=asdict(counted) | {"pm": counted.pm.value if counted.pm else None},
        outcome=decision.outcome,
        why=decision.why,
        sentence=rules.sentence(counted, decision),
        at=clock.now(db),
    )
    result.reckoning = row
    db.flush()
    leaf: canonical.Json = {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "result_leaf": result.last_leaf,
        "before": str(result.outcome),
        "outcome": str(decision.outcome),
        "why": str(decision.why),
        "counts": row.counts,
        "sentence_sha256": canonical.digest_of(row.sentence),
        "readings": [
            {"ballot_leaf": _ballot_leaf(result, member), "reading": str(each)}
            for member, each in sorted(read.items())
        ],
    }
    ledger.append(db, "consultation_classified", leaf, _remember(row))
    tell.tell_of_reckoning(db, consultation, row)


def _remember(row: Reckoning) -> Callable[[int], None]:
    def remember(position: int) -> None:
        row.leaf = position

    return remember
