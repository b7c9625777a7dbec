"""Decisions of this room, as functions of plain values."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

QUARTER = timedelta(minutes=15)
# How long a paper may be read on a device that asks nobody (peers.md 4.6).
LEASE = timedelta(hours=72)


class PaperKind(StrEnum):
    """What a paper of a dossier is, in the order in which a dossier lists them."""

    SUBMISSION = "submission"
    DRAFT = "draft"
    APPRAISAL_REPORT = "appraisal_report"
    VERIFICATION_REPORT = "verification_report"
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


class DossierRefusal(StrEnum):
    HANDED_OUT = "handed_out"
    NOT_HANDED_OUT = "not_handed_out"
    SAME_FILE = "same_file"


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
HEADER = b"%PDF-"


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
        r"\.pdf$", "", file_name.replace("\\", "/").rsplit("/", 1)[-1], flags=re.IGNORECASE
    )
    name = unicodedata.normalize("NFC", " ".join(stem.replace("_", " ").split()))
    if _says_something(name) or not _says_something(own_title):
        return name or file_name
    return own_title


def _says_something(name: str) -> bool:
    return any(word.lower() not in NAMELESS for word in LETTERS.findall(name))


def may_read(reads_every_dossier: bool, handed_out: bool) -> bool:
    """A dossier is read by the Office and the auditor, and by those it was handed out to; others
    read it by a mandate of one of these, for its time."""
    return reads_every_dossier or handed_out


def refusal_to_add(handed_out: bool) -> DossierRefusal | None:
    """Publishing or replacing a published paper needs a second person (rulebook: Who may do what).

    A dossier once handed out takes no new paper, and an edition only by that act
    (`documents.replacing`).
    """
    return DossierRefusal.HANDED_OUT if handed_out else None


def quarter_of(at: datetime) -> datetime:
    """The quarter hour a moment falls in; one opening is recorded in each."""
    return at - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)


def lease_end(now: datetime, mandate_ends: datetime | None) -> datetime:
    """Until when a device may keep a paper; who reads by a mandate, no longer than by it."""
    return min(now + LEASE, mandate_ends or now + LEASE)


def opened_between(said: datetime, taken_at: datetime, now: datetime) -> datetime:
    """When a paper was opened without a line, by the device's own clock, which may be anything."""
    return max(taken_at, min(said, now))
