"""Alembic's entry: the metadata of every room, on the connection that the caller opened."""

from alembic import context

from ecabinet import migrate, models
from ecabinet.db import Base

assert models.__doc__

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=migrate.is_drawn,
    user_module_prefix="ecabinet.db.",
)
with context.begin_transaction():
    context.run_migrations()
