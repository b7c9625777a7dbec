"""Signed outside the browser"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0049"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballots_outside_signing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("fetched_by", sa.String(length=64), nullable=False),
        sa.Column("brought_by", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("made_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("brought_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("signed_sha256", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["paper_id"], ["ballots_paper.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fetched_by"),
        sa.UniqueConstraint("brought_by"),
    )
    op.create_index(
        op.f("ix_ballots_outside_signing_paper_id"), "ballots_outside_signing", ["paper_id"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_ballots_outside_signing_paper_id"), table_name="ballots_outside_signing")
    op.drop_table("ballots_outside_signing")
