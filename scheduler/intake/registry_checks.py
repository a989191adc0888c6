"""What a registry's tables must be to each other: each check yields what it finds wrong.

A check looks only at tables whose every row is good by itself; else it would tell the same fault
in many places.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import get_args

import shapely

from scheduler.domain import enterprise as domain
from scheduler.domain.row import Row
from scheduler.errors import IntakeFault
from scheduler.intake.registry_files import table_name
from scheduler.intake.registry_forms import REGISTRY_TABLES, key_of
from scheduler.intake.table import Table

Tables = Mapping[str, Table[Row]]
OWNED = (("gates", "gate_id"), ("stocks", "stock_id"), ("processes", "process_id"))
"""Tables of what belongs to a plant, with the columns of their ids."""


def faults_between(tables: Tables) -> Iterator[IntakeFault]:
    yield from _doubles(tables)
    yield from _dangling(tables)
    if _good(tables, "plants", "places", "cities"):
        yield from _city_differs(tables)
        yield from _outside(tables)
    if _good(tables, "streams", *(table for table, _ in OWNED)):
        yield from _strangers(tables)
    if _good(tables, "stocks", "recipes"):
        yield from _not_in_recipe(tables)
    if _good(tables, "streams", "stocks"):
        yield from _good_differs(tables)
    if _good(tables, "plants", "grades"):
        yield from _ungraded(tables)
    if _good(tables, "vehicle_classes", "emission_factors", "pollutants"):
        yield from _without_factor(tables)
    if _good(tables, "emission_corrections", "pollutants"):
        yield from _without_correction(tables)
    if _good(tables, "hour_profiles"):
        yield from _partial_profiles(tables["hour_profiles"])


def _good(tables: Tables, *names: str) -> bool:
    return not any(tables[name].faults for name in names)


def _doubles(tables: Tables) -> Iterator[IntakeFault]:
    for name, table in tables.items():
        counts = Counter(key_of(name, row) for row in table.rows.values())
        for number, row in table.rows.items():
            key = key_of(name, row)
            if counts[key] > 1:
                column, value = REGISTRY_TABLES[name].key[-1], ", ".join(map(str, key))
                yield table.fault(number, column, value, "key_twice", count=counts[key])


def _dangling(tables: Tables) -> Iterator[IntakeFault]:
    for name, form in REGISTRY_TABLES.items():
        for reference in form.references:
            if not _good(tables, reference.table):
                continue
            other = tables[reference.table]
            known = {getattr(row, reference.of) for row in other.rows.values()}
            for number, row in tables[name].rows.items():
                value = getattr(row, reference.column)
                if value not in known:
                    yield tables[name].fault(
                        number,
                        reference.column,
                        value,
                        "not_listed",
                        table=table_name(reference.table),
                        of=other.written.get(reference.of, reference.of),
                    )


def _city_differs(tables: Tables) -> Iterator[IntakeFault]:
    """Plants whose place is said to lie in another city."""
    names = {r.city_id: r.name_zh for r in tables["cities"].rows.values()
             if isinstance(r, domain.City)}  # fmt: skip
    there = {r.place_id: r.city for r in tables["places"].rows.values()
             if isinstance(r, domain.Place)}  # fmt: skip
    for number, row in tables["plants"].rows.items():
        assert isinstance(row, domain.Plant)
        city, here = there.get(row.plant_id), names.get(row.city_id)
        if city is not None and here is not None and city != here:
            yield tables["plants"].fault(
                number, "city_id", row.city_id, "city_differs", there=city, here=here
            )


def _outside(tables: Tables) -> Iterator[IntakeFault]:
    """Places, and centres of cities, outside the city's area."""
    areas = {r.name_zh: shapely.from_wkt(r.area) for r in tables["cities"].rows.values()
             if isinstance(r, domain.City)}  # fmt: skip
    for name in ("cities", "places"):
        for number, row in tables[name].rows.items():
            assert isinstance(row, domain.City | domain.Place)
            city = row.name_zh if isinstance(row, domain.City) else row.city
            if city in areas and not shapely.intersects_xy(areas[city], row.lon, row.lat):
                at = f"{row.lat}, {row.lon}"
                yield tables[name].fault(number, "lat", at, "outside_city", city=city)


def _strangers(tables: Tables) -> Iterator[IntakeFault]:
    """Rows of a plant that name a gate, stock or process of another plant."""
    owners = {
        (column, getattr(row, column)): row.plant_id
        for table, column in OWNED
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
                yield tables[name].fault(
                    number, column, value, "other_plant", owner=owner, own=row.plant_id
                )


def _not_in_recipe(tables: Tables) -> Iterator[IntakeFault]:
    """Stocks whose breach is said to fall on a process that neither eats nor makes them."""
    items = {key_of("recipes", row) for row in tables["recipes"].rows.values()}
    for number, row in tables["stocks"].rows.items():
        assert isinstance(row, domain.Stock)
        if (row.breach_process, row.stock_id) not in items:
            yield tables["stocks"].fault(
                number,
                "breach_process",
                row.breach_process,
                "not_in_recipe",
                table=table_name("recipes"),
                stock=row.stock_id,
            )


def _good_differs(tables: Tables) -> Iterator[IntakeFault]:
    goods = {r.stock_id: r.good for r in tables["stocks"].rows.values()
             if isinstance(r, domain.Stock)}  # fmt: skip
    for number, row in tables["streams"].rows.items():
        assert isinstance(row, domain.Stream)
        good = goods.get(row.stock_id, row.good)
        if good != row.good:
            yield tables["streams"].fault(number, "good", row.good, "good_differs", good=good)


def _ungraded(tables: Tables) -> Iterator[IntakeFault]:
    graded = {key_of("grades", row) for row in tables["grades"].rows.values()}
    for number, row in tables["plants"].rows.items():
        assert isinstance(row, domain.Plant)
        if (row.enterprise_id, row.sector) not in graded:
            yield tables["plants"].fault(
                number,
                "sector",
                row.sector,
                "grade_absent",
                table=table_name("grades"),
                enterprise=row.enterprise_id,
            )


def _without_factor(tables: Tables) -> Iterator[IntakeFault]:
    given = {key_of("emission_factors", row) for row in tables["emission_factors"].rows.values()}
    pollutants = [key_of("pollutants", row)[0] for row in tables["pollutants"].rows.values()]
    for number, row in tables["vehicle_classes"].rows.items():
        assert isinstance(row, domain.VehicleClass)
        for pollutant in pollutants:
            if (row.class_id, pollutant) not in given:
                yield tables["vehicle_classes"].fault(
                    number,
                    "class_id",
                    row.class_id,
                    "factor_absent",
                    table=table_name("emission_factors"),
                    pollutant=pollutant,
                )


def _without_correction(tables: Tables) -> Iterator[IntakeFault]:
    """Pollutants whose factor could not be corrected in some load or weather."""
    table = tables["emission_corrections"]
    given = {key_of("emission_corrections", row) for row in table.rows.values()}
    for number, row in tables["pollutants"].rows.items():
        assert isinstance(row, domain.PollutantWeight)
        for condition in get_args(domain.Condition):
            if (row.pollutant, condition) not in given:
                yield tables["pollutants"].fault(
                    number,
                    "pollutant",
                    row.pollutant,
                    "correction_absent",
                    table=table_name("emission_corrections"),
                    condition=condition,
                )


def _partial_profiles(table: Table[Row]) -> Iterator[IntakeFault]:
    sums: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    for row in table.rows.values():
        assert isinstance(row, domain.HourShare)
        sums[row.profile] += row.share_permille
        hours[row.profile] += 1
    for profile in sorted(sums):
        if sums[profile] != 1000 or hours[profile] != 24:
            yield table.fault(
                None,
                "share_permille",
                profile,
                "profile_partial",
                hours=hours[profile],
                sum=sums[profile],
            )
