"""What changed from the edition before"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("documents_edition") as table:
        table.add_column(sa.Column("changes", sa.String(64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("documents_edition") as table:
        table.drop_column("changes")
