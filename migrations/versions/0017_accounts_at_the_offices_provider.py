"""Accounts at the office's own provider"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_outside_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people_person.id"],
            name=op.f("fk_people_outside_account_person_id_people_person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_outside_account")),
        sa.UniqueConstraint(
            "issuer", "person_id", name=op.f("uq_people_outside_account_issuer_person_id")
        ),
        sa.UniqueConstraint(
            "issuer", "subject", name=op.f("uq_people_outside_account_issuer_subject")
        ),
    )
    op.create_index(
        op.f("ix_people_outside_account_person_id"), "people_outside_account", ["person_id"]
    )
    with op.batch_alter_table("people_login") as table:
        table.add_column(sa.Column("outside_session", sa.LargeBinary(length=32), nullable=True))
        table.create_index(op.f("ix_people_login_outside_session"), ["outside_session"])
    with op.batch_alter_table("people_challenge") as table:
        table.add_column(
            sa.Column("path", sa.String(length=400), server_default="", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("people_challenge") as table:
        table.drop_column("path")
    with op.batch_alter_table("people_login") as table:
        table.drop_index(op.f("ix_people_login_outside_session"))
        table.drop_column("outside_session")
    op.drop_table("people_outside_account")
