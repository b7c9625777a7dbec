"""Votes in session"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meetings_vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("naming", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("papers", sa.JSON(), nullable=False),
        sa.Column("rule_set", sa.String(length=40), nullable=False),
        sa.Column("opened_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("by_order_of", sa.Integer(), nullable=True),
        sa.Column("opened_leaf", sa.Integer(), nullable=True),
        sa.Column("closing_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("standings", sa.JSON(), nullable=False),
        sa.Column("result_leaf", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_order_of"], ["people_person.id"], name=op.f("fk_meetings_vote_by_order_of")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["meetings_item.id"], name=op.f("fk_meetings_vote_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings_meeting.id"], name=op.f("fk_meetings_vote_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["people_person.id"], name=op.f("fk_meetings_vote_opened_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings_vote")),
        sa.UniqueConstraint(
            "meeting_id", "number", name=op.f("uq_meetings_vote_meeting_id_number")
        ),
    )
    with op.batch_alter_table("meetings_vote", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_meetings_vote_meeting_id"), ["meeting_id"], unique=False
        )

    op.create_table(
        "meetings_vote_cast",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vote_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("choice", sa.String(length=20), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_person.id"], name=op.f("fk_meetings_vote_cast_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["vote_id"], ["meetings_vote.id"], name=op.f("fk_meetings_vote_cast_vote_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings_vote_cast")),
        sa.UniqueConstraint("key", name=op.f("uq_meetings_vote_cast_key")),
        sa.UniqueConstraint("leaf", name=op.f("uq_meetings_vote_cast_leaf")),
        sa.UniqueConstraint(
            "vote_id",
            "person_id",
            "follows",
            name=op.f("uq_meetings_vote_cast_vote_id_person_id_follows"),
        ),
    )


def downgrade() -> None:
    op.drop_table("meetings_vote_cast")
    with op.batch_alter_table("meetings_vote", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meetings_vote_meeting_id"))

    op.drop_table("meetings_vote")
