"""Rows that no law needs but every search does: what trucks can do in a window as a whole.

In n open slots on end a truck starts at most ceil(n / turn) cycles of `turn` slots, and makes at
most so many passages in and out as fit between the waits of a cycle. Slot by slot the relaxation
would spread both windows and fleet. Windows are no shorter and no longer than `window_shape` says,
so the edges of the concave hull of these steps give rows over open slots and starts alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from solver.block import Block
from solver.laws import whole
from solver.linear import Terms
from solver.windows import GateWindows, gate_windows


def add_turns(block: Block) -> None:
    """For every gate and vehicle class, what its trucks can start, and pass, in all windows."""
    for gate in block.plant.gates:
        windows = gate_windows(block.derived, block.plant, gate)
        if len(windows.limit) == block.derived.grid.n_slots:
            opened = _opened(block, windows)
            for name, cycles in _cycles(block, gate.id).items():
                _add_class(block, opened, name, cycles)


@dataclass(frozen=True)
class _Opened:
    """A gate's windows, with all its open slots and all its starts as one variable each."""

    windows: GateWindows
    slots: Terms
    starts: Terms


def _opened(block: Block, windows: GateWindows) -> _Opened:
    gate = windows.gate.id
    slots = [(1, block.open[gate, slot]) for slot in windows.limit]
    starts = [(1, block.start[gate, slot]) for slot in windows.limit]
    return _Opened(
        windows,
        whole(block, slots, "window_shape", f"open slots of gate {gate}"),
        whole(block, starts, "window_shape", f"starts of gate {gate}"),
    )


@dataclass(frozen=True)
class _Cycle:
    """One leg's cycle: own trips' first and second passages at a gate, and the least slots from
    departure to first passage, to second passage and to the next departure of the truck."""

    firsts: Terms
    seconds: Terms
    first: int
    second: int
    away: int


def _cycles(block: Block, gate: str) -> dict[str, list[_Cycle]]:
    """By vehicle class. The second passage is the departure's own, or a waiting truck's release."""
    n_slots = block.derived.grid.n_slots
    own: dict[str, list[tuple[int, int]]] = defaultdict(list)
    released: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for (leg, slot), variable in block.own.items():
        own[leg].append((slot, variable))
    for (leg, slot), variable in block.released.items():
        released[leg].append((slot, variable))
    found: dict[str, list[_Cycle]] = defaultdict(list)
    for use in block.legs:
        (gate_one, first), *rest = use.departure.passages
        name, release = use.leg.id, use.release
        firsts = [(1, v) for slot, v in own[name] if gate_one == gate and slot + first < n_slots]
        if release is None:
            ((gate_two, second),) = rest
            away = use.departure.away_slots
            slots = [(slot + second, v) for slot, v in own[name] if slot + second < n_slots]
        else:
            gate_two, second = release.passages[0][0], use.ready_slots
            away = second + release.away_slots
            slots = released[name]
        seconds = [(1, v) for _, v in slots if gate_two == gate]
        if own[name] or released[name]:
            found[use.leg.vehicle_class].append(_Cycle(firsts, seconds, first, second, away))
    return found


def _add_class(block: Block, opened: _Opened, name: str, cycles: list[_Cycle]) -> None:
    trucks = block.trucks_at_once[name]
    soonest = min(c.first for c in cycles)
    back = min(c.second for c in cycles)
    stay = min(c.second - c.first for c in cycles)
    outside = min(c.away - c.second for c in cycles) + soonest
    longest = _longest(opened.windows)
    starts = [(c.away - c.first + soonest, c.firsts) for c in cycles]
    ends = [(c.away - c.second + back, c.seconds) for c in cycles]
    for events in (starts, ends):
        turns = sorted({turn for turn, terms in events if terms})
        if not turns or turns[0] < 1:
            continue
        for turn in turns:
            some = [term for waits, terms in events if waits >= turn for term in terms]
            _add_hull(block, opened, some, trucks, most_events([turn], longest))
        if len(turns) > 1:
            weighed = [(turn * c, v) for turn, terms in events for c, v in terms]
            _add_hull(block, opened, weighed, trucks, most_slots(turns, longest))
    here = [term for c in cycles for term in (*c.firsts, *c.seconds)]
    if any(c.firsts for c in cycles) and any(c.seconds for c in cycles) and stay + outside > 1:
        _add_hull(block, opened, here, trucks, most_events([stay, outside], longest))


def _longest(windows: GateWindows) -> int:
    most = max(limit.max_slots for limit in windows.limit.values())
    return min(most + len(windows.inherited), len(windows.limit))


def _add_hull(
    block: Block, opened: _Opened, terms: Terms, trucks: int, most: Sequence[int]
) -> None:
    """Events of one kind at a gate, all horizon long, against the windows' number and length."""
    windows, gate = opened.windows, opened.windows.gate.id
    least = min(len(most) - 1, *(limit.min_slots for limit in windows.limit.values()))
    events = whole(block, terms, "fleet", f"passages of gate {gate}")
    for slope, rise, run in hull(most, least):
        # run * events <= slope * length + rise in every window of a lawful length; a window that
        # the horizon cuts short, at its end or its beginning, may have more.
        short = max(0, *(run * most[n] - slope * n - rise for n in range(1, least + 1)))
        bound = [(-trucks * slope, v) for _, v in opened.slots]
        bound += [(-trucks * rise, v) for _, v in opened.starts]
        bound.append((-trucks * short, block.open[gate, max(windows.limit)]))
        inherited = trucks * (abs(rise) + short) if windows.was_open or windows.inherited else 0
        block.rows.row(
            [*((run, v) for _, v in events), *bound], None, inherited, "fleet", f"gate {gate}"
        )


def most_events(waits: Sequence[int], n_slots: int) -> list[int]:
    """Most events of one truck in 0, 1, 2 ... slots on end, at least the waits apart in turn."""
    most = [0] * (n_slots + 1)
    for first in range(len(waits)):
        at = made = 0
        while at < n_slots:
            made += 1
            most[at + 1] = max(most[at + 1], made)
            at += waits[(first + made - 1) % len(waits)]
    for n in range(1, n_slots + 1):
        most[n] = max(most[n], most[n - 1])
    return most


def most_slots(turns: Sequence[int], n_slots: int) -> list[int]:
    """Most slots that the cycles which one truck starts in 0, 1, 2 ... slots take together."""
    most = [0] * (n_slots + 1)
    for n in range(1, n_slots + 1):
        most[n] = max(turn + most[max(0, n - turn)] for turn in turns)
    return most


def hull(most: Sequence[int], least: int) -> list[tuple[int, int, int]]:
    """Edges (slope, rise, run) of the concave hull from `least` on: run * most[n] <= slope * n +
    rise."""
    edges, at = [], least
    while at < len(most) - 1:
        later = range(at + 1, len(most))
        best = max(later, key=lambda n: ((most[n] - most[at]) / (n - at), n))
        slope, run = most[best] - most[at], best - at
        edges.append((slope, most[at] * run - slope * at, run))
        at = best
    return edges or [(0, most[-1], 1)]
