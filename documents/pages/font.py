"""The font of the mark: Noto Sans cut down to Vietnamese, addressed by code points."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent.parent / "node_modules/@expo-google-fonts/noto-sans"
FILE = FOLDER / "400Regular" / "NotoSans_400Regular.ttf"
EM = 1000

VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = "".join(
    [
        *map(chr, range(0x20, 0x7F)),
        "đĐ–—·…“”‘’•№",
        *(unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES),
    ]
)


@dataclass(frozen=True)
class MarkFont:
    """A subset of the font, and which of its glyphs each letter is."""

    file: bytes
    glyphs: dict[str, int]
    widths: dict[str, int]
    ascent: int
    descent: int
    box: tuple[int, ...]


@cache
def mark_font() -> MarkFont:
    face = _face()
    letters = "".join(sorted(set(LETTERS)))
    return MarkFont(
        file=face.makeSubset(list(map(ord, letters))),
        glyphs=_glyphs(face, letters),
        widths=_widths(face, letters),
        ascent=round(face.ascent),
        descent=round(face.descent),
        box=tuple(round(each) for each in face.bbox),
    )


def _glyphs(face: Any, letters: str) -> dict[str, int]:
    """The subset numbers its glyphs as they first come up, after the empty one."""
    order = list(dict.fromkeys(face.charToGlyph[ord(each)] for each in letters))
    return {each: 1 + order.index(face.charToGlyph[ord(each)]) for each in letters}


@cache
def widths() -> dict[str, int]:
    """How wide each letter is, in thousandths of the font's size."""
    return _widths(_face(), LETTERS)


@cache
def _face() -> Any:
    from reportlab.pdfbase.ttfonts import TTFontFile

    return TTFontFile(str(FILE))


def _widths(face: Any, letters: str) -> dict[str, int]:
    return {each: round(face.charWidths[ord(each)]) for each in letters}
