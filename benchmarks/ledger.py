"""An official act's leaf, with its signed checkpoint, beside one bare durable commit."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figure import Figure
from ecabinet import clock, ledger, models
from ecabinet.app import open_stores
from ecabinet.db import Base, database, transaction
from ecabinet.settings import Settings

ROUNDS, ACTS = 5, 200
GOAL = 25.0


def append_beside_a_bare_commit() -> Iterator[Figure]:
    """The ratio of medians: transaction with a leaf to transaction with one bare row."""
    assert models.__doc__
    with tempfile.TemporaryDirectory() as folder:
        open_stores(Settings(data_dir=Path(folder)))
        Base.metadata.create_all(database().engine)
        with transaction() as db:
            ledger.begin(db, "localhost/bench")
        bare, leaf = [], []
        for _ in range(ROUNDS):
            bare.append(_seconds(_bare))
            leaf.append(_seconds(_leaf))
        database().close()
    ratio = statistics.median(leaf) / statistics.median(bare)
    peer = f"one bare durable commit, {statistics.median(bare) / ACTS * 1000:.2f} ms"
    yield Figure("ledger: append", ratio, "x", f"<= {GOAL:.0f} x", peer, ratio <= GOAL)


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
