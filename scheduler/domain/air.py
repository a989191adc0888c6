"""Air: standards of the index, rule sets of the levels, and hourly concentrations."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from scheduler.domain.alert import Level
from scheduler.domain.instant import Instant, Minute
from scheduler.domain.row import Id, Row, SourceText, Status, StatusOf, Text

Pollutant = Literal["so2", "no2", "co", "o3", "pm10", "pm25"]
Hours = Annotated[int, Field(ge=1, le=720, description="the hours that are meant")]


class StandardRow(Row):
    """How a standard computes the index, from `valid_from` until `valid_to`."""

    standard: Annotated[Id, Field(description="the standard's id")]
    valid_from: Annotated[date, Field(description="the first day on which it holds")]
    valid_to: Annotated[date | None, Field(description="the first day on which it does not")] = None
    concentration_decimals: Annotated[
        int | None, Field(description="decimals kept of a concentration, none for all")
    ] = None
    co_decimals: Annotated[
        int | None, Field(description="decimals kept of carbon monoxide, none for all")
    ] = None
    lowest: Annotated[int, Field(ge=0, le=1, description="the lowest index, 0 or 1")]
    so2_1h_beyond: Annotated[
        int | None, Field(description="the index where SO2 of 1 h is above its table, if any")
    ] = None
    o3_8h_beyond: Annotated[
        int | None, Field(description="the index where O3 of 8 h is above its table, if any")
    ] = None
    source: SourceText
    status: StatusOf


class Breakpoint(Row):
    standard: Annotated[Id, Field(description="a standard of standards.csv")]
    pollutant: Annotated[Pollutant, Field(description="so2, no2, co, o3, pm10 or pm25")]
    hours: Hours
    iaqi: Annotated[int, Field(ge=0, le=500, description="the index at the concentration")]
    concentration: Annotated[int, Field(ge=0, description="ug/m3, mg/m3 for co")]


class RuleSetRow(Row):
    rule_set: Annotated[Id, Field(description="the rule set's id")]
    valid_from: Annotated[date, Field(description="the first day on which it holds")]
    name_zh: Annotated[Text, Field(description="the Chinese name")]
    source: SourceText
    status: StatusOf


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
    """A standard with its table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: StandardRow
    breakpoints: tuple[Breakpoint, ...]


class RuleSet(BaseModel):
    """A named set of conditions, mildest level first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: RuleSetRow
    conditions: tuple[LevelCondition, ...]


class HourlyValue(Row):
    """PM2.5 of the hour that begins at `local_time`, empty where nothing valid was measured."""

    local_time: Annotated[Instant, Field(description="the hour's beginning with its offset")]
    station: Annotated[Id, Field(description="the station")]
    pm25_ug_m3: Annotated[
        int | None, Field(ge=0, description="ug/m3, 0 or more, empty if not valid")
    ] = None


class ForecastRow(Row):
    forecast_id: Annotated[Id, Field(description="the forecast's id")]
    city_id: Annotated[Id, Field(description="the city")]
    issued_at: Annotated[Minute, Field(description="when it was issued, with its offset")]
    first_hour: Annotated[Minute, Field(description="its first hour")]
    end_hour: Annotated[Minute, Field(description="the hour at which it ends")]
    kind: Annotated[
        Literal["forecast", "perfect_foresight"],
        Field(description="forecast, or perfect_foresight where observations stand in for one"),
    ]
    file: Annotated[Text, Field(description="the file of the hourly values")]
    source: SourceText
    status: StatusOf


class Forecast(BaseModel):
    """Hourly PM2.5 of a city by station, in order of hour and station."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: ForecastRow
    values: tuple[HourlyValue, ...]

    def statuses(self) -> tuple[Status, ...]:
        return self.rule.statuses()
