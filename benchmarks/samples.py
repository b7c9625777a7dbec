"""Papers of our own making that the benchmarks serve, and the mark in them."""

import io
import random
from datetime import UTC, datetime
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from documents.marking import Code, Mark
from documents.pages.font import FILE

STAMP = "stamp.pdf"
LINES, WORDS_A_LINE = 45, 14
WORDS = (
    "bộ trưởng thủ cơ quan ngang chịu trách nhiệm thi hành nghị định này chính phủ quyết về việc "
    "sửa đổi bổ sung một số điều của luật đầu tư công và các văn bản hướng dẫn thực hiện theo kế "
    "hoạch năm ngân sách nhà nước trung ương địa phương ủy ban nhân dân tỉnh thành phố trực thuộc"
)
AT = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
MARK = Mark("Nguyễn Thị Hồng Nhượng", "Bộ trưởng", AT, Code.sealed(b"bench", 1, 1, AT))


def paper(pages: int, packed: bool = True, chosen: int = 0) -> bytes:
    """Full pages of text, no two lines alike; each takes some 2.4 KB, and 7 KB where not packed."""
    dice, words = random.Random(chosen), WORDS.split()
    canvas, made = _canvas(packed)
    for _ in range(pages):
        canvas.setFont("Bench", 11)
        for line in range(LINES):
            text = " ".join(dice.choices(words, k=WORDS_A_LINE))
            canvas.drawString(60, 780 - 16 * line, text)
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
