"""A question is withdrawn with a reason, or superseded by the next round"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ballots_consultation") as table:
        table.add_column(sa.Column("ended_reason", sa.Text(), nullable=True))
        table.add_column(sa.Column("supersedes", sa.Integer(), nullable=True))
        table.create_foreign_key(
            "fk_ballots_consultation_supersedes", "ballots_consultation", ["supersedes"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("ballots_consultation") as table:
        table.drop_constraint("fk_ballots_consultation_supersedes", type_="foreignkey")
        table.drop_column("supersedes")
        table.drop_column("ended_reason")
