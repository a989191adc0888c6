"""Windows in which no truck passes, taken out of what was decided.

A search that ends early may leave some. Without them no law is nearer and no stage worse, as a gate
that stays shut has fewer windows and open slots and longer pauses. What must stay open does: locked
windows, a window that was open before slot 0 and may owe its least length, and in a re-plan what is
published.
"""

from __future__ import annotations

from collections.abc import Iterator

from solver.derive import Derived, LegUse, Move
from solver.instance import Instance, LockedWindow, PublishedWindow
from solver.plan import Decisions, Window
from solver.seam import merged

Cell = tuple[str, int]


def without_idle_windows(derived: Derived, decisions: Decisions) -> Decisions:
    """The decisions less the windows that nothing needs; the same where there is none."""
    needed = {*_passed(derived, decisions), *_kept(derived.instance)}
    idle = {
        cell
        for window in merged(decisions.windows)
        if needed.isdisjoint(cells := _cells(window))
        for cell in cells
    }
    if not idle:
        return decisions
    windows = tuple(w for w in decisions.windows if (w.gate, w.first_slot) not in idle)
    return decisions.model_copy(update={"windows": windows})


def _cells(window: Window | LockedWindow | PublishedWindow) -> set[Cell]:
    return {(window.gate, slot) for slot in range(window.first_slot, window.end_slot)}


def _passed(derived: Derived, decisions: Decisions) -> Iterator[Cell]:
    """Gates with slots in which trucks pass them."""
    moves: list[tuple[Move, int]] = [
        (derived.legs[row.leg].departure, row.slot) for row in decisions.departures
    ]
    moves += [(use.departure, slot) for use, slot, _ in derived.fixed_departures]
    moves += [(_release(derived.legs[row.leg]), row.slot) for row in decisions.releases]
    for move, slot in moves:
        for gate, after in move.passages:
            yield gate, slot + after


def _release(use: LegUse) -> Move:
    assert use.release is not None, "only trucks that wait are released"
    return use.release


def _kept(instance: Instance) -> Iterator[Cell]:
    """Gates with slots in which they stay open whoever passes."""
    for locked in instance.state.locked_windows:
        yield from _cells(locked)
    yield from ((gate.gate, 0) for gate in instance.state.gates if gate.open_slots_before)
    found = instance.in_force
    for window in found.windows if found else ():
        if found and window.first_slot < found.published_slots:
            yield from _cells(window)
