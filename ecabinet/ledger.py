"""The append-only Merkle log of official acts: RFC 9162 hashes, C2SP checkpoints and proofs.

`append()` collects a leaf during the act; `store()`, called by `transaction()` just before its
commit, gives it its position and signs the checkpoint of that size. A checkpoint whose
transaction rolls back was seen by nobody (security.md, C7).
"""

import base64
import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import islice

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from sqlalchemy import ColumnElement, LargeBinary, Select, String, func, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import canonical, clock, keys
from ecabinet.db import Base

KEY_NAME, CLOSING_KEY_NAME = "log", "log-closing"
# The leaves that end a question: the checkpoint up to each is signed twice (CRY-08).
CLOSING = frozenset({"consultation_result", "meeting_vote_result"})
# The act by which one of the cabinet's own keys gives way to the next (ecabinet.rotation).
ROTATED = "own_key_rotated"
COLLECTED = "ledger leaves"


class Leaf(Base):
    """One official act: the canonical bytes of its envelope at its place in the log."""

    __tablename__ = "ledger_leaf"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40), index=True)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class Node(Base):
    """The hash of a full subtree: 2^level leaves from index * 2^level on."""

    __tablename__ = "ledger_node"

    level: Mapped[int] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class Head(Base):
    """How many leaves there are, and what the log calls itself; locked by whoever appends."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    origin: Mapped[str] = mapped_column(String(200))
    # From which place on a closing's checkpoint bears ML-DSA-44 as well.
    both_since: Mapped[int]


class Checkpoint(Base):
    """The signed note of the log at one size."""

    __tablename__ = "ledger_checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str]


@dataclass
class Entry:
    """A collected act; its position is known once the transaction is about to commit."""

    kind: str
    body: canonical.Json
    then: Callable[[int], None] | None = None
    position: int | None = None


def append(
    db: Session, kind: str, body: canonical.Json, then: Callable[[int], None] | None = None
) -> Entry:
    """Record an official act. `then(position)` is called in the same transaction."""
    entry = Entry(kind, body, then)
    db.info.setdefault(COLLECTED, []).append(entry)
    return entry


def store(db: Session) -> None:
    """Give each collected act its position, and sign the log as it then stands."""
    entries: list[Entry] = db.info.pop(COLLECTED, [])
    if not entries:
        return
    head = _head(db)
    at = clock.now(db)
    peaks = _digests(db, _subtrees(0, head.size))
    gone = _gave_way(db)
    for entry in entries:
        entry.position = head.size
        # What the act itself learns from its position belongs into its own rows, not its leaf.
        envelope = canonical.encode({"type": entry.kind, "position": head.size} | entry.body)
        db.add(Leaf(position=head.size, kind=entry.kind, envelope=envelope, at=at))
        db.add_all(_grown(peaks, head.size, leaf_hash(envelope)))
        head.size += 1
        digest = _folded(peaks)
        key = signing_key(_generation(gone[KEY_NAME], entry.position))
        note = sign_checkpoint(head.origin, head.size, digest, key)
        if entry.kind in CLOSING:
            own = closing_key(_generation(gone[CLOSING_KEY_NAME], entry.position))
            note += sign_closing(head.origin, head.size, digest, int(at.timestamp()), own)
        db.add(Checkpoint(size=head.size, note=note))
        if entry.kind == ROTATED and entry.body["purpose"] in gone:
            gone[entry.body["purpose"]].append(entry.position)
        if entry.then:
            entry.then(entry.position)
    db.flush()


def origin(db: Session) -> str:
    """What this log calls itself, in every checkpoint and statement."""
    return _head(db, lock=False).origin


def begin(db: Session, name: str) -> None:
    """Start an empty log under this origin; a log that stands is left as it is."""
    if db.get(Head, 1) is None:
        db.add(Head(id=1, size=0, origin=name, both_since=0))


def size(db: Session) -> int:
    return _head(db, lock=False).size


def size_at(db: Session, at: datetime) -> int:
    """How many leaves the log held at a moment."""
    position = db.scalar(_newest(Leaf.at <= at))
    return 0 if position is None else position + 1


# ---- the log's own keys, each until it gives way to the next ----


def signing_key(generation: int = 1) -> Ed25519PrivateKey:
    name = _kept(KEY_NAME, generation)
    return keys.store().ed25519(name)


def closing_key(generation: int = 1) -> MLDSA44PrivateKey:
    closing = _kept(CLOSING_KEY_NAME, generation)
    return keys.store().ml_dsa_44(closing)


def _kept(purpose: str, generation: int) -> str:
    """The name of a key. One that took another's place is made by the act that says so, and never
    because it is asked for: the log would go on by a key that nobody was told."""
    if generation == 1:
        return purpose
    name = f"{purpose}-{generation}"
    if not keys.store().keeps(name):
        raise LookupError(f"key {name}: bring it back from a copy of the key store")
    return name


def make_next(db: Session, purpose: str) -> tuple[str, str]:
    """The key in use and a new one for its place, as C2SP prints them. Whoever comes at the same
    time waits."""
    _head(db)
    number = len(generations(db, purpose)) + 1
    name = closing = f"{purpose}-{number}"
    if purpose == KEY_NAME:
        keys.store().ed25519(name)
    else:
        keys.store().ml_dsa_44(closing)
    return _printed(db, purpose, number - 1), _printed(db, purpose, number)


def sign_as(db: Session, purpose: str, data: bytes) -> bytes:
    """By the key in use, something else than a checkpoint."""
    number = len(generations(db, purpose))
    return signing_key(number).sign(data) if purpose == KEY_NAME else closing_key(number).sign(data)


@dataclass(frozen=True)
class Generation:
    """A key of the log's own as C2SP prints it, and the place of the act by which it gave way to
    the next: the checkpoint up to that is the last that it signed. None while it is in use."""

    key: str
    until: int | None


def generations(db: Session, purpose: str) -> list[Generation]:
    """The keys of the log, or of its closings, the one in use last."""
    gone = _gave_way(db)[purpose]
    return [
        Generation(_printed(db, purpose, number), until)
        for number, until in enumerate([*gone, None], 1)
    ]


def _printed(db: Session, purpose: str, generation: int) -> str:
    if purpose == KEY_NAME:
        return verifier_key(origin(db), signing_key(generation))
    return closing_verifier_key(origin(db), closing_key(generation))


def signed_at(db: Session, size: int) -> Ed25519PrivateKey:
    """The key of the log that signs the checkpoint of this size."""
    return signing_key(_generation(_gave_way(db)[KEY_NAME], size - 1))


def _gave_way(db: Session) -> dict[str, list[int]]:
    """The places at which the log's key, and that of its closings, gave way to the next."""
    acts = entries(db, ROTATED, -1).items()
    return {
        purpose: [place for place, act in acts if act["purpose"] == purpose]
        for purpose in (KEY_NAME, CLOSING_KEY_NAME)
    }


def _generation(gone: Sequence[int], place: int) -> int:
    """Which key signs the checkpoint up to a place: the act by which one gives way is its last."""
    return bisect_left(gone, place) + 1


def both_since(db: Session) -> int:
    """From which place on a closing is signed twice; older ones stay as they were."""
    return _head(db, lock=False).both_since


def _head(db: Session, lock: bool = True) -> Head:
    query = select(Head).where(Head.id == 1)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.execute(query).scalar_one()


def _grown(peaks: list[bytes], position: int, digest: bytes) -> Iterator[Node]:
    """The nodes that a leaf makes whole; `peaks`, those of the leaves before it, become its own."""
    level = 0
    yield Node(level=level, index=position, digest=digest)
    while position >> level & 1:
        digest = node_hash(peaks.pop(), digest)
        level += 1
        yield Node(level=level, index=position >> level, digest=digest)
    peaks.append(digest)


# ---- a span of leaves that begins where RFC 9162 splits, as full subtrees from left to right ----

Subtree = tuple[int, int]
Span = tuple[int, int]


def _subtrees(start: int, stop: int) -> list[Subtree]:
    """By level and index, the largest first."""
    found = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def _digests(db: Session, subtrees: Sequence[Subtree]) -> list[bytes]:
    """Asked for at once: an act asks as often in a log of a million leaves as in one of ten."""
    if not subtrees:
        return []
    place = tuple_(Node.level, Node.index)
    rows = db.execute(select(Node.level, Node.index, Node.digest).where(place.in_(subtrees)))
    known = {(level, index): digest for level, index, digest in rows}
    if missing := set(subtrees) - set(known):
        raise LookupError(f"ledger nodes {sorted(missing)}")
    return [known[each] for each in subtrees]


def _folded(digests: Sequence[bytes]) -> bytes:
    if not digests:
        return hashlib.sha256(b"").digest()
    return reduce(lambda right, left: node_hash(left, right), reversed(digests))


def _hashes(db: Session, spans: Sequence[Span]) -> list[bytes]:
    """The Merkle tree hash of each span."""
    parts = [_subtrees(*each) for each in spans]
    digests = iter(_digests(db, [each for part in parts for each in part]))
    return [_folded(list(islice(digests, len(part)))) for part in parts]


# ---- RFC 9162, 2.1 ----


def leaf_hash(envelope: bytes) -> bytes:
    return hashlib.sha256(b"\0" + envelope).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root(db: Session, at_size: int) -> bytes:
    """The Merkle tree hash of the first `at_size` leaves (RFC 9162, 2.1.1)."""
    return _hashes(db, [(0, at_size)])[0]


def _split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def tree_hash(leaf_hashes: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of leaves hashed already (RFC 9162, 2.1.1)."""
    count = len(leaf_hashes)
    if count == 0:
        return hashlib.sha256(b"").digest()
    if count == 1:
        return leaf_hashes[0]
    split = _split(count)
    return node_hash(tree_hash(leaf_hashes[:split]), tree_hash(leaf_hashes[split:]))


def inclusion(db: Session, position: int, at_size: int) -> list[bytes]:
    """The hashes that lead from a leaf to the root of that size (RFC 9162, 2.1.3.1)."""
    return _hashes(db, _inclusion(position, 0, at_size))


def _inclusion(position: int, start: int, stop: int) -> list[Span]:
    if stop - start == 1:
        return []
    split = start + _split(stop - start)
    if position < split:
        return [*_inclusion(position, start, split), (split, stop)]
    return [*_inclusion(position, split, stop), (start, split)]


def consistency(db: Session, old: int, new: int) -> list[bytes]:
    """The hashes that show one size to be a prefix of another (RFC 9162, 2.1.4.1)."""
    return _hashes(db, _consistency(old, 0, new, whole=True))


def _consistency(old: int, start: int, stop: int, whole: bool) -> list[Span]:
    if old == stop - start:
        return [] if whole else [(start, stop)]
    size = _split(stop - start)
    split = start + size
    if old <= size:
        return [*_consistency(old, start, split, whole), (split, stop)]
    return [*_consistency(old - size, split, stop, False), (start, split)]


# ---- C2SP: signed note, tlog-checkpoint, tlog-proof ----


def public_key(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


ED25519, ML_DSA_44 = b"\x01", b"\x06"


def key_id(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def sign_checkpoint(name: str, at_size: int, digest: bytes, key: Ed25519PrivateKey) -> str:
    """A checkpoint in the form of C2SP tlog-checkpoint, signed with Ed25519."""
    text = f"{name}\n{at_size}\n{base64.b64encode(digest).decode()}\n"
    signature = key_id(name, public_key(key)) + key.sign(text.encode())
    return f"{text}\n\u2014 {name} {base64.b64encode(signature).decode()}\n"


def verifier_key(name: str, key: Ed25519PrivateKey) -> str:
    """The log's public key as C2SP prints it: name+id+key."""
    return _printed_key(name, public_key(key), ED25519)


def closing_verifier_key(name: str, key: MLDSA44PrivateKey) -> str:
    """The key that closings are signed by as well, printed alike."""
    return _printed_key(name, key.public_key().public_bytes_raw(), ML_DSA_44)


def _printed_key(name: str, public: bytes, kind: bytes) -> str:
    shown = base64.b64encode(kind + public).decode()
    return f"{name}+{key_id(name, public, kind).hex()}+{shown}"


def sign_closing(name: str, at_size: int, digest: bytes, at: int, key: MLDSA44PrivateKey) -> str:
    """The line that a closing's checkpoint bears beside its Ed25519 one: ML-DSA-44 as C2SP
    tlog-cosignature has it, by the log under its own name; `at` in seconds since 1970."""
    signed = key.sign(cosigned_message(name, at_size, digest, at))
    public = key.public_key().public_bytes_raw()
    value = key_id(name, public, ML_DSA_44) + at.to_bytes(8, "big") + signed
    return f"\u2014 {name} {base64.b64encode(value).decode()}\n"


def cosigned_message(name: str, at_size: int, digest: bytes, at: int) -> bytes:
    """C2SP tlog-cosignature, `cosigned_message`: of the whole log, by itself."""
    said = name.encode()
    named = len(said).to_bytes(1, "big") + said
    numbers = (0).to_bytes(8, "big") + at_size.to_bytes(8, "big")
    return b"subtree/v1\n\0" + named + at.to_bytes(8, "big") + named + numbers + digest


def checkpoint(db: Session, at_size: int) -> str:
    found = db.get(Checkpoint, at_size)
    if found is None:
        raise LookupError(f"checkpoint of size {at_size}")
    return found.note


def newest_closing(db: Session) -> str | None:
    """The checkpoint of the last closing that was to be signed twice; None where there is none."""
    position = db.scalar(_newest(Leaf.kind.in_(CLOSING), Leaf.position >= both_since(db)))
    return None if position is None else checkpoint(db, position + 1)


def receipt(db: Session, position: int) -> str:
    """C2SP tlog-proof@v1 of one leaf in the log as it stood when the leaf was written."""
    at_size = position + 1
    hashes = [base64.b64encode(each).decode() for each in inclusion(db, position, at_size)]
    lines = ["c2sp.org/tlog-proof@v1", f"index {position}", *hashes, ""]
    return "\n".join(lines) + "\n" + checkpoint(db, at_size)


def entries(db: Session, kind: str, after: int) -> dict[int, canonical.Json]:
    """What the log holds of one kind behind a position, by position, oldest first."""
    found = select(Leaf).where(Leaf.kind == kind, Leaf.position > after).order_by(Leaf.position)
    return {each.position: canonical.decode(each.envelope) for each in db.scalars(found)}


def moments(db: Session, kind: str, name: str) -> dict[str, datetime]:
    """When each act of one kind was first written, by what it names so."""
    found = select(Leaf.envelope, Leaf.at).where(Leaf.kind == kind).order_by(Leaf.position.desc())
    return {canonical.decode(envelope)[name]: at for envelope, at in db.execute(found)}


def latest(db: Session, kind: str) -> canonical.Json | None:
    """The newest act of one kind."""
    position = db.scalar(_newest(Leaf.kind == kind))
    return None if position is None else canonical.decode(envelope(db, position))


def _newest(*where: ColumnElement[bool]) -> Select[int]:
    return select(func.max(Leaf.position)).where(*where)


def positions(db: Session, kind: str, after: int, **named: int) -> list[int]:
    """Where those stand of them that name these things."""
    found = entries(db, kind, after).items()
    return [place for place, body in found if named.items() <= body.items()]


@dataclass(frozen=True)
class Proof:
    """What shows anybody that a leaf is in the log, without telling what it stands for."""

    position: int
    receipt: str
    envelope: str
    log_key: str


def proof(db: Session, position: int) -> Proof:
    """Put together from stored rows alone, so a retry gets the same bytes (C10)."""
    return Proof(
        position,
        receipt(db, position),
        envelope(db, position).decode(),
        verifier_key(origin(db), signed_at(db, position + 1)),
    )


def envelope(db: Session, position: int) -> bytes:
    leaf = db.get(Leaf, position)
    if leaf is None:
        raise LookupError(f"leaf {position}")
    return leaf.envelope
