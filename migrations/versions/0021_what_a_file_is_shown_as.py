"""What a file is shown as, and how much of it can be searched"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("documents_edition") as table:
        table.add_column(
            sa.Column("as_pictures", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(
            sa.Column("text_poor_pages", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("documents_edition") as table:
        table.alter_column("as_pictures", server_default=None)
        table.alter_column("text_poor_pages", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("documents_edition") as table:
        table.drop_column("text_poor_pages")
        table.drop_column("as_pictures")
