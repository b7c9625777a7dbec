"""Two people decide what a signed answer that could not be taken comes to"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ballots_attempt") as table:
        table.add_column(
            sa.Column("decided_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )
        table.add_column(sa.Column("decided_reason", sa.Text(), nullable=True))
        table.add_column(sa.Column("decided_leaf", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ballots_attempt") as table:
        table.drop_column("decided_leaf")
        table.drop_column("decided_reason")
        table.drop_column("decided_at")
