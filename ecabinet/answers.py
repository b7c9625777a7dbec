"""What every signed answer has, a ballot's and a session vote's alike: the signature of a
member's key, the seal that keeps it from everybody until the closing, the number of its receipt.
"""

import base64
import hashlib
import secrets

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecabinet import canonical

RAW_SIGNATURE_BYTES = 64
NONCE_BYTES = 12
LENGTH_BYTES = 4


class WrongSignature(ValueError):
    """The signature is not this key's over these bytes."""


class Unsealable(ValueError):
    """The sealed bytes are not those that were sealed here."""


def signature(certificate: bytes, content: bytes, raw: bytes) -> bytes:
    """r and s, as WebCrypto gives them, in DER, if they are this certificate's over the content."""
    if len(raw) != RAW_SIGNATURE_BYTES:
        raise WrongSignature("not 64 bytes r||s")
    der = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    key = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise WrongSignature("no key that a browser holds")
    try:
        key.verify(der, content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise WrongSignature("the signature does not verify") from None
    return der


def raw(der: bytes, size: int = 32) -> bytes:
    """A signature in DER as r and s side by side, of so many bytes each."""
    return b"".join(each.to_bytes(size, "big") for each in utils.decode_dss_signature(der))


def seal(key: bytes, bound: bytes, content: bytes, step: int) -> bytes:
    """Encrypt, bound to its purpose, at a length in whole steps: it tells no choice (BAL-10)."""
    plain = len(content).to_bytes(LENGTH_BYTES, "big") + content
    plain += bytes(-len(plain) % step)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def unseal(key: bytes, bound: bytes, sealed: bytes) -> bytes:
    """What was sealed for this purpose; Unsealable for anything else."""
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except InvalidTag:
        raise Unsealable(bound.decode()) from None
    return plain[LENGTH_BYTES : LENGTH_BYTES + int.from_bytes(plain[:LENGTH_BYTES], "big")]


def number(asked: str, position: int, mark: str) -> str:
    """A receipt's number, short enough to be read out."""
    tail = base64.b32encode(bytes.fromhex(mark)[:3]).decode()[:4]
    return f"{asked}-{position:04}-{tail}"


def digests(signed: bytes, certificate: bytes, evidence: canonical.Json) -> canonical.Json:
    """How an answer stands in the log beside its statement: by digests alone."""
    return {
        "signature_sha256": hashlib.sha256(signed).hexdigest(),
        "certificate_sha256": hashlib.sha256(certificate).hexdigest(),
        "evidence_sha256": hashlib.sha256(canonical.encode(evidence)).hexdigest(),
    }
