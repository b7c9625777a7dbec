"""Two people correct a result, which stays as it was"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballots_correction",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_as", sa.String(length=200), nullable=False),
        sa.Column("confirmed_as", sa.String(length=200), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_result.consultation_id"]),
        sa.PrimaryKeyConstraint("consultation_id", "number"),
    )


def downgrade() -> None:
    op.drop_table("ballots_correction")
