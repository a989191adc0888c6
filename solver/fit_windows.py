"""Windows set by hand: spread over the day, lawful one by one, trimmed to what was used.

First fit may only do what law `window_shape` allows, so every change of a gate's open slots is
tried on a copy and kept if the shape holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from solver.instance import TimeGrid, WindowLimit
from solver.windows import GateWindows


def runs_of(slots: Iterable[int]) -> list[range]:
    """Maximal runs of neighbouring slots."""
    runs: list[range] = []
    for slot in sorted(slots):
        if runs and runs[-1].stop == slot:
            runs[-1] = range(runs[-1].start, slot + 1)
        else:
            runs.append(range(slot, slot + 1))
    return runs


def starts_of(gate: GateWindows, runs: Iterable[range]) -> set[int]:
    """Slots in which a window opens, of runs of open slots."""
    return {run.start for run in runs if not (run.start == 0 and gate.was_open)}


@dataclass(frozen=True)
class Shape:
    """What law `window_shape` asks of one gate."""

    gate: GateWindows
    grid: TimeGrid
    rules: tuple[DayRule, ...]

    def holds(self, opened: set[int]) -> bool:
        """Whether the law allows these open slots."""
        gate = self.gate
        if not gate.inherited <= opened <= gate.limit.keys():
            return False
        runs = runs_of(opened)
        starts = starts_of(gate, runs)
        return (
            _starts_hold(gate, runs, starts)
            and _lengths_hold(gate, runs)
            and self._days_hold(opened, starts)
        )

    def _days_hold(self, opened: set[int], starts: set[int]) -> bool:
        return all(
            len(opened & rule.under) <= rule.most_slots
            and len(starts & rule.under) <= rule.most_starts
            for rule in self.rules
        )


@dataclass(frozen=True)
class DayRule:
    """Most open slots and most starts among some slots of a day."""

    under: frozenset[int]
    most_slots: int
    most_starts: int


def shape_of(gate: GateWindows, grid: TimeGrid) -> Shape:
    """The law for a gate, day by day: under all the day's limits, and each limit's own part."""
    slots: dict[int, list[int]] = {}
    for slot in gate.limit:
        slots.setdefault(grid.day_of(slot), []).append(slot)
    rules = [
        _day_rule(gate, frozenset(under), limits, day)
        for day, of_day in sorted(slots.items())
        for under, limits in _parts(gate, of_day)
    ]
    return Shape(gate, grid, tuple(rules))


def _parts(gate: GateWindows, of_day: list[int]) -> list[tuple[list[int], list[WindowLimit]]]:
    limits = {gate.limit[slot].id: gate.limit[slot] for slot in of_day}
    parts = [([s for s in of_day if gate.limit[s].id == n], [x]) for n, x in limits.items()]
    return [(of_day, list(limits.values())), *parts] if len(limits) > 1 else parts


def _day_rule(
    gate: GateWindows, under: frozenset[int], limits: list[WindowLimit], day: int
) -> DayRule:
    slots = max(limit.max_open_slots_day for limit in limits)
    starts = max(limit.max_windows_day for limit in limits)
    if day == 0:
        slots -= gate.state.open_slots_today
        starts -= gate.state.windows_today
    return DayRule(
        under,
        max(slots, len(gate.inherited & under)),
        max(starts, len(gate.inherited_starts() & under)),
    )


def _starts_hold(gate: GateWindows, runs: list[range], starts: set[int]) -> bool:
    closed = 0 if gate.was_open else gate.state.closed_slots_before
    before = 0
    for run in runs:
        start, pause = run.start, run.start - before + closed
        before, closed = run.stop, 0
        if start in gate.inherited or start not in starts:
            continue
        limit = gate.limit[start]
        if start in limit.partial_slots or pause < limit.min_pause_slots:
            return False
        if len(gate.run_from(start, limit.min_slots)) > len(run):
            return False
    return True


def _lengths_hold(gate: GateWindows, runs: list[range]) -> bool:
    for run in runs:
        before = gate.state.open_slots_before if run.start == 0 else 0
        beyond = run[max(0, gate.limit[run.start].max_slots - before) :]
        if any(slot not in gate.inherited for slot in beyond):
            return False
    return True


def spread_windows(shape: Shape, turn_slots: int, room: list[int], early: bool) -> set[int]:
    """The day shared out among its windows: each stands where most trucks can pass in its part,
    or as early as any can; long enough, where the limits let it, for two turns of a truck.

    `room`: trucks that could pass, by slot.
    """
    gate = shape.gate
    opened = set(gate.inherited)
    for part in _parts_of_days(gate, shape.grid):
        passing = {slot: _room_from(gate, room, slot, turn_slots) for slot in part}
        for slot in sorted(part, key=lambda s: (0 if early else -passing[s], s)):
            if slot in opened or not passing[slot]:
                continue
            window = _longest_lawful(shape, opened, slot, 2 * turn_slots)
            if window is not None:
                opened.update(window)
                break
    return opened


def _parts_of_days(gate: GateWindows, grid: TimeGrid) -> list[list[int]]:
    """The restricted slots of every day in as many runs as it may have windows."""
    parts = []
    for day in range(grid.n_days):
        of_day = sorted(slot for slot in gate.limit if grid.day_of(slot) == day)
        if of_day:
            n = max(1, *(gate.limit[slot].max_windows_day for slot in of_day))
            size = -(-len(of_day) // n)
            parts += [of_day[k : k + size] for k in range(0, len(of_day), size)]
    return parts


def _room_from(gate: GateWindows, room: list[int], start: int, turn_slots: int) -> int:
    window = gate.run_from(start, _usual_slots(gate.limit[start], 2 * turn_slots))
    return sum(room[window.start : window.stop])


def _usual_slots(limit: WindowLimit, wished: int) -> int:
    """A window's share of the day's open slots or what is wished, within the lengths allowed."""
    share = limit.max_open_slots_day // max(1, limit.max_windows_day)
    return max(limit.min_slots, min(limit.max_slots, max(share, wished)))


def _longest_lawful(shape: Shape, opened: set[int], start: int, wished: int) -> range | None:
    gate, limit = shape.gate, shape.gate.limit[start]
    for length in range(_usual_slots(limit, wished), 0, -1):
        window = gate.run_from(start, length)
        if shape.holds(opened | set(window)):
            return window
    return None


def trim_windows(shape: Shape, opened: set[int], used: set[int]) -> set[int]:
    """Close what no truck used, from the windows' ends inward, as far as the shape allows."""
    kept = set(opened)
    for run in runs_of(opened):
        needed = [slot for slot in run if slot in used or slot in shape.gate.inherited]
        if not needed:
            without = kept - set(run)
            if shape.holds(without):
                kept = without
            continue
        kept = _without_end(shape, kept, list(reversed(run)), max(needed))
        kept = _without_end(shape, kept, list(run), min(needed))
    return kept


def _without_end(shape: Shape, kept: set[int], run: list[int], needed: int) -> set[int]:
    """The most of the run's first slots (before `needed`) closed that leaves the shape lawful."""
    idle = run[: run.index(needed)]
    for count in range(len(idle), 0, -1):
        without = kept - set(idle[:count])
        if shape.holds(without):
            return without
    return kept
