"""An adviser proposes what their member answers"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballots_proposal",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_consultation.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["people_person.id"]),
        sa.ForeignKeyConstraint(["adviser_id"], ["people_person.id"]),
        sa.PrimaryKeyConstraint("consultation_id", "member_id", "adviser_id"),
    )


def downgrade() -> None:
    op.drop_table("ballots_proposal")
