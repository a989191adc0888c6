"""Tests that every column that people fill in has a meaning and a header in both languages.

A column stands in its row type with an English `description`, and in `intake/data/columns.csv` with
its Chinese header and meaning (a row without a row type holds for all tables); choices have Chinese
words in `intake/data/words.csv`.
"""

import re

import pytest
from pydantic import BaseModel

from scheduler.domain import conditions
from scheduler.domain.air import ForecastRow, HourlyValue
from scheduler.domain.measure import NamedSet
from scheduler.domain.row import columns_of
from scheduler.intake.columns import text_of, words
from scheduler.intake.measures import MEASURE_TABLES
from scheduler.intake.registry_forms import REGISTRY_TABLES

CJK = re.compile(r"[\u4e00-\u9fff]")
REGISTRY = [form.row_type for form in REGISTRY_TABLES.values()]
FILLED_IN: list[type[BaseModel]] = [
    *REGISTRY,
    *MEASURE_TABLES.values(),
    NamedSet,
    ForecastRow,
    HourlyValue,
    conditions.RoadFigure,
    conditions.BackgroundShare,
    conditions.HourWeight,
    conditions.RoadAssumption,
]


@pytest.mark.parametrize("row_type", FILLED_IN, ids=lambda row_type: row_type.__name__)
def test_every_column_has_a_meaning_in_both_languages(row_type: type[BaseModel]) -> None:
    for column in columns_of(row_type):
        text = text_of(row_type, column.name)
        place = f"{row_type.__name__}.{column.name}"
        assert column.meaning, f"{place}: give the field a description"
        assert text is not None, f"{place}: add it to scheduler/intake/data/columns.csv"
        assert CJK.search(text.meaning_zh) and text.header_zh, place


@pytest.mark.parametrize("row_type", REGISTRY, ids=lambda row_type: row_type.__name__)
def test_chinese_headers_and_words_are_unlike_each_other(row_type: type[BaseModel]) -> None:
    texts = [text_of(row_type, column.name) for column in columns_of(row_type)]
    headers = [text.header_zh for text in texts if text is not None]
    assert len(set(headers)) == len(headers)
    for column in columns_of(row_type):
        said = [word for choice in column.choices for word in words().get(choice, (choice,))]
        assert len(set(said)) == len(said), column.name
