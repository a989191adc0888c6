"""The standards and rule sets that the package carries, read once and checked like any input."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from scheduler.domain.air import (
    AirClass,
    Breakpoint,
    DayValue,
    ForecastSpan,
    LevelCondition,
    MeanRow,
    ReportItem,
    RuleSet,
    RuleSetRow,
    Standard,
    StandardRow,
)
from scheduler.errors import BadInputError, IntakeError
from scheduler.intake.table import read_table

RowT = TypeVar("RowT", bound=BaseModel)
DATA = Path(__file__).parent / "data"


def rows_of(name: str, row_type: type[RowT]) -> tuple[RowT, ...]:
    """The rows of a table of the package, in order."""
    table = read_table(DATA / name, row_type)
    if table.faults:
        raise IntakeError(table.faults)
    return tuple(table.rows.values())


@cache
def standards() -> dict[str, Standard]:
    """The index standards by id, oldest first."""
    points = rows_of("breakpoints.csv", Breakpoint)
    items = rows_of("report_items.csv", ReportItem)
    classes = rows_of("classes.csv", AirClass)
    return {
        rule.standard: Standard(
            rule=rule,
            breakpoints=tuple(p for p in points if p.standard == rule.standard),
            items=tuple(i for i in items if i.standard == rule.standard),
            classes=tuple(c for c in classes if c.standard == rule.standard),
        )
        for rule in sorted(rows_of("standards.csv", StandardRow), key=lambda r: r.data_from)
    }


def standard_of(day: date) -> Standard:
    """The standard that computes the data of a day. Raises BadInputError before the first one."""
    held = [s for s in standards().values() if s.rule.data_from <= day]
    if not held:
        first = min(s.rule.data_from for s in standards().values())
        raise BadInputError(f"no standard of the index computes data of {day}, before {first}")
    return held[-1]


def lacks_primary(value: DayValue) -> bool:
    """Whether a day is given by its index alone and does not say which pollutant is primary, though
    the standard has one at that index."""
    if value.aqi_high is None or value.primary is not None:
        return False
    return value.aqi_high > standard_of(value.day).rule.primary_above


@cache
def forecast_span() -> ForecastSpan:
    """How many days a forecast covers."""
    (span,) = rows_of("forecast_span.csv", ForecastSpan)
    return span


@cache
def least_values() -> dict[int, int]:
    """How many hourly values a mean of so many hours needs."""
    return {row.hours: row.least_values for row in rows_of("means.csv", MeanRow)}


@cache
def rule_sets() -> dict[str, RuleSet]:
    """The level rule sets by id."""
    conditions = rows_of("level_rules.csv", LevelCondition)
    return {
        rule.rule_set: RuleSet(
            rule=rule,
            conditions=tuple(c for c in conditions if c.rule_set == rule.rule_set),
        )
        for rule in rows_of("rule_sets.csv", RuleSetRow)
    }
