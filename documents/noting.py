"""What a reader writes on the pages of a paper: its form, its bounds, and how what was written on
two devices comes together; pure.

Places on a page are whole numbers: ten-thousandths of the page's width, from its upper left corner
as it is shown unturned, both across and down.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from documents.anchoring import AROUND, Anchor

LONGEST_TEXT, LONGEST_QUOTE = 4_000, 2_000
MOST_NUMBERS, MOST_RECTS, FARTHEST = 4_000, 200, 100_000
# Of one person on one edition; a page that is full of handwriting holds some hundreds of strokes.
MOST_ON_EDITION, MOST_AT_ONCE = 5_000, 200


class NoteKind(StrEnum):
    INK = "ink"
    HIGHLIGHT = "highlight"
    TEXT = "text"
    BOOKMARK = "bookmark"


class NoteRefusal(StrEnum):
    TOO_MANY = "too_many"


class Malformed(ValueError):
    """What no reader's page sends; names the field."""


@dataclass(frozen=True)
class Content:
    """What a note says, and where; `shape` is by its kind.

    ink: points, x and y in turn · highlight: quote, prefix, suffix, rects · text: at, x and y,
    or nothing where it belongs to the page as a whole · bookmark: nothing.
    """

    kind: NoteKind
    page: int
    text: str = ""
    shape: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """A note as a device sends it: `base` is the revision that the device had of it, 0 for none;
    without content it was taken away."""

    id: str
    base: int
    content: Content | None


@dataclass(frozen=True)
class Kept:
    """The same note as it stands."""

    revision: int
    content: Content | None


class Merge(StrEnum):
    """What becomes of a note that is sent."""

    TAKE = "take"
    KEEP = "keep"
    # Both were written in by then: the one sent is taken, the earlier stays beside it as its copy.
    TAKE_BESIDE = "take_beside"


def merged(kept: Kept | None, sent: Sent) -> Merge:
    """Notes of two devices come together and no words are lost.

    Different notes never meet. Of the same note, what is sent last stands; where the device had
    not seen what stands, words that would go are kept beside it, and what was written in stands
    against its being taken away.
    """
    if kept is None:
        return Merge.TAKE
    if kept.content == sent.content:
        return Merge.KEEP
    if kept.revision == sent.base or kept.content is None:
        return Merge.TAKE
    if sent.content is None:
        return Merge.KEEP
    return Merge.TAKE_BESIDE if kept.content.text not in ("", sent.content.text) else Merge.TAKE


def anchor(content: Content) -> Anchor | None:
    """By what a note finds its place on another edition; ink has none away from its own page."""
    if content.kind is NoteKind.INK:
        return None
    words = {name: content.shape.get(name, "") for name in ("quote", "prefix", "suffix")}
    return Anchor(content.page, **words)


def read(given: object, pages: int) -> Sent:
    """A note out of a request, taken apart strictly."""
    if not isinstance(given, dict) or given.keys() - {"id", "base", "content"}:
        raise Malformed("notes")
    content = given.get("content")
    return Sent(
        _uuid(given.get("id")),
        _whole(given.get("base"), "base", 2**31 - 1),
        None if content is None else _content(content, pages),
    )


def _content(given: object, pages: int) -> Content:
    if not isinstance(given, dict) or given.keys() - {"kind", "page", "text", "shape"}:
        raise Malformed("content")
    try:
        kind = NoteKind(str(given.get("kind")))
    except ValueError:
        raise Malformed("kind") from None
    page = _whole(given.get("page"), "page", pages)
    if page == 0:
        raise Malformed("page")
    text = _text(given.get("text", ""), "text", LONGEST_TEXT).strip()
    shape = given.get("shape", {})
    if not isinstance(shape, dict) or shape.keys() - SHAPES[kind]:
        raise Malformed("shape")
    return Content(kind, page, text, READ[kind](shape))


def _ink(shape: dict[str, Any]) -> dict[str, Any]:
    points = _numbers(shape.get("points"), "points", MOST_NUMBERS)
    if len(points) < 4 or len(points) % 2:
        raise Malformed("points")
    return {"points": points}


def _highlight(shape: dict[str, Any]) -> dict[str, Any]:
    rects = shape.get("rects")
    if not isinstance(rects, list) or not 0 < len(rects) <= MOST_RECTS:
        raise Malformed("rects")
    quote = _text(shape.get("quote"), "quote", LONGEST_QUOTE)
    if not quote.strip():
        raise Malformed("quote")
    return {
        "quote": quote,
        "prefix": _text(shape.get("prefix", ""), "prefix", 2 * AROUND),
        "suffix": _text(shape.get("suffix", ""), "suffix", 2 * AROUND),
        "rects": [_numbers(each, "rects", 4, 4) for each in rects],
    }


def _words(shape: dict[str, Any]) -> dict[str, Any]:
    return {"at": _numbers(shape["at"], "at", 2, 2)} if "at" in shape else {}


SHAPES: dict[NoteKind, frozenset[str]] = {
    NoteKind.INK: frozenset({"points"}),
    NoteKind.HIGHLIGHT: frozenset({"quote", "prefix", "suffix", "rects"}),
    NoteKind.TEXT: frozenset({"at"}),
    NoteKind.BOOKMARK: frozenset(),
}
READ: dict[NoteKind, Callable[[dict[str, Any]], dict[str, Any]]] = {
    NoteKind.INK: _ink,
    NoteKind.HIGHLIGHT: _highlight,
    NoteKind.TEXT: _words,
    NoteKind.BOOKMARK: lambda _shape: {},
}


def _uuid(given: object) -> str:
    try:
        found = str(UUID(given)) if isinstance(given, str) else ""
    except ValueError:
        found = ""
    if not found or found != given:
        raise Malformed("id")
    return found


def _whole(given: object, name: str, most: int) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= most:
        raise Malformed(name)
    return given


def _numbers(given: object, name: str, most: int, fewest: int = 0) -> list[int]:
    if not isinstance(given, list) or not fewest <= len(given) <= most:
        raise Malformed(name)
    return [_whole(each, name, FARTHEST) for each in given]


def _text(given: object, name: str, longest: int) -> str:
    """Words of a page or of a person; what does not print stands for a space."""
    if not isinstance(given, str) or len(given) > longest:
        raise Malformed(name)
    plain = unicodedata.normalize("NFC", given)
    return "".join(each if each == "\n" or each.isprintable() else " " for each in plain)
