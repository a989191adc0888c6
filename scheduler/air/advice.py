"""The level that a rule set advises for a forecast. It declares nothing: a government does.

"Daily AQI" is the index of any 24 consecutive hours, across calendar days. "Above x for 48 h" is
two such days, one after the other, both above x. The conditions of a branch hold together where
the days of one lie within those of the longest.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from scheduler.air.index import half_even, iaqi
from scheduler.domain.air import Forecast, LevelCondition, RuleSet, Standard
from scheduler.domain.alert import AdvisedArea, Level

LEAST_HOURS = 20
"""A 24 h mean needs at least 20 hourly values (GB 3095)."""
HOURS_A_DAY = 24
HOUR = timedelta(hours=1)


class Day(NamedTuple):
    """24 hours from `first` on: the city's mean and its index."""

    first: datetime
    pm25_ug_m3: Fraction
    aqi: int

    @property
    def end(self) -> datetime:
        return self.first + HOURS_A_DAY * HOUR


class Stretch(NamedTuple):
    """Days one after the other, all above a threshold."""

    first: datetime
    end: datetime
    lowest_aqi: int


def days_of(forecast: Forecast, standard: Standard) -> tuple[Day, ...]:
    """Every run of 24 hours inside the forecast with enough values: the mean over the stations
    of each station's mean."""
    rule = forecast.rule
    by_station: dict[str, dict[datetime, int]] = {}
    for value in forecast.values:
        if value.pm25_ug_m3 is not None:
            by_station.setdefault(value.station, {})[value.local_time] = value.pm25_ug_m3
    days = []
    first = rule.first_hour
    while first + HOURS_A_DAY * HOUR <= rule.end_hour:
        means = []
        for values in by_station.values():
            held = [
                values[first + n * HOUR] for n in range(HOURS_A_DAY) if first + n * HOUR in values
            ]
            if len(held) >= LEAST_HOURS:
                means.append(Fraction(sum(held), len(held)))
        if means:
            mean = sum(means, Fraction(0)) / len(means)
            index = iaqi(standard, "pm25", HOURS_A_DAY, mean)
            assert index is not None, "PM2.5 has one averaging time"
            days.append(Day(first, mean, index))
        first += HOUR
    return tuple(days)


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


def advise(forecast: Forecast, rules: RuleSet, standard: Standard) -> AdvisedArea:
    """The highest level whose conditions the forecast meets, with time, clause and values."""
    days = days_of(forecast, standard)
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
            values=_values(days, standard),
        )
    level, branch, found = best
    return AdvisedArea(
        city=forecast.rule.city_id,
        level=level,
        starts_at=min(stretch.first for stretch in found),
        ends_at=max(stretch.end for stretch in found),
        clause=f"{rules.rule.rule_set} {level}: "
        + " and ".join(f"daily AQI > {c.aqi_above} for >= {c.hours} h" for c in branch),
        values=_values(days, standard),
    )


def _values(days: Sequence[Day], standard: Standard) -> str:
    """The days that follow one another from the forecast's first hour on, for people."""
    shown = [day for n, day in enumerate(days) if (day.first - days[0].first).seconds == 0]
    means = ", ".join(f"{half_even(day.pm25_ug_m3)} ug/m3 = AQI {day.aqi}" for day in shown)
    return f"{standard.rule.standard}, days in turn: {means}"
