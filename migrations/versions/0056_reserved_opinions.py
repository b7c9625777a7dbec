"""Members reserve an opinion beside an outcome"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballots_reserved_opinion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("outcome_leaf", sa.Integer(), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("signature_class", sa.String(length=20), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_result.consultation_id"]),
        sa.ForeignKeyConstraint(["member_id"], ["people_person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("leaf"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(
        op.f("ix_ballots_reserved_opinion_consultation_id"),
        "ballots_reserved_opinion",
        ["consultation_id"],
    )
    with op.batch_alter_table("ballots_paper") as table:
        table.add_column(
            sa.Column("kind", sa.String(length=20), nullable=False, server_default="ballot")
        )
    op.execute(
        "UPDATE ballots_paper SET kind = 'classification' WHERE classification_id IS NOT NULL"
    )
    with op.batch_alter_table("ballots_paper") as table:
        table.alter_column("kind", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("ballots_paper") as table:
        table.drop_column("kind")
    op.drop_table("ballots_reserved_opinion")
