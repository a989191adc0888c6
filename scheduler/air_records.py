"""Forecasts and observations of the air in the store: taken in, scored, counted."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from scheduler import clock, datasets
from scheduler.air.days import HOURS_A_DAY, Day, calendar_day, days_between
from scheduler.air.heavy_days import heavy_years, judge, targets
from scheduler.air.skill import skill
from scheduler.domain.air import Forecast, Forecasts, RuleSet
from scheduler.domain.dataset import Dataset
from scheduler.domain.enterprise import City, Registry
from scheduler.domain.observed import (
    HeavyDays,
    HeavyYear,
    Judged,
    LeadSkill,
    Observations,
    ObservedDay,
    ObservedHour,
)
from scheduler.errors import BadInputError, ConflictError
from scheduler.store import bodies
from scheduler.store import datasets as repository


class Taken(NamedTuple):
    """How many forecasts of a delivery were new, and how many were held already."""

    new: int
    held: int


def take_forecasts(
    session: Session, name: str, forecasts: tuple[Forecast, ...], known_at: datetime
) -> Taken:
    """Keep forecasts that are not held yet. One that was issued is never another one: a different
    forecast of the same city and issue is refused. Nothing is kept unless all may be."""
    held = {f.rule.forecast_id: f for f in every_forecast(session)}
    _require_cities(session, forecasts)
    for forecast in forecasts:
        former = held.get(forecast.rule.forecast_id)
        if former is not None and (former.values, former.days) != (forecast.values, forecast.days):
            raise ConflictError(
                f"forecast {forecast.rule.forecast_id} is held with other values",
                "Give a corrected forecast its own time of issue.",
            )
    new = tuple(f for f in forecasts if f.rule.forecast_id not in held)
    if new:
        datasets.load(session, "forecasts", name, Forecasts(forecasts=new), known_at)
    return Taken(len(new), len(forecasts) - len(new))


def _require_cities(session: Session, forecasts: tuple[Forecast, ...]) -> None:
    known = {city.city_id for city in registered_cities(session)}
    unknown = sorted({f.rule.city_id for f in forecasts} - known)
    if unknown:
        raise BadInputError(
            f"{', '.join(unknown)}: no city of the registry", "Use the ids of its cities."
        )


def take_observations(
    session: Session, name: str, observations: Observations, known_at: datetime
) -> tuple[Dataset, bool]:
    """Keep observations as a new version; of an hour or day that comes again the later counts."""
    return datasets.load(session, "observations", name, observations, known_at)


def registered_cities(session: Session) -> tuple[City, ...]:
    newest = datasets.newest(session, "registry")
    return Registry.model_validate_json(bodies.body(session, newest.digest)).cities


def every_forecast(session: Session) -> list[Forecast]:
    """Every forecast held, by delivery."""
    return [
        forecast
        for dataset in repository.of_kind(session, "forecasts")
        for forecast in Forecasts.model_validate_json(
            bodies.body(session, dataset.digest)
        ).forecasts
    ]


def observed_days(session: Session) -> dict[tuple[str, date], Day]:
    """Each city's days that have an index. One that was reported whole counts before its hours."""
    hours: dict[tuple[str, str, datetime], ObservedHour] = {}
    days: dict[tuple[str, date], ObservedDay] = {}
    for dataset in repository.of_kind(session, "observations"):
        given = Observations.model_validate_json(bodies.body(session, dataset.digest))
        hours |= {(h.city_id, h.station, h.local_time): h for h in given.hours}
        days |= {(d.city_id, d.day): d for d in given.days}
    found = _of_hours(hours.values())
    for key, day in days.items():
        made = calendar_day(day)
        if made.index.aqi is not None:
            found[key] = made
    return found


def _of_hours(hours: Iterable[ObservedHour]) -> dict[tuple[str, date], Day]:
    by_city: dict[str, list[ObservedHour]] = defaultdict(list)
    for hour in hours:
        by_city[hour.city_id].append(hour)
    found = {}
    for city, held in by_city.items():
        times = [hour.local_time for hour in held]
        first = clock.local(min(times)).replace(hour=0, minute=0)
        end = max(times) + timedelta(days=1)
        for day in days_between(held, first, end, HOURS_A_DAY):
            found[city, clock.local(day.first).date()] = day
    return found


def score(session: Session, rules: RuleSet, city: str | None) -> tuple[LeadSkill, ...]:
    """The skill of every forecast held, or of those of a city."""
    forecasts = [f for f in every_forecast(session) if city in (None, f.rule.city_id)]
    return skill(forecasts, observed_days(session), rules)


def count_heavy_days(session: Session, city: str | None) -> HeavyDays:
    """Heavily polluted days of the cities, or of one, by each target's threshold."""
    observed = {
        key: day.aqi for key, day in observed_days(session).items() if city in (None, key[0])
    }
    years: list[HeavyYear] = []
    judged: list[Judged] = []
    for target in targets():
        counted = heavy_years(observed, target.aqi_above)
        years += [year for year in counted if year not in years]
        judged += judge(counted, target)
    return HeavyDays(years=tuple(years), targets=targets(), judged=tuple(judged))
