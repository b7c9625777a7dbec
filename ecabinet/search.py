"""Text that may be searched, with the audiences that may find it.

Rooms write rows; `find` joins the reader's audiences before it counts. Text is folded by a
map from letter to letter (đ → d as well), so that a place in the folded text is the same
place in the original, and a snippet shows the original with its marks (pdf.md 5.2).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, String, and_, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet.db import Base

WORD = re.compile(r"[^\W_]+")
BETWEEN_WORDS = r"[\W_]+"
# How much one page of a list shows: things with their best few pages, or pages of one thing.
THINGS, BEST, PAGES = 20, 3, 50
LOOKED_AT = 50
SNIPPET_BEFORE, SNIPPET_LENGTH = 80, 260
LONGEST_QUERY = 200


class SearchText(Base):
    """One page of something, as its readers may search it."""

    __tablename__ = "search_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    audience: Mapped[str] = mapped_column(String(80), index=True)
    thing: Mapped[str] = mapped_column(String(80), index=True)
    page: Mapped[int]
    title: Mapped[str] = mapped_column(String(500))
    path: Mapped[str] = mapped_column(String(200))
    text: Mapped[str]
    # The folded words with one blank around each: what is compared.
    words: Mapped[str]


class Admission(Base):
    """A reader ("person:7") or a group of them ("office") belongs to an audience."""

    __tablename__ = "search_admission"

    audience: Mapped[str] = mapped_column(String(80), primary_key=True)
    reader: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)


@dataclass(frozen=True)
class Page:
    """A page to be found."""

    number: int
    path: str
    text: str


@dataclass(frozen=True)
class Snippet:
    """A piece of the original text, cut where the search words stand in it."""

    before: str
    found: str
    after: str


@dataclass(frozen=True)
class Hit:
    page: int
    path: str
    snippet: Snippet


@dataclass(frozen=True)
class Group:
    """One thing, how many of its pages hold the words, and some of these in the thing's order."""

    thing: str
    title: str
    count: int
    hits: Sequence[Hit]

    @property
    def others(self) -> int:
        return self.count - len(self.hits)


@dataclass(frozen=True)
class Found:
    """How many pages, of how many things this reader may know of, hold the words; and a list
    of them that is as long as a reader looks through, with its number among such lists.
    """

    count: int
    things: int
    groups: Sequence[Group]
    list_number: int = 1
    lists: int = 1


NOTHING = Found(0, 0, [])


def fold(text: str) -> str:
    """Lower letters without marks, one for each letter of an NFC text."""
    return "".join(map(_folded, text))


@cache
def _folded(letter: str) -> str:
    if letter in "đĐ":
        return "d"
    return unicodedata.normalize("NFD", letter)[0].lower()[0]


def tidy(text: str) -> str:
    """NFC on one line: how text is kept, so that a phrase is found across a line's end."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words_of(text: str) -> list[str]:
    return WORD.findall(fold(unicodedata.normalize("NFC", text)))


def write(db: Session, audience: str, thing: str, title: str, pages: Iterable[Page]) -> None:
    """Make these pages findable in the place of whatever stood there for this thing."""
    db.execute(delete(SearchText).where(SearchText.thing == thing))
    db.add_all(_row(audience, thing, title, each) for each in pages)


def _row(audience: str, thing: str, title: str, page: Page) -> SearchText:
    text = tidy(page.text)
    return SearchText(
        audience=audience,
        thing=thing,
        page=page.number,
        title=title,
        path=page.path,
        text=text,
        words=_padded(words_of(text)),
    )


def remove(db: Session, thing: str) -> None:
    db.execute(delete(SearchText).where(SearchText.thing == thing))


def admit(db: Session, audience: str, readers: Iterable[str]) -> None:
    """From now on these readers find what this audience may find."""
    for reader in sorted(set(readers)):
        if db.get(Admission, (audience, reader)) is None:
            db.add(Admission(audience=audience, reader=reader))
    db.flush()


def find(db: Session, readers: Sequence[str], query: str, list_number: int = 1) -> Found:
    """Things whose pages hold the words next to each other, the newest first.

    On one list those with the same marks come before the others.
    """
    words = words_of(query[:LONGEST_QUERY])
    if not words:
        return NOTHING
    matching = and_(_open_to(readers), _holds(words))
    number, newest = func.count(), func.max(SearchText.id).desc()
    counted = select(SearchText.thing, number).where(matching).group_by(SearchText.thing)
    counts = dict(db.execute(counted.order_by(newest)).all())
    shown = list(counts)[(list_number - 1) * THINGS : list_number * THINGS]
    best = {thing: _best(db, matching, thing, query) for thing in shown}
    shown.sort(key=lambda thing: not any(_is_exact(row, query) for row in best[thing]))
    groups = [_group(thing, counts[thing], best[thing], words) for thing in shown]
    return Found(
        sum(counts.values()), len(counts), groups, list_number, _lists(len(counts), THINGS)
    )


def find_in(
    db: Session, readers: Sequence[str], query: str, thing: str, list_number: int = 1
) -> Found:
    """Every page of one thing that holds the words, in the thing's order."""
    words = words_of(query[:LONGEST_QUERY])
    if not words:
        return NOTHING
    matching = and_(_open_to(readers), _holds(words), SearchText.thing == thing)
    count = db.scalar(select(func.count(SearchText.id)).where(matching)) or 0
    in_order = select(SearchText).where(matching).order_by(SearchText.page)
    rows = db.scalars(in_order.offset((list_number - 1) * PAGES).limit(PAGES)).all()
    if not rows:
        return NOTHING
    return Found(count, 1, [_group(thing, count, rows, words)], list_number, _lists(count, PAGES))


def _lists(count: int, length: int) -> int:
    return -(-count // length)


def _best(
    db: Session, matching: ColumnElement[bool], thing: str, query: str
) -> Sequence[SearchText]:
    """The few pages to show of a thing: the same marks before others, in the thing's order."""
    own = select(SearchText).where(matching, SearchText.thing == thing)
    first = db.scalars(own.order_by(SearchText.page).limit(LOOKED_AT)).all()
    best = sorted(first, key=lambda row: not _is_exact(row, query))[:BEST]
    return sorted(best, key=lambda row: row.page)


def _is_exact(row: SearchText, query: str) -> bool:
    return tidy(query).lower() in row.text.lower()


def _group(thing: str, count: int, rows: Sequence[SearchText], words: Sequence[str]) -> Group:
    return Group(thing, rows[0].title, count, [_hit(row, words) for row in rows])


def _open_to(readers: Sequence[str]) -> ColumnElement[bool]:
    mine = select(Admission.audience).where(Admission.reader.in_(readers))
    return SearchText.audience.in_(mine)


def _holds(words: Sequence[str]) -> ColumnElement[bool]:
    # Single syllables stand on every page of Vietnamese; neighbours say what is meant.
    pairs = [words] if len(words) == 1 else [words[n : n + 2] for n in range(len(words) - 1)]
    return and_(*(SearchText.words.contains(_padded(pair), autoescape=True) for pair in pairs))


def _padded(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "


def _hit(row: SearchText, words: Sequence[str]) -> Hit:
    return Hit(row.page, row.path, snippet(row.text, words))


def snippet(text: str, words: Sequence[str]) -> Snippet:
    """The original around the phrase, or around its first pair of words, or its beginning."""
    folded = fold(text)
    for wanted in (words, words[:2]):
        phrase = r"\b" + BETWEEN_WORDS.join(map(re.escape, wanted)) + r"\b"
        if place := re.search(phrase, folded):
            return _cut(text, *place.span())
    return Snippet("", "", text[:SNIPPET_LENGTH])


def _cut(text: str, start: int, end: int) -> Snippet:
    first = max(0, start - SNIPPET_BEFORE)
    if first:
        first = text.find(" ", first, start) + 1 or first
    last = min(len(text), first + SNIPPET_LENGTH)
    before = ("… " if first else "") + text[first:start]
    after = text[end : max(last, end)] + (" …" if last < len(text) else "")
    return Snippet(before, text[start:end], after)
