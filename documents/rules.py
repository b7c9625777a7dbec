"""Decisions of this room, as functions of plain values."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

QUARTER = timedelta(minutes=15)
# How long a paper may be read on a device that asks nobody (peers.md 4.6).
LEASE = timedelta(hours=72)


class PaperKind(StrEnum):
    """What a paper of a dossier is, in the order in which a dossier lists them."""

    SUBMISSION = "submission"
    SUMMARY_SUBMISSION = "summary_submission"
    DRAFT = "draft"
    APPRAISAL_REPORT = "appraisal_report"
    VERIFICATION_REPORT = "verification_report"
    AGENCY_RESPONSE = "agency_response"
    ANNEX = "annex"
    OTHER = "other"


class PaperRefusal(StrEnum):
    """Why a file cannot become a paper (security.md 2.6; pdf.md 4)."""

    NOT_PDF = "not_pdf"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    NO_PAGES = "no_pages"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_OBJECTS = "too_many_objects"
    PAGE_TOO_LARGE = "page_too_large"
    TOO_LARGE = "too_large"
    TOO_COSTLY = "too_costly"
    CRASHED = "crashed"
    LOOKS_DIFFERENT = "looks_different"
    NO_OFFICE = "no_office"
    NOT_CONVERTED = "not_converted"
    HAS_MACROS = "has_macros"


class DossierRefusal(StrEnum):
    HANDED_OUT = "handed_out"
    NOT_HANDED_OUT = "not_handed_out"
    SAME_FILE = "same_file"
    NOT_FROM_HERE = "not_from_here"
    WITH_THE_OFFICE = "with_the_office"
    WITH_ITS_AGENCY = "with_its_agency"
    NOT_ACCEPTED = "not_accepted"
    INCOMPLETE = "incomplete"
    NOT_A_READER = "not_a_reader"
    COLLECTED = "collected"
    EXPLANATION_MISSING = "explanation_missing"
    NONE_CHOSEN = "none_chosen"
    REMOVED = "removed"
    NOT_EXPORTED = "not_exported"
    FULL = "full"
    ENOUGH_TODAY = "enough_today"


class DossierState(StrEnum):
    """Where a dossier is on its way from its agency to the Office; what the Office makes itself
    is accepted from the beginning."""

    DRAFT = "draft"
    LODGED = "lodged"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"


class DossierStep(StrEnum):
    LODGE = "lodge"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    RETURN = "return"


# Where the agency that lodges a dossier may still work on it.
WITH_AGENCY = frozenset({DossierState.DRAFT, DossierState.RETURNED, DossierState.WITHDRAWN})
# step: (where it may start, where it ends)
DOSSIER_STEPS: dict[DossierStep, tuple[frozenset[DossierState], DossierState]] = {
    DossierStep.LODGE: (WITH_AGENCY, DossierState.LODGED),
    DossierStep.WITHDRAW: (frozenset({DossierState.LODGED}), DossierState.WITHDRAWN),
    DossierStep.ACCEPT: (frozenset({DossierState.LODGED}), DossierState.ACCEPTED),
    DossierStep.RETURN: (frozenset({DossierState.LODGED}), DossierState.RETURNED),
}
# The Office checks within two working days whether a dossier is valid (191/2026 Đ15, domain A6).
DAYS_TO_CHECK = 2


class Handling(StrEnum):
    """A paper's handling label: what its readers may do with it beside reading it here (screens 3,
    17)."""

    FREE = "free"
    # Read, and kept on a device for a time; neither downloaded nor printed.
    READ = "read"
    # Read while there is a line; on no device either.
    ONLINE = "online"


class Way(StrEnum):
    """How a copy left this house: from then on no removal and no lease reaches it."""

    DOWNLOAD = "download"
    PRINT = "print"
    # Among the others of a session, as one file.
    BOOK = "book"


class KeepRefusal(StrEnum):
    """Why a browser may not keep a paper to be read without a line."""

    ONLINE_ONLY = "online_only"
    CLOSED = "closed"


@dataclass(frozen=True)
class Limits:
    """How much a file may hold before it is opened further (pdf.md 4.3)."""

    bytes: int = 200 * 1024 * 1024
    pages: int = 2_000
    objects: int = 300_000
    page_points: int = 14_400
    content_bytes: int = 64 * 1024 * 1024
    pictures: int = 200


LIMITS = Limits()


@dataclass(frozen=True)
class Quota:
    """How much one dossier holds, and how much one person hands in on a day, in bytes (UPL-02)."""

    files: int = 500
    dossier: int = 4 * 1024**3
    person: int = 8 * 1024**3


QUOTA = Quota()


def refusal_by_quota(
    size: int, files: int, dossier: int, person: int, quota: Quota
) -> DossierRefusal | None:
    """Why a file of this size is not taken in: by what its dossier holds, in files and bytes, and
    by what its sender has handed in today."""
    if files >= quota.files or dossier + size > quota.dossier:
        return DossierRefusal.FULL
    return DossierRefusal.ENOUGH_TODAY if person + size > quota.person else None


HEADER = b"%PDF-"
# Office files that are taken in (as packages; an encrypted one lies in an older container).
OFFICE = (".docx", ".xlsx", ".pptx")
PACKAGE, CONTAINER = b"PK\3\4", b"\xd0\xcf\x11\xe0"


def refusal_by_look(file_name: str, content: bytes, limits: Limits = LIMITS) -> PaperRefusal | None:
    """Why a file is refused before anybody opens it: by its name, size and first bytes (UPL-01)."""
    if not content:
        return PaperRefusal.EMPTY
    if len(content) > limits.bytes:
        return PaperRefusal.TOO_LARGE
    # Readers accept a header further down; so do polyglots, hence the first byte (pdf.md 4.2).
    if not file_name.lower().endswith(".pdf") or not content.startswith(HEADER):
        return PaperRefusal.NOT_PDF
    return None


def refusal_of_office(content: bytes, limits: Limits = LIMITS) -> PaperRefusal | None:
    """Why an Office file is refused before anybody opens it."""
    if not content:
        return PaperRefusal.EMPTY
    if len(content) > limits.bytes:
        return PaperRefusal.TOO_LARGE
    if content.startswith(CONTAINER):
        return PaperRefusal.ENCRYPTED
    return None if content.startswith(PACKAGE) else PaperRefusal.NOT_PDF


def is_office(file_name: str) -> bool:
    """Whether a file is to be turned into a PDF first."""
    return file_name.lower().endswith(OFFICE)


FEWEST_LETTERS = 20


def text_poor_pages(texts: Iterable[str]) -> int:
    """How many pages hold hardly any text: nothing can be searched on them (pdf.md 5.1)."""
    return sum(len(" ".join(each.split())) < FEWEST_LETTERS for each in texts)


def is_scan(text_poor: int, pages: int) -> bool:
    """Most pages are pictures; a cover or a page of stamps alone makes no scan."""
    return 2 * text_poor > pages


LETTERS = re.compile(r"[^\W\d_]{2,}")
# What machines call a file of which they know nothing, in both languages.
NAMELESS = frozenset(
    {
        "copy", "doc", "document", "docx", "dsc", "file", "image", "img", "microsoft", "new",
        "of", "page", "pdf", "photo", "scan", "scanned", "temp", "tep", "tệp", "tmp", "untitled",
        "upload", "word",
    }
)  # fmt: skip


def title_of(file_name: str, own_title: str) -> str:
    """What a paper is called that nobody named: its file's name, which a person chose.

    The title inside the file is often its template's ("Dự thảo", "Microsoft Word - Document1"),
    so it is taken only where the name says nothing.
    """
    stem = re.sub(
        r"\.(pdf|docx|xlsx|pptx)$",
        "",
        file_name.replace("\\", "/").rsplit("/", 1)[-1],
        flags=re.IGNORECASE,
    )
    name = unicodedata.normalize("NFC", " ".join(stem.replace("_", " ").split()))
    if _says_something(name) or not _says_something(own_title):
        return name or file_name
    return own_title


def _says_something(name: str) -> bool:
    return any(word.lower() not in NAMELESS for word in LETTERS.findall(name))


def may_read(
    reads_every_dossier: bool, handed_out: bool, state: DossierState, is_theirs: bool
) -> bool:
    """A dossier is read by the agency that lodges it, by the Office and the auditor once it has
    been lodged, and by those it was handed out to; others read it by a mandate of one of these,
    for its time."""
    was_lodged = state != DossierState.DRAFT
    return is_theirs or (reads_every_dossier and was_lodged) or handed_out


def after(state: DossierState, step: DossierStep) -> DossierState | DossierRefusal:
    """The state a step leads to, or why it may not be taken."""
    starts, end = DOSSIER_STEPS[step]
    return end if state in starts else DossierRefusal.NOT_FROM_HERE


def refusal_to_lodge(lacks_block: Sequence[bool], explanation: str) -> DossierRefusal | None:
    """A dossier that lacks nothing is lodged as it is; one that lacks something, with an
    explanation, unless there would be nothing to look at (decision 25)."""
    if any(lacks_block):
        return DossierRefusal.INCOMPLETE
    if lacks_block and not explanation:
        return DossierRefusal.EXPLANATION_MISSING
    return None


def refusal_to_complete(
    state: DossierState, is_theirs: bool, handed_out: bool
) -> DossierRefusal | None:
    """Papers are added by whoever has the dossier: its agency until it is lodged, the Office once
    it is accepted (rulebook: Who may do what).

    A dossier once handed out takes no new paper, and an edition only by an act of two people
    (`documents.replacing`).
    """
    if handed_out:
        return DossierRefusal.HANDED_OUT
    if is_theirs:
        return None if state in WITH_AGENCY else DossierRefusal.WITH_THE_OFFICE
    return None if state == DossierState.ACCEPTED else DossierRefusal.WITH_ITS_AGENCY


def refusal_to_put_forward(state: DossierState) -> DossierRefusal | None:
    """Only what the Office has accepted goes to a session or into a consultation."""
    return None if state == DossierState.ACCEPTED else DossierRefusal.NOT_ACCEPTED


def quarter_of(at: datetime) -> datetime:
    """The quarter hour a moment falls in; one opening is recorded in each."""
    return at - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)


def lease_end(now: datetime, mandate_ends: datetime | None) -> datetime:
    """Until when a device may keep a paper; who reads by a mandate, no longer than by it."""
    return min(now + LEASE, mandate_ends or now + LEASE)


def opened_between(said: datetime, taken_at: datetime, now: datetime) -> datetime:
    """When a paper was opened without a line, by the device's own clock, which may be anything."""
    return max(taken_at, min(said, now))


def refusal_to_remove(chosen_are_removed: Sequence[bool]) -> DossierRefusal | None:
    """Files are removed that are still here, and at least one (rulebook: Who may do what)."""
    if not chosen_are_removed:
        return DossierRefusal.NONE_CHOSEN
    return DossierRefusal.REMOVED if any(chosen_are_removed) else None


class CopyFate(StrEnum):
    """What became of a copy of a removed file on a reader's device."""

    HELD = "held"
    TOLD = "told"
    GIVEN_UP = "given_up"
    LEASE_OVER = "lease_over"


def fate_of_copy(
    now: datetime, until: datetime, told_at: datetime | None, gone_at: datetime | None
) -> tuple[CopyFate, datetime]:
    """Whether a device may still hold a copy, and until when; else how it went, and when: it said
    so itself, it was heard of and told, or its lease ran out (security.md DAT-05)."""
    if gone_at:
        return CopyFate.GIVEN_UP, gone_at
    if told_at:
        return CopyFate.TOLD, told_at
    return (CopyFate.HELD if until > now else CopyFate.LEASE_OVER), until


@dataclass(frozen=True)
class Happened:
    """One line of a dossier's story: what, in which session or consultation, and when."""

    kind: str
    path: str
    at: datetime


BEGINS = frozenset({"session_convened", "consultation_opened", "consultation_asked_again"})
ENDS = frozenset(
    {
        "item_concluded",
        "consultation_closed",
        "consultation_stopped",
        "consultation_withdrawn",
        "consultation_superseded",
    }
)
PUT_OFF = "item_deferred"


def notes_are_over(
    story: Iterable[Happened], last_written: datetime, now: datetime, after: timedelta
) -> bool:
    """Notes are over so long after the last session or consultation on their dossier has ended, and
    none is under way; what was put off comes again. Nor before they are as old themselves."""
    under_way: set[str] = set()
    ended_at: datetime | None = None
    for each in story:
        if each.kind in BEGINS:
            under_way.add(each.path)
        elif each.kind in ENDS:
            under_way.discard(each.path)
            ended_at = each.at
        elif each.kind == PUT_OFF:
            under_way.discard(each.path)
            ended_at = None
    return not under_way and ended_at is not None and max(ended_at, last_written) + after <= now
