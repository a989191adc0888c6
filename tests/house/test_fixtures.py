"""Tests that the shared fixtures give real databases and a browser that draws Chinese."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page
from sqlalchemy import create_engine, inspect, text

from scheduler.domain.key import Role
from scheduler.keys import list_keys, make_key
from scheduler.store.database import Database
from scheduler.store.migrate import newest, present

DRAW = """character => {
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  pen.font = '40px sans-serif';
  pen.fillText(character, 10, 50);
  return canvas.toDataURL();
}"""


def test_each_database_is_empty_and_keeps_chinese_text(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE plate (number TEXT)"))
        connection.execute(text("INSERT INTO plate VALUES (:number)"), {"number": "京A"})
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT number FROM plate")).all() == ["京A"]
    engine.dispose()


def test_what_one_test_leaves_the_next_does_not_see(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_the_tables_for_itself(database_url: str, turn: int) -> None:
    database = Database(database_url)
    assert present(database) == newest()
    with database.writing() as session:
        assert list_keys(session) == []
        make_key(session, Role.BUREAU, f"turn {turn}", datetime(2015, 11, 5, 12, tzinfo=UTC))
    database.close()


def test_the_browser_draws_chinese_with_a_font_that_has_it(page: Page) -> None:
    """Without a Chinese font both characters come out as the same empty box."""
    page.set_content("<html lang='zh-CN'><h1>错峰</h1></html>")
    assert page.evaluate(DRAW, "错") != page.evaluate(DRAW, "峰")
