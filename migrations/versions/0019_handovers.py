"""Handovers: an office's work from one holder to another"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("taker_id", sa.Integer(), nullable=False),
        sa.Column("office_id", sa.Integer(), nullable=False),
        sa.Column("giver", sa.String(length=200), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("taker", sa.String(length=200), nullable=False),
        sa.Column("taker_office", sa.String(length=200), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("begun_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.Integer(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("given_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.Integer(), nullable=True),
        sa.Column("given_as", sa.String(length=200), nullable=True),
        sa.Column("taken_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["begun_by"], ["people_person.id"], name=op.f("fk_handover_begun_by")
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["people_person.id"], name=op.f("fk_handover_given_by")
        ),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["people_person.id"], name=op.f("fk_handover_giver_id")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["people_office.id"], name=op.f("fk_handover_office_id")
        ),
        sa.ForeignKeyConstraint(
            ["taker_id"], ["people_person.id"], name=op.f("fk_handover_taker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    with op.batch_alter_table("handover") as table:
        table.create_index(table.f("ix_handover_giver_id"), ["giver_id"], unique=False)
        table.create_index(table.f("ix_handover_taker_id"), ["taker_id"], unique=False)
