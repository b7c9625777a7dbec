"""Reads of consultations, for screens and for the rooms above; never a choice before closing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, defer, selectinload

from ballots import access, rules, signing
from ballots.announcements import LISTS
from ballots.models import (
    ARCHIVED,
    FINAL,
    Asked,
    Attempt,
    Ballot,
    BallotPaper,
    Classification,
    Consultation,
    Correction,
    Decision,
    EarlyComment,
    EndChange,
    FrozenPaper,
    NoticeOpened,
    OutsideSigning,
    PaperEntry,
    Proposal,
    Reply,
    Report,
    ReservedOpinion,
    Result,
    SignedPage,
    Standing,
    State,
)
from documents import queries as documents
from ecabinet import archiving, canonical, clock, keys, ledger, live, outbox, tsa, working_days
from ecabinet.access import Actor, Mandate, Matter, Permission, Right, Role
from ecabinet.calendar import Calendar, Occasion
from ecabinet.duties import Duty
from ecabinet.errors import NotFound
from ecabinet.search_terms import fold
from people import queries as people

CALENDAR = Calendar()
# Acts that are named in a matter by a key, not by the consultation's number.
KEY_ACTS = ("key_enrolled", "key_renewed", "key_revoked")
# When a member signed what is of each kind.
SIGNED_AT: dict[type[SignedPage], InstrumentedAttribute[Any]] = {
    Ballot: Ballot.at,
    Classification: Classification.ended_at,
    ReservedOpinion: ReservedOpinion.at,
}


@dataclass(frozen=True)
class Row:
    """One consultation in a list."""

    id: int
    title: str
    state: str
    has_ended: bool
    due_at: datetime | None
    asked: int
    answered: int
    has_mine: bool
    outcome: str | None
    is_corrected: bool
    decided: str | None


@dataclass(frozen=True)
class MemberRow:
    """One member asked, and whether they have answered; never what."""

    person_id: int
    office: str
    answered_at: datetime | None
    told: outbox.Told
    # Told too late for silence to be deemed agreement, or not yet at all.
    is_late: bool
    can_sign: bool
    # When a device of theirs last showed that it signs.
    tried_at: datetime | None
    attempts: int
    # Whoever has left office does not count, and is neither called nor reminded.
    has_left: bool
    # Answered about papers that were replaced since: asked again.
    answered_before: bool
    # By an answer on paper that two people have entered.
    answered_on_paper: bool
    # By a signature of a class that does not count alone.
    awaits_official: bool

    @property
    def may_answer_on_paper(self) -> bool:
        """Has not answered, or on paper alone: a paper stands over no signed ballot."""
        return self.answered_at is None or self.answered_on_paper

    @property
    def is_to_be_called(self) -> bool:
        """Neither has answered nor was told: the Office has to call."""
        return self.answered_at is None and not self.has_left and self.told.is_to_be_called


@dataclass(frozen=True)
class Receipt(ledger.Proof):
    """The member's proof that their ballot is in the ledger: the same bytes on every retry."""

    key: str
    number: str
    at: str
    fingerprint: str
    may_replace_until: str

    def as_answer(self) -> dict[str, str | int]:
        return dict(vars(self))


@dataclass(frozen=True)
class OwnRow:
    """One question that asked this member: what they answered, and where they stood at closing."""

    id: int
    title: str
    state: str
    has_ended: bool
    opened_at: datetime | None
    due_at: datetime | None
    answered_at: datetime | None
    # Of their last ballot, on the papers as they are asked about now.
    key: str | None
    choice: rules.Choice | None
    # Once it is closed.
    position: rules.Position | None
    outcome: rules.Outcome | None
    is_corrected: bool


def own_history(db: Session, actor: Actor) -> list[OwnRow]:
    """All that this member was ever asked, the newest first."""
    asked = select(Asked.consultation_id).where(Asked.person_id == actor.id)
    query = select(Consultation).where(Consultation.id.in_(asked))
    rows = list(db.scalars(query.order_by(Consultation.opened_leaf.desc())))
    ids = [each.id for each in rows]
    of_mine = select(Ballot).where(Ballot.person_id == actor.id, Ballot.consultation_id.in_(ids))
    # Only what is open is still sealed.
    of_mine = of_mine.options(defer(Ballot.sealed), defer(Ballot.stamp))
    last = {each.consultation_id: each for each in db.scalars(of_mine.order_by(Ballot.leaf))}
    stood = select(Standing).where(
        Standing.person_id == actor.id, Standing.consultation_id.in_(ids)
    )
    standings = {each.consultation_id: each for each in db.scalars(stood)}
    results = {
        each.consultation_id: each.outcome_now
        for each in db.scalars(select(Result).where(Result.consultation_id.in_(ids)))
    }
    now, corrected = clock.now(db), _corrected(db, ids)
    return [
        replace(
            _own_row(each, last.get(each.id), standings.get(each.id), results.get(each.id), now),
            is_corrected=each.id in corrected,
        )
        for each in rows
    ]


def _own_row(
    consultation: Consultation, ballot: Ballot | None, standing: Standing | None,
    outcome: rules.Outcome | None, now: datetime,
) -> OwnRow:  # fmt: skip
    """Their own choice is theirs to see at any time; the seal keeps it from everybody else."""
    counted = ballot if ballot and counts(consultation, ballot) else None
    return OwnRow(
        id=consultation.id,
        title=consultation.title,
        state=str(consultation.state),
        has_ended=consultation.has_ended(now),
        opened_at=consultation.opened_at,
        due_at=consultation.due_at,
        answered_at=counted.at if counted else None,
        key=counted.key if counted else None,
        choice=_own_choice(counted) if counted else None,
        position=rules.Position(standing.position) if standing else None,
        outcome=outcome,
        is_corrected=False,
    )


def _own_choice(ballot: Ballot) -> rules.Choice:
    return rules.Choice(ballot.choice) if ballot.choice else sealed_answer(ballot).answer.choice


def consultation_title(db: Session, consultation_id: int) -> str:
    found = db.get(Consultation, consultation_id)
    if found is None:
        raise NotFound(f"consultation {consultation_id}")
    return found.title


class Shown(StrEnum):
    """Which questions a list shows."""

    ALL = "all"
    UNDER_WAY = "under_way"
    DRAFTS = "drafts"
    DECIDED = "decided"
    ENDED_OTHERWISE = "ended_otherwise"


STATES_SHOWN = {
    Shown.ALL: frozenset(State),
    Shown.UNDER_WAY: frozenset({State.OPEN}),
    Shown.DRAFTS: frozenset({State.DRAFT}),
    Shown.DECIDED: frozenset({State.CLOSED}),
    Shown.ENDED_OTHERWISE: FINAL - {State.CLOSED},
}
A_PAGE = 50


@dataclass(frozen=True)
class Listed:
    """What a list of questions is asked for; words without marks find those with them."""

    words: str = ""
    shown: Shown = Shown.ALL
    page: int = 1


@dataclass(frozen=True)
class ListPage:
    rows: list[Row]
    count: int
    page: int
    pages: int


def consultations(db: Session, actor: Actor, wanted: Listed) -> ListPage:
    """What this person may see: all for the Office, what asks them for a member."""
    visible = _visible(actor).where(Consultation.state.in_(STATES_SHOWN[wanted.shown]))
    titles = db.execute(visible.order_by(Consultation.id.desc()))
    words = fold(wanted.words).split()
    found = [
        number
        for number, title in titles
        if all(word in f"{number} {fold(title)}" for word in words)
    ]
    pages = max(1, -(-len(found) // A_PAGE))
    page = min(max(wanted.page, 1), pages)
    rows = _rows(db, actor, found[(page - 1) * A_PAGE : page * A_PAGE])
    return ListPage(rows, len(found), page, pages)


def _visible(actor: Actor) -> Select[int, str]:
    """The numbers and titles of the questions that this person may see."""
    query = select(Consultation.id, Consultation.title)
    if not access.sees_drafts(actor):
        query = query.where(Consultation.state != State.DRAFT)
    if not access.sees_all(actor):
        mine = select(Asked.consultation_id).where(Asked.person_id == actor.id)
        query = query.where(Consultation.id.in_(mine) | _is_advised_on(actor))
    return query


def _rows(db: Session, actor: Actor, ids: list[int]) -> list[Row]:
    query = select(Consultation).where(Consultation.id.in_(ids))
    rows = list(db.scalars(query.order_by(Consultation.id.desc())))
    asked = _asked_counts(db, ids)
    answered = _answered_counts(db, ids)
    mine_answered = set(db.scalars(_answered_by(actor.id)))
    outcomes = {
        each.consultation_id: each.outcome_now
        for each in db.scalars(select(Result).where(Result.consultation_id.in_(ids)))
    }
    decided = {
        each.consultation_id: each.decided
        for each in db.scalars(select(Decision).where(Decision.consultation_id.in_(ids)))
    }
    now, corrected = clock.now(db), _corrected(db, ids)
    return [
        Row(
            id=each.id,
            title=each.title,
            state=each.state,
            has_ended=each.has_ended(now),
            due_at=each.due_at,
            asked=asked.get(each.id, 0),
            answered=answered.get(each.id, 0),
            has_mine=each.id in mine_answered,
            outcome=outcomes.get(each.id),
            is_corrected=each.id in corrected,
            decided=decided.get(each.id),
        )
        for each in rows
    ]


def _is_advised_on(actor: Actor) -> ColumnElement[bool]:
    """What others are asked, and this person reads beside them, while it is open."""
    ids = [each.matter_id for each in _advising(actor)]
    return and_(Consultation.id.in_(ids), Consultation.state == State.OPEN)


def _advising(actor: Actor) -> list[Mandate]:
    return [
        each
        for each in actor.mandates
        if (each.right, each.matter) == (Right.ADVISE, Matter.CONSULTATION)
    ]


def _asked_counts(db: Session, ids: list[int]) -> dict[int, int]:
    """How many persons each consultation asks."""
    query = select(Asked.consultation_id, func.count()).where(Asked.consultation_id.in_(ids))
    return dict(db.execute(query.group_by(Asked.consultation_id)).all())


def _counts() -> ColumnElement[bool]:
    """Whether a ballot is about the papers as they are asked about now (BAL-05)."""
    return Ballot.leaf > func.coalesce(Consultation.asked_again_leaf, Consultation.opened_leaf)


def _answered_counts(db: Session, ids: list[int]) -> dict[int, int]:
    """How many members have answered each consultation."""
    query = select(Ballot.consultation_id, func.count(func.distinct(Ballot.person_id)))
    query = query.join(Consultation, Consultation.id == Ballot.consultation_id)
    query = query.where(Ballot.consultation_id.in_(ids), _counts())
    return dict(db.execute(query.group_by(Ballot.consultation_id)).all())


def _answered_by(person_id: int) -> Select[int]:
    """The consultations that this member has answered."""
    query = select(Ballot.consultation_id)
    query = query.join(Consultation, Consultation.id == Ballot.consultation_id)
    return query.where(Ballot.person_id == person_id, _counts())


def members_asked(db: Session, consultation: Consultation) -> list[MemberRow]:
    """Each member asked, in protocol order: how they were told, when they last answered."""
    answered, before = _answers(db, consultation)
    on_paper, waiting = _on_paper(db, consultation), awaiting(db, consultation)
    attempts = Counter(each.person_id for each in attempts_of(db, consultation.id))
    told = _told_of_opening(db, consultation)
    now, calendar = clock.now(db), working_days.calendar(db)
    able, tried = (
        people.able_to_sign(db, now, consultation.signature_classes),
        people.last_trials(db, now),
    )
    in_office = {each.person_id for each in people.members(db)}
    return [
        MemberRow(
            person_id=each.person_id,
            office=each.office,
            answered_at=answered.get(each.person_id),
            told=(own := told.get(each.person_id, outbox.Told())),
            is_late=_is_late(consultation, own, now, calendar),
            can_sign=each.person_id in able,
            tried_at=tried.get(each.person_id),
            attempts=attempts[each.person_id],
            has_left=each.person_id not in in_office,
            answered_before=each.person_id in before,
            answered_on_paper=each.person_id in on_paper,
            awaits_official=each.person_id in waiting,
        )
        for each in consultation.asked
    ]


def _told_of_opening(db: Session, consultation: Consultation) -> dict[int, outbox.Told]:
    """How each was told of the question as it is asked now.

    A message marked as read proves nothing: the page they opened does.
    """
    if consultation.asks_since is None:
        return {}
    pages = select(NoticeOpened).where(
        NoticeOpened.consultation_id == consultation.id,
        NoticeOpened.at >= consultation.asks_since,
    )
    opened = {each.person_id: each.at for each in db.scalars(pages)}
    told = outbox.told_of(db, fact_of_asking(consultation))
    return {
        person_id: replace(told.get(person_id, outbox.Told()), opened_at=opened.get(person_id))
        for person_id in opened.keys() | told.keys()
    }


def _is_late(
    consultation: Consultation, told: outbox.Told, now: datetime, calendar: Calendar
) -> bool:
    """Whether silence could not be deemed agreement any more, were the member told now."""
    if consultation.rule_set is None or consultation.due_at is None:
        return False
    first = rules.first_notice([*_proofs(told), rules.Notice(now, rules.NoticeBy.OPENED)])
    in_force = rules.rule_set(consultation.rule_set)
    return not rules.is_in_time(in_force, first, consultation.due_at, calendar)


def answered_count(db: Session, consultation_id: int) -> int:
    """How many members have answered so far."""
    return _answered_counts(db, [consultation_id]).get(consultation_id, 0)


def asked_count(db: Session, consultation_id: int) -> int:
    """How many members are asked."""
    return _asked_counts(db, [consultation_id]).get(consultation_id, 0)


def notices(db: Session, consultation: Consultation) -> dict[int, list[rules.Notice]]:
    """All that proves that each member was told of the question as it is asked now."""
    told = _told_of_opening(db, consultation)
    return {person_id: _proofs(each) for person_id, each in told.items()}


def _proofs(told: outbox.Told) -> list[rules.Notice]:
    """The page that was opened, and the words of servers."""
    opened = [rules.Notice(told.opened_at, rules.NoticeBy.OPENED)] if told.opened_at else []
    accepted = [
        rules.Notice(each.accepted_at, rules.NoticeBy(each.channel))
        for each in told.deliveries
        if each.accepted_at is not None
    ]
    return opened + accepted


def signing_key(device: people.SigningDevice | None) -> rules.SigningKey | None:
    """What the rules have to know of a key."""
    if device is None:
        return None
    return rules.SigningKey(device.usable_from, device.ends_at, device.revoked_at)


def path_of(consultation_id: int) -> str:
    return f"/consultations/{consultation_id}"


def path_of_reserved_opinion(key: str) -> str:
    """Where a member finds the receipt of what they have reserved."""
    return f"/reserved-opinions/{key}"


def path_of_early_comments(consultation_id: int) -> str:
    """Where the drafting agency reads what members have released early."""
    return f"{path_of(consultation_id)}/early-comments"


def path_of_classification(consultation_id: int) -> str:
    """Where a member answers how their own other opinion is read."""
    return f"{path_of(consultation_id)}/classification"


def fact_of_asking(consultation: Consultation) -> str:
    """What the notice of the asking tells of; its deliveries are proof of notice."""
    return f"{kind_of_asking(consultation)}:{consultation.id}{_again(consultation)}"


def kind_of_asking(consultation: Consultation) -> str:
    return "consultation_opened" if consultation.version == 1 else "consultation_asked_again"


def _again(consultation: Consultation) -> str:
    """Of what is told anew of each version."""
    return "" if consultation.version == 1 else f":{consultation.version}"


def opened_leaf(db: Session, consultation_id: int) -> int:
    """The leaf that a first answer has to name."""
    leaf = db.get_one(Consultation, consultation_id).opened_leaf
    assert leaf is not None
    return leaf


def _answers(db: Session, consultation: Consultation) -> tuple[dict[int, datetime], set[int]]:
    """When each member answered last; and who did so before a paper was replaced, and not since."""
    last = select(Ballot.person_id, func.max(Ballot.at), func.max(Ballot.leaf))
    last = last.where(Ballot.consultation_id == consultation.id).group_by(Ballot.person_id)
    answered, before = dict[int, datetime](), set[int]()
    for person_id, at, leaf in db.execute(last):
        if leaf is not None and leaf > consultation.asking_leaf:
            answered[person_id] = at
        else:
            before.add(person_id)
    return answered, before


def _on_paper(db: Session, consultation: Consultation) -> set[int]:
    """Whose answer that counts so far is on paper."""
    last = _last_classes(db, consultation)
    return {person for person, kind in last.items() if kind == signing.ON_PAPER}


def awaiting(db: Session, consultation: Consultation) -> set[int]:
    """Who has answered, last by a signature of a class that does not count alone."""
    last = _last_classes(db, consultation)
    return {person for person, kind in last.items() if not consultation.takes(kind)}


def _last_classes(db: Session, consultation: Consultation) -> dict[int, str]:
    """Of each member who has answered the class of their last ballot."""
    if consultation.state == State.DRAFT:
        return {}
    query = select(Ballot.person_id, Ballot.signature_class).where(
        Ballot.consultation_id == consultation.id, Ballot.leaf > consultation.asking_leaf
    )
    return dict(db.execute(query.order_by(Ballot.leaf)).all())


def handed_in_on_paper(db: Session, consultation: Consultation) -> dict[int, PaperEntry]:
    """Whose answer on paper was entered before the end and not taken back by who entered it, also
    where nobody has compared it."""
    query = select(PaperEntry).where(
        PaperEntry.consultation_id == consultation.id,
        PaperEntry.at < consultation.due_at,
        PaperEntry.taken_back_at.is_(None),
    )
    return {each.person_id: each for each in db.scalars(query.order_by(PaperEntry.id))}


def is_on_paper(ballot: Ballot) -> bool:
    return ballot.signature_class == signing.ON_PAPER


def kind_of_leaf(ballot: Ballot) -> str:
    """As what a ballot stands in the log."""
    return "ballot_on_paper" if is_on_paper(ballot) else "ballot"


def counts(consultation: Consultation, ballot: Ballot) -> bool:
    """Whether a ballot is about the papers as they are asked about now (BAL-05)."""
    assert ballot.leaf is not None
    return ballot.leaf > consultation.asking_leaf


def last_sent(db: Session, consultation: Consultation, person_id: int) -> Ballot | None:
    """The member's last ballot, also where it is about papers that were replaced since."""
    return db.scalar(
        select(Ballot)
        .where(Ballot.consultation_id == consultation.id, Ballot.person_id == person_id)
        .order_by(Ballot.leaf.desc())
        .limit(1)
    )


class Fate(StrEnum):
    """What has become of a ballot, as its member is told."""

    REPLACEABLE = "replaceable"
    # Kept; signed by a class that does not count alone, while it may still be signed officially.
    AWAITS_OFFICIAL = "awaits_official"
    STAYED_UNOFFICIAL = "stayed_unofficial"
    TO_BE_COUNTED = "to_be_counted"
    COUNTED = "counted"
    # Kept, and not counted: by another of theirs, by other papers, by its question, by its member.
    REPLACED = "replaced"
    ASKED_AGAIN = "asked_again"
    NO_RESULT = "no_result"
    LEFT_OFFICE = "left_office"


def fate_of(db: Session, consultation: Consultation, ballot: Ballot) -> Fate:
    if consultation.state in FINAL - {State.CLOSED}:
        return Fate.NO_RESULT
    if not counts(consultation, ballot):
        return Fate.ASKED_AGAIN
    last = last_sent(db, consultation, ballot.person_id)
    if last is None or last.id != ballot.id:
        return Fate.REPLACED
    if consultation.state == State.CLOSED:
        stood = db.get(Standing, (consultation.id, ballot.person_id))
        if stood is None or stood.ballot_id != ballot.id:
            return Fate.LEFT_OFFICE
        is_official = consultation.takes(ballot.signature_class)
        return Fate.COUNTED if is_official else Fate.STAYED_UNOFFICIAL
    if not consultation.takes(ballot.signature_class):
        has_ended = consultation.has_ended(clock.now(db))
        return Fate.STAYED_UNOFFICIAL if has_ended else Fate.AWAITS_OFFICIAL
    return Fate.TO_BE_COUNTED if consultation.has_ended(clock.now(db)) else Fate.REPLACEABLE


def latest_ballot(db: Session, consultation: Consultation, person_id: int) -> Ballot | None:
    """The member's ballot that counts so far."""
    last = last_sent(db, consultation, person_id)
    return last if last and counts(consultation, last) else None


def has_signed(db: Session, consultation: Consultation, person_id: int) -> bool:
    """Whether a ballot counts so far that the member has signed."""
    ballot = latest_ballot(db, consultation, person_id)
    return ballot is not None and not is_on_paper(ballot)


def latest_leaf(db: Session, consultation: Consultation, person_id: int) -> int:
    """The leaf that the member's next signed answer has to name: their last signed one since, else
    the one that asks (BAL-01)."""
    query = select(func.max(Ballot.leaf)).where(
        Ballot.consultation_id == consultation.id,
        Ballot.person_id == person_id,
        Ballot.signature_class != signing.ON_PAPER,
    )
    return max(db.scalar(query) or 0, consultation.asking_leaf)


def replaced_papers(db: Session, consultation: Consultation) -> list[FrozenPaper]:
    """What the question was about before, oldest first."""
    query = select(FrozenPaper).where(
        FrozenPaper.consultation_id == consultation.id, FrozenPaper.replaced_in.is_not(None)
    )
    return list(db.scalars(query.order_by(FrozenPaper.replaced_in, FrozenPaper.order)))


def attempts_of(db: Session, consultation_id: int) -> list[Attempt]:
    return list(
        db.scalars(
            select(Attempt).where(Attempt.consultation_id == consultation_id).order_by(Attempt.id)
        )
    )


def open_attempts(db: Session, consultation: Consultation) -> dict[int, list[Attempt]]:
    """Of each member who has signed no ballot that counts: what they sent, signed, on a paper asked
    for before the end, that was refused and that two people have yet to decide."""
    found: dict[int, list[Attempt]] = {}
    for each in attempts_of(db, consultation.id):
        if each.is_in_time(consultation.due_at) and each.decided_at is None:
            found.setdefault(each.person_id, []).append(each)
    return {
        person_id: attempts
        for person_id, attempts in found.items()
        if not has_signed(db, consultation, person_id)
    }


def acts_of_keys(db: Session, key_ids: set[str]) -> list[int]:
    """Where these keys, and those they took the place of, were enrolled, renewed and revoked, so
    that nobody can hide any of it later."""
    key_ids = people.key_lineage(db, key_ids)
    found = (ledger.entries(db, kind, -1) for kind in KEY_ACTS)
    return sorted(at for acts in found for at, act in acts.items() if act["key_id"] in key_ids)


# The acts by which other opinions are classified.
CLASSIFYING = (
    "classification_proposed", "classification_taken_back", "classification_declined",
    "opinion_classified", "consultation_classified",
)  # fmt: skip


def acts_of_classifying(db: Session, result: Result) -> list[int]:
    """Where anything was proposed, answered or found of this question's other opinions."""
    assert result.last_leaf is not None
    found = (ledger.entries(db, kind, result.last_leaf) for kind in CLASSIFYING)
    return sorted(
        at
        for acts in found
        for at, act in acts.items()
        if act["consultation"] == result.consultation_id
    )


def rests_on_silence(db: Session, consultation: Consultation, result: Result) -> bool:
    """Whether the outcome stands only by the silence of somebody who tried to answer in time."""
    attempts = attempts_of(db, consultation.id)
    tried = {each.person_id for each in attempts if each.is_in_time(consultation.due_at)}
    return rules.rests_on_silence(
        positions_in(result), head_at_closing(db, result), readings(db, consultation.id), tried
    )


def positions_in(result: Result) -> dict[int, rules.Position]:
    """Where each member stood at the closing."""
    return {each.person_id: rules.Position(each.position) for each in result.standings}


def head_at_closing(db: Session, result: Result) -> int | None:
    """Who was Prime Minister as the closing found it, whoever is now."""
    assert result.last_leaf is not None
    logged = ledger.entries(db, "consultation_result", result.last_leaf - 1)[result.last_leaf]
    found: int | None = logged["prime_minister"]
    return found


def offices_asked(consultation: Consultation) -> dict[int, str]:
    """The office in which each member was asked."""
    return {each.person_id: each.office for each in consultation.asked}


def ballot_by_key(db: Session, key: str) -> Ballot | None:
    return db.scalar(select(Ballot).where(Ballot.key == key))


def receipt_of(db: Session, ballot: Ballot) -> Receipt:
    assert ballot.leaf is not None
    consultation = db.get_one(Consultation, ballot.consultation_id)
    assert consultation.due_at is not None
    return Receipt(
        **vars(ledger.proof(db, ballot.leaf)),
        key=ballot.key,
        number=signing.number(ballot.consultation_id, ballot.leaf, ballot.mark),
        at=canonical.moment(ballot.at),
        fingerprint=ballot.mark[:16],
        may_replace_until=canonical.moment(consultation.due_at),
    )


def sealed_answer(ballot: Ballot) -> signing.Sealed:
    """A ballot's content: for its own member, or once the consultation is closed."""
    key = keys.store().read(signing.key_name(ballot.consultation_id))
    return signing.unseal(key, ballot.consultation_id, ballot.sealed)


@dataclass(frozen=True)
class ProposedAnswer:
    """An adviser's proposal, opened for its member or for the adviser who made it."""

    adviser_id: int
    office: str
    at: datetime
    choice: rules.Choice
    opinion: str
    # About the papers as they are now, and not before one was replaced.
    is_of_now: bool


def proposals_to(db: Session, consultation: Consultation, member_id: int) -> list[ProposedAnswer]:
    """What a member's advisers propose that they answer, the newest first."""
    query = select(Proposal).where(
        Proposal.consultation_id == consultation.id, Proposal.member_id == member_id
    )
    found = db.scalars(query.order_by(Proposal.at.desc(), Proposal.adviser_id))
    return [_opened(consultation, each) for each in found]


def proposals_of(
    db: Session, consultation: Consultation, adviser_id: int
) -> dict[int, ProposedAnswer]:
    """What this adviser proposes, by member."""
    query = select(Proposal).where(
        Proposal.consultation_id == consultation.id, Proposal.adviser_id == adviser_id
    )
    return {each.member_id: _opened(consultation, each) for each in db.scalars(query)}


def _opened(consultation: Consultation, proposal: Proposal) -> ProposedAnswer:
    between = signing.Between(consultation.id, proposal.member_id, proposal.adviser_id)
    key = keys.store().read(signing.key_name(consultation.id))
    answer = signing.unseal_proposal(key, between, proposal.sealed)
    return ProposedAnswer(
        adviser_id=proposal.adviser_id,
        office=proposal.office,
        at=proposal.at,
        choice=answer.choice,
        opinion=answer.opinion,
        is_of_now=proposal.version == consultation.version,
    )


def seen_by_drafter(consultation: Consultation) -> str:
    """A digest of the words of a draft: whoever edits another's older ones is told."""
    parts = [consultation.question, consultation.summary, str(consultation.window_days)]
    parts.append(str(consultation.deputy_id or ""))
    return canonical.digest_of("\0".join(parts))


def seen_by_approver(db: Session, consultation: Consultation) -> str:
    """A digest of all that an approval approves: question, summary, window, papers."""
    editions = documents.current_editions(db, consultation.dossier_id)
    # Whatever is open about the same dossier ends with the approval.
    ending = [str(each.id) for each in still_open(db, rounds_before(db, consultation))]
    parts = [seen_by_drafter(consultation), *(each.digest for each in editions), *ending]
    return canonical.digest_of("\0".join(parts))


# What members sign by a key.
S = TypeVar("S", bound=SignedPage)


def signed_pdf(row: SignedPage) -> bytes:
    """What a member signed as it leaves the house: with its time stamp, once that was fetched.

    The stamp is set in here and nowhere stored twice: the same rows give the same bytes. Behind it
    stands what was set there for the archive.
    """
    pdf = page_signed(row)
    stamped = tsa.set_in(pdf, row.stamp) if row.stamp else pdf
    return stamped + b"".join(each.tail for each in row.archived)


def page_signed(row: SignedPage) -> bytes:
    """The PDF as its member signed it."""
    pdf = sealed_answer(row).pdf if isinstance(row, Ballot) else row.pdf
    assert pdf is not None
    return pdf


def unstamped(signed: type[SignedPage]) -> Select[int]:
    """The numbers of what a key of this kind has signed and no authority has stamped yet."""
    by_a_key = (signed.key_id.is_not(None), signed.signature_class != signing.ON_PAPER)
    return select(signed.id).where(signed.stamp.is_(None), *by_a_key)


def to_archive(db: Session, most: int) -> list[SignedPage]:
    """What was signed of closed questions, and stamped, without long-term data; then that of which
    the last stamp ages, the oldest first."""
    found: list[SignedPage] = []
    for signed in ARCHIVED:
        bare = _archivable(signed).where(~signed.archived.any()).order_by(signed.id)
        found += db.scalars(bare.limit(most - len(found)))
    left = most - len(found)
    aging = [each for signed in ARCHIVED for each in db.scalars(_aging(db, signed).limit(left))]
    return found + sorted(aging, key=lambda each: each.archived[-1].at)[:left]


def _aging(db: Session, signed: type[SignedPage]) -> Select[SignedPage]:
    now, behind = clock.now(db), ARCHIVED[signed]
    last = (
        select(
            behind.signed_id,
            func.max(behind.at).label("at"),
            func.max(behind.until).label("until"),
        )
        .group_by(behind.signed_id)
        .subquery()
    )
    runs_out = and_(last.c.until <= now + archiving.AHEAD, last.c.at <= now - archiving.AT_LEAST)
    return (
        _with_archive(signed)
        .join(last, last.c[0] == signed.id)
        .where(or_(last.c.at <= now - archiving.renewed_after(), runs_out))
        .order_by(last.c.at, signed.id)
    )


def late_stamps(db: Session, since: datetime) -> int:
    """How many of what members signed have waited since a moment for a stamp, or behind their
    closing for long-term data."""
    late = 0
    for signed, at in SIGNED_AT.items():
        behind = _archivable(signed).where(~signed.archived.any(), Consultation.closed_at < since)
        for waiting in (unstamped(signed), behind):
            found = waiting.where(at < since).subquery()
            late += db.scalar(select(func.count()).select_from(found)) or 0
    return late


def _archivable(signed: type[S]) -> Select[S]:
    return (
        _with_archive(signed)
        .join(Consultation, Consultation.id == signed.consultation_id)
        .where(
            Consultation.state == State.CLOSED,
            signed.stamp.is_not(None),
            # Of others' authorities no list of what they have revoked is at hand.
            signed.signature_class == signing.DEVICE,
        )
    )


def _with_archive(signed: type[S]) -> Select[S]:
    return select(signed).options(selectinload(signed.archived))


def signed_in(db: Session, signed: type[S], consultation_id: int) -> list[S]:
    """All of a kind that members signed of a question, in the order of the log, with what is set
    behind each."""
    of_this = (signed.consultation_id == consultation_id, signed.mark.is_not(None))
    return list(db.scalars(_with_archive(signed).where(*of_this).order_by(signed.leaf)))


def signed_outside(
    db: Session, paper: BallotPaper, digest: str | None = None
) -> OutsideSigning | None:
    """What came back last of a paper that was signed outside the browser, or under a digest."""
    query = select(OutsideSigning).where(
        OutsideSigning.paper_id == paper.id, OutsideSigning.brought_at.is_not(None)
    )
    if digest is not None:
        query = query.where(OutsideSigning.signed_sha256 == digest)
    return db.scalar(query.order_by(OutsideSigning.id.desc()).limit(1))


def result_of(db: Session, consultation_id: int) -> Result | None:
    return db.get(Result, consultation_id)


@dataclass(frozen=True)
class PaperChange:
    """A paper of two rounds, by the numbers of its editions: None where a round is not about it."""

    title: str
    before: int | None
    now: int | None
    edition_id: int


@dataclass(frozen=True)
class RoundBefore:
    """The round that this one takes the place of, and what has changed since."""

    consultation: Consultation
    has_ended: bool
    question_changed: bool
    summary_changed: bool
    papers: Sequence[PaperChange]


def ends_changed(db: Session, consultation: Consultation) -> list[EndChange]:
    """How its end was moved, oldest first."""
    query = select(EndChange).where(EndChange.consultation_id == consultation.id)
    return list(db.scalars(query.order_by(EndChange.id)))


def days_given(db: Session, consultation: Consultation) -> int:
    """The working days from the asking to the end as it is now; of a draft, the days it will
    have."""
    opened_at, due_at = consultation.opened_at, consultation.due_at
    if opened_at is None or due_at is None:
        return consultation.window_days
    last, _ = CALENDAR.day_and_hour_of_end(due_at)
    return working_days.calendar(db).working_days_between(CALENDAR.local_day(opened_at), last)


def silence_agrees(db: Session, actor: Actor, consultation: Consultation) -> bool:
    """Whether this reader may be told that no answer is deemed agreement: never the Prime Minister,
    and nobody within a window that is too short."""
    in_force = rules.rule_set(consultation.rule_set) if consultation.rule_set else rules_today(db)
    if in_force is None or not in_force.silence_agrees:
        return False
    since, due_at = consultation.asks_since, consultation.due_at
    if since is None or due_at is None:
        return True
    own = db.get(Asked, (consultation.id, actor.id))
    is_theirs = own is not None and own.is_prime_minister
    calendar = working_days.calendar(db)
    return not is_theirs and not rules.is_too_short(in_force, since, due_at, calendar)


def decision_on(db: Session, consultation_id: int) -> Decision | None:
    return db.get(Decision, consultation_id)


def newest_report(db: Session, consultation_id: int) -> Report | None:
    query = select(Report).where(Report.consultation_id == consultation_id)
    return db.scalar(query.order_by(Report.number.desc()).limit(1))


def reports_of(db: Session, consultation_id: int) -> Sequence[Report]:
    """Every report that was sealed, in order."""
    query = select(Report).where(Report.consultation_id == consultation_id)
    return db.scalars(query.order_by(Report.number)).all()


def reports_due(db: Session) -> list[int]:
    """The consultations of whose result something has changed since the last report."""
    return list(db.scalars(select(Result.consultation_id).where(Result.report_due)))


def _corrected(db: Session, ids: Iterable[int]) -> set[int]:
    """Of these the ones whose result is not to be read without its correction."""
    wanted = Correction.consultation_id.in_(list(ids))
    return set(db.scalars(select(Correction.consultation_id).where(wanted).distinct()))


def corrections_of(db: Session, consultation_id: int) -> list[Correction]:
    """What was said of a result since, the first one first."""
    query = select(Correction).where(Correction.consultation_id == consultation_id)
    return list(db.scalars(query.order_by(Correction.number)))


def standing_in(result: Result | None, member_id: int) -> Standing | None:
    """Where this member stood, who may have been none at the closing."""
    standings = result.standings if result else []
    return next((each for each in standings if each.person_id == member_id), None)


def classifications_of(db: Session, consultation_id: int) -> list[Classification]:
    """What was proposed of each other opinion and not taken back, in the order of proposing."""
    query = select(Classification).where(
        Classification.consultation_id == consultation_id,
        Classification.state != rules.Classified.TAKEN_BACK,
    )
    return list(db.scalars(query.order_by(Classification.id)))


def classification_of(db: Session, consultation_id: int, member_id: int) -> Classification | None:
    """What was proposed of this member's opinion last, and not taken back."""
    found = classifications_of(db, consultation_id)
    return next((each for each in found if each.member_id == member_id), None)


def classifiable(db: Session, consultation: Consultation, member_id: int) -> rules.Classifiable:
    """What the rules ask before how this member's opinion is read."""
    result = result_of(db, consultation.id)
    stood, said = standing_in(result, member_id), classification_of(db, consultation.id, member_id)
    return rules.Classifiable(
        outcome=result.outcome_now if result else None,
        is_decided=decision_on(db, consultation.id) is not None,
        stood=rules.Position(stood.position) if stood else None,
        is_in_office=any(each.person_id == member_id for each in people.members(db)),
        state=rules.Classified(said.state) if said else None,
    )


@dataclass(frozen=True)
class OtherOpinion:
    """One member's other opinion on a closed question, and how it is read so far."""

    person_id: int
    office: str
    opinion: str
    said: Classification | None
    # To this member the Office may propose how it is read.
    may_propose: bool
    may_take_back: bool
    # What is proposed may still be answered.
    may_answer: bool


def other_opinions(db: Session, consultation: Consultation) -> list[OtherOpinion]:
    """Each other opinion that counted at the closing, in the order of the standings."""
    result = result_of(db, consultation.id)
    found = []
    for each in result.standings if result else ():
        if each.position != rules.Position.OTHER_OPINION or each.ballot is None:
            continue
        asked = classifiable(db, consultation, each.person_id)
        found.append(
            OtherOpinion(
                person_id=each.person_id,
                office=each.office,
                opinion=each.ballot.opinion or "",
                said=classification_of(db, consultation.id, each.person_id),
                may_propose=rules.classification_refusal(asked, reason="-") is None,
                may_take_back=rules.taking_back_refusal(asked) is None,
                may_answer=rules.confirmation_refusal(asked) is None,
            )
        )
    return found


def classification_by_key(db: Session, key: str) -> Classification | None:
    return db.scalar(select(Classification).where(Classification.key == key))


def readings(db: Session, consultation_id: int) -> dict[int, rules.Reading]:
    """How each opinion that its member has answered for is read."""
    found = {
        each.member_id: rules.reading_of(rules.Classified(each.state), rules.Reading(each.reading))
        for each in classifications_of(db, consultation_id)
    }
    return {member: reading for member, reading in found.items() if reading}


def reservable(db: Session, consultation: Consultation, member_id: int) -> rules.Reservable:
    """What the rules ask before this member reserves an opinion."""
    result = result_of(db, consultation.id)
    leaf = result.outcome_leaf if result else None
    is_in_office = any(each.person_id == member_id for each in people.members(db))
    own = [
        each
        for each in reserved_opinions(db, consultation.id)
        if (each.member_id, each.outcome_leaf) == (member_id, leaf)
    ]
    return rules.Reservable(
        outcome_leaf=leaf,
        is_member=is_in_office and standing_in(result, member_id) is not None,
        said=frozenset(each.opinion for each in own),
    )


def reserved_opinions(db: Session, consultation_id: int) -> list[ReservedOpinion]:
    """What members have set beside the outcomes of a question, the first one first."""
    query = select(ReservedOpinion).where(ReservedOpinion.consultation_id == consultation_id)
    return list(db.scalars(query.order_by(ReservedOpinion.id)))


def reserved_by_key(db: Session, key: str) -> ReservedOpinion | None:
    return db.scalar(select(ReservedOpinion).where(ReservedOpinion.key == key))


@dataclass(frozen=True)
class EarlyRow:
    """A comment that was released early, opened for its member, the drafting agency, or, after the
    closing, whoever reads opinions."""

    id: int
    member_id: int
    office: str
    words: str
    at: datetime
    # About the papers as they are now, and not before one was replaced.
    is_of_now: bool
    leaf: int | None
    taken_back_at: datetime | None


def early_comments(
    db: Session, consultation: Consultation, member_id: int | None = None
) -> list[EarlyRow]:
    """What members, or this one, have released early of a question, the first one first."""
    offices = offices_asked(consultation)
    return [
        EarlyRow(
            id=each.id,
            member_id=each.member_id,
            office=offices[each.member_id],
            words=unsealed_early(each).words,
            at=each.at,
            is_of_now=each.version == consultation.version,
            leaf=each.leaf,
            taken_back_at=each.taken_back_at,
        )
        for each in released_early(db, consultation.id, member_id)
    ]


def released_early(
    db: Session, consultation_id: int, member_id: int | None = None
) -> list[EarlyComment]:
    """The same as they are kept."""
    query = select(EarlyComment).where(EarlyComment.consultation_id == consultation_id)
    if member_id is not None:
        query = query.where(EarlyComment.member_id == member_id)
    return list(db.scalars(query.order_by(EarlyComment.id)))


def has_early(db: Session, consultation: Consultation) -> bool:
    """Whether a member has released anything early."""
    return bool(released_early(db, consultation.id))


def unsealed_early(comment: EarlyComment) -> signing.Early:
    key = keys.store().read(signing.key_name(comment.consultation_id))
    return signing.unseal_early(key, comment.consultation_id, comment.member_id, comment.sealed)


def acts_of_early_comments(db: Session, consultation_id: int) -> list[int]:
    """Where comments were released before the closing, and taken back."""
    found = released_early(db, consultation_id)
    leaves = [at for each in found for at in (each.leaf, each.taken_back_leaf)]
    return sorted(each for each in leaves if each is not None)


@dataclass(frozen=True)
class OpinionRow:
    """One member's opinion, once it is no secret any more, and what the drafting agency replied."""

    member_id: int
    office: str
    position: rules.Position
    opinion: str
    signature_class: str
    reply: Reply | None


def opinions(db: Session, consultation: Consultation) -> list[OpinionRow]:
    """The opinions of the ballots that count, in protocol order; nothing before the closing."""
    result = result_of(db, consultation.id)
    if result is None:
        return []
    replies = {
        each.member_id: each
        for each in db.scalars(select(Reply).where(Reply.consultation_id == consultation.id))
    }
    return [
        OpinionRow(
            member_id=each.person_id,
            office=each.office,
            position=rules.Position(each.position),
            opinion=each.ballot.opinion,
            signature_class=each.ballot.signature_class,
            reply=replies.get(each.person_id),
        )
        for each in result.standings
        if each.ballot and each.ballot.opinion
    ]


def digest_of_opinions(db: Session, consultation: Consultation) -> str:
    """Of the opinions and replies that lay before whoever decided."""
    table = [
        {
            "member": each.member_id,
            "opinion_sha256": canonical.digest_of(each.opinion),
            "reply": str(each.reply.kind) if each.reply else None,
            "words_sha256": canonical.digest_of(each.reply.words) if each.reply else None,
        }
        for each in opinions(db, consultation)
    ]
    return canonical.digest_of(canonical.encode({"opinions": table}).decode())


def seen_by_decider(db: Session, consultation: Consultation) -> str:
    """A digest of what a decision is taken on: opinions, how they are read, what is reserved,
    replies, corrections."""
    corrected = str(len(corrections_of(db, consultation.id)))
    read = [f"{each.id} {each.state}" for each in classifications_of(db, consultation.id)]
    reserved = [f"reserved {each.id}" for each in reserved_opinions(db, consultation.id)]
    seen = [digest_of_opinions(db, consultation), corrected, *read, *reserved]
    return canonical.digest_of("\0".join(seen))


def seen_reply(reply: Reply | None) -> str:
    """A digest of a reply: whoever writes over a colleague's newer one is told."""
    return canonical.digest_of(f"{reply.kind}\0{reply.words}" if reply else "")


@dataclass(frozen=True)
class Consulted:
    """What a consultation on a dossier came to, for a session that takes it up."""

    id: int
    round: int
    outcome: rules.Outcome
    tally: rules.Tally
    is_corrected: bool
    decided: rules.Decided | None
    # Whether who looks may open it.
    is_readable: bool


def consulted_on(db: Session, actor: Actor, dossier_ids: Iterable[int]) -> dict[int, Consulted]:
    """The last closed consultation on each of these dossiers."""
    about = Consultation.dossier_id.in_(wanted := list(dossier_ids))
    readable = set(db.scalars(_visible(actor).where(about)))
    query = (
        select(Consultation, Result, Decision)
        .join(Result, Result.consultation_id == Consultation.id)
        .outerjoin(Decision, Decision.consultation_id == Consultation.id)
        .where(Consultation.dossier_id.in_(wanted))
        .order_by(Consultation.opened_leaf)
    )
    found = db.execute(query).all()
    corrected = _corrected(db, (row.id for row, _, _ in found))
    return {
        row.dossier_id: Consulted(
            id=row.id,
            round=row.round,
            outcome=result.outcome_now,
            tally=result.tally_now(),
            is_corrected=row.id in corrected,
            decided=rules.Decided(decision.decided) if decision else None,
            is_readable=row.id in readable,
        )
        for row, result, decision in found
    }


def put_to_session(db: Session) -> dict[int, int]:
    """The dossiers whose last decision puts them to a session, and by which consultation."""
    query = select(Consultation.dossier_id, Consultation.id, Decision.decided).join(
        Decision, Decision.consultation_id == Consultation.id
    )
    last = {
        dossier: (number, decided)
        for dossier, number, decided in db.execute(query.order_by(Decision.leaf))
    }
    return {
        dossier: number
        for dossier, (number, decided) in last.items()
        if decided == rules.Decided.SESSION
    }


def rounds_before(db: Session, consultation: Consultation) -> list[Consultation]:
    """Earlier rounds about the same dossier in which somebody was asked, the last one first."""
    query = select(Consultation).where(
        Consultation.dossier_id == consultation.dossier_id,
        Consultation.id != consultation.id,
        Consultation.state != State.DRAFT,
    )
    if consultation.opened_leaf is not None:
        query = query.where(Consultation.opened_leaf < consultation.opened_leaf)
    return list(db.scalars(query.order_by(Consultation.opened_leaf.desc())))


def still_open(db: Session, rounds: Sequence[Consultation]) -> list[Consultation]:
    """Of these the ones that take answers now."""
    now = clock.now(db)
    return [each for each in rounds if each.state == State.OPEN and not each.has_ended(now)]


def round_before(
    db: Session, consultation: Consultation, papers: Sequence[documents.PaperView | FrozenPaper]
) -> RoundBefore | None:
    """What a new round shows of the one before it (rulebook: *superseded*)."""
    before = next(iter(rounds_before(db, consultation)), None)
    if before is None:
        return None
    return RoundBefore(
        consultation=before,
        has_ended=before.has_ended(clock.now(db)),
        question_changed=before.question != consultation.question,
        summary_changed=before.summary != consultation.summary,
        papers=_paper_changes(before.papers, papers),
    )


def _paper_changes(
    before: Sequence[FrozenPaper], now: Sequence[documents.PaperView | FrozenPaper]
) -> list[PaperChange]:
    old = {each.paper_id: each for each in before}
    new = {each.paper_id if isinstance(each, FrozenPaper) else each.id: each for each in now}
    changes = [
        PaperChange(
            title=(new.get(paper_id) or old[paper_id]).title,
            before=old[paper_id].edition_number if paper_id in old else None,
            now=new[paper_id].edition_number if paper_id in new else None,
            edition_id=(new.get(paper_id) or old[paper_id]).edition_id,
        )
        for paper_id in [*new, *(each for each in old if each not in new)]
    ]
    return [each for each in changes if each.before != each.now]


def round_after(db: Session, consultation_id: int) -> Consultation | None:
    """The round that was opened in this one's place."""
    return db.scalar(
        select(Consultation)
        .where(Consultation.supersedes == consultation_id)
        .order_by(Consultation.opened_leaf)
        .limit(1)
    )


def last_round(db: Session, dossier_id: int) -> Consultation | None:
    """The last round about a dossier, from which the next one is drafted."""
    query = select(Consultation).where(Consultation.dossier_id == dossier_id)
    return db.scalar(query.order_by(Consultation.round.desc()).limit(1))


def lists_standing(db: Session) -> dict[str, Any]:
    """What an open list of questions is held level with."""
    epoch, seq = live.head(db, LISTS)
    return {"audience": LISTS, "epoch": epoch, "seq": seq}


def standing_of(db: Session, actor: Actor, consultation: Consultation) -> dict[str, Any]:
    """What an open page of a question is held level with.

    Read before the page's data: what falls in between then comes twice, and is harmless.
    """
    audience = access.audience_of(actor, consultation)
    epoch, seq = live.head(db, audience)
    db.refresh(consultation)
    return {
        "audience": audience,
        "epoch": epoch,
        "seq": seq,
        "state": str(consultation.state),
        "version": consultation.version,
    }


def standings_shown(result: Result) -> list[canonical.Json]:
    """Where each member stands, as a bundle shows it and the result's act seals it."""
    return [
        {
            "member": each.person_id,
            "office": each.office,
            "position": str(each.position),
            "leaf": each.ballot.leaf if each.ballot else None,
            "notice_at": canonical.moment(each.notice_at) if each.notice_at else None,
            "notice_by": each.notice_by,
        }
        for each in result.standings
    ]


def ended_and_open(db: Session) -> list[int]:
    """Consultations that wait for their closing."""
    return list(
        db.scalars(
            select(Consultation.id).where(
                Consultation.state == State.OPEN, Consultation.due_at <= clock.now(db)
            )
        )
    )


def with_newcomers(db: Session) -> list[int]:
    """Open consultations that do not ask somebody who has come into office since.

    Whoever is appointed again comes in with a new Government, where that is another as a whole.
    """
    members = {each.person_id for each in people.members(db)}
    on = today(db)
    still_open = select(Consultation).where(
        Consultation.state == State.OPEN, Consultation.due_at > clock.now(db)
    )
    return [
        each.id
        for each in db.scalars(still_open)
        if members.difference(one.person_id for one in each.asked) or is_replaced(db, each, on)
    ]


def is_replaced(db: Session, consultation: Consultation, on: date) -> bool:
    """Whether by this day the whole Government is another than when it was asked."""
    assert consultation.opened_at is not None
    since = [each.since for each in people.holders(db, on) if each.is_member]
    return rules.is_replaced(since, CALENDAR.local_day(consultation.opened_at))


def fact_of_reminder(consultation: Consultation, reminder: rules.Reminder) -> str:
    # Of another end they are reminded anew.
    assert consultation.due_at is not None
    end = canonical.moment(consultation.due_at)
    return f"{reminder}:{consultation.id}{_again(consultation)}:{end}"


def to_be_reminded(
    db: Session, consultation: Consultation, now: datetime
) -> tuple[rules.Reminder | None, list[int]]:
    """The reminder that is due, and who has neither answered nor been reminded."""
    since, due_at = consultation.asks_since, consultation.due_at
    if consultation.state != State.OPEN or since is None or due_at is None:
        return None, []
    reminder = rules.reminder_due(since, due_at, now, CALENDAR)
    if reminder is None:
        return None, []
    answered, _ = _answers(db, consultation)
    done = answered.keys() - awaiting(db, consultation)
    done |= outbox.told_of(db, fact_of_reminder(consultation, reminder)).keys()
    in_office = {each.person_id for each in people.members(db)}
    asked = [each.person_id for each in consultation.asked]
    return reminder, [each for each in asked if each in in_office and each not in done]


def to_remind(db: Session) -> list[int]:
    """Consultations of which somebody is to be reminded now."""
    now = clock.now(db)
    waiting = select(Consultation).where(Consultation.state == State.OPEN)
    return [each.id for each in db.scalars(waiting) if to_be_reminded(db, each, now)[1]]


def today(db: Session) -> date:
    return CALENDAR.local_day(clock.now(db))


def rules_today(db: Session) -> rules.RuleSet | None:
    return rules.rule_set_on(today(db))


def occasions(db: Session, actor: Actor, since: datetime, until: datetime) -> list[Occasion]:
    """Ends of the questions that this person is asked, or has drafted or opened."""
    if not actor.may(Permission.CONSULTATION_READ):
        return []
    asked = select(Asked.consultation_id).where(Asked.person_id == actor.id)
    own = (Consultation.drafted_by == actor.id) | (Consultation.approved_by == actor.id)
    found = db.scalars(
        select(Consultation).where(
            Consultation.id.in_(asked) | own,
            Consultation.state.in_((State.OPEN, State.CLOSED)),
            Consultation.due_at > since,
            Consultation.due_at <= until,
        )
    )
    return [
        Occasion("consultation", each.title, path_of(each.id), each.due_at)
        for each in found
        if each.due_at
    ]


def duties(db: Session, actor: Actor) -> list[Duty]:
    """Questions that wait for this member's answer, drafts that wait for an approval."""
    return [
        *_to_answer(db, actor),
        *_to_approve(db, actor),
        *_to_advise_on(db, actor),
        *_attempts_to_decide(db, actor),
        *_opinions_to_reply(db, actor),
        *_results_to_decide(db, actor),
        *_classifications_to_answer(db, actor),
        *_opinions_to_classify(db, actor),
    ]


def _to_answer(db: Session, actor: Actor) -> list[Duty]:
    if not actor.may(Permission.BALLOT_CAST):
        return []
    waiting = db.scalars(
        select(Consultation)
        .join(Asked, Asked.consultation_id == Consultation.id)
        .where(
            Asked.person_id == actor.id,
            Consultation.state == State.OPEN,
            Consultation.due_at > clock.now(db),
        )
    )
    answered = set(db.scalars(_answered_by(actor.id)))
    return [
        Duty(
            "ballot_to_sign" if each.id in answered else "ballot_to_cast",
            each.title,
            f"{path_of(each.id)}/answer",
            each.due_at,
            {"number": each.id, "ends": CALENDAR.end_words(each.due_at) if each.due_at else None},
        )
        for each in waiting
        if each.id not in answered or actor.id in awaiting(db, each)
    ]


def _to_advise_on(db: Session, actor: Actor) -> list[Duty]:
    """What members have passed to this person, each until the day that was said."""
    until = {each.id: each.ends_at for each in people.mandates_given_to(db, actor.id) if each.lasts}
    titles = {
        each.id: each.title
        for each in db.scalars(select(Consultation).where(_is_advised_on(actor)))
    }
    done = {(question, member) for question, member in db.execute(_proposed_by(actor.id))}
    return [
        Duty(
            "consultation_to_advise_on",
            titles[each.matter_id],
            path_of(each.matter_id),
            until[each.id],
            {"number": each.matter_id, "by": each.principal},
        )
        for each in _advising(actor)
        if each.matter_id in titles and (each.matter_id, each.principal_id) not in done
    ]


def _proposed_by(adviser_id: int) -> Select[int, int]:
    """On which questions, as they are asked now, and to whom this adviser has proposed."""
    query = select(Proposal.consultation_id, Proposal.member_id)
    query = query.join(Consultation, Consultation.id == Proposal.consultation_id)
    return query.where(Proposal.adviser_id == adviser_id, Proposal.version == Consultation.version)


def _attempts_to_decide(db: Session, actor: Actor) -> list[Duty]:
    """Provisional results that wait for two people: the Office's, after one working day the Prime
    Minister's as well."""
    if not actor.may(Permission.CONSULTATION_APPROVE):
        return []
    now, calendar = clock.now(db), working_days.calendar(db)
    provisional = select(Consultation).join(Result, Result.consultation_id == Consultation.id)
    provisional = provisional.where(Result.is_provisional, Consultation.state == State.CLOSED)
    waiting = [each for each in db.scalars(provisional) if open_attempts(db, each)]
    if Role.PRIME_MINISTER in actor.roles:
        waiting = [
            each
            for each in waiting
            if each.closed_at and rules.is_the_prime_ministers(each.closed_at, now, calendar)
        ]
    return [
        Duty("attempts_to_decide", each.title, path_of(each.id), None, {"number": each.id})
        for each in waiting
    ]


def _undecided(db: Session) -> list[Consultation]:
    """Those with a result on which nothing was decided yet."""
    decided = select(Decision.consultation_id)
    query = select(Consultation).where(
        Consultation.state == State.CLOSED, Consultation.id.not_in(decided)
    )
    return list(db.scalars(query.order_by(Consultation.id)))


def _opinions_to_reply(db: Session, actor: Actor) -> list[Duty]:
    """Opinions on what one's agency drafts that have no reply yet."""
    if not actor.may(Permission.OPINION_REPLY):
        return []
    drafted = documents.dossiers_of_agencies(db, actor.agencies)
    own = [each for each in _undecided(db) if each.dossier_id in drafted]
    left = _opinions_left(db, [each.id for each in own])
    return [
        Duty(
            "opinions_to_reply",
            each.title,
            f"{path_of(each.id)}/opinions",
            None,
            {"number": each.id, "left": left[each.id]},
        )
        for each in own
        if each.id in left
    ]


def _opinions_left(db: Session, ids: list[int]) -> dict[int, int]:
    """How many opinions of each of these have no reply yet; what has none left is not named."""
    query = (
        select(Standing.consultation_id, func.count())
        .join(Ballot, Ballot.id == Standing.ballot_id)
        .outerjoin(
            Reply,
            and_(
                Reply.consultation_id == Standing.consultation_id,
                Reply.member_id == Standing.person_id,
            ),
        )
        .where(Standing.consultation_id.in_(ids), Ballot.opinion != "", Reply.member_id.is_(None))
    )
    return dict(db.execute(query.group_by(Standing.consultation_id)).all())


def _results_to_decide(db: Session, actor: Actor) -> list[Duty]:
    """Results that wait for the Prime Minister or the deputy of the field."""
    if not actor.may(Permission.RESULT_DECIDE):
        return []
    return [
        Duty("result_to_decide", each.title, path_of(each.id), None, {"number": each.id})
        for each in _undecided(db)
        if access.decides(actor, each)
    ]


def _classifications_to_answer(db: Session, actor: Actor) -> list[Duty]:
    """What the Office has proposed of this member's own opinions."""
    if not actor.may(Permission.BALLOT_CAST):
        return []
    proposed = select(Classification.consultation_id).where(
        Classification.member_id == actor.id, Classification.state == rules.Classified.PROPOSED
    )
    asked = set(db.scalars(proposed))
    return [
        Duty(
            "classification_to_answer", each.title, path_of_classification(each.id), None,
            {"number": each.id},
        )
        for each in (_undecided(db) if asked else ())
        if each.id in asked
        and not rules.confirmation_refusal(classifiable(db, each, actor.id))
    ]  # fmt: skip


def _opinions_to_classify(db: Session, actor: Actor) -> list[Duty]:
    """Questions that this person follows, whose outcome waits for how opinions are read."""
    if not actor.may(Permission.CONSULTATION_DRAFT):
        return []
    waiting = select(Result.consultation_id).where(
        Result.outcome == rules.Outcome.AWAITS_CLASSIFICATION
    )
    open_ones = set(db.scalars(waiting))
    followed = [
        each
        for each in (_undecided(db) if open_ones else ())
        if each.id in open_ones and each.tracked_by == actor.id
    ]
    left = {
        each.id: sum(said.may_propose for said in other_opinions(db, each)) for each in followed
    }
    return [
        Duty(
            "opinions_to_classify", each.title, f"{path_of(each.id)}#other-opinions", None,
            {"number": each.id, "left": left[each.id]},
        )
        for each in followed
        if left[each.id]
    ]  # fmt: skip


def _to_approve(db: Session, actor: Actor) -> list[Duty]:
    if not actor.may(Permission.CONSULTATION_APPROVE):
        return []
    drafts = db.scalars(
        select(Consultation).where(
            Consultation.state == State.DRAFT, Consultation.drafted_by != actor.id
        )
    )
    names = people.holder_names
    return [
        Duty(
            "consultation_to_approve",
            each.title,
            path_of(each.id),
            None,
            {"by": names(db, [each.drafted_by])[each.drafted_by].office},
        )
        for each in drafts
    ]


@dataclass(frozen=True)
class Figures:
    """One question that was asked, counted: where members stood only once it is closed."""

    id: int
    title: str
    dossier_id: int
    state: str
    opened_at: datetime
    asked: int
    files: int
    pages: int
    outcome: rules.Outcome | None
    positions: dict[rules.Position, int]
    # Of those who answered, how many did so on paper.
    on_paper: int


def figures(db: Session, since: datetime, until: datetime) -> list[Figures]:
    """All that were opened in a span of time, the first one first."""
    query = select(Consultation).where(
        Consultation.opened_at >= since, Consultation.opened_at < until
    )
    rows = list(db.scalars(query.order_by(Consultation.opened_leaf)))
    ids = [each.id for each in rows]
    asked, papers = _asked_counts(db, ids), _paper_counts(db, ids)
    closed = db.scalars(select(Result).where(Result.consultation_id.in_(ids)))
    tallies = {each.consultation_id: each for each in closed}
    on_paper = _paper_answers(db, ids)
    return [
        Figures(
            id=each.id,
            title=each.title,
            dossier_id=each.dossier_id,
            state=str(each.state),
            opened_at=each.opened_at,
            asked=asked.get(each.id, 0),
            files=papers.get(each.id, (0, 0))[0],
            pages=papers.get(each.id, (0, 0))[1],
            outcome=found.outcome_now if (found := tallies.get(each.id)) else None,
            positions=found.tally().positions if found else {},
            on_paper=on_paper.get(each.id, 0),
        )
        for each in rows
        if each.opened_at
    ]


def _paper_answers(db: Session, ids: list[int]) -> dict[int, int]:
    """How many of the ballots that counted were on paper, by consultation."""
    query = select(Standing.consultation_id, func.count())
    query = query.join(Ballot, Ballot.id == Standing.ballot_id)
    query = query.where(
        Standing.consultation_id.in_(ids), Ballot.signature_class == signing.ON_PAPER
    )
    return dict(db.execute(query.group_by(Standing.consultation_id)).all())


def _paper_counts(db: Session, ids: list[int]) -> dict[int, tuple[int, int]]:
    """How many papers each consultation has sent, replaced ones too, and of how many pages."""
    query = select(FrozenPaper.consultation_id, func.count(), func.sum(FrozenPaper.pages))
    query = query.where(FrozenPaper.consultation_id.in_(ids)).group_by(FrozenPaper.consultation_id)
    return {number: (files, pages) for number, files, pages in db.execute(query)}


def first_opened(db: Session) -> datetime | None:
    """When the first question of all was asked."""
    return db.scalar(select(func.min(Consultation.opened_at)))


def decided(db: Session) -> set[int]:
    """The dossiers on which a consultation has closed."""
    closed = select(Consultation.dossier_id).where(Consultation.state == State.CLOSED)
    return set(db.scalars(closed))


def was_asked_about(db: Session, dossier_id: int, person_id: int) -> bool:
    """Whether a consultation has sent a dossier to this member."""
    asked = select(Asked.person_id).join(Consultation).where(Asked.person_id == person_id)
    return db.scalar(asked.where(Consultation.dossier_id == dossier_id).limit(1)) is not None


def exportable(db: Session) -> list[dict[str, str | int]]:
    """Every consultation, for a list of what can be taken out."""
    return [
        {"id": each.id, "kind": "consultation", "state": str(each.state), "title": each.title}
        for each in db.scalars(select(Consultation).order_by(Consultation.id))
    ]
