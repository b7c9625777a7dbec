"""What readers write on the pages of papers"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents_note_count",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_person.id"], name=op.f("fk_documents_note_count_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_documents_note_count")),
    )
    op.create_table(
        "documents_note",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("shape", sa.JSON(), nullable=False),
        sa.Column("changed_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_person.id"], name=op.f("fk_documents_note_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["documents_edition.id"], name=op.f("fk_documents_note_edition_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_documents_note")),
    )
    with op.batch_alter_table("documents_note") as table:
        table.create_index(table.f("ix_documents_note_edition_id"), ["edition_id"], unique=False)
    op.create_table(
        "documents_note_place",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("note_id", sa.String(length=36), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("found", sa.String(length=20), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id", "note_id"],
            ["documents_note.person_id", "documents_note.id"],
            name=op.f("fk_documents_note_place_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["documents_edition.id"],
            name=op.f("fk_documents_note_place_edition_id"),
        ),
        sa.PrimaryKeyConstraint(
            "person_id", "note_id", "edition_id", name=op.f("pk_documents_note_place")
        ),
    )
    with op.batch_alter_table("documents_note_place") as table:
        name = table.f("ix_documents_note_place_edition_id")
        table.create_index(name, ["edition_id"], unique=False)
    op.create_table(
        "documents_note_share",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("note_id", sa.String(length=36), nullable=False),
        sa.Column("mandate_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id", "note_id"],
            ["documents_note.person_id", "documents_note.id"],
            name=op.f("fk_documents_note_share_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["mandate_id"], ["people_mandate.id"], name=op.f("fk_documents_note_share_mandate_id")
        ),
        sa.PrimaryKeyConstraint(
            "person_id", "note_id", "mandate_id", name=op.f("pk_documents_note_share")
        ),
    )
    with op.batch_alter_table("documents_note_share") as table:
        name = table.f("ix_documents_note_share_mandate_id")
        table.create_index(name, ["mandate_id"], unique=False)


def downgrade() -> None:
    op.drop_table("documents_note_share")
    op.drop_table("documents_note_place")
    op.drop_table("documents_note")
    op.drop_table("documents_note_count")
