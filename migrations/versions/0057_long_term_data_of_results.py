"""Long-term data behind what members sign of a result"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

BEHIND = ("ballots_classification", "ballots_reserved_opinion")


def upgrade() -> None:
    for signed in BEHIND:
        op.create_table(
            signed.replace("ballots_", "ballots_archived_"),
            sa.Column("signed_id", sa.Integer(), nullable=False),
            sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("tail", sa.LargeBinary(), nullable=False),
            sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
            sa.Column("until", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
            sa.ForeignKeyConstraint(["signed_id"], [f"{signed}.id"]),
            sa.PrimaryKeyConstraint("signed_id", "number"),
        )


def downgrade() -> None:
    for signed in reversed(BEHIND):
        op.drop_table(signed.replace("ballots_", "ballots_archived_"))
