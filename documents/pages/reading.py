"""What the sandbox makes of a file: read by a child, asked from here."""

from dataclasses import dataclass

from documents.pages import font
from documents.rules import PaperRefusal
from ecabinet import offload

CHILD = "documents.pages.prepare"
READER = "documents.pages.words"
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
    return Found(answer.files[PREPARED], answer.files[PAGE1], **answer.said)


def texts(content: bytes) -> list[str] | None:
    """The text of each page of a file that may be anybody's; None where it cannot be opened."""
    try:
        found = offload.run(READER, content).said["texts"]
    except offload.Failed:
        return None
    return None if found is None else list(map(str, found))
