"""The reader's mark: the exact bytes that go into the slot of a prepared file (pdf.md 2.1).

The slot's font takes code points as its codes, so a line of the mark is its text in UTF-16.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ecabinet import storage

FIRST_SIZE, SECOND_SIZE = 22, 11
FIRST_BASE, SECOND_BASE = 4, -14
LONGEST_FIRST, LONGEST_SECOND = 60, 90
STAND_IN = "?"
EM = 1000


@dataclass(frozen=True)
class Slot:
    """Where the mark stands in a prepared file of this size."""

    at: int
    length: int
    file_size: int


@dataclass(frozen=True)
class Mark:
    """Whose copy this is, and since when."""

    name: str
    office: str
    at: datetime

    @property
    def lines(self) -> tuple[str, str]:
        when = self.at.strftime("%H:%M %d/%m/%Y")
        room = LONGEST_SECOND - len(f" · {when}")
        second = when if self.office == self.name else f"{_cut(self.office, room)} · {when}"
        return _cut(self.name, LONGEST_FIRST), second


def fill(mark: Mark, widths: Mapping[str, int], length: int) -> bytes:
    """The slot's content for one reader; whatever is not text is white space."""
    first, second = mark.lines
    shown = b"\n".join(
        (
            b"BT",
            _line(first, FIRST_SIZE, FIRST_BASE, widths),
            _line(second, SECOND_SIZE, SECOND_BASE, widths),
            b"ET",
        )
    )
    if len(shown) >= length:
        raise ValueError("the mark is longer than its slot")
    return shown.ljust(length - 1) + b"\n"


def pieces(stored: Iterator[bytes], start: int, slot: Slot, filled: bytes) -> Iterator[bytes]:
    """The stored pieces from `start` on, with whatever overlaps the slot overwritten."""
    for piece in stored:
        yield _overwritten(piece, start, slot.at, filled)
        start += len(piece)


@dataclass(frozen=True)
class Copy:
    """One reader's copy: the prepared file with the reader's mark in its slot."""

    prepared: str
    slot: Slot
    filled: bytes

    @property
    def size(self) -> int:
        return self.slot.file_size

    @property
    def etag(self) -> str:
        return hashlib.sha256(self.prepared.encode() + self.filled).hexdigest()[:32]

    def stream(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes [start, stop), in pieces; never the whole file in memory."""
        stored = storage.store().stream(self.prepared, start, stop)
        return pieces(stored, start, self.slot, self.filled)


def _overwritten(piece: bytes, start: int, slot_at: int, filled: bytes) -> bytes:
    first = max(start, slot_at)
    last = min(start + len(piece), slot_at + len(filled))
    if first >= last:
        return piece
    return piece[: first - start] + filled[first - slot_at : last - slot_at] + piece[last - start :]


def _line(text: str, size: int, base: int, widths: Mapping[str, int]) -> bytes:
    known = "".join(each if each in widths else STAND_IN for each in text)
    left = -sum(widths[each] for each in known) * size / EM / 2
    place = f"1 0 0 1 {left:.2f} {base} Tm /F {size} Tf "
    return f"{place}<{known.encode('utf-16-be').hex()}> Tj".encode()


def _cut(text: str, longest: int) -> str:
    composed = unicodedata.normalize("NFC", text)
    return composed if len(composed) <= longest else composed[: longest - 1] + "…"
