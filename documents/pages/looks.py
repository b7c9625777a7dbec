"""How a PDF looks and reads: pictures and text by pdfium, which runs in the child alone."""

from typing import Any

import pypdfium2
from PIL import ImageChops

from documents.pages.picture import webp

MOST_PIXELS = 40_000_000
# A WebP picture holds 16,383 on one side.
LONGEST_SIDE = 16_000
GATE_WIDTH = 300
PICTURE_WIDTH = 800
# Of 255, in one colour.
WIDEST_FRINGE = 96


class NotDrawn(Exception):
    """pdfium cannot open this file, or cannot draw one of its pages."""


def texts(data: bytes) -> list[str]:
    """The text of each page."""
    with opened(data) as pdf:
        return [page.get_textpage().get_text_range() for page in pdf]


def look_alike(
    one: bytes, other: bytes, flattened: bool = False, pages: range | None = None
) -> bool:
    """Whether every page of two files, or each of these from 0 on, is the same to the last pixel.

    Of a form pdfium draws the letters with coloured fringes, of a page without: where the other
    file is the first one flattened, pages are the same that are so in grey, and in colour but for
    such fringes.
    """
    with opened(one) as first, opened(other) as second:
        if len(first) != len(second):
            return False
        return all(_alike(first[n], second[n], flattened) for n in pages or range(len(first)))


def _alike(one: Any, other: Any, flattened: bool) -> bool:
    first, second = drawing(one, GATE_WIDTH), drawing(other, GATE_WIDTH)
    if first.tobytes() == second.tobytes():
        return True
    if not flattened or first.size != second.size:
        return False
    apart = ImageChops.difference(first.convert("RGB"), second.convert("RGB"))
    if any(apart.point(lambda how_far: how_far > WIDEST_FRINGE).tobytes()):
        return False
    first, second = (drawing(each, GATE_WIDTH, grayscale=True) for each in (one, other))
    return bool(first.tobytes() == second.tobytes())


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


def drawing(page: Any, width: int, grayscale: bool = False) -> Any:
    """A page as a picture of this width, or smaller where that were too many pixels."""
    if not all(page.get_size()):
        # Nothing of the page lies in its CropBox: readers show the whole page then.
        page.set_cropbox(*page.get_mediabox())
    across, up = page.get_size()
    scale = min(width / max(across, 1), LONGEST_SIDE / max(across, up, 1))
    if across * up * scale * scale > MOST_PIXELS:
        scale = (MOST_PIXELS / (across * up)) ** 0.5
    try:
        return page.render(scale=scale, grayscale=grayscale).to_pil()
    except (pypdfium2.PdfiumError, ValueError) as wrong:
        raise NotDrawn(str(wrong)) from wrong
