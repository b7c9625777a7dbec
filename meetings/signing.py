"""The exact bytes of a vote in session: its statement, its envelope in the ledger, and the seal.

The member's device writes the statement from what it shows and signs it; the server knows every
field but the answer by itself, and takes nothing else (security.md 3.3; docs/decisions/0010).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from ballots.rules import Choice
from ecabinet import answers, canonical
from ecabinet.canonical import Json, is_digest, moment
from meetings.rules import VOTE_CHOICES

VERSION = 1
TYPE = "session_vote"
DEVICE = "device"
# What the device's key signs besides a ballot's PDF begins otherwise: neither passes for the other.
DOMAIN = b"ecabinet/session-vote/v1\0"
# Every ordinary answer is as long as any other, so that a length tells no choice (BAL-10).
SEALED_STEP = 16 * 1024


class NotTheStatement(ValueError):
    """The bytes are not this member's statement on this vote, in its one form."""


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
    if not is_digest(key_id):
        raise NotTheStatement("names no key")
    return str(key_id)


def _is_sound(said: Said) -> bool:
    return (
        said.choice in VOTE_CHOICES
        and all(is_digest(each) for each in (said.opinion_sha256, said.key_id, said.nonce))
        and type(said.prev_vote_leaf) is int
        and moment(datetime.fromisoformat(said.issued_at)) == said.issued_at
    )


def verify(certificate: bytes, statement: bytes, raw: bytes) -> None:
    """Whether r and s, as WebCrypto gives them, are this certificate's over the statement."""
    answers.signature(certificate, DOMAIN + statement, raw)


# ---- the log, and words ----


def request_digest(statement: bytes, signature: bytes) -> str:
    """What a retry has to repeat in order to be the same act (BAL-02)."""
    return hashlib.sha256(hashlib.sha256(statement).digest() + signature).hexdigest()


def number(vote: int, position: int, mark: str) -> str:
    """The receipt's number, short enough to be read out."""
    return answers.number(f"BQ{vote}", position, mark)


def envelope(
    meeting: int, vote: int, mark: str, signature: bytes, certificate: bytes, evidence: Json
) -> Json:
    """The ledger's leaf of one vote: digests alone, neither who nor what."""
    return {
        "v": VERSION,
        "meeting": meeting,
        "vote": vote,
        "statement_sha256": mark,
    } | answers.digests(signature, certificate, evidence)


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
    return answers.seal(key, _bound(vote), body, SEALED_STEP)


def unseal(key: bytes, vote: int, sealed: bytes) -> Sealed:
    body = canonical.decode(answers.unseal(key, _bound(vote), sealed))
    return Sealed(body["statement"].encode(), body["opinion"], bytes.fromhex(body["signature"]))


def _bound(vote: int) -> bytes:
    return f"ecabinet/session-vote/v1/{vote}".encode()


def key_name(vote: int) -> str:
    """The name under which the key store keeps this vote's key."""
    return f"session-vote-{vote}"
