"""What a re-plan changes of the plan in force, as an expression of a plant's variables.

A published window is *moved* if its first or last slot changes. Departures that change move no
window by themselves; `trips_a_window` of them weigh as much as a window that moves, and so many
slots opened outside the published windows do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from solver.block import Block
from solver.instance import PublishedWindow, StageName
from solver.linear import Expression
from solver.search import Guide

SCALE = 1000
"""Windows and open slots break ties: they weigh this many times less than what is sought."""


@dataclass(frozen=True)
class Calm:
    """`moved` counts windows; `changed` weighs all that changes, in departures."""

    moved: Expression
    changed: Expression


def published_windows(block: Block) -> list[PublishedWindow]:
    """The plant's published windows that are restricted still, wholly or in part."""
    found = block.derived.instance.in_force
    gates = {gate.id for gate in block.plant.gates}
    return [
        window
        for window in (found.windows if found else ())
        if window.gate in gates
        and found
        and window.first_slot < found.published_slots
        and any((window.gate, t) in block.open for t in range(window.first_slot, window.end_slot))
    ]


def add_calm(block: Block) -> Calm:
    """Count what changes, by a variable for each published window."""
    found = block.derived.instance.in_force
    assert found is not None, "only a re-plan keeps to a plan"
    a_window = found.worth_moving.trips_a_window
    moved, changed = Expression(), Expression()
    changed.extend(block.stages["changed_departures"])
    named: set[tuple[str, int]] = set()
    for window in published_windows(block):
        variable = block.rows.variable(0, 1)
        inner, outer = _edges(block, window)
        named.update((window.gate, t) for t in range(window.first_slot, window.end_slot))
        for slot in inner:
            block.rows.row([(1, variable), (1, slot)], 1, None, "in_force", f"gate {window.gate}")
        for slot in outer:
            block.rows.row([(1, variable), (-1, slot)], 0, None, "in_force", f"gate {window.gate}")
        block.settlers.append(partial(_settle_moved, variable, inner, outer))
        moved.add(1, variable)
        changed.add(a_window, variable)
    for (gate, at), slot in block.open.items():
        if at < found.published_slots and (gate, at) not in named:
            changed.add(1, slot)
    return Calm(moved, changed)


def _edges(block: Block, window: PublishedWindow) -> tuple[list[int], list[int]]:
    """Variables of the slots that are open, and of those beside them that are not, if the window
    stays as it is."""
    slots = range(window.first_slot, window.end_slot)
    inner = [block.open[window.gate, t] for t in slots if (window.gate, t) in block.open]
    beside = ((window.gate, window.first_slot - 1), (window.gate, window.end_slot))
    return inner, [block.open[key] for key in beside if key in block.open]


def _settle_moved(variable: int, inner: list[int], outer: list[int], values: list[int]) -> None:
    stays = all(values[v] for v in inner) and not any(values[v] for v in outer)
    values[variable] = int(not stays)


@dataclass(frozen=True)
class CalmGuide(Guide):
    """A stage, with every change at the price that it must be worth, and windows to break ties."""

    calm: Mapping[str, Calm]
    worth: int
    """Units of the stage that a moved window must gain."""
    a_window: int

    def objective(self, block: Block) -> Expression:
        total = Expression()
        changed = self.calm[block.plant.id].changed
        for name, weight in self.stages.items():
            _add(total, block.stages[name], weight * self.a_window * SCALE)
        _add(total, changed, self.worth * SCALE)
        _add(total, block.stages["windows"], 1)
        return total


def guide_to(stage: StageName, calm: Mapping[str, Calm], worth: int, a_window: int) -> CalmGuide:
    return CalmGuide({stage: 1}, {}, calm, worth, a_window)


def _add(total: Expression, part: Expression, weight: int) -> None:
    scaled = [(weight * c, v) for c, v in part.terms]
    total.extend(Expression(scaled, weight * part.constant))
