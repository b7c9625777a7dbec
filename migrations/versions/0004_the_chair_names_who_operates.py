"""The chair names who operates the console"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meetings_seat") as table:
        table.add_column(sa.Column("named_by", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_meetings_seat_named_by_people_person"), "people_person", ["named_by"], ["id"]
        )
