"""When somebody was last at a page of a login"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people_login") as table:
        table.add_column(
            sa.Column("seen_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )
