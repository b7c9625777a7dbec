"""Meetings of every kind with their agenda, seats, speeches, votes and acts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ballots.rules import Choice
from ecabinet.db import Base
from meetings import rules
from meetings.rules import (
    Attendance,
    ItemState,
    Kind,
    SeatRole,
    SpeechState,
    State,
    VoteState,
)

DIGEST = 64


class Meeting(Base):
    """One meeting; its kind says whether it is a session of the Government."""

    __tablename__ = "meetings_meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    place: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), index=True)
    # Each change of the draft gets the next number; the head's last change is `head_draft`.
    draft: Mapped[int]
    head_draft: Mapped[int]
    saved_at: Mapped[datetime]
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    current_id: Mapped[int | None]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    items: Mapped[list["Item"]] = relationship(order_by="Item.position")
    seats: Mapped[list["Seat"]] = relationship(order_by="Seat.protocol_order, Seat.id")
    speeches: Mapped[list["Speech"]] = relationship(order_by="Speech.id")
    votes: Mapped[list["Vote"]] = relationship(order_by="Vote.number")

    @property
    def stands(self) -> State:
        return State(self.state)

    @property
    def open_vote(self) -> "Vote | None":
        return next((each for each in self.votes if each.stands is VoteState.OPEN), None)

    @property
    def is_government_session(self) -> bool:
        return Kind(self.kind).is_government_session

    @property
    def chair(self) -> "Seat":
        return next(each for each in self.seats if each.role == SeatRole.CHAIR)

    @property
    def current(self) -> "Item | None":
        return next((each for each in self.items if each.id == self.current_id), None)

    def is_conducted_by(self, seat: "Seat") -> bool:
        return rules.conducts(SeatRole(seat.role), seat.named_by, self.chair.person_id)

    def seat_of(self, person_id: int) -> "Seat | None":
        return next((each for each in self.seats if each.person_id == person_id), None)

    @property
    def quorum(self) -> rules.Quorum:
        return rules.quorum(each.attends for each in self.seats if each.counts)


class Item(Base):
    """One matter of the agenda, and in the end its conclusion or the reason of its deferral."""

    __tablename__ = "meetings_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings_meeting.id"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(500))
    presenter_agency_id: Mapped[int | None] = mapped_column(ForeignKey("people_agency.id"))
    presenter: Mapped[str] = mapped_column(String(200))
    minutes: Mapped[int]
    dossier_id: Mapped[int | None] = mapped_column(ForeignKey("documents_dossier.id"))
    # The number of the draft in which it was changed last; an edit of an older one is stale.
    draft: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default=ItemState.WAITING)
    called_at: Mapped[datetime | None]
    spent_seconds: Mapped[int] = mapped_column(default=0)
    conclusion: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    # Only its readers, the chair and the secretaries are told what it is about.
    restricted: Mapped[bool] = mapped_column(default=False, server_default=false())
    readers: Mapped[list["ItemReader"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin"
    )
    orders: Mapped[list["Order"]] = relationship(order_by="Order.position", lazy="selectin")
    # The urgent decision that it reports on.
    urgent_id: Mapped[int | None] = mapped_column(
        ForeignKey("meetings_urgent_decision.id"), index=True
    )

    @property
    def stands(self) -> ItemState:
        return ItemState(self.state)

    def names(self, seat: "Seat") -> bool:
        return seat.person_id in {each.person_id for each in self.readers}

    def is_sent_to(self, seat: "Seat") -> bool:
        return rules.is_sent_to(self.restricted, SeatRole(seat.role), named=self.names(seat))


class UrgentDecision(Base):
    """What the Prime Minister, or a deputy, has decided for the Government out of session."""

    __tablename__ = "meetings_urgent_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(400))
    words: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    # Its number and date, as the document itself bears them.
    document: Mapped[str] = mapped_column(String(200))
    decided_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # The offices of the decider, of those who agreed and of who recorded it, as called then.
    office: Mapped[str] = mapped_column(String(200))
    agreed_with: Mapped[list[str]] = mapped_column(JSON)
    recorded_as: Mapped[str] = mapped_column(String(200))
    decided_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    leaf: Mapped[int | None]


class UrgentTakenOff(Base):
    """That an urgent decision is not reported at one session, and why."""

    __tablename__ = "meetings_urgent_taken_off"

    urgent_id: Mapped[int] = mapped_column(
        ForeignKey("meetings_urgent_decision.id"), primary_key=True
    )
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings_meeting.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    office: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    leaf: Mapped[int | None]


class ItemReader(Base):
    """Somebody at the table who is to know of a restricted item."""

    __tablename__ = "meetings_item_reader"

    item_id: Mapped[int] = mapped_column(ForeignKey("meetings_item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), primary_key=True)


class Order(Base):
    """One sentence of a conclusion that somebody has to carry out."""

    __tablename__ = "meetings_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("meetings_item.id"), index=True)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))


class Seat(Base):
    """Somebody's place at a meeting, with their office as it was called then."""

    __tablename__ = "meetings_seat"
    __table_args__ = (UniqueConstraint("meeting_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings_meeting.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    office: Mapped[str] = mapped_column(String(200))
    protocol_order: Mapped[int]
    # Whether this person is one of the members of whom two thirds make the quorum.
    counts: Mapped[bool]
    # The chair who named this secretary to operate the console.
    named_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    attendance: Mapped[str | None] = mapped_column(String(10))
    attended_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    # A substitute's mandate, with which the seat ends, and the member they stand for.
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("people_mandate.id"))
    stands_for: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))

    @property
    def attends(self) -> Attendance | None:
        return Attendance(self.attendance) if self.attendance else None


class Speech(Base):
    """A wish to speak, from its registration to its end."""

    __tablename__ = "meetings_speech"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings_meeting.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("meetings_item.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    office: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    asked_at: Mapped[datetime]
    called_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def stands(self) -> SpeechState:
        return SpeechState(self.state)


class Vote(Base):
    """One question that the members answer in session, and in the end what came of it."""

    __tablename__ = "meetings_vote"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings_meeting.id"), index=True)
    number: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("meetings_item.id"))
    question: Mapped[str] = mapped_column(Text)
    naming: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    # The digests of the item's papers as they stood at opening: what the question is about.
    papers: Mapped[list[str]] = mapped_column(JSON)
    rule_set: Mapped[str] = mapped_column(String(40))
    opened_at: Mapped[datetime]
    opened_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    by_order_of: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    opened_leaf: Mapped[int | None]
    # When the closing that was announced takes effect.
    closing_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # Written by the closing alone: the counts, the deciding sentence, where each member stood.
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    outcome: Mapped[str] = mapped_column(String(30), default="")
    sentence: Mapped[str] = mapped_column(Text, default="")
    basis: Mapped[str] = mapped_column(Text, default="")
    standings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    result_leaf: Mapped[int | None]

    @property
    def stands(self) -> VoteState:
        return VoteState(self.state)


class VoteCast(Base):
    """One signed answer in session. A member's last one counts; all are kept.

    What was chosen stands in a sealed column until the closing opens it (BAL-10).
    """

    __tablename__ = "meetings_vote_cast"
    __table_args__ = (UniqueConstraint("vote_id", "person_id", "follows"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    vote_id: Mapped[int] = mapped_column(ForeignKey("meetings_vote.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # The leaf of the answer before it, else the opening's: never NULL (BAL-01).
    follows: Mapped[int]
    # The client's idempotency key, and a digest of what came with it (BAL-02).
    key: Mapped[str] = mapped_column(String(32), unique=True)
    request_digest: Mapped[str] = mapped_column(String(DIGEST))
    # Set just before the commit that writes the row.
    leaf: Mapped[int | None] = mapped_column(unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    mark: Mapped[str] = mapped_column(String(DIGEST))
    key_id: Mapped[str] = mapped_column(String(DIGEST))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]
    # Written by the closing alone.
    choice: Mapped[Choice | None] = mapped_column(String(20))
    opinion: Mapped[str | None] = mapped_column(Text)


class Act(Base):
    """Who did what in a meeting, and by whose order; the meeting's own story."""

    __tablename__ = "meetings_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings_meeting.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    item_id: Mapped[int | None]
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    office: Mapped[str] = mapped_column(String(200))
    by_order_of: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    at: Mapped[datetime]
    draft: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    leaf: Mapped[int | None]
