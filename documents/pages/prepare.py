"""The child's work on one uploaded file: open, measure, take out what acts, put the slot in,
compare by drawing, read the text (pdf.md 4.3). Runs only inside `ecabinet.offload`.
"""

import io
import secrets
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Pdf

from documents.pages import active, looks, pictures, slot
from documents.rules import LIMITS, PaperRefusal

PREPARED, PAGE1 = "prepared.pdf", "page1.webp"
SLOT_LENGTH = 1024
EMPTY = b" " * (SLOT_LENGTH - 1) + b"\n"
MOST_FIELDS = 20_000
DEEPEST_FIELDS = 60


class Unfit(Exception):
    """This file cannot become a paper."""

    def __init__(self, reason: PaperRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


def main(folder: Path) -> dict[str, Any]:
    """Leave the prepared file and the picture in the folder; say the rest."""
    try:
        return _prepare(folder)
    except Unfit as unfit:
        return {"refusal": unfit.reason.value}
    except pikepdf.PasswordError:
        return {"refusal": PaperRefusal.ENCRYPTED.value}
    except pikepdf.PdfError as wrong:
        # By a certificate, or in a way that only its maker knows.
        is_encrypted = "encryption filter" in str(wrong)
        return {"refusal": (PaperRefusal.ENCRYPTED if is_encrypted else PaperRefusal.BROKEN).value}
    except (MemoryError, slot.TooMuchContent):
        return {"refusal": PaperRefusal.TOO_COSTLY.value}
    except Exception:
        # Parsers answer damage with a dozen kinds of exceptions (pdf.md 4.1); all mean this.
        return {"refusal": PaperRefusal.BROKEN.value}


def _prepare(folder: Path) -> dict[str, Any]:
    original = (folder / "in").read_bytes()
    with Pdf.open(io.BytesIO(original)) as pdf:
        _measure(pdf)
        title = title_of(pdf)
        signed = has_signature(pdf)
        if signed:
            show_without_signing(pdf)
        removed = active.take_out(pdf)
        take_out_authors(pdf)
        shown, at = _with_slot(pdf)
    texts = looks.texts(original)
    # Longer ones are compared by children of their own, a part each (`gate`).
    as_pictures = len(texts) <= LIMITS.pictures and not _alike(original, shown, flattened=signed)
    if as_pictures:
        shown, at = _as_pictures(original)
    (folder / PREPARED).write_bytes(shown)
    (folder / PAGE1).write_bytes(looks.first_page(shown))
    return {
        "slot_at": at,
        "slot_length": SLOT_LENGTH,
        "texts": texts,
        "removed": removed,
        "was_signed": signed,
        "as_pictures": as_pictures,
        "title": title,
    }


def _with_slot(pdf: Pdf) -> tuple[bytes, int]:
    """The file with an empty slot over every page, and where the slot is."""
    marker = b"%ECABSLOT" + secrets.token_hex(16).encode()
    slot.put_in(pdf, marker.ljust(SLOT_LENGTH - 1) + b"\n")
    prepared = _saved(pdf)
    at = _place_of(marker, prepared)
    return prepared[:at] + EMPTY + prepared[at + SLOT_LENGTH :], at


def _saved(pdf: Pdf) -> bytes:
    """Not packed, or the slot would be; not linearized, or the reader would ask too often."""
    kept = io.BytesIO()
    # Where a broken file says none, qpdf writes none, and hardly any reader opens the copy.
    pdf.trailer["/Size"] = len(pdf.objects) + 1
    pdf.save(
        kept,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        encryption=False,
        linearize=False,
    )
    return kept.getvalue()


def _place_of(marker: bytes, prepared: bytes) -> int:
    at = prepared.find(marker)
    if at < 0 or prepared.find(marker, at + 1) >= 0:
        raise Unfit(PaperRefusal.BROKEN)
    return at


def _alike(one: bytes, other: bytes, flattened: bool = False) -> bool:
    """Readers must see what was handed in, to the last pixel."""
    try:
        return looks.look_alike(one, other, flattened)
    except looks.NotDrawn:
        return False


def _as_pictures(original: bytes) -> tuple[bytes, int]:
    """Where the prepared pages look different, readers get pictures of the original's."""
    try:
        pictured = pictures.pages_as_pictures(original)
    except looks.NotDrawn:
        raise Unfit(PaperRefusal.BROKEN) from None
    except pictures.TooManyPages:
        raise Unfit(PaperRefusal.LOOKS_DIFFERENT) from None
    with Pdf.open(io.BytesIO(pictured)) as pdf:
        shown, at = _with_slot(pdf)
    if not _alike(pictured, shown):
        raise Unfit(PaperRefusal.LOOKS_DIFFERENT)
    return shown, at


# ---- how much there is ----


def _measure(pdf: Pdf) -> None:
    if len(pdf.objects) > LIMITS.objects:
        raise Unfit(PaperRefusal.TOO_MANY_OBJECTS)
    pages = count_pages(pdf, LIMITS.pages + 1)
    if pages == 0:
        raise Unfit(PaperRefusal.NO_PAGES)
    if pages > LIMITS.pages:
        raise Unfit(PaperRefusal.TOO_MANY_PAGES)
    for page in pdf.pages:
        shape = slot.geometry(page.obj)
        if max(shape.width, shape.height) > LIMITS.page_points:
            raise Unfit(PaperRefusal.PAGE_TOO_LARGE)


def count_pages(pdf: Pdf, most: int) -> int:
    """Leaves of the page tree, counted by hand: the file's own count may lie either way."""
    count = 0
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [pdf.Root.get("/Pages")]
    while waiting and count < most:
        node = waiting.pop()
        kids = node.get("/Kids") if isinstance(node, Dictionary) else None
        if not isinstance(kids, Array):
            count += isinstance(node, Dictionary)
        elif node.objgen not in seen:
            seen.add(node.objgen)
            waiting.extend(kids[n] for n in range(min(len(kids), most)))
    return count


# ---- signatures, authors, title ----


def has_signature(pdf: Pdf) -> bool:
    form = pdf.Root.get("/AcroForm")
    waiting = _listed(form, "/Fields")
    for _ in range(MOST_FIELDS):
        if not waiting:
            break
        field = waiting.pop()
        if not isinstance(field, Dictionary):
            continue
        if field.get("/FT") == "/Sig" and "/V" in field:
            return True
        waiting.extend(_listed(field, "/Kids"))
    return False


def _listed(holder: Any, key: str) -> list[Any]:
    """What a dictionary lists there; nothing where a broken file has something else."""
    found = holder.get(key) if isinstance(holder, Dictionary) else None
    return list(found) if isinstance(found, Array) else []


def show_without_signing(pdf: Pdf) -> None:
    """The view copy of a signed paper: its box stays to be seen; the original stays as it is."""
    pdf.flatten_annotations("all")
    for key in ("/AcroForm", "/Perms"):
        if key in pdf.Root:
            del pdf.Root[key]


def take_out_authors(pdf: Pdf) -> None:
    """Names of authors and machines stay in the sealed original (UPL-08)."""
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    for key in ("/Metadata", "/PieceInfo"):
        if key in pdf.Root:
            del pdf.Root[key]


def title_of(pdf: Pdf) -> str:
    """What the file calls itself, in its list of particulars; empty where that is broken."""
    try:
        found = pdf.trailer.Info.get("/Title")
    except (AttributeError, TypeError, ValueError, pikepdf.PdfError):
        return ""
    return str(found).replace("\0", "").strip() if isinstance(found, pikepdf.String) else ""
