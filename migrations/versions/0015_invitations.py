"""Invitations that work once"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people_person") as table:
        table.add_column(
            sa.Column("reset_agreed_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )
    op.create_table(
        "people_invitation",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("made_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people_person.id"],
            name=op.f("fk_people_invitation_person_id_people_person"),
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_people_invitation")),
    )
    op.create_index(op.f("ix_people_invitation_person_id"), "people_invitation", ["person_id"])
