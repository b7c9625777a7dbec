"""Bring a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ecabinet.db import Database

FOLDER = Path(__file__).parent.parent / "migrations"


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Run the migrations that this database has not had yet."""
    with database.engine.connect() as connection:
        command.upgrade(configuration(connection), "head")
        connection.commit()


def is_current(database: Database) -> bool:
    """Whether the schema is the newest one."""
    with database.engine.connect() as connection:
        script = ScriptDirectory.from_config(configuration(connection))
        return (
            MigrationContext.configure(connection).get_current_revision()
            == script.get_current_head()
        )
