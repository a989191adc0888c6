"""A database with its tables, of either kind."""

from collections.abc import Iterator

import pytest

from scheduler.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()
