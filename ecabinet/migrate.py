"""Bring a database to the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ecabinet import search_index
from ecabinet.db import Database

FOLDER = Path(__file__).parent.parent / "migrations"


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, to: str = "head") -> None:
    """Run the migrations that this database has not had yet."""
    with database.engine.connect() as connection, _tables_made_anew(connection):
        command.upgrade(configuration(connection), to)
        connection.commit()


@contextmanager
def _tables_made_anew(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by dropping it for its like, while other tables' rows point at it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    sqlite = connection.connection.driver_connection
    assert sqlite is not None
    # Heard outside a transaction only.
    sqlite.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        sqlite.execute("PRAGMA foreign_keys=ON")


def is_drawn(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table is one of the metadata: an index of terms is not, nor what it is kept in."""
    return kind != "table" or not str(name).startswith(search_index.TABLE)


def is_current(database: Database) -> bool:
    """Whether the schema is the newest one."""
    with database.engine.connect() as connection:
        script = ScriptDirectory.from_config(configuration(connection))
        return (
            MigrationContext.configure(connection).get_current_revision()
            == script.get_current_head()
        )
