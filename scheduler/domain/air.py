"""Air: standards of the index, rule sets of the levels, and hourly concentrations."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from scheduler.domain.alert import Level
from scheduler.domain.instant import Instant, Minute
from scheduler.domain.row import Id, Row, SourceText, Status, StatusOf, Text

Pollutant = Literal["so2", "no2", "co", "o3", "pm10", "pm25"]
Report = Literal["daily", "real_time"]
Concentration = Annotated[
    Decimal | None,
    Field(
        ge=0,
        le=100_000,
        decimal_places=3,
        description="0 or more with at most three decimals, empty if not valid",
    ),
]
Hours = Annotated[int, Field(ge=1, le=720, description="the hours that are meant")]


class StandardRow(Row):
    """How a standard computes the index. It binds from `valid_from` until `valid_to`; data from
    `data_from` on are computed by it, until the next standard's `data_from`."""

    standard: Annotated[Id, Field(description="the standard's id")]
    valid_from: Annotated[date, Field(description="the first day on which it holds")]
    valid_to: Annotated[date | None, Field(description="the first day on which it does not")] = None
    data_from: Annotated[date, Field(description="the first day whose data it computes")]
    concentration_decimals: Annotated[
        int | None, Field(description="decimals kept of a concentration, none for all")
    ] = None
    co_decimals: Annotated[
        int | None, Field(description="decimals kept of carbon monoxide, none for all")
    ] = None
    lowest: Annotated[int, Field(ge=0, le=1, description="the lowest index, 0 or 1")]
    highest: Annotated[int, Field(ge=1, description="the highest index, at the tables' end")]
    primary_above: Annotated[
        int, Field(ge=0, description="a pollutant is primary only where the index is above this")
    ]
    incomplete_above: Annotated[
        int | None,
        Field(description="an index of fewer items is stated above this, never if empty"),
    ] = None
    so2_1h_beyond: Annotated[
        int | None, Field(description="the index where SO2 of 1 h is above its table, if any")
    ] = None
    o3_8h_beyond: Annotated[
        int | None, Field(description="the index where O3 of 8 h is above its table, if any")
    ] = None
    source: SourceText
    status: StatusOf
    data_from_source: SourceText
    data_from_status: StatusOf


class Breakpoint(Row):
    standard: Annotated[Id, Field(description="a standard of standards.csv")]
    pollutant: Annotated[Pollutant, Field(description="so2, no2, co, o3, pm10 or pm25")]
    hours: Hours
    iaqi: Annotated[int, Field(ge=0, le=500, description="the index at the concentration")]
    concentration: Annotated[int, Field(ge=0, description="ug/m3, mg/m3 for co")]


class ReportItem(Row):
    """A concentration that a report states, and the table's column that gives its index."""

    standard: Annotated[Id, Field(description="a standard of standards.csv")]
    report: Annotated[Report, Field(description="daily or real_time")]
    pollutant: Annotated[Pollutant, Field(description="so2, no2, co, o3, pm10 or pm25")]
    mean_hours: Hours
    column_hours: Annotated[
        int | None, Field(description="hours of the table's column, empty if it has no index")
    ] = None
    source: SourceText
    status: StatusOf


class AirClass(Row):
    """A class of the index with the standard's own colour, which is no alert's."""

    standard: Annotated[Id, Field(description="a standard of standards.csv")]
    lowest: Annotated[int, Field(ge=0, le=500, description="its lowest index")]
    highest: Annotated[int, Field(ge=0, le=500, description="its highest index")]
    grade_zh: Annotated[Text, Field(description="its number as the standard writes it")]
    name_zh: Annotated[Text, Field(description="its Chinese name")]
    name_en: Annotated[Text, Field(description="its English name")]
    colour: Annotated[Text, Field(description="the colour's English name")]
    rgb: Annotated[str, Field(pattern=r"^\d+ \d+ \d+$", description="red green blue, 0-255")]
    cmyk: Annotated[
        str, Field(pattern=r"^\d+ \d+ \d+ \d+$", description="four colours of print, percent")
    ]
    source: SourceText
    status: StatusOf


class MeanRow(Row):
    """How many hourly values a mean needs."""

    hours: Hours
    least_values: Annotated[int, Field(ge=1, description="hourly values that it needs")]
    source: SourceText
    status: StatusOf


class ForecastSpan(Row):
    """How many days after that of its issue a forecast covers, at least and at most."""

    least_days: Annotated[int, Field(ge=1, description="days that a forecast covers at least")]
    most_days: Annotated[int, Field(ge=1, description="days that a forecast covers at most")]
    source: SourceText
    status: StatusOf


class RuleSetRow(Row):
    """A document that says at which air a level is advised and when it may be lifted."""

    rule_set: Annotated[Id, Field(description="the rule set's id")]
    valid_from: Annotated[date, Field(description="the first day on which it holds")]
    name_zh: Annotated[Text, Field(description="the Chinese name")]
    gate: Annotated[
        Pollutant, Field(description="the pollutant whose days count for a level, being primary")
    ]
    lift_hours: Annotated[
        Hours, Field(description="hours below the conditions before an alert is lifted")
    ]
    source: SourceText
    status: StatusOf
    valid_from_source: SourceText
    valid_from_status: StatusOf
    gate_source: SourceText
    gate_status: StatusOf
    lift_source: SourceText
    lift_status: StatusOf


class LevelCondition(Row):
    """The daily index stays above a threshold for so many hours. All conditions of a branch must
    hold; one branch of a level is enough."""

    rule_set: Annotated[Id, Field(description="a rule set of rule_sets.csv")]
    level: Annotated[Level, Field(description="blue, yellow, orange or red")]
    branch: Annotated[int, Field(ge=1, description="1, 2, ...: alternatives of the level")]
    aqi_above: Annotated[int, Field(ge=0, le=500, description="the index that must be passed")]
    hours: Annotated[int, Field(ge=24, multiple_of=24, description="hours, in whole days")]
    source: SourceText
    status: StatusOf


class Standard(BaseModel):
    """A standard with its tables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: StandardRow
    breakpoints: tuple[Breakpoint, ...]
    items: tuple[ReportItem, ...]
    classes: tuple[AirClass, ...]

    def class_of(self, aqi: int) -> AirClass:
        """The class of an index from the standard's lowest to 500."""
        return next(c for c in self.classes if c.lowest <= aqi <= c.highest)


class RuleSet(BaseModel):
    """A named set of conditions, mildest level first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: RuleSetRow
    conditions: tuple[LevelCondition, ...]

    @property
    def lowest_threshold(self) -> int:
        return min(c.aqi_above for c in self.conditions)

    @property
    def longest_hours(self) -> int:
        return max(c.hours for c in self.conditions)


class HourlyValue(Row):
    """Means of the hour that begins at `local_time`, empty where nothing valid was measured."""

    local_time: Annotated[Instant, Field(description="the hour's beginning with its offset")]
    station: Annotated[Id, Field(description="the station")]
    so2_ug_m3: Concentration = None
    no2_ug_m3: Concentration = None
    co_mg_m3: Concentration = None
    o3_ug_m3: Concentration = None
    pm10_ug_m3: Concentration = None
    pm25_ug_m3: Concentration = None

    def concentrations(self) -> Iterator[tuple[Pollutant, Decimal]]:
        """The valid concentrations in the standard's units: ug/m3, and mg/m3 of CO."""
        given: tuple[tuple[Pollutant, Decimal | None], ...] = (
            ("so2", self.so2_ug_m3),
            ("no2", self.no2_ug_m3),
            ("co", self.co_mg_m3),
            ("o3", self.o3_ug_m3),
            ("pm10", self.pm10_ug_m3),
            ("pm25", self.pm25_ug_m3),
        )
        for pollutant, value in given:
            if value is not None:
                yield pollutant, value


def _as_ids(cell: object) -> object:
    """Pollutants as people write them, PM2.5 and O3-8h with commas between, as their ids."""
    if not isinstance(cell, str):
        return cell
    names = re.split(r"[\s、,，;；/+]+", cell.strip().lower())
    return " ".join(re.sub(r"[-_](8h|1h|24h)$", "", n).replace(".", "") for n in names)


class DayValue(Row):
    """A calendar day of a city: its concentrations, or its index as a range and what is primary."""

    city_id: Annotated[Id, Field(description="the city")]
    day: Annotated[date, Field(description="the calendar day in China, like 2025-01-23")]
    so2_24h_ug_m3: Concentration = None
    no2_24h_ug_m3: Concentration = None
    co_24h_mg_m3: Concentration = None
    o3_8h_ug_m3: Concentration = None
    o3_1h_ug_m3: Concentration = None
    pm10_24h_ug_m3: Concentration = None
    pm25_24h_ug_m3: Concentration = None
    aqi_low: Annotated[
        int | None, Field(ge=0, le=500, description="the lowest index, empty if one is meant")
    ] = None
    aqi_high: Annotated[
        int | None, Field(ge=0, le=500, description="the highest index, or the one that is meant")
    ] = None
    primary: Annotated[
        str | None,
        BeforeValidator(_as_ids),
        Field(
            pattern=r"^(so2|no2|co|o3|pm10|pm25)( (so2|no2|co|o3|pm10|pm25))*$",
            description="primary pollutants with a space between, such as pm25 o3",
        ),
    ] = None

    @model_validator(mode="after")
    def _says_enough(self) -> Self:
        if self.aqi_high is None:
            if self.aqi_low is not None:
                raise ValueError("aqi_low without aqi_high")
            if not self.concentrations():
                raise ValueError("neither a concentration nor aqi_high is given")
        elif self.aqi_low is not None and self.aqi_low > self.aqi_high:
            raise ValueError(f"aqi_low {self.aqi_low} is above aqi_high {self.aqi_high}")
        return self

    def concentrations(self) -> dict[tuple[Pollutant, int], Decimal]:
        """The valid concentrations by pollutant and averaging time."""
        given: dict[tuple[Pollutant, int], Decimal | None] = {
            ("so2", 24): self.so2_24h_ug_m3,
            ("no2", 24): self.no2_24h_ug_m3,
            ("co", 24): self.co_24h_mg_m3,
            ("o3", 8): self.o3_8h_ug_m3,
            ("o3", 1): self.o3_1h_ug_m3,
            ("pm10", 24): self.pm10_24h_ug_m3,
            ("pm25", 24): self.pm25_24h_ug_m3,
        }
        return {column: value for column, value in given.items() if value is not None}


Kind = Annotated[
    Literal["forecast", "perfect_foresight"],
    Field(description="forecast, or perfect_foresight where observations stand in for one"),
]


class ForecastDay(DayValue):
    """A day of a forecast; the rows of a city with the same issue make up one."""

    issued_at: Annotated[Minute, Field(description="when it was issued, with its offset")]
    kind: Kind = "forecast"
    source: SourceText
    status: StatusOf


class ForecastRow(Row):
    forecast_id: Annotated[Id, Field(description="the forecast's id")]
    city_id: Annotated[Id, Field(description="the city")]
    issued_at: Annotated[Minute, Field(description="when it was issued, with its offset")]
    first_hour: Annotated[Minute, Field(description="its first hour")]
    end_hour: Annotated[Minute, Field(description="the hour at which it ends")]
    kind: Kind
    file: Annotated[Text, Field(description="the file of the hourly values")]
    source: SourceText
    status: StatusOf


class Forecast(BaseModel):
    """Hourly concentrations of a city by station, in order of hour and station, or whole days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: ForecastRow
    values: tuple[HourlyValue, ...]
    days: tuple[ForecastDay, ...] = ()

    def statuses(self) -> tuple[Status, ...]:
        return self.rule.statuses()


class Forecasts(BaseModel):
    """The forecasts of one delivery, in order of their ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forecasts: tuple[Forecast, ...]
