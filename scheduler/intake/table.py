"""Reads a table of a file into checked rows and says everything that is wrong with it at once.

A row type is a pydantic model; each field's ``description`` completes the sentence "Give ...",
which is the remedy told to the sender, and `data/columns.csv` has the same in Chinese. An empty
cell is a missing value.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.cells import reader_of
from scheduler.intake.columns import choices, column_of, wanted
from scheduler.intake.faults import Both, fault
from scheduler.intake.header import Header, find_header
from scheduler.intake.sheet import Sheet, read_csv
from scheduler.texts import catalogue

RowT = TypeVar("RowT", bound=BaseModel)

HEADER_ROW = 1
TOLD_AS = {
    "missing": "empty",
    "string_too_short": "empty",
    "too_short": "empty",
    "int_parsing": "whole",
    "int_parsing_size": "whole",
    "int_from_float": "whole",
    "float_parsing": "number",
    "decimal_parsing": "number",
    "decimal_type": "number",
    "finite_number": "number",
    "greater_than_equal": "least",
    "less_than_equal": "most",
    "literal_error": "choice",
    "string_pattern_mismatch": "pattern",
    "bool_parsing": "choice_of_two",
}
"""The text `fault.cell.<...>` of each error of pydantic that rows meet often."""


class Table(NamedTuple, Generic[RowT]):
    """Checked rows by spreadsheet row number, and the faults of all the others."""

    rows: dict[int, RowT]
    faults: list[IntakeFault]
    file: str = ""
    sheet: str | None = None
    written: Mapping[str, str] = {}
    """How the file itself writes each column's name."""

    def fault(
        self,
        row: int | None,
        column: str | None,
        value: str,
        text_id: str,
        **words: str | int | Both,
    ) -> IntakeFault:
        """A fault of this table that shows only when rows are held against each other."""
        name = None if column is None else self.written.get(column, column)
        return replace(fault(self.file, row, name, value, text_id, **words), sheet=self.sheet)


def read_table(path: Path, row_type: type[RowT]) -> Table[RowT]:
    """Read a CSV file; columns that ``row_type`` does not name are left alone.

    Rows with a fault are not among ``rows``; with a fault of the whole file there are none.
    """
    try:
        sheet = read_csv(path)
    except IntakeError as error:
        return Table({}, list(error.faults), path.name)
    return table_of(sheet, row_type)


def table_of(sheet: Sheet, row_type: type[RowT]) -> Table[RowT]:
    """The table in the cells of a file or a sheet."""
    if not sheet.rows:
        return Table({}, [sheet.fault("no_rows")], sheet.file, sheet.name)
    header, faults = find_header(sheet, row_type)
    table: Table[RowT] = Table({}, faults, sheet.file, sheet.name, header.written)
    if faults:
        return table
    reading = _Reading(
        row_type, header, {n: reader_of(column_of(row_type, c)) for n, c in header.columns.items()}
    )
    for number, cells in sheet.rows[header.data_from :]:
        _take_row(table, reading, number, cells)
    if not table.rows and not table.faults:
        table.faults.append(sheet.fault("no_rows"))
    return table


class _Reading(NamedTuple, Generic[RowT]):
    row_type: type[RowT]
    header: Header
    readers: Mapping[int, Callable[[str], str]]


def _take_row(
    table: Table[RowT], reading: _Reading[RowT], number: int, cells: Sequence[str]
) -> None:
    width = reading.header.width
    has = max(len(cells) if table.sheet is None else 0,
              *(n + 1 for n, cell in enumerate(cells) if cell.strip()))  # fmt: skip
    if (has < width and table.sheet is None) or any(cell.strip() for cell in cells[width:]):
        table.faults.append(table.fault(number, None, "", "cells", has=has, wants=width))
        return
    given = {
        name: reading.readers[n](cell)
        for n, name in reading.header.columns.items()
        if n < len(cells) and (cell := cells[n].strip())
    }
    try:
        table.rows[number] = reading.row_type.model_validate(given)
    except ValidationError as error:
        table.faults.extend(
            _cell_fault(table, reading.row_type, number, found) for found in error.errors()
        )


def _cell_fault(
    table: Table[RowT], row_type: type[RowT], number: int, error: ErrorDetails
) -> IntakeFault:
    column = str(error["loc"][0]) if error["loc"] else None
    told_as = f"cell.{TOLD_AS.get(error['type'], error['type'])}"
    context = {key: str(value) for key, value in error.get("ctx", {}).items()}
    plainly = error["msg"].removeprefix("Value error, ")
    if column is None:
        text_id = f"row.{error['type']}"
        if f"fault.{text_id}" in catalogue():
            return table.fault(number, None, "", text_id, **context)
        return table.fault(number, None, "", "row.unfit", said=plainly)
    is_missing = error["type"] == "missing"
    return table.fault(
        number,
        column,
        "" if is_missing else str(error["input"]),
        told_as if f"fault.{told_as}" in catalogue() else "cell.unfit",
        wanted=wanted(row_type, column),
        choices=choices(row_type, column),
        said=plainly,
        **{key: context[key] for key in ("ge", "le") if key in context},
    )
