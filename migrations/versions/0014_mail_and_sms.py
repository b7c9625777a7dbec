"""Mail and SMS: addresses, choices, and what became of each delivery"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_address",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=254), nullable=True),
        sa.Column("confirmed_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("asked_value", sa.String(length=254), nullable=True),
        sa.Column("asked_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "channel", name=op.f("pk_outbox_address")),
    )
    op.create_table(
        "outbox_choice",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("is_wanted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "subject", "channel", name=op.f("pk_outbox_choice")),
    )
    op.create_table(
        "outbox_habit",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=False),
        sa.Column("quiet_until", sa.Time(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_outbox_habit")),
    )
    op.create_table(
        "outbox_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("due", sa.String(length=40), nullable=True),
        sa.Column("presses", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tried_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox_message.id"], name=op.f("fk_outbox_delivery_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_delivery")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_delivery_key")),
        sa.UniqueConstraint(
            "message_id", "channel", name=op.f("uq_outbox_delivery_message_id_channel")
        ),
    )
    with op.batch_alter_table("outbox_delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_delivery_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(
            "ix_outbox_delivery_queue", ["channel", "state", "next_at"], unique=False
        )

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fact", sa.String(length=80), nullable=True))
        batch_op.create_unique_constraint(
            batch_op.f("uq_outbox_message_person_id_fact"), ["person_id", "fact"]
        )

    # Until now a member was told by opening the page, and by nothing else.
    with op.batch_alter_table("ballots_standing") as table:
        table.add_column(sa.Column("notice_by", sa.String(length=10), nullable=True))
    op.execute("UPDATE ballots_standing SET notice_by = 'opened' WHERE notice_at IS NOT NULL")
