"""What the sandbox makes of a file: read by a child, asked from here."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from documents.pages import book, font, gate, office, signed
from documents.rules import LIMITS, PaperRefusal
from ecabinet import offload

CHILD = "documents.pages.prepare"
GATE = "documents.pages.gate"
READER = "documents.pages.words"
SIGNED = "documents.pages.signed"
BINDER = "documents.pages.book"
BOOK_LIMITS = offload.Limits(
    processor_seconds=90, file=1024 * offload.MEBIBYTE, open_files=256, wall_seconds=120
)
CONVERTER = "documents.pages.office"
# What LibreOffice reads beside its own folder, and how much it takes (pdf.md 4.4).
OFFICE_FOLDERS = (Path("/etc/fonts"), Path("/etc/libreoffice"))
OFFICE_LIMITS = offload.Limits(processor_seconds=60, open_files=256, wall_seconds=90)
PREPARED, PAGE1 = "prepared.pdf", "page1.webp"


@dataclass(frozen=True)
class Found:
    """A file that can be a paper: its text by page, and the copy that readers get."""

    prepared: bytes
    page1: bytes
    slot_at: int
    slot_length: int
    texts: list[str]
    removed: dict[str, int]
    was_signed: bool
    as_pictures: bool
    title: str


def read(content: bytes) -> Found | PaperRefusal:
    """Open a stranger's file in a child of its own."""
    try:
        answer = offload.run(CHILD, content, readable=[font.FOLDER], made=(PREPARED, PAGE1))
    except offload.Crashed:
        return PaperRefusal.CRASHED
    except offload.Failed:
        return PaperRefusal.TOO_COSTLY
    if reason := answer.said.pop("refusal", None):
        return PaperRefusal(reason)
    found = Found(answer.files[PREPARED], answer.files[PAGE1], **answer.said)
    return _compared(content, found) or found


def _compared(content: bytes, found: Found) -> PaperRefusal | None:
    """Why a file of more pages than could be shown as pictures is not taken in, if it is not."""
    pages = len(found.texts)
    if pages <= LIMITS.pictures:
        return None
    for first in range(0, pages, LIMITS.pictures):
        stop = min(first + LIMITS.pictures, pages)
        asked = {"first": first, "stop": stop, "flattened": found.was_signed}
        beside = {gate.PREPARED: [found.prepared], gate.ASKED: [json.dumps(asked).encode()]}
        try:
            if not offload.run(GATE, content, beside=beside).said["alike"]:
                return PaperRefusal.LOOKS_DIFFERENT
        except offload.Failed:
            return PaperRefusal.TOO_COSTLY
    return None


def takes_office() -> bool:
    """Whether Office files can be turned into PDFs here: never without walls, since such a file may
    ask for others by their path."""
    return office.PROGRAM.is_file() and offload.is_sandboxed()


def from_office(content: bytes, ending: str) -> bytes | PaperRefusal:
    """The PDF that LibreOffice makes of an Office file, which is what its name says it is."""
    if not takes_office():
        return PaperRefusal.NO_OFFICE
    try:
        answer = offload.run(
            CONVERTER, content, readable=OFFICE_FOLDERS, made=(office.MADE,), limits=OFFICE_LIMITS
        )
    except offload.Failed:
        return PaperRefusal.TOO_COSTLY
    if reason := answer.said.get("refusal"):
        return PaperRefusal(reason)
    return answer.files[office.MADE] if answer.said["kind"] == ending else PaperRefusal.NOT_PDF


def signatures(content: bytes, roots: Sequence[bytes], at: datetime) -> list[dict[str, Any]] | None:
    """What the signatures of a file say, and whether they hold; None where that cannot be told."""
    asked = {"roots": [base64.b64encode(each).decode() for each in roots], "at": at.isoformat()}
    beside = {signed.ASKED: [json.dumps(asked).encode()]}
    try:
        answer = offload.run(SIGNED, content, beside=beside)
    except offload.Failed:
        return None
    found: list[dict[str, Any]] | None = answer.said["signatures"]
    return found


@dataclass(frozen=True)
class Part:
    """One paper of a book: its reader's copy, and the through number of its first page."""

    title: str
    first: int
    copy: Iterable[bytes]


def bound(contents: bytes, absent: bytes, parts: Sequence[Part], pages: int) -> BinaryIO | None:
    """A book of these papers under one numbering, with the page `absent` in place of each that
    cannot be bound; None where it is too much for one book."""
    files = {f"{place}.pdf": each for place, each in enumerate(parts)}
    asked = {
        "pages": pages,
        "parts": [
            {"file": name, "title": each.title, "first": each.first} for name, each in files.items()
        ],
    }
    beside: dict[str, Iterable[bytes]] = {name: each.copy for name, each in files.items()}
    beside |= {book.ASKED: [json.dumps(asked).encode()], book.ABSENT: [absent]}
    try:
        return offload.run_for_a_file(
            BINDER, contents, book.MADE, beside=beside, limits=BOOK_LIMITS
        )
    except offload.Failed:
        return None


def texts(content: bytes) -> list[str] | None:
    """The text of each page of a file that may be anybody's; None where it cannot be opened."""
    try:
        found = offload.run(READER, content).said["texts"]
    except offload.Failed:
        return None
    return None if found is None else list(map(str, found))
