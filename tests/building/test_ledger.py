"""The log against the definitions of RFC 9162, and its notes against C2SP."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from sqlalchemy import ClauseElement, event, make_url
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.schema import CreateTable

from ecabinet import bundles, canonical, clock, keys, ledger, verifier
from ecabinet.db import Base, reading, transaction
from tests.builders import Cabinet

LEAVES = 33


def tree(envelopes: Sequence[bytes]) -> bytes:
    """The Merkle tree hash by its definition (RFC 9162, 2.1.1)."""
    if not envelopes:
        return hashlib.sha256(b"").digest()
    if len(envelopes) == 1:
        return hashlib.sha256(b"\0" + envelopes[0]).digest()
    split = 1
    while split * 2 < len(envelopes):
        split *= 2
    return hashlib.sha256(b"\1" + tree(envelopes[:split]) + tree(envelopes[split:])).digest()


def root_by_proof(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to (RFC 9162, 2.1.3.2); None when the proof is malformed."""
    at, last, root = index, size - 1, leaf
    for step in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = hashlib.sha256(b"\1" + step + root).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = hashlib.sha256(b"\1" + root + step).digest()
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


@pytest.fixture
def envelopes(cabinet: Cabinet) -> list[bytes]:
    """A log of so many acts, three of them in one transaction."""
    for number in range(LEAVES - 2):
        with transaction() as db:
            ledger.append(db, "note", {"n": number})
            if number == 0:
                ledger.append(db, "note", {"n": "a"})
                ledger.append(db, "note", {"n": "b"})
    with reading() as db:
        return [ledger.envelope(db, position) for position in range(ledger.size(db))]


def test_every_root_and_every_inclusion_proof_is_as_defined(envelopes: list[bytes]) -> None:
    assert len(envelopes) == LEAVES
    with reading() as db:
        for size in range(1, LEAVES + 1):
            assert ledger.root(db, size) == tree(envelopes[:size])
            for index in range(size):
                path = ledger.inclusion(db, index, size)
                leaf = ledger.leaf_hash(envelopes[index])
                assert root_by_proof(leaf, index, size, path) == tree(envelopes[:size])
                assert root_by_proof(b"x" * 32, index, size, path) != tree(envelopes[:size])


def test_each_act_of_a_transaction_has_its_own_place_and_its_own_checkpoint(
    envelopes: list[bytes],
) -> None:
    kinds = [canonical.decode(each)["n"] for each in envelopes[:4]]
    assert kinds == [0, "a", "b", 1]
    with reading() as db:
        for size in (1, 2, 3):
            lines = ledger.checkpoint(db, size).splitlines()
            assert lines[:3] == [
                "localhost/test",
                str(size),
                base64.b64encode(tree(envelopes[:size])).decode(),
            ]


def test_a_checkpoint_is_signed_by_the_log_and_by_nobody_else(envelopes: list[bytes]) -> None:
    with reading() as db:
        note = ledger.checkpoint(db, LEAVES)
    text, _, signature = note.partition("\n\n")
    name, signed = signature.removeprefix("\u2014 ").split()
    raw = base64.b64decode(signed)
    public = ledger.public_key(ledger.signing_key())
    assert raw[:4] == ledger.key_id(name, public)
    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], (text + "\n").encode())
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], (text + "x\n").encode())


def test_a_closing_is_signed_by_ml_dsa_as_well_and_nothing_else_is(cabinet: Cabinet) -> None:
    with transaction() as db:
        kinds = ("ballot", "consultation_result", "ballot", "meeting_vote_result")
        size = ledger.size(db)
        for kind in kinds:
            ledger.append(db, kind, {"n": 1})
    with reading() as db:
        notes = [ledger.checkpoint(db, size + place) for place in range(1, 5)]
        held, name = bundles.trusted(db), ledger.origin(db)
    signed = [verifier.signed_for_long_at(each, held["closing_key"]) for each in notes]
    assert [at is not None for at in signed] == [False, True, False, True]
    for note in notes:
        assert verifier.open_checkpoint(note, held["log_key"]).origin == name
    # As C2SP signed-note and tlog-cosignature print such a key: name, id, and 0x06 before it.
    printed_name, printed_id, encoded = held["closing_key"].split("+", 2)
    raw = base64.b64decode(encoded)
    named = hashlib.sha256(name.encode() + b"\n" + raw).digest()
    assert (printed_name, printed_id) == (name, named[:4].hex())
    assert (raw[:1], len(raw)) == (b"\x06", 1313)


def test_what_a_closing_signs_is_c2sps_message_byte_for_byte() -> None:
    """tlog-cosignature, "ML-DSA-44 signed message", written out by hand."""
    said = ledger.cosigned_message("a.vn/log", 258, b"r" * 32, 1_700_000_000)
    assert said == (
        b"subtree/v1\n\x00"
        b"\x08a.vn/log"
        b"\x00\x00\x00\x00\x65\x53\xf1\x00"
        b"\x08a.vn/log"
        b"\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x00\x00\x01\x02" + b"r" * 32
    )


def test_a_receipt_reads_the_same_whenever_it_is_asked_for(envelopes: list[bytes]) -> None:
    with reading() as db:
        first = ledger.receipt(db, 5)
    with transaction() as db:
        ledger.append(db, "note", {"n": "later"})
    with reading() as db:
        assert ledger.receipt(db, 5) == first
    assert first.startswith("c2sp.org/tlog-proof@v1\nindex 5\n")


def append_and_fail() -> None:
    with transaction() as db:
        ledger.append(db, "note", {"n": 1})
        raise RuntimeError


def test_what_is_rolled_back_leaves_no_leaf(cabinet: Cabinet) -> None:
    with reading() as db:
        before = ledger.size(db)
    with pytest.raises(RuntimeError):
        append_and_fail()
    with reading() as db:
        assert ledger.size(db) == before
    with transaction() as db:
        ledger.append(db, "note", {"n": 1})
    with reading() as db:
        assert ledger.size(db) == before + 1


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (6, 8), (8, 33), (20, 33), (33, 33)])
def test_an_older_size_is_shown_to_be_a_prefix(envelopes: list[bytes], old: int, new: int) -> None:
    with reading() as db:
        proof = ledger.consistency(db, old, new)
    roots = (tree(envelopes[:old]), tree(envelopes[:new]))
    assert consistent(old, new, *roots, proof)
    if proof:
        assert not consistent(old, new, b"x" * 32, roots[1], proof)
        assert not consistent(old, new, roots[0], b"x" * 32, proof)


def consistent(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """RFC 9162, 2.1.4.2."""
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first = hashlib.sha256(b"\1" + step + first).digest()
            second = hashlib.sha256(b"\1" + step + second).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = hashlib.sha256(b"\1" + second + step).digest()
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


# ---- what the log is asked for ----


@pytest.mark.parametrize("count", range(9))
def test_the_hash_of_leaves_in_hand_is_that_of_the_definition(count: int) -> None:
    leaves = [bytes([each]) for each in range(count)]
    assert ledger.tree_hash([ledger.leaf_hash(each) for each in leaves]) == tree(leaves)


def test_a_log_that_stands_is_not_begun_anew(cabinet: Cabinet) -> None:
    with transaction() as db:
        ledger.begin(db, "another/log")
    with reading() as db:
        assert ledger.origin(db) == "localhost/test"


def test_an_empty_log_has_the_root_of_nothing_and_no_closing(empty: None) -> None:
    with transaction() as db:
        ledger.begin(db, "empty/log")
        assert ledger.size(db) == ledger.both_since(db) == 0
        assert ledger.root(db, 0) == hashlib.sha256(b"").digest()
        assert ledger.newest_closing(db) is None
        assert ledger.latest(db, "note") is None
        assert ledger.size_at(db, clock.now(db)) == 0
        ledger.append(db, "note", {"n": 0})
    with reading() as db:
        assert ledger.size(db) == 1
        assert ledger.root(db, 1) == ledger.leaf_hash(ledger.envelope(db, 0))


@pytest.fixture
def empty(app: Flask) -> None:
    """A database in which no log was begun."""
    del app


def test_what_is_not_there_is_said_by_its_place(envelopes: list[bytes]) -> None:
    with reading() as db:
        with pytest.raises(LookupError, match=f"leaf {LEAVES}"):
            ledger.envelope(db, LEAVES)
        with pytest.raises(LookupError, match=f"checkpoint of size {LEAVES + 1}"):
            ledger.checkpoint(db, LEAVES + 1)
        with pytest.raises(LookupError, match="ledger nodes"):
            ledger.root(db, LEAVES + 1)


def test_how_long_the_log_was_at_a_moment(cabinet: Cabinet) -> None:
    with reading() as db:
        began, size = clock.now(db), ledger.size(db)
    cabinet.wait(hours=1)
    with transaction() as db:
        ledger.append(db, "note", {"n": 1})
        ledger.append(db, "note", {"n": 2})
    with reading() as db:
        at = db.get_one(ledger.Leaf, size).at
        assert ledger.size_at(db, began - timedelta(days=1000)) == 0
        assert ledger.size_at(db, began) == size
        assert ledger.size_at(db, at - timedelta(microseconds=1)) == size
        assert ledger.size_at(db, at) == ledger.size_at(db, at + timedelta(days=1)) == size + 2


def test_acts_are_found_by_kind_by_place_and_by_what_they_name(cabinet: Cabinet) -> None:
    with transaction() as db:
        first = ledger.append(db, "one", {"n": 1, "m": 5})
        other = ledger.append(db, "other", {"n": 1, "m": 5})
        second = ledger.append(db, "one", {"n": 2, "m": 5})
    at, beside, then = first.position, other.position, second.position
    assert at is not None
    assert beside is not None
    assert then is not None
    with reading() as db:
        assert list(ledger.entries(db, "one", -1)) == [at, then]
        assert list(ledger.entries(db, "one", at - 1)) == [at, then]
        assert list(ledger.entries(db, "one", at)) == [then]
        assert list(ledger.entries(db, "one", then)) == []
        assert ledger.entries(db, "other", -1)[beside]["n"] == 1
        assert ledger.latest(db, "one") == ledger.entries(db, "one", -1)[then]
        assert ledger.positions(db, "one", -1, m=5) == [at, then]
        assert ledger.positions(db, "one", -1, n=2, m=5) == [then]
        assert ledger.positions(db, "one", -1, n=3) == []
        whole = ledger.entries(db, "one", -1)[at]
        assert ledger.positions(db, "one", -1, n=1, m=5, position=at) == [at]
        assert whole == {"type": "one", "position": at, "n": 1, "m": 5}


def test_the_newest_closing_is_the_checkpoint_up_to_its_leaf(cabinet: Cabinet) -> None:
    with reading() as db:
        assert ledger.newest_closing(db) is None
    with transaction() as db:
        closings = [ledger.append(db, "consultation_result", {"n": each}) for each in range(2)]
        ledger.append(db, "ballot", {"n": 9})
    last = closings[1].position
    assert last is not None
    with reading() as db:
        assert ledger.newest_closing(db) == ledger.checkpoint(db, last + 1)
    for since, expected in ((last, last + 1), (last + 1, None)):
        with transaction() as db:
            db.get_one(ledger.Head, 1).both_since = since
        with reading() as db:
            found = ledger.newest_closing(db)
            assert found == (ledger.checkpoint(db, expected) if expected else None)


def test_when_a_thing_was_first_named(cabinet: Cabinet) -> None:
    with transaction() as db:
        ledger.append(db, "named", {"what": "a"})
    with reading() as db:
        first = ledger.moments(db, "named", "what")["a"]
    cabinet.wait(hours=1)
    with transaction() as db:
        ledger.append(db, "named", {"what": "a"})
        ledger.append(db, "named", {"what": "b"})
        ledger.append(db, "unnamed", {"what": "c"})
    with reading() as db:
        found = ledger.moments(db, "named", "what")
    assert found["a"] == first
    assert found["b"] > first
    assert set(found) == {"a", "b"}


def test_a_proof_is_the_receipt_the_act_and_the_key_of_the_log(envelopes: list[bytes]) -> None:
    with reading() as db:
        proof = ledger.proof(db, 5)
        assert proof.receipt == ledger.receipt(db, 5)
        assert proof.receipt.partition("\n\n")[2] == ledger.checkpoint(db, 6)
        assert proof.log_key == bundles.trusted(db)["log_key"]
    assert (proof.position, proof.envelope.encode()) == (5, envelopes[5])
    head, index, *hashes = proof.receipt.partition("\n\n")[0].split("\n")
    assert (head, index) == ("c2sp.org/tlog-proof@v1", "index 5")
    path = [base64.b64decode(each) for each in hashes]
    assert root_by_proof(ledger.leaf_hash(envelopes[5]), 5, 6, path) == tree(envelopes[:6])


# ---- whoever appends, and the tables ----


POSTGRESQL = make_url("postgresql+psycopg://").get_dialect()()


@contextmanager
def asked_of(db: Session) -> Iterator[list[str]]:
    """What is asked meanwhile, in PostgreSQL's words: SQLite has one writer and needs none."""
    said: list[str] = []

    def hear(asked: ORMExecuteState) -> None:
        assert isinstance(asked.statement, ClauseElement)
        said.append(str(asked.statement.compile(dialect=POSTGRESQL)))

    event.listen(db, "do_orm_execute", hear)
    yield said
    event.remove(db, "do_orm_execute", hear)


def test_whoever_appends_holds_the_head_and_whoever_reads_holds_up_nobody(
    cabinet: Cabinet,
) -> None:
    with transaction() as db:
        ledger.append(db, "note", {"n": 1})
        with asked_of(db) as said:
            ledger.store(db)
    heads = [each for each in said if "FROM ledger_head" in each]
    assert heads
    assert all(each.endswith("FOR UPDATE") for each in heads)
    for read in (ledger.origin, ledger.size, ledger.both_since):
        with reading() as db, asked_of(db) as said:
            read(db)
        assert said
        assert not any("FOR UPDATE" in each for each in said)


def test_whoever_waited_goes_on_from_where_the_log_stands_by_then(envelopes: list[bytes]) -> None:
    with transaction() as db:
        # Read before the others appended, and in hand ever since.
        held = db.get_one(ledger.Head, 1)
        set_committed_value(held, "size", LEAVES - 5)
        entry = ledger.append(db, "note", {"n": "after them"})
    assert entry.position == LEAVES


def test_what_is_stored_is_written_before_the_commit_goes_on(cabinet: Cabinet) -> None:
    with transaction() as db:
        ledger.append(db, "note", {"n": 1})
        ledger.store(db)
        assert not db.new


def test_an_act_is_known_by_its_entry_once_it_has_its_place(cabinet: Cabinet) -> None:
    heard: list[int] = []
    with transaction() as db:
        entry = ledger.append(db, "note", {"n": 1}, heard.append)
        assert entry.position is None
    assert heard == [entry.position]


@pytest.mark.parametrize("table", [ledger.Leaf, ledger.Checkpoint])
def test_a_place_is_the_logs_to_give_and_never_the_databases(table: type[Base]) -> None:
    """PostgreSQL's own numbers would leave a gap wherever a transaction rolls back."""
    made = CreateTable(Base.metadata.tables[table.__tablename__])
    assert "SERIAL" not in str(made.compile(dialect=POSTGRESQL))


def test_the_keys_are_kept_under_the_names_that_earlier_releases_gave_them(
    cabinet: Cabinet,
) -> None:
    held = keys.store()
    assert ledger.public_key(held.ed25519("log")) == ledger.public_key(ledger.signing_key())
    both = held.ml_dsa_44("log-closing"), ledger.closing_key()
    assert both[0].private_bytes_raw() == both[1].private_bytes_raw()


def test_a_proof_is_not_altered_in_hand(envelopes: list[bytes]) -> None:
    with reading() as db:
        proof = ledger.proof(db, 5)
    with pytest.raises(FrozenInstanceError):
        proof.position = 6
