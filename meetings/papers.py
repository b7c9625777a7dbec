"""What this room prints: the contents of a session's book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ecabinet import forms

WIDTHS = (0.1, 0.7, 0.2)


@dataclass(frozen=True)
class Row:
    """A paper of a book, and its pages there; one that is not bound is read on the screen alone."""

    number: int
    item: str
    paper: str
    first: int
    last: int
    is_bound: bool


def contents(session: str, reader: str, at: datetime, rows: Sequence[Row]) -> bytes:
    """Item, paper, and pages; of what its reader is not given, nothing."""
    lines = [[str(each.number), _paper(each), f"{each.first}–{each.last}"] for each in rows]
    body = [
        *forms.title("Tài liệu phiên họp", session),
        forms.paragraph(forms.text(f"Bản của {reader} · {at:%H:%M, %d/%m/%Y}"), "small"),
        forms.table(["Nội dung", "Tài liệu", "Trang"], lines, WIDTHS, centred=(0, 2)),
    ]
    return forms.sheet(f"Tài liệu: {session}", reader, body)


def absent(session: str, reader: str) -> bytes:
    """The page in place of a paper that cannot be bound."""
    words = "Tài liệu này không ghép được vào tập. Ông/Bà đọc trên hệ thống; trang vẫn theo số này."
    return forms.sheet(f"Tài liệu: {session}", reader, [forms.paragraph(forms.text(words))])


def _paper(row: Row) -> str:
    called = f"{row.paper} ({row.item})" if row.item != row.paper else row.paper
    return called if row.is_bound else f"{called}: đọc trên hệ thống, không in trong tập này"
