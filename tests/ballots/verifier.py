"""A receipt's verifier written again from the specifications alone (RFC 9162, C2SP tlog-proof)."""

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def holds(receipt: str, envelope: str, log_key: str) -> bool:
    """Whether this leaf stands in the log whose key signed the checkpoint."""
    head, _, note = receipt.partition("\n\n")
    first, index_line, *hash_lines = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    index = int(index_line.removeprefix("index "))
    text, _, signatures = note.partition("\n\n")
    origin, size, root = text.split("\n")
    return _root(
        hashlib.sha256(b"\0" + envelope.encode()).digest(),
        index,
        int(size),
        [base64.b64decode(each) for each in hash_lines],
    ) == base64.b64decode(root) and _signed(f"{text}\n", signatures, origin, log_key)


def _root(digest: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        return None
    node, last = index, size - 1
    for each in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            digest = hashlib.sha256(b"\1" + each + digest).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            digest = hashlib.sha256(b"\1" + digest + each).digest()
        node, last = node >> 1, last >> 1
    return digest if last == 0 else None


def _signed(text: str, signatures: str, origin: str, log_key: str) -> bool:
    name, key_id, encoded = log_key.rsplit("+", 2) if log_key.count("+") == 2 else _split(log_key)
    public = base64.b64decode(encoded)[1:]
    line = next(each for each in signatures.split("\n") if each.startswith(f"\u2014 {origin} "))
    signature = base64.b64decode(line.rsplit(" ", 1)[1])
    if name != origin or signature[:4].hex() != key_id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text.encode())
    except InvalidSignature:
        return False
    return True


def _split(log_key: str) -> tuple[str, str, str]:
    # base64 may hold a plus itself: name and id come first.
    name, key_id, encoded = log_key.split("+", 2)
    return name, key_id, encoded
