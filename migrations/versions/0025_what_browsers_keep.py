"""What browsers keep to be read without a line"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents_vault",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("seed", sa.LargeBinary(length=32), nullable=True),
        sa.Column("made_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("emptied_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["login_id"], ["people_login.id"], name=op.f("fk_documents_vault_login_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_person.id"], name=op.f("fk_documents_vault_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents_vault")),
        sa.UniqueConstraint("public_id", name=op.f("uq_documents_vault_public_id")),
    )
    with op.batch_alter_table("documents_vault") as table:
        table.create_index(table.f("ix_documents_vault_login_id"), ["login_id"], unique=False)
        table.create_index(table.f("ix_documents_vault_person_id"), ["person_id"], unique=False)

    op.create_table(
        "documents_lease",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vault_id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["documents_edition.id"], name=op.f("fk_documents_lease_edition_id")
        ),
        sa.ForeignKeyConstraint(
            ["vault_id"], ["documents_vault.id"], name=op.f("fk_documents_lease_vault_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents_lease")),
        sa.UniqueConstraint(
            "vault_id", "edition_id", name=op.f("uq_documents_lease_vault_id_edition_id")
        ),
    )
    with op.batch_alter_table("documents_lease") as table:
        table.create_index(table.f("ix_documents_lease_edition_id"), ["edition_id"], unique=False)
        table.create_index(table.f("ix_documents_lease_vault_id"), ["vault_id"], unique=False)

    with op.batch_alter_table("documents_paper") as table:
        table.add_column(
            sa.Column("online_only", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    with op.batch_alter_table("documents_paper") as table:
        table.drop_column("online_only")
    op.drop_table("documents_lease")
    op.drop_table("documents_vault")
