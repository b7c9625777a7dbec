"""What may be searched, with the audiences that may find it.

Rooms write things with their pages; `find` joins the reader's audiences before it counts. Looked
up are the newest pages first, and never more than `MOST` of them: what is on every page says
little, and costs no more than what is on a few.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKey,
    Select,
    String,
    column,
    delete,
    event,
    func,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import search_index, search_terms
from ecabinet.db import Base
from ecabinet.search_terms import All, Asked, Either, Wanted, fold, tidy

BETWEEN_WORDS = r"[\W_]+"
# How much one page of a list shows: things with their best few pages, or pages of one thing.
THINGS, BEST, PAGES = 20, 3, 50
LOOKED_AT = 12
MOST = 1_000
# So few things are part of what is looked up; of more, the pages that are found are held against
# a list of them.
FEW = 300
SNIPPET_BEFORE, SNIPPET_LENGTH = 80, 260
LONGEST_QUERY = 200
# A phrase once more on the same page says less than on another; in the title it says most.
MOST_TIMES, IN_TITLE = 5, 100


class SearchThing(Base):
    """A paper, an agenda item, a conclusion: what is found, by its pages."""

    __tablename__ = "search_thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    audience: Mapped[str] = mapped_column(String(80), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(500))
    agency_id: Mapped[int | None]
    at: Mapped[datetime]


class SearchPage(Base):
    """One page of a thing. Its text stands apart: pages are counted more often than read."""

    __tablename__ = "search_page"

    id: Mapped[int] = mapped_column(primary_key=True)
    thing_id: Mapped[int] = mapped_column(ForeignKey("search_thing.id"), index=True)
    number: Mapped[int]


class SearchText(Base):
    """What stands on a page."""

    __tablename__ = "search_text"

    page_id: Mapped[int] = mapped_column(ForeignKey("search_page.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200))
    text: Mapped[str]


class Admission(Base):
    """A reader ("person:7") or a group of them ("office") belongs to an audience."""

    __tablename__ = "search_admission"

    audience: Mapped[str] = mapped_column(String(80), primary_key=True)
    reader: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)


class Filing(Base):
    """What belongs to a place ("meeting:3"), by its audience: a session's papers and items."""

    __tablename__ = "search_filing"

    place: Mapped[str] = mapped_column(String(80), primary_key=True)
    audience: Mapped[str] = mapped_column(String(80), primary_key=True)


@event.listens_for(SearchPage.__table__, "after_create")
def _create_index(_table: object, connection: Connection, **_more: Any) -> None:
    search_index.create(connection)


@event.listens_for(SearchPage.__table__, "before_drop")
def _drop_index(_table: object, connection: Connection, **_more: Any) -> None:
    search_index.drop(connection)


@dataclass(frozen=True)
class Thing:
    """What a room lets be found: its name in the index, who may find it, how it is filtered."""

    name: str
    audience: str
    kind: str
    title: str
    agency_id: int | None
    at: datetime


@dataclass(frozen=True)
class Page:
    """A page to be found."""

    number: int
    path: str
    text: str


@dataclass(frozen=True)
class Within:
    """What one searches in: kinds, an agency, a place, from a time to before another."""

    kinds: tuple[str, ...] = ()
    agency_id: int | None = None
    place: str = ""
    since: datetime | None = None
    before: datetime | None = None


EVERYWHERE = Within()


@dataclass(frozen=True)
class Piece:
    """A piece of a text, lit where it is what was sought."""

    text: str
    lit: bool = False


@dataclass(frozen=True)
class Hit:
    page: int
    path: str
    snippet: Sequence[Piece]


@dataclass(frozen=True)
class Group:
    """One thing, how many of its pages hold the words, and some of these in the thing's order."""

    thing: str
    kind: str
    title: str
    at: datetime
    count: int
    hits: Sequence[Hit]

    @property
    def others(self) -> int:
        return self.count - len(self.hits)


@dataclass(frozen=True)
class Found:
    """How many pages, of how many things this reader may know of, hold the words; and a list
    of them that is as long as a reader looks through, with its number among such lists.

    `more`: there are further ones, older than the `count` that were looked at.
    """

    count: int
    things: int
    groups: Sequence[Group]
    list_number: int = 1
    lists: int = 1
    more: bool = False


NOTHING = Found(0, 0, [])


# ---- what may be found, and by whom ----


def write(db: Session, thing: Thing, pages: Iterable[Page]) -> None:
    """Make these pages findable in the place of whatever stood there for this thing."""
    remove(db, thing.name)
    row = SearchThing(
        name=thing.name,
        audience=thing.audience,
        kind=thing.kind,
        title=thing.title,
        agency_id=thing.agency_id,
        at=thing.at,
    )
    db.add(row)
    db.flush()
    texts = [(each, tidy(each.text)) for each in pages]
    rows = [SearchPage(thing_id=row.id, number=each.number) for each, _ in texts]
    db.add_all(rows)
    db.flush()
    db.add_all(
        SearchText(page_id=page.id, path=each.path, text=text)
        for page, (each, text) in zip(rows, texts, strict=True)
    )
    own = _term(row.id)
    search_index.add(
        db,
        (
            (page.id, {*search_terms.terms_of(text), own})
            for page, (_, text) in zip(rows, texts, strict=True)
        ),
    )


def call(db: Session, name: str, title: str, kind: str) -> None:
    """Give a thing another title, and say that it is of another kind."""
    named = SearchThing.name == name
    db.execute(update(SearchThing).where(named).values(title=title, kind=kind))


def remove(db: Session, name: str) -> None:
    thing = db.scalar(select(SearchThing).where(SearchThing.name == name))
    if thing is None:
        return
    pages = db.scalars(select(SearchPage.id).where(SearchPage.thing_id == thing.id)).all()
    search_index.remove(db, pages)
    db.execute(delete(SearchText).where(SearchText.page_id.in_(pages)))
    db.execute(delete(SearchPage).where(SearchPage.thing_id == thing.id))
    db.delete(thing)
    db.flush()


def settle(db: Session) -> None:
    """Let nothing stay of the pages that were removed; of much it takes seconds."""
    search_index.settle(db)


def admit(db: Session, audience: str, readers: Iterable[str]) -> None:
    """From now on these readers find what this audience may find."""
    for reader in sorted(set(readers)):
        if db.get(Admission, (audience, reader)) is None:
            db.add(Admission(audience=audience, reader=reader))
    db.flush()


def admit_alone(db: Session, audience: str, readers: Iterable[str]) -> None:
    """From now on these readers find what this audience may find, and nobody else does."""
    wanted = set(readers)
    theirs = Admission.audience == audience
    db.execute(delete(Admission).where(theirs, Admission.reader.not_in(wanted)))
    admit(db, audience, wanted)


def assign(db: Session, audience: str, agency_id: int) -> None:
    """Let what this audience may find be sought as another agency's."""
    theirs = SearchThing.audience == audience
    db.execute(update(SearchThing).where(theirs).values(agency_id=agency_id))


def file(db: Session, place: str, audiences: Iterable[str]) -> None:
    """Let what these audiences may find be sought in this place, and nothing else."""
    db.execute(delete(Filing).where(Filing.place == place))
    db.add_all(Filing(place=place, audience=each) for each in sorted(set(audiences)))
    db.flush()


# ---- finding ----


def find(
    db: Session,
    readers: Sequence[str],
    query: str,
    within: Within = EVERYWHERE,
    list_number: int = 1,
    *,
    ranked: bool = False,
) -> Found:
    """Things whose pages hold the words, the newest first, or those first that say them most.

    On one list of newest things those with the same marks come before the others.
    """
    asked = search_terms.asked(query[:LONGEST_QUERY])
    hits = _newest(db, _open_to(readers, within), asked.wanted) if asked else []
    if not asked or not hits:
        return NOTHING
    more, hits = len(hits) > MOST, hits[:MOST]
    pages: dict[int, list[int]] = {}
    for page, thing in hits:
        pages.setdefault(thing, []).append(page)
    order = list(pages)
    if ranked:
        scores = _scores(db, pages, query)
        order.sort(key=lambda thing: -scores[thing])
    shown = order[(list_number - 1) * THINGS : list_number * THINGS]
    best = _best(db, {thing: sorted(pages[thing])[:LOOKED_AT] for thing in shown}, query)
    if not ranked:
        phrase = _said(query)
        shown.sort(key=lambda thing: not any(phrase in row.text.lower() for row in best[thing]))
    things = {each.id: each for each in db.scalars(_things(shown))}
    groups = [_group(things[each], len(pages[each]), best[each], asked) for each in shown]
    return Found(len(hits), len(pages), groups, list_number, _lists(len(pages), THINGS), more)


def find_in(
    db: Session, readers: Sequence[str], query: str, name: str, list_number: int = 1
) -> Found:
    """Every page of one thing that holds the words, in the thing's order."""
    asked = search_terms.asked(query[:LONGEST_QUERY])
    own = _open_to(readers, EVERYWHERE).where(SearchThing.name == name)
    thing = db.scalar(_things(own)) if asked else None
    if asked is None or thing is None:
        return NOTHING
    found = _matching(db, All((_term(thing.id), asked.wanted)))
    count = db.scalar(select(func.count()).select_from(found.subquery())) or 0
    in_order = found.order_by(SearchPage.number)
    ids = [each for each, _ in db.execute(in_order.offset((list_number - 1) * PAGES).limit(PAGES))]
    if not ids:
        return NOTHING
    rows = _read(db, ids)
    group = _group(thing, count, rows, asked)
    return Found(count, 1, [group], list_number, _lists(count, PAGES))


def agencies(db: Session, readers: Sequence[str]) -> list[int]:
    """The agencies from which there is anything that these readers find."""
    mine = _open_to(readers, EVERYWHERE)
    found = select(SearchThing.agency_id).where(SearchThing.id.in_(mine)).distinct()
    return [each for each in db.scalars(found) if each is not None]


def _things(ids: Sequence[int] | Select[int]) -> Select[SearchThing]:
    return select(SearchThing).where(SearchThing.id.in_(ids))


def _open_to(readers: Sequence[str], within: Within) -> Select[int]:
    """The things that these readers may find, of those that they want."""
    mine = select(Admission.audience).where(Admission.reader.in_(readers))
    if within.place:
        # A place holds few of those that are this reader's: begun with, they are all that is asked.
        filed = mine.join(Filing, Filing.audience == Admission.audience)
        mine = filed.where(Filing.place == within.place)
    return select(SearchThing.id).where(SearchThing.audience.in_(mine), *_wanted(within))


def _wanted(within: Within) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if within.kinds:
        conditions.append(SearchThing.kind.in_(within.kinds))
    if within.agency_id is not None:
        conditions.append(SearchThing.agency_id == within.agency_id)
    if within.since:
        conditions.append(SearchThing.at >= within.since)
    if within.before:
        conditions.append(SearchThing.at < within.before)
    return conditions


def _newest(db: Session, things: Select[int], wanted: Wanted) -> Sequence[tuple[int, int]]:
    """Pages with their things, the newest first, one more than is looked at."""
    few = db.scalars(things.limit(FEW + 1)).all()
    if not few:
        return []
    if len(few) <= FEW:
        found = _matching(db, All((Either(tuple(map(_term, few))), wanted)))
    else:
        found = _matching(db, wanted).where(SearchPage.thing_id.in_(things))
    row: ColumnElement[int] = literal_column(search_index.of(db).row)
    newest = row.desc()
    return [(page, thing) for page, thing in db.execute(found.order_by(newest).limit(MOST + 1))]


def _matching(db: Session, wanted: Wanted) -> Select[int, int]:
    index = search_index.of(db)
    row: ColumnElement[int] = literal_column(index.row)
    terms = table(search_index.TABLE, column("terms"))
    joined = select(SearchPage.id, SearchPage.thing_id).select_from(terms)
    return joined.join(SearchPage, SearchPage.id == row).where(index.holds(wanted))


def _term(thing_id: int) -> str:
    """By which every page of a thing is looked up."""
    return f"_t{thing_id}"


def _lists(count: int, length: int) -> int:
    return -(-count // length)


@dataclass(frozen=True)
class Row:
    """A page that is read, to be shown."""

    number: int
    path: str
    text: str


def _read(db: Session, pages: Sequence[int]) -> list[Row]:
    """These pages, in this order."""
    found = (
        select(SearchText.page_id, SearchPage.number, SearchText.path, SearchText.text)
        .join(SearchPage, SearchPage.id == SearchText.page_id)
        .where(SearchText.page_id.in_(pages))
    )
    rows = {page: Row(number, path, text) for page, number, path, text in db.execute(found)}
    return [rows[each] for each in pages]


def _best(db: Session, pages: Mapping[int, Sequence[int]], query: str) -> dict[int, list[Row]]:
    """The few pages to show of each thing: the same marks before others, in the thing's order."""
    every, phrase = [page for own in pages.values() for page in own], _said(query)
    rows = dict(zip(every, _read(db, every), strict=True))
    best = {}
    for thing, own in pages.items():
        found = [rows[each] for each in own]
        if len(found) > BEST:
            found.sort(key=lambda row: phrase not in row.text.lower())
        best[thing] = sorted(found[:BEST], key=lambda row: row.number)
    return best


def _scores(db: Session, pages: Mapping[int, Sequence[int]], query: str) -> dict[int, int]:
    """How much each thing says of what is sought, with its marks: on how many pages, how often."""
    phrase = _said(query)
    titles = select(SearchThing.id, SearchThing.title).where(SearchThing.id.in_(pages))
    scores = {
        thing: IN_TITLE * (fold(phrase) in fold(title)) + IN_TITLE * (phrase in title.lower())
        for thing, title in db.execute(titles)
    }
    every = [page for own in pages.values() for page in own]
    texts = select(SearchPage.thing_id, SearchText.text).join(
        SearchText, SearchText.page_id == SearchPage.id
    )
    for thing, text in db.execute(texts.where(SearchPage.id.in_(every))):
        scores[thing] += 1 + 2 * min(MOST_TIMES, text.lower().count(phrase))
    return scores


def _said(query: str) -> str:
    """What stands, with the same marks, on a page that comes before others."""
    return tidy(query).lower()


def _group(thing: SearchThing, count: int, rows: Sequence[Row], asked: Asked) -> Group:
    hits = [Hit(row.number, row.path, snippet(row.text, asked.phrases)) for row in rows]
    return Group(thing.name, thing.kind, thing.title, thing.at, count, hits)


def snippet(text: str, phrases: Sequence[Sequence[str]]) -> list[Piece]:
    """The original around the best phrase that stands in it, lit wherever that stands; or its
    beginning."""
    folded = fold(text)
    for words in phrases:
        phrase = _phrase(words)
        if place := phrase.search(folded):
            first, last = _window(text, *place.span())
            return _lit(text, first, last, phrase.finditer(folded, first, last))
    return [Piece(text[:SNIPPET_LENGTH])]


def _phrase(words: Sequence[str]) -> re.Pattern[str]:
    """Whole words one after another. Where the first begins is asked behind it: a pattern that
    begins with letters skips to them."""
    first, *rest = map(re.escape, words)
    return re.compile(BETWEEN_WORDS.join([rf"{first}(?<=\b{first})", *rest]) + r"\b")


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    first = max(0, start - SNIPPET_BEFORE)
    if first:
        first = text.find(" ", first, start) + 1 or first
    return first, max(end, min(len(text), first + SNIPPET_LENGTH))


def _lit(text: str, first: int, last: int, places: Iterable[re.Match[str]]) -> list[Piece]:
    pieces, at = [], first
    for place in places:
        start, end = place.span()
        pieces += [Piece(text[at:start]), Piece(text[start:end], lit=True)]
        at = end
    pieces.append(Piece(text[at:last]))
    if first:
        pieces.insert(0, Piece("… "))
    if last < len(text):
        pieces.append(Piece(" …"))
    return [each for each in pieces if each.text]
