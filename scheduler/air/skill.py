"""How well past forecasts told the daily index and the level, by lead day.

A day is forecast above a threshold if the upper end of its range is, as the advice takes it. The
level of a day is the one that the rule set advises for it: of the forecast together with the days
observed until its issue, and of all days observed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from scheduler import clock
from scheduler.air.advice import days_of, episodes
from scheduler.air.days import HOUR, HOURS_A_DAY, Day
from scheduler.domain.air import Forecast, RuleSet
from scheduler.domain.alert import Level
from scheduler.domain.observed import LeadSkill, LevelScore, Score

Observed = Mapping[tuple[str, date], Day]
"""The days of each city as they were measured."""
Severity = int
NO_LEVEL: Severity = -1


class Pair(NamedTuple):
    """A day as it was forecast and as it was observed."""

    low: int
    high: int
    observed: int
    level: Severity
    level_observed: Severity


class _Told(NamedTuple):
    """A day of a forecast: the ends of its range, and the day by which it is judged."""

    low: int
    high: int
    day: Day


def skill(
    forecasts: Iterable[Forecast], observed: Observed, rules: RuleSet
) -> tuple[LeadSkill, ...]:
    """The skill by lead day of all forecasts whose days were observed; what stands in for a
    forecast is none and is left out."""
    real = _levels_observed(observed, rules)
    pairs: dict[int, list[Pair]] = defaultdict(list)
    for forecast in forecasts:
        if forecast.rule.kind == "forecast":
            for lead, pair in _pairs(forecast, observed, real, rules):
                pairs[lead].append(pair)
    return tuple(_lead(lead, pairs[lead], rules) for lead in sorted(pairs))


def _pairs(
    forecast: Forecast,
    observed: Observed,
    real: Mapping[tuple[str, date], Severity],
    rules: RuleSet,
) -> Iterable[tuple[int, Pair]]:
    city, issued = forecast.rule.city_id, clock.local(forecast.rule.issued_at).date()
    told = {day: one for day, one in _told(forecast) if day > issued}
    reach = timedelta(hours=rules.longest_hours)
    past = [
        held
        for (where, day), held in observed.items()
        if where == city and issued - reach < day <= issued
    ]
    ahead = levels_by_day([*past, *(one.day for one in told.values())], rules)
    for day, one in told.items():
        held = observed.get((city, day))
        if held is not None:
            levels = ahead.get(day, NO_LEVEL), real.get((city, day), NO_LEVEL)
            yield (day - issued).days, Pair(one.low, one.high, held.aqi, *levels)


def _levels_observed(observed: Observed, rules: RuleSet) -> dict[tuple[str, date], Severity]:
    by_city: dict[str, list[Day]] = defaultdict(list)
    for (city, _), day in observed.items():
        by_city[city].append(day)
    return {
        (city, day): severity
        for city, days in by_city.items()
        for day, severity in levels_by_day(days, rules).items()
    }


def levels_by_day(days: Sequence[Day], rules: RuleSet) -> dict[date, Severity]:
    """The severity of the level that the rules advise for each calendar day that has one."""
    ordered = sorted(days, key=lambda day: day.first)
    if not ordered:
        return {}
    found: dict[date, Severity] = {}
    for episode in episodes(ordered, rules, ordered[-1].end):
        first = episode.starts_at
        while first < episode.holds_until:
            found[clock.local(first).date()] = episode.level.severity
            first += HOURS_A_DAY * HOUR
    return found


def _told(forecast: Forecast) -> Iterable[tuple[date, _Told]]:
    """The calendar days of a forecast."""
    ranges = {given.day: given for given in forecast.days if given.aqi_high is not None}
    for day in days_of(forecast):
        local = clock.local(day.first)
        if local.hour == 0:
            given = ranges.get(local.date())
            low = given.aqi_low if given is not None and given.aqi_low is not None else day.aqi
            yield local.date(), _Told(low, day.aqi, day)


def _lead(lead: int, pairs: list[Pair], rules: RuleSet) -> LeadSkill:
    thresholds = sorted({c.aqi_above for c in rules.conditions})
    levels = sorted({c.level for c in rules.conditions}, key=lambda level: level.severity)
    return LeadSkill(
        lead_days=lead,
        n=len(pairs),
        bias_sum=sum(pair.low + pair.high - 2 * pair.observed for pair in pairs),
        scores=tuple(_score(above, pairs, rules) for above in thresholds),
        levels=tuple(_level_score(level, pairs) for level in levels),
    )


def _score(above: int, pairs: list[Pair], rules: RuleSet) -> Score:
    return Score(
        aqi_above=above,
        levels=tuple(dict.fromkeys(c.level for c in rules.conditions if c.aqi_above == above)),
        **_tally((pair.high > above, pair.observed > above) for pair in pairs),
    )


def _level_score(level: Level, pairs: list[Pair]) -> LevelScore:
    least = level.severity
    return LevelScore(
        level=level,
        **_tally((pair.level >= least, pair.level_observed >= least) for pair in pairs),
    )


def _tally(seen: Iterable[tuple[bool, bool]]) -> dict[str, int]:
    """Counts of what was forecast and observed."""
    counts = Counter(seen)
    return {
        "hits": counts[True, True],
        "misses": counts[False, True],
        "false_alarms": counts[True, False],
        "quiet": counts[False, False],
    }
