"""A database with its tables, of either kind."""

from collections.abc import Iterator

import pytest

from scheduler.store.database import Database
from tests.scheduler.case import publish, put_plan


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def published(database: Database) -> Database:
    """With one plan in force: the case of `tests/scheduler/case.py`."""
    with database.writing() as session:
        put_plan(session)
        publish(session)
    return database
