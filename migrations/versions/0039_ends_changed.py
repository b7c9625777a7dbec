"""Two people move the end of an open question"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballots_end_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("was_due_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_consultation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_ballots_end_change_consultation_id", "ballots_end_change", ["consultation_id"]
    )


def downgrade() -> None:
    op.drop_table("ballots_end_change")
