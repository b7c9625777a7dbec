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


def downgrade() -> None:
    op.drop_table("documents_note")
    op.drop_table("documents_note_count")
