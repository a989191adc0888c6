"""The tables of a registry: their rows, their keys, and what they refer to.

`places` and `cities` may be given in a map service's datum; inside everything is WGS-84.
"""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from pydantic import Field

from scheduler.domain import enterprise as domain
from scheduler.domain.filing import Filing
from scheduler.domain.row import Row
from scheduler.intake.datums import Datum, Position, to_wgs84

DatumOf = Annotated[Datum, Field(description="wgs84, gcj02 or bd09")]


class GivenCity(domain.City):
    """A city as it is handed in."""

    datum: DatumOf = "wgs84"

    def placed(self) -> domain.City:
        """Raises ValueError for a datum that is not defined there."""
        return domain.City(**self.model_dump(exclude={"datum"}) | _position(self))


class GivenPlace(domain.Place):
    """A place as it is handed in."""

    datum: DatumOf = "wgs84"

    def placed(self) -> domain.Place:
        """Raises ValueError for a datum that is not defined there."""
        return domain.Place(**self.model_dump(exclude={"datum"}) | _position(self))


def _position(row: GivenCity | GivenPlace) -> dict[str, float]:
    return to_wgs84(row.datum, Position(row.lat, row.lon))._asdict()


class Reference(NamedTuple):
    """A column whose values stand in a column of another table."""

    column: str
    table: str
    of: str


class TableForm(NamedTuple):
    """A table: its rows as they are handed in, the columns that tell two rows apart, and what it
    refers to."""

    row_type: type[Row]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    may_be_absent: bool = False


_PLANT = Reference("plant_id", "plants", "plant_id")
_ENTERPRISE = Reference("enterprise_id", "enterprises", "enterprise_id")
_GOOD = Reference("good", "goods", "good_id")
_STOCK = Reference("stock_id", "stocks", "stock_id")
_CLASS = Reference("class_id", "vehicle_classes", "class_id")
_POLLUTANT = Reference("pollutant", "pollutants", "pollutant")

REGISTRY_TABLES: Mapping[str, TableForm] = {
    "cities": TableForm(GivenCity, ("city_id",)),
    "places": TableForm(GivenPlace, ("place_id",), (Reference("city", "cities", "name_zh"),)),
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
    "consignments": TableForm(
        domain.Consignment, ("consignment_id",), (_STOCK,), may_be_absent=True
    ),
    "filings": TableForm(Filing, ("filing_id",), (_PLANT,), may_be_absent=True),
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


def key_of(name: str, row: Row) -> tuple[str | int, ...]:
    """What tells a row of a table from the others."""
    return tuple(getattr(row, column) for column in REGISTRY_TABLES[name].key)
