"""Whoever signed in without their phone is reminded until they have another"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people_person") as table:
        table.add_column(
            sa.Column("phone_lost_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("people_person") as table:
        table.drop_column("phone_lost_at")
