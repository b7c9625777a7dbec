"""Files on their way in: pieces, sealed, until the file is whole or a day has gone by.

A line that breaks costs the piece that was under way. The file is known by its sender and its
SHA-256: whoever chooses it again, after a reload or on another day's page, goes on where it broke,
and nobody else's pieces are ever asked about. Each file has a data key of its own, which goes with
it (CRY-04).
"""

import hashlib
import os
import shutil
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecabinet import keys
from ecabinet.canonical import HEX
from ecabinet.errors import BadInput, NotFound, SettingRefused

PIECE = 512 * 1024
NONCE, TAG, DIGEST_LETTERS = 12, 16, 64
# A file that nobody goes on with does not stay; nor does anybody fill the disk with beginnings.
SECONDS_KEPT = 86_400
MOST_UNFINISHED = 8


class Folder:
    """Unfinished files in a folder of this machine."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._most = folder, most_bytes

    def received(self, sender: int, digest: str) -> int:
        """How many bytes of this file are here, from its first on."""
        pieces = self._pieces(sender, digest)
        if not pieces:
            return 0
        return int(pieces[-1].name) + pieces[-1].stat().st_size - NONCE - TAG

    def add(self, sender: int, digest: str, at: int, piece: bytes) -> int:
        """Keep the next piece; how much is here then. One that is not the next changes nothing."""
        here = self.received(sender, digest)
        if not piece or len(piece) > PIECE or here + len(piece) > self._most:
            raise BadInput("file", "is no piece")
        if at != here:
            return here
        if not here:
            self._make_room(sender)
        path = self._path(sender, digest)
        path.mkdir(exist_ok=True, mode=0o700)
        nonce, box = os.urandom(NONCE), AESGCM(keys.store().make(f"incoming-{path.name}"))
        sealed = nonce + box.encrypt(nonce, piece, f"{path.name} {at}".encode())
        keys.write_new(path / f"{at:012}", sealed)
        return self.received(sender, digest)

    def whole(self, sender: int, digest: str) -> bytes:
        """The file, if all of it is here; what is not what it was said to be is thrown away."""
        path, content = self._path(sender, digest), hashlib.sha256()
        pieces = self._pieces(sender, digest)
        if not pieces:
            # An empty file has no piece that could come in.
            if digest != content.hexdigest():
                raise NotFound(f"incoming {digest}")
            return b""
        box, opened = AESGCM(keys.store().read(f"incoming-{path.name}")), []
        for each in pieces:
            sealed = each.read_bytes()
            name = f"{path.name} {int(each.name)}".encode()
            opened.append(box.decrypt(sealed[:NONCE], sealed[NONCE:], name))
            content.update(opened[-1])
        if content.hexdigest() != digest:
            self.drop(sender, digest)
            raise BadInput("file", "is not what was announced")
        return b"".join(opened)

    def drop(self, sender: int, digest: str) -> None:
        self._drop(self._path(sender, digest))

    def drop_of_all(self, digest: str) -> None:
        """Let nobody's beginning of this file stay."""
        for each in self._folder.glob(f"*-{digest}"):
            self._drop(each)

    def sweep(self) -> int:
        """Let go what nobody has gone on with for a day; how many."""
        limit = time.time() - SECONDS_KEPT
        old = [each for each in self._folder.iterdir() if each.stat().st_mtime < limit]
        for each in old:
            self._drop(each)
        return len(old)

    def _make_room(self, sender: int) -> None:
        """The oldest of somebody's beginnings gives way to their newest."""
        own = sorted(self._folder.glob(f"{sender}-*"), key=lambda each: each.stat().st_mtime)
        for each in own[: max(0, len(own) + 1 - MOST_UNFINISHED)]:
            self._drop(each)

    def _drop(self, path: Path) -> None:
        # The key first: without it whatever is left opens nothing.
        keys.store().destroy(f"incoming-{path.name}")
        shutil.rmtree(path, ignore_errors=True)

    def _pieces(self, sender: int, digest: str) -> list[Path]:
        # One that is only being written has a longer name.
        found = self._path(sender, digest).glob("[0-9]" * 12)
        return sorted(found)

    def _path(self, sender: int, digest: str) -> Path:
        if len(digest) != DIGEST_LETTERS or not set(digest) <= HEX:
            raise NotFound("incoming")
        return self._folder / f"{sender}-{digest}"


_store: Folder | None = None


def bind(folder: Folder) -> None:
    global _store
    _store = folder


def store() -> Folder:
    """The process's unfinished files."""
    if _store is None:
        raise SettingRefused("no folder for files on their way in is bound")
    return _store
