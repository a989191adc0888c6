"""Law window_shape: when a gate may be open, run by run and day by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from benchmarks.peer.mip import Mip, Sum
from benchmarks.peer.model import Model
from solver.instance import GateState, TimeGrid, WindowLimit


def add_windows(model: Model) -> None:
    """Columns for every restricted slot of every gate, and the rows of their shape."""
    states = {state.gate: state for state in model.instance.state.gates}
    for plant in model.instance.plants:
        limits = {
            slot: limit
            for limit in model.instance.window_limits
            if limit.plant == plant.id
            for slot in range(limit.first_slot, limit.end_slot)
        }
        for gate in plant.gates:
            locked = {
                slot
                for kept in model.instance.state.locked_windows
                if kept.gate == gate.id
                for slot in range(kept.first_slot, kept.end_slot)
            }
            state = states.get(gate.id, GateState(gate=gate.id))
            shape = _Shape(model.mip, model.grid, limits, state, locked & limits.keys())
            shape.add_rows()
            model.open |= {(gate.id, slot): column for slot, column in shape.open.items()}
            model.start |= {(gate.id, slot): column for slot, column in shape.start.items()}


@dataclass
class _Shape:
    """One gate: the limit of each restricted slot, its state and what is locked open."""

    mip: Mip
    grid: TimeGrid
    limits: dict[int, WindowLimit]
    state: GateState
    locked: set[int]

    @cached_property
    def open(self) -> dict[int, int]:
        return {t: self.mip.column(int(t in self.inherited), 1) for t in sorted(self.limits)}

    @cached_property
    def start(self) -> dict[int, int]:
        return {t: self.mip.column(0, int(self._may_start(t))) for t in sorted(self.limits)}

    @property
    def was_open(self) -> bool:
        return self.state.open_slots_before > 0

    @cached_property
    def inherited(self) -> set[int]:
        owed: set[int] = set()
        if self.was_open and 0 in self.limits:
            owed = set(self.unbroken(0, self.limits[0].min_slots - self.state.open_slots_before))
        return owed | self.locked

    @cached_property
    def inherited_starts(self) -> set[int]:
        firsts = {t for t in self.inherited if t - 1 not in self.inherited}
        return firsts - {0} if self.was_open else firsts

    def unbroken(self, first: int, length: int) -> range:
        """The slots from `first` on that are restricted without a break, so many at most."""
        end = first
        while end < first + length and end in self.limits:
            end += 1
        return range(first, end)

    def _may_start(self, t: int) -> bool:
        """Whether a window may start as far as partial slots and the time before slot 0 say."""
        if t in self.inherited:
            return True
        limit = self.limits[t]
        closed_before = 0 if self.was_open else self.state.closed_slots_before
        return t not in limit.partial_slots and t + closed_before >= limit.min_pause_slots

    def add_rows(self) -> None:
        for t in self.open:
            self._add_start(t)
            self._add_least_length(t)
            self._add_pause(t)
            self._add_longest(t)
        starts = self.inherited_starts
        for day in sorted({self.grid.day_of(t) for t in self.limits}):
            of_day = [t for t in self.limits if self.grid.day_of(t) == day]
            limits = list({self.limits[t].id: self.limits[t] for t in of_day}.values())
            parts = [(limits, of_day)]
            parts += [([one], [t for t in of_day if self.limits[t] is one]) for one in limits]
            for ones, slots in parts:
                most = max(one.max_open_slots_day for one in ones)
                made = self.state.open_slots_today if day == 0 else 0
                self._add_day(self.open, slots, most - made, self.inherited)
                most = max(one.max_windows_day for one in ones)
                made = self.state.windows_today if day == 0 else 0
                self._add_day(self.start, slots, most - made, starts)

    def _add_start(self, t: int) -> None:
        """start = 1 where the gate is open and was closed the slot before."""
        before = self.open.get(t - 1)
        was_open = int(t == 0 and self.was_open)
        opens = Sum(constant=-was_open)
        opens.add(1, self.open[t])
        opens.add(-1, before)
        opens.add(-1, self.start[t])
        self.mip.at_most(opens, 0)
        self._at_most_one([self.start[t]], [before], 1 - was_open)
        row = Sum()
        row.add(1, self.start[t])
        row.add(-1, self.open[t])
        self.mip.at_most(row, 0)

    def _at_most_one(self, ones: Iterable[int], others: Iterable[int | None], most: int) -> None:
        row = Sum()
        for column in (*ones, *others):
            row.add(1, column)
        self.mip.at_most(row, most)

    def _add_least_length(self, t: int) -> None:
        """Starts whose least length reaches t keep it open: two of them exclude each other."""
        row = Sum()
        for s in range(t + 1):
            owes = s in self.limits and s not in self.inherited
            if owes and t in self.unbroken(s, self.limits[s].min_slots):
                row.add(1, self.start[s])
        row.add(-1, self.open[t])
        self.mip.at_most(row, 0)

    def _add_pause(self, t: int) -> None:
        """No start so soon after t unless t is closed: two such starts exclude each other."""
        soon = [
            self.start[s]
            for s in self.limits
            if s > t and s not in self.inherited and s - t <= self.limits[s].min_pause_slots
        ]
        self._at_most_one(soon, [self.open[t]], 1)

    def _add_longest(self, t: int) -> None:
        """A run that starts at t ends before its first slot too many that is not inherited; an
        open slot that is not inherited has a start within its greatest length before it."""
        most = self.limits[t].max_slots
        whole = self.unbroken(t, self.grid.n_slots)
        if t == 0 and self.was_open:
            self._end_run(whole, max(0, most - self.state.open_slots_before), None)
        self._end_run(whole, most, self.start[t])
        if t in self.inherited:
            return
        row = Sum()
        row.add(1, self.open[t])
        for s in range(t + 1):
            if s in self.limits and t in self.unbroken(s, self.limits[s].max_slots):
                row.add(-1, self.start[s])
        if self.was_open and 0 in self.limits:
            rest = self.limits[0].max_slots - self.state.open_slots_before
            row.constant -= int(t in self.unbroken(0, max(0, rest)))
        self.mip.at_most(row, 0)

    def _end_run(self, whole: range, most: int, start: int | None) -> None:
        """Not every slot of the run is open up to the first beyond `most` that is not inherited;
        the first one is said by its start where it has one."""
        beyond = next((t for t in whole[most:] if t not in self.inherited), None)
        if beyond is None:
            return
        slots = range(whole.start if start is None else whole.start + 1, beyond + 1)
        row = Sum()
        row.add(1, start)
        for slot in slots:
            row.add(1, self.open[slot])
        self.mip.at_most(row, beyond - whole.start)

    def _add_day(
        self, columns: dict[int, int], slots: list[int], most: int, kept: set[int]
    ) -> None:
        row = Sum()
        for slot in slots:
            row.add(1, columns[slot])
        self.mip.at_most(row, max(most, len(kept.intersection(slots))))
