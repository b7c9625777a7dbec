"""An item has no leaf of its own: its conclusion is an act, and acts have theirs"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meetings_item") as table:
        table.drop_column("leaf")
