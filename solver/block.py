"""One plant's part of the model: its variables, its rows, what it uses of shared capacity.

Everything that couples plants is in `uses`; the rest of a plant's laws concern it alone. The same
block serves the whole model and the plant solved alone against prices.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Literal

from solver.derive import Derived, LegUse, Move
from solver.instance import Plant, StageName
from solver.linear import Expression, Rows, Terms

Resource = tuple[Literal["link", "zone"], str, int]
"""A shared capacity: (what, id, slot)."""


class Block:
    """Variables and rows of one plant.

    `own` counts departures beyond the locked ones, by (leg, slot); `released` the releases of
    waiting legs; both hold only what no bar, horizon or lack of capacity forbids.
    """

    def __init__(self, derived: Derived, plant: Plant) -> None:
        self.derived = derived
        self.plant = plant
        self.rows = Rows()
        self.own: dict[tuple[str, int], int] = {}
        self.released: dict[tuple[str, int], int] = {}
        self.open: dict[tuple[str, int], int] = {}
        self.start: dict[tuple[str, int], int] = {}
        self.rate: dict[tuple[str, int], int] = {}
        self.refused: dict[tuple[str, int, Literal["arrival", "dispatch"]], tuple[int, int]] = {}
        self.safe: dict[tuple[str, int], int] = {}
        self.breach: dict[str, int] = {}
        self.inside: dict[tuple[str, int], int] = {}
        self.inside_at_end: dict[str, Expression] = {}
        self.uses: dict[Resource, Terms] = defaultdict(list)
        self.stages: dict[StageName, Expression] = defaultdict(Expression)
        self.settlers: list[Callable[[list[int]], None]] = []

    def copy(self) -> Block:
        """The same block with rows of its own, to which more can be added."""
        other = copy(self)
        other.rows = self.rows.copy()
        return other

    def settle(self, values: list[int]) -> None:
        """Set what follows from the decisions (missing rate, breach, pieces of phi, changes) to
        its least value: a search that minimises another stage leaves it higher."""
        for settler in self.settlers:
            settler(values)

    @cached_property
    def legs(self) -> list[LegUse]:
        return [use for use in self.derived.legs.values() if use.plant is self.plant]

    @cached_property
    def gate_capacity(self) -> dict[str, int]:
        """Passages a slot."""
        return {gate.id: gate.capacity_passages for gate in self.plant.gates}

    @cached_property
    def trucks_at_once(self) -> dict[str, int]:
        """Most trucks of a class that pass at once: the fleet, or those that state and locks have
        brought inside, be they more."""
        brought: Counter[str] = Counter()
        for held in self.derived.instance.state.held:
            use = self.derived.legs[held.leg]
            if use.plant is self.plant:
                brought[use.leg.vehicle_class] += held.trips
        for use, _, trips in self.derived.fixed_departures:
            if use.plant is self.plant and use.release is not None:
                brought[use.leg.vehicle_class] += trips
        return {
            fleet.vehicle_class: max(fleet.trucks, brought[fleet.vehicle_class])
            for fleet in self.plant.fleets
        }

    def moves(self) -> list[tuple[LegUse, Move, int, int]]:
        """(leg, move, slot, variable) of every own departure and release."""
        legs = self.derived.legs
        departures = [
            (legs[leg], legs[leg].departure, slot, v) for (leg, slot), v in self.own.items()
        ]
        releases = []
        for (leg, slot), v in self.released.items():
            move = legs[leg].release
            assert move is not None
            releases.append((legs[leg], move, slot, v))
        return departures + releases

    def departures(self, leg: str, slot: int) -> Expression:
        """All departures of a leg in a slot, locked ones included."""
        expression = Expression(constant=self.derived.locked.get((leg, slot), 0))
        expression.add(1, self.own.get((leg, slot)))
        return expression
