"""What forces the shortfall of all plants of a plan: their own laws, what they share, and what
nothing explains."""

from __future__ import annotations

from scheduler.domain.instant import Instant
from scheduler.domain.why import Forced, SolvedRemedy
from scheduler.domain.why_not import Named
from solver.instance import Id, StageName, Value


class ForcedPlant(Value):
    """A plant that loses `planned` and at least `floor` in any plan; `forced` are its own laws that
    force that together, None where they were not asked or not proved; `sure`: solved twice."""

    plant: Named
    planned: int
    floor: int
    forced: Forced | None
    sure: bool
    remedies: tuple[SolvedRemedy, ...]


class PricedPlace(Value):
    """A link or zone that the plan's bound prices, and what its hours are worth by those prices: an
    estimate, nothing that was solved."""

    what: str
    id: Id
    spans: tuple[tuple[Instant, Instant], ...]
    worth: int


class WholeWhy(Value):
    """A stage of a plan as a whole: `value` is `by_plants`, forced by the plants' own laws, and
    `by_roads`, forced by what they share as the plan's bound proves, and `unexplained`."""

    publication: Id
    """Or the plan, before it is published."""
    stage: StageName
    unit: str
    value: int
    by_plants: int
    by_roads: int
    unexplained: int
    plants: tuple[ForcedPlant, ...]
    roads: tuple[PricedPlace, ...]
