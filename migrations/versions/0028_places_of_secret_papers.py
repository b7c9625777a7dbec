"""Places of secret papers, and who was handed a copy"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents_secret_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by"], ["people_person.id"], name=op.f("fk_documents_secret_paper_added_by")
        ),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["documents_dossier.id"],
            name=op.f("fk_documents_secret_paper_dossier_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents_secret_paper")),
        sa.UniqueConstraint(
            "dossier_id", "number", name=op.f("uq_documents_secret_paper_dossier_id_number")
        ),
    )
    op.create_index(
        op.f("ix_documents_secret_paper_dossier_id"), "documents_secret_paper", ["dossier_id"]
    )
    op.create_table(
        "documents_secret_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("handed_at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("handed_by", sa.Integer(), nullable=False),
        sa.Column("collected_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("collected_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["collected_by"],
            ["people_person.id"],
            name=op.f("fk_documents_secret_copy_collected_by"),
        ),
        sa.ForeignKeyConstraint(
            ["handed_by"], ["people_person.id"], name=op.f("fk_documents_secret_copy_handed_by")
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"],
            ["documents_secret_paper.id"],
            name=op.f("fk_documents_secret_copy_paper_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people_person.id"], name=op.f("fk_documents_secret_copy_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents_secret_copy")),
    )
    op.create_index(
        op.f("ix_documents_secret_copy_paper_id"), "documents_secret_copy", ["paper_id"]
    )


def downgrade() -> None:
    op.drop_table("documents_secret_copy")
    op.drop_table("documents_secret_paper")
