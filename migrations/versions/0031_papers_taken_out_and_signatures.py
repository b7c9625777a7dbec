"""A paper put into the wrong dossier is taken out of it; what is found of a file's signatures"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("documents_paper") as table:
        table.add_column(
            sa.Column("taken_out_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )
        table.add_column(sa.Column("taken_out_by", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_documents_paper_taken_out_by"), "people_person", ["taken_out_by"], ["id"]
        )
    with op.batch_alter_table("documents_edition") as table:
        table.add_column(sa.Column("signatures", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("documents_edition") as table:
        table.drop_column("signatures")
    with op.batch_alter_table("documents_paper") as table:
        table.drop_constraint(op.f("fk_documents_paper_taken_out_by"), type_="foreignkey")
        table.drop_column("taken_out_by")
        table.drop_column("taken_out_at")
