"""Reads a registry from CSV or XLSX: all of it, or every fault of every table.

Rows are checked one by one and then across the tables.
"""

from pathlib import Path

from scheduler.domain.enterprise import Registry
from scheduler.domain.row import Row
from scheduler.errors import IntakeError
from scheduler.intake.registry_checks import faults_between
from scheduler.intake.registry_files import find_tables
from scheduler.intake.registry_forms import REGISTRY_TABLES, GivenCity, GivenPlace, key_of
from scheduler.intake.step import Step, Tell, tell_nobody
from scheduler.intake.table import Table, table_of


def read_registry(path: Path, tell: Tell = tell_nobody) -> Registry:
    """Read every table of the registry.

    Parameters
    ----------
    path
        A folder with a CSV or XLSX file for each table, or a workbook with a sheet for each.
    tell
        Called before each step.

    Raises
    ------
    IntakeError
        With every fault of every table, in the order of the tables and rows; references and what
        rows mean together are looked at between tables whose rows are all good by themselves.
    """
    found = find_tables(path, tell)
    tables: dict[str, Table[Row]] = {}
    for name, form in REGISTRY_TABLES.items():
        sheet = found.sheets.get(name)
        if sheet is None or (form.may_be_absent and len(sheet.rows) <= 1):
            # Left empty, as in a template, it is as good as absent.
            unread = [] if form.may_be_absent else found.faults
            tables[name] = Table({}, list(unread))
            continue
        tell(Step("checking", sheet.name or sheet.file, len(sheet.rows)))
        tables[name] = _placed(table_of(sheet, form.row_type))
    faults = [
        *found.faults,
        *(fault for name in tables if name in found.sheets for fault in tables[name].faults),
        *faults_between(tables),
    ]
    if faults:
        raise IntakeError(faults)
    return Registry.model_validate(
        {
            name: tuple(sorted(table.rows.values(), key=lambda row: key_of(name, row)))
            for name, table in tables.items()
        }
    )


def _placed(table: Table[Row]) -> Table[Row]:
    """The table with its coordinates in WGS-84; a datum that is not defined there is a fault."""
    rows: dict[int, Row] = {}
    for number, row in table.rows.items():
        if not isinstance(row, GivenCity | GivenPlace):
            return table
        try:
            rows[number] = row.placed()
        except ValueError:
            table.faults.append(
                table.fault(number, "lat", f"{row.lat}, {row.lon}", "outside_china",
                            datum=row.datum)
            )  # fmt: skip
    return table._replace(rows=rows)
