"""Finding pages among a hundred thousand, beside FTS5 alone over the same text."""

import gc
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from benchmarks.figure import Figure
from ecabinet import models, search
from ecabinet.app import open_stores
from ecabinet.db import Base, database, reading, transaction
from ecabinet.search import Page, Thing, Within
from ecabinet.search_terms import fold
from ecabinet.settings import Settings

PAGES = int(os.environ.get("PAGES", "100000"))
PAGES_OF_A_PAPER, WORDS_OF_A_PAGE, PAPERS_OF_A_MEETING = 40, 300, 80
QUERIES, ROUNDS = 60, 3
EVERYBODY, MEMBER, MEETING = "office", "person:7", "meeting:1"
THEN = datetime(2026, 11, 2, tzinfo=UTC)
# Syllables of official Vietnamese: the common ones stand on every page.
TEXT = """
chính phủ nhà nước quản lý nghị định quyết nghị về việc của các và trong theo tại được thực hiện ủy
ban nhân dân tỉnh thành phố bộ trưởng cơ quan đơn vị tổ chức cá nhân kinh tế xã hội phát triển đầu
tư công ngân sách đề nghị bố trí nguồn vốn dự án luật thông tư hướng dẫn báo cáo thẩm tra trình kế
hoạch năm giai đoạn đất đai môi trường giáo dục y tế giao thông đường điện nông nghiệp thủy lợi
biển đảo khoa học công nghệ dữ liệu số hóa chuyển đổi an ninh quốc phòng đối ngoại tư pháp thanh
lao động việc làm bảo hiểm nghèo bền vững miền núi dân tộc
"""
SYLLABLES = TEXT.split()


@dataclass(frozen=True)
class Asked:
    """Milliseconds of the ninety-fifth of a hundred searches; of FTS5 alone too, and what share of
    the queries finds nothing."""

    ranked: float
    newest: float
    inside: float
    alone: float
    lost: float
    missed: float


def pages_beside_fts_alone() -> Iterator[Figure]:
    """The ninety-fifth of a hundred searches, and what FTS5 by itself would not find."""
    it = ask_among(PAGES)
    peer = (
        f"FTS5 alone, ranked, unfiltered: {it.alone:.0f} ms, and {it.lost:.0%} of queries find"
        " nothing"
    )
    yield Figure("search: ranked, p95", it.ranked, "ms", "<= 100 ms", peer, it.ranked <= 100)
    newest_is_met = it.newest <= it.ranked
    yield Figure("search: newest first, p95", it.newest, "ms", "<= ranked", peer, newest_is_met)
    yield Figure("search: in a meeting, p95", it.inside, "ms", "<= 10 ms", peer, it.inside <= 10)
    yield Figure("search: queries without a hit", it.missed, "of all", "0", peer, it.missed == 0)


def ask_among(pages: int) -> Asked:
    assert models.__doc__
    with tempfile.TemporaryDirectory() as folder:
        open_stores(Settings(data_dir=Path(folder)))
        Base.metadata.create_all(database().engine)
        asked = _fill(random.Random(7), pages)
        # As a server does before it serves: what is loaded by now is not walked again.
        gc.collect()
        gc.freeze()
        plain = [fold(each) for each in asked]
        found = Asked(
            ranked=_p95(plain, lambda query: search_all(query, ranked=True)),
            newest=_p95(plain, lambda query: search_all(query, ranked=False)),
            inside=_p95(plain, lambda query: search_all(query, ranked=False, place=MEETING)),
            alone=_p95(plain, _by_fts_alone),
            lost=sum(not _by_fts_alone(each) for each in plain) / len(plain),
            missed=sum(not search_all(each, ranked=False) for each in plain) / len(plain),
        )
        database().close()
    return found


def search_all(query: str, *, ranked: bool, place: str = "") -> int:
    with reading() as db:
        return search.find(db, [EVERYBODY], query, Within(place=place), ranked=ranked).count


def _fill(chance: random.Random, pages_in_all: int) -> list[str]:
    """Papers of pages; phrases that stand in them, of two to four syllables."""
    weights = [1 / (place + 3) for place in range(len(SYLLABLES))]
    asked = []
    with database().engine.begin() as connection:
        connection.execute(text(ALONE))
    for paper in range(pages_in_all // PAGES_OF_A_PAPER):
        texts = [
            " ".join(chance.choices(SYLLABLES, weights, k=WORDS_OF_A_PAGE))
            for _ in range(PAGES_OF_A_PAPER)
        ]
        audience = f"dossier:{paper}"
        thing = Thing(f"paper:{paper}", audience, "draft", f"Tờ trình {paper}", 1, THEN)
        pages = [Page(n, f"/papers/{paper}?page={n}", each) for n, each in enumerate(texts, 1)]
        with transaction() as db:
            search.write(db, thing, pages)
            search.admit(db, audience, [EVERYBODY, MEMBER][: 1 + (paper % 5 == 0)])
            db.execute(
                text("INSERT INTO alone (body) VALUES (:body)"), [{"body": t} for t in texts]
            )
        if len(asked) < QUERIES:
            words = chance.choice(texts).split()
            start = chance.randrange(len(words) - 4)
            asked.append(" ".join(words[start : start + chance.randint(2, 4)]))
    with transaction() as db:
        search.file(db, MEETING, [f"dossier:{n}" for n in range(PAPERS_OF_A_MEETING)])
    return asked


ALONE = "CREATE VIRTUAL TABLE alone USING fts5(body, tokenize='unicode61 remove_diacritics 2')"
INTO_ALONE = "INSERT INTO alone (body) VALUES (:body)"
BY_ALONE = "SELECT rowid FROM alone WHERE alone MATCH :phrase ORDER BY rank LIMIT 50"


def _by_fts_alone(query: str) -> int:
    with reading() as db:
        return len(db.execute(text(BY_ALONE), {"phrase": f'"{query}"'}).all())


def _p95(queries: Sequence[str], ask: Callable[[str], int]) -> float:
    """Milliseconds; the median of some rounds."""
    return statistics.median(_p95_once(queries, ask) for _ in range(ROUNDS))


def _p95_once(queries: Sequence[str], ask: Callable[[str], int]) -> float:
    times = []
    for query in queries:
        began = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(times, n=20)[-1]
