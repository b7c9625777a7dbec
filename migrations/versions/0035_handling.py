"""Papers bear a handling label; copies that leave are noted"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("documents_paper") as table:
        table.add_column(
            sa.Column("handling", sa.String(length=10), nullable=False, server_default="free")
        )
    op.execute("UPDATE documents_paper SET handling = 'online' WHERE online_only")
    with op.batch_alter_table("documents_paper") as table:
        table.drop_column("online_only")
        table.alter_column("handling", server_default=None)

    op.create_table(
        "documents_export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["documents_edition.id"], name=op.f("fk_documents_export_edition_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_person.id"], name=op.f("fk_documents_export_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents_export")),
    )
    with op.batch_alter_table("documents_export") as table:
        table.create_index(table.f("ix_documents_export_edition_id"), ["edition_id"], unique=False)
        table.create_index(table.f("ix_documents_export_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("documents_export")
    with op.batch_alter_table("documents_paper") as table:
        table.add_column(
            sa.Column("online_only", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute("UPDATE documents_paper SET online_only = true WHERE handling = 'online'")
    with op.batch_alter_table("documents_paper") as table:
        table.drop_column("handling")
