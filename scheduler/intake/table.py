"""Reads a CSV file into checked rows and says everything that is wrong with it at once.

A row type is a pydantic model; each field's ``description`` completes the sentence
"Give ...", which is the remedy told to the sender. An empty cell is a missing value.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scheduler.errors import IntakeFault

RowT = TypeVar("RowT", bound=BaseModel)

HEADER_ROW = 1


class Table(NamedTuple, Generic[RowT]):
    """Checked rows by spreadsheet row number, and the faults of all the others."""

    rows: dict[int, RowT]
    faults: list[IntakeFault]


def read_table(path: Path, row_type: type[RowT]) -> Table[RowT]:
    """Read ``path``; columns that ``row_type`` does not name are left alone.

    Rows with a fault are not among ``rows``; with a fault of the whole file there are none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Table({}, [_file_fault(path, "the file is not there", f"Add {path.name}.")])
    except UnicodeDecodeError as error:
        return Table({}, [_file_fault(path, f"not UTF-8 ({error})", "Save the file as UTF-8.")])
    reader = csv.DictReader(io.StringIO(text, newline=""))
    absent = _absent_columns(path, row_type, reader.fieldnames or [])
    if absent:
        return Table({}, absent)
    table: Table[RowT] = Table({}, [])
    for number, cells in enumerate(reader, start=HEADER_ROW + 1):
        _take_row(table, path, row_type, number, cells)
    if not table.rows and not table.faults:
        table.faults.append(_file_fault(path, "the file has no rows", "Add at least one row."))
    return table


def _take_row(
    table: Table[RowT],
    path: Path,
    row_type: type[RowT],
    number: int,
    cells: Mapping[str | None, str | list[str] | None],
) -> None:
    if None in cells or None in cells.values():
        table.faults.append(
            IntakeFault(
                file=path.name,
                row=number,
                column=None,
                value="",
                message="the row has more or fewer cells than the header",
                remedy="Give each column one cell; quote cells that hold commas.",
            )
        )
        return
    given = {key: cell.strip() for key, cell in cells.items() if isinstance(cell, str)}
    try:
        table.rows[number] = row_type.model_validate(
            {key: cell for key, cell in given.items() if key in row_type.model_fields and cell}
        )
    except ValidationError as error:
        table.faults.extend(_row_fault(path, row_type, number, e) for e in error.errors())


def _absent_columns(
    path: Path, row_type: type[BaseModel], header: Sequence[str]
) -> list[IntakeFault]:
    return [
        IntakeFault(
            file=path.name,
            row=HEADER_ROW,
            column=name,
            value="",
            message="the column is required and not there",
            remedy=f"Give {field.description}.",
        )
        for name, field in row_type.model_fields.items()
        if field.is_required() and name not in header
    ]


def _row_fault(
    path: Path, row_type: type[BaseModel], number: int, error: ErrorDetails
) -> IntakeFault:
    column = str(error["loc"][0]) if error["loc"] else None
    missing = error["type"] == "missing"
    wanted = row_type.model_fields[column].description if column else "values that fit together"
    return IntakeFault(
        file=path.name,
        row=number,
        column=column,
        value="" if missing or column is None else str(error["input"]),
        message="the cell is empty" if missing else error["msg"].removeprefix("Value error, "),
        remedy=f"Give {wanted}.",
    )


def _file_fault(path: Path, message: str, remedy: str) -> IntakeFault:
    return IntakeFault(
        file=path.name, row=None, column=None, value="", message=message, remedy=remedy
    )
