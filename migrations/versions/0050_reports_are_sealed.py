"""Reports on results are sealed"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0050"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballots_report",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("facts_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_result.consultation_id"]),
        sa.PrimaryKeyConstraint("consultation_id", "number"),
    )
    with op.batch_alter_table("ballots_result") as table:
        table.add_column(
            sa.Column("report_due", sa.Boolean(), server_default=sa.true(), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("ballots_result") as table:
        table.drop_column("report_due")
    op.drop_table("ballots_report")
