"""Windows set by hand: spread over the day, lawful one by one, trimmed to what was used.

First fit may only do what law `window_shape` allows, so every change of a gate's open slots is
tried on a copy and kept if `shape_holds`.
"""

from __future__ import annotations

from collections.abc import Iterable

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


def starts_of(gate: GateWindows, opened: Iterable[int]) -> list[int]:
    """Slots in which a window opens."""
    return [run.start for run in runs_of(opened) if not (run.start == 0 and gate.was_open)]


def shape_holds(gate: GateWindows, grid: TimeGrid, opened: set[int]) -> bool:
    """Law `window_shape` for one gate."""
    return (
        gate.inherited <= opened
        and all(slot in gate.limit for slot in opened)
        and _starts_hold(gate, opened)
        and _lengths_hold(gate, opened)
        and _days_hold(gate, grid, opened)
    )


def _starts_hold(gate: GateWindows, opened: set[int]) -> bool:
    for start in starts_of(gate, opened):
        if start in gate.inherited:
            continue
        limit = gate.limit[start]
        if start in limit.partial_slots or _pause_before(gate, opened, start) < (
            limit.min_pause_slots
        ):
            return False
        if not all(slot in opened for slot in gate.run_from(start, limit.min_slots)):
            return False
    return True


def _pause_before(gate: GateWindows, opened: set[int], start: int) -> int:
    before = [slot for slot in opened if slot < start]
    if before:
        return start - max(before) - 1
    return start + (0 if gate.was_open else gate.state.closed_slots_before)


def _lengths_hold(gate: GateWindows, opened: set[int]) -> bool:
    for run in runs_of(opened):
        before = gate.state.open_slots_before if run.start == 0 else 0
        beyond = run[max(0, gate.limit[run.start].max_slots - before) :]
        if any(slot not in gate.inherited for slot in beyond):
            return False
    return True


def _days_hold(gate: GateWindows, grid: TimeGrid, opened: set[int]) -> bool:
    starts = set(starts_of(gate, opened))
    kept_starts = gate.inherited_starts()
    for day in range(grid.n_days):
        of_day = {slot for slot in gate.limit if grid.day_of(slot) == day}
        limits = list({gate.limit[slot].id: gate.limit[slot] for slot in of_day}.values())
        state = gate.state if day == 0 else None
        for under, group in _rules(gate, of_day, limits):
            most = max(x.max_open_slots_day for x in group)
            most -= state.open_slots_today if state else 0
            if len(opened & under) > max(most, len(gate.inherited & under)):
                return False
            most = max(x.max_windows_day for x in group) - (state.windows_today if state else 0)
            if len(starts & under) > max(most, len(kept_starts & under)):
                return False
    return True


def _rules(
    gate: GateWindows, of_day: set[int], limits: list[WindowLimit]
) -> list[tuple[set[int], list[WindowLimit]]]:
    """The day under all its limits, and each limit's own part of it."""
    if not limits:
        return []
    parts = [({s for s in of_day if gate.limit[s].id == x.id}, [x]) for x in limits]
    return [(of_day, limits), *parts] if len(limits) > 1 else parts


def spread_windows(
    gate: GateWindows, grid: TimeGrid, turn_slots: int, room: list[int], early: bool
) -> set[int]:
    """The day shared out among its windows: each stands where most trucks can pass in its part,
    or as early as any can; long enough, where the limits let it, for two turns of a truck.

    `room`: trucks that could pass, by slot.
    """
    opened = set(gate.inherited)
    for part in _parts_of_days(gate, grid):
        passing = {slot: _room_from(gate, room, slot, turn_slots) for slot in part}
        for slot in sorted(part, key=lambda s: (0 if early else -passing[s], s)):
            if slot in opened or not passing[slot]:
                continue
            window = _longest_lawful(gate, grid, opened, slot, 2 * turn_slots)
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


def _longest_lawful(
    gate: GateWindows, grid: TimeGrid, opened: set[int], start: int, wished: int
) -> range | None:
    limit = gate.limit[start]
    for length in range(_usual_slots(limit, wished), 0, -1):
        window = gate.run_from(start, length)
        if shape_holds(gate, grid, opened | set(window)):
            return window
    return None


def trim_windows(gate: GateWindows, grid: TimeGrid, opened: set[int], used: set[int]) -> set[int]:
    """Close what no truck used, from the windows' ends inward, as far as the shape allows."""
    kept = set(opened)
    for run in runs_of(opened):
        needed = [slot for slot in run if slot in used or slot in gate.inherited]
        if not needed:
            without = kept - set(run)
            if shape_holds(gate, grid, without):
                kept = without
            continue
        kept = _without_end(gate, grid, kept, list(reversed(run)), max(needed))
        kept = _without_end(gate, grid, kept, list(run), min(needed))
    return kept


def _without_end(
    gate: GateWindows, grid: TimeGrid, kept: set[int], run: list[int], needed: int
) -> set[int]:
    """The most of the run's first slots (before `needed`) closed that leaves the shape lawful."""
    idle = run[: run.index(needed)]
    for count in range(len(idle), 0, -1):
        without = kept - set(idle[:count])
        if shape_holds(gate, grid, without):
            return without
    return kept
