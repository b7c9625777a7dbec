"""Urgent decisions, and the items that report on them"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0054"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meetings_urgent_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("agreed_with", sa.JSON(), nullable=False),
        sa.Column("recorded_as", sa.String(length=200), nullable=False),
        sa.Column("decided_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["people_person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "meetings_urgent_taken_off",
        sa.Column("urgent_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["urgent_id"], ["meetings_urgent_decision.id"]),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings_meeting.id"]),
        sa.PrimaryKeyConstraint("urgent_id", "meeting_id"),
    )
    with op.batch_alter_table("meetings_item") as table:
        table.add_column(sa.Column("urgent_id", sa.Integer(), nullable=True))
        table.create_index(op.f("ix_meetings_item_urgent_id"), ["urgent_id"])
        table.create_foreign_key(
            op.f("fk_meetings_item_urgent_id"), "meetings_urgent_decision", ["urgent_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("meetings_item") as table:
        table.drop_constraint(op.f("fk_meetings_item_urgent_id"), type_="foreignkey")
        table.drop_index(op.f("ix_meetings_item_urgent_id"))
        table.drop_column("urgent_id")
    op.drop_table("meetings_urgent_taken_off")
    op.drop_table("meetings_urgent_decision")
