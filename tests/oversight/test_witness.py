"""A second agency cosigns a log only as far as it grows; what it saw, no server can take back."""

import base64
import contextlib
import hashlib
import http.client
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecabinet import ledger, verifier
from ecabinet.witness import PATH, SIZE, Answer, Witness, continues
from tests.server import ECABINET, free_port

ORIGIN = "cabinet.example/log"
KEY = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
LOG = ledger.verifier_key(ORIGIN, KEY)


def leaves(count: int, word: str = "leaf", since: int = 0) -> list[bytes]:
    """Of a log that from one place on says something else."""
    return [
        hashlib.sha256(f"{word if number >= since else 'leaf'} {number}".encode()).digest()
        for number in range(count)
    ]


def proof(old: int, tree: list[bytes], whole: bool = True) -> list[bytes]:
    """RFC 9162, 2.1.4.1."""
    if old == len(tree):
        return [] if whole else [verifier.tree_hash(tree)]
    split = 1 << (len(tree) - 1).bit_length() - 1
    if old <= split:
        return [*proof(old, tree[:split], whole), verifier.tree_hash(tree[split:])]
    return [*proof(old - split, tree[split:], False), verifier.tree_hash(tree[:split])]


def note(tree: list[bytes], key: Ed25519PrivateKey = KEY, origin: str = ORIGIN) -> str:
    return ledger.sign_checkpoint(origin, len(tree), verifier.tree_hash(tree), key)


def asked(
    old: int, tree: list[bytes], signed: str | None = None, path: list[bytes] | None = None
) -> bytes:
    steps = path if path is not None else proof(old, tree) if old else []
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in steps)]
    return ("\n".join(lines) + "\n\n" + (signed or note(tree))).encode()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", "witness.example", [LOG])


def test_every_growth_is_proved_and_no_other_tree_continues_it() -> None:
    for size in range(1, 34):
        tree = leaves(size)
        for old in range(1, size + 1):
            path, before = proof(old, tree), verifier.tree_hash(tree[:old])
            root = verifier.tree_hash(tree)
            assert continues(old, before, size, root, path), (old, size)
            fork = verifier.tree_hash(leaves(old, "fork", old - 1))
            assert not continues(old, fork, size, root, path), (old, size)
            assert not continues(old, before, size, root, [*path, root])
            if path:
                assert not continues(old, before, size, root, path[:-1])
                assert not continues(old, before, size, root[::-1], path)
    assert not continues(0, b"", 1, verifier.tree_hash(leaves(1)), [b"\0" * 32])


def test_a_log_has_the_keys_that_its_witness_was_told(tmp_path: Path) -> None:
    later = Ed25519PrivateKey.from_private_bytes(b"m" * 32)
    told = [LOG, ledger.verifier_key(ORIGIN, later)]
    witness = Witness(tmp_path / "witness", "witness.example", told)
    assert witness.add_checkpoint(asked(0, leaves(3))).status == 200
    assert witness.add_checkpoint(asked(3, leaves(5), note(leaves(5), later))).status == 200
    stranger = note(leaves(8), Ed25519PrivateKey.generate())
    assert witness.add_checkpoint(asked(5, leaves(8), stranger)).status == 403


def test_a_log_that_grows_is_cosigned_and_its_keeper_can_show_it(witness: Witness) -> None:
    for old, size in ((0, 3), (3, 3), (3, 8), (8, 13)):
        tree = leaves(size)
        answer = witness.add_checkpoint(asked(old, tree))
        assert answer.status == 200, (old, size, answer)
        cosigned = note(tree) + answer.body
        assert verifier.open_checkpoint(cosigned, LOG).size == size
        assert verifier.cosigned_at(cosigned, witness.public_key)
        assert verifier.cosigned_at(note(tree), witness.public_key) is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old 0\n", 400),
        (asked(5, leaves(8)).replace(b"old 5", b"old 05"), 400),
        (asked(5, leaves(8)).replace(b"old 5", b"old -5"), 400),
        (asked(5, leaves(8), path=[b"short"]), 400),
        (asked(5, leaves(8), path=[b"\0" * 32] * 64), 400),
        (asked(9, leaves(8), path=[]), 400),
        (asked(5, leaves(8), note(leaves(8), origin="other/log")), 404),
        (asked(5, leaves(8), note(leaves(8), Ed25519PrivateKey.generate())), 403),
        (asked(5, leaves(8), note(leaves(8)).replace("\n8\n", "\n9\n")), 403),
        (asked(5, leaves(8), path=[]), 422),
        (asked(5, leaves(8, "fork", 2)), 422),
        (asked(5, leaves(5, "fork", 2)), 409),
        (asked(0, leaves(8)), 409),
        (asked(4, leaves(8)), 409),
        (asked(3, leaves(4)), 409),
    ],
)
def test_what_does_not_continue_it_is_refused_in_the_protocols_codes(
    witness: Witness, body: bytes, status: int
) -> None:
    assert witness.add_checkpoint(asked(0, leaves(5))).status == 200
    answer = witness.add_checkpoint(body)
    assert answer.status == status
    assert "\u2014" not in answer.body
    if status == 409:
        assert (answer.body, answer.kind) == ("5\n", SIZE)
    assert witness.add_checkpoint(asked(5, leaves(8))).status == 200


def test_two_that_ask_at_once_cannot_roll_it_back(witness: Witness) -> None:
    """The race that the protocol describes: the larger one is never forgotten."""
    assert witness.add_checkpoint(asked(0, leaves(5))).status == 200
    together, answers = threading.Barrier(8), list[tuple[int, Answer]]()

    def ask(size: int) -> None:
        body = asked(5, leaves(size))
        together.wait()
        answers.append((size, witness.add_checkpoint(body)))

    threads = [threading.Thread(target=ask, args=(size,)) for size in range(6, 14)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (won,) = [size for size, answer in answers if answer.status == 200]
    assert {answer.body for size, answer in answers if size != won} == {f"{won}\n"}


@contextlib.contextmanager
def running(folder: Path, port: int) -> Iterator[str]:
    """The command itself, in a process of its own; gives its key."""
    words = ["witness", "--folder", str(folder), "--name", "witness.example", "--log", LOG]
    process = subprocess.Popen(
        [ECABINET, *words, "--port", str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Cosigns at http://127.0.0.1:")
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def post(port: int, body: bytes, path: str = PATH) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def post_of(port: int, size: int) -> int:
    """What is answered to whoever says that so much will come."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.putrequest("POST", PATH)
    line.putheader("Content-Length", str(size))
    line.endheaders()
    status = line.getresponse().status
    line.close()
    return status


def test_a_witness_that_was_killed_still_knows_and_refuses_a_fork_and_yesterday(
    tmp_path: Path,
) -> None:
    port = free_port()
    with running(tmp_path, port) as key:
        status, line = post(port, asked(0, leaves(9)))
        assert status == 200
        assert verifier.cosigned_at(note(leaves(9)) + line, key)
        assert post(port, b"", "/") == (404, "no such path\n")
        assert post_of(port, 70_000) == 413
    with running(tmp_path, port) as again:
        assert again == key
        # Yesterday's copy, and one that went on from there otherwise.
        assert post(port, asked(7, leaves(7))) == (409, "9\n")
        assert post(port, asked(7, leaves(12, "fork", 7))) == (409, "9\n")
        assert post(port, asked(9, leaves(12, "fork", 7)))[0] == 422
        assert post(port, asked(9, leaves(12)))[0] == 200
