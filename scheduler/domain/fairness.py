"""The fairness account of an episode: what of their permitted output plants kept, and who lost."""

from __future__ import annotations

from typing import Literal

from scheduler.domain.instant import Instant
from scheduler.domain.why_not import Named
from solver.instance import Count, Id, Positive, Value

Size = Literal["large", "middle", "small"]
SIZES: tuple[Size, ...] = ("large", "middle", "small")
"""Thirds of the plants by trips of a normal day, the larger thirds first."""
By = Literal["sector", "grade", "size"]
GROUPINGS: tuple[By, ...] = ("sector", "grade", "size")


class Kept(Value):
    """Permitted and lost output since the episode began, in millionths of a road trip."""

    permitted_utrip: Count
    lost_utrip: Count

    @property
    def kept_percent(self) -> float | None:
        """None where nothing was permitted."""
        if not self.permitted_utrip:
            return None
        return 100 * (self.permitted_utrip - self.lost_utrip) / self.permitted_utrip

    @property
    def kept_permille(self) -> int | None:
        """Rounded down: who lost anything did not keep all. None where nothing was permitted."""
        if not self.permitted_utrip:
            return None
        return 1000 * max(0, self.permitted_utrip - self.lost_utrip) // self.permitted_utrip


class PlantAccount(Kept):
    plant: Named
    enterprise: Id
    sector: Id
    grade: Id
    size: Size
    normal_trips_day: Count


class GroupAccount(Kept):
    """Plants that have a sector, grade or size in common."""

    by: By
    group: str
    n_plants: Positive


class Fairness(Value):
    """The account of an episode up to an instant, the plants that kept least first."""

    alert: Id
    alerts: tuple[Id, ...]
    """Those of the episode, the earliest first."""
    since: Instant
    until: Instant
    publications: tuple[str, ...]
    plants: tuple[PlantAccount, ...]
    groups: tuple[GroupAccount, ...]

    @property
    def whole(self) -> Kept:
        """All plants together."""
        return Kept(
            permitted_utrip=sum(row.permitted_utrip for row in self.plants),
            lost_utrip=sum(row.lost_utrip for row in self.plants),
        )

    def of(self, by: By) -> tuple[GroupAccount, ...]:
        return tuple(group for group in self.groups if group.by == by)
