"""Long-term data behind signed ballots"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0046"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballots_archived",
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tail", sa.LargeBinary(), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots_ballot.id"]),
        sa.PrimaryKeyConstraint("ballot_id", "number"),
    )


def downgrade() -> None:
    op.drop_table("ballots_archived")
