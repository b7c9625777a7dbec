"""Who did what, and from where"""

import sqlalchemy as sa
from alembic import op

import ecabinet.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

GUARDS = {
    "sqlite": (
        "CREATE TRIGGER activity_keeps_UPDATE BEFORE UPDATE ON activity "
        "BEGIN SELECT RAISE(ABORT, 'activity is append-only'); END",
        "CREATE TRIGGER activity_keeps_DELETE BEFORE DELETE ON activity "
        "BEGIN SELECT RAISE(ABORT, 'activity is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION activity_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'activity is append-only'; END $$",
        "CREATE TRIGGER activity_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON activity "
        "FOR EACH STATEMENT EXECUTE FUNCTION activity_is_append_only()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("at", ecabinet.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.String(length=120), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("act", sa.String(length=80), nullable=False),
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("result", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    for column in ("request", "at", "person_id", "source", "act"):
        op.create_index(op.f(f"ix_activity_{column}"), "activity", [column])
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
