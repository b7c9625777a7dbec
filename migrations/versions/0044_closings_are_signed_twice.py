"""Closings are signed twice"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ledger_head", sa.Column("both_since", sa.Integer(), nullable=False, server_default="0")
    )
    # What was closed before has one signature, and stays as it was.
    op.execute("UPDATE ledger_head SET both_since = size")
    with op.batch_alter_table("ledger_head") as head:
        head.alter_column("both_since", server_default=None)


def downgrade() -> None:
    op.drop_column("ledger_head", "both_since")
