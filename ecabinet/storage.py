"""Blobs under their SHA-256, each encrypted with a data key of its own from the first byte on.

A blob is cut into pieces of 64 KiB, each sealed apart, so that any byte range is read in
constant memory, and a reader's usual range opens one piece (pdf.md 10; CRY-04; UPL-04;
decision 34). Blobs of earlier editions of this house are cut into pieces of 256 KiB.
"""

import hashlib
import os
from collections.abc import Iterator
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


class Damaged(Exception):
    """Stored bytes are not what was stored; nothing of them is given out."""


class Storage(Protocol):
    def keep(self, content: bytes) -> str:
        """Store; the name is the SHA-256 of the content. Keeping twice is keeping once."""

    def size(self, digest: str) -> int:
        """The content's length in bytes."""

    def stream(self, digest: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes [start, stop), piece by piece: never more than one is held, sealed and open."""

    def destroy(self, digest: str) -> None:
        """Let these bytes be nowhere any more, nor the key that opens a copy of them."""


class Folder:
    """Blobs in a folder of this machine."""

    def __init__(self, folder: Path, key_store: keys.Keys | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._own_keys = key_store
        self._boxes: dict[tuple[str, int, int], AESGCM] = {}

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

    def stream(self, digest: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        found = self._find(digest)
        stop = found.size if stop is None else min(stop, found.size)
        return found.read(self._box(found), start, stop)

    def destroy(self, digest: str) -> None:
        # The key first: without it whatever is left, here or in a backup, opens nothing.
        self._keys.destroy(f"file-{digest}")
        self._boxes.clear()
        for each in (self._path(digest), self._path(digest) + SUFFIX):
            Path(each).unlink(missing_ok=True)

    def _box(self, sealed: "_Sealed") -> AESGCM:
        """The opened key of a file that is here, as long as this very file is."""
        name = (sealed.digest, sealed.inode, sealed.written)
        found = self._boxes.get(name)
        if found is None:
            if len(self._boxes) >= KEYS_AT_HAND:
                self._boxes.clear()
            found = self._boxes[name] = AESGCM(self._keys.read(f"file-{sealed.digest}"))
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

    def read(self, box: AESGCM, start: int, stop: int) -> Iterator[bytes]:
        each = self.piece + TAG
        file = self._open()
        try:
            for number in range(start // self.piece, -(-stop // self.piece)):
                # A copy that is on its way stops where its file is destroyed.
                if not os.fstat(file).st_nlink:
                    raise NotFound(f"blob {self.digest}")
                begin = number * self.piece
                # Under no name: what was handed on is held here no longer.
                yield _opened(box, self.digest, number, os.pread(file, each, number * each))[
                    max(0, start - begin) : stop - begin
                ]
        finally:
            os.close(file)

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound(f"blob {self.digest}") from None


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

    def stream(self, digest: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        content = self._content(digest)[start:stop]
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
