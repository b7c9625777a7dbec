"""What this room prints: a reader's own notes, for themselves.

No official paper: without the nation's head, a number or a signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from documents.noting import Content, NoteKind
from ecabinet import forms

# The share of a sheet's width at which a page with handwriting is drawn.
SMALL = 0.55


@dataclass(frozen=True)
class NoteLine:
    """A note where it stands; without a page it lies in the tray, with what it once stood on."""

    content: Content
    page: int | None
    edition: int
    is_asked: bool


@dataclass(frozen=True)
class NoteSheet:
    title: str
    edition: int
    office: str
    # In the office's time zone.
    at: datetime
    lines: Sequence[NoteLine]


def notes(sheet: NoteSheet) -> bytes:
    """All notes of one edition, page by page, those without a place last."""
    placed = sorted((each for each in sheet.lines if each.page), key=lambda each: each.page or 0)
    tray = sorted((each for each in sheet.lines if not each.page), key=_once_on)
    body = [
        *forms.title("Ghi chú cá nhân", sheet.title),
        forms.paragraph(forms.text(_about(sheet)), "small"),
    ]
    for page, lines in groupby(placed, key=lambda each: each.page):
        body += _group(f"Trang {page}", list(lines))
    for (edition, page), lines in groupby(tray, key=_once_on):
        body += _group(f"Trang {page} của bản {edition}, không còn chỗ trên bản này", list(lines))
    if not sheet.lines:
        body.append(forms.paragraph("Chưa có ghi chú trên bản này.", "plain"))
    return forms.sheet(f"Ghi chú: {sheet.title}", sheet.office, body)


def _about(sheet: NoteSheet) -> str:
    at = f"{sheet.at:%H:%M, %d/%m/%Y}"
    whose = "Của riêng người ghi, không phải văn bản chính thức"
    return f"Bản {sheet.edition} · {sheet.office} · {at} · {whose}"


def _once_on(line: NoteLine) -> tuple[int, int]:
    return line.edition, line.content.page


def _group(heading: str, lines: list[NoteLine]) -> list[forms.Piece]:
    body = [forms.paragraph(forms.bold(heading), "heading")]
    for line in lines:
        body += _line(line)
    strokes = [each.content.shape["points"] for each in lines if each.content.kind is NoteKind.INK]
    return [*body, forms.handwriting(strokes, SMALL), forms.gap(3)] if strokes else body


def _line(line: NoteLine) -> list[forms.Piece]:
    content = line.content
    words = []
    if content.kind is NoteKind.BOOKMARK:
        words.append("Dấu trang")
    if content.kind is NoteKind.HIGHLIGHT:
        words.append(f"“{content.shape['quote']}”")
    if line.is_asked:
        words.append("(cần xem lại vị trí)")
    said = [forms.paragraph(f"<i>{forms.text(' '.join(words))}</i>", "plain")] if words else []
    return [*said, *([forms.paragraph(forms.text(content.text), "plain")] if content.text else [])]
