"""Alembic's entry: runs the migrations on the connection that `migrate.upgrade` hands over."""

from alembic import context
from sqlmodel import SQLModel

from scheduler.store import tables

assert tables.APPEND_ONLY, "the import puts the tables into SQLModel.metadata"
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
