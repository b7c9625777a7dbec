"""How a PDF looks and reads: pictures and text by pdfium, which runs in the child alone."""

from collections.abc import Iterator
from typing import Any

import pypdfium2

from documents.pages.picture import webp

MOST_PIXELS = 40_000_000
GATE_WIDTH = 300
PICTURE_WIDTH = 800


class NotDrawn(Exception):
    """pdfium cannot open this file, or cannot draw one of its pages."""


def texts(data: bytes) -> list[str]:
    """The text of each page."""
    with opened(data) as pdf:
        return [page.get_textpage().get_text_range() for page in pdf]


def look_alike(one: bytes, other: bytes) -> bool:
    """Whether every page of two files is the same to the last pixel."""
    with opened(one) as first, opened(other) as second:
        return len(first) == len(second) and all(
            a.tobytes() == b.tobytes() for a, b in zip(_drawn(first), _drawn(second), strict=True)
        )


def first_page(data: bytes) -> bytes:
    """Page 1 as a WebP picture."""
    with opened(data) as pdf:
        return webp(drawing(pdf[0], PICTURE_WIDTH).convert("RGB"))


def opened(data: bytes) -> Any:
    """The file in pdfium, with its forms; NotDrawn where it cannot be opened."""
    try:
        pdf = pypdfium2.PdfDocument(data)
        # Boxes of forms and signatures are drawn only after this.
        pdf.init_forms()
    except pypdfium2.PdfiumError as wrong:
        raise NotDrawn(str(wrong)) from wrong
    return pdf


def _drawn(pdf: Any) -> Iterator[Any]:
    for page in pdf:
        yield drawing(page, GATE_WIDTH)


def drawing(page: Any, width: int) -> Any:
    """A page as a picture of this width, or smaller where that were too many pixels."""
    across, up = page.get_size()
    scale = width / max(across, 1)
    if across * up * scale * scale > MOST_PIXELS:
        scale = (MOST_PIXELS / (across * up)) ** 0.5
    try:
        return page.render(scale=scale).to_pil()
    except (pypdfium2.PdfiumError, ValueError) as wrong:
        raise NotDrawn(str(wrong)) from wrong
