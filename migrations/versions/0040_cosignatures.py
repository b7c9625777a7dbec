"""What outside witnesses cosigned"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_cosignature",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness"),
    )


def downgrade() -> None:
    op.drop_table("ledger_cosignature")
