"""One plant's part of the model: its variables, its rows, what it uses of shared capacity.

Everything that couples plants is in `uses`; the rest of a plant's laws concern it alone. The same
block serves the whole model and the plant solved alone against prices.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from copy import copy
from functools import cached_property
from typing import Literal

from solver.derive import Derived, LegUse, Move
from solver.instance import Plant, StageName
from solver.linear import Expression, Rows, Terms
from solver.shared import Resource


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
        self.passing: dict[int, list[int]] = {}
        """Own departures and releases that pass a gate in a slot, by the variable that opens it."""
        self.rate: dict[tuple[str, int], int] = {}
        self.refused: dict[tuple[str, int, Literal["arrival", "dispatch"]], tuple[int, int]] = {}
        self.safe: dict[tuple[str, int], int] = {}
        self.breach: dict[str, int] = {}
        self.inside: dict[tuple[str, int], int] = {}
        self.inside_at_end: dict[str, Expression] = {}
        self.uses: dict[Resource, Terms] = defaultdict(list)
        self.stages: dict[StageName, Expression] = defaultdict(Expression)
        self.settlers: list[Callable[[list[int]], None]] = []
        self.aids: list[range] = []
        """Numbers of rows that no law needs, but whoever searches in whole numbers."""

    def copy(self) -> Block:
        """The same block with rows of its own, to which more can be added."""
        other = copy(self)
        other.rows = self.rows.copy()
        return other

    def bare_rows(self) -> Rows:
        """The laws' rows alone, to read."""
        aids = {number for some in self.aids for number in some}
        bare = Rows()
        bare.lower, bare.upper = self.rows.lower, self.rows.upper
        bare.rows = [row for number, row in enumerate(self.rows.rows) if number not in aids]
        return bare

    def settle(self, values: list[int]) -> None:
        """Set what follows from the decisions (missing rate, breach, pieces of phi, changes) to
        its least value: a search that minimises another stage leaves it higher."""
        for settler in self.settlers:
            settler(values)

    @property
    def legs(self) -> tuple[LegUse, ...]:
        return self.derived.legs_of[self.plant.id]

    @property
    def fixed_departures(self) -> tuple[tuple[LegUse, int, int], ...]:
        """(leg, departure slot, trips) of the plant's locked trips and of those under way."""
        return self.derived.fixed_departures_of.get(self.plant.id, ())

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
        for use, _, trips in self.fixed_departures:
            if use.release is not None:
                brought[use.leg.vehicle_class] += trips
        return {
            fleet.vehicle_class: max(fleet.trucks, brought[fleet.vehicle_class])
            for fleet in self.plant.fleets
        }

    def moving(self) -> list[tuple[LegUse, Move, list[tuple[int, int]]]]:
        """(leg, move, (slot, variable) pairs) of own departures, then of releases."""
        departing = [(use, use.departure, trips) for use, trips in self._by_leg(self.own)]
        releasing = [
            (use, use.release, trips)
            for use, trips in self._by_leg(self.released)
            if use.release is not None
        ]
        return departing + releasing

    def _by_leg(
        self, trips: Mapping[tuple[str, int], int]
    ) -> list[tuple[LegUse, list[tuple[int, int]]]]:
        by_leg: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for (leg, slot), variable in trips.items():
            by_leg[leg].append((slot, variable))
        return [(self.derived.legs[leg], some) for leg, some in by_leg.items()]

    def moves(self) -> list[tuple[LegUse, Move, int, int]]:
        """(leg, move, slot, variable) of every own departure and release."""
        return [
            (use, move, slot, variable)
            for use, move, trips in self.moving()
            for slot, variable in trips
        ]

    def use_of(self, values: list[int]) -> Counter[Resource]:
        """mPCU that enter shared capacities: the sums of `uses`, from the few trips there are."""
        used: Counter[Resource] = Counter()
        for use, move, trips in self.moving():
            for slot, variable in trips:
                mpcu = use.pcu_mpcu * values[variable]
                if mpcu:
                    for resource in self.derived.entered(move, slot):
                        used[resource] += mpcu
        return used

    def keep_windows(
        self, rows: Rows, values: list[int], reach: int, until: int | None = None
    ) -> None:
        """Hold every slot (before `until`) open or closed, but for those so near an end of a
        window."""
        for (gate, slot), variable in self.open.items():
            if until is not None and slot >= until:
                continue
            near = (self.open.get((gate, slot + by)) for by in range(-reach, reach + 1))
            if len({values[v] for v in near if v is not None}) == 1:
                rows.lower[variable] = rows.upper[variable] = values[variable]

    def hold_near(self, rows: Rows, values: list[int], reach: int) -> None:
        """Hold windows but for so many slots at their ends, and trips out of what stays closed."""
        self.keep_windows(rows, values, reach)
        self._keep_out(rows)

    def _keep_out(self, rows: Rows) -> None:
        """Where a gate is held closed no truck passes: said of the trips themselves, few rows of
        shared capacity are left that they could break."""
        for variable, trips in self.passing.items():
            if not rows.upper[variable]:
                for trip in trips:
                    rows.upper[trip] = 0

    def departures(self, leg: str, slot: int) -> Expression:
        """All departures of a leg in a slot, locked ones included."""
        expression = Expression(constant=self.derived.locked.get((leg, slot), 0))
        expression.add(1, self.own.get((leg, slot)))
        return expression
