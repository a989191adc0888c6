"""How well past forecasts told the daily index, by lead day and threshold.

A day is forecast above a threshold if the upper end of its range is, as the advice takes it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from scheduler import clock
from scheduler.air.advice import days_of
from scheduler.domain.air import Forecast, RuleSet
from scheduler.domain.observed import LeadSkill, Score

Pair = tuple[int, int, int]
"""Lowest and highest forecast index, and the observed one."""


def skill(
    forecasts: Iterable[Forecast], observed: Mapping[tuple[str, date], int], rules: RuleSet
) -> tuple[LeadSkill, ...]:
    """The skill by lead day of all forecasts whose days were observed; what stands in for a
    forecast is none and is left out."""
    pairs: dict[int, list[Pair]] = defaultdict(list)
    for forecast in forecasts:
        if forecast.rule.kind != "forecast":
            continue
        issued = clock.local(forecast.rule.issued_at).date()
        for day, low, high in _calendar_days(forecast):
            held = observed.get((forecast.rule.city_id, day))
            if held is not None and day > issued:
                pairs[(day - issued).days].append((low, high, held))
    return tuple(_lead(lead, pairs[lead], rules) for lead in sorted(pairs))


def _calendar_days(forecast: Forecast) -> Iterable[tuple[date, int, int]]:
    for given in forecast.days:
        if given.aqi_high is not None:
            low = given.aqi_high if given.aqi_low is None else given.aqi_low
            yield given.day, low, given.aqi_high
    ranged = {given.day for given in forecast.days if given.aqi_high is not None}
    for day in days_of(forecast):
        local = clock.local(day.first)
        if local.hour == 0 and local.date() not in ranged:
            yield local.date(), day.aqi, day.aqi


def _lead(lead: int, pairs: list[Pair], rules: RuleSet) -> LeadSkill:
    thresholds = sorted({c.aqi_above for c in rules.conditions})
    return LeadSkill(
        lead_days=lead,
        n=len(pairs),
        bias_sum=sum(low + high - 2 * held for low, high, held in pairs),
        scores=tuple(_score(above, pairs, rules) for above in thresholds),
    )


def _score(above: int, pairs: list[Pair], rules: RuleSet) -> Score:
    seen = [(high > above, held > above) for _, high, held in pairs]
    return Score(
        aqi_above=above,
        levels=tuple(dict.fromkeys(c.level for c in rules.conditions if c.aqi_above == above)),
        hits=seen.count((True, True)),
        misses=seen.count((False, True)),
        false_alarms=seen.count((True, False)),
        quiet=seen.count((False, False)),
    )
