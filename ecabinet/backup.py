"""Backup and restore: the database as of one moment, its files with it, in one sealed file.

The keys are not in it: their folder is backed up apart, or what was removed would live on in every
older backup (CRY-04, DAT-03). Without them a backup tells nothing.
"""

import io
import os
import re
import secrets
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pysqlite3 import dbapi2
from sqlalchemy import URL, inspect

from ecabinet import db as store
from ecabinet import keys
from ecabinet.errors import SettingRefused
from ecabinet.settings import Settings

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MAGIC, KEY = b"ECABINET-BACKUP-1\n", "backup"
SALT, PIECE, TAG = 32, 1 << 20, 16
MORE, LAST = b"more", b"last"
DATABASE, FILES = "database", "files"
# A file that is only being written has a longer name.
WHOLE = re.compile(r"[0-9a-f]{64}(\.64k)?")
PLACE = re.compile(rf"{DATABASE}|{FILES}/[0-9a-f]{{2}}/{WHOLE.pattern}")


Told = Callable[[int], None]


def unheard(_count: int) -> None:
    """For whoever does not ask how many files are done."""


def write(settings: Settings, target: Path, told: Told = unheard) -> int:
    """Back up; how many files are in it. It is there whole, or not at all."""
    draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    try:
        with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder:
            # The database first: what it names was stored before it, and is never changed.
            copied = _copied(Path(folder) / DATABASE)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                count = _pack(settings, copied, file, told)
                file.flush()
                os.fsync(file.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return count


def restore(settings: Settings, source: Path, told: Told = unheard) -> int:
    """Bring a backup back into an empty house whose keys are there; how many files came."""
    files = settings.data_dir / FILES
    if any(files.iterdir()) or inspect(store.database().engine).get_table_names():
        raise SettingRefused(
            f"{settings.data_dir} and its database are not empty: restore into an empty one"
        )
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as name:
        folder, count = Path(name), 0
        with source.open("rb") as file:
            opened = _Opened(file)
            with tarfile.open(fileobj=opened, mode="r|", bufsize=PIECE) as packed:
                for each in packed:
                    _unpack(packed, each, folder)
                    told(count)
                    count += 1
            # Nothing is put anywhere before the last byte has been found whole.
            while opened.read(PIECE):
                pass
        for shelf in (folder / FILES).glob("*"):
            shelf.rename(files / shelf.name)
        _bring_back(folder / DATABASE)
    return count - 1


def _pack(settings: Settings, copied: Path, file: IO[bytes], told: Told) -> int:
    count = 0
    with closing(_Sealing(file)) as sealing, tarfile.open(fileobj=sealing, mode="w|") as packed:
        packed.add(copied, DATABASE)
        for each in sorted((settings.data_dir / FILES).glob("*/*")):
            if not WHOLE.fullmatch(each.name):
                continue
            # What is removed meanwhile is in no backup.
            try:
                packed.add(each, f"{FILES}/{each.parent.name}/{each.name}")
            except FileNotFoundError:
                continue
            count += 1
            told(count)
    return count


def _unpack(packed: tarfile.TarFile, each: tarfile.TarInfo, folder: Path) -> None:
    """Only what `_pack` packs, at the place where it lay."""
    content = packed.extractfile(each)
    if content is None or not PLACE.fullmatch(each.name):
        raise SettingRefused("this is no backup of an e-Cabinet")
    target = folder / each.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(content, file, PIECE)


# ---- the database ----


def _copied(target: Path) -> Path:
    database = store.database()
    if database.embedded:
        with closing(database.engine.raw_connection()) as source:
            driver = source.driver_connection
            assert driver is not None
            with closing(dbapi2.connect(target)) as copy:
                driver.backup(copy)
    else:
        _tool("pg_dump", database.engine.url, "--format=custom", "--no-owner", f"--file={target}")
    return target


def _bring_back(source: Path) -> None:
    database = store.database()
    if not database.embedded:
        words = ("--no-owner", "--exit-on-error", "--single-transaction", str(source))
        _tool("pg_restore", database.engine.url, *words)
        return
    with closing(dbapi2.connect(source)) as copy, closing(database.engine.raw_connection()) as to:
        driver = to.driver_connection
        assert driver is not None
        copy.backup(driver)


def _tool(name: str, url: URL, *words: str) -> None:
    place = url.set(drivername="postgresql", password=None).render_as_string()
    # A password in the command's words could be read by everybody on the machine.
    hidden = os.environ | {"PGPASSWORD": url.password or ""}
    try:
        done = subprocess.run(
            [name, f"--dbname={place}", *words], env=hidden, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise SettingRefused(f"{name} is missing: install PostgreSQL's client") from None
    if done.returncode:
        raise SettingRefused(f"{name}: {done.stderr.decode(errors='replace').strip()}")


# ---- sealed ----


def _box(salt: bytes, key: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, MAGIC).derive(key))


class _Sealing(io.RawIOBase):
    """What is written goes on in sealed pieces; the last says that it is the last."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._held, self._number = file, bytearray(), 0
        salt = secrets.token_bytes(SALT)
        self._seal = _box(salt, keys.store().make(KEY))
        file.write(MAGIC + salt)

    def writable(self) -> bool:
        return True

    def write(self, content: "ReadableBuffer", /) -> int:
        given = memoryview(content)
        self._held += given
        while len(self._held) > PIECE:
            self._put(bytes(self._held[:PIECE]), MORE)
            del self._held[:PIECE]
        return given.nbytes

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._held), LAST)
        super().close()

    def _put(self, piece: bytes, which: bytes) -> None:
        self._file.write(self._seal.encrypt(self._number.to_bytes(12, "big"), piece, which))
        self._number += 1


class _Opened(io.RawIOBase):
    """The same, read again; what was changed or cut short is refused."""

    def __init__(self, file: IO[bytes]) -> None:
        if file.read(len(MAGIC)) != MAGIC:
            raise SettingRefused("this is no backup of an e-Cabinet")
        self._pieces, self._left = _pieces(file), b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size and (piece := next(self._pieces, None)) is not None:
            self._left += piece
        found, self._left = self._left[:size], self._left[size:]
        return found


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    box = _box(file.read(SALT), keys.store().read(KEY))
    number, sealed = 0, file.read(PIECE + TAG)
    while sealed:
        after = file.read(PIECE + TAG)
        try:
            yield box.decrypt(number.to_bytes(12, "big"), sealed, MORE if after else LAST)
        except InvalidTag:
            raise SettingRefused(
                "the backup was changed, is cut short, or other keys are here"
            ) from None
        number, sealed = number + 1, after
