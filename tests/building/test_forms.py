"""Official pages drawn by many threads at once, as a server draws the ballots of a last evening."""

import contextlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pypdf
import pytest
from reportlab.platypus import SimpleDocTemplate

from ecabinet import forms

WORDS = [
    f"Điều {number}. Ý kiến {number}: {chr(0x41 + number) * 9} ký quỹ." for number in range(20)
]
AT_ONCE = 8


def drawn(words: str) -> str:
    """What a reader of the page finds on it."""
    head = forms.Head("", "Văn phòng Chính phủ", "Số: 1", "Hà Nội")
    content = forms.document("Phiếu", head, [forms.paragraph(forms.text(words))])
    return pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()


class Watch:
    """How many draw at one time: the faces of the library bear no more than one."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._inside, self.most = list[str](), 0
        build = SimpleDocTemplate.build

        def watched(made: Any, *given: Any, **named: Any) -> None:
            self._inside.append(made.title)
            self.most = max(self.most, len(self._inside))
            try:
                build(made, *given, **named)
            finally:
                self._inside.pop()

        patch.setattr(SimpleDocTemplate, "build", watched)


def all_at_once() -> list[str]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(drawn, WORDS))


def test_of_pages_asked_for_at_once_one_is_drawn_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    assert all(words in page for words, page in zip(WORDS, all_at_once(), strict=True))
    assert watch.most == 1
    monkeypatch.setattr(forms, "DRAWING", contextlib.nullcontext())
    # What comes of it is any fault, or a page with letters of another.
    with contextlib.suppress(Exception):
        all_at_once()
    assert watch.most > 1
