"""Reads the registry: one CSV file per table, checked row by row and then across the tables."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from scheduler.domain import enterprise as domain
from scheduler.domain.enterprise import Registry
from scheduler.domain.row import Row
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.table import Table, read_table


class Reference(NamedTuple):
    """A column whose values stand in a column of another table."""

    column: str
    table: str
    of: str


class TableForm(NamedTuple):
    """A table: its rows, the columns that tell two rows apart, and what it refers to."""

    row_type: type[Row]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()


_PLANT = Reference("plant_id", "plants", "plant_id")
_ENTERPRISE = Reference("enterprise_id", "enterprises", "enterprise_id")
_GOOD = Reference("good", "goods", "good_id")
_STOCK = Reference("stock_id", "stocks", "stock_id")
_CLASS = Reference("class_id", "vehicle_classes", "class_id")
_POLLUTANT = Reference("pollutant", "pollutants", "pollutant")

REGISTRY_TABLES: Mapping[str, TableForm] = {
    "cities": TableForm(domain.City, ("city_id",)),
    "places": TableForm(domain.Place, ("place_id",), (Reference("city", "cities", "name_zh"),)),
    "goods": TableForm(domain.Good, ("good_id",)),
    "enterprises": TableForm(domain.Enterprise, ("enterprise_id",)),
    "grades": TableForm(domain.Grading, ("enterprise_id", "sector"), (_ENTERPRISE,)),
    "plants": TableForm(
        domain.Plant,
        ("plant_id",),
        (
            Reference("plant_id", "places", "place_id"),
            _ENTERPRISE,
            Reference("city_id", "cities", "city_id"),
        ),
    ),
    "gates": TableForm(domain.Gate, ("gate_id",), (_PLANT,)),
    "processes": TableForm(domain.Process, ("process_id",), (_PLANT,)),
    "recipes": TableForm(
        domain.RecipeItem,
        ("process_id", "stock_id"),
        (Reference("process_id", "processes", "process_id"), _STOCK),
    ),
    "stocks": TableForm(
        domain.Stock,
        ("stock_id",),
        (_PLANT, _GOOD, Reference("breach_process", "processes", "process_id")),
    ),
    "streams": TableForm(
        domain.Stream,
        ("stream_id",),
        (
            _PLANT,
            _STOCK,
            _GOOD,
            Reference("profile", "hour_profiles", "profile"),
            Reference("far_place", "places", "place_id"),
            Reference("gate_id", "gates", "gate_id"),
        ),
    ),
    "fleets": TableForm(domain.Fleet, ("plant_id", "class_id"), (_PLANT, _CLASS)),
    "vehicle_classes": TableForm(domain.VehicleClass, ("class_id",)),
    "emission_factors": TableForm(
        domain.EmissionFactor, ("class_id", "pollutant"), (_CLASS, _POLLUTANT)
    ),
    "emission_corrections": TableForm(
        domain.EmissionCorrection, ("pollutant", "condition"), (_POLLUTANT,)
    ),
    "pollutants": TableForm(domain.PollutantWeight, ("pollutant",)),
    "hour_profiles": TableForm(domain.HourShare, ("profile", "hour")),
}

Tables = Mapping[str, Table[Row]]


def read_registry(folder: Path) -> Registry:
    """Read every table of the registry.

    Raises:
        IntakeError: with every fault of every file; references and what rows mean together are
            looked at where all rows are good by themselves.
    """
    tables = {
        name: read_table(folder / f"{name}.csv", form.row_type)
        for name, form in REGISTRY_TABLES.items()
    }
    faults = [fault for table in tables.values() for fault in table.faults]
    if not faults:
        checks = (_doubles, _dangling, _strangers, _missing)
        faults = [fault for check in checks for fault in check(tables)]
    if faults:
        raise IntakeError(faults)
    return Registry.model_validate(
        {
            name: tuple(sorted(table.rows.values(), key=lambda row: _key(name, row)))
            for name, table in tables.items()
        }
    )


def _key(name: str, row: Row) -> tuple[str | int, ...]:
    return tuple(getattr(row, column) for column in REGISTRY_TABLES[name].key)


def _fault(name: str, row: int | None, column: str, value: str, *said: str) -> IntakeFault:
    message, remedy = said
    return IntakeFault(f"{name}.csv", row, column, value, message, remedy)


def _doubles(tables: Tables) -> Iterator[IntakeFault]:
    for name, table in tables.items():
        counts = Counter(_key(name, row) for row in table.rows.values())
        for number, row in table.rows.items():
            key = _key(name, row)
            if counts[key] > 1:
                yield _fault(
                    name,
                    number,
                    REGISTRY_TABLES[name].key[-1],
                    ", ".join(map(str, key)),
                    f"{counts[key]} rows have this key",
                    "Keep one of them.",
                )


def _dangling(tables: Tables) -> Iterator[IntakeFault]:
    for name, form in REGISTRY_TABLES.items():
        for reference in form.references:
            known = {getattr(row, reference.of) for row in tables[reference.table].rows.values()}
            for number, row in tables[name].rows.items():
                value = getattr(row, reference.column)
                if value not in known:
                    yield _fault(
                        name,
                        number,
                        reference.column,
                        value,
                        f"not in column {reference.of} of {reference.table}.csv",
                        "Add it there or give one that is.",
                    )


def _strangers(tables: Tables) -> Iterator[IntakeFault]:
    """Rows of a plant that name a gate, stock or process of another plant."""
    owners = {
        (column, getattr(row, column)): row.plant_id
        for table, column in (
            ("gates", "gate_id"),
            ("stocks", "stock_id"),
            ("processes", "process_id"),
        )
        for row in tables[table].rows.values()
        if isinstance(row, domain.Gate | domain.Stock | domain.Process)
    }
    for name, column, of in (
        ("streams", "gate_id", "gate_id"),
        ("streams", "stock_id", "stock_id"),
        ("stocks", "breach_process", "process_id"),
    ):
        for number, row in tables[name].rows.items():
            assert isinstance(row, domain.Stream | domain.Stock)
            value = getattr(row, column)
            owner = owners.get((of, value), row.plant_id)
            if owner != row.plant_id:
                yield _fault(
                    name,
                    number,
                    column,
                    value,
                    f"it belongs to plant {owner}, the row to {row.plant_id}",
                    "Give one of the same plant.",
                )


def _missing(tables: Tables) -> Iterator[IntakeFault]:
    """Rows that other rows cannot do without."""
    graded = {_key("grades", row) for row in tables["grades"].rows.values()}
    given = {_key("emission_factors", row) for row in tables["emission_factors"].rows.values()}
    pollutants = [_key("pollutants", row)[0] for row in tables["pollutants"].rows.values()]
    for number, row in tables["plants"].rows.items():
        assert isinstance(row, domain.Plant)
        if (row.enterprise_id, row.sector) not in graded:
            yield _fault(
                "plants",
                number,
                "sector",
                row.sector,
                f"grades.csv has no grade of {row.enterprise_id} in this sector",
                "Add the row there.",
            )
    for number, row in tables["vehicle_classes"].rows.items():
        absent = [p for p in pollutants if (*_key("vehicle_classes", row), p) not in given]
        for pollutant in absent:
            yield _fault(
                "vehicle_classes",
                number,
                "class_id",
                str(_key("vehicle_classes", row)[0]),
                f"emission_factors.csv has no factor of it for {pollutant}",
                "Add the row there.",
            )
    yield from _partial_profiles(tables["hour_profiles"])


def _partial_profiles(table: Table[Row]) -> Iterator[IntakeFault]:
    sums: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    for row in table.rows.values():
        assert isinstance(row, domain.HourShare)
        sums[row.profile] += row.share_permille
        hours[row.profile] += 1
    for profile in sorted(sums):
        if sums[profile] != 1000 or hours[profile] != 24:
            yield _fault(
                "hour_profiles",
                None,
                "share_permille",
                profile,
                f"{hours[profile]} hours with {sums[profile]} thousandths in all",
                "Give 24 hours that sum to 1,000.",
            )
