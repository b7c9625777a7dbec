"""An item of an agenda that only those are told of who need to know"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meetings_item") as table:
        table.add_column(
            sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_table(
        "meetings_item_reader",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["meetings_item.id"], name=op.f("fk_meetings_item_reader_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_person.id"], name=op.f("fk_meetings_item_reader_person_id")
        ),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_meetings_item_reader")),
    )


def downgrade() -> None:
    op.drop_table("meetings_item_reader")
    with op.batch_alter_table("meetings_item") as table:
        table.drop_column("restricted")
