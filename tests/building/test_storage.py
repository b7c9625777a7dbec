"""One contract for every kind of storage, and what a thief of the files finds."""

import hashlib
import random
import tracemalloc
from collections import deque
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecabinet.errors import NotFound
from ecabinet.keys import Keys
from ecabinet.storage import EARLIER_PIECE, PIECE, Damaged, Folder, Memory, Storage


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

    def test_reading_holds_one_piece_however_long_the_file_is(self, storage: Folder) -> None:
        peaks = []
        for pieces in (4, 80):
            digest = storage.keep(bytes(pieces * PIECE))
            deque(storage.stream(digest, 0, PIECE), 0)
            tracemalloc.start()
            deque(storage.stream(digest), 0)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert max(peaks) <= 4 * PIECE
        assert peaks[1] < peaks[0] + PIECE

    def test_a_copy_on_its_way_stops_where_its_file_is_destroyed(self, storage: Storage) -> None:
        digest = storage.keep(bytes(3 * PIECE))
        going = storage.stream(digest)
        assert len(next(going)) == PIECE
        storage.destroy(digest)
        with pytest.raises(NotFound):
            next(going)

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
