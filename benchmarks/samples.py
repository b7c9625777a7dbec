"""Papers of our own making that the benchmarks serve, and the mark in them."""

import io
from datetime import UTC, datetime
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from documents.marking import Code, Mark
from documents.pages.font import FILE

STAMP = "stamp.pdf"
LINES = 45
WORDS = "Điều {n}. Bộ trưởng, Thủ trưởng cơ quan ngang bộ chịu trách nhiệm thi hành Nghị định này."
AT = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
MARK = Mark("Nguyễn Thị Hồng Nhượng", "Bộ trưởng", AT, Code.sealed(b"bench", 1, 1, AT))


def paper(pages: int, packed: bool = True) -> bytes:
    """Full pages of text; not packed, each takes some 5 KB."""
    canvas, made = _canvas(packed)
    for number in range(pages):
        canvas.setFont("Bench", 11)
        for line in range(LINES):
            canvas.drawString(60, 780 - 16 * line, WORDS.format(n=number * LINES + line))
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def stamp() -> bytes:
    """What is laid over every page by those who stamp for each request."""
    canvas, made = _canvas()
    canvas.setFont("Bench", 22)
    canvas.rotate(40)
    for height in (0, 250, 500):
        canvas.drawString(250, height, MARK.name)
    canvas.save()
    return made.getvalue()


def write_stamp(folder: Path) -> None:
    (folder / STAMP).write_bytes(stamp())


def _canvas(packed: bool = True) -> tuple[Canvas, io.BytesIO]:
    pdfmetrics.registerFont(TTFont("Bench", str(FILE)))
    made = io.BytesIO()
    return Canvas(made, pageCompression=int(packed)), made
