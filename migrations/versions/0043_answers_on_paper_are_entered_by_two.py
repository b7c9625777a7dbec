"""Answers on paper are entered by two"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballots_paper_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_consultation.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["people_person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_ballots_paper_entry_consultation_id"), "ballots_paper_entry", ["consultation_id"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_ballots_paper_entry_consultation_id"), table_name="ballots_paper_entry")
    op.drop_table("ballots_paper_entry")
