"""Papers stand beside what is signed"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0051"
down_revision = "0046"
branch_labels = None
depends_on = None

ONCE = ("consultation_id", "person_id", "follows")
CLASSES = {"signed": "signature_class <> 'paper'", "on_paper": "signature_class = 'paper'"}


def upgrade() -> None:
    with op.batch_alter_table("ballots_ballot") as table:
        table.drop_constraint("uq_ballots_ballot_consultation_id_person_id_follows", type_="unique")
    for name, classes in CLASSES.items():
        where = sa.text(classes)
        op.create_index(
            f"uq_ballots_ballot_{name}", "ballots_ballot", ONCE,
            unique=True, sqlite_where=where, postgresql_where=where,
        )  # fmt: skip
    with op.batch_alter_table("ballots_paper_entry") as table:
        table.add_column(sa.Column("leaf", sa.Integer(), nullable=True))
        table.add_column(
            sa.Column("taken_back_at", ecabinet.db.UtcDateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("ballots_paper_entry") as table:
        table.drop_column("taken_back_at")
        table.drop_column("leaf")
    for name in CLASSES:
        op.drop_index(f"uq_ballots_ballot_{name}", table_name="ballots_ballot")
    with op.batch_alter_table("ballots_ballot") as table:
        table.create_unique_constraint(
            "uq_ballots_ballot_consultation_id_person_id_follows", list(ONCE)
        )
