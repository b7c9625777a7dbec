"""A file's pages as pictures: shown where the file itself cannot be marked without changing it.

What is seen is what pdfium draws; text cannot be picked out of it, and links are gone.
"""

import io
from typing import Any

from pikepdf import Dictionary, Name, Pdf, Stream

from documents.pages import looks
from documents.rules import LIMITS

WIDTH = 1600
JPEG_QUALITY = 75
SMALLEST_PAGE = 3


class TooManyPages(Exception):
    """More pictures than a reader's tablet, or the child's time, is good for."""


def pages_as_pictures(data: bytes) -> bytes:
    """The same pages, upright and of the same size, each a picture."""
    made = io.BytesIO()
    with Pdf.new() as pdf, looks.opened(data) as pages:
        if len(pages) > LIMITS.pictures:
            raise TooManyPages
        for page in pages:
            _add(pdf, page)
        pdf.save(made)
    return made.getvalue()


def _add(pdf: Pdf, page: Any) -> None:
    across, up = (max(each, SMALLEST_PAGE) for each in page.get_size())
    sheet = pdf.add_blank_page(page_size=(across, up)).obj
    sheet.Resources = Dictionary(XObject=Dictionary(P=_picture(pdf, page)))
    sheet.Contents = pdf.make_indirect(
        Stream(pdf, f"q {across:.3f} 0 0 {up:.3f} 0 0 cm /P Do Q".encode())
    )


def _picture(pdf: Pdf, page: Any) -> Any:
    drawn = looks.drawing(page, WIDTH).convert("RGB")
    kept = io.BytesIO()
    drawn.save(kept, "JPEG", quality=JPEG_QUALITY)
    return pdf.make_indirect(
        Stream(
            pdf,
            kept.getvalue(),
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=drawn.width,
            Height=drawn.height,
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        )
    )
