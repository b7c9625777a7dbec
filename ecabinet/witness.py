"""A witness of other agencies' logs: C2SP tlog-witness, run by somebody who is not their keeper.

It cosigns a checkpoint that continues the last one it saw, and no other. It keeps what it saw in a
file of its own, written before it answers: a log that was cut back or begun anew finds it there.
"""

import base64
import fcntl
import hashlib
import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecabinet import verifier
from ecabinet.verifier import Unsound, node_hash

PATH = "/add-checkpoint"
MOST_HASHES, LARGEST_REQUEST = 63, 64 * 1024
SECONDS_TO_ASK = 10
SIZE = "text/x.tlog.size"
PLAIN = "text/plain; charset=utf-8"
COSIGNATURE = b"\x04"


@dataclass(frozen=True)
class Answer:
    """A status of HTTP with what it says."""

    status: int
    body: str = ""
    kind: str = PLAIN


@dataclass(frozen=True)
class Request:
    """What is asked to be cosigned, and how it continues what was there."""

    old: int
    path: tuple[bytes, ...]
    note: str


class NotARequest(ValueError):
    """What was sent is not in the protocol's form."""


def read_request(body: bytes) -> Request:
    try:
        head, empty, note = body.decode("utf-8").partition("\n\n")
        first, *lines = head.split("\n")
        path = tuple(base64.b64decode(line, validate=True) for line in lines)
    except ValueError:
        raise NotARequest from None
    word, _, size = first.partition(" ")
    is_number = size.isascii() and size.isdecimal() and size == str(int(size))
    if not empty or word != "old" or not is_number or len(path) > MOST_HASHES:
        raise NotARequest
    if any(len(step) != 32 for step in path):
        raise NotARequest
    return Request(int(size), path, note)


def continues(
    old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> bool:  # fmt: skip
    """Whether a tree of this size begins with the older one (RFC 9162, 2.1.4.2)."""
    if old == 0:
        return not path
    if old == size:
        return not path and old_root == root
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (before, after) == (old_root, root)


class Witness:
    """One key, the logs it knows, and the newest checkpoint of each that it cosigned."""

    def __init__(self, folder: Path, name: str, logs: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self.name = folder, name
        self._logs = dict[str, list[str]]()
        for each in logs:
            self._logs.setdefault(each.partition("+")[0], []).append(each)
        self._key = self._own_key()
        self._lock = threading.Lock()
        # Two processes with one state would each cosign what the other has gone past.
        self._alone = (folder / "lock").open("w")
        fcntl.flock(self._alone, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @property
    def public_key(self) -> str:
        """As C2SP prints it: what a log's keeper and every verifier are given."""
        public = COSIGNATURE + self._key.public_key().public_bytes_raw()
        return f"{self.name}+{self._key_id.hex()}+{base64.b64encode(public).decode()}"

    @property
    def _key_id(self) -> bytes:
        public = COSIGNATURE + self._key.public_key().public_bytes_raw()
        return hashlib.sha256(self.name.encode() + b"\n" + public).digest()[:4]

    def _own_key(self) -> Ed25519PrivateKey:
        path = self._folder / "key"
        if not path.exists():
            _write(path, Ed25519PrivateKey.generate().private_bytes_raw())
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())

    def add_checkpoint(self, body: bytes) -> Answer:
        """Cosign, or say why not, in the protocol's own codes."""
        try:
            asked = read_request(body)
        except NotARequest:
            return Answer(400, "not a request\n")
        origin = asked.note.partition("\n")[0]
        if origin not in self._logs:
            return Answer(404, "a log that is not known here\n")
        try:
            given = verifier.open_checkpoint(asked.note, *self._logs[origin])
        except Unsound as wrong:
            # The protocol has no word for a key that gave way: whoever runs this is told it.
            return Answer(403, f"{wrong}; if this log has a new key, give it with --log as well\n")
        if asked.old > given.size:
            return Answer(400, "older than what it continues\n")
        with self._lock:
            size, root = self._seen(origin)
            if asked.old != size:
                return Answer(409, f"{size}\n", SIZE)
            if size == given.size and size and root != given.root:
                return Answer(409, f"{size}\n", SIZE)
            if not continues(size, root, given.size, given.root, asked.path):
                return Answer(422, "not a proof that it continues the last one\n")
            self._remember(origin, given)
        return Answer(200, self._cosigned(asked.note))

    def _seen(self, origin: str) -> tuple[int, bytes]:
        path = self._state(origin)
        if not path.exists():
            return 0, b""
        kept = json.loads(path.read_text())
        return kept["size"], bytes.fromhex(kept["root"])

    def _remember(self, origin: str, given: verifier.Checkpoint) -> None:
        kept = {"origin": origin, "size": given.size, "root": given.root.hex()}
        _write(self._state(origin), json.dumps(kept).encode())

    def _state(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.json"

    def _cosigned(self, note: str) -> str:
        at = int(time.time())
        text = note.partition("\n\n")[0] + "\n"
        signature = self._key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        value = base64.b64encode(self._key_id + at.to_bytes(8, "big") + signature).decode()
        return f"\u2014 {self.name} {value}\n"


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and on the disk before this returns."""
    draft = path.with_name(path.name + ".part")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def server(witness: Witness, port: int) -> ThreadingHTTPServer:
    """Listens on this machine alone: TLS ends at the proxy in front."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SECONDS_TO_ASK

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not (length.isascii() and length.isdecimal()) or int(length) > LARGEST_REQUEST:
                self.close_connection = True
                self._say(Answer(413, "too large\n"))
                return
            body = self.rfile.read(int(length))
            is_known = self.path == PATH
            self._say(witness.add_checkpoint(body) if is_known else Answer(404, "no such path\n"))

        def _say(self, answer: Answer) -> None:
            data = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return ThreadingHTTPServer(("127.0.0.1", port), Door)
