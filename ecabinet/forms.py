"""The official page of Decree 30/2020/NĐ-CP: fonts, head, paragraphs, tables, signature blocks.

Rooms put their own words together in `papers.py` from the pieces here. Everything that comes in
as text is data: it is brought to NFC and escaped, never read as markup (XML-04).
"""

import functools
import io
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

TINOS = Path(__file__).parent.parent / "node_modules" / "@expo-google-fonts" / "tinos"
FACES = {
    "Tinos": "400Regular/Tinos_400Regular.ttf",
    "Tinos-Bold": "700Bold/Tinos_700Bold.ttf",
    "Tinos-Italic": "400Regular_Italic/Tinos_400Regular_Italic.ttf",
    "Tinos-BoldItalic": "700Bold_Italic/Tinos_700Bold_Italic.ttf",
}
# The library's faces hold one place in their file for all threads: of two that draw at once, one
# cuts its letters out of the other's. Whatever draws, draws under this.
DRAWING = threading.RLock()
MM = 72 / 25.4
LEFT, RIGHT, TOP, BOTTOM = 30 * MM, 15 * MM, 20 * MM, 20 * MM
TEXT_WIDTH = 210 * MM - LEFT - RIGHT
# In ten-thousandths of a page's width.
A4_HEIGHT = 14_142

Piece = Any


@dataclass(frozen=True)
class Head:
    """The boxes at the top of the first page (Appendix I, boxes 1 to 4)."""

    parent: str
    agency: str
    number: str
    place_and_date: str


def text(given: str) -> str:
    """What somebody typed, as the markup that prints exactly that."""
    plain = unicodedata.normalize("NFC", given)
    printable = "".join(each if each == "\n" or each.isprintable() else " " for each in plain)
    return escape(printable).replace("\n", "<br/>")


def bold(given: str) -> str:
    return f"<b>{text(given)}</b>"


def place_and_date(day: date, place: str = "Hà Nội") -> str:
    """ "Hà Nội, ngày 05 tháng 02 năm 2026": a leading 0 for days below 10, months 1 and 2."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"{place}, ngày {day.day:02} tháng {month} năm {day.year}"


# ---- pieces of a page: markup comes from text() and bold() alone ----


def paragraph(markup: str, style: str = "body") -> Piece:
    platypus = _platypus()

    return platypus.Paragraph(markup, _styles()[style])


def gap(millimetres: float) -> Piece:
    platypus = _platypus()

    return platypus.Spacer(1, millimetres * MM)


def title(kind: str, subject: str) -> list[Piece]:
    """Box 5a: the kind in capitals, the summary below it, a short rule."""
    return [
        paragraph(bold(kind.upper()), "centred"),
        paragraph(bold(subject), "centred"),
        _rule(0.33),
        gap(3),
    ]


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float],
    centred: Sequence[int] = (),
) -> Piece:  # fmt: skip
    """A ruled table of plain texts under a head that every page repeats; widths are shares."""
    platypus = _platypus()

    def cell(given: str, column: int) -> Piece:
        return paragraph(text(given), "cell_centred" if column in centred else "cell")

    share = TEXT_WIDTH / sum(widths)
    lines = [[paragraph(bold(each), "cell_centred") for each in head]]
    lines += [[cell(each, column) for column, each in enumerate(row)] for row in rows]
    made = platypus.Table(lines, colWidths=[share * each for each in widths], repeatRows=1)
    made.setStyle(
        platypus.TableStyle(
            [("GRID", (0, 0), (-1, -1), 0.6, "black"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
        )
    )
    return made


def signature_block(position: str, note: str, name: str, left: Sequence[str] = ()) -> Piece:
    """Boxes 7 and 9b: who signs at the right, receivers at the left."""
    platypus = _platypus()

    receivers = "<br/>".join(text(each) for each in left)
    signer = f"{bold(position.upper())}<br/><i>{text(note)}</i><br/><br/><br/>{bold(name)}"
    columns = [[paragraph(receivers, "small"), paragraph(signer, "centred")]]
    made = platypus.Table(columns, colWidths=[TEXT_WIDTH * 0.45, TEXT_WIDTH * 0.55])
    made.setStyle(
        platypus.TableStyle(
            [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0)]
        )
    )
    return platypus.KeepTogether([made])


def handwriting(lines: Sequence[Sequence[int]], share: float) -> Piece:
    """Lines drawn by hand, in the frame of their page; x and y in turn, ten-thousandths of its
    width."""
    _register_fonts()
    from reportlab.graphics.shapes import Drawing, PolyLine, Rect
    from reportlab.lib.colors import black, gray

    lowest = max(A4_HEIGHT, *(each for line in lines for each in line[1::2]))
    scale = min(share * TEXT_WIDTH / 10_000, 200 * MM / lowest)
    width, height = 10_000 * scale, lowest * scale
    drawn = Drawing(width, height)
    drawn.add(Rect(0, 0, width, height, strokeColor=gray, fillColor=None, strokeWidth=0.5))
    for line in lines:
        pairs = zip(line[::2], line[1::2], strict=True)
        points = [each for x, y in pairs for each in (x * scale, height - y * scale)]
        drawn.add(PolyLine(points, strokeColor=black, strokeWidth=1))
    return drawn


def document(name: str, head: Head, body: Sequence[Piece]) -> bytes:
    """The PDF; page numbers in the top margin from the second page on (Appendix I)."""
    return sheet(name, head.agency, [_head(head), gap(6), *body])


def sheet(name: str, author: str, body: Sequence[Piece]) -> bytes:
    """The same without the head that makes a paper an official one."""
    platypus = _platypus()

    out = io.BytesIO()
    made = platypus.SimpleDocTemplate(
        out, pagesize=(210 * MM, 297 * MM), leftMargin=LEFT, rightMargin=RIGHT, topMargin=TOP,
        bottomMargin=BOTTOM, title=unicodedata.normalize("NFC", name), author=author,
        lang="vi-VN", initialFontName="Tinos",
    )  # fmt: skip
    with DRAWING:
        made.build(list(body), onLaterPages=_number)
    return out.getvalue()


def _head(head: Head) -> Piece:
    platypus = _platypus()

    left = [paragraph(text(head.parent.upper()), "head")] if head.parent else []
    left += [paragraph(bold(head.agency.upper()), "head"), _rule(0.4)]
    left += [paragraph(text(head.number), "head")] if head.number else []
    right = [
        paragraph("<b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b>", "head_nation"),
        paragraph("<b>Độc lập - Tự do - Hạnh phúc</b>", "head"),
        _rule(0.56),
        paragraph(f"<i>{text(head.place_and_date)}</i>", "head"),
    ]
    made = platypus.Table([[left, right]], colWidths=[TEXT_WIDTH * 0.4, TEXT_WIDTH * 0.6])
    made.setStyle(
        platypus.TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ]
        )
    )
    return made


def _rule(share: float) -> Piece:
    """A short line in the middle of whatever holds it."""
    platypus = _platypus()
    line = platypus.flowables.HRFlowable
    return line(f"{share:.0%}", thickness=0.8, color="black", spaceBefore=1.6, spaceAfter=2.6)


def _number(canvas: Any, _document: Any) -> None:
    canvas.setFont("Tinos", 13)
    canvas.drawCentredString(105 * MM, 297 * MM - 12 * MM, str(canvas.getPageNumber()))


def _platypus() -> Any:
    _register_fonts()
    from reportlab import platypus

    return platypus


@functools.cache
def _register_fonts() -> None:
    from reportlab import rl_config
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    with DRAWING:
        for name, file in FACES.items():
            pdfmetrics.registerFont(TTFont(name, str(TINOS / file)))
        pdfmetrics.registerFontFamily(
            "Tinos", normal="Tinos", bold="Tinos-Bold", italic="Tinos-Italic",
            boldItalic="Tinos-BoldItalic",
        )  # fmt: skip
    # Before platypus is imported: else pages and tables begin in Helvetica, which is not embedded.
    rl_config.canvas_basefontname = rl_config.defaultGraphicsFontName = "Tinos"


@functools.cache
def _styles() -> dict[str, Any]:
    _register_fonts()
    from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
    from reportlab.lib.styles import ParagraphStyle

    body = ParagraphStyle(
        "body", fontName="Tinos", fontSize=13, leading=18, alignment=TA_JUSTIFY,
        firstLineIndent=10 * MM, spaceAfter=6, splitLongWords=True,
    )  # fmt: skip
    plain = ParagraphStyle("plain", parent=body, firstLineIndent=0)
    heading = ParagraphStyle("heading", parent=plain, keepWithNext=1)
    centred = ParagraphStyle("centred", parent=plain, alignment=TA_CENTER, spaceAfter=2)
    head = ParagraphStyle("head", parent=centred, fontSize=13, leading=16, spaceAfter=0)
    small = ParagraphStyle("small", parent=plain, fontSize=11, leading=14, alignment=0)
    cell = ParagraphStyle("cell", parent=plain, fontSize=12, leading=15, alignment=0, spaceAfter=0)
    return {
        "body": body,
        "plain": plain,
        "heading": heading,
        "centred": centred,
        "head": head,
        "head_nation": ParagraphStyle("head_nation", parent=head, fontSize=12),
        "small": small,
        "cell": cell,
        "cell_centred": ParagraphStyle("cell_centred", parent=cell, alignment=TA_CENTER),
    }
