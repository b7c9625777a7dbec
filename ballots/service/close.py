"""The closing: one idempotent act after the end, as of the due moment (security.md 3.2)."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots import access, queries, rules, signing
from ballots.models import FINAL, Ballot, Consultation, Result, Standing, State
from ballots.rules import Choice, ConsultationRefusal, Position, Silence
from ballots.service.stop import stop_if_replaced
from ballots.service.tell import tell_of_attempts, tell_of_end, tell_of_opinions
from ecabinet import canonical, clock, heartbeat, keys, ledger, working_days
from ecabinet.access import Role
from ecabinet.calendar import Calendar
from ecabinet.db import transaction
from ecabinet.errors import Refused
from people import queries as people

Logged = dict[int, canonical.Json]


# What a member has sent, as the log calls it.
KINDS = ("ballot", "ballot_on_paper", "ballot_refused")


class LedgerDisagrees(Exception):
    """A stored ballot is not the one that the ledger names; nothing is counted."""


def close(consultation_id: int) -> None:
    """Count what came before the end; running it again changes nothing."""
    with transaction() as db:
        consultation = access.consultation_to_close(db, consultation_id)
        now = clock.now(db)
        if consultation.state in FINAL:
            return
        if consultation.state != State.OPEN or not consultation.has_ended(now):
            raise Refused(ConsultationRefusal.NOT_ENDED)
        if stop_if_replaced(db, consultation, _last_day(consultation)):
            return
        ballots = _opened(db, consultation)
        members = _members(db, consultation)
        top = next((each.person_id for each in members if _is_prime_minister(each)), None)
        result = _result(db, consultation, ballots, members, top)
        consultation.state = State.CLOSED
        consultation.closed_at = now
        db.add(result)
        db.flush()
        _record(db, consultation, ballots, result, top)
        tell_of_end(db, consultation, "consultation_closed", outcome=str(result.outcome))
        if queries.open_attempts(db, consultation):
            tell_of_attempts(db, consultation)
        if queries.opinions(db, consultation):
            tell_of_opinions(db, consultation)


def _opened(db: Session, consultation: Consultation) -> list[Ballot]:
    """Break the seals, and hold each ballot against its leaf: the tally is the ledger's alone."""
    key = keys.store().read(signing.key_name(consultation.id))
    ballots = list(
        db.scalars(
            select(Ballot).where(Ballot.consultation_id == consultation.id).order_by(Ballot.leaf)
        )
    )
    logged = {at: act for kind in KINDS for at, act in _logged(db, kind, consultation).items()}
    _hold_against_log(db, consultation, ballots, logged)
    for ballot in ballots:
        content = signing.unseal(key, consultation.id, ballot.sealed)
        ballot.choice = _held_against_leaf(logged, ballot, content).choice
        ballot.opinion = content.opinion
    return ballots


def _hold_against_log(
    db: Session, consultation: Consultation, ballots: list[Ballot], logged: Logged
) -> None:
    """A ballot or an attempt that the log names and no row holds was lost: silence is none."""
    attempts = queries.attempts_of(db, consultation.id)
    kept: dict[str, list[int | None]] = {kind: [] for kind in KINDS}
    for each in ballots:
        kept[queries.kind_of_leaf(each)].append(each.leaf)
    kept["ballot_refused"] = [each.leaf for each in attempts]
    for kind, leaves in kept.items():
        if leaves != [at for at, act in logged.items() if act["type"] == kind]:
            raise LedgerDisagrees(f"the log names another {kind} of consultation {consultation.id}")


def _logged(db: Session, kind: str, consultation: Consultation) -> Logged:
    """What the log says of each act of this kind, by its place."""
    assert consultation.opened_leaf is not None
    found = ledger.entries(db, kind, consultation.opened_leaf).items()
    return {at: act for at, act in found if act.get("consultation") == consultation.id}


def _held_against_leaf(
    logged: Logged, ballot: Ballot, content: signing.Sealed
) -> signing.Statement:
    assert ballot.leaf is not None
    leaf = logged[ballot.leaf]
    statement = signing.read(content.statement)
    same = (
        leaf["type"] == queries.kind_of_leaf(ballot)
        and leaf["consultation"] == ballot.consultation_id == statement.consultation
        and leaf["statement_sha256"] == hashlib.sha256(content.statement).hexdigest()
        and statement.member == ballot.person_id
        and statement.opinion_sha256 == canonical.digest_of(content.opinion)
        and statement.prev_ballot_leaf == ballot.follows
    )
    if not same:
        raise LedgerDisagrees(f"ballot {ballot.id} at leaf {ballot.leaf}")
    return statement


def _result(
    db: Session, consultation: Consultation, ballots: list[Ballot], members: list[people.Holder],
    top: int | None,
) -> Result:  # fmt: skip
    assert consultation.rule_set is not None
    assert consultation.opened_leaf is not None
    rule_set = rules.rule_set(consultation.rule_set)
    outages = _outages_that_cut_off(db, consultation)
    standings = _standings(db, consultation, rule_set, ballots, members, bool(outages))
    counted = rules.tally({each.person_id: Position(each.position) for each in standings}, top)
    decision = rules.decide(counted)
    waits = outages if rules.awaits_extension(rule_set, bool(outages), counted) else []
    return Result(
        consultation_id=consultation.id,
        counts=asdict(counted) | {"pm": counted.pm.value if counted.pm else None},
        outcome=decision.outcome,
        why=decision.why,
        sentence=rules.sentence(counted, decision),
        basis=rule_set.basis,
        is_provisional=bool(waits or queries.open_attempts(db, consultation)),
        outages=[[canonical.moment(each) for each in span] for span in waits],
        first_leaf=consultation.opened_leaf,
        standings=standings,
    )


def _outages_that_cut_off(db: Session, consultation: Consultation) -> list[heartbeat.Span]:
    """Where the service was down for too long, when; else nothing."""
    since, due_at = consultation.asks_since, consultation.due_at
    assert since is not None
    assert due_at is not None
    outages = heartbeat.outages(db, since, due_at)
    calendar = working_days.calendar(db, as_of=due_at)
    return outages if rules.was_cut_off(outages, since, due_at, calendar) else []


def _tried(db: Session, consultation: Consultation) -> set[int]:
    """Who sent a signed answer on a paper asked for before the end, and was refused; or whose
    answer on paper was entered before it, whatever a second person has said of it or has not."""
    sent = {
        each.person_id
        for each in queries.attempts_of(db, consultation.id)
        if each.is_in_time(consultation.due_at)
    }
    return sent | queries.handed_in_on_paper(db, consultation).keys()


def _members(db: Session, consultation: Consultation) -> list[people.Holder]:
    """The members in office at the due moment: N is counted here, never a constant."""
    return people.members(db, _last_day(consultation))


def _last_day(consultation: Consultation) -> date:
    assert consultation.due_at is not None
    return queries.CALENDAR.local_day(consultation.due_at - timedelta(seconds=1))


def _is_prime_minister(member: people.Holder) -> bool:
    return member.role is Role.PRIME_MINISTER


def _standings(
    db: Session, consultation: Consultation, rule_set: rules.RuleSet, ballots: list[Ballot],
    members: list[people.Holder], was_cut_off: bool,
) -> list[Standing]:  # fmt: skip
    """One for each member, where they stood at the due moment."""
    last = _last_of(consultation, ballots)
    notices = queries.notices(db, consultation)
    tried = _tried(db, consultation)
    before = {each.person_id for each in ballots}
    calendar = working_days.calendar(db, as_of=consultation.due_at)
    rows = []
    for order, member in enumerate(members):
        ballot = last.get(member.person_id)
        notice = rules.first_notice(notices.get(member.person_id, []))
        if ballot and ballot.choice:
            position = rules.position_of_ballot(
                Choice(ballot.choice), ballot.signature_class, consultation.signature_classes
            )
        else:
            silence = _silence(db, consultation, member, notice, tried, before, was_cut_off)
            position = _position(consultation, rule_set, silence, calendar)
        rows.append(
            Standing(
                person_id=member.person_id,
                office=member.office,
                order=order,
                position=position,
                ballot=ballot,
                notice_at=notice.at if notice else None,
                notice_by=notice.by if notice else None,
            )
        )
    return rows


def _last_of(consultation: Consultation, ballots: list[Ballot]) -> dict[int, Ballot]:
    """Of each member the ballot that counts: the last one on the papers as they are now."""
    return {each.person_id: each for each in ballots if queries.counts(consultation, each)}


def _position(
    consultation: Consultation, rule_set: rules.RuleSet, silence: Silence, calendar: Calendar
) -> Position:
    assert consultation.asks_since is not None
    assert consultation.due_at is not None
    return rules.position_of_silence(
        rule_set, silence, consultation.asks_since, consultation.due_at, calendar
    )


def _silence(
    db: Session, consultation: Consultation, member: people.Holder, notice: rules.Notice | None,
    tried: set[int], before: set[int], was_cut_off: bool,
) -> Silence:  # fmt: skip
    assert consultation.due_at is not None
    person_id = member.person_id
    counted = consultation.signature_classes
    devices = people.devices_as_of(db, person_id, consultation.due_at, counted)
    return Silence(
        is_prime_minister=_is_prime_minister(member),
        was_asked=any(each.person_id == person_id for each in consultation.asked),
        notice=notice,
        can_sign=devices.can_sign,
        enrolment_pending=devices.pending,
        tried_to_answer=person_id in tried,
        answered_before=person_id in before,
        was_cut_off=was_cut_off,
    )


def _record(
    db: Session, consultation: Consultation, ballots: list[Ballot], result: Result,
    top: int | None,
) -> None:  # fmt: skip
    """CLOSE first, with count and range; then RESULT, with who is deemed and since when told."""
    leaves = [each.leaf for each in ballots]
    assert consultation.due_at is not None
    closing = {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "due_at": canonical.moment(consultation.due_at),
        "ballots": len(ballots),
        "opened_leaf": consultation.opened_leaf,
        "ballot_leaves": leaves,
        "attempt_leaves": [each.leaf for each in queries.attempts_of(db, consultation.id)],
        "comment_leaves": queries.acts_of_early_comments(db, consultation.id),
        "key_leaves": queries.acts_of_keys(db, {each.key_id for each in ballots}),
    }
    ledger.append(db, "consultation_closed", closing, _remember_closing(consultation))
    body = _result_leaf(result) | {"prime_minister": top}
    ledger.append(db, "consultation_result", body, _remember_result(result))


def _result_leaf(result: Result) -> dict[str, Any]:
    deemed = [
        {
            "member": each.person_id,
            "notice_at": canonical.moment(each.notice_at),
            "notice_by": each.notice_by,
        }
        for each in result.standings
        if each.position == Position.DEEMED_AGREE and each.notice_at
    ]
    return {
        "v": signing.VERSION,
        "consultation": result.consultation_id,
        "counts": result.counts,
        "outcome": str(result.outcome),
        "why": str(result.why),
        "sentence_sha256": canonical.digest_of(result.sentence),
        "basis_sha256": canonical.digest_of(result.basis),
        "standings_sha256": hashlib.sha256(
            canonical.encode({"standings": queries.standings_shown(result)})
        ).hexdigest(),
        "deemed": deemed,
        "provisional": result.is_provisional,
        "outages": result.outages,
    }


def _remember_closing(consultation: Consultation) -> Callable[[int], None]:
    def remember(position: int) -> None:
        consultation.closed_leaf = position

    return remember


def _remember_result(result: Result) -> Callable[[int], None]:
    def remember(position: int) -> None:
        result.last_leaf = position

    return remember
