"""Mandates: who stands for whom, in which matter, until when"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_mandate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("right", sa.String(length=20), nullable=False),
        sa.Column("matter", sa.String(length=20), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=500), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("taker_id", sa.Integer(), nullable=False),
        sa.Column("giver", sa.String(length=200), nullable=False),
        sa.Column("taker", sa.String(length=200), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("given_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("consented_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("consented_by", sa.Integer(), nullable=True),
        sa.Column("refused_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("refused_because", sa.String(length=500), nullable=True),
        sa.Column("ended_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consented_by"], ["people_person.id"], name=op.f("fk_people_mandate_consented_by")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["people_person.id"], name=op.f("fk_people_mandate_ended_by")
        ),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["people_person.id"], name=op.f("fk_people_mandate_giver_id")
        ),
        sa.ForeignKeyConstraint(
            ["taker_id"], ["people_person.id"], name=op.f("fk_people_mandate_taker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_mandate")),
    )
    with op.batch_alter_table("people_mandate") as table:
        table.create_index(table.f("ix_people_mandate_giver_id"), ["giver_id"], unique=False)
        table.create_index(table.f("ix_people_mandate_taker_id"), ["taker_id"], unique=False)

    op.create_table(
        "documents_loan",
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("mandate_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["documents_dossier.id"], name=op.f("fk_documents_loan_dossier_id")
        ),
        sa.ForeignKeyConstraint(
            ["mandate_id"], ["people_mandate.id"], name=op.f("fk_documents_loan_mandate_id")
        ),
        sa.PrimaryKeyConstraint("dossier_id", "mandate_id", name=op.f("pk_documents_loan")),
    )
    with op.batch_alter_table("documents_loan") as table:
        table.create_index(table.f("ix_documents_loan_mandate_id"), ["mandate_id"], unique=False)

    with op.batch_alter_table("meetings_seat") as table:
        table.add_column(sa.Column("mandate_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("stands_for", sa.Integer(), nullable=True))
        table.create_foreign_key(
            table.f("fk_meetings_seat_mandate_id"), "people_mandate", ["mandate_id"], ["id"]
        )
        table.create_foreign_key(
            table.f("fk_meetings_seat_stands_for"), "people_person", ["stands_for"], ["id"]
        )
