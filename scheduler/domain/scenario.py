"""A scenario: what could hold instead of what is declared and loaded. It is planned, never
published, and changes neither the alert nor any data."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from scheduler.domain.alert import Level, Text
from scheduler.domain.hours import Hours
from scheduler.domain.instant import Instant
from scheduler.domain.received import Received
from solver.instance import Count, Id, Percent, Value


class ClosedRoad(Received):
    """A link on which nobody drives, for all of the plan where no instants are named."""

    link: Id
    from_instant: Instant | None = None
    to_instant: Instant | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.from_instant and self.to_instant and self.to_instant <= self.from_instant:
            raise ValueError(f"link {self.link} would open before it closes")
        return self


class Scenario(Received):
    """What differs from what is declared; nothing does in the scenario that others are compared
    with.

    `level` holds in every area of the alert; `cut_percent` of normal trips is cut wherever a
    measure cuts trips, and everywhere if none does at the level; no window opens in `shut_hours`,
    in place of the hours that the measures name.
    """

    name: Text
    level: Level | None = None
    cut_percent: Percent | None = None
    shut_hours: Hours | None = None
    closed: tuple[ClosedRoad, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        return self == Scenario(name=self.name)


class Posed(Value):
    """A scenario among those that were asked for together; number 0 changes nothing."""

    group: Id
    number: Count
    scenario: Scenario
