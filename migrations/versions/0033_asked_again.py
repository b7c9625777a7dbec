"""A question is asked again when one of its papers is replaced while it is open"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ballots_consultation") as table:
        table.add_column(
            sa.Column("asked_again_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )
        table.add_column(sa.Column("asked_again_leaf", sa.Integer(), nullable=True))
    with op.batch_alter_table("ballots_frozen_paper") as table:
        table.add_column(sa.Column("replaced_in", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ballots_frozen_paper") as table:
        table.drop_column("replaced_in")
    with op.batch_alter_table("ballots_consultation") as table:
        table.drop_column("asked_again_leaf")
        table.drop_column("asked_again_at")
