"""Finds a sheet's header: English or Chinese names, below a title, over one row or two.

Where cells were merged, a name may stand in the row above or below the others.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from scheduler.errors import IntakeFault
from scheduler.intake.cells import plain
from scheduler.intake.columns import header_zh, text_of, word_zh, words
from scheduler.intake.faults import Both
from scheduler.intake.sheet import Sheet

ROWS_SEARCHED = 10
WITH_UNIT = re.compile(r"(.+?)\s*[(\[](.+)[)\]]")


class Header(NamedTuple):
    """Where each column stands, and which of a sheet's rows follow the header."""

    row: int
    columns: Mapping[int, str]
    """Names of the row type by position."""
    written: Mapping[str, str]
    """How the sheet itself writes each name."""
    width: int
    data_from: int


class Names(NamedTuple):
    """What a header may say, in lower case and without full-width forms."""

    names: Mapping[str, str]
    units: Mapping[str, frozenset[str]]

    def known(self, cell: str) -> str | None:
        """The column that a cell names, in whatever unit."""
        given = _folded(cell)
        if given in self.names:
            return self.names[given]
        apart = WITH_UNIT.fullmatch(given)
        name = self.names.get(apart[1]) if apart else None
        return name if name in self.units else None

    def wrong_unit(self, cell: str, name: str) -> str | None:
        """The unit that a cell names, where it is not the column's."""
        apart = WITH_UNIT.fullmatch(_folded(cell))
        if apart is None or _folded(cell) in self.names or apart[2] in self.units[name]:
            return None
        return apart[2]


def names_of(row_type: type[BaseModel]) -> Names:
    names, units = {}, {}
    for name in row_type.model_fields:
        text = text_of(row_type, name)
        names[_folded(name)] = name
        if text is None:
            continue
        names.setdefault(_folded(text.header_zh), name)
        if text.unit:
            units[name] = frozenset(map(_folded, (text.unit, *words().get(text.unit, ()))))
    return Names(names, units)


def find_header(sheet: Sheet, row_type: type[BaseModel]) -> tuple[Header, list[IntakeFault]]:
    """The header, and what is wrong with it: columns that are absent, twice there or in another
    unit."""
    names = names_of(row_type)
    first = [cells for _, cells in sheet.rows[:ROWS_SEARCHED]]
    counts = [sum(names.known(cell) is not None for cell in cells) for cells in first]
    best = counts.index(max(counts))
    cells = list(first[best])
    if best:
        cells = _filled_in(cells, first[best - 1], names)
    below = first[best + 1] if best + 1 < len(first) else []
    spans_two = _is_header_too(below, names)
    if spans_two:
        cells = _filled_in(cells, below, names, over=True)
    told = {n: name for n, cell in enumerate(cells) if (name := names.known(cell)) is not None}
    header = Header(
        row=sheet.rows[best][0],
        columns=told,
        written={name: cells[n].strip() for n, name in told.items()},
        width=max((n + 1 for n, cell in enumerate(cells) if cell.strip()), default=0),
        data_from=best + (2 if spans_two else 1),
    )
    return header, _faults(sheet, row_type, header, names)


def _is_header_too(cells: Sequence[str], names: Names) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and all(names.known(cell) is not None for cell in filled)


def _filled_in(
    cells: list[str], other: Sequence[str], names: Names, *, over: bool = False
) -> list[str]:
    """The cells with the other row's names where they say nothing or (`over`) no name."""
    wide = [*cells, *[""] * (len(other) - len(cells))]
    for n, cell in enumerate(other):
        free = names.known(wide[n]) is None if over else not wide[n].strip()
        if free and names.known(cell) is not None:
            wide[n] = cell
    return wide


def _faults(
    sheet: Sheet, row_type: type[BaseModel], header: Header, names: Names
) -> list[IntakeFault]:
    counts = Counter(header.columns.values())
    faults = []
    for name, field in row_type.model_fields.items():
        written = header.written.get(name, name)
        if field.is_required() and name not in counts:
            zh = header_zh(row_type, name)
            told = Both(zh=zh, en=f"{name} ({zh})" if zh != name else name)
            faults.append(sheet.fault("column_required", header.row, name, name=told))
        if counts[name] > 1:
            faults.append(sheet.fault("column_twice", header.row, written))
        unit = names.wrong_unit(written, name) if name in counts else None
        text = text_of(row_type, name)
        if unit is not None and text is not None:
            right = Both(zh=word_zh(text.unit), en=text.unit)
            faults.append(sheet.fault("column_unit", header.row, written, unit, unit=right))
    return faults


def _folded(cell: str) -> str:
    return plain(cell.strip()).rstrip("*").strip().lower()
