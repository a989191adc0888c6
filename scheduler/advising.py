"""Advice on the forecasts that were known at an instant; kept beside declarations, never as one."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from scheduler import alerts, clock
from scheduler.air.advice import advise
from scheduler.air.tables import rule_sets
from scheduler.domain.advice import AdviceReport, CityAdvice
from scheduler.domain.air import Forecast, Forecasts, RuleSet
from scheduler.domain.alert import Advice, Level
from scheduler.errors import BadInputError, NotFoundError
from scheduler.record.canonical import canonical, digest_of


def rule_set(name: str) -> RuleSet:
    """A rule set by its id. Raises NotFoundError, which names those that there are."""
    found = rule_sets().get(name)
    if found is None:
        raise NotFoundError(
            f"there is no rule set {name}", f"There are {', '.join(sorted(rule_sets()))}."
        )
    return found


def rule_set_for(name: str | None, at: datetime) -> RuleSet:
    """A rule set by its id, or the newest that holds at an instant."""
    return newest_rule_set(at) if name is None else rule_set(name)


def newest_rule_set(at: datetime) -> RuleSet:
    """The rule set that came last of those that hold at an instant, the first of all before."""
    day = clock.local(at).date()
    by_date = sorted(rule_sets().values(), key=lambda r: (r.rule.valid_from, r.rule.rule_set))
    return [r for r in by_date if r.rule.valid_from <= day or r is by_date[0]][-1]


def report(
    forecasts: Iterable[Forecast], rules: RuleSet, at: datetime, declared: Mapping[str, Level]
) -> AdviceReport:
    """What a rule set advises at an instant for every city of the forecasts.

    Of each city the forecast issued last by then counts. Raises BadInputError if none was.
    """
    known = newest_known(forecasts, at)
    cities = tuple(
        advise(forecast, rules, at=at, declared=declared.get(forecast.rule.city_id))
        for forecast in known
    )
    return AdviceReport(
        rule_set=rules.rule.rule_set,
        rule_set_status=rules.rule.status,
        is_valid=rules.rule.valid_from <= clock.local(at).date(),
        at=at,
        cities=cities,
        advice=_kept(cities, rules, at, known),
    )


def newest_known(forecasts: Iterable[Forecast], at: datetime) -> tuple[Forecast, ...]:
    """The forecast of each city that was issued last by an instant, by city."""
    newest: dict[str, Forecast] = {}
    for forecast in sorted(forecasts, key=lambda f: (f.rule.issued_at, f.rule.forecast_id)):
        if forecast.rule.issued_at <= at:
            newest[forecast.rule.city_id] = forecast
    if not newest:
        raise BadInputError(
            f"no forecast of the file was issued by {clock.local(at):%Y-%m-%d %H:%M}",
            "Give a later time.",
        )
    return tuple(newest[city] for city in sorted(newest))


def declared_levels(session: Session, at: datetime) -> dict[str, Level]:
    """The level that counts in each city at an instant by what was declared by then."""
    levels: dict[str, Level] = {}
    for alert in alerts.list_alerts(session):
        revision = alert.known(at)
        if revision is not None and revision.statement.covers(at):
            for area in revision.statement.areas:
                for city in area.cities:
                    levels[city] = max(levels.get(city, area.level), area.level, key=_severity)
    return levels


def _severity(level: Level) -> int:
    return level.severity


def _kept(
    cities: tuple[CityAdvice, ...],
    rules: RuleSet,
    at: datetime,
    forecasts: tuple[Forecast, ...],
) -> Advice:
    """The record of an advice; the same advice has the same id."""
    advice = Advice(
        id="advice",
        rule_set=rules.rule.rule_set,
        forecast=digest_of(canonical(Forecasts(forecasts=forecasts))),
        areas=tuple(city.area(rules.rule.rule_set) for city in cities),
        known_at=at,
    )
    return advice.model_copy(update={"id": f"advice-{digest_of(canonical(advice))[:12]}"})
