"""Which signatures count"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ballots_consultation") as table:
        table.add_column(sa.Column("signature_classes", sa.JSON()))
    with op.batch_alter_table("people_device") as table:
        table.add_column(
            sa.Column(
                "signature_class", sa.String(length=20), nullable=False, server_default="device"
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("people_device") as table:
        table.drop_column("signature_class")
    with op.batch_alter_table("ballots_consultation") as table:
        table.drop_column("signature_classes")
