"""One contract for every kind of storage, and what a thief of the files finds."""

import hashlib
import itertools
import os
import random
import tracemalloc
from collections import deque
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecabinet.errors import NotFound
from ecabinet.keys import Keys
from ecabinet.storage import (
    EARLIER_PIECE,
    GIVEN_AT_ONCE,
    PIECE,
    Damaged,
    Folder,
    Memory,
    OpenPieces,
    Over,
    Storage,
)


class StorageContract:
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        raise AssertionError("each kind brings its own")

    @pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7])
    def test_what_is_kept_can_be_read(self, storage: Storage, size: int) -> None:
        content = random.Random(size).randbytes(size)
        digest = storage.keep(content)
        assert digest == hashlib.sha256(content).hexdigest()
        assert b"".join(storage.stream(digest)) == content
        assert storage.size(digest) == size

    def test_keeping_twice_is_keeping_once(self, storage: Storage) -> None:
        assert storage.keep(b"minutes") == storage.keep(b"minutes")

    def test_an_unknown_paper_is_not_found(self, storage: Storage) -> None:
        for name in ("0" * 64, "../../etc/passwd", ""):
            with pytest.raises(NotFound):
                b"".join(storage.stream(name))

    def test_any_range_is_that_part_of_the_whole(self, storage: Storage) -> None:
        dice = random.Random(1)
        content = dice.randbytes(2 * PIECE + 1000)
        digest = storage.keep(content)
        for _ in range(200):
            start = dice.randrange(len(content))
            stop = dice.randrange(start, len(content) + 5)
            assert b"".join(storage.stream(digest, start, stop)) == content[start:stop]

    @pytest.mark.parametrize("at", [0, 40, PIECE - 5, 2 * PIECE, 2 * PIECE + 90])
    def test_what_is_laid_over_stands_in_its_place_in_any_range(
        self, storage: Storage, at: int
    ) -> None:
        dice = random.Random(at)
        content, own = dice.randbytes(2 * PIECE + 100), b"*" * 10
        digest, wanted = storage.keep(content), content[:at] + own + content[at + 10 :]
        edges = [0, 1, at, at + 1, at + 9, at + 10, PIECE - 1, PIECE, PIECE + 1, len(content)]
        ranges = [sorted(pair) for pair in itertools.product(edges, edges)]
        ranges += [sorted(dice.choices(range(len(content)), k=2)) for _ in range(200)]
        for start, stop in ranges:
            got = b"".join(storage.stream(digest, start, stop, Over(at, own)))
            assert got == wanted[start:stop], (start, stop)
        assert b"".join(storage.stream(digest)) == content


class TestMemory(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        return Memory()


class TestFolder(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        return Folder(tmp_path / "files", Keys(tmp_path / "keys"))

    def test_the_files_alone_tell_nothing(self, storage: Storage, tmp_path: Path) -> None:
        storage.keep(b"CANARY" * 1000)
        stored = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
        assert stored
        assert all(b"CANARY" not in path.read_bytes() for path in stored)

    def test_a_destroyed_key_takes_its_file_with_it(self, tmp_path: Path) -> None:
        keys = Keys(tmp_path / "keys")
        storage = Folder(tmp_path / "files", keys)
        digest, other = storage.keep(b"secret"), storage.keep(b"other")
        keys.destroy(f"file-{digest}")
        with pytest.raises(NotFound):
            b"".join(storage.stream(digest))
        assert b"".join(storage.stream(other)) == b"other"

    def test_reading_holds_one_part_however_long_the_file_is(self, storage: Folder) -> None:
        peaks = []
        for pieces in (4, 80):
            digest = storage.keep(bytes(pieces * PIECE))
            # What all who read share is opened before.
            deque(storage.stream(digest), 0)
            tracemalloc.start()
            deque(storage.stream(digest), 0)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert max(peaks) <= GIVEN_AT_ONCE + PIECE
        assert peaks[1] < peaks[0] + PIECE

    @pytest.mark.parametrize("by", ["this process", "another process"])
    def test_a_copy_on_its_way_stops_where_its_file_is_destroyed(
        self, storage: Storage, tmp_path: Path, by: str
    ) -> None:
        digest = storage.keep(bytes(2 * GIVEN_AT_ONCE))
        # All of it is open, for others.
        assert len(b"".join(storage.stream(digest))) == 2 * GIVEN_AT_ONCE
        going, asked = storage.stream(digest), storage.stream(digest)
        assert len(next(going)) == GIVEN_AT_ONCE
        other = Folder(tmp_path / "files", Keys(tmp_path / "keys"))
        (storage if by == "this process" else other).destroy(digest)
        for each in (going, asked):
            with pytest.raises(NotFound):
                next(each)
        with pytest.raises(NotFound):
            storage.stream(digest)

    def test_what_was_opened_is_opened_once_for_all(self, storage: Storage, tmp_path: Path) -> None:
        content = random.Random(3).randbytes(PIECE + 9)
        digest = storage.keep(content)
        assert b"".join(storage.stream(digest, PIECE)) == content[PIECE:]
        (path,) = (path for path in (tmp_path / "files").rglob("*") if path.is_file())
        before = path.stat()
        path.write_bytes(bytes(before.st_size))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert b"".join(storage.stream(digest, PIECE)) == content[PIECE:]
        with pytest.raises(Damaged):
            b"".join(storage.stream(digest, 0, PIECE))

    def test_a_file_of_an_earlier_edition_is_read_and_destroyed(self, tmp_path: Path) -> None:
        keys, content = Keys(tmp_path / "keys"), random.Random(2).randbytes(EARLIER_PIECE + 99)
        digest = hashlib.sha256(content).hexdigest()
        box, path = AESGCM(keys.make(f"file-{digest}")), tmp_path / "files" / digest[:2] / digest
        path.parent.mkdir(parents=True)
        pieces = [content[:EARLIER_PIECE], content[EARLIER_PIECE:]]
        path.write_bytes(
            b"".join(
                box.encrypt(number.to_bytes(12, "big"), piece, digest.encode())
                for number, piece in enumerate(pieces)
            )
        )
        storage = Folder(tmp_path / "files", keys)
        assert storage.keep(content) == digest
        assert [each.name for each in path.parent.iterdir()] == [digest]
        middle = slice(EARLIER_PIECE - 5, EARLIER_PIECE + 5)
        assert b"".join(storage.stream(digest, middle.start, middle.stop)) == content[middle]
        storage.destroy(digest)
        assert not path.exists()

    def test_what_is_kept_anew_is_sealed_anew(self, tmp_path: Path) -> None:
        keys = Keys(tmp_path / "keys")
        one, other = Folder(tmp_path / "files", keys), Folder(tmp_path / "files", keys)
        digest = one.keep(b"a paper")
        assert b"".join(other.stream(digest)) == b"a paper"
        one.destroy(digest)
        one.keep(b"a paper")
        assert b"".join(other.stream(digest)) == b"a paper"

    def test_a_changed_bit_is_refused(self, storage: Storage, tmp_path: Path) -> None:
        digest = storage.keep(b"a paper of the Government")
        path = next(path for path in (tmp_path / "files").rglob("*") if path.is_file())
        sealed = bytearray(path.read_bytes())
        sealed[3] ^= 1
        path.write_bytes(bytes(sealed))
        with pytest.raises(Damaged):
            b"".join(storage.stream(digest))


def test_of_opened_pieces_the_oldest_go_first_and_none_outlives_its_time() -> None:
    name, piece = ("digest", 1, 1), bytes(100)
    few = OpenPieces(at_most=250)
    for number in range(3):
        few.put(name, number, piece)
    few.put(name, 2, piece)
    assert [few.get(name, number) for number in range(3)] == [None, piece, piece]
    assert few.get(("digest", 1, 2), 1) is None
    few.clear()
    few.put(name, 7, bytes(200))
    assert (few.get(name, 1), few.get(name, 7)) == (None, bytes(200))
    brief = OpenPieces(seconds=0)
    brief.put(name, 0, piece)
    assert brief.get(name, 0) is None
