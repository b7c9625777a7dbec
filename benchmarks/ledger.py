"""An official act's leaf, with its signed checkpoint, beside one bare durable commit; the same, and
proofs, in a log of a million leaves."""

import hashlib
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from benchmarks.figure import Figure
from ecabinet import clock, ledger, models
from ecabinet.app import open_stores
from ecabinet.db import Base, database, reading, transaction
from ecabinet.settings import Settings

ROUNDS, ACTS = 5, 200
GOAL = 25.0
MILLION, PROOFS, LARGEST_PROOF = 1_000_000, 100, 700
AT_ONCE = 50_000


def append_beside_a_bare_commit() -> Iterator[Figure]:
    """The ratio of medians: transaction with a leaf to transaction with one bare row."""
    assert models.__doc__
    with tempfile.TemporaryDirectory() as folder:
        open_stores(Settings(data_dir=Path(folder)))
        Base.metadata.create_all(database().engine)
        with transaction() as db:
            ledger.begin(db, "localhost/bench")
        yield _appended("ledger: append")
        with transaction() as db:
            _grow_to(db, MILLION)
        yield _appended("ledger: append to a million")
        yield _proven()
        database().close()


def _appended(name: str) -> Figure:
    bare, leaf = [], []
    for _ in range(ROUNDS):
        bare.append(_seconds(_bare))
        leaf.append(_seconds(_leaf))
    alone, ours = (statistics.median(each) / ACTS * 1000 for each in (bare, leaf))
    peer = f"one bare durable commit, {alone:.2f} ms; ours {ours:.2f} ms"
    return Figure(name, ours / alone, "x", f"<= {GOAL:.0f} x", peer, ours <= GOAL * alone)


def _proven() -> Figure:
    """The largest of many inclusion proofs, and how long one takes."""
    with reading() as db:
        size, since = ledger.size(db), time.perf_counter()
        found = [ledger.inclusion(db, secrets.randbelow(size), size) for _ in range(PROOFS)]
        each = (time.perf_counter() - since) / PROOFS * 1000
    most = max(sum(map(len, path)) for path in found)
    peer = f"the leaves' own hashes, {size * 32 / 1e6:.0f} MB; a proof takes {each:.1f} ms"
    goal = f"<= {LARGEST_PROOF} B"
    return Figure("ledger: proof in a million", most, "B", goal, peer, most <= LARGEST_PROOF)


def _grow_to(db: Session, size: int) -> None:
    """Hashes of no act, level by level, as if there had been so many."""
    for level in range(size.bit_length()):
        count = size >> level
        for start in range(0, count, AT_ONCE):
            places = range(start, min(count, start + AT_ONCE))
            rows = [{"level": level, "index": at, "digest": _digest(level, at)} for at in places]
            db.execute(insert(ledger.Node).prefix_with("OR IGNORE"), rows)
    db.execute(update(ledger.Head).values(size=size))


def _digest(level: int, index: int) -> bytes:
    return hashlib.sha256(f"{level}/{index}".encode()).digest()


def _seconds(act: Callable[[int], None]) -> float:
    start = time.perf_counter()
    for number in range(ACTS):
        act(number)
    return time.perf_counter() - start


def _bare(number: int) -> None:
    with transaction() as db:
        clock.shift(db, 0)


def _leaf(number: int) -> None:
    with transaction() as db:
        ledger.append(db, "bench", {"n": number})
