"""The exact bytes of a ballot: its statement, its envelope in the ledger, and the seal.

Statement S is what a member signs (security.md 3.3): one writer and one strict reader, so that
nothing missing, extra or misspelt is ever taken for one.
"""

import hashlib
import secrets
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from ballots.rules import Answer, Choice, Outcome, Reading
from ecabinet import answers, canonical
from ecabinet.canonical import HEX, is_digest, moment
from ecabinet.pades import Prepared

VERSION = 1
# What a member signs of a question, by the type of its statement.
BALLOT, CLASSIFICATION, RESERVED_OPINION = "ballot", "classification", "reserved_opinion"
ATTACHMENT = "statement.json"
DEVICE = "device"
# No key signed it: its member's hand stands on the scan, and two people have compared the two.
ON_PAPER = "paper"
NO_KEY = "0" * 64
TOKEN, OFFICIAL = "token", "official-duty"
# Of keys; which of them count is the operator's to say.
KEY_CLASSES = (DEVICE, TOKEN, OFFICIAL)
CLASSES = (*KEY_CLASSES, ON_PAPER)
KEY_LETTERS = 32
# Every ordinary ballot is as long as any other, so that a length tells no choice (BAL-10).
SEALED_STEP = 128 * 1024
LENGTH_BYTES = 4


class NotAStatement(ValueError):
    """The bytes are not a ballot's statement in its one form."""


@dataclass(frozen=True)
class Statement:
    """What one member says about one question, on which papers, under which rules."""

    env: str
    origin: str
    consultation: int
    consultation_version: int
    rule_version: str
    opened_leaf: int
    papers: tuple[str, ...]
    question: str
    choice: Choice
    opinion_sha256: str
    member: int
    office: str
    key_id: str
    signature_class: str
    prev_ballot_leaf: int
    nonce: str
    issued_at: str


def new_nonce() -> str:
    return secrets.token_hex(32)


def written(statement: Statement) -> bytes:
    """The canonical bytes of a statement: what is embedded, signed and logged."""
    body = asdict(statement)
    question = {
        "item": 1,
        "question": body.pop("question"),
        "choice": statement.choice.value,
        "opinion_sha256": body.pop("opinion_sha256"),
    }
    del body["choice"]
    body |= {"v": VERSION, "type": BALLOT, "papers": list(statement.papers)}
    return canonical.encode(body | {"questions": [question]})


def read(data: bytes) -> Statement:
    """Read a statement strictly; NotAStatement for whatever `written` would not have written."""
    try:
        body = canonical.decode(data)
        (question,) = body["questions"]
        statement = Statement(
            **{name: body[name] for name in PLAIN_FIELDS},
            papers=tuple(body["papers"]),
            question=question["question"],
            choice=Choice(question["choice"]),
            opinion_sha256=question["opinion_sha256"],
        )
        same = _is_sound(statement) and written(statement) == data
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise NotAStatement("not a ballot's statement") from wrong
    if not same:
        raise NotAStatement("not a statement in its one form")
    return statement


@dataclass(frozen=True)
class OfResult:
    """What one member says of a result once it stands, whatever they say."""

    env: str
    origin: str
    consultation: int
    result_leaf: int
    opinion_sha256: str
    member: int
    office: str
    key_id: str
    signature_class: str
    nonce: str
    issued_at: str

    # The type of its statement; and its one field that is a choice.
    TYPE: ClassVar[str]
    CHOICE: ClassVar[tuple[str, type[StrEnum]]]
    NUMBERS: ClassVar[tuple[str, ...]] = ("consultation", "result_leaf", "member")
    DIGESTS: ClassVar[tuple[str, ...]] = ("opinion_sha256", "key_id", "nonce")

    def is_sound(self) -> bool:
        """Whether each field is of its kind."""
        texts = ("env", "origin", "office", "signature_class", "issued_at")
        return (
            _are_plain(self, self.NUMBERS, self.DIGESTS, texts)
            and self.env in ("demo", "production")
            # Nobody signs it on paper: a key of the member's does.
            and self.signature_class in KEY_CLASSES
        )


@dataclass(frozen=True)
class Classification(OfResult):
    """How one member reads their own other opinion: of which ballot, beside which result. The
    opinion's digest is that of the ballot, the reason's of why the Office proposed it: what the
    member had before them."""

    ballot_leaf: int
    reading: Reading
    reason_sha256: str

    TYPE = CLASSIFICATION
    CHOICE = ("reading", Reading)
    NUMBERS = (*OfResult.NUMBERS, "ballot_leaf")
    DIGESTS = (*OfResult.DIGESTS, "reason_sha256")

    def is_sound(self) -> bool:
        return super().is_sound() and self.ballot_leaf < self.result_leaf


@dataclass(frozen=True)
class ReservedOpinion(OfResult):
    """What one member sets beside an outcome for the record: which one, and which act found it, the
    result's or the one that found it again."""

    outcome_leaf: int
    outcome: Outcome

    TYPE = RESERVED_OPINION
    CHOICE = ("outcome", Outcome)
    NUMBERS = (*OfResult.NUMBERS, "outcome_leaf")

    def is_sound(self) -> bool:
        return super().is_sound() and self.result_leaf <= self.outcome_leaf


def written_of_result(said: OfResult) -> bytes:
    """Its canonical bytes; the type alone keeps any other statement from being taken for one."""
    choice, _ = said.CHOICE
    body = asdict(said) | {"v": VERSION, "type": said.TYPE, choice: getattr(said, choice).value}
    return canonical.encode(body)


S = TypeVar("S", bound=OfResult)


def read_of_result(data: bytes, of: type[S]) -> S:
    """Read one strictly; NotAStatement for whatever the writer would not have written."""
    try:
        body = canonical.decode(data)
        choice, kind = of.CHOICE
        fields = {each.name: body[each.name] for each in dataclass_fields(of)}
        said = of(**fields | {choice: kind(body[choice])})
        same = said.is_sound() and written_of_result(said) == data
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise NotAStatement(f"not a {of.TYPE}") from wrong
    if not same:
        raise NotAStatement(f"not a {of.TYPE} in its one form")
    return said


def issued_at(statement: bytes) -> datetime:
    """When a statement of any kind was made ready."""
    return datetime.fromisoformat(canonical.decode(statement)["issued_at"])


PLAIN_FIELDS = frozenset(Statement.__dataclass_fields__) - {
    "papers", "question", "choice", "opinion_sha256",
}  # fmt: skip
NUMBERS = ("consultation", "consultation_version", "opened_leaf", "member", "prev_ballot_leaf")
DIGESTS = ("opinion_sha256", "key_id", "nonce")
TEXTS = ("question", "env", "origin", "rule_version", "office", "signature_class", "issued_at")


def _is_sound(statement: Statement) -> bool:
    """Whether each field is of its kind; JSON alone would take true for 1."""
    return (
        _are_plain(statement, NUMBERS, DIGESTS, TEXTS)
        and all(is_digest(each) for each in statement.papers)
        and statement.env in ("demo", "production")
        and statement.signature_class in CLASSES
        and (statement.signature_class == ON_PAPER) == (statement.key_id == NO_KEY)
    )


def _are_plain(
    said: Statement | OfResult, numbers: tuple[str, ...], digests: tuple[str, ...],
    texts: tuple[str, ...],
) -> bool:  # fmt: skip
    return (
        all(type(getattr(said, each)) is int for each in numbers)
        and all(getattr(said, each) >= 0 for each in numbers)
        and all(is_digest(getattr(said, each)) for each in digests)
        and all(isinstance(getattr(said, each), str) for each in texts)
        and moment(datetime.fromisoformat(said.issued_at)) == said.issued_at
    )


def is_key(text: Any) -> bool:
    """Whether this is an idempotency key: 128 random bits in hex."""
    return isinstance(text, str) and len(text) == KEY_LETTERS and set(text) <= HEX


# ---- the ledger's envelope of a ballot: digests alone; the nonce in S hides the choice ----


def envelope(
    consultation: int, statement: bytes, mark: bytes, signature: bytes, certificate: bytes,
    evidence: canonical.Json,
) -> canonical.Json:  # fmt: skip
    return {
        "v": VERSION,
        "consultation": consultation,
        "statement_sha256": hashlib.sha256(statement).hexdigest(),
        "byterange_sha256": mark.hex(),
    } | answers.digests(signature, certificate, evidence)


def paper_envelope(
    consultation: int, statement: bytes, scan: str, evidence: canonical.Json
) -> canonical.Json:
    """Of an answer on paper: the scan stands where the signed page does."""
    return {
        "v": VERSION,
        "consultation": consultation,
        "statement_sha256": hashlib.sha256(statement).hexdigest(),
        "scan_sha256": scan,
        "evidence_sha256": hashlib.sha256(canonical.encode(evidence)).hexdigest(),
        "asked_by": evidence["asked_by"],
        "confirmed_by": evidence["confirmed_by"],
    }


def request_digest(token: str, signature: bytes) -> str:
    """What a retry has to repeat in order to be the same act (BAL-02)."""
    return hashlib.sha256(f"{token}\0".encode() + signature).hexdigest()


def number(consultation: int, position: int, mark: str) -> str:
    """The receipt's number, short enough to be read out."""
    return answers.number(str(consultation), position, mark)


# ---- the seal ----


@dataclass(frozen=True)
class Sealed:
    """All of an answer that nobody may see before the closing."""

    statement: bytes
    opinion: str
    pdf: bytes
    # Where the hole is, and what it was prepared with; empty once the PDF is signed.
    prepared: Prepared | None = None

    @property
    def answer(self) -> Answer:
        said = read(self.statement)
        return Answer(said.choice, self.opinion, said.prev_ballot_leaf)


@dataclass(frozen=True)
class Proposed:
    """The answer that an adviser proposes."""

    choice: Choice
    opinion: str


@dataclass(frozen=True)
class Early:
    """What a member lets the drafting agency read before the closing, and the nonce that keeps the
    log from telling it."""

    words: str
    nonce: str

    @property
    def digest(self) -> str:
        said = {"nonce": self.nonce, "words": self.words}
        return hashlib.sha256(canonical.encode(said)).hexdigest()


@dataclass(frozen=True)
class Scan:
    """A scan as the house keeps it, with the slot for its reader's name."""

    prepared: str
    prepared_size: int
    slot_at: int
    slot_length: int


@dataclass(frozen=True)
class Entered:
    """An answer on paper, as somebody has entered it from its scan."""

    choice: Choice
    opinion: str
    scan: Scan


@dataclass(frozen=True)
class Between:
    """Whose proposal it is, to whom, on which question: what is sealed for one is no other's."""

    consultation: int
    member: int
    adviser: int

    @property
    def bound(self) -> bytes:
        return f"ecabinet/proposal/v1/{self.consultation}/{self.member}/{self.adviser}".encode()


def seal(key: bytes, consultation: int, content: Sealed) -> bytes:
    """Encrypt an answer, at a length that tells nothing of it."""
    head = canonical.encode(_head(content))
    body = len(head).to_bytes(LENGTH_BYTES, "big") + head + content.pdf
    return answers.seal(key, _bound(consultation), body, SEALED_STEP)


def unseal(key: bytes, consultation: int, sealed: bytes) -> Sealed:
    body = answers.unseal(key, _bound(consultation), sealed)
    cut = LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES], "big")
    head, pdf = canonical.decode(body[LENGTH_BYTES:cut]), body[cut:]
    return Sealed(head["statement"].encode(), head["opinion"], pdf, _prepared(head, pdf))


def seal_proposal(key: bytes, between: Between, answer: Proposed) -> bytes:
    """Encrypt an adviser's proposal; it is to tell no more of a choice than a ballot does."""
    body = canonical.encode({"choice": answer.choice.value, "opinion": answer.opinion})
    return answers.seal(key, between.bound, body, SEALED_STEP)


def unseal_proposal(key: bytes, between: Between, sealed: bytes) -> Proposed:
    body = canonical.decode(answers.unseal(key, between.bound, sealed))
    return Proposed(Choice(body["choice"]), body["opinion"])


def seal_entry(key: bytes, consultation: int, member: int, entered: Entered) -> bytes:
    """Encrypt what was entered from a paper: it is as secret as a ballot is."""
    return answers.seal(
        key, _bound_entry(consultation, member), canonical.encode(asdict(entered)), SEALED_STEP
    )


def unseal_entry(key: bytes, consultation: int, member: int, sealed: bytes) -> Entered:
    body = canonical.decode(answers.unseal(key, _bound_entry(consultation, member), sealed))
    return Entered(Choice(body["choice"]), body["opinion"], Scan(**body["scan"]))


def seal_early(key: bytes, consultation: int, member: int, said: Early) -> bytes:
    """Encrypt a comment that was released early: of its agency and its member, and of no copy."""
    bound = _bound_early(consultation, member)
    return answers.seal(key, bound, canonical.encode(asdict(said)), SEALED_STEP)


def unseal_early(key: bytes, consultation: int, member: int, sealed: bytes) -> Early:
    return Early(
        **canonical.decode(answers.unseal(key, _bound_early(consultation, member), sealed))
    )


def _bound_early(consultation: int, member: int) -> bytes:
    return f"ecabinet/early-comment/v1/{consultation}/{member}".encode()


def _bound_entry(consultation: int, member: int) -> bytes:
    return f"ecabinet/paper-entry/v1/{consultation}/{member}".encode()


def _head(content: Sealed) -> canonical.Json:
    head: canonical.Json = {"statement": content.statement.decode(), "opinion": content.opinion}
    if made := content.prepared:
        head |= {
            "digest": made.digest.hex(),
            "start": made.start,
            "end": made.end,
            "attributes": made.attributes.hex(),
        }
    return head


def _prepared(head: canonical.Json, pdf: bytes) -> Prepared | None:
    if "digest" not in head:
        return None
    return Prepared(
        pdf=pdf,
        digest=bytes.fromhex(head["digest"]),
        start=head["start"],
        end=head["end"],
        attributes=bytes.fromhex(head["attributes"]),
    )


def _bound(consultation: int) -> bytes:
    return f"ecabinet/answer/v1/{consultation}".encode()


def key_name(consultation: int) -> str:
    """The name under which the key store keeps this consultation's key."""
    return f"consultation-{consultation}"
