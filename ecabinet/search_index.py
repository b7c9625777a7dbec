"""Where terms are looked up: FTS5 in SQLite, a GIN index in PostgreSQL, behind one interface.

Neither keeps the text: a row's number leads to the page whose terms it holds. Terms are made of
folded letters, digits and "_" alone, so none can be taken for an operator.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.orm import Session

from ecabinet.search_terms import All, Wanted

TABLE = "search_terms"


@dataclass(frozen=True)
class Index:
    """How one kind of database says it."""

    creating: Sequence[str]
    adding: str
    removing: str
    # By which nothing stays of what was removed; "" where that is the database's own to do.
    settling: str
    row: str
    matching: str
    both: str
    quote: str

    def holds(self, wanted: Wanted) -> TextClause:
        """The condition under which a row of the index holds what is wanted."""
        return text(self.matching).bindparams(wanted=self._said(wanted))

    def _said(self, wanted: Wanted) -> str:
        if isinstance(wanted, str):
            return f"{self.quote}{wanted}{self.quote}"
        sign = self.both if isinstance(wanted, All) else SIGNS[self.both]
        return f"({f' {sign} '.join(map(self._said, wanted.parts))})"


SIGNS = {"AND": "OR", "&": "|"}
SQLITE = Index(
    # Every byte that is not ASCII belongs to a term: it was taken apart before.
    creating=(
        "CREATE VIRTUAL TABLE search_terms USING fts5(terms, content='', contentless_delete=1,"
        " detail=none, tokenize=\"ascii tokenchars '_'\")",
    ),
    adding="INSERT INTO search_terms (rowid, terms) VALUES (:id, :terms)",
    removing="DELETE FROM search_terms WHERE rowid = :id",
    # A removed row is struck out only: its terms stay in their segment until that is merged.
    settling="INSERT INTO search_terms (search_terms) VALUES ('optimize')",
    row="search_terms.rowid",
    matching="search_terms MATCH :wanted",
    both="AND",
    quote='"',
)
POSTGRESQL = Index(
    creating=(
        "CREATE TABLE search_terms (id BIGINT PRIMARY KEY, terms TSVECTOR NOT NULL)",
        "CREATE INDEX ix_search_terms ON search_terms USING gin (terms)",
    ),
    adding=(
        "INSERT INTO search_terms (id, terms)"
        " VALUES (:id, array_to_tsvector(string_to_array(:terms, ' ')))"
    ),
    removing="DELETE FROM search_terms WHERE id = :id",
    settling="",
    row="search_terms.id",
    matching="search_terms.terms @@ CAST(:wanted AS tsquery)",
    both="&",
    quote="'",
)


def of(at: Session | Connection) -> Index:
    dialect = at.get_bind().dialect if isinstance(at, Session) else at.dialect
    return SQLITE if dialect.name == "sqlite" else POSTGRESQL


def create(connection: Connection) -> None:
    for each in of(connection).creating:
        connection.execute(text(each))


def drop(connection: Connection) -> None:
    connection.execute(text("DROP TABLE search_terms"))


def add(db: Session, rows: Iterable[tuple[int, Iterable[str]]]) -> None:
    """Let each of these pages be looked up by its terms."""
    said = [{"id": page, "terms": " ".join(sorted(terms))} for page, terms in rows]
    if said:
        db.execute(text(of(db).adding), said)


def remove(db: Session, pages: Sequence[int]) -> None:
    if pages:
        db.execute(text(of(db).removing), [{"id": each} for each in pages])


def settle(db: Session) -> None:
    """Let nothing of what was removed stay in the index itself."""
    if settling := of(db).settling:
        db.execute(text(settling))
