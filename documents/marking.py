"""The reader's mark: the exact bytes that go into the slot of a prepared file (pdf.md 2.1).

The slot's font takes code points as its codes, so a line of the mark is its text in UTF-16.
"""

import hashlib
import hmac
import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from ecabinet import storage
from ecabinet.storage import Over

FIRST_SIZE, SECOND_SIZE, CODE_SIZE = 22, 11, 4
FIRST_BASE, SECOND_BASE, CODE_BASE = 4, -14, -24
UNSEEN = b"3 Tr"
LONGEST_FIRST, LONGEST_SECOND = 60, 90
STAND_IN = "?"
EM = 1000
TIME = "%H:%M %d/%m/%Y"
SECOND_LINE = re.compile(r"(?:(.+) · )?([0-2]\d:[0-5]\d [0-3]\d/[01]\d/\d{4})")
SEAL_LETTERS = 16
CODE = re.compile(r"ECAB\.(\d{1,10})\.(\d{1,10})\.(\d{1,10})\.([0-9a-f]{16})")


@dataclass(frozen=True)
class Slot:
    """Where the mark stands in a prepared file of this size."""

    at: int
    length: int
    file_size: int


@dataclass(frozen=True)
class Code:
    """Which copy this is, in numbers, sealed with a key of this house so that nobody makes one up.

    It stands unseen below the visible mark: a name can be another's, an edition is nowhere seen.
    """

    edition_id: int
    person_id: int
    at: datetime
    seal: str

    @classmethod
    def sealed(cls, key: bytes, edition_id: int, person_id: int, at: datetime) -> "Code":
        return cls(edition_id, person_id, at, _seal(key, edition_id, person_id, at))

    def is_sealed_by(self, key: bytes) -> bool:
        return hmac.compare_digest(self.seal, _seal(key, self.edition_id, self.person_id, self.at))

    @property
    def text(self) -> str:
        return f"ECAB.{_numbers(self.edition_id, self.person_id, self.at)}.{self.seal}"


@dataclass(frozen=True)
class Mark:
    """Whose copy this is, and since when."""

    name: str
    office: str
    at: datetime
    code: Code | None = None

    @property
    def lines(self) -> tuple[str, str]:
        when = self.at.strftime(TIME)
        room = LONGEST_SECOND - len(f" · {when}")
        second = when if self.office == self.name else f"{_cut(self.office, room)} · {when}"
        return _cut(self.name, LONGEST_FIRST), second


def fill(mark: Mark, widths: Mapping[str, int], length: int) -> bytes:
    """The slot's content for one reader; whatever is not text is white space."""
    first, second = mark.lines
    lines = [
        _line(first, FIRST_SIZE, FIRST_BASE, widths),
        _line(second, SECOND_SIZE, SECOND_BASE, widths),
    ]
    if mark.code:
        lines += [UNSEEN, _line(mark.code.text, CODE_SIZE, CODE_BASE, widths)]
    shown = b"\n".join([b"BT", *lines, b"ET"])
    if len(shown) >= length:
        raise ValueError("the mark is longer than its slot")
    return shown.ljust(length - 1) + b"\n"


@dataclass(frozen=True)
class Seen:
    """What a page's text says of the copy it comes from, whoever saved the file since."""

    code: Code | None
    lines: frozenset[tuple[str, str]]


def seen_in(text: str) -> Seen:
    """The marks in a page's text; a line of it may have been broken or spaced by another tool."""
    code = CODE.search("".join(text.split()))
    pairs = itertools.pairwise(map(_plain, text.splitlines()))
    found = frozenset((first, second) for first, second in pairs if SECOND_LINE.fullmatch(second))
    return Seen(_read(code) if code else None, found)


def _plain(line: str) -> str:
    """What a terminal may be shown of a stranger's line."""
    return "".join(each for each in " ".join(line.split()) if each.isprintable())


def _read(found: re.Match[str]) -> Code:
    edition_id, person_id, seconds = (int(found[n]) for n in (1, 2, 3))
    return Code(edition_id, person_id, datetime.fromtimestamp(seconds, UTC), found[4])


def office_and_time(second: str, zone: tzinfo) -> tuple[str, datetime] | None:
    """What a mark's second line says; None where there is no such time."""
    found = SECOND_LINE.fullmatch(second)
    assert found is not None
    try:
        return found[1] or "", datetime.strptime(found[2], TIME).replace(tzinfo=zone)
    except ValueError:
        return None


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
        """The bytes [start, stop), in parts; never the whole file in memory. NotFound at once where
        the file is gone."""
        return storage.store().stream(self.prepared, start, stop, Over(self.slot.at, self.filled))


def _line(text: str, size: int, base: int, widths: Mapping[str, int]) -> bytes:
    known = "".join(each if each in widths else STAND_IN for each in text)
    left = -sum(widths[each] for each in known) * size / EM / 2
    place = f"1 0 0 1 {left:.2f} {base} Tm /F {size} Tf "
    return f"{place}<{known.encode('utf-16-be').hex()}> Tj".encode()


def _cut(text: str, longest: int) -> str:
    composed = unicodedata.normalize("NFC", text)
    return composed if len(composed) <= longest else composed[: longest - 1] + "…"


def _numbers(edition_id: int, person_id: int, at: datetime) -> str:
    return f"{edition_id}.{person_id}.{int(at.timestamp())}"


def _seal(key: bytes, edition_id: int, person_id: int, at: datetime) -> str:
    numbers = _numbers(edition_id, person_id, at).encode()
    return hmac.new(key, numbers, hashlib.sha256).hexdigest()[:SEAL_LETTERS]
