"""Where a note stands on another edition of its paper, and how sure that is: pure.

Where its words stand on the same page; else elsewhere in the paper; else the page that they were
on; else nowhere, which is the tray (peers.md 4.4). Nothing is decided on words alone that stand
twice: then those before and after them do, and without these their reader is asked.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from unicodedata import combining

# From here on nobody is asked.
SURE = 80
LONG_ENOUGH, CONTEXT = 12, 0.5
LIKE, HARDLY_CHANGED = 0.5, 0.8
# How far around a page changed words are sought, and for how many notes; how often words stand on
# a page at most.
PAGES_AROUND, MOST_CHANGED, MOST_ON_PAGE = 15, 300, 1_000
# How many words more than were lit are shown at each end, up to where those end now.
MORE = 12
# Where a clause ends; each such sign stands at the end of its last word.
ENDS = (",", ";", ":", ".", "!", "?", "…")
# How many letters before and after some words tell them from the same words elsewhere.
AROUND = 32
# What extractors put where a word was divided, and what nobody sees.
UNSEEN = {ord(each): None for each in "\u00ad\u0002\ufffe\ufeff\u200b"}


class Found(StrEnum):
    SAME_PAGE = "same_page"
    ELSEWHERE = "elsewhere"
    PAGE = "page"
    TRAY = "tray"


@dataclass(frozen=True)
class Anchor:
    """The page that a note was written on, and the words if it is about some."""

    page: int
    quote: str = ""
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Place:
    """Where it stands now: the page, the words as they read there, which of them on that page."""

    found: Found
    page: int | None
    score: int
    quote: str = ""
    nth: int = 0

    @property
    def is_sure(self) -> bool:
        return self.score >= SURE


TRAY = Place(Found.TRAY, None, 0)


@dataclass(frozen=True)
class _Page:
    """A page as it is compared: its words, and its letters without what stands between them."""

    number: int
    words: list[str]
    # Without the signs around them.
    bare: list[str]
    letters: str


def carry(anchors: Sequence[Anchor], old: Sequence[str], new: Sequence[str]) -> list[Place]:
    """Where each of these stands in the newer edition, by the text of both editions' pages."""
    before, after = _pages(old), _pages(new)
    places = []
    left = MOST_CHANGED
    for anchor in anchors:
        page, likeness = _page_now(anchor.page, before, after)
        place = _exact(anchor, page or anchor.page, after)
        if place is None and anchor.quote and left:
            left -= 1
            place = _changed(anchor, page or anchor.page, after)
        places.append(place or _page_alone(anchor, page, likeness))
    return places


def _page_alone(anchor: Anchor, page: int | None, likeness: float) -> Place:
    """A note about a page goes with it; one whose words are gone is asked about there."""
    if page is None:
        return TRAY
    is_sure = likeness >= HARDLY_CHANGED and not anchor.quote
    score = round(100 * likeness)
    return Place(Found.PAGE, page, score if is_sure else min(score, SURE - 1))


def anchored(place: Place, texts: Sequence[str]) -> Anchor:
    """What a note is carried on from that stands there, by the text of that edition's pages."""
    assert place.page is not None
    page = _pages(texts[place.page - 1 : place.page])
    quote = _letters(place.quote)
    found = _all_of(quote, page[0].letters) if page else []
    if place.nth >= len(found):
        return Anchor(place.page, place.quote)
    text = " ".join(page[0].words)
    letters = [at for at, each in enumerate(text) if each != " "]
    first = letters[found[place.nth]]
    last = letters[found[place.nth] + len(quote) - 1] + 1
    return Anchor(place.page, place.quote, text[:first][-AROUND:], text[last:][:AROUND])


# ---- pages ----


def _pages(texts: Sequence[str]) -> list[_Page]:
    words = [_words(each) for each in texts]
    return [
        _Page(number, each, [_bare(word) for word in each], "".join(each))
        for number, each in enumerate(words, 1)
    ]


def _page_now(number: int, before: list[_Page], after: list[_Page]) -> tuple[int | None, float]:
    """Which page this one is now, and how like it reads; the nearest of those that read alike."""
    if number > len(before):
        return None, 0
    page = before[number - 1]
    same = [each.number for each in after if each.letters == page.letters]
    if same:
        return min(same, key=lambda each: abs(each - number)), 1
    there = [(_likeness(page.words, each.words), each.number) for each in _around(number, after)]
    likeness, now = max(there, key=lambda each: (each[0], -abs(each[1] - number)), default=(0, 0))
    return (now, likeness) if likeness >= LIKE else (None, 0)


def _around(number: int, pages: list[_Page]) -> list[_Page]:
    return pages[max(0, number - 1 - PAGES_AROUND) : number + PAGES_AROUND]


def _likeness(some: Sequence[str], others: Sequence[str]) -> float:
    """The share of words that two texts have in common (Dice)."""
    common = sum((Counter(some) & Counter(others)).values())
    return 2 * common / max(1, len(some) + len(others))


# ---- words ----


def _exact(anchor: Anchor, page: int, after: list[_Page]) -> Place | None:
    """Where the very words stand: in their old company, and on their page before any other."""
    quote = _letters(anchor.quote)
    there = [
        (_company(anchor, each.letters, at, len(quote)), each.number, nth)
        for each in after
        for nth, at in enumerate(_all_of(quote, each.letters))
    ]
    if not there:
        return None

    def likely(each: tuple[float, int, int]) -> tuple[bool, bool, float, int]:
        company, number, _ = each
        return company >= CONTEXT, number == page, company, -abs(number - page)

    company, number, nth = max(there, key=likely)
    is_alone = len(there) == 1 and len(quote) >= LONG_ENOUGH
    found = Found.SAME_PAGE if number == page else Found.ELSEWHERE
    score = 100 if company >= CONTEXT or is_alone else SURE - 20
    return Place(found, number, score, anchor.quote, nth)


def _all_of(quote: str, letters: str) -> list[int]:
    found: list[int] = []
    at = letters.find(quote) if quote else -1
    while at >= 0 and len(found) < MOST_ON_PAGE:
        found.append(at)
        at = letters.find(quote, at + 1)
    return found


def _company(anchor: Anchor, letters: str, at: int, length: int) -> float:
    """How much of what stood before and after still stands there."""
    prefix, suffix = _letters(anchor.prefix), _letters(anchor.suffix)
    before = _alike(reversed(prefix), reversed(letters[:at]))
    after = _alike(suffix, letters[at + length :])
    return (before + after) / max(1, len(prefix) + len(suffix))


def _alike(some: Iterable[str], others: Iterable[str]) -> int:
    """How many letters are the same, from the first on."""
    pairs = zip(some, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _changed(anchor: Anchor, page: int, after: list[_Page]) -> Place | None:
    """Words that have most in common with those that are gone; their reader is always asked."""
    sought = _bares(anchor.quote)
    there = [(*_best_window(sought, each.bare), each) for each in _around(page, after)]
    share, at, now = max(
        there, key=lambda each: (each[0], -abs(each[2].number - page)), default=(0, 0, None)
    )
    if now is None or share < LIKE:
        return None
    first, last = _without_strangers(sought, now.bare, at)
    first = _begins(_bares(anchor.prefix), now, first)
    last = _ends(_bares(anchor.suffix), now, last)
    text = " ".join(now.words[first:last])
    signs, quote = text[: _signs_before(text)], _bare(text)
    begins = len("".join(now.words[:first])) + len(_letters(signs))
    nth = _all_of(_letters(quote), now.letters).index(begins)
    found = Found.SAME_PAGE if now.number == page else Found.ELSEWHERE
    return Place(found, now.number, round(share * (SURE - 1)), quote, nth)


def _without_strangers(sought: Sequence[str], words: Sequence[str], at: int) -> tuple[int, int]:
    """From the first word of the run to its last that are among those sought; each counts once."""
    first, last = at, min(at + len(sought), len(words))
    wanted, seen = Counter(sought), Counter(words[first:last])
    while seen[words[first]] > wanted[words[first]]:
        seen[words[first]] -= 1
        first += 1
    while seen[words[last - 1]] > wanted[words[last - 1]]:
        seen[words[last - 1]] -= 1
        last -= 1
    return first, last


def _begins(before: Sequence[str], page: _Page, first: int) -> int:
    """Where words begin whose first known one is this: after those that stood before them, else
    with their clause. A word of this language is often two in writing, and none is cut."""
    least = max(0, first - MORE)
    for place in range(first, least - 1, -1):
        if _is_after(before, page.bare[:place]):
            return place
    clause = (place for place in range(first, least - 1, -1) if _is_start(page, place))
    return next(clause, first)


def _ends(after: Sequence[str], page: _Page, last: int) -> int:
    """The same of their end: before those that stood after them, else with their clause."""
    most = min(len(page.words), last + MORE)
    for place in range(last, most + 1):
        if _is_after(after[::-1], page.bare[place:][::-1]):
            return place
    clause = (place for place in range(last, most + 1) if _is_start(page, place))
    return next(clause, last)


def _is_start(page: _Page, place: int) -> bool:
    """Whether a clause can begin here: the one before it has ended."""
    return place in (0, len(page.words)) or page.words[place - 1].endswith(ENDS)


def _is_after(before: Sequence[str], there: Sequence[str]) -> bool:
    """Whether what is there ends with the last two words of these, or the only one."""
    return bool(before) and [each for each in there if each][-2:][-len(before) :] == before[-2:]


def _best_window(sought: Sequence[str], words: Sequence[str]) -> tuple[float, int]:
    """The run of as many words that shares most with those sought, and where it begins."""
    wanted, width = Counter(sought), max(1, len(sought))
    seen: Counter[str] = Counter()
    common, best = 0, (0.0, 0)
    for end, word in enumerate(words, 1):
        seen[word] += 1
        common += seen[word] <= wanted[word]
        if end > width:
            gone = words[end - 1 - width]
            common -= seen[gone] <= wanted[gone]
            seen[gone] -= 1
        best = max(best, (common / width, -max(0, end - width)))
    return best[0], -best[1]


def _words(text: str) -> list[str]:
    return unicodedata.normalize("NFC", text).translate(UNSEEN).split()


def _bares(text: str) -> list[str]:
    return [bare for each in _words(text) if (bare := _bare(each))]


def _bare(word: str) -> str:
    """A word without the signs around it; of signs alone nothing is left."""
    return word[_signs_before(word) : len(word) - _signs_before(word[::-1])]


def _signs_before(text: str) -> int:
    """How many signs stand before the first letter or figure; a tone that is written apart is
    none."""
    return sum(1 for _ in takewhile(lambda each: not each.isalnum() and not combining(each), text))


def _letters(text: str) -> str:
    return "".join(_words(text))
