"""Agencies as a tree with codes and former names; acting holders, suspensions, offices with days"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_former_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=80), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["people_agency.id"], name=op.f("fk_people_former_name_agency_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_former_name")),
    )
    op.create_index(op.f("ix_people_former_name_agency_id"), "people_former_name", ["agency_id"])
    op.create_table(
        "people_agency_code",
        sa.Column("code", sa.String(length=35), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["people_agency.id"], name=op.f("fk_people_agency_code_agency_id")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_people_agency_code")),
    )
    op.create_index(op.f("ix_people_agency_code_agency_id"), "people_agency_code", ["agency_id"])
    op.create_table(
        "people_suspension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_person.id"], name=op.f("fk_people_suspension_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_suspension")),
    )
    op.create_index(op.f("ix_people_suspension_person_id"), "people_suspension", ["person_id"])
    with op.batch_alter_table("people_agency") as table:
        table.add_column(
            sa.Column("kind", sa.String(length=20), nullable=False, server_default="other")
        )
        table.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("ended_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("successor_id", sa.Integer(), nullable=True))
        for name in ("parent_id", "successor_id"):
            table.create_foreign_key(
                op.f(f"fk_people_agency_{name}"), "people_agency", [name], ["id"]
            )
    with op.batch_alter_table("people_office") as table:
        table.add_column(sa.Column("opened_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("closed_on", sa.Date(), nullable=True))
    with op.batch_alter_table("people_term") as table:
        table.add_column(
            sa.Column("acting", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(
            sa.Column("basis", sa.String(length=200), nullable=False, server_default="")
        )
    with op.batch_alter_table("people_login") as table:
        table.add_column(
            sa.Column("left_office", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(
            sa.Column("heard_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )
