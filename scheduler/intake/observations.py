"""Reads what was measured: hours by station or days by city as CSV, or OpenAQ's JSON.

OpenAQ gives one value a row: `{"results": [{"location", "city", "parameter", "value", "unit",
"period" or "date"}]}`. A period says when the hour begins; a date alone is its end, as OpenAQ
counts the hours of a day from 01:00 to 0:00 (docs.openaq.org, measurements).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from scheduler.air.tables import lacks_primary
from scheduler.domain.air import HourlyValue
from scheduler.domain.enterprise import City
from scheduler.domain.observed import Observations, ObservedDay, ObservedHour
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.air import has_column
from scheduler.intake.faults import fault
from scheduler.intake.table import read_table

HOUR = timedelta(hours=1)
COLUMNS = {
    "so2": "so2_ug_m3",
    "no2": "no2_ug_m3",
    "co": "co_mg_m3",
    "o3": "o3_ug_m3",
    "pm10": "pm10_ug_m3",
    "pm25": "pm25_ug_m3",
}
MICROGRAMS = {"µg/m³": Decimal(1), "μg/m³": Decimal(1), "ug/m3": Decimal(1)} | {
    "mg/m³": Decimal(1000),
    "mg/m3": Decimal(1000),
}
THOUSANDTH = Decimal("0.001")


class _Instant(BaseModel):
    utc: AwareDatetime


class _Period(BaseModel):
    model_config = ConfigDict(extra="ignore")

    datetimeFrom: _Instant  # noqa: N815 - OpenAQ's name
    datetimeTo: _Instant  # noqa: N815 - OpenAQ's name


class _Parameter(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str
    units: str


class _Measurement(BaseModel):
    """A value of OpenAQ, of which what is not used is passed over."""

    model_config = ConfigDict(extra="ignore")

    location: str
    city: str | None = None
    parameter: str | _Parameter
    value: Decimal
    unit: str | None = None
    period: _Period | None = None
    date: _Instant | None = None

    @property
    def name(self) -> str:
        return self.parameter if isinstance(self.parameter, str) else self.parameter.name

    @property
    def units(self) -> str:
        return self.unit or ("" if isinstance(self.parameter, str) else self.parameter.units)


class _Results(BaseModel):
    model_config = ConfigDict(extra="ignore")

    results: list[_Measurement]


class _Key(NamedTuple):
    city: str
    station: str
    begins: datetime


def read_observations(
    path: Path, cities: tuple[City, ...] | None, city: str | None
) -> Observations:
    """Read a file. `city` is that of all rows of a file that names none; without `cities` every
    id is taken for a city's.

    Raises:
        IntakeError: with every fault of the file.
    """
    if path.suffix == ".json":
        read = Observations(hours=_openaq(path, cities or (), city))
    elif has_column(path, ObservedDay, "day"):
        days = read_table(path, ObservedDay)
        faults = [
            *days.faults,
            *(
                days.fault(number, "primary", "", "primary_absent", aqi=row.aqi_high or 0)
                for number, row in days.rows.items()
                if lacks_primary(row)
            ),
        ]
        if faults:
            raise IntakeError(faults)
        read = Observations(days=tuple(days.rows.values()))
    else:
        read = Observations(hours=_hours(path, city))
    if cities is not None:
        _require_cities(path.name, read, {row.city_id for row in cities})
    return Observations(
        hours=tuple(sorted(read.hours, key=lambda h: (h.city_id, h.local_time, h.station))),
        days=tuple(sorted(read.days, key=lambda d: (d.city_id, d.day))),
    )


def _hours(path: Path, city: str | None) -> tuple[ObservedHour, ...]:
    if city is None or has_column(path, ObservedHour, "city_id"):
        named = read_table(path, ObservedHour)
        if named.faults:
            raise IntakeError(named.faults)
        return tuple(named.rows.values())
    unnamed = read_table(path, HourlyValue)
    if unnamed.faults:
        raise IntakeError(unnamed.faults)
    return tuple(
        ObservedHour(city_id=city, **value.model_dump()) for value in unnamed.rows.values()
    )


def _require_cities(name: str, read: Observations, known: set[str]) -> None:
    given = {hour.city_id for hour in read.hours} | {day.city_id for day in read.days}
    if unknown := sorted(given - known):
        raise IntakeError(fault(name, None, "city_id", c, "air_city") for c in unknown)


def _openaq(path: Path, cities: tuple[City, ...], city: str | None) -> tuple[ObservedHour, ...]:
    try:
        rows = _Results.model_validate_json(path.read_bytes()).results
    except ValidationError as error:
        raise IntakeError(
            fault(
                path.name,
                _row(e["loc"]),
                ".".join(map(str, e["loc"])),
                "",
                "air_json",
                why=e["msg"],
            )
            for e in error.errors()
        ) from error
    names = {n.casefold(): c.city_id for c in cities for n in (c.city_id, c.name_zh, c.name_en)}
    if city is not None:
        names.setdefault(city.casefold(), city)
    faults: list[IntakeFault] = []
    held: dict[_Key, dict[str, Decimal]] = {}
    for number, row in enumerate(rows, start=1):
        if row.name not in COLUMNS or row.value < 0:
            continue
        begins, given = _begins(row), (row.city or city or "").casefold()
        faults += _faults(path.name, number, row, given in names)
        if begins is None or given not in names or row.units not in MICROGRAMS:
            continue
        values = held.setdefault(_Key(names[given], row.location.replace(" ", "_"), begins), {})
        value = _in_units(row)
        if values.setdefault(COLUMNS[row.name], value) != value:
            faults.append(fault(path.name, number, row.name, str(row.value), "air_twice"))
    if faults:
        raise IntakeError(faults)
    return tuple(_hour(key, values) for key, values in held.items())


def _row(place: tuple[int | str, ...]) -> int | None:
    return next((part + 1 for part in place if isinstance(part, int)), None)


def _begins(row: _Measurement) -> datetime | None:
    if row.period is not None:
        return row.period.datetimeFrom.utc
    return row.date.utc - HOUR if row.date is not None else None


def _faults(name: str, number: int, row: _Measurement, is_known: bool) -> Iterable[IntakeFault]:
    if not is_known:
        yield fault(name, number, "city", row.city or "", "air_city")
    if row.units not in MICROGRAMS:
        yield fault(name, number, "unit", row.units, "air_unit")
    period = row.period
    if period is None and row.date is None:
        yield fault(name, number, "period", "", "air_time")
    elif period is not None and period.datetimeTo.utc - period.datetimeFrom.utc != HOUR:
        yield fault(name, number, "period", "", "air_hour")


def _in_units(row: _Measurement) -> Decimal:
    """The value in the standard's unit, to a thousandth."""
    micrograms = row.value * MICROGRAMS[row.units]
    return (micrograms / 1000 if row.name == "co" else micrograms).quantize(THOUSANDTH)


def _hour(key: _Key, values: dict[str, Decimal]) -> ObservedHour:
    return ObservedHour.model_validate(
        {"city_id": key.city, "station": key.station, "local_time": key.begins, **values}
    )
