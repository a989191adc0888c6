"""The trips of a plan, split into own, locked and under way, and what they do in which slot."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from solver.checks.cycles import Cycle, Drive, Half, World
from solver.plan import Decisions


@dataclass(frozen=True)
class Run:
    """`trips` of one leg start a half of their cycle in `slot`, which is below 0 for trips
    under way. Locked trips and trips under way are not own."""

    cycle: Cycle
    half: Half
    slot: int
    trips: int
    own: bool


@dataclass(frozen=True)
class Load:
    """Amounts by (object, slot) of own trips and of the others, in slots of the horizon."""

    own: Counter[tuple[str, int]]
    others: Counter[tuple[str, int]]


@dataclass(frozen=True)
class Traffic:
    """What the decisions and the state set in motion."""

    world: World
    decisions: Decisions

    @cached_property
    def departed(self) -> Counter[tuple[str, int]]:
        """All departures of the plan by (leg, slot)."""
        return _sums((d.leg, d.slot, d.trips) for d in self.decisions.departures)

    @cached_property
    def released(self) -> Counter[tuple[str, int]]:
        return _sums((r.leg, r.slot, r.trips) for r in self.decisions.releases)

    @cached_property
    def locked(self) -> Counter[tuple[str, int]]:
        state = self.world.instance.state
        return _sums((trips.leg, trips.slot, trips.trips) for trips in state.locked_trips)

    @cached_property
    def own_departures(self) -> Counter[tuple[str, int]]:
        """Departures of the plan less the locked ones."""
        return self.departed - self.locked

    @cached_property
    def under_way(self) -> Counter[tuple[str, int]]:
        """Trips under way by (leg, departure slot below 0)."""
        state = self.world.instance.state
        return _sums((trips.leg, -trips.slots_ago, trips.trips) for trips in state.under_way)

    @cached_property
    def held(self) -> Counter[str]:
        held: Counter[str] = Counter()
        for trips in self.world.instance.state.held:
            held[trips.leg] += trips.trips
        return held

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        return tuple(self._runs())

    def _runs(self) -> Iterator[Run]:
        cycles = self.world.cycles
        parts = ((self.own_departures, True), (self.locked, False), (self.under_way, False))
        for part, own in parts:
            for (leg, slot), trips in part.items():
                yield Run(cycles[leg], cycles[leg].going, slot, trips, own)
        for (leg, slot), trips in self.released.items():
            leaving = cycles[leg].leaving
            if leaving is not None:
                yield Run(cycles[leg], leaving, slot, trips, own=True)

    @cached_property
    def passages(self) -> Load:
        """Passages by (gate, slot)."""
        slot_s = self.world.instance.grid.slot_s
        return self._load(
            (run, gate, run.slot + offset_s // slot_s, run.trips)
            for run in self.runs
            for gate, offset_s in run.half.passages
        )

    @cached_property
    def link_mpcu(self) -> Load:
        """mPCU entering by (link, slot)."""
        return self._entering(lambda drive: drive.link.id)

    @cached_property
    def zone_mpcu(self) -> Load:
        """mPCU entering by (zone, slot)."""
        return self._entering(lambda drive: drive.link.zone if drive.enters_zone else None)

    def _entering(self, place: Callable[[Drive], str | None]) -> Load:
        """mPCU by (place, slot), a drive entering a place or, None, none that counts."""
        grid = self.world.instance.grid
        own, others = defaultdict[tuple[str, int], int](int), defaultdict[tuple[str, int], int](int)
        entries: dict[tuple[str, bool], list[tuple[str, int]]] = {}
        for run in self.runs:
            half = run.cycle.leg.id, run.half is run.cycle.going
            if half not in entries:
                named = ((place(drive), drive.entry_s // grid.slot_s) for drive in run.half.drives)
                entries[half] = [(name, after) for name, after in named if name is not None]
            mpcu, sums = run.trips * run.cycle.vehicle.pcu_mpcu, own if run.own else others
            for name, after in entries[half]:
                slot = run.slot + after
                if 0 <= slot < grid.n_slots:
                    sums[name, slot] += mpcu
        return Load(Counter(own), Counter(others))

    def _load(self, rows: Iterable[tuple[Run, str, int, int]]) -> Load:
        n_slots = self.world.instance.grid.n_slots
        load = Load(Counter(), Counter())
        for run, name, slot, amount in rows:
            if 0 <= slot < n_slots:
                (load.own if run.own else load.others)[name, slot] += amount
        return load


def _sums(rows: Iterable[tuple[str, int, int]]) -> Counter[tuple[str, int]]:
    sums: Counter[tuple[str, int]] = Counter()
    for name, slot, amount in rows:
        sums[name, slot] += amount
    return sums
