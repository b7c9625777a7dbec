"""A login says when, and by what, its owner last showed that it is they"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people_login") as table:
        table.add_column(
            sa.Column("shown_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )
        table.add_column(sa.Column("shown_by", sa.String(length=10), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("people_login") as table:
        table.drop_column("shown_by")
        table.drop_column("shown_at")
