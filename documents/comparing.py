"""What changed from one edition of a paper to the next, over the text of their pages: pure.

Only text is compared. What a stranger's file can make it cost is bounded: where the same page or
word stands too often, it is shown as taken out and put in whole.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

# How many pairs of equal pages, and of equal words, are looked at: on one page, and in all.
MOST_PAGE_PAIRS, MOST_WORD_PAIRS, MOST_IN_ALL = 20_000, 60_000, 1_500_000
# Among pages that read otherwise on both sides: how many pairs are weighed, and how much two must
# have in common to be one page that was changed.
MOST_LINED_UP, LEAST_IN_COMMON = 900, 0.4


class Fate(StrEnum):
    """What became of some words."""

    KEPT = "kept"
    OUT = "out"
    IN = "in"


class Piece(NamedTuple):
    fate: Fate
    words: str


@dataclass(frozen=True)
class PageChange:
    """A page that reads otherwise, by its number before and now; an added page was nowhere."""

    was: int | None
    now: int | None
    pieces: list[Piece]


def changes(old: Sequence[str], new: Sequence[str]) -> list[PageChange]:
    """The pages whose words changed, in the order of the newer edition."""
    before = [each.split() for each in old]
    after = [each.split() for each in new]
    found = []
    left = MOST_IN_ALL
    for was, now in _pages_apart(before, after):
        out = before[was] if was is not None else []
        put = after[now] if now is not None else []
        pairs = _pairs(out, put)
        if pairs <= min(left, MOST_WORD_PAIRS):
            left -= pairs
            pieces = _redline(out, put)
        else:
            pieces = _whole(out, put)
        found.append(
            PageChange(
                was + 1 if was is not None else None, now + 1 if now is not None else None, pieces
            )
        )
    return found


@dataclass(frozen=True)
class PagePair:
    """A page and the one that stands for it in the other edition, if any does."""

    was: int | None
    now: int | None
    changed: bool


def pairs(old_pages: int, new_pages: int, changed: Sequence[PageChange]) -> list[PagePair]:
    """Every page of two editions beside its other, in their order; between two changes the pages
    read the same."""
    found: list[PagePair] = []
    was = now = 1

    def go_on(to_was: int, to_now: int) -> None:
        nonlocal was, now
        while was < to_was and now < to_now:
            found.append(PagePair(was, now, changed=False))
            was, now = was + 1, now + 1

    for each in changed:
        go_on(each.was or old_pages + 1, each.now or new_pages + 1)
        found.append(PagePair(each.was, each.now, changed=True))
        was, now = (each.was or was - 1) + 1, (each.now or now - 1) + 1
    go_on(old_pages + 1, new_pages + 1)
    return found


def _pages_apart(
    before: list[list[str]], after: list[list[str]]
) -> list[tuple[int | None, int | None]]:
    """Which page stands for which, where the two are not the same."""
    old, new = [" ".join(each) for each in before], [" ".join(each) for each in after]
    if _pairs(old, new) > MOST_PAGE_PAIRS:
        lined_up = zip_longest(range(len(old)), range(len(new)))
        return [(i, j) for i, j in lined_up if i is None or j is None or old[i] != new[j]]
    return [
        (None if i is None else i1 + i, None if j is None else j1 + j)
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
        for i, j in _lined_up(before[i1:i2], after[j1:j2])
    ]


def _lined_up(
    before: Sequence[list[str]], after: Sequence[list[str]]
) -> list[tuple[int | None, int | None]]:
    """Which of these pages stands for which: those that have most words in common, in their order;
    what is like none came or went."""
    if not before or not after or len(before) * len(after) > MOST_LINED_UP:
        return list(zip_longest(range(len(before)), range(len(after))))
    there, here = [Counter(each) for each in before], [Counter(each) for each in after]
    # The most that pages from here on have in common, page after page from behind.
    most = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    alike = [[_likeness(one, other) for other in here] for one in there]
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            together = alike[i][j] + most[i + 1][j + 1] if alike[i][j] else 0.0
            most[i][j] = max(together, most[i + 1][j], most[i][j + 1])
    same: list[tuple[int, int]] = []
    i = j = 0
    while i < len(before) and j < len(after):
        if alike[i][j] and most[i][j] == alike[i][j] + most[i + 1][j + 1]:
            same.append((i, j))
            i, j = i + 1, j + 1
        elif most[i][j] == most[i + 1][j]:
            i += 1
        else:
            j += 1
    found: list[tuple[int | None, int | None]] = []
    i = j = 0
    for to_i, to_j in [*same, (len(before), len(after))]:
        found += _left_between(range(i, to_i), range(j, to_j))
        found += [(to_i, to_j)] if (to_i, to_j) in same else []
        i, j = to_i + 1, to_j + 1
    return found


def _left_between(was: range, now: range) -> list[tuple[int | None, int | None]]:
    """As many pages as there were, written anew, or pages that went and others that came."""
    if len(was) == len(now):
        return list(zip(was, now, strict=True))
    return [*((each, None) for each in was), *((None, each) for each in now)]


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """The share of words that two pages have in common, 0 where it is too small to say so."""
    longer = max(one.total(), other.total())
    share = (one & other).total() / longer if longer else 0.0
    return share if share >= LEAST_IN_COMMON else 0.0


def _redline(out: list[str], put: list[str]) -> list[Piece]:
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, out, put, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Fate.KEPT, " ".join(out[i1:i2])))
        else:
            pieces += _whole(out[i1:i2], put[j1:j2])
    return pieces


def _whole(out: list[str], put: list[str]) -> list[Piece]:
    both = ((Fate.OUT, out), (Fate.IN, put))
    return [Piece(fate, " ".join(words)) for fate, words in both if words]


def _pairs(out: Sequence[str], put: Sequence[str]) -> int:
    """How many pairs of equal things there are: what comparing costs."""
    there = Counter(put)
    return sum(times * there[each] for each, times in Counter(out).items())
