"""Members let the drafting agency read a comment before the closing"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballots_early_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.Column("taken_back_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("taken_back_leaf", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_consultation.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["people_person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("leaf"),
        sa.UniqueConstraint("taken_back_leaf"),
    )
    op.create_index(
        op.f("ix_ballots_early_comment_consultation_id"),
        "ballots_early_comment",
        ["consultation_id"],
    )


def downgrade() -> None:
    op.drop_table("ballots_early_comment")
