"""The level that a rule set advises for a forecast. It declares nothing: a government does.

"Daily AQI" is the index of any 24 consecutive hours, across calendar days. A day counts for a level
where the rule set's pollutant is primary; where another one is, people are given a notice.

Days above a threshold make up a process; two processes with too little time between them to lift an
alert count as one (按一次重污染过程统计, 从严启动). "Above x for 48 h" is a process that holds two
days above x of which none overlaps. All conditions of a branch hold within one process.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from scheduler.air.days import HOUR, HOURS_A_DAY, Day, calendar_day, days_between
from scheduler.air.index import half_even
from scheduler.domain.advice import (
    Action,
    AdvisedDay,
    CityAdvice,
    Clause,
    Condition,
    Episode,
    HealthNotice,
    Reason,
)
from scheduler.domain.air import Forecast, LevelCondition, Pollutant, RuleSet
from scheduler.domain.alert import Level


class Process(NamedTuple):
    """Days above a threshold with no gap that would lift an alert: its hours, and as many of the
    days as fit in without overlap."""

    first: datetime
    end: datetime
    days: tuple[Day, ...]

    @property
    def hours(self) -> int:
        return len(self.days) * HOURS_A_DAY


class Met(NamedTuple):
    """A branch of a level and the process that meets it."""

    level: Level
    branch: tuple[LevelCondition, ...]
    process: Process


def days_of(forecast: Forecast) -> tuple[Day, ...]:
    """Every run of 24 hours inside the forecast with enough values, and the days given whole."""
    rule = forecast.rule
    hourly = days_between(forecast.values, rule.first_hour, rule.end_hour)
    days = [*(hourly if forecast.values else ()), *map(calendar_day, forecast.days)]
    return tuple(sorted(days, key=lambda day: day.first))


def advise(
    forecast: Forecast,
    rules: RuleSet,
    *,
    at: datetime | None = None,
    declared: Level | None = None,
) -> CityAdvice:
    """What a rule set advises at an instant, by default when the forecast was issued.

    `declared` is the level in force by a government's word; it is kept while the conditions that
    lift it are not met.
    """
    now = forecast.rule.issued_at if at is None else at
    days = days_of(forecast)
    ahead = tuple(
        e
        for e in episodes(days, rules, forecast.rule.end_hour)
        if (e.ends_at or e.holds_until) > now
    )
    action, reason = action_of(forecast, days, rules, ahead, now, declared)
    return CityAdvice(
        city=forecast.rule.city_id,
        forecast=forecast.rule.forecast_id,
        issued_at=forecast.rule.issued_at,
        kind=forecast.rule.kind,
        declared=declared,
        action=action,
        reason=reason,
        episodes=ahead,
        notices=tuple(notice for notice in notices(days, rules) if notice.ends_at > now),
        days=tuple(told(day) for day in disjoint(days)),
    )


def episodes(days: Sequence[Day], rules: RuleSet, end: datetime) -> list[Episode]:
    """Runs in which some condition is met, none of which may be lifted before the next begins."""
    lift = rules.rule.lift_hours * HOUR
    found = sorted(branches_met(days, rules), key=lambda met: met.process.first)
    runs: list[list[Met]] = []
    until = end
    for met in found:
        if runs and met.process.first - until < lift:
            runs[-1].append(met)
            until = max(until, met.process.end)
        else:
            runs.append([met])
            until = met.process.end
    return [_episode(run, end, lift) for run in runs]


def _episode(run: Sequence[Met], end: datetime, lift: timedelta) -> Episode:
    best = max(run, key=lambda met: (met.level.severity, -met.branch[0].branch))
    until = max(met.process.end for met in run)
    return Episode(
        level=best.level,
        starts_at=min(met.process.first for met in run),
        holds_until=until,
        ends_at=until if end - until >= lift else None,
        clause=clause_of(best.branch),
        days=tuple(told(day) for day in best.process.days),
    )


def branches_met(days: Sequence[Day], rules: RuleSet) -> Iterator[Met]:
    """Every branch with each process that meets it."""
    for (level, _), group in groupby(rules.conditions, key=lambda c: (c.level, c.branch)):
        branch = tuple(group)
        longest, *others = sorted(branch, key=lambda c: (-c.hours, c.aqi_above))
        shorter = [processes_meeting(days, rules, condition) for condition in others]
        for process in processes_meeting(days, rules, longest):
            if all(
                any(process.first <= p.first and p.end <= process.end for p in found)
                for found in shorter
            ):
                yield Met(level, branch, process)


def processes_meeting(
    days: Sequence[Day], rules: RuleSet, condition: LevelCondition
) -> list[Process]:
    above = [day for day in days if day.aqi > condition.aqi_above and counts(day, rules.rule.gate)]
    return [p for p in processes(above, rules.rule.lift_hours) if p.hours >= condition.hours]


def counts(day: Day, gate: Pollutant) -> bool:
    """Whether a day's index is one that the rule set has levels for."""
    return gate in day.index.primary


def processes(above: Iterable[Day], lift_hours: int) -> Iterator[Process]:
    """Days in order of time, parted where the hours between them would lift an alert."""
    run: list[Day] = []
    for day in above:
        if run and day.first - run[-1].end >= lift_hours * HOUR:
            yield _process(run)
            run = []
        run.append(day)
    if run:
        yield _process(run)


def _process(run: Sequence[Day]) -> Process:
    return Process(run[0].first, run[-1].end, tuple(disjoint(run)))


def disjoint(days: Iterable[Day]) -> Iterator[Day]:
    """As many days as fit in one after the other: always the next one that begins."""
    free_from: datetime | None = None
    for day in days:
        if free_from is None or day.first >= free_from:
            yield day
            free_from = day.end


def notices(days: Sequence[Day], rules: RuleSet) -> Iterator[HealthNotice]:
    """Runs of days above the lowest threshold that other pollutants are the cause of."""
    other = [d for d in days if d.aqi > rules.lowest_threshold and not counts(d, rules.rule.gate)]
    run: list[Day] = []
    for day in other:
        if run and day.first > run[-1].end:
            yield _notice(run)
            run = []
        run.append(day)
    if run:
        yield _notice(run)


def _notice(run: Sequence[Day]) -> HealthNotice:
    return HealthNotice(
        pollutants=tuple(sorted({p for day in run for p in day.index.primary})),
        starts_at=run[0].first,
        ends_at=run[-1].end,
        highest_aqi=max(day.aqi for day in run),
    )


def action_of(
    forecast: Forecast,
    days: Sequence[Day],
    rules: RuleSet,
    ahead: Sequence[Episode],
    now: datetime,
    declared: Level | None,
) -> tuple[Action, Reason]:
    """What to do about the level that is declared, if any, and why.

    An alert is lowered or lifted only where the hours before are known as far back as a condition
    reaches, and those ahead as long as lifting asks for; until then the higher level stays.
    """
    if forecast.rule.end_hour <= now:
        return "none" if declared is None else "keep", "forecast_over"
    if declared is None:
        return ("issue", "condition_ahead") if ahead else ("none", "no_condition")
    return _action_declared(forecast, days, rules, ahead, now, declared)


def _action_declared(
    forecast: Forecast,
    days: Sequence[Day],
    rules: RuleSet,
    ahead: Sequence[Episode],
    now: datetime,
    declared: Level,
) -> tuple[Action, Reason]:
    lift = rules.rule.lift_hours * HOUR
    near = ahead[0] if ahead and ahead[0].starts_at - now < lift else None
    if near is not None and near.level.severity > declared.severity:
        return "raise", "higher_ahead"
    if near is not None and near.level is declared:
        return "keep", "condition_under_way"
    if not days or days[0].first > now - rules.longest_hours * HOUR:
        return "keep", "past_unknown"
    if forecast.rule.end_hour - now < lift:
        return "keep", "clean_too_short"
    return ("lower", "lower_ahead") if near else ("lift", "clean_long_enough")


def clause_of(branch: Sequence[LevelCondition]) -> Clause:
    return Clause(
        rule_set=branch[0].rule_set,
        level=branch[0].level,
        branch=branch[0].branch,
        conditions=tuple(Condition(aqi_above=c.aqi_above, hours=c.hours) for c in branch),
        source="; ".join(dict.fromkeys(c.source for c in branch)),
        status=max((c.status for c in branch), key=("read", "derived", "assumed").index),
    )


def told(day: Day) -> AdvisedDay:
    """A day for people."""
    means = [item.concentration for item in day.index.items if item.pollutant == "pm25"]
    return AdvisedDay(
        first=day.first,
        end=day.end,
        standard=day.index.standard.rule.standard,
        aqi=day.aqi,
        primary=day.index.primary,
        pm25_ug_m3=str(half_even(means[0])) if means else None,
    )
