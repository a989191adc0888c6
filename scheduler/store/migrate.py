"""Builds and upgrades the tables by the migrations that lie beside this module."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from scheduler.errors import ConflictError
from scheduler.store.database import Database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "scheduler.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def upgrade(database: Database) -> str:
    """Bring the tables to the newest form; gives its name. Doing it twice changes nothing."""
    config = _config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return newest()


def newest() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is at least one migration"
    return head


def present(database: Database) -> str | None:
    """The form that the tables have; None for a database without any."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_newest(database: Database) -> str:
    """The form of the tables. Raises ConflictError where it is not the one needed here."""
    there = present(database)
    if there != newest():
        raise ConflictError(
            f"the database has its tables in form {there or 'none'}, not {newest()}",
            "Run `cuofeng db upgrade`.",
        )
    return newest()
