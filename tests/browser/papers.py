"""Papers that a ministry might send, drawn for a test."""

from datetime import date
from pathlib import Path

from ecabinet import forms


def a_paper(path: Path, articles: int) -> Path:
    head = forms.Head("", "Chính phủ", "Số: /NĐ-CP", forms.place_and_date(date(2026, 11, 25)))
    text = (
        "Nghị định này quy định về trình tự, thẩm quyền và trách nhiệm của cơ quan liên quan. " * 12
    )
    body = [
        forms.paragraph(forms.text(f"Điều {number}. {text}")) for number in range(1, articles + 1)
    ]
    path.write_bytes(forms.document("Dự thảo", head, body))
    return path
