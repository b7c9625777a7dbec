"""How cost grows with the archive: search among ten and a hundred times the pages, and papers of
ten, a hundred and a thousand pages. For long runs, by hand (`make scale`)."""

import math
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import samples, search
from benchmarks.figure import Figure
from documents import service
from documents.marking import Copy, Slot
from ecabinet import migrate
from ecabinet.app import open_stores
from ecabinet.db import database
from ecabinet.settings import Settings

STEPS = (100, 10, 1)
PAGES_OF_PAPERS = (10, 100, 1000)
ROUNDS, RANGES, RANGE = 3, 200, 64 * 1024
MS_A_PAGE = 15.0


def search_as_pages_come() -> Iterator[Figure]:
    """Of a ranked search, of one by time and of one in a meeting: by which power of the pages."""
    sizes = [search.PAGES // step for step in STEPS]
    found = [search.ask_among(each) for each in sizes]
    alone = exponent(sizes, [each.alone for each in found])
    for name in ("ranked", "newest", "inside"):
        times = [getattr(each, name) for each in found]
        said = ", ".join(f"{ms:.0f} ms" for ms in times)
        peer = f"FTS5 alone, {alone:.2f}; {said} among {', '.join(f'{n:,}' for n in sizes)} pages"
        grows = exponent(sizes, times)
        yield Figure(f"search: growth, {name}", grows, "power", "<= 0.3", peer, grows <= 0.3)


def papers_as_pages_come() -> Iterator[Figure]:
    """A file becomes a paper in time that grows as its pages do; a range of it costs the same."""
    with tempfile.TemporaryDirectory() as folder:
        open_stores(Settings(data_dir=Path(folder)))
        migrate.upgrade(database())
        taken, copies = zip(*map(_taken_in, PAGES_OF_PAPERS), strict=True)
        # In turns, so that a busy machine is so to all. The smallest is smaller than a range.
        rounds = [[_of_a_range(each) for each in copies[1:]] for _ in range(ROUNDS)]
        database().close()
    said = ", ".join(
        f"{pages} pages in {seconds:.1f} s"
        for pages, seconds in zip(PAGES_OF_PAPERS, taken, strict=True)
    )
    each = (taken[-1] - taken[0]) / (PAGES_OF_PAPERS[-1] - PAGES_OF_PAPERS[0]) * 1000
    yield Figure(
        "papers: 1,000 pages, per page", each, "ms", f"<= {MS_A_PAGE:g} ms", said, each <= MS_A_PAGE
    )
    medium, large = (statistics.median(each) for each in zip(*rounds, strict=True))
    more = large / medium
    peer = f"that of a paper of {PAGES_OF_PAPERS[1]} pages, {medium * 1e6:.0f} us"
    yield Figure("papers: range of 1,000 pages", more, "x", "<= 1.2 x", peer, more <= 1.2)


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """The power of the size by which the cost grows: the slope where both are drawn by decades."""
    logs = [math.log(each) for each in sizes], [math.log(each) for each in costs]
    return statistics.linear_regression(*logs).slope


def _taken_in(pages: int) -> tuple[float, Copy]:
    """Seconds in which such a file becomes a paper, and a reader's copy of it."""
    content = samples.paper(pages, packed=False)
    began = time.perf_counter()
    kept = service.read_file("to-trinh.pdf", content)
    seconds = time.perf_counter() - began
    slot = Slot(kept.slot_at, kept.slot_length, kept.prepared_size)
    return seconds, Copy(kept.prepared, slot, service.filled(samples.MARK, kept.slot_length))


def _of_a_range(copy: Copy) -> float:
    """Seconds of one range among many, from one end of the copy to the other."""
    step = max(1, (copy.size - RANGE) // RANGES)
    began = time.perf_counter()
    for start in range(0, step * RANGES, step):
        for _ in copy.stream(start, min(copy.size, start + RANGE)):
            pass
    return (time.perf_counter() - began) / RANGES
