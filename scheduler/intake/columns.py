"""The columns of tables as they are published, in two languages.

Type, default, whether a column is required and its English meaning stand in the row type; its
Chinese header and meaning and its unit in `data/columns.csv`, where a row without a row type holds
for all tables; Chinese words for closed choices in `data/words.csv`.
"""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from scheduler.domain.row import Column, columns_of
from scheduler.intake.faults import Both

DATA = Path(__file__).parent / "data"
LIST = "、"


class ColumnText(NamedTuple):
    """What `data/columns.csv` says of a column."""

    header_zh: str
    unit: str
    meaning_zh: str


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _texts() -> Mapping[tuple[str, str], ColumnText]:
    return {
        (row["row_type"], row["column"]): ColumnText(
            row["header_zh"], row["unit"], row["meaning_zh"]
        )
        for row in _rows("columns.csv")
    }


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """The Chinese words of each value of a choice and of each unit; the first one is shown."""
    return {row["value"]: tuple(row["words_zh"].split(";")) for row in _rows("words.csv")}


def word_zh(value: str) -> str:
    return words()[value][0] if value in words() else value


def text_of(row_type: type[BaseModel], column: str) -> ColumnText | None:
    """What is said of a column: by the row type, by what it extends, or by all tables."""
    names = [kind.__name__ for kind in row_type.__mro__]
    return next((_texts()[n, column] for n in [*names, ""] if (n, column) in _texts()), None)


@cache
def column_of(row_type: type[BaseModel], name: str) -> Column:
    return next(column for column in columns_of(row_type) if column.name == name)


@cache
def wanted(row_type: type[BaseModel], name: str) -> Both:
    """What a cell of the column should hold; completes "Give ..."."""
    column, text = column_of(row_type, name), text_of(row_type, name)
    return Both(
        zh=text.meaning_zh if text else f"“{name}”列的值", en=column.meaning or f"a value of {name}"
    )


@cache
def choices(row_type: type[BaseModel], name: str) -> Both:
    """The values that a column may hold."""
    values = column_of(row_type, name).choices
    told = [f"{value}（{word_zh(value)}）" if value in words() else value for value in values]
    return Both(zh=LIST.join(told), en=", ".join(values))


def header_zh(row_type: type[BaseModel], name: str) -> str:
    """The column's Chinese header with its unit."""
    text = text_of(row_type, name)
    if text is None:
        return name
    return f"{text.header_zh}（{word_zh(text.unit)}）" if text.unit else text.header_zh
