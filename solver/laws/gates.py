"""Laws `gate_window` and `window_shape`. Meaning: docs/model.md."""

from __future__ import annotations

from collections import defaultdict

from solver.block import Block
from solver.instance import WindowLimit
from solver.linear import Terms
from solver.windows import GateWindows, gate_windows


def add_gate_window(block: Block) -> None:
    """Every own passage in a restricted slot falls in an open slot, within gate capacity."""
    derived, n_slots = block.derived, block.derived.grid.n_slots
    passing: dict[tuple[str, int], Terms] = defaultdict(list)
    trucks: dict[tuple[str, int, str, int], Terms] = defaultdict(list)
    for use, move, trips in block.moving():
        vehicle = use.leg.vehicle_class
        # A truck away in the slot of its passage makes only one such passage in it.
        passages = [(*p, p[1] < move.away_slots, n) for n, p in enumerate(move.passages)]
        for slot, variable in trips:
            term = 1, variable
            for gate, after, is_away, number in passages:
                if slot + after < n_slots:
                    passing[gate, slot + after].append(term)
                    if is_away:
                        trucks[gate, slot + after, vehicle, number].append(term)
    left = {gate: derived.gate_residuals(gate, most) for gate, most in block.gate_capacity.items()}
    for (gate, slot), terms in passing.items():
        residual, where = left[gate][slot], f"gate {gate}, slot {slot}"
        window = block.open.get((gate, slot))
        if window is None:
            block.rows.row(terms, None, residual, "gate_window", where)
        else:
            block.passing[window] = [variable for _, variable in terms]
            most = min(residual, block.rows.most(terms))
            block.rows.row([*terms, (-most, window)], None, 0, "gate_window", where)
    at_once = block.trucks_at_once
    for (gate, slot, vehicle, _), terms in trucks.items():
        window = block.open.get((gate, slot))
        if window is not None and at_once[vehicle] < block.rows.most(terms):
            where = f"gate {gate}, slot {slot}"
            block.rows.row([*terms, (-at_once[vehicle], window)], None, 0, "gate_window", where)


def add_window_shape(block: Block) -> None:
    """Windows have a least and a greatest length, a pause, and daily limits."""
    for gate in block.plant.gates:
        windows = gate_windows(block.derived, block.plant, gate)
        for slot in sorted(windows.limit):
            least = int(slot in windows.inherited)
            block.open[gate.id, slot] = block.rows.variable(least, 1)
            partial = slot in windows.limit[slot].partial_slots and not least
            block.start[gate.id, slot] = block.rows.variable(0, 0 if partial else 1)
        _add_starts(block, windows)
        _add_lengths(block, windows)
        _add_pauses(block, windows)
        _add_daily_limits(block, windows)


def _add_starts(block: Block, windows: GateWindows) -> None:
    gate = windows.gate.id
    for slot in windows.limit:
        where = f"gate {gate}, slot {slot}"
        start, now = block.start[gate, slot], block.open[gate, slot]
        before = block.open.get((gate, slot - 1))
        was_open = int(slot == 0 and windows.was_open)
        block.rows.row([(1, start), (-1, now)], None, 0, "window_shape", where)
        if before is None:
            block.rows.row([(1, start), (-1, now)], -was_open, None, "window_shape", where)
            block.rows.row([(1, start)], None, 1 - was_open, "window_shape", where)
            if was_open:
                block.rows.upper[start] = 0
        else:
            block.rows.row([(1, start), (-1, now), (1, before)], 0, None, "window_shape", where)
            block.rows.row([(1, start), (1, before)], None, 1, "window_shape", where)


def _add_lengths(block: Block, windows: GateWindows) -> None:
    """start[t] owes its least length; a slot is open only within the longest length of a start."""
    gate = windows.gate.id
    owing: dict[int, Terms] = defaultdict(list)
    reaching: dict[int, Terms] = defaultdict(list)
    for slot, limit in windows.limit.items():
        start = block.start[gate, slot]
        if slot not in windows.inherited:
            for later in windows.run_from(slot, limit.min_slots):
                owing[later].append((1, start))
        for later in windows.run_from(slot, limit.max_slots):
            reaching[later].append((1, start))
    carried: range | tuple[()] = ()
    if windows.was_open and 0 in windows.limit:
        rest = max(0, windows.limit[0].max_slots - windows.state.open_slots_before)
        carried = windows.run_from(0, rest)
    for slot in windows.limit:
        where, now = f"gate {gate}, slot {slot}", block.open[gate, slot]
        block.rows.row([*owing[slot], (-1, now)], None, 0, "window_shape", where)
        if slot not in windows.inherited and slot not in carried:
            block.rows.row(
                [(1, now), *((-c, v) for c, v in reaching[slot])], None, 0, "window_shape", where
            )


def _add_pauses(block: Block, windows: GateWindows) -> None:
    """After an open slot no start within the pause, unless the start is inherited."""
    gate, limits = windows.gate.id, windows.limit
    free = {slot: w for slot, w in limits.items() if slot not in windows.inherited}
    for slot, limit in free.items():
        before = 0 if windows.was_open else windows.state.closed_slots_before
        # Only slots before slot 0 and unrestricted ones lie between: all of them are closed.
        if slot + before < limit.min_pause_slots and not (slot == 0 and windows.was_open):
            block.rows.upper[block.start[gate, slot]] = 0
    longest = max((w.min_pause_slots for w in limits.values()), default=0)
    for slot in limits:
        starts = [
            (1, block.start[gate, later])
            for later in range(slot + 1, slot + longest + 1)
            if later in free and later - slot <= free[later].min_pause_slots
        ]
        if starts:
            where = f"gate {gate}, slot {slot}"
            block.rows.row([(1, block.open[gate, slot]), *starts], None, 1, "window_shape", where)


def _add_daily_limits(block: Block, windows: GateWindows) -> None:
    """Open slots and starts a day: each limit within its own, the day within the most generous."""
    grid = block.derived.grid
    by_day: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    limits: dict[str, WindowLimit] = {}
    for slot, limit in sorted(windows.limit.items()):
        by_day[grid.day_of(slot)][limit.id].append(slot)
        limits[limit.id] = limit
    for day, parts in by_day.items():
        groups = [([name], slots) for name, slots in parts.items()]
        if len(parts) > 1:
            groups.append((list(parts), sorted(s for slots in parts.values() for s in slots)))
        for names, slots in groups:
            most_slots = max(limits[name].max_open_slots_day for name in names)
            most_starts = max(limits[name].max_windows_day for name in names)
            _cap_day(block, windows, day, slots, most_slots, most_starts)


def _cap_day(
    block: Block,
    windows: GateWindows,
    day: int,
    slots: list[int],
    most_slots: int,
    most_starts: int,
) -> None:
    gate, state = windows.gate.id, windows.state
    used_slots, used_starts = (state.open_slots_today, state.windows_today) if day == 0 else (0, 0)
    where = f"gate {gate}, day {day}"
    inherited = sum(slot in windows.inherited for slot in slots)
    starts = windows.inherited_starts()
    inherited_starts = sum(slot in starts for slot in slots)
    block.rows.row(
        [(1, block.open[gate, slot]) for slot in slots],
        None,
        max(most_slots - used_slots, inherited, 0),
        "window_shape",
        where,
    )
    block.rows.row(
        [(1, block.start[gate, slot]) for slot in slots],
        None,
        max(most_starts - used_starts, inherited_starts, 0),
        "window_shape",
        where,
    )
