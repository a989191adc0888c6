"""Finds the tables of a registry: CSV or XLSX files of a folder, or the sheets of one workbook.

Files and sheets carry the tables' English or Chinese names.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.cells import plain
from scheduler.intake.faults import Both, fault
from scheduler.intake.registry_forms import REGISTRY_TABLES
from scheduler.intake.sheet import WORKBOOK_ENDINGS, Sheet, read_csv, read_workbook, too_large
from scheduler.intake.step import Step, Tell
from scheduler.texts import LANGUAGES, said

MOST_BYTES = 32 * 2**20
"""Of a file; a workbook may unpack to `UNPACKED` times as much."""
UNPACKED = 8
NOTES = {said("table.columns", language) for language in LANGUAGES}
"""Names of the sheet with which a template explains the columns."""
TABLE_OF: Mapping[str, str] = {
    said(f"table.{name}", language): name for name in REGISTRY_TABLES for language in LANGUAGES
}


def table_name(name: str) -> Both:
    """A table's name in both languages."""
    return Both(zh=said(f"table.{name}", "zh-CN"), en=said(f"table.{name}", "en"))


class Found(NamedTuple):
    sheets: dict[str, Sheet]
    faults: list[IntakeFault]


def find_tables(path: Path, tell: Tell) -> Found:
    """Every table that stands at a path, and the faults of those that are absent, twice there, of
    no known name, or cannot be read."""
    found = Found({}, [])
    if path.is_dir():
        tried = _take_files(found, sorted(path.iterdir()), tell)
        found.faults.extend(
            fault(f"{name}.csv", None, None, "", "table_absent", name=table_name(name))
            for name in _needed() - tried
        )
    elif path.suffix.lower() in WORKBOOK_ENDINGS:
        if _take_workbook(found, path, tell):
            found.faults.extend(
                Sheet(path.name, name, ()).fault("table_absent", name=table_name(name))
                for name in _needed() - found.sheets.keys()
            )
    else:
        found.faults.append(fault(path.name, None, None, "", "registry_format"))
    found.faults.sort(key=lambda fault: (fault.file, fault.sheet or ""))
    return found


def _needed() -> set[str]:
    return {name for name, form in REGISTRY_TABLES.items() if not form.may_be_absent}


def _take_files(found: Found, paths: Iterable[Path], tell: Tell) -> set[str]:
    """Read the tables among the files; give the names of all that are there, read or not."""
    tried = set()
    for path in paths:
        ending = path.suffix.lower()
        if ending not in (".csv", *WORKBOOK_ENDINGS) or path.name.startswith(("~$", ".")):
            continue
        if _folded(path.stem) not in TABLE_OF:
            found.faults.append(_unknown(path.name, None, path.stem))
            continue
        name = TABLE_OF[_folded(path.stem)]
        tried.add(name)
        tell(Step("reading", path.name, 0))
        try:
            _refuse_large(path)
            sheets = [read_csv(path)] if ending == ".csv" else _workbook(path)[:1]
        except IntakeError as error:
            found.faults.extend(error.faults)
            continue
        for sheet in sheets:
            _take(found, name, sheet)
    return tried


def _take_workbook(found: Found, path: Path, tell: Tell) -> bool:
    """Read the workbook's tables; False where it could not be opened."""
    tell(Step("reading", path.name, 0))
    try:
        _refuse_large(path)
        sheets = _workbook(path)
    except IntakeError as error:
        found.faults.extend(error.faults)
        return False
    for sheet in sheets:
        name = _folded(sheet.name or "")
        if name in TABLE_OF:
            _take(found, TABLE_OF[name], sheet)
        elif name not in NOTES and sheet.rows:
            found.faults.append(_unknown(sheet.file, sheet.name, name))
    return True


def _take(found: Found, name: str, sheet: Sheet) -> None:
    if name in found.sheets:
        found.faults.append(sheet.fault("table_twice"))
    else:
        found.sheets[name] = sheet


def _workbook(path: Path) -> list[Sheet]:
    return read_workbook(path, MOST_BYTES * UNPACKED)


def _refuse_large(path: Path) -> None:
    if path.stat().st_size > MOST_BYTES:
        raise IntakeError([too_large(path, MOST_BYTES)])


def _folded(name: str) -> str:
    return plain(name).lower()


def _unknown(file: str, sheet: str | None, name: str) -> IntakeFault:
    known = Both(
        zh="、".join(table_name(n).zh for n in REGISTRY_TABLES), en=", ".join(REGISTRY_TABLES)
    )
    return Sheet(file, sheet, ()).fault("table_unknown", value=name, known=known)
