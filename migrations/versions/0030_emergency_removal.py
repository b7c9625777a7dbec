"""Files that should never have come are removed by two people; what stays is that they were"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents_removal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_as", sa.String(length=200), nullable=False),
        sa.Column("confirmed_as", sa.String(length=200), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["documents_paper.id"], name=op.f("fk_documents_removal_paper_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["approval_request.id"], name=op.f("fk_documents_removal_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents_removal")),
        sa.UniqueConstraint("request_id", name=op.f("uq_documents_removal_request_id")),
    )
    op.create_index(op.f("ix_documents_removal_paper_id"), "documents_removal", ["paper_id"])
    op.create_table(
        "documents_removed_file",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("removal_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["removal_id"],
            ["documents_removal.id"],
            name=op.f("fk_documents_removed_file_removal_id"),
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_documents_removed_file")),
    )
    op.create_index(
        op.f("ix_documents_removed_file_removal_id"), "documents_removed_file", ["removal_id"]
    )
    with op.batch_alter_table("documents_edition") as table:
        table.add_column(sa.Column("removal_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_documents_edition_removal_id"), "documents_removal", ["removal_id"], ["id"]
        )
        table.create_index(op.f("ix_documents_edition_removal_id"), ["removal_id"])
    with op.batch_alter_table("documents_lease") as table:
        table.add_column(
            sa.Column("told_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("documents_lease") as table:
        table.drop_column("told_at")
    with op.batch_alter_table("documents_edition") as table:
        table.drop_index(op.f("ix_documents_edition_removal_id"))
        table.drop_constraint(op.f("fk_documents_edition_removal_id"), type_="foreignkey")
        table.drop_column("removal_id")
    op.drop_table("documents_removed_file")
    op.drop_table("documents_removal")
