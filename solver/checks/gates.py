"""Laws `gate_window` and `window_shape`: when a gate is open and who passes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from solver.checks.cycles import World, runs_of_true
from solver.checks.traffic import Traffic
from solver.checks.verdict import Law, Violation
from solver.instance import GateState, TimeGrid, WindowLimit
from solver.plan import Decisions


@dataclass(frozen=True)
class GateLine:
    """A gate over the horizon: the limit per slot, the slots its windows name."""

    gate: str
    grid: TimeGrid
    limits: list[WindowLimit | None]
    named: frozenset[int]
    locked: frozenset[int]
    state: GateState

    @cached_property
    def open(self) -> frozenset[int]:
        """Open slots: a slot that is not restricted counts as closed."""
        return frozenset(slot for slot in self.named if self.limits[slot])

    @cached_property
    def open_before(self) -> bool:
        return self.state.open_slots_before > 0

    @cached_property
    def inherited(self) -> frozenset[int]:
        """Slots that must be open: locked ones, and the rest of the least length owed."""
        owed = frozenset[int]()
        first = self.limits[0]
        if self.open_before and first:
            owed = frozenset(self._unbroken(0, first.min_slots - self.state.open_slots_before))
        return owed | frozenset(slot for slot in self.locked if self.limits[slot])

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Open slots after a closed one."""
        return tuple(slot for slot in sorted(self.open) if not self._open_at(slot - 1))

    @cached_property
    def inherited_starts(self) -> frozenset[int]:
        """Inherited slots before which the gate is neither inherited nor open at slot 0's door."""
        fresh = {slot for slot in self.inherited if slot - 1 not in self.inherited}
        return frozenset(fresh - {0} if self.open_before else fresh)

    @cached_property
    def in_force(self) -> tuple[WindowLimit, ...]:
        """The limits of the gate in order of their slots."""
        return tuple(dict.fromkeys(filter(None, self.limits)))

    def limit_at(self, slot: int) -> WindowLimit:
        limit = self.limits[slot]
        if limit is None:
            raise LookupError(f"gate {self.gate} is not restricted in slot {slot}")
        return limit

    def owed_after(self, start: int) -> range:
        """The least length of a window that starts here, as far as the limits run on."""
        return self._unbroken(start, start + self.limit_at(start).min_slots)

    def pause_before(self, start: int) -> int:
        """Closed slots between the last open slot and a start."""
        last = max((slot for slot in self.open if slot < start), default=None)
        if last is not None:
            return start - last - 1
        return start if self.open_before else start + self.state.closed_slots_before

    def _open_at(self, slot: int) -> bool:
        return slot in self.open or (slot == -1 and self.open_before)

    def _unbroken(self, first: int, end: int) -> range:
        slot = first
        while slot < min(end, self.grid.n_slots) and self.limits[slot]:
            slot += 1
        return range(first, slot)


def gate_lines(world: World, decisions: Decisions) -> Iterator[GateLine]:
    """The gates that windows, locks or the state name, in order of their ids."""
    state, grid = world.instance.state, world.instance.grid
    states = {gate.gate: gate for gate in state.gates}
    named, locked = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for window in decisions.windows:
        named[window.gate] |= set(range(window.first_slot, window.end_slot))
    for kept in state.locked_windows:
        locked[kept.gate] |= set(range(kept.first_slot, kept.end_slot))
    free: list[WindowLimit | None] = [None] * grid.n_slots
    for gate in sorted(named.keys() | locked.keys() | states.keys()):
        limits = world.limits_by_slot.get(world.plant_of_gate[gate].id, free)
        yield GateLine(
            gate=gate,
            grid=grid,
            limits=limits,
            named=frozenset(named[gate]),
            locked=frozenset(locked[gate]),
            state=states.get(gate, GateState(gate=gate)),
        )


def _breach(law: Law, gate: str, slot: int, amount: int, *, allowed: int, unit: str) -> Violation:
    return Violation(law=law, where=gate, slot=slot, amount=amount, allowed=allowed, unit=unit)


def gate_window(traffic: Traffic, lines: tuple[GateLine, ...]) -> Iterator[Violation]:
    """Own passages fall in open slots and within the capacity left; windows where limits are."""
    world = traffic.world
    open_slots = {line.gate: line.open for line in lines}
    closed = frozenset[int]()
    passages = traffic.passages
    for (gate, slot), own in sorted(passages.own.items()):
        limits = world.limits_by_slot.get(world.plant_of_gate[gate].id)
        if limits and limits[slot] and slot not in open_slots.get(gate, closed):
            yield _breach(
                "gate_window", gate, slot, own, allowed=0, unit="passage at a closed gate"
            )
        left = max(0, world.gate_capacity[gate] - passages.others[gate, slot])
        if own > left:
            yield _breach("gate_window", gate, slot, own, allowed=left, unit="passage")
    for line in lines:
        for run in runs_of_true(line.named - line.open):
            yield _breach(
                "gate_window",
                line.gate,
                run.start,
                len(run),
                allowed=0,
                unit="slot open where none is needed",
            )


def window_shape(line: GateLine) -> Iterator[Violation]:
    """Where windows start, how long they and the pauses last, how many a day."""
    for rule in (_kept, _starts, _longest, _open_slots_a_day, _windows_a_day):
        for slot, amount, allowed, unit in rule(line):
            yield _breach("window_shape", line.gate, slot, amount, allowed=allowed, unit=unit)


Row = tuple[int, int, int, str]


def _kept(line: GateLine) -> Iterator[Row]:
    for run in runs_of_true(line.inherited - line.open):
        yield run.start, len(run), 0, "inherited slot closed"


def _starts(line: GateLine) -> Iterator[Row]:
    for start in line.starts:
        if start in line.inherited:
            continue
        limit, owed = line.limit_at(start), line.owed_after(start)
        if start in limit.partial_slots:
            yield start, 1, 0, "start in a partial slot"
        if not line.open.issuperset(owed):
            length = next(slot for slot in owed if slot not in line.open) - start
            yield start, length, len(owed), "slot of a window, at least"
        if line.pause_before(start) < limit.min_pause_slots:
            yield start, line.pause_before(start), limit.min_pause_slots, "slot of pause, at least"


def _longest(line: GateLine) -> Iterator[Row]:
    for run in runs_of_true(line.open):
        before = line.state.open_slots_before if run.start == 0 else 0
        most = line.limit_at(run.start).max_slots
        beyond = run[max(0, most - before) :]
        if not line.inherited.issuperset(beyond):
            yield run.start, before + len(run), most, "slot of a window"


def _open_slots_a_day(line: GateLine) -> Iterator[Row]:
    most = {limit: limit.max_open_slots_day for limit in line.in_force}
    for row in _a_day(line, line.open, line.inherited, line.state.open_slots_today, most):
        yield (*row, "open slot of a day")


def _windows_a_day(line: GateLine) -> Iterator[Row]:
    starts, kept = frozenset(line.starts), line.inherited_starts
    most = {limit: limit.max_windows_day for limit in line.in_force}
    for row in _a_day(line, starts, kept, line.state.windows_today, most):
        yield (*row, "window of a day")


def _a_day(
    line: GateLine,
    slots: frozenset[int],
    kept: frozenset[int],
    today: int,
    most: dict[WindowLimit, int],
) -> Iterator[tuple[int, int, int]]:
    """Of each local day, and of the part of it under each limit, no more slots than allowed."""
    grid = line.grid
    for day in sorted({grid.day_of(slot) for slot in slots}):
        of_day = {slot for slot in range(grid.n_slots) if grid.day_of(slot) == day}
        limits = [x for x in line.in_force if not of_day.isdisjoint(_under(x))]
        rules = [(max(most[x] for x in limits), of_day)]
        rules += [(most[x], of_day.intersection(_under(x))) for x in limits]
        breaches = {}
        for cap, where in rules:
            counted, spared = slots & where, kept & where
            allowed = max(cap - (today if day == 0 else 0), len(spared))
            if len(counted) > allowed:
                breaches[min(counted), len(counted), allowed] = True
        yield from breaches


def _under(limit: WindowLimit) -> range:
    return range(limit.first_slot, limit.end_slot)
