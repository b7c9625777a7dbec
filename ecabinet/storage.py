"""Blobs under their SHA-256, each encrypted with a data key of its own from the first byte on.

A blob is cut into pieces of 256 KiB, each sealed apart, so that any byte range is read in
constant memory (pdf.md 10; CRY-04; UPL-04).
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecabinet import keys
from ecabinet.errors import NotFound, SettingRefused

PIECE = 256 * 1024
TAG = 16
DIGEST_LETTERS = 64


class Damaged(Exception):
    """Stored bytes are not what was stored; nothing of them is given out."""


class Storage(Protocol):
    def keep(self, content: bytes) -> str:
        """Store; the name is the SHA-256 of the content. Keeping twice is keeping once."""

    def size(self, digest: str) -> int:
        """The content's length in bytes."""

    def stream(self, digest: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes [start, stop), in pieces of at most 256 KiB."""

    def destroy(self, digest: str) -> None:
        """Let these bytes be nowhere any more, nor the key that opens a copy of them."""


class Folder:
    """Blobs in a folder of this machine."""

    def __init__(self, folder: Path, key_store: keys.Keys | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._own_keys = key_store

    def keep(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if not path.exists():
            path.parent.mkdir(exist_ok=True, mode=0o700)
            box = AESGCM(self._keys.make(f"file-{digest}"))
            keys.write_new(path, b"".join(_sealed(box, digest, content)))
        return digest

    def size(self, digest: str) -> int:
        sealed = self._stat(digest)
        pieces = -(-sealed // (PIECE + TAG))
        return sealed - pieces * TAG

    def stream(self, digest: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        stop = self.size(digest) if stop is None else min(stop, self.size(digest))
        box = AESGCM(self._keys.read(f"file-{digest}"))
        return self._pieces(box, digest, start, stop)

    def destroy(self, digest: str) -> None:
        # The key first: without it whatever is left, here or in a backup, opens nothing.
        self._keys.destroy(f"file-{digest}")
        self._path(digest).unlink(missing_ok=True)

    def _pieces(self, box: AESGCM, digest: str, start: int, stop: int) -> Iterator[bytes]:
        with self._path(digest).open("rb") as file:
            for number in range(start // PIECE, -(-stop // PIECE)):
                # A copy that is on its way stops where its file is destroyed.
                self._stat(digest)
                file.seek(number * (PIECE + TAG))
                piece = _opened(box, digest, number, file.read(PIECE + TAG))
                yield piece[max(0, start - number * PIECE) : stop - number * PIECE]

    def _stat(self, digest: str) -> int:
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            raise NotFound(f"blob {digest}") from None

    def _path(self, digest: str) -> Path:
        if len(digest) != DIGEST_LETTERS or not digest.isalnum():
            raise NotFound("blob")
        return self._folder / digest[:2] / digest

    @property
    def _keys(self) -> keys.Keys:
        return self._own_keys or keys.store()


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
