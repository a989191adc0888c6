"""What the rules make of a forecast for a city, whole: episodes, clause, values, notices, action.

`Advice` in scheduler/domain/alert.py is what is kept of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scheduler.domain.air import Pollutant
from scheduler.domain.alert import Advice, AdvisedArea, Level
from scheduler.domain.instant import Instant
from scheduler.domain.row import Status
from solver.instance import Id, Value

Action = Literal["none", "issue", "raise", "keep", "lower", "lift"]
Reason = Literal[
    "no_condition",
    "condition_ahead",
    "condition_under_way",
    "higher_ahead",
    "lower_ahead",
    "clean_long_enough",
    "clean_too_short",
    "past_unknown",
    "forecast_over",
]


class AdvisedDay(Value):
    """24 hours and their index, by the standard of their date."""

    first: Instant
    end: Instant
    standard: str
    aqi: int
    primary: tuple[Pollutant, ...]
    pm25_ug_m3: str | None
    """The mean to one decimal; None where the forecast gives the index alone."""


class Condition(Value):
    aqi_above: int
    hours: int


class Clause(Value):
    """A branch of a level in a rule set: all its conditions hold together."""

    rule_set: Id
    level: Level
    branch: Annotated[int, Field(ge=1)]
    conditions: tuple[Condition, ...]
    source: str
    status: Status

    def __str__(self) -> str:
        told = " and ".join(
            f"daily AQI > {c.aqi_above} for >= {c.hours} h" for c in self.conditions
        )
        return f"{self.rule_set} {self.level}, branch {self.branch}: {told}"


class Episode(Value):
    """A run of polluted air that counts as one, with the highest level that it reaches."""

    level: Level
    starts_at: Instant
    holds_until: Instant
    """The end of the last day that belongs to it, as far as the forecast reaches."""
    ends_at: Instant | None
    """When the alert may be lifted; None while the forecast does not show it clean long enough."""
    clause: Clause
    days: tuple[AdvisedDay, ...]
    """The days, one after the other and none overlapping, that meet the clause."""


class HealthNotice(Value):
    """Air that calls for a notice to people and for no level: another pollutant is primary."""

    pollutants: tuple[Pollutant, ...]
    starts_at: Instant
    ends_at: Instant
    highest_aqi: int


class CityAdvice(Value):
    """What the rules advise for a city at an instant."""

    city: Id
    forecast: Id
    issued_at: Instant
    kind: Literal["forecast", "perfect_foresight"]
    declared: Level | None
    """The level that a government has declared, as far as it was told."""
    action: Action
    reason: Reason
    episodes: tuple[Episode, ...]
    """Those that are not over at the instant, first to last."""
    notices: tuple[HealthNotice, ...]
    days: tuple[AdvisedDay, ...]
    """The days in turn from the first hour on."""

    def area(self, rule_set: str) -> AdvisedArea:
        """What is kept: the episode that comes first, or no level."""
        episode = self.episodes[0] if self.episodes else None
        days = self.days if episode is None else episode.days
        return AdvisedArea(
            city=self.city,
            level=episode.level if episode else None,
            starts_at=episode.starts_at if episode else None,
            ends_at=episode.ends_at if episode else None,
            clause=str(episode.clause) if episode else f"{rule_set}: no condition is met",
            values=values_of(days),
        )


class AdviceReport(Value):
    """The advice for every city of a forecast by one rule set."""

    rule_set: Id
    rule_set_status: Status
    is_valid: bool
    """Whether the rule set held at the instant; where not, this is a what-if."""
    at: Instant
    cities: tuple[CityAdvice, ...]
    advice: Advice


def values_of(days: tuple[AdvisedDay, ...]) -> str:
    """Days in turn for people, with the standards that computed them."""
    used = ", ".join(dict.fromkeys(day.standard for day in days))
    told = ", ".join(
        f"AQI {day.aqi}" if day.pm25_ug_m3 is None else f"{day.pm25_ug_m3} ug/m3 = AQI {day.aqi}"
        for day in days
    )
    return f"{used}, days in turn: {told}"
