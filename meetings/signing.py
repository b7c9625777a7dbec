"""The exact bytes of a vote in session: its statement, its envelope in the ledger, and the seal.

The member's device writes the statement from what it shows and signs it; the server knows every
field but the answer by itself, and takes nothing else (security.md 3.3; docs/decisions/0010).
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ballots.rules import Choice
from ecabinet import canonical
from ecabinet.canonical import Json
from meetings.rules import VOTE_CHOICES

VERSION = 1
TYPE = "session_vote"
DEVICE = "device"
# What the device's key signs besides a ballot's PDF begins otherwise: neither passes for the other.
DOMAIN = b"ecabinet/session-vote/v1\0"
HEX = frozenset("0123456789abcdef")
DIGEST_LETTERS = 64
RAW_SIGNATURE_BYTES = 64
# Every ordinary answer is as long as any other, so that a length tells no choice (BAL-10).
SEALED_STEP = 16 * 1024
NONCE_BYTES = 12
LENGTH_BYTES = 4


class NotTheStatement(ValueError):
    """The bytes are not this member's statement on this vote, in its one form."""


class WrongSignature(ValueError):
    """The signature is not this key's over these bytes."""


class Unsealable(ValueError):
    """The sealed bytes are not those that were sealed here."""


@dataclass(frozen=True)
class Said:
    """The fields of a statement that its member fills in."""

    choice: Choice
    opinion_sha256: str
    key_id: str
    prev_vote_leaf: int
    # Drawn by the device: it keeps the statement's digest in the log from telling the choice.
    nonce: str
    issued_at: str


FIELDS = frozenset(Said.__dataclass_fields__)


def written(terms: Json, said: Said) -> bytes:
    """The canonical bytes of a statement: what is signed, and by its digest logged."""
    return canonical.encode(terms | {name: getattr(said, name) for name in FIELDS})


def read(statement: bytes, terms: Json) -> Said:
    """Read a statement strictly: all that it says beside the answer has to be these terms."""
    try:
        body = canonical.decode(statement)
        answer = {name: body[name] for name in FIELDS}
        said = Said(**answer | {"choice": Choice(answer["choice"])})
        same = _is_sound(said) and written(terms, said) == statement
    except (ValueError, KeyError, TypeError) as wrong:
        raise NotTheStatement("not a statement of a vote") from wrong
    if not same:
        raise NotTheStatement("another vote, member or form")
    return said


def key_id_in(statement: bytes) -> str:
    """Which key a statement says that it is signed with; nothing else of it is judged."""
    try:
        key_id = canonical.decode(statement)["key_id"]
    except (ValueError, KeyError) as wrong:
        raise NotTheStatement("names no key") from wrong
    if not _is_digest(key_id):
        raise NotTheStatement("names no key")
    return str(key_id)


def _is_sound(said: Said) -> bool:
    return (
        said.choice in VOTE_CHOICES
        and all(_is_digest(each) for each in (said.opinion_sha256, said.key_id, said.nonce))
        and type(said.prev_vote_leaf) is int
        and moment(datetime.fromisoformat(said.issued_at)) == said.issued_at
    )


def _is_digest(text: object) -> bool:
    return isinstance(text, str) and len(text) == DIGEST_LETTERS and set(text) <= HEX


def verify(certificate: bytes, statement: bytes, raw: bytes) -> None:
    """Whether r and s, as WebCrypto gives them, are this certificate's over the statement."""
    if len(raw) != RAW_SIGNATURE_BYTES:
        raise WrongSignature("not 64 bytes r||s")
    der = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(der, DOMAIN + statement, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise WrongSignature("the signature does not verify") from None


# ---- digests and words ----


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request_digest(statement: bytes, signature: bytes) -> str:
    """What a retry has to repeat in order to be the same act (BAL-02)."""
    return hashlib.sha256(hashlib.sha256(statement).digest() + signature).hexdigest()


def number(vote: int, position: int, mark: str) -> str:
    """The receipt's number, short enough to be read out."""
    tail = base64.b32encode(bytes.fromhex(mark)[:3]).decode()[:4]
    return f"BQ{vote}-{position:04}-{tail}"


def envelope(
    meeting: int, vote: int, mark: str, signature: bytes, certificate: bytes, evidence: Json
) -> Json:
    """The ledger's leaf of one vote: digests alone, neither who nor what."""
    return {
        "v": VERSION,
        "meeting": meeting,
        "vote": vote,
        "statement_sha256": mark,
        "signature_sha256": hashlib.sha256(signature).hexdigest(),
        "certificate_sha256": hashlib.sha256(certificate).hexdigest(),
        "evidence_sha256": hashlib.sha256(canonical.encode(evidence)).hexdigest(),
    }


# ---- the seal ----


@dataclass(frozen=True)
class Sealed:
    """All of an answer that nobody may see before the closing."""

    statement: bytes
    opinion: str
    signature: bytes

    @property
    def mark(self) -> str:
        return hashlib.sha256(self.statement).hexdigest()

    @property
    def choice(self) -> Choice:
        return Choice(canonical.decode(self.statement)["choice"])


def seal(key: bytes, vote: int, content: Sealed) -> bytes:
    """Encrypt an answer, at a length that tells nothing of it."""
    body = canonical.encode(
        {
            "statement": content.statement.decode(),
            "opinion": content.opinion,
            "signature": content.signature.hex(),
        }
    )
    plain = len(body).to_bytes(LENGTH_BYTES, "big") + body
    plain += bytes(-len(plain) % SEALED_STEP)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, _bound(vote))


def unseal(key: bytes, vote: int, sealed: bytes) -> Sealed:
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(vote))
    except InvalidTag:
        raise Unsealable(f"an answer of vote {vote}") from None
    end = LENGTH_BYTES + int.from_bytes(plain[:LENGTH_BYTES], "big")
    body = canonical.decode(plain[LENGTH_BYTES:end])
    return Sealed(body["statement"].encode(), body["opinion"], bytes.fromhex(body["signature"]))


def _bound(vote: int) -> bytes:
    return f"ecabinet/session-vote/v1/{vote}".encode()


def key_name(vote: int) -> str:
    """The name under which the key store keeps this vote's key."""
    return f"session-vote-{vote}"
