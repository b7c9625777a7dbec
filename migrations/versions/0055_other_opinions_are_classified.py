"""Other opinions are classified by their members' signatures"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

STANDING = sa.text("state <> 'taken_back'")


def upgrade() -> None:
    op.create_table(
        "ballots_classification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reading", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_as", sa.String(length=200), nullable=False),
        sa.Column("proposed_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("ended_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("word", sa.Text(), nullable=True),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(length=32), nullable=True),
        sa.Column("request_digest", sa.String(length=64), nullable=True),
        sa.Column("statement", sa.LargeBinary(), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("mark", sa.String(length=64), nullable=True),
        sa.Column("key_id", sa.String(length=64), nullable=True),
        sa.Column("signature_class", sa.String(length=20), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("stamp", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_result.consultation_id"]),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots_ballot.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["people_person.id"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["people_person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("leaf"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(
        op.f("ix_ballots_classification_consultation_id"),
        "ballots_classification",
        ["consultation_id"],
    )
    op.create_index(
        "uq_ballots_classification_standing", "ballots_classification", ["ballot_id"],
        unique=True, sqlite_where=STANDING, postgresql_where=STANDING,
    )  # fmt: skip
    op.create_table(
        "ballots_reckoning",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("why", sa.String(length=30), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["consultation_id"], ["ballots_result.consultation_id"]),
        sa.PrimaryKeyConstraint("consultation_id"),
    )
    with op.batch_alter_table("ballots_paper") as table:
        table.add_column(sa.Column("classification_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_ballots_paper_classification_id"), "ballots_classification",
            ["classification_id"], ["id"],
        )  # fmt: skip


def downgrade() -> None:
    with op.batch_alter_table("ballots_paper") as table:
        table.drop_constraint(op.f("fk_ballots_paper_classification_id"), type_="foreignkey")
        table.drop_column("classification_id")
    op.drop_table("ballots_reckoning")
    op.drop_table("ballots_classification")
