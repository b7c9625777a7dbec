"""The drafting agency replies to opinions; the Prime Minister decides on a result"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ballots_consultation") as table:
        table.add_column(sa.Column("deputy_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            "fk_ballots_consultation_deputy_id", "people_person", ["deputy_id"], ["id"]
        )
    op.create_table(
        "ballots_reply",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["people_person.id"]),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_consultation.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["people_person.id"]),
        sa.PrimaryKeyConstraint("consultation_id", "member_id"),
    )
    op.create_table(
        "ballots_decision",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("decided", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["people_person.id"]),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_result.consultation_id"]),
        sa.PrimaryKeyConstraint("consultation_id"),
    )


def downgrade() -> None:
    op.drop_table("ballots_decision")
    op.drop_table("ballots_reply")
    with op.batch_alter_table("ballots_consultation") as table:
        table.drop_constraint("fk_ballots_consultation_deputy_id", type_="foreignkey")
        table.drop_column("deputy_id")
