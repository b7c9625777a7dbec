"""Keys are renewed"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0047"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people_device") as table:
        table.add_column(sa.Column("ends_at", ecabinet.db.UtcDateTime(timezone=True)))
        table.add_column(sa.Column("renews", sa.String(length=64)))
        table.add_column(sa.Column("renewal", sa.LargeBinary()))
        table.add_column(sa.Column("tried_at", ecabinet.db.UtcDateTime(timezone=True)))
    # Until now each certificate was good for a year from its confirmation.
    device = sa.table(
        "people_device",
        sa.column("id", sa.Integer),
        sa.column("confirmed_at", ecabinet.db.UtcDateTime(timezone=True)),
        sa.column("ends_at", ecabinet.db.UtcDateTime(timezone=True)),
    )
    bind = op.get_bind()
    confirmed = sa.select(device.c.id, device.c.confirmed_at)
    for number, at in bind.execute(confirmed.where(device.c.confirmed_at.is_not(None))).all():
        ends_at = at + timedelta(days=365)
        bind.execute(device.update().where(device.c.id == number).values(ends_at=ends_at))


def downgrade() -> None:
    with op.batch_alter_table("people_device") as table:
        for name in ("tried_at", "renewal", "renews", "ends_at"):
            table.drop_column(name)
