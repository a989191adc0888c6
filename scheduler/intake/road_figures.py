"""Which figures of a road are believed, and what stands in for those that a file does not give.

The limits and the classes are tables with their sources beside this module. A capacity is PCU per
hour and lane, as GMNS has it, unless the settings say that the file gives it for the link or for
a day. What cannot be used is named by a reason, the id of a text; nothing is mended.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from scheduler.domain.row import Id, Row, SourceText, StatusOf, Text
from scheduler.errors import IntakeError
from scheduler.intake.network_settings import KMH, METRES, NetworkSettings
from scheduler.intake.table import read_table

FileNumber = Annotated[Decimal, Field(ge=-(10**12), le=10**12, allow_inf_nan=False)]
"""A figure as a file has it, small enough to be reckoned with, whether or not a road has it."""
Volume = Annotated[Decimal, Field(ge=0, le=10**6, allow_inf_nan=False)]
DATA = Path(__file__).parent / "data"


class Limit(Row):
    key: Annotated[Id, Field(description="the limit's name")]
    value: Annotated[int, Field(ge=1, description="a whole number, 1 or more")]
    unit: Annotated[Text, Field(description="the unit")]
    source: SourceText
    status: StatusOf


class OsmClass(Row):
    """What a value of `highway` means for trucks: lanes in one direction, capacity per lane."""

    highway: Annotated[Id, Field(description="the value of highway")]
    lanes: Annotated[int, Field(ge=1, description="lanes in one direction")]
    free_speed_kmh: Annotated[int, Field(ge=1, description="km/h of a loaded truck")]
    capacity_pcu_h: Annotated[int, Field(ge=1, description="PCU per hour and lane")]
    oneway: Annotated[bool, Field(description="true where a way without oneway has one direction")]
    lanes_source: SourceText
    lanes_status: StatusOf
    speed_source: SourceText
    speed_status: StatusOf
    capacity_source: SourceText
    capacity_status: StatusOf


class GmnsClass(Row):
    """A word of GMNS for a class of roads, and the value of `highway` whose figures it takes."""

    facility_type: Annotated[Id, Field(description="the word of GMNS, in lower case")]
    highway: Annotated[Id, Field(description="a value of osm_classes.csv")]
    source: SourceText
    status: StatusOf


@cache
def limits() -> dict[str, int]:
    table = read_table(DATA / "road_limits.csv", Limit)
    if table.faults:
        raise IntakeError(table.faults)
    return {row.key: row.value for row in table.rows.values()}


@cache
def osm_classes() -> dict[str, OsmClass]:
    table = read_table(DATA / "osm_classes.csv", OsmClass)
    if table.faults:
        raise IntakeError(table.faults)
    return {row.highway: row for row in table.rows.values()}


@cache
def _gmns_classes() -> dict[str, str]:
    table = read_table(DATA / "gmns_classes.csv", GmnsClass)
    if table.faults:
        raise IntakeError(table.faults)
    return {row.facility_type: row.highway for row in table.rows.values()}


def class_of(name: str | None) -> OsmClass | None:
    """The figures of a class by OpenStreetMap's name of it or by GMNS's."""
    known = osm_classes()
    return known.get(name or "") or known.get(_gmns_classes().get((name or "").lower(), ""))


@dataclass(frozen=True, slots=True)
class Unusable:
    """A figure that no link can have; ``reason`` is a text's id after `fault.`."""

    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What a link carries in an hour over all its lanes."""

    mpcu_h: int
    lanes: int
    lanes_are_derived: bool = False


def carried(
    capacity: Decimal | None, lanes: int | None, settings: NetworkSettings
) -> Carried | Unusable:
    """The capacity of all lanes in thousandths of PCU per hour, rounded down."""
    if capacity is None:
        return Unusable("capacity", "", "capacity_absent")
    hourly, told = an_hours(capacity, settings), str(capacity)
    if reason := _why_no_capacity(capacity, hourly):
        return Unusable("capacity", told, reason)
    if settings.capacity_per == "link":
        return _of_link(hourly, told, lanes)
    if lanes is None or not 1 <= lanes <= limits()["lanes_most"]:
        return _no_lanes(lanes)
    if hourly > limits()["lane_most"]:
        return Unusable("capacity", told, "capacity_too_large")
    return Carried(rounded_down(hourly * lanes * 1000), lanes)


def _why_no_capacity(capacity: Decimal, hourly: Decimal) -> str | None:
    """What is none of any road, of a lane or of a link."""
    if capacity <= 0:
        return "capacity_zero"
    if _is_no_limit(capacity) or hourly >= limits()["no_limit"]:
        return "capacity_no_limit"
    return "capacity_too_small" if hourly < limits()["lane_least"] else None


def _no_lanes(lanes: int | None) -> Unusable:
    if lanes is None:
        return Unusable("lanes", "", "lanes_absent")
    return Unusable("lanes", str(lanes), "lanes_zero" if lanes < 1 else "lanes_too_many")


def _of_link(hourly: Decimal, told: str, lanes: int | None) -> Carried | Unusable:
    bounds = limits()
    needed = -(-rounded_up(hourly) // bounds["lane_usual"])
    if needed > bounds["lanes_most"]:
        return Unusable("capacity", told, "capacity_of_link_too_large")
    if lanes is None or needed > lanes:
        return Carried(rounded_down(hourly * 1000), needed, lanes_are_derived=True)
    return Carried(rounded_down(hourly * 1000), lanes)


def _is_no_limit(capacity: Decimal) -> bool:
    """9999, 99999 and so on."""
    return capacity >= 9999 and set(str(capacity.normalize().to_integral_value())) == {"9"}


def an_hours(amount: Decimal, settings: NetworkSettings) -> Decimal:
    """A capacity or volume as of the busiest hour."""
    if settings.capacity_time != "day":
        return amount
    return amount * limits()["peak_permille"] / 1000


def volume_mpcu_h(volume: Decimal, settings: NetworkSettings) -> int:
    """Other traffic of the busiest hour, rounded up; the file's vehicles are taken as PCU."""
    return rounded_up(an_hours(volume, settings) * 1000)


def length_m(length: Decimal | None, settings: NetworkSettings) -> int | Unusable:
    """Metres, rounded up."""
    if length is None:
        return Unusable("length", "", "length_absent")
    if length <= 0 or settings.long_length is None:
        return Unusable("length", str(length), "length_zero")
    metres = rounded_up(length * METRES[settings.long_length.lower()])
    if metres > limits()["length_most"]:
        return Unusable("length", str(length), "length_too_long")
    return metres


def speed_kmh(speed: Decimal | None, settings: NetworkSettings) -> int | Unusable:
    """Kilometres an hour, rounded down."""
    if speed is None:
        return Unusable("free_speed", "", "speed_absent")
    kmh = rounded_down(speed * KMH[(settings.speed or "km/h").lower()])
    if not limits()["speed_least"] <= kmh <= limits()["speed_most"]:
        return Unusable("free_speed", str(speed), "speed_range")
    return kmh


def looks_daily(capacities: list[Decimal]) -> bool:
    """Whether most of a file's capacities are beyond a lane's hour while a tenth of the middle one
    is not: then the column gives vehicles per day, or capacities of more lanes than stated."""
    finite = sorted(c for c in capacities if 0 < c < limits()["no_limit"] and not _is_no_limit(c))
    if not finite:
        return False
    beyond = sum(c > limits()["lane_most"] for c in finite)
    tenth = finite[len(finite) // 2] / 10
    return 2 * beyond > len(finite) and limits()["lane_least"] <= tenth <= limits()["lane_most"]


def rounded_up(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_CEILING))


def rounded_down(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_FLOOR))
