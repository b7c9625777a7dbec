"""Signing out at the office's provider, and what is over there already"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_outside_end",
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("session", sa.LargeBinary(length=32), nullable=True),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=True),
        sa.Column("said_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_people_outside_end")),
    )
    with op.batch_alter_table("people_login") as table:
        table.add_column(sa.Column("outside_token", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("people_login") as table:
        table.drop_column("outside_token")
    op.drop_table("people_outside_end")
