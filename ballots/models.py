"""Tables of consultations, ballots, attempts and results.

What a member chose stands in sealed columns until the closing opens them (BAL-10): a row's
size, like everything else outside the seal, tells nothing of the choice.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ballots import rules
from ballots.rules import (
    Choice,
    Classified,
    Decided,
    Outcome,
    Position,
    Reading,
    ReplyKind,
    Why,
)
from ecabinet.db import Base

DIGEST = 64
TITLE = 1_000


class State(StrEnum):
    """*Ended* is not here: it is computed where it is read, now >= due_at."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    # Without a result: the Government that was asked is no more.
    STOPPED = "stopped"
    # Without a result: taken back by two people, or replaced by the next round.
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


# Nothing more comes of these: no ballot is taken, nothing is counted any more.
FINAL = frozenset({State.CLOSED, State.STOPPED, State.WITHDRAWN, State.SUPERSEDED})


class Consultation(Base):
    """A question put to the members of the Government in writing."""

    __tablename__ = "ballots_consultation"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    round: Mapped[int]
    version: Mapped[int]
    dossier_id: Mapped[int] = mapped_column(ForeignKey("documents_dossier.id"), index=True)
    title: Mapped[str] = mapped_column(String(TITLE))
    question: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    # The answers offered, as {code, label}: the code is the rule's, the label what is printed.
    options: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    window_days: Mapped[int]
    state: Mapped[State] = mapped_column(String(10), index=True)
    drafted_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    drafted_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    tracked_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # The deputy of the field, who decides on the result beside the Prime Minister.
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    rule_set: Mapped[str | None] = mapped_column(String(40))
    opened_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    # Which classes of signature count, as the setting was at the opening; None of what was opened
    # before there was one: all of them do.
    signature_classes: Mapped[list[str] | None] = mapped_column(JSON)
    opened_leaf: Mapped[int | None]
    # When a paper was replaced last while it was open, and the leaf that asks again (BAL-05).
    asked_again_at: Mapped[datetime | None]
    asked_again_leaf: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    # Why it was withdrawn.
    ended_reason: Mapped[str | None] = mapped_column(Text)
    # The round before this one about the same dossier, once this one is opened.
    supersedes: Mapped[int | None] = mapped_column(ForeignKey("ballots_consultation.id"))
    closed_leaf: Mapped[int | None]
    asked: Mapped[list["Asked"]] = relationship(order_by="Asked.order")
    papers: Mapped[list["FrozenPaper"]] = relationship(
        order_by="FrozenPaper.order",
        primaryjoin="and_(FrozenPaper.consultation_id == Consultation.id,"
        " FrozenPaper.replaced_in.is_(None))",
    )

    @property
    def asks_since(self) -> datetime | None:
        """When the members were asked about the papers as they are now."""
        return self.asked_again_at or self.opened_at

    @property
    def asking_leaf(self) -> int:
        """The leaf that asks about the papers as they are now: only later ballots count."""
        leaf = self.asked_again_leaf or self.opened_leaf
        assert leaf is not None
        return leaf

    def takes(self, signature_class: str) -> bool:
        """Whether a ballot of this class counts as what it says."""
        return rules.takes(self.signature_classes, signature_class)

    def has_ended(self, now: datetime) -> bool:
        """No answer is taken any more; it may still wait to be closed."""
        return self.due_at is not None and now >= self.due_at

    def terms(self, asked: "Asked | None", latest_leaf: int) -> rules.Terms:
        """What this consultation allows a member now, as the rules take it."""
        assert self.due_at is not None
        return rules.Terms(
            is_open=self.state == State.OPEN,
            due_at=self.due_at,
            is_asked=asked is not None,
            asking_leaf=self.asking_leaf,
            latest_leaf=latest_leaf,
        )


class Asked(Base):
    """A member who is asked, in the office held when the consultation opened."""

    __tablename__ = "ballots_asked"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_consultation.id"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), primary_key=True)
    office: Mapped[str] = mapped_column(String(200))
    office_id: Mapped[int]
    is_prime_minister: Mapped[bool]
    order: Mapped[int]


class FrozenPaper(Base):
    """An edition that the question is about, as it stood when the members were asked (BAL-05)."""

    __tablename__ = "ballots_frozen_paper"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_consultation.id"), primary_key=True
    )
    edition_id: Mapped[int] = mapped_column(ForeignKey("documents_edition.id"), primary_key=True)
    paper_id: Mapped[int]
    edition_number: Mapped[int]
    title: Mapped[str] = mapped_column(String(TITLE))
    pages: Mapped[int]
    digest: Mapped[str] = mapped_column(String(DIGEST))
    order: Mapped[int]
    # The version of the question that is about another edition; None for what is asked now.
    replaced_in: Mapped[int | None]


class EndChange(Base):
    """An end that two people moved while the question was open, and why."""

    __tablename__ = "ballots_end_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("ballots_consultation.id"), index=True)
    was_due_at: Mapped[datetime]
    due_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class NoticeOpened(Base):
    """When a member first opened the page of the question as it is asked now: proof that notice
    was delivered."""

    __tablename__ = "ballots_notice_opened"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_consultation.id"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), primary_key=True)
    at: Mapped[datetime]


class BallotPaper(Base):
    """A ballot paper made ready for one member's signature; the PDF and its answer are sealed."""

    __tablename__ = "ballots_paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("ballots_consultation.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    key_id: Mapped[str] = mapped_column(String(DIGEST))
    follows: Mapped[int]
    # The type of the statement in it: not every paper that a member signs is a ballot.
    kind: Mapped[str] = mapped_column(String(20))
    # Of a classification, what it answers.
    classification_id: Mapped[int | None] = mapped_column(ForeignKey("ballots_classification.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime]


class OutsideSigning(Base):
    """One try to have a paper signed by a program on the member's device: two addresses, each good
    once and for a short while, and what came back by the second."""

    __tablename__ = "ballots_outside_signing"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("ballots_paper.id"), index=True)
    # Digests of the secrets in the two addresses, and of the token that has to come with the file.
    fetched_by: Mapped[str] = mapped_column(String(DIGEST), unique=True)
    brought_by: Mapped[str] = mapped_column(String(DIGEST), unique=True)
    token: Mapped[str] = mapped_column(String(DIGEST))
    made_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    brought_at: Mapped[datetime | None]
    signed_sha256: Mapped[str | None] = mapped_column(String(DIGEST))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


def _one_after_each(name: str, of_class: str) -> Index:
    """That a member's ballots of these classes never follow one twice."""
    where = text(of_class)
    return Index(
        f"uq_ballots_ballot_{name}", "consultation_id", "person_id", "follows",
        unique=True, sqlite_where=where, postgresql_where=where,
    )  # fmt: skip


class Ballot(Base):
    """One answer, signed by its member, or given on paper and entered by two people from a scan.
    A member's last one counts; all are kept."""

    __tablename__ = "ballots_ballot"
    # What a member signs follows what they have signed: no paper entered meanwhile is in its way.
    __table_args__ = (
        _one_after_each("signed", "signature_class <> 'paper'"),
        _one_after_each("on_paper", "signature_class = 'paper'"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("ballots_consultation.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # The leaf of the ballot before it, else the OPEN leaf: never NULL (BAL-01).
    follows: Mapped[int]
    # The client's idempotency key, and a digest of what came with it (BAL-02).
    key: Mapped[str] = mapped_column(String(32), unique=True)
    request_digest: Mapped[str] = mapped_column(String(DIGEST))
    # Set just before the commit that writes the row.
    leaf: Mapped[int | None] = mapped_column(unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    mark: Mapped[str] = mapped_column(String(DIGEST))
    key_id: Mapped[str] = mapped_column(String(DIGEST))
    signature_class: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]
    # The time stamp over the signature's value, fetched by a worker after the cast (C16); empty
    # where its signer's program has left no room for one, or set one in itself.
    stamp: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Written by the closing alone.
    choice: Mapped[Choice | None] = mapped_column(String(20))
    opinion: Mapped[str | None] = mapped_column(Text)
    archived: Mapped[list["ArchivedBallot"]] = relationship(order_by="ArchivedBallot.number")


class Archived:
    """What was set behind what a member signed, for the archive: long-term data and a stamp over
    all of it. Each stays as it was when a later one is set behind it."""

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tail: Mapped[bytes] = mapped_column(LargeBinary)
    # When its stamp says that it was made, and when that stamp's certificate runs out.
    at: Mapped[datetime]
    until: Mapped[datetime]


class ArchivedBallot(Archived, Base):
    """Behind a ballot."""

    __tablename__ = "ballots_archived"

    signed_id: Mapped[int] = mapped_column(
        "ballot_id", ForeignKey("ballots_ballot.id"), primary_key=True
    )


class PaperEntry(Base):
    """An answer on paper as one person has entered it from a scan; sealed as a ballot is. It counts
    for nothing until a second one has compared it."""

    __tablename__ = "ballots_paper_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("ballots_consultation.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    # The act that says that a paper was handed in, and when its asker took it back.
    leaf: Mapped[int | None]
    taken_back_at: Mapped[datetime | None]


class Proposal(Base):
    """What an adviser proposes that their member answers; sealed as the answer itself is, and the
    last one alone is kept: it is advice and no act."""

    __tablename__ = "ballots_proposal"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_consultation.id"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), primary_key=True)
    adviser_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), primary_key=True)
    # The adviser's office, as it was called then.
    office: Mapped[str] = mapped_column(String(200))
    # The version of the question that was read.
    version: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class EarlyComment(Base):
    """What a member has let the drafting agency read before the closing: no answer, and of no
    weight. None is changed; one that is taken back is kept."""

    __tablename__ = "ballots_early_comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("ballots_consultation.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # The version of the question that it is about.
    version: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    leaf: Mapped[int | None] = mapped_column(unique=True)
    taken_back_at: Mapped[datetime | None]
    taken_back_leaf: Mapped[int | None] = mapped_column(unique=True)


class Attempt(Base):
    """An answer with a valid signature that could not be taken, and why (BAL-08)."""

    __tablename__ = "ballots_attempt"
    __table_args__ = (UniqueConstraint("consultation_id", "person_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("ballots_consultation.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    key: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(40))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    paper_issued_at: Mapped[datetime]
    leaf: Mapped[int | None]
    at: Mapped[datetime]
    # Two people have decided not to take it, why, and the leaf that says so.
    decided_at: Mapped[datetime | None]
    decided_reason: Mapped[str | None] = mapped_column(Text)
    decided_leaf: Mapped[int | None]

    def is_in_time(self, due_at: datetime | None) -> bool:
        """Whether the paper that was signed was asked for before the end."""
        return due_at is not None and self.paper_issued_at < due_at


class Result(Base):
    """What the closing found, as of the due moment; never edited."""

    __tablename__ = "ballots_result"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_consultation.id"), primary_key=True
    )
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcome: Mapped[Outcome] = mapped_column(String(30))
    why: Mapped[Why] = mapped_column(String(30))
    sentence: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    # With an undecided attempt, or silence after an outage, it cannot be issued; this alone
    # changes, once two people have decided the last attempt.
    is_provisional: Mapped[bool]
    # The spans in which the service was down, where silence waits for an extension.
    outages: Mapped[list[list[str]]] = mapped_column(JSON, server_default=text("'[]'"))
    first_leaf: Mapped[int]
    last_leaf: Mapped[int | None]
    # Something that its report prints has changed since the last one was sealed.
    report_due: Mapped[bool] = mapped_column(default=True, server_default=true())
    standings: Mapped[list["Standing"]] = relationship(order_by="Standing.order")
    # What was found again since from opinions that their members have classified.
    reckoning: Mapped["Reckoning | None"] = relationship(lazy="selectin")

    @property
    def decision(self) -> rules.Decision:
        return rules.Decision(Outcome(self.outcome), Why(self.why))

    def tally(self) -> rules.Tally:
        return _tally(self.counts)

    @property
    def outcome_now(self) -> Outcome:
        """The outcome on which a question is decided."""
        return Outcome(self.reckoning.outcome if self.reckoning else self.outcome)

    @property
    def outcome_leaf(self) -> int | None:
        """The act that found it."""
        return self.reckoning.leaf if self.reckoning else self.last_leaf

    def tally_now(self) -> rules.Tally:
        """The counts from which that outcome is found."""
        return _tally(self.reckoning.counts if self.reckoning else self.counts)


def _tally(stored: dict[str, Any]) -> rules.Tally:
    counts = dict(stored)
    pm = counts.pop("pm")
    return rules.Tally(**counts, pm=Choice(pm) if pm else None)


class Reply(Base):
    """What the drafting agency answers to one member's opinion; its last words alone are kept
    until the result is decided on."""

    __tablename__ = "ballots_reply"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_consultation.id"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), primary_key=True)
    kind: Mapped[ReplyKind] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text)
    by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # The office of whoever wrote it, as it was called then.
    office: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class Decision(Base):
    """What the Prime Minister, or the deputy of the field, has decided on a result."""

    __tablename__ = "ballots_decision"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_result.consultation_id"), primary_key=True
    )
    decided: Mapped[Decided] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    office: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    leaf: Mapped[int | None]


class Correction(Base):
    """What two people say is wrong in a result, and what is right; the result stays as it was."""

    __tablename__ = "ballots_correction"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_result.consultation_id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(Text)
    # The offices of the two, as they were called then.
    asked_as: Mapped[str] = mapped_column(String(200))
    confirmed_as: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    leaf: Mapped[int | None]


class Report(Base):
    """The report on a result as it stood at one moment, sealed by the Office; all are kept."""

    __tablename__ = "ballots_report"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_result.consultation_id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(DIGEST))
    # What it was made of: the same makes no second one.
    facts_sha256: Mapped[str] = mapped_column(String(DIGEST))
    at: Mapped[datetime]
    leaf: Mapped[int | None]


class Classification(Base):
    """How the Office proposes that one other opinion is read, and what its member made of it; the
    signed page stands here, since after the closing nothing of it is a secret."""

    __tablename__ = "ballots_classification"
    __table_args__ = (
        Index(
            "uq_ballots_classification_standing", "ballot_id", unique=True,
            sqlite_where=text("state <> 'taken_back'"),
            postgresql_where=text("state <> 'taken_back'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_result.consultation_id"), index=True
    )
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballots_ballot.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    reading: Mapped[Reading] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # The office of whoever proposed it, as it was called then.
    proposed_as: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    state: Mapped[Classified] = mapped_column(String(20))
    # When its member answered, or the Office took it back; and the word of who declined.
    ended_at: Mapped[datetime | None]
    word: Mapped[str | None] = mapped_column(Text)
    leaf: Mapped[int | None] = mapped_column(unique=True)
    # What its member signed, and how they confirmed it; empty until then.
    key: Mapped[str | None] = mapped_column(String(32), unique=True)
    request_digest: Mapped[str | None] = mapped_column(String(DIGEST))
    statement: Mapped[bytes | None] = mapped_column(LargeBinary)
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary)
    mark: Mapped[str | None] = mapped_column(String(DIGEST))
    key_id: Mapped[str | None] = mapped_column(String(DIGEST))
    signature_class: Mapped[str | None] = mapped_column(String(20))
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    # The RFC 3161 time stamp on what they signed; fetched later.
    stamp: Mapped[bytes | None] = mapped_column(LargeBinary)
    archived: Mapped[list["ArchivedClassification"]] = relationship(
        order_by="ArchivedClassification.number"
    )


class ArchivedClassification(Archived, Base):
    """Behind how a member reads their own opinion."""

    __tablename__ = "ballots_archived_classification"

    signed_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_classification.id"), primary_key=True
    )


class ReservedOpinion(Base):
    """What a member has set beside an outcome, signed, for the record; it changes no count, and the
    signed page stands here, since after the closing nothing of it is a secret."""

    __tablename__ = "ballots_reserved_opinion"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_result.consultation_id"), index=True
    )
    member_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # In which office they were asked, as it was called then.
    office: Mapped[str] = mapped_column(String(200))
    opinion: Mapped[str] = mapped_column(Text)
    # What it is set beside: the outcome, and the act that found it.
    outcome: Mapped[Outcome] = mapped_column(String(30))
    outcome_leaf: Mapped[int]
    at: Mapped[datetime]
    leaf: Mapped[int | None] = mapped_column(unique=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    request_digest: Mapped[str] = mapped_column(String(DIGEST))
    statement: Mapped[bytes] = mapped_column(LargeBinary)
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    mark: Mapped[str] = mapped_column(String(DIGEST))
    key_id: Mapped[str] = mapped_column(String(DIGEST))
    signature_class: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    # The RFC 3161 time stamp on it; fetched later.
    stamp: Mapped[bytes | None] = mapped_column(LargeBinary)
    archived: Mapped[list["ArchivedReservedOpinion"]] = relationship(
        order_by="ArchivedReservedOpinion.number"
    )


class ArchivedReservedOpinion(Archived, Base):
    """Behind a reserved opinion."""

    __tablename__ = "ballots_archived_reserved_opinion"

    signed_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_reserved_opinion.id"), primary_key=True
    )


# What a member signs by a key, and what is set behind each.
SignedPage = Ballot | Classification | ReservedOpinion
ArchivedPage = ArchivedBallot | ArchivedClassification | ArchivedReservedOpinion
ARCHIVED: dict[type[SignedPage], type[ArchivedPage]] = {
    Ballot: ArchivedBallot,
    Classification: ArchivedClassification,
    ReservedOpinion: ArchivedReservedOpinion,
}


class Reckoning(Base):
    """The outcome of a closed question found again from what its members confirmed since; the
    result itself stays as it was."""

    __tablename__ = "ballots_reckoning"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_result.consultation_id"), primary_key=True
    )
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcome: Mapped[Outcome] = mapped_column(String(30))
    why: Mapped[Why] = mapped_column(String(30))
    sentence: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    leaf: Mapped[int | None]


class Standing(Base):
    """Where one member stood at closing: exactly one row each."""

    __tablename__ = "ballots_standing"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("ballots_result.consultation_id"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), primary_key=True)
    office: Mapped[str] = mapped_column(String(200))
    order: Mapped[int]
    position: Mapped[Position] = mapped_column(String(20))
    ballot_id: Mapped[int | None] = mapped_column(ForeignKey("ballots_ballot.id"))
    # The first proof that notice was delivered, and which: opened, or accepted by a server.
    notice_at: Mapped[datetime | None]
    notice_by: Mapped[str | None] = mapped_column(String(10))
    ballot: Mapped[Ballot | None] = relationship()
