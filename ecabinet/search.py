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
RANKED = 50
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
    title: str
    page: int
    path: str
    snippet: Snippet


@dataclass(frozen=True)
class Found:
    """How many pages this reader may know of hold the words, and the first of them."""

    count: int
    hits: Sequence[Hit]


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


def find(db: Session, readers: Sequence[str], query: str, limit: int = RANKED) -> Found:
    """Pages that hold the words next to each other, the same marks first, then the newest."""
    words = words_of(query[:LONGEST_QUERY])
    if not words:
        return Found(0, [])
    mine_and_matching = and_(_open_to(readers), _holds(words))
    count = db.scalar(select(func.count(SearchText.id)).where(mine_and_matching)) or 0
    newest = select(SearchText).where(mine_and_matching).order_by(SearchText.id.desc())
    rows = db.scalars(newest.limit(limit)).all()
    exact = " ".join(unicodedata.normalize("NFC", query).lower().split())
    ranked = sorted(rows, key=lambda row: exact not in row.text.lower())
    return Found(count, [_hit(row, words) for row in ranked])


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
    return Hit(row.title, row.page, row.path, snippet(row.text, words))


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
