"""Keys are renewed"""

import sqlalchemy as sa
from alembic import op
from cryptography import x509

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
    # What stands in the certificates that were given out until now.
    device = sa.table(
        "people_device",
        sa.column("id", sa.Integer),
        sa.column("certificate", sa.LargeBinary),
        sa.column("ends_at", ecabinet.db.UtcDateTime(timezone=True)),
    )
    bind = op.get_bind()
    certified = sa.select(device.c.id, device.c.certificate).where(device.c.certificate.isnot(None))
    for number, certificate in bind.execute(certified).all():
        ends_at = x509.load_der_x509_certificate(certificate).not_valid_after_utc
        bind.execute(device.update().where(device.c.id == number).values(ends_at=ends_at))


def downgrade() -> None:
    with op.batch_alter_table("people_device") as table:
        for name in ("tried_at", "renewal", "renews", "ends_at"):
            table.drop_column(name)
