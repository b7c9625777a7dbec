"""What one person asks for and a second one confirms"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("about", sa.String(length=300), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("waits_as", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_as", sa.String(length=200), nullable=False),
        sa.Column("asked_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_as", sa.String(length=200), nullable=True),
        sa.Column("decided_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_request")),
        sa.UniqueConstraint("waits_as", name=op.f("uq_approval_request_waits_as")),
    )
    op.create_index(op.f("ix_approval_request_asked_by"), "approval_request", ["asked_by"])
    op.create_index(op.f("ix_approval_request_state"), "approval_request", ["state"])
