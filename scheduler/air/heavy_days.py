"""Heavily polluted days by city and year, and what a target asks for."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import cache

from scheduler.air.tables import rows_of
from scheduler.domain.observed import HeavyYear, Judged, Target

EVERY_CITY = "all"
"""The city's place in a row that adds all of them up."""


@cache
def targets() -> tuple[Target, ...]:
    return rows_of("targets.csv", Target)


def heavy_years(observed: Mapping[tuple[str, date], int], aqi_above: int) -> list[HeavyYear]:
    """Each city and year of which days are known, with those above the threshold."""
    years: dict[tuple[str, int], dict[date, int]] = defaultdict(dict)
    for (city, day), aqi in observed.items():
        years[city, day.year][day] = aqi
    return [
        HeavyYear(
            city=city,
            year=year,
            days_known=len(days),
            heavy_days=tuple(sorted(day for day, aqi in days.items() if aqi > aqi_above)),
        )
        for (city, year), days in sorted(years.items())
    ]


def judge(years: list[HeavyYear], target: Target) -> list[Judged]:
    """Each city against a target, and all together where every one can be judged."""
    by_year = {(year.city, year.year): year for year in years}
    cities = sorted({year.city for year in years})
    rows = []
    for city in cities:
        baseline = _count(by_year.get((city, target.baseline_year)), target)
        counted = _count(by_year.get((city, target.target_year)), target)
        rows.append(_judged(city, baseline, counted, target))
    if len(rows) > 1 and all(row.met is not None for row in rows):
        baseline = sum(row.baseline or 0 for row in rows)
        counted = sum(row.counted or 0 for row in rows)
        rows.append(_judged(EVERY_CITY, baseline, counted, target))
    return rows


def _count(year: HeavyYear | None, target: Target) -> int | None:
    """The heavy days of a year; None where it has too few days to be counted."""
    if year is None or year.days_known < target.least_days:
        return None
    return len(year.heavy_days)


def _judged(city: str, baseline: int | None, counted: int | None, target: Target) -> Judged:
    allowed = None if baseline is None else baseline * (100 + target.change_percent) // 100
    return Judged(
        target=target.target,
        city=city,
        baseline=baseline,
        allowed=allowed,
        counted=counted,
        met=None if allowed is None or counted is None else counted <= allowed,
    )
