"""How full links get if every plant bunches its trips within its windows.

A plan says how many trips leave in which slot, a window only when the gate is open. Counted here:
for every leg and window, all trips of the leg whose first passage the plan puts in that window
pass in one slot of it, the one that is worst for the link, but no more than the gate lets pass in
a slot. Legs are added up as if each had the gate for itself, so that the sum is an upper bound.
A stretch without limits counts as one window. Trips under way keep their own times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from solver.checks.cycles import Half, World, runs_of_true
from solver.checks.gates import GateLine
from solver.checks.traffic import Traffic
from solver.checks.verdict import BunchedLoad


@dataclass(frozen=True)
class Bunch:
    """Up to `trips` trips of a leg's half that may all pass `gate` in one slot of `window`."""

    leg: str
    half: Half
    window: range
    passage_slots: int
    trips: int


def bunched_loads(traffic: Traffic, lines: tuple[GateLine, ...]) -> Iterator[BunchedLoad]:
    """Every link that carries trips, in its worst slot: the fullest first."""
    world, grid = traffic.world, traffic.world.instance.grid
    load = Counter[tuple[str, int]]()
    for run in traffic.runs:
        if run.slot < 0:
            pcu = run.trips * run.cycle.vehicle.pcu_mpcu
            for drive in run.half.drives:
                load[drive.link.id, run.slot + drive.entry_s // grid.slot_s] += pcu
    for bunch in _bunches(traffic, lines):
        pcu = bunch.trips * world.cycles[bunch.leg].vehicle.pcu_mpcu
        for drive in bunch.half.drives:
            after = drive.entry_s // grid.slot_s - bunch.passage_slots
            for slot in bunch.window:
                load[drive.link.id, slot + after] += pcu
    worst: dict[str, BunchedLoad] = {}
    for (link, slot), mpcu in sorted(load.items()):
        if 0 <= slot < grid.n_slots:
            row = _row(world, link, slot, mpcu)
            if link not in worst or _fullness(row) > _fullness(worst[link]):
                worst[link] = row
    yield from sorted(worst.values(), key=_fullness, reverse=True)


def _row(world: World, link: str, slot: int, mpcu: int) -> BunchedLoad:
    road = world.links[link]
    return BunchedLoad(
        link=link,
        slot=slot,
        bunched_mpcu=mpcu,
        background_mpcu=road.background_mpcu[slot],
        capacity_mpcu=road.capacity_mpcu_h * world.instance.grid.slot_minutes // 60,
    )


def _fullness(row: BunchedLoad) -> tuple[Fraction, Fraction]:
    """Share of the capacity taken; a link without capacity is fuller than any other."""
    taken = Fraction(row.bunched_mpcu + row.background_mpcu)
    if row.capacity_mpcu == 0:
        return Fraction(1), taken
    return Fraction(0), taken / row.capacity_mpcu


def _bunches(traffic: Traffic, lines: tuple[GateLine, ...]) -> Iterator[Bunch]:
    world, slot_s = traffic.world, traffic.world.instance.grid.slot_s
    windows = _WindowsOfGates(world, lines)
    sums = Counter[tuple[str, bool, range]]()
    for leaving, part in ((False, traffic.departed), (True, traffic.released)):
        for (leg, slot), trips in part.items():
            half = _half(world, leg, leaving)
            gate, offset_s = half.passages[0]
            sums[leg, leaving, windows.around(gate, slot + offset_s // slot_s)] += trips
    for (leg, leaving, window), trips in sums.items():
        half = _half(world, leg, leaving)
        gate, offset_s = half.passages[0]
        most = min(trips, world.gate_capacity[gate])
        yield Bunch(leg, half, window, offset_s // slot_s, most)


def _half(world: World, leg: str, leaving: bool) -> Half:
    cycle = world.cycles[leg]
    return cycle.leaving if leaving and cycle.leaving is not None else cycle.going


class _WindowsOfGates:
    """The window, or the stretch without limits, around a slot of a gate."""

    def __init__(self, world: World, lines: tuple[GateLine, ...]) -> None:
        self._world = world
        self._open = {line.gate: line.open for line in lines}
        self._known: dict[str, list[range]] = {}

    def around(self, gate: str, slot: int) -> range:
        for window in self._windows(gate):
            if slot in window:
                return window
        return range(slot, slot + 1)

    def _windows(self, gate: str) -> list[range]:
        if gate not in self._known:
            n_slots = self._world.instance.grid.n_slots
            limits = self._world.limits_by_slot.get(self._world.plant_of_gate[gate].id)
            free = {slot for slot in range(n_slots) if not limits or not limits[slot]}
            is_open = self._open.get(gate, frozenset())
            self._known[gate] = [*runs_of_true(is_open), *runs_of_true(free)]
        return self._known[gate]
