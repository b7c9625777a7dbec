"""What this room prints: the contents of a session's book."""

from collections.abc import Sequence
from datetime import datetime

from ecabinet import forms

WIDTHS = (0.1, 0.7, 0.2)


def contents(
    session: str, reader: str, at: datetime, rows: Sequence[tuple[int, str, str, int, int]]
) -> bytes:
    """Item, paper, and pages; of what its reader is not given, nothing."""
    lines = [
        [str(number), f"{paper} ({item})" if item != paper else paper, f"{first}–{last}"]
        for number, item, paper, first, last in rows
    ]
    body = [
        *forms.title("Tài liệu phiên họp", session),
        forms.paragraph(forms.text(f"Bản của {reader} · {at:%H:%M, %d/%m/%Y}"), "small"),
        forms.table(["Nội dung", "Tài liệu", "Trang"], lines, WIDTHS, centred=(0, 2)),
    ]
    return forms.sheet(f"Tài liệu: {session}", reader, body)
