"""The picture of page 1 with the reader's mark drawn into it."""

import io
from functools import cache
from typing import Any

from documents.pages.font import FILE

TRANSPARENT = (90, 90, 90, 0)
FAINT = (90, 90, 90, 72)
ANGLE = 40
HEIGHTS = (0.22, 0.5, 0.78)
QUALITY = 70
# Twice as fast as the usual 4, and hardly larger.
METHOD = 2


def webp(page: Any) -> bytes:
    kept = io.BytesIO()
    page.save(kept, "WEBP", quality=QUALITY, method=METHOD)
    return kept.getvalue()


def marked(picture: bytes, lines: tuple[str, str]) -> bytes:
    """The same picture with the mark three times aslant, as on the pages of the copy."""
    from PIL import Image

    page = Image.open(io.BytesIO(picture)).convert("RGB")
    mark = _mark(lines, page.width).rotate(ANGLE, expand=True)
    for height in HEIGHTS:
        left, top = (page.width - mark.width) // 2, int(page.height * height) - mark.height // 2
        page.paste(mark, (left, top), mark)
    return webp(page)


def _mark(lines: tuple[str, str], width: int) -> Any:
    from PIL import Image, ImageDraw

    first, second = width // 24, width // 48
    mark = Image.new("RGBA", (int(width * 1.2), first * 3), TRANSPARENT)
    drawing = ImageDraw.Draw(mark)
    middle = mark.width // 2
    drawing.text((middle, first), lines[0], FAINT, _font(first), anchor="mm")
    drawing.text((middle, first * 2), lines[1], FAINT, _font(second), anchor="mm")
    return mark


@cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(FILE, size)
