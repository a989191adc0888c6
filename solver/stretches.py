"""A plant's windows, a stretch of time at one gate after the other.

Which slots are open decides nearly all of a plant; what its trucks do in given windows is little
more than a flow. With all windows to choose from at once a large plant has no good answer in a
second; with one gate's windows free in a stretch, and all others held, it mostly has the best.
"""

from __future__ import annotations

from solver.block import Block
from solver.linear import Rows

STRETCHES_S = (12 * 3600, 18 * 3600, 30 * 3600)
"""Seconds in which one gate's windows are free, the short ones first: they are proved sooner, the
long ones let windows pass each other. The next stretch begins half way."""

STRETCH_REACH = 1
"""Slots by which all other windows may move."""

STRETCH_WORK = 0.5
"""Part of a sub-problem's usual work: most are proved within it."""

Stretch = tuple[str, int, int]
"""A gate, the first slot and the end."""


def stretches(block: Block) -> list[Stretch]:
    """Stretches that cover all windows of a plant, once by each length."""
    grid, gates = block.derived.grid, sorted({gate for gate, _ in block.open})
    found: list[Stretch] = []
    for seconds in STRETCHES_S:
        span = max(2, seconds // grid.slot_s)
        firsts = range(0, max(1, grid.n_slots - span // 2), span // 2)
        found += [(gate, first, first + span) for first in firsts for gate in gates]
    return found


def hold_but(block: Block, rows: Rows, values: list[int], stretch: Stretch) -> None:
    """Hold a plant's windows, but for those in a stretch and for the ends of the others."""
    gate, first, end = stretch
    free = {
        variable: (rows.lower[variable], rows.upper[variable])
        for (name, slot), variable in block.open.items()
        if name == gate and first <= slot < end
    }
    block.keep_windows(rows, values, STRETCH_REACH)
    for variable, (lower, upper) in free.items():
        rows.lower[variable], rows.upper[variable] = lower, upper
