"""How people signed in, and the codes that they hold on paper"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people_person") as table:
        table.add_column(
            sa.Column("password_ended_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )
        table.add_column(sa.Column("totp_offered", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("people_login") as table:
        table.add_column(sa.Column("source", sa.String(60), nullable=False, server_default=""))
        table.add_column(sa.Column("method", sa.String(20), nullable=False, server_default="code"))
    op.create_table(
        "people_recovery_code",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("made_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people_person.id"],
            name=op.f("fk_people_recovery_code_person_id_people_person"),
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_people_recovery_code")),
    )
    op.create_index(
        op.f("ix_people_recovery_code_person_id"), "people_recovery_code", ["person_id"]
    )
