"""Things, pages and terms to be found by"""

from datetime import UTC, datetime
from itertools import groupby, pairwise

import sqlalchemy as sa
from alembic import op

from ecabinet.db import UtcDateTime
from ecabinet.search_index import create, drop, of

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    connection = op.get_bind()
    old = connection.execute(
        sa.text("SELECT id, audience, thing, page, title, path, text, words FROM search_text"
                " ORDER BY thing, id")
    ).all()  # fmt: skip
    papers = {
        f"paper:{paper}": (kind, agency)
        for paper, kind, agency in connection.execute(
            sa.text("SELECT p.id, p.kind, d.drafting_agency_id FROM documents_paper p"
                    " JOIN documents_dossier d ON d.id = p.dossier_id")
        )
    }  # fmt: skip
    added = sa.table(
        "documents_edition", sa.column("paper_id"), sa.column("added_at", UtcDateTime())
    )
    newest = sa.select(added.c.paper_id, sa.func.max(added.c.added_at, type_=UtcDateTime()))
    times = {f"paper:{paper}": at for paper, at in connection.execute(newest.group_by("paper_id"))}
    op.drop_table("search_text")
    things, pages, texts = _tables()
    create(connection)
    for number, (name, rows) in enumerate(groupby(old, lambda row: row.thing), 1):
        kept = list(rows)
        kind, agency = papers.get(name, ("other", None))
        connection.execute(
            things.insert().values(
                id=number, name=name, audience=kept[0].audience, kind=kind, title=kept[0].title,
                agency_id=agency, at=times.get(name, UNKNOWN),
            )
        )  # fmt: skip
        for row in kept:
            words = row.words.split()
            terms = {*words, *map("_".join, pairwise(words)), f"_t{number}"}
            connection.execute(pages.insert().values(id=row.id, thing_id=number, number=row.page))
            connection.execute(texts.insert().values(page_id=row.id, path=row.path, text=row.text))
            connection.execute(
                sa.text(of(connection).adding), {"id": row.id, "terms": " ".join(sorted(terms))}
            )
    if connection.dialect.name == "postgresql":
        for table in ("search_thing", "search_page"):
            newest = connection.scalar(
                sa.select(sa.func.max(sa.column("id"))).select_from(sa.table(table))
            )
            connection.execute(sa.select(sa.func.setval(f"{table}_id_seq", (newest or 0) + 1)))


def _tables() -> tuple[sa.Table, sa.Table, sa.Table]:
    things = op.create_table(
        "search_thing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("audience", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_thing")),
        sa.UniqueConstraint("name", name=op.f("uq_search_thing_name")),
    )
    op.create_index(op.f("ix_search_thing_audience"), "search_thing", ["audience"])
    pages = op.create_table(
        "search_page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_page")),
        sa.ForeignKeyConstraint(
            ["thing_id"], ["search_thing.id"], name=op.f("fk_search_page_thing_id")
        ),
    )
    op.create_index(op.f("ix_search_page_thing_id"), "search_page", ["thing_id"])
    texts = op.create_table(
        "search_text",
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("page_id", name=op.f("pk_search_text")),
        sa.ForeignKeyConstraint(
            ["page_id"], ["search_page.id"], name=op.f("fk_search_text_page_id")
        ),
    )
    op.create_table(
        "search_filing",
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("audience", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("place", "audience", name=op.f("pk_search_filing")),
    )
    return things, pages, texts


def downgrade() -> None:
    """What was to be found is read anew from the papers; nothing else of it is lost."""
    drop(op.get_bind())
    for table in ("search_text", "search_page", "search_thing", "search_filing"):
        op.drop_table(table)
    op.create_table(
        "search_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(80), nullable=False),
        sa.Column("thing", sa.String(80), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_text")),
    )
    op.create_index(op.f("ix_search_text_audience"), "search_text", ["audience"])
    op.create_index(op.f("ix_search_text_thing"), "search_text", ["thing"])
