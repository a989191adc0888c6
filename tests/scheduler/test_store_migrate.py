"""Tests that the migrations build what the tables say, once, and guard what may never change."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from scheduler.errors import ConflictError
from scheduler.store import bodies, tables
from scheduler.store.database import Database
from scheduler.store.migrate import newest, present, require_newest, upgrade


def test_the_migrations_build_what_the_tables_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_column_that_no_migration_adds_is_seen(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE job ADD COLUMN forgotten TEXT"))
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert len(compare_metadata(context, SQLModel.metadata)) == 1


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    assert upgrade(database) == newest() == present(database)


def test_a_database_without_tables_is_told_with_the_remedy(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with pytest.raises(ConflictError, match="cuofeng db upgrade"):
        require_newest(database)
    upgrade(database)
    require_newest(database)
    database.close()


def test_every_table_is_append_only_or_known_to_change() -> None:
    changing = {"api_key", "job", "log_head"}
    assert set(SQLModel.metadata.tables) == changing | set(tables.APPEND_ONLY)


@pytest.mark.parametrize(
    "statement", ["UPDATE stored SET kind = 'x'", "DELETE FROM stored WHERE kind = 'plan'"]
)
def test_what_may_never_change_refuses_to(database: Database, statement: str) -> None:
    with database.writing() as session:
        digest = bodies.keep(session, "plan", b"{}")
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text(statement))
    with database.reading() as session:
        assert bodies.body(session, digest) == b"{}"


def test_every_append_only_table_has_its_guard(database: Database) -> None:
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            query = "SELECT tbl_name, count(*) FROM sqlite_master WHERE type='trigger' GROUP BY 1"
            expected = dict.fromkeys(tables.APPEND_ONLY, 2)
        else:
            query = (
                "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger "
                "WHERE NOT tgisinternal GROUP BY 1"
            )
            expected = dict.fromkeys(tables.APPEND_ONLY, 1)
        found = dict(iter(connection.execute(text(query))))
    assert found == expected


def test_sqlite_keeps_foreign_keys_and_a_write_ahead_log(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    assert inspect(database.engine).get_foreign_keys("publication")
