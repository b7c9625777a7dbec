"""Whose sockets end, for every process to read"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_ejected",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=80), nullable=True),
        sa.Column("process", sa.String(length=80), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_ejected")),
    )
    op.create_index(op.f("ix_live_ejected_at"), "live_ejected", ["at"])
