"""Days of 24 hours and their index, from hourly values by station.

A day may begin at any hour. A city's concentration is the mean over its stations of each one's
own: the mean of 24 hours, or for ozone the day's highest mean of 8 hours and highest hour. Which
standard computes a day follows the local date on which it begins.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import get_args

from scheduler import clock
from scheduler.air.index import AirIndex, air_index
from scheduler.air.tables import least_values, standard_of
from scheduler.domain.air import DayValue, HourlyValue, Pollutant

HOURS_A_DAY = 24
HOUR = timedelta(hours=1)
OZONE_MEAN = 8
POLLUTANTS: tuple[Pollutant, ...] = get_args(Pollutant)
THOUSANDTHS = 1000

Hours = Mapping[datetime, int]
"""A station's hourly concentrations of one pollutant in thousandths."""


@dataclass(frozen=True, slots=True)
class Day:
    """24 hours from `first` on and their index."""

    first: datetime
    index: AirIndex

    @property
    def end(self) -> datetime:
        return self.first + HOURS_A_DAY * HOUR

    @property
    def aqi(self) -> int:
        assert self.index.aqi is not None, "a day without an index is none"
        return self.index.aqi


class Series:
    """Hourly values, ordered so that the means of any day can be taken."""

    def __init__(self, values: Iterable[HourlyValue]) -> None:
        self._hours: dict[Pollutant, dict[str, dict[datetime, int]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        for value in values:
            for pollutant, held in value.concentrations():
                hours = self._hours[pollutant][value.station]
                hours[value.local_time] = int(held * THOUSANDTHS)

    def concentrations(self, first: datetime) -> dict[tuple[Pollutant, int], Fraction]:
        """The city's concentrations of 24 hours, by pollutant and averaging time."""
        found = {}
        for pollutant, stations in self._hours.items():
            for hours in (OZONE_MEAN, 1) if pollutant == "o3" else (HOURS_A_DAY,):
                own = [highest_mean(held, first, hours) for held in stations.values()]
                valid = [mean for mean in own if mean is not None]
                if valid:
                    mean = sum(valid, Fraction(0)) / len(valid)
                    found[pollutant, hours] = mean / THOUSANDTHS
        return found


def highest_mean(held: Hours, first: datetime, hours: int) -> Fraction | None:
    """The highest of a station's means of so many hours that lie in a day; None without one."""
    means = []
    for shift in range(HOURS_A_DAY - hours + 1):
        times = (first + n * HOUR for n in range(shift, shift + hours))
        values = [held[time] for time in times if time in held]
        if len(values) >= least_values()[hours]:
            means.append(Fraction(sum(values), len(values)))
    return max(means, default=None)


def days_between(
    values: Iterable[HourlyValue], first: datetime, end: datetime, step_hours: int = 1
) -> Iterator[Day]:
    """The days that begin every so many hours from `first` on, end by `end` and have an index."""
    series = Series(values)
    while first + HOURS_A_DAY * HOUR <= end:
        standard = standard_of(clock.local(first).date())
        index = air_index(standard, "daily", series.concentrations(first))
        if index.aqi is not None:
            yield Day(first, index)
        first += step_hours * HOUR


def calendar_day(value: DayValue) -> Day:
    """A day that is given whole: by the upper end of its index, else by its concentrations."""
    first = datetime.combine(value.day, time(), clock.SHANGHAI)
    standard = standard_of(value.day)
    if value.aqi_high is None:
        given = {column: Fraction(held) for column, held in value.concentrations().items()}
        return Day(first, air_index(standard, "daily", given))
    named = (value.primary or "").split()
    primary = tuple(p for p in POLLUTANTS if p in named)
    return Day(first, AirIndex(standard, value.aqi_high, primary, (), ()))
