"""How other opinions are read: the Office proposes, their members alone confirm, and the outcome is
found again beside a result that stays as it was."""

import base64
import hashlib
import secrets
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ballots import queries, signing
from ballots.models import Classification, Consultation, Reckoning, Result
from ballots.rules import (
    BallotRefusal,
    ClassificationRefusal,
    ConsultationRefusal,
    Decided,
    Outcome,
    Reading,
    SignatureRefusal,
)
from ballots.service import cast as casting
from ballots.service import classify, close, decide
from ballots.service.prepare import Prepared
from ecabinet import canonical, clock, ledger, pades
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused, SignatureRejected, Stale
from tests.ballots.builders import Member, an_open_consultation
from tests.builders import Cabinet

WHO, OTHER = "botruong.yte", "botruong.xaydung"
OPINION = "Nên ban hành ở mức Luật."
REASON = "Đồng ý về nguyên tắc, chỉ khác về hình thức văn bản."
SIDES = {"thutuong": "agree", "pttg1": "agree", "botruong.taichinh": "disagree", OTHER: "disagree"}


class Closed:
    """Two for, two against, and one other opinion that decides."""

    def __init__(
        self, cabinet: Cabinet, opinions: tuple[str, ...] = (WHO,), number: int = 0
    ) -> None:
        self.cabinet, self.number = cabinet, number or an_open_consultation(cabinet)
        self.members = {}
        for name, choice in (SIDES | dict.fromkeys(opinions, "other_opinion")).items():
            said = OPINION if choice == "other_opinion" else ""
            self.members[name] = Member(cabinet, name)
            self.members[name].cast(self.number, choice, said)
        cabinet.wait(days=4)
        close.close(self.number)

    def propose(
        self, read: Reading = Reading.AGREEMENT, name: str = WHO, who: str = "chuyenvien",
        reason: str = REASON,
    ) -> None:  # fmt: skip
        actor = self.cabinet.actor(who)
        classify.propose(actor, self.number, self.cabinet.ids[name], read, reason)

    def proposal(self, name: str = WHO) -> int:
        """What stands proposed of this member's opinion, or was last."""
        with reading() as db:
            found = queries.classification_of(db, self.number, self.cabinet.ids[name])
            return found.id if found else 0

    def prepare(self, name: str = WHO) -> Prepared:
        actor, key_id = self.cabinet.actor(name), self.members[name].key_id
        return classify.prepare(actor, self.number, key_id, "demo")

    def envelope(self, made: Prepared, name: str = WHO, by: str = "") -> casting.Envelope:
        key, attributes = self.members[by or name].key, made.attributes
        raw = self.members[name].sign(base64.b64encode(attributes).decode(), key)
        return casting.Envelope(made.token, secrets.token_hex(16), raw)

    def confirm(self, name: str = WHO) -> ledger.Proof:
        return self.send(self.envelope(self.prepare(name), name), name)

    def send(self, envelope: casting.Envelope, name: str = WHO) -> ledger.Proof:
        return classify.confirm(self.cabinet.actor(name), self.number, envelope, meant)

    def result(self) -> tuple[Any, ...]:
        with reading() as db:
            found = db.get_one(Result, self.number)
            return (found.counts, found.outcome, found.why, found.sentence, found.last_leaf)

    def reckoning(self) -> Reckoning | None:
        with reading() as db:
            found = db.get(Reckoning, self.number)
            if found:
                db.expunge(found)
            return found

    def seen(self) -> str:
        with reading() as db:
            return queries.seen_by_decider(db, db.get_one(Consultation, self.number))

    def decide(self, decided: Decided, seen: str) -> None:
        decide.decide(self.cabinet.actor("thutuong"), self.number, decided, REASON, seen)


def meant(db: Session, _mark: bytes) -> dict[str, Any]:
    """How a code confirms: what is kept of it beside the signature."""
    at = canonical.moment(clock.now(db))
    return {"method": "totp", "at": at, "bound_to_ballot": False}


@pytest.fixture
def closed(cabinet: Cabinet) -> Closed:
    return Closed(cabinet)


@pytest.mark.parametrize(
    ("read", "outcome"),
    [
        (Reading.AGREEMENT, Outcome.PASSED),
        (Reading.DISAGREEMENT, Outcome.NOT_PASSED),
        (Reading.NEITHER, Outcome.NEEDS_DECISION),
    ],
)
def test_what_a_member_confirms_decides_and_the_result_stays_as_it_was(
    closed: Closed, read: Reading, outcome: Outcome
) -> None:
    before = closed.result()
    assert before[1] == Outcome.AWAITS_CLASSIFICATION
    closed.propose(read)
    assert closed.reckoning() is None
    proof = closed.confirm()
    assert closed.result() == before
    found = closed.reckoning()
    assert found is not None
    assert found.outcome == outcome
    with reading() as db:
        ((at, leaf),) = ledger.entries(db, "consultation_classified", -1).items()
        ((signed_at, signed),) = ledger.entries(db, "opinion_classified", -1).items()
        (row,) = queries.classifications_of(db, closed.number)
        kept, pdf = row.statement, row.pdf
        (ballot,) = [
            each.ballot
            for each in db.get_one(Result, closed.number).standings
            if each.person_id == row.member_id and each.ballot
        ]
        ballot_leaf, opinion = ballot.leaf, ballot.opinion
        chain = [pades.certificate(db, pades.MEMBER_CA)]
        root = pades.certificate(db, pades.ROOT)
        now = clock.now(db)
    assert (found.leaf, leaf["result_leaf"], leaf["before"]) == (at, before[4], before[1])
    assert leaf["readings"] == [{"ballot_leaf": ballot_leaf, "reading": str(read)}]
    assert (proof.position, signed["ballot_leaf"]) == (signed_at, ballot_leaf)
    assert kept is not None
    assert pdf is not None
    assert signed["statement_sha256"] == hashlib.sha256(kept).hexdigest()
    said = signing.read_of_result(kept, signing.Classification)
    assert (said.reading, said.ballot_leaf, said.result_leaf) == (read, ballot_leaf, before[4])
    assert said.reason_sha256 == canonical.digest_of(REASON)
    assert opinion == OPINION
    shown = pades.validate(pdf, root, chain, now)
    assert shown.attachments == {signing.ATTACHMENT: kept}
    assert hashlib.sha256(shown.certificate).hexdigest() == signed["certificate_sha256"]


def test_the_prime_minister_issues_only_what_is_classified(closed: Closed) -> None:
    closed.propose()
    with pytest.raises(Refused) as refused:
        closed.decide(Decided.ISSUE, closed.seen())
    assert refused.value.reason is ConsultationRefusal.UNCLASSIFIED
    closed.confirm()
    closed.decide(Decided.ISSUE, closed.seen())


def test_declined_it_stays_for_neither_side(closed: Closed) -> None:
    closed.propose()
    member = closed.cabinet.actor(WHO)
    with pytest.raises(Refused) as refused:
        classify.decline(member, closed.number, " ", closed.proposal())
    assert refused.value.reason is ClassificationRefusal.REASON_MISSING
    classify.decline(
        member, closed.number, "Ý kiến của tôi không thuộc bên nào.", closed.proposal()
    )
    found = closed.reckoning()
    assert found is not None
    assert found.outcome == Outcome.NEEDS_DECISION
    assert (found.counts["other"], found.counts["unclassified"]) == (1, 0)
    with pytest.raises(Refused) as settled:
        closed.propose()
    assert settled.value.reason is ClassificationRefusal.SETTLED_ALREADY


def test_the_outcome_waits_for_every_opinion_that_could_turn_it(cabinet: Cabinet) -> None:
    two = Closed(cabinet, (WHO, OTHER))
    for name in (WHO, OTHER):
        two.propose(name=name)
    two.confirm(OTHER)
    # Three for of five: what the other says changes nothing any more.
    found = two.reckoning()
    assert found is not None
    assert (found.outcome, found.counts["unclassified"]) == (Outcome.PASSED, 1)
    with pytest.raises(Refused) as refused:
        two.prepare(WHO)
    assert refused.value.reason is ClassificationRefusal.KNOWN_ALREADY


def test_one_confirmed_of_two_that_decide_leaves_the_outcome_open(cabinet: Cabinet) -> None:
    two = Closed(cabinet, (WHO, OTHER))
    for name in (WHO, OTHER):
        two.propose(Reading.DISAGREEMENT, name)
    two.confirm(OTHER)
    assert two.reckoning() is None
    with reading() as db:
        assert ledger.entries(db, "consultation_classified", -1) == {}
    two.confirm(WHO)
    found = two.reckoning()
    assert found is not None
    assert (found.outcome, found.counts["disagree"]) == (Outcome.NOT_PASSED, 3)


def test_whoever_decides_on_it_has_seen_how_opinions_are_read(closed: Closed) -> None:
    closed.propose()
    seen = closed.seen()
    closed.confirm()
    with pytest.raises(Stale):
        closed.decide(Decided.RETURN, seen)
    closed.decide(Decided.RETURN, closed.seen())


def test_only_the_member_concerned_confirms(closed: Closed) -> None:
    closed.propose()
    made = closed.prepare()
    envelope = closed.envelope(made)
    # Theirs is not there for another member; and whoever is no member may not at all.
    with pytest.raises(Refused) as refused:
        closed.send(envelope, OTHER)
    assert refused.value.reason is BallotRefusal.PAPER_GONE
    for who in ("chuyenvien", "thuky", "lanhdaovp"):
        with pytest.raises((Refused, Forbidden)):
            closed.send(envelope, who)
        with pytest.raises(Forbidden):
            classify.decline(closed.cabinet.actor(who), closed.number, "Không.", closed.proposal())
    with pytest.raises(Refused) as nothing:
        classify.decline(closed.cabinet.actor(OTHER), closed.number, "Không.", closed.proposal())
    assert nothing.value.reason is ClassificationRefusal.NO_OTHER_OPINION
    with pytest.raises(SignatureRejected) as wrong:
        closed.send(closed.envelope(made, by=OTHER))
    assert wrong.value.reason is SignatureRefusal.MISMATCH
    assert closed.reckoning() is None
    closed.send(envelope)
    assert closed.reckoning() is not None


def test_only_the_office_proposes_and_takes_back(closed: Closed) -> None:
    member = closed.cabinet.ids[WHO]
    for who in (WHO, "thutuong", "kiemtoan", "canbo.yte"):
        with pytest.raises((Forbidden, NotFound)):
            closed.propose(who=who)
    closed.propose()
    with pytest.raises(Forbidden):
        classify.take_back(closed.cabinet.actor(WHO), closed.number, member, closed.proposal())
    with pytest.raises(Refused) as twice:
        closed.propose(Reading.NEITHER)
    assert twice.value.reason is ClassificationRefusal.PROPOSED_ALREADY


def test_whoever_has_left_office_confirms_nothing(closed: Closed) -> None:
    closed.propose()
    envelope = closed.envelope(closed.prepare())
    member, was = closed.cabinet.ids[WHO], closed.cabinet.actor(WHO)
    closed.cabinet.leaves_office(WHO)
    # On its way when they left: nobody can log in to an office that is over.
    with pytest.raises(Refused) as refused:
        classify.confirm(was, closed.number, envelope, meant)
    assert refused.value.reason is ClassificationRefusal.LEFT_OFFICE
    assert closed.reckoning() is None
    classify.take_back(closed.cabinet.actor("chuyenvien"), closed.number, member, closed.proposal())
    with pytest.raises(Refused) as again:
        closed.propose()
    assert again.value.reason is ClassificationRefusal.LEFT_OFFICE
    closed.decide(Decided.SESSION, closed.seen())


def test_what_was_taken_back_is_not_confirmed_by_what_was_signed_of_it(closed: Closed) -> None:
    closed.propose(Reading.DISAGREEMENT)
    envelope = closed.envelope(closed.prepare())
    member = closed.cabinet.ids[WHO]
    classify.take_back(closed.cabinet.actor("chuyenvien"), closed.number, member, closed.proposal())
    closed.propose(Reading.AGREEMENT)
    with pytest.raises(Refused) as refused:
        closed.send(envelope)
    assert refused.value.reason is ClassificationRefusal.NOT_PROPOSED
    assert closed.reckoning() is None


def test_sent_again_it_is_the_same_act(closed: Closed) -> None:
    closed.propose()
    envelope = closed.envelope(closed.prepare())
    assert closed.send(envelope) == closed.send(envelope)
    with reading() as db:
        assert len(ledger.entries(db, "opinion_classified", -1)) == 1
        assert len(ledger.entries(db, "consultation_classified", -1)) == 1
    other = casting.Envelope(envelope.token, envelope.key, envelope.signature[::-1])
    with pytest.raises(SignatureRejected):
        closed.send(other)


def test_a_key_used_for_one_question_is_used_up_for_another(cabinet: Cabinet) -> None:
    first, second = Closed(cabinet), Closed(cabinet)
    for each in (first, second):
        each.propose()
    envelope = first.envelope(first.prepare())
    first.send(envelope)
    other = replace(second.envelope(second.prepare()), key=envelope.key)
    with pytest.raises(Refused) as reused:
        second.send(other)
    assert reused.value.reason is BallotRefusal.KEY_REUSED
    assert second.reckoning() is None


def test_a_paper_of_one_kind_is_none_of_the_other(closed: Closed) -> None:
    """What confirms a reading is never cast as a ballot."""
    closed.propose()
    envelope = closed.envelope(closed.prepare())
    with pytest.raises(Refused) as refused:
        casting.cast(closed.cabinet.actor(WHO), closed.number, envelope, meant)
    assert refused.value.reason is BallotRefusal.PAPER_GONE
    with reading() as db:
        assert [each.state for each in queries.classifications_of(db, closed.number)] == [
            "proposed"
        ]
        assert db.query(Classification).count() == 1


def test_what_was_proposed_anew_is_answered_and_taken_back_by_whoever_has_seen_it(
    closed: Closed,
) -> None:
    member, office = closed.cabinet.actor(WHO), closed.cabinet.actor("chuyenvien")
    closed.propose(Reading.DISAGREEMENT)
    seen = closed.proposal()
    classify.take_back(office, closed.number, member.id, seen)
    closed.propose(Reading.AGREEMENT)
    for late in (
        lambda: classify.decline(member, closed.number, "Không.", seen),
        lambda: classify.take_back(office, closed.number, member.id, seen),
    ):
        with pytest.raises(Refused) as refused:
            late()
        assert refused.value.reason is ClassificationRefusal.NOT_PROPOSED
    with reading() as db:
        assert queries.classification_of(db, closed.number, member.id).state == "proposed"
