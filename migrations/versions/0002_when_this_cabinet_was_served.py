"""When this cabinet was served, and which outages kept silence from agreeing"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "served",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_served")),
    )
    op.create_index(op.f("ix_served_until"), "served", ["until"])
    with op.batch_alter_table("ballots_result") as table:
        table.add_column(
            sa.Column("outages", sa.JSON(), server_default=sa.text("'[]'"), nullable=False)
        )
