"""The child's work on a book: its readers' copies one after another, a through number on each page.

Runs only inside `ecabinet.offload`; the copies bear their reader's mark already.
"""

import json
from pathlib import Path
from typing import Any

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject

ASKED, MADE, ABSENT = "asked.json", "book.pdf", "absent.pdf"
FONT, SIZE, ABOVE_FOOT, MARGIN, DIGIT = "/ECabNumber", 9, 14, 18, 0.556


def main(folder: Path) -> dict[str, Any]:
    """The contents stand in front and count for nothing: numbers are those of the papers."""
    asked = json.loads((folder / ASKED).read_bytes())
    book = pypdf.PdfWriter()
    book.append(folder / "in", import_outline=False)
    font = book._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
    )
    for part in asked["parts"]:
        at = len(book.pages)
        book.append(_readable(folder, part["file"]), import_outline=False)
        book.add_outline_item(title=part["title"], page_number=at)
        for place, page in enumerate(book.pages[at:]):
            _number(book, page, font, f"{part['first'] + place} / {asked['pages']}")
    book.write(folder / MADE)
    return {"pages": len(book.pages)}


def _readable(folder: Path, name: str) -> pypdf.PdfReader:
    """A paper; in place of one that cannot be bound, the page that says so."""
    try:
        paper = pypdf.PdfReader(folder / name)
        for page in paper.pages:
            page.get("/Contents")
    # Damage has a dozen kinds of exceptions here (pdf.md 4.1); the rest of the book is made.
    except Exception:
        return pypdf.PdfReader(folder / ABSENT)
    return paper


def _number(book: pypdf.PdfWriter, page: pypdf.PageObject, font: Any, words: str) -> None:
    """At the foot, on the right as the page is looked at; on white, whatever lies beneath."""
    width, matrix = _upright(page)
    long = len(words) * SIZE * DIGIT
    x = width - MARGIN - long
    drawing = (
        f"q {' '.join(f'{each:g}' for each in matrix)} cm 1 g {x - 4:.1f} {ABOVE_FOOT - 4} "
        f"{long + 8:.1f} {SIZE + 6} re f 0 g BT {FONT} {SIZE} Tf {x:.1f} {ABOVE_FOOT} Td "
        f"({words}) Tj ET Q"
    )
    stream = StreamObject()
    stream.set_data(drawing.encode())
    own = page.get("/Resources", DictionaryObject()).get_object()
    # Pages may share what they draw with: each gets its own list, of the same things.
    resources = DictionaryObject(own)
    fonts = DictionaryObject(resources.get("/Font", DictionaryObject()).get_object())
    fonts[NameObject(FONT)] = font
    resources[NameObject("/Font")] = fonts
    page[NameObject("/Resources")] = resources
    contents = page["/Contents"].get_object() if "/Contents" in page else ArrayObject()
    before = contents if isinstance(contents, ArrayObject) else [page.raw_get("/Contents")]
    page[NameObject("/Contents")] = ArrayObject([*before, book._add_object(stream)])


def _upright(page: pypdf.PageObject) -> tuple[float, tuple[float, ...]]:
    """How wide the page is as it is looked at, and the way from there to its own coordinates."""
    left, bottom = float(page.cropbox.left), float(page.cropbox.bottom)
    right, top = float(page.cropbox.right), float(page.cropbox.top)
    match page.rotation % 360:
        case 90:
            return top - bottom, (0, 1, -1, 0, right, bottom)
        case 180:
            return right - left, (-1, 0, 0, -1, right, top)
        case 270:
            return top - bottom, (0, -1, 1, 0, left, top)
        case _:
            return right - left, (1, 0, 0, 1, left, bottom)
