"""What the rooms above do when a paper is replaced or its file removed, and what they know of the
book that it is bound in; tied in `ecabinet.app`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ecabinet.access import Actor


@dataclass(frozen=True)
class Bound:
    """A paper in a book, in the edition that is bound there, and its pages."""

    id: int
    edition_number: int
    title: str
    first: int


@dataclass(frozen=True)
class Binding:
    """A session's papers as one book: what this reader is given of it, and how long it is."""

    session_id: int
    papers: list[Bound]
    pages: int

    def place(self, paper_id: int) -> int:
        """Where a paper stands among the others."""
        return [each.id for each in self.papers].index(paper_id)

    def first(self, paper_id: int, edition_number: int) -> int | None:
        """On which page of the book an edition begins; None of one that is not bound there."""
        found = self.papers[self.place(paper_id)]
        return found.first if found.edition_number == edition_number else None


# Told of the dossier and of the paper.
Tell = Callable[[Session, int, int], None]

# Of the session by its number, as this person may read it.
Bind = Callable[[Session, Actor, int], Binding | None]

_replaced: list[Tell] = []
_removed: list[Tell] = []
_books: list[Bind] = []


def bind(replaced: Iterable[Tell], removed: Iterable[Tell], books: Iterable[Bind] = ()) -> None:
    _replaced[:] = replaced
    _removed[:] = removed
    _books[:] = books


def book_with(db: Session, actor: Actor, session_id: int, paper_id: int) -> Binding | None:
    """The book of a session, if this paper is in it and this person may read both."""
    for ask in _books:
        book = ask(db, actor, session_id)
        if book and paper_id in {each.id for each in book.papers}:
            return book
    return None


def paper_replaced(db: Session, dossier_id: int, paper_id: int) -> None:
    """In the act's own transaction, once the new edition is there."""
    for tell in _replaced:
        tell(db, dossier_id, paper_id)


def paper_removed(db: Session, dossier_id: int, paper_id: int) -> None:
    """In the act's own transaction, once nothing of the file can be asked for."""
    for tell in _removed:
        tell(db, dossier_id, paper_id)
