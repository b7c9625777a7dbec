"""Tables of dossiers, papers and editions; who may read them, and who opened them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from documents.anchoring import Found, Place
from documents.completeness import HEADING_LENGTH, DossierKind
from documents.marking import Slot
from documents.noting import Content, Kept, NoteKind
from documents.rules import DossierState, Handling, PaperKind, Way
from ecabinet.db import Base

TITLE = 500
NUMBER, CONTACT, PLACE = 60, 200, 300
SHA256_HEX = 64


class Dossier(Base):
    """A matter on its way to a decision, with its papers."""

    __tablename__ = "documents_dossier"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE))
    drafting_agency_id: Mapped[int] = mapped_column(ForeignKey("people_agency.id"), index=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    made_at: Mapped[datetime]
    state: Mapped[DossierState] = mapped_column(String(20), index=True)
    lodging: Mapped["Lodging | None"] = relationship(lazy="selectin")
    # Without those that were taken out of it.
    papers: Mapped[list["Paper"]] = relationship(
        primaryjoin="and_(Dossier.id == Paper.dossier_id, Paper.taken_out_at.is_(None))",
        order_by="Paper.id",
        viewonly=True,
    )


class Lodging(Base):
    """What an agency says of a dossier that it lodges with the Office; what the Office makes itself
    has none."""

    __tablename__ = "documents_lodging"

    dossier_id: Mapped[int] = mapped_column(ForeignKey("documents_dossier.id"), primary_key=True)
    kind: Mapped[DossierKind] = mapped_column(String(20))
    submission_number: Mapped[str] = mapped_column(String(NUMBER))
    submission_day: Mapped[date | None]
    basis: Mapped[str]
    proposal: Mapped[str]
    contact: Mapped[str] = mapped_column(String(CONTACT))
    # Why it was lodged though it lacks something, and why it came back.
    explanation: Mapped[str]
    returned_for: Mapped[str]
    lodged_at: Mapped[datetime | None]
    lodged_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))


class Paper(Base):
    """One document of a dossier; what it says stands in its editions."""

    __tablename__ = "documents_paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("documents_dossier.id"), index=True)
    title: Mapped[str] = mapped_column(String(TITLE))
    kind: Mapped[PaperKind] = mapped_column(String(40))
    handling: Mapped[Handling] = mapped_column(String(10))
    # It lay in the wrong dossier, which nobody but those who prepare it had read.
    taken_out_at: Mapped[datetime | None]
    taken_out_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    dossier: Mapped[Dossier] = relationship()
    editions: Mapped[list["Edition"]] = relationship(
        back_populates="paper", order_by="Edition.number"
    )


class Edition(Base):
    """One state of a paper, as it came in; never changed afterwards, unless its file is removed,
    or its signatures were not judged then.

    Of a removed file nothing is left of what it held: its digest, its length and its number stay.
    """

    __tablename__ = "documents_edition"
    __table_args__ = (UniqueConstraint("paper_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("documents_paper.id"), index=True)
    number: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(300))
    # The file as it was handed in; its digest is the edition's name in what members sign.
    digest: Mapped[str] = mapped_column(String(SHA256_HEX), index=True)
    size: Mapped[int]
    pages: Mapped[int]
    # What was taken out of the copy that is shown, and how often: {"js": 2}.
    removed: Mapped[dict[str, int]] = mapped_column(JSON)
    was_signed: Mapped[bool]
    # What was found of its signatures: empty where that cannot be told, None where it waits to be.
    signatures: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    # What is shown are pictures of the pages: marked, the file itself would look different.
    as_pictures: Mapped[bool]
    text_poor_pages: Mapped[int]
    # The beginning of page 1, by which the form of an official paper is checked.
    heading: Mapped[str] = mapped_column(String(HEADING_LENGTH))
    # The Office file that the paper was made from, where it came as one.
    native: Mapped[str | None] = mapped_column(String(SHA256_HEX))
    # The prepared file, and the place in it where each reader's mark goes.
    prepared: Mapped[str] = mapped_column(String(SHA256_HEX))
    prepared_size: Mapped[int]
    slot_at: Mapped[int]
    slot_length: Mapped[int]
    page1: Mapped[str] = mapped_column(String(SHA256_HEX))
    # Where it is kept what changed from the edition before, if that one had been handed out.
    changes: Mapped[str | None] = mapped_column(String(SHA256_HEX))
    added_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    added_at: Mapped[datetime]
    removal_id: Mapped[int | None] = mapped_column(ForeignKey("documents_removal.id"), index=True)
    removal: Mapped["Removal | None"] = relationship(lazy="joined")
    paper: Mapped[Paper] = relationship(back_populates="editions")

    @property
    def slot(self) -> Slot:
        return Slot(self.slot_at, self.slot_length, self.prepared_size)


class Removal(Base):
    """An incident: a file that should never have come was taken out of the house by two people."""

    __tablename__ = "documents_removal"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Where it was found; the same file may have been a paper of other dossiers too.
    paper_id: Mapped[int] = mapped_column(ForeignKey("documents_paper.id"), index=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("approval_request.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    # The offices in which both acted, whatever they hold later.
    asked_as: Mapped[str] = mapped_column(String(200))
    confirmed_as: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    # When the last of its bytes and keys was destroyed, and the database swept.
    destroyed_at: Mapped[datetime | None]


class RemovedFile(Base):
    """A stored file that a removal destroys. Its digest stays: what was signed names it so, and it
    is known again if somebody brings it once more."""

    __tablename__ = "documents_removed_file"

    digest: Mapped[str] = mapped_column(String(SHA256_HEX), primary_key=True)
    removal_id: Mapped[int] = mapped_column(ForeignKey("documents_removal.id"), index=True)


class SecretPaper(Base):
    """A paper that stays outside this house: its number in the dossier, and where it is given out.

    It has no title here, since a title may be secret too.
    """

    __tablename__ = "documents_secret_paper"
    __table_args__ = (UniqueConstraint("dossier_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("documents_dossier.id"), index=True)
    number: Mapped[int]
    place: Mapped[str] = mapped_column(String(PLACE))
    added_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    added_at: Mapped[datetime]
    lent: Mapped[list["SecretCopy"]] = relationship(order_by="SecretCopy.id")


class SecretCopy(Base):
    """A secret paper was handed to a person, on paper, and is collected from them again."""

    __tablename__ = "documents_secret_copy"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("documents_secret_paper.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # As the copy is numbered on paper.
    number: Mapped[str] = mapped_column(String(NUMBER))
    handed_at: Mapped[datetime]
    handed_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    collected_at: Mapped[datetime | None]
    collected_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))


class Handout(Base):
    """A dossier was handed out to a person: from then on they may read it."""

    __tablename__ = "documents_handout"

    dossier_id: Mapped[int] = mapped_column(ForeignKey("documents_dossier.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people_person.id"), primary_key=True, index=True
    )
    at: Mapped[datetime]


class Loan(Base):
    """A dossier that a mandate lets its taker read, as long as the mandate is in force."""

    __tablename__ = "documents_loan"

    dossier_id: Mapped[int] = mapped_column(ForeignKey("documents_dossier.id"), primary_key=True)
    mandate_id: Mapped[int] = mapped_column(
        ForeignKey("people_mandate.id"), primary_key=True, index=True
    )


class Opening(Base):
    """A person opened an edition; one row a quarter hour."""

    __tablename__ = "documents_opening"
    __table_args__ = (UniqueConstraint("edition_id", "person_id", "quarter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("documents_edition.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    quarter: Mapped[datetime]
    at: Mapped[datetime]


class Export(Base):
    """A reader's copy left this house: they downloaded it, or printed it."""

    __tablename__ = "documents_export"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("documents_edition.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    way: Mapped[Way] = mapped_column(String(10))
    at: Mapped[datetime]


class StoryLine(Base):
    """One thing that happened to a dossier, told by the room where it happened."""

    __tablename__ = "documents_story_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("documents_dossier.id"), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    path: Mapped[str] = mapped_column(String(200))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]


class NoteCount(Base):
    """The last number given to a change of a person's notes; locked while they change."""

    __tablename__ = "documents_note_count"

    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), primary_key=True)
    last: Mapped[int]


class Note(Base):
    """What a reader wrote on a page of the edition where they wrote it: theirs alone.

    Its place is never changed by a newer edition: where it stands there is a row of its own.
    """

    __tablename__ = "documents_note"

    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), primary_key=True)
    # Made on the device, so that what is written without a line has its name at once.
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("documents_edition.id"), index=True)
    # By which the person's other devices learn what changed since they last asked.
    revision: Mapped[int]
    # What was taken away leaves its name, so that the other devices take it away as well.
    kind: Mapped[NoteKind | None] = mapped_column(String(20))
    page: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    shape: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime]

    @property
    def content(self) -> Content | None:
        if self.kind is None:
            return None
        return Content(NoteKind(self.kind), self.page, self.text, self.shape)

    def write(self, content: Content | None) -> None:
        """Say something else; nothing is left of what was taken away."""
        self.kind = content.kind if content else None
        self.page = content.page if content else 0
        self.text = content.text if content else ""
        self.shape = dict(content.shape) if content else {}

    @property
    def kept(self) -> Kept:
        return Kept(self.revision, self.content)


class NotePlace(Base):
    """Where a note stands on an edition that it was not written on."""

    __tablename__ = "documents_note_place"
    __table_args__ = (
        ForeignKeyConstraint(
            ["person_id", "note_id"], ["documents_note.person_id", "documents_note.id"]
        ),
    )

    person_id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    edition_id: Mapped[int] = mapped_column(
        ForeignKey("documents_edition.id"), primary_key=True, index=True
    )
    found: Mapped[Found] = mapped_column(String(20))
    # None in the tray.
    page: Mapped[int | None]
    score: Mapped[int]
    # The words as they read there, and which of those on that page.
    quote: Mapped[str] = mapped_column(Text)
    nth: Mapped[int]
    # When its writer said that it stands there.
    confirmed_at: Mapped[datetime | None]

    @property
    def place(self) -> Place:
        return Place(Found(self.found), self.page, self.score, self.quote, self.nth)


class NoteShare(Base):
    """A note is shown to whoever advises by a mandate, as long as the mandate is in force."""

    __tablename__ = "documents_note_share"
    __table_args__ = (
        ForeignKeyConstraint(
            ["person_id", "note_id"], ["documents_note.person_id", "documents_note.id"]
        ),
    )

    person_id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    mandate_id: Mapped[int] = mapped_column(
        ForeignKey("people_mandate.id"), primary_key=True, index=True
    )


class Vault(Base):
    """A browser that keeps papers to be read without a line, and whose it is (DAT-05)."""

    __tablename__ = "documents_vault"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Known to that browser alone: by this it asks whether it may go on keeping them.
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    # The login that it was last opened by.
    login_id: Mapped[int] = mapped_column(ForeignKey("people_login.id"), index=True)
    browser: Mapped[str] = mapped_column(String(200))
    # What its half of the key is made from; taken away for good when it is closed.
    seed: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    # When the browser said that it keeps nothing any more.
    emptied_at: Mapped[datetime | None]


class Lease(Base):
    """That a browser may keep an edition until then, whether or not it is heard of."""

    __tablename__ = "documents_lease"
    __table_args__ = (UniqueConstraint("vault_id", "edition_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    vault_id: Mapped[int] = mapped_column(ForeignKey("documents_vault.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("documents_edition.id"), index=True)
    taken_at: Mapped[datetime]
    until: Mapped[datetime]
    # When the browser said that it has given the paper up.
    ended_at: Mapped[datetime | None]
    # When the browser was last heard of and told that it may keep the paper no longer.
    told_at: Mapped[datetime | None]
    vault: Mapped[Vault] = relationship()
    edition: Mapped[Edition] = relationship()
