"""Blobs under their SHA-256, each encrypted with a data key of its own from the first byte on.

A blob is cut into pieces of 64 KiB, each sealed apart, so that any byte range is read in
constant memory, and a reader's usual range opens one piece (pdf.md 10; CRY-04; UPL-04;
decision 34). Blobs of earlier editions of this house are cut into pieces of 256 KiB.
What was just opened is kept open for a while, for whoever reads the same paper (decision 40).
"""

import contextlib
import hashlib
import itertools
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecabinet import keys
from ecabinet.errors import NotFound, SettingRefused

PIECE, EARLIER_PIECE = 64 * 1024, 256 * 1024
SUFFIX = ".64k"
TAG = 16
DIGEST_LETTERS = 64
KEYS_AT_HAND = 1024
# A copy on its way holds so much: each hand-over to the server costs what a piece costs to open.
GIVEN_AT_ONCE = 192 * 1024
OPEN_AT_MOST, OPEN_SECONDS = 64 * 1024 * 1024, 60.0


_Name = tuple[str, int, int]


class Damaged(Exception):
    """Stored bytes are not what was stored; nothing of them is given out."""


class Storage(Protocol):
    def keep(self, content: bytes) -> str:
        """Store; the name is the SHA-256 of the content. Keeping twice is keeping once."""

    def size(self, digest: str) -> int:
        """The content's length in bytes."""

    def stream(
        self, digest: str, start: int = 0, stop: int | None = None, over: "Over | None" = None
    ) -> Iterator[bytes]:
        """The bytes [start, stop), in parts of 192 KiB at most: never more than one is held.

        NotFound at once where there is no such content."""

    def destroy(self, digest: str) -> None:
        """Let these bytes be nowhere any more, nor the key that opens a copy of them."""


@dataclass(frozen=True)
class Over:
    """What is given out in the place of the stored bytes from there on."""

    at: int
    content: bytes

    def laid_over(self, piece: bytes, begin: int) -> list[bytes | memoryview]:
        """A piece that begins there, in parts; nothing of it is copied."""
        first = max(self.at - begin, 0)
        last = min(self.at + len(self.content) - begin, len(piece))
        if first >= last:
            return [piece]
        around, own = memoryview(piece), begin - self.at
        mark = memoryview(self.content)[first + own : last + own]
        return [around[:first], mark, around[last:]]


NOTHING_OVER = Over(0, b"")


class Folder:
    """Blobs in a folder of this machine."""

    def __init__(self, folder: Path, key_store: keys.Keys | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._own_keys = key_store
        self._boxes: dict[_Name, AESGCM] = {}
        self._open = OpenPieces()

    def keep(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        try:
            self._find(digest)
        except NotFound:
            path = Path(self._path(digest) + SUFFIX)
            path.parent.mkdir(exist_ok=True, mode=0o700)
            box = AESGCM(self._keys.make(f"file-{digest}"))
            keys.write_new(path, b"".join(_sealed(box, digest, content)))
        return digest

    def size(self, digest: str) -> int:
        return self._find(digest).size

    def stream(
        self, digest: str, start: int = 0, stop: int | None = None, over: Over | None = None
    ) -> Iterator[bytes]:
        found = self._find(digest)
        stop = found.size if stop is None else min(stop, found.size)
        return self._read(found, self._box(found), start, stop, over or NOTHING_OVER)

    def destroy(self, digest: str) -> None:
        # The key first: without it whatever is left, here or in a backup, opens nothing.
        self._keys.destroy(f"file-{digest}")
        self._boxes.clear()
        for each in (self._path(digest), self._path(digest) + SUFFIX):
            Path(each).unlink(missing_ok=True)
        # Last: until then somebody may have opened a piece anew.
        self._open.clear()

    def _read(
        self, sealed: "_Sealed", box: AESGCM, start: int, stop: int, over: Over
    ) -> Iterator[bytes]:
        each = GIVEN_AT_ONCE // sealed.piece or 1
        last = -(-stop // sealed.piece)
        for first in range(start // sealed.piece, last, each):
            begin = first * sealed.piece
            # A copy that is on its way stops where its file is destroyed, before its first part
            # too: whoever takes it may have waited long for that.
            if not sealed.is_here():
                raise NotFound(f"blob {sealed.digest}")
            pieces = self._pieces(sealed, box, range(first, min(last, first + each)))
            parts = (
                part
                for at, piece in zip(itertools.count(begin, sealed.piece), pieces, strict=False)
                for part in over.laid_over(piece[: stop - at][max(0, start - at) :], max(start, at))
            )
            # Under no name: what was handed on is held here no longer.
            yield b"".join(parts)

    def _pieces(self, sealed: "_Sealed", box: AESGCM, numbers: Iterable[int]) -> Iterator[bytes]:
        with contextlib.ExitStack() as opened:
            file = None
            for number in numbers:
                found = self._open.get(sealed.name, number)
                if found is None:
                    if file is None:
                        file = opened.enter_context(sealed.opened())
                    found = sealed.piece_of(file, box, number)
                    self._open.put(sealed.name, number, found)
                yield found

    def _box(self, sealed: "_Sealed") -> AESGCM:
        """The opened key of a file that is here, as long as this very file is."""
        found = self._boxes.get(sealed.name)
        if found is None:
            if len(self._boxes) >= KEYS_AT_HAND:
                self._boxes.clear()
            found = self._boxes[sealed.name] = AESGCM(self._keys.read(f"file-{sealed.digest}"))
        return found

    def _find(self, digest: str) -> "_Sealed":
        path = self._path(digest)
        for name, piece in ((path + SUFFIX, PIECE), (path, EARLIER_PIECE)):
            try:
                found = os.stat(name)
            except FileNotFoundError:
                continue
            return _Sealed(digest, name, piece, found.st_size, found.st_ino, found.st_mtime_ns)
        raise NotFound(f"blob {digest}")

    def _path(self, digest: str) -> str:
        # Words, not a Path: this is what a range costs most, beside opening its piece.
        if len(digest) != DIGEST_LETTERS or not digest.isalnum():
            raise NotFound("blob")
        return f"{self._folder}/{digest[:2]}/{digest}"

    @property
    def _keys(self) -> keys.Keys:
        return self._own_keys or keys.store()


@dataclass(frozen=True)
class _Sealed:
    """A blob as it lies in its file."""

    digest: str
    path: str
    piece: int
    sealed: int
    inode: int
    written: int

    @property
    def size(self) -> int:
        return self.sealed - -(-self.sealed // (self.piece + TAG)) * TAG

    @property
    def name(self) -> "_Name":
        """This very file's: another one under the same digest is sealed under another key."""
        return self.digest, self.inode, self.written

    def is_here(self) -> bool:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return False
        return (found.st_ino, found.st_mtime_ns) == (self.inode, self.written)

    @contextlib.contextmanager
    def opened(self) -> Iterator[int]:
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound(f"blob {self.digest}") from None
        try:
            yield file
        finally:
            os.close(file)

    def piece_of(self, file: int, box: AESGCM, number: int) -> bytes:
        each = self.piece + TAG
        return _opened(box, self.digest, number, os.pread(file, each, number * each))


class OpenPieces:
    """Pieces that were opened of late, for all who read: those of a session's papers are opened
    once for the whole hall. They are nowhere but in this process's memory, the oldest go first, and
    none outlives the next look after its time. Who may read is decided before, and whether the file
    is still there for each part of it that is given out."""

    def __init__(self, at_most: int = OPEN_AT_MOST, seconds: float = OPEN_SECONDS) -> None:
        self._at_most, self._seconds = at_most, seconds
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[_Name, int], tuple[float, bytes]] = OrderedDict()
        self._bytes = 0

    def get(self, name: "_Name", number: int) -> bytes | None:
        with self._lock:
            self._drop_old()
            found = self._kept.get((name, number))
            return found[1] if found else None

    def put(self, name: "_Name", number: int, piece: bytes) -> None:
        with self._lock:
            self._drop((name, number))
            self._kept[name, number] = time.monotonic() + self._seconds, piece
            self._bytes += len(piece)
            while self._bytes > self._at_most:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _drop_old(self) -> None:
        now = time.monotonic()
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest][0] > now:
                return
            self._drop(oldest)

    def _drop(self, which: "tuple[_Name, int]") -> None:
        found = self._kept.pop(which, None)
        self._bytes -= len(found[1]) if found else 0


class Memory:
    """Blobs of a test."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def keep(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self._kept[digest] = content
        return digest

    def size(self, digest: str) -> int:
        return len(self._content(digest))

    def stream(
        self, digest: str, start: int = 0, stop: int | None = None, over: Over | None = None
    ) -> Iterator[bytes]:
        content = b"".join((over or NOTHING_OVER).laid_over(self._content(digest), 0))[start:stop]
        return (content[at : at + PIECE] for at in range(0, len(content), PIECE))

    def destroy(self, digest: str) -> None:
        self._kept.pop(digest, None)

    def _content(self, digest: str) -> bytes:
        if digest not in self._kept:
            raise NotFound(f"blob {digest}")
        return self._kept[digest]


def _sealed(box: AESGCM, digest: str, content: bytes) -> Iterator[bytes]:
    # The key is this file's alone and its content never changes, so a counter is a sound nonce.
    for number in range(max(1, -(-len(content) // PIECE))):
        piece = content[number * PIECE : (number + 1) * PIECE]
        yield box.encrypt(_nonce(number), piece, digest.encode())


def _opened(box: AESGCM, digest: str, number: int, sealed: bytes) -> bytes:
    try:
        return box.decrypt(_nonce(number), sealed, digest.encode())
    except InvalidTag:
        raise Damaged(f"blob {digest}, piece {number}") from None


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


_storage: Storage | None = None


def bind(storage: Storage) -> None:
    global _storage
    _storage = storage


def store() -> Storage:
    """The process's storage."""
    if _storage is None:
        raise SettingRefused("no storage is bound")
    return _storage


def keep(content: bytes) -> str:
    return store().keep(content)


def read(digest: str) -> bytes:
    return b"".join(store().stream(digest))
