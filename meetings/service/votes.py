"""Votes in session as the chair conducts them: opened, announced to close, counted, or stopped."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from ballots import queries as ballots
from ballots import rules as ballot_rules
from documents import queries as documents
from documents import service as dossiers
from ecabinet import canonical, clock, keys, ledger, outbox
from ecabinet.access import Actor, Role
from ecabinet.db import transaction
from ecabinet.errors import Refused
from meetings import access, queries, rules, signing
from meetings.access import Console
from meetings.announcements import VoteClosed, VoteClosing, VoteOpened, VoteStopped
from meetings.models import Item, Meeting, Seat, Vote, VoteCast
from meetings.rules import Naming, VoteRefusal, VoteState
from meetings.service import seats
from meetings.service.record import digest, normal, record, told
from people import queries as people


class LedgerDisagrees(Exception):
    """A stored answer is not the one that the ledger names; nothing is counted."""


@dataclass(frozen=True)
class Question:
    """What the members are asked about an item, and whether names are shown afterwards."""

    item_id: int
    text: str
    naming: Naming


def open_vote(actor: Actor, meeting_id: int, question: Question) -> int:
    """Put a question on the item under discussion to all members; N is of this moment."""
    with transaction() as db:
        console = access.meeting_to_conduct(db, actor, meeting_id)
        meeting = console.meeting
        item = access.item_of(meeting, question.item_id)
        with told(db, meeting, VoteOpened):
            _count_members(db, meeting)
            _refuse_opening(meeting, item)
            vote = _vote(db, actor, console, item, question)
            keys.store().make(signing.key_name(vote.id))
            _record_opening(db, actor, console, vote)
        _invite_absent(db, meeting, vote)
        return vote.id


def _count_members(db: Session, meeting: Meeting) -> None:
    """Whoever came into office since has a seat and its papers; who left counts no more."""
    seats.hand_out(db, meeting, seats.count_members(db, meeting))


def _refuse_opening(meeting: Meeting, item: Item) -> None:
    counted = meeting.quorum
    refusal = rules.opening_refusal(
        meeting.is_government_session,
        meeting.stands,
        item.stands,
        meeting.open_vote is not None,
        counted,
        restricted=item.restricted,
    )
    if refusal:
        figures = {"missing": counted.missing, "present": counted.present, "needed": counted.needed}
        raise Refused(refusal, **figures)


def _vote(
    db: Session, actor: Actor, console: Console, item: Item, question: Question
) -> Vote:  # fmt: skip
    rule_set = ballots.rules_today(db)
    if rule_set is None:
        raise Refused(VoteRefusal.NO_RULES)
    papers = documents.current_editions(db, item.dossier_id) if item.dossier_id else []
    vote = Vote(
        number=len(console.meeting.votes) + 1,
        item_id=item.id,
        question=normal(question.text),
        naming=question.naming,
        state=VoteState.OPEN,
        papers=[each.digest for each in papers],
        rule_set=rule_set.id,
        opened_at=clock.now(db),
        opened_by=actor.id,
        by_order_of=console.by_order_of,
        standings=[],
    )
    console.meeting.votes.append(vote)
    db.flush()
    return vote


def _record_opening(db: Session, actor: Actor, console: Console, vote: Vote) -> None:
    counted = console.meeting.quorum

    def remember(position: int) -> None:
        vote.opened_leaf = position

    record(
        db, actor, console.meeting, "vote_opened", vote.item_id, console.by_order_of, remember,
        vote=vote.id, question_sha256=digest(vote.question), naming=str(vote.naming),
        papers=vote.papers, rule_version=vote.rule_set, members=counted.members,
        present=counted.present, online=counted.online,
        electorate=sorted(each.person_id for each in _voters(console.meeting)),
    )  # fmt: skip


def _invite_absent(db: Session, meeting: Meeting, vote: Vote) -> None:
    """An absent member who follows may vote as well, without counting as present."""
    absent = [each.person_id for each in _voters(meeting) if not each.attends]
    outbox.notify(db, absent, "vote_opened", f"/meetings/{meeting.id}/live", question=vote.question)


def _voters(meeting: Meeting) -> list[Seat]:
    return [each for each in meeting.seats if each.counts]


# ---- ending one ----


def announce_closing(actor: Actor, meeting_id: int, vote_id: int) -> None:
    """Show every screen that the vote closes in five seconds; until then answers are taken."""
    with transaction() as db:
        console = access.meeting_to_conduct(db, actor, meeting_id)
        vote = access.vote_of(console.meeting, vote_id)
        refusal = rules.announcing_refusal(vote.stands, console.meeting.quorum.missing)
        if refusal:
            raise Refused(refusal)
        if vote.closing_at is None:
            with told(db, console.meeting, VoteClosing):
                vote.closing_at = clock.now(db) + rules.CLOSING_SHOWN


def close_vote(actor: Actor, meeting_id: int, vote_id: int) -> None:
    """Break the seals and count, against all members as they are at this moment.

    Both who conduct ask for it when it is due; the second changes nothing.
    """
    with transaction() as db:
        console = access.meeting_to_conduct(db, actor, meeting_id)
        meeting = console.meeting
        vote = access.vote_of(meeting, vote_id)
        if vote.stands is VoteState.CLOSED:
            return
        with told(db, meeting, VoteClosed):
            _count_members(db, meeting)
            now = clock.now(db)
            missing = meeting.quorum.missing
            refusal = rules.counting_refusal(vote.stands, missing, vote.closing_at, now)
            if refusal:
                raise Refused(refusal, missing=missing)
            casts = _opened(db, vote)
            vote.state, vote.closed_at = VoteState.CLOSED, now
            _count(db, meeting, vote, casts)
            _record_closing(db, actor, console, vote, casts)
        _tell_story(db, meeting, vote)


def stop_vote(actor: Actor, meeting_id: int, vote_id: int) -> None:
    """End a vote without a result: a wrong question, or a quorum that does not come back."""
    with transaction() as db:
        console = access.meeting_to_conduct(db, actor, meeting_id)
        vote = access.vote_of(console.meeting, vote_id)
        if vote.stands is not VoteState.OPEN:
            raise Refused(VoteRefusal.NOT_OPEN)
        with told(db, console.meeting, VoteStopped):
            vote.state, vote.closed_at = VoteState.STOPPED, clock.now(db)
            record(
                db, actor, console.meeting, "vote_stopped", vote.item_id, console.by_order_of,
                vote=vote.id,
            )  # fmt: skip


def _opened(db: Session, vote: Vote) -> list[VoteCast]:
    """The answers in the ledger's order, each held against its leaf."""
    key = keys.store().read(signing.key_name(vote.id))
    casts = queries.casts_of(db, vote.id)
    _hold_against_log(db, vote, casts)
    for each in casts:
        content = signing.unseal(key, vote.id, each.sealed)
        _hold_against_leaf(db, each, content)
        each.choice, each.opinion = content.choice, content.opinion
    return casts


def _hold_against_log(db: Session, vote: Vote, casts: list[VoteCast]) -> None:
    """An answer that the log names and no row holds was lost."""
    assert vote.opened_leaf is not None
    kept = [each.leaf for each in casts]
    if kept != ledger.positions(db, queries.CAST_LEAF, vote.opened_leaf, vote=vote.id):
        raise LedgerDisagrees(f"the log names another answer to vote {vote.id}")


def _hold_against_leaf(db: Session, cast: VoteCast, content: signing.Sealed) -> None:
    assert cast.leaf is not None
    leaf = canonical.decode(ledger.envelope(db, cast.leaf))
    statement = canonical.decode(content.statement)
    same = (
        leaf["type"] == queries.CAST_LEAF
        and leaf["vote"] == cast.vote_id == statement["vote"]
        and leaf["statement_sha256"] == content.mark
        and statement["member"] == cast.person_id
        and statement["opinion_sha256"] == canonical.digest_of(content.opinion)
        and statement["prev_vote_leaf"] == cast.follows
    )
    if not same:
        raise LedgerDisagrees(f"answer {cast.id} at leaf {cast.leaf}")


def _count(db: Session, meeting: Meeting, vote: Vote, casts: list[VoteCast]) -> None:
    """The last answer of each member counts; who has left office is kept and not counted."""
    voters = _voters(meeting)
    answers = {each.person_id: ballot_rules.Choice(each.choice) for each in casts if each.choice}
    stands = rules.positions([each.person_id for each in voters], answers)
    top = next((each.person_id for each in people.persons_with(db, Role.PRIME_MINISTER)), None)
    counted = ballot_rules.tally(stands, top)
    decision = ballot_rules.decide(counted)
    vote.counts = asdict(counted) | {"pm": counted.pm.value if counted.pm else None}
    vote.outcome = decision.outcome
    vote.sentence = ballot_rules.sentence(counted, decision)
    vote.basis = ballot_rules.rule_set(vote.rule_set).basis
    vote.standings = [
        {"person": each.person_id, "office": each.office, "position": stands[each.person_id].value}
        for each in voters
    ]


def _record_closing(
    db: Session, actor: Actor, console: Console, vote: Vote, casts: list[VoteCast]
) -> None:
    """First what was taken, by the range of its leaves; then what it came to."""
    assert vote.opened_leaf is not None
    last = casts[-1].leaf if casts else vote.opened_leaf
    record(
        db, actor, console.meeting, "vote_closed", vote.item_id, console.by_order_of,
        vote=vote.id, casts=len(casts), first_leaf=vote.opened_leaf, last_leaf=last,
    )  # fmt: skip
    body: dict[str, Any] = {
        "v": signing.VERSION,
        "meeting": console.meeting.id,
        "vote": vote.id,
        "counts": vote.counts,
        "outcome": str(vote.outcome),
        "sentence": vote.sentence,
        "standings_sha256": canonical.digest_of(canonical.encode({"": vote.standings}).decode()),
    }
    ledger.append(db, "meeting_vote_result", body, _remember_result(vote))


def _remember_result(vote: Vote) -> Callable[[int], None]:
    def remember(position: int) -> None:
        vote.result_leaf = position

    return remember


def _tell_story(db: Session, meeting: Meeting, vote: Vote) -> None:
    item = access.item_of(meeting, vote.item_id)
    if item.dossier_id:
        dossiers.add_to_story(
            db, item.dossier_id, "item_voted", f"/meetings/{meeting.id}",
            title=meeting.title, number=item.position, sentence=vote.sentence,
        )  # fmt: skip
