"""The named sets of measures that the package carries, stacking sets, and a city's own.

A city's own set is a folder of the same tables: copy the template, change the rows, check, load.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from scheduler.domain.measure import MeasureSet, NamedSet
from scheduler.domain.network import Network
from scheduler.domain.row import Row
from scheduler.errors import BadInputError, ConflictError, IntakeError, NotFoundError
from scheduler.intake.measures import MEASURE_TABLES, SET_FILE, read_measures
from scheduler.intake.table import read_table

DATA = Path(__file__).parent / "data" / "measures"


def named_sets() -> tuple[NamedSet, ...]:
    """The sets that the package carries, in order of their ids."""
    return tuple(_card(folder) for folder in sorted(DATA.iterdir()) if folder.is_dir())


def _card(folder: Path) -> NamedSet:
    table = read_table(folder / SET_FILE, NamedSet)
    if table.faults:
        raise IntakeError(table.faults)
    (card,) = table.rows.values()
    return card


def folder_of(name: str) -> Path:
    """The folder of a set by its id, or a folder of one's own. Raises BadInputError for neither."""
    for folder in (DATA / name, Path(name)):
        if folder.is_dir():
            return folder
    known = ", ".join(card.set_id for card in named_sets())
    raise BadInputError(f"{name} is no folder and no named set", f"The named sets are {known}.")


def read_sets(names: Sequence[str], network: Network | None) -> MeasureSet:
    """Sets by name or folder, stacked: all their rules hold together."""
    return stack([read_measures(folder_of(name), network) for name in names])


def stack(sets: Sequence[MeasureSet]) -> MeasureSet:
    """One set of all rules. Raises ConflictError where an id stands in two of them."""
    counts = Counter(rule.measure_id for one in sets for rule in one.rules)
    if twice := sorted(name for name, count in counts.items() if count > 1):
        raise ConflictError(
            f"{', '.join(twice)} stand in more than one of the sets", "Give each rule its own id."
        )
    tables = {
        name: tuple(
            sorted((row for one in sets for row in getattr(one, name)), key=lambda r: r.measure_id)
        )
        for name in MEASURE_TABLES
    }
    return MeasureSet.model_validate(
        {"name": "+".join(one.name for one in sets), "parts": [p for s in sets for p in s.parts]}
        | tables
    )


def write_template(folder: Path, like: str) -> list[Path]:
    """Copy a set's tables into a new folder as a city's own, with a header alone for instruments
    that the set does not use. Raises ConflictError where the folder has files."""
    if folder.exists() and any(folder.iterdir()):
        raise ConflictError(f"{folder} is not empty", "Name a new folder.")
    if like not in {card.set_id for card in named_sets()}:
        raise NotFoundError(f"there is no named set {like}")
    source = DATA / like
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in _columns().items():
        rows = _rows(source / name)
        if name == SET_FILE:
            rows = [row | {"set_id": folder.name} for row in rows]
        with (folder / name).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return [folder / name for name in _columns()]


def _columns() -> dict[str, list[str]]:
    """Every column of every file of a set, also those that the package's sets leave out."""
    tables: dict[str, type[Row]] = {f"{name}.csv": kind for name, kind in MEASURE_TABLES.items()}
    return {SET_FILE: list(NamedSet.model_fields)} | {
        name: list(kind.model_fields) for name, kind in tables.items()
    }


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
