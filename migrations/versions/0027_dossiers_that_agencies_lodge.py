"""Dossiers that agencies lodge (so far all were the Office's own); Office files beside papers"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("documents_dossier") as table:
        table.add_column(
            sa.Column("state", sa.String(20), nullable=False, server_default="accepted")
        )
        table.create_index("ix_documents_dossier_state", ["state"])
    with op.batch_alter_table("documents_dossier") as table:
        table.alter_column("state", server_default=None)
    with op.batch_alter_table("documents_edition") as table:
        table.add_column(sa.Column("heading", sa.String(800), nullable=False, server_default=""))
        table.add_column(sa.Column("native", sa.String(64), nullable=True))
    with op.batch_alter_table("documents_edition") as table:
        table.alter_column("heading", server_default=None)
    op.create_table(
        "documents_lodging",
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("submission_number", sa.String(60), nullable=False),
        sa.Column("submission_day", sa.Date(), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("proposal", sa.String(), nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("returned_for", sa.String(), nullable=False),
        sa.Column("lodged_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lodged_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["documents_dossier.id"],
            name=op.f("fk_documents_lodging_dossier_id"),
        ),
        sa.ForeignKeyConstraint(
            ["lodged_by"], ["people_person.id"], name=op.f("fk_documents_lodging_lodged_by")
        ),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_documents_lodging")),
    )


def downgrade() -> None:
    op.drop_table("documents_lodging")
    with op.batch_alter_table("documents_edition") as table:
        table.drop_column("native")
        table.drop_column("heading")
    with op.batch_alter_table("documents_dossier") as table:
        table.drop_index("ix_documents_dossier_state")
        table.drop_column("state")
