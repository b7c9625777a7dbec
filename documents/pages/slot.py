"""One slot of fixed length in a PDF, shown on every page, filled for each reader later.

The slot is the stream of ONE form object, kept plain and found again by a random marker; each
page draws it three times aslant and once at the foot (pdf.md 2.1).
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from documents.pages.font import MarkFont, mark_font
from documents.rules import LIMITS

FONT_NAME = Name("/ECABWM+NotoSans")
Box = tuple[float, float, float, float]
DEFAULT_BOX = (0.0, 0.0, 612.0, 792.0)
DEEPEST_TREE = 64
ANGLE = math.radians(40)
HEIGHTS = (0.22, 0.5, 0.78)
A4_WIDTH = 595
EVERYWHERE = Array([-14_400, -14_400, 14_400, 14_400])


@dataclass(frozen=True)
class Geometry:
    """A page as it is shown: its size, and the way from there to the page's own coordinates."""

    width: float
    height: float
    matrix: tuple[float, ...]


class TooMuchContent(Exception):
    """A page holds more than any page does."""


def put_in(pdf: Pdf, marker: bytes) -> None:
    """Draw the slot, which holds the marker for now, over every page."""
    slot = _slot(pdf, marker)
    faint = pdf.make_indirect(
        Dictionary(Type=Name.ExtGState, ca=0.28, CA=0.28, BM=Name.Normal, SMask=Name("/None"))
    )
    streams = _Streams(pdf)
    for page in pdf.pages:
        if _common(*_boxes(page.obj)) is None:
            page.obj["/CropBox"] = Array(shown_box(page.obj))
        lowest, last = _balanced(pdf, page.obj)
        _name_in_resources(pdf, page.obj, slot, faint)
        page.obj["/Contents"] = Array(
            [
                streams.before(1 - lowest),
                *contents(page.obj),
                streams.after(geometry(page.obj), last + 1 - lowest),
            ]
        )


class _Streams:
    """What stands before and after a page's content, one object for all pages that are alike."""

    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self._made: dict[bytes, Any] = {}

    def before(self, saves: int) -> Any:
        return self._shared(b"q " * saves + b"\n")

    def after(self, shape: Geometry, restores: int) -> Any:
        return self._shared(b"\n" + b"Q " * max(restores, 0) + _drawing(shape))

    def _shared(self, content: bytes) -> Any:
        if content not in self._made:
            self._made[content] = self._pdf.make_indirect(Stream(self._pdf, content))
        return self._made[content]


def _drawing(shape: Geometry) -> bytes:
    scale = min(shape.width, shape.height) / A4_WIDTH
    along, up = math.cos(ANGLE) * scale * 1.3, math.sin(ANGLE) * scale * 1.3
    middle = shape.width / 2
    places = [(along, up, -up, along, middle, shape.height * each) for each in HEIGHTS]
    places.append((0.7 * scale, 0, 0, 0.7 * scale, middle, 18 * scale))
    shown = "\n".join(f"q {_numbers(each)} cm /ECabWM Do Q" for each in places)
    return f"\nq {_numbers(shape.matrix)} cm /ECabGS gs 0.35 g\n{shown}\nQ\n".encode()


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{each:.6f}".rstrip("0").rstrip(".") for each in values)


# ---- what a page's content leaves open ----


def contents(page: Any) -> list[Any]:
    found = page.get("/Contents")
    parts = list(found) if isinstance(found, Array) else [found]
    return [each for each in parts if isinstance(each, Stream)]


def content_of(page: Any) -> bytes:
    """What a page draws, unpacked; no page of a paper unpacks to as much as a bomb."""
    try:
        content = b"\n".join(each.read_bytes() for each in contents(page))
    except pikepdf.DataDecodingError as wrong:
        # How qpdf says that the child's memory has come to its end.
        if "bad_alloc" in str(wrong):
            raise TooMuchContent from None
        raise
    if len(content) > LIMITS.content_bytes:
        raise TooMuchContent
    return content


def balance(content: bytes) -> tuple[int, int] | None:
    """Lowest and last depth of q and Q, or None where the content does not end cleanly.

    qpdf does not complain of an unterminated array, string or inline image, which would
    swallow the mark; so an operator of our own is parsed behind it, and has to come out.
    """
    try:
        operators = _operators(content + b"\n/ECabEnd MP\n")
    except (pikepdf.PdfError, RuntimeError, ValueError):
        return None
    if not operators or operators[-1] != "MP /ECabEnd":
        return None
    depth = lowest = 0
    for each in operators:
        depth += {"q": 1, "Q": -1}.get(each, 0)
        lowest = min(lowest, depth)
    return lowest, depth


def _operators(data: bytes) -> list[str]:
    parsed = pikepdf.parse_content_stream(Stream(_scratch(), data), "q Q MP BI")
    return [" ".join([str(each.operator), *map(str, each.operands)]).strip() for each in parsed]


_scratches: list[Pdf] = []


def _scratch() -> Pdf:
    if not _scratches:
        _scratches.append(Pdf.new())
    return _scratches[0]


def _balanced(pdf: Pdf, page: Any) -> tuple[int, int]:
    content = content_of(page)
    found = balance(content)
    if found is None:
        _shut_in(pdf, page, content)
        return 0, 0
    return found


def _shut_in(pdf: Pdf, page: Any, content: bytes) -> None:
    """Content that would swallow what follows it is shut into a form of its own."""
    form = Stream(pdf, content)
    form.stream_dict.update(
        {"/Type": Name.XObject, "/Subtype": Name.Form, "/FormType": 1, "/BBox": EVERYWHERE}
    )
    form.stream_dict["/Resources"] = inherited(page, "/Resources") or Dictionary()
    page["/Contents"] = pdf.make_indirect(Stream(pdf, b"/ECabPage Do\n"))
    page["/Resources"] = Dictionary(XObject=Dictionary({"/ECabPage": pdf.make_indirect(form)}))


def _name_in_resources(pdf: Pdf, page: Any, slot: Any, faint: Any) -> None:
    resources = page.get("/Resources")
    if not isinstance(resources, Dictionary):
        above = inherited(page, "/Resources")
        resources = (
            Dictionary(dict(above.items())) if isinstance(above, Dictionary) else Dictionary()
        )
        page["/Resources"] = resources = pdf.make_indirect(resources)
    for key, name, thing in (("/XObject", "/ECabWM", slot), ("/ExtGState", "/ECabGS", faint)):
        if not isinstance(resources.get(key), Dictionary):
            resources[key] = Dictionary()
        resources[key][name] = thing


# ---- how a page is shown ----


def geometry(page: Any) -> Geometry:
    """Upright coordinates of what the reader sees, with the origin at the lower left."""
    left, bottom, right, top = shown_box(page)
    width, height = right - left, top - bottom
    match _rotation(page):
        case 90:
            return Geometry(height, width, (0, 1, -1, 0, right, bottom))
        case 180:
            return Geometry(width, height, (-1, 0, 0, -1, right, top))
        case 270:
            return Geometry(height, width, (0, -1, 1, 0, left, top))
        case _:
            return Geometry(width, height, (1, 0, 0, 1, left, bottom))


def shown_box(page: Any) -> Box:
    """What both boxes have in common; the whole page where that is nothing, as readers do."""
    media, crop = _boxes(page)
    return _common(media, crop) or media


def _boxes(page: Any) -> tuple[Box, Box]:
    media = _box(inherited(page, "/MediaBox")) or DEFAULT_BOX
    return media, _box(inherited(page, "/CropBox")) or media


def _common(one: Box, other: Box) -> Box | None:
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    right, top = min(one[2], other[2]), min(one[3], other[3])
    return (left, bottom, right, top) if left < right and bottom < top else None


def _box(value: Any) -> Box | None:
    try:
        a, b, c, d = (float(each) for each in value)
    except (TypeError, ValueError):
        return None
    box = (min(a, c), min(b, d), max(a, c), max(b, d))
    return box if box[0] < box[2] and box[1] < box[3] else None


def _rotation(page: Any) -> int:
    try:
        return int(inherited(page, "/Rotate") or 0) % 360
    except (TypeError, ValueError):
        return 0


def inherited(page: Any, key: str) -> Any:
    for holder in _upwards(page):
        if key in holder:
            return holder[key]
    return None


def _upwards(page: Any) -> Iterator[Any]:
    holder = page
    for _ in range(DEEPEST_TREE):
        if not isinstance(holder, Dictionary):
            return
        yield holder
        holder = holder.get("/Parent")


# ---- the slot and its font ----


def _slot(pdf: Pdf, marker: bytes) -> Any:
    slot = Stream(pdf, marker)
    slot.stream_dict.update(
        {
            "/Type": Name.XObject,
            "/Subtype": Name.Form,
            "/FormType": 1,
            "/BBox": Array([-600, -40, 600, 40]),
            "/Resources": Dictionary(Font=Dictionary(F=_font(pdf, mark_font()))),
        }
    )
    return pdf.make_indirect(slot)


def _font(pdf: Pdf, font: MarkFont) -> Any:
    """Its codes are code points: the text of the mark can be found, and taken from a leak."""
    shapes = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=FONT_NAME,
        CIDSystemInfo=Dictionary(
            Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0
        ),
        FontDescriptor=_descriptor(pdf, font),
        CIDToGIDMap=_packed(pdf, _glyph_map(font.glyphs)),
        DW=0,
        W=Array(
            [
                each
                for letter, width in font.widths.items()
                for each in (ord(letter), Array([width]))
            ]
        ),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=FONT_NAME,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(shapes)]),
            ToUnicode=_packed(pdf, _to_unicode(font.glyphs)),
        )
    )


def _width_table(widths: dict[str, int]) -> list[Any]:
    """[code [width] code [width] …]"""
    return [each for letter, width in widths.items() for each in (ord(letter), Array([width]))]


def _descriptor(pdf: Pdf, font: MarkFont) -> Any:
    return pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=FONT_NAME,
            Flags=4,
            FontBBox=Array(list(font.box)),
            ItalicAngle=0,
            Ascent=font.ascent,
            Descent=font.descent,
            CapHeight=714,
            StemV=80,
            FontFile2=_packed(pdf, font.file, Length1=len(font.file)),
        )
    )


def _packed(pdf: Pdf, data: bytes, **entries: Any) -> Any:
    # Packed here, since the file is saved without packing: that would pack the slot as well.
    return pdf.make_indirect(
        Stream(pdf, zlib.compress(data, 9), Filter=Name.FlateDecode, **entries)
    )


def _glyph_map(glyphs: dict[str, int]) -> bytes:
    table = bytearray(2 * (max(map(ord, glyphs)) + 1))
    for letter, glyph in glyphs.items():
        table[2 * ord(letter) : 2 * ord(letter) + 2] = glyph.to_bytes(2, "big")
    return bytes(table)


def _to_unicode(glyphs: dict[str, int]) -> bytes:
    codes = [f"<{ord(each):04x}><{ord(each):04x}>" for each in sorted(glyphs)]
    blocks = [codes[at : at + 100] for at in range(0, len(codes), 100)]
    listed = "\n".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
        "/CMapName/Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000><ffff> endcodespacerange\n"
        f"{listed}\nendcmap CMapName currentdict /CMap defineresource pop end end\n"
    ).encode()
