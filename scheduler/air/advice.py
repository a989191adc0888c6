"""The level that a rule set advises for a forecast. It declares nothing: a government does.

"Daily AQI" is the index of any 24 consecutive hours, across calendar days. "Above x for 48 h" is
two such days, one after the other, both above x. The conditions of a branch hold together where
the days of one lie within those of the longest.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from scheduler.air.days import HOUR, HOURS_A_DAY, Day, days_between
from scheduler.air.index import half_even
from scheduler.domain.air import Forecast, LevelCondition, RuleSet
from scheduler.domain.alert import AdvisedArea, Level


class Stretch(NamedTuple):
    """Days one after the other, all above a threshold."""

    first: datetime
    end: datetime
    lowest_aqi: int


def days_of(forecast: Forecast) -> tuple[Day, ...]:
    """Every run of 24 hours inside the forecast with enough values."""
    return tuple(days_between(forecast.values, forecast.rule.first_hour, forecast.rule.end_hour))


def stretches(days: Sequence[Day], condition: LevelCondition) -> Iterator[Stretch]:
    """Where a condition holds: its number of days in a row, from any hour on."""
    by_first = {day.first: day for day in days}
    for day in days:
        row = [
            by_first.get(day.first + n * HOURS_A_DAY * HOUR)
            for n in range(condition.hours // HOURS_A_DAY)
        ]
        held = [d for d in row if d is not None and d.aqi > condition.aqi_above]
        if len(held) == len(row):
            yield Stretch(day.first, held[-1].end, min(d.aqi for d in held))


def branch_stretches(days: Sequence[Day], branch: Sequence[LevelCondition]) -> list[Stretch]:
    """Where all conditions of a branch hold within the days of its longest one."""
    longest, *others = sorted(branch, key=lambda c: (-c.hours, c.aqi_above))
    shorter = [list(stretches(days, condition)) for condition in others]
    return [
        stretch
        for stretch in stretches(days, longest)
        if all(
            any(stretch.first <= s.first and s.end <= stretch.end for s in found)
            for found in shorter
        )
    ]


def advise(forecast: Forecast, rules: RuleSet) -> AdvisedArea:
    """The highest level whose conditions the forecast meets, with time, clause and values."""
    days = days_of(forecast)
    best: tuple[Level, list[LevelCondition], list[Stretch]] | None = None
    for (level, _), group in groupby(rules.conditions, key=lambda c: (c.level, c.branch)):
        branch = list(group)
        found = branch_stretches(days, branch)
        if found and (best is None or level.severity > best[0].severity):
            best = level, branch, found
    if best is None:
        return AdvisedArea(
            city=forecast.rule.city_id,
            level=None,
            starts_at=None,
            ends_at=None,
            clause=f"{rules.rule.rule_set}: no condition is met",
            values=_values(days),
        )
    level, branch, found = best
    return AdvisedArea(
        city=forecast.rule.city_id,
        level=level,
        starts_at=min(stretch.first for stretch in found),
        ends_at=max(stretch.end for stretch in found),
        clause=f"{rules.rule.rule_set} {level}: "
        + " and ".join(f"daily AQI > {c.aqi_above} for >= {c.hours} h" for c in branch),
        values=_values(days),
    )


def _values(days: Sequence[Day]) -> str:
    """The days that follow one another from the forecast's first hour on, for people."""
    shown = [day for day in days if (day.first - days[0].first).seconds == 0]
    means = ", ".join(
        f"{half_even(item.concentration)} ug/m3 = AQI {item.iaqi}"
        for day in shown
        for item in day.index.items
        if item.pollutant == "pm25"
    )
    used = ", ".join(dict.fromkeys(day.index.standard.rule.standard for day in days))
    return f"{used}, days in turn: {means}"
