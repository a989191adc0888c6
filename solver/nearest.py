"""The windows nearest to one that does not fit which do: where a window lies is decided with it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

from solver.asked_window import AskedWindow, close_given_up, passages, windows_of
from solver.block import Block
from solver.engine import Limits, minimise
from solver.linear import Expression
from solver.trial import Trial

Side = Literal["earlier", "later"]
Span = tuple[int, int]


def nearest_windows(trial: Trial, work: float) -> Iterator[Span]:
    """The nearest window before the one asked for that fits, and the nearest after it: no longer
    than it, with all others unchanged and no stage worse, and with the least sum of slots by which
    both edges move."""
    for side in ("earlier", "later"):
        found = _nearest(trial, side, work)
        if found is not None:
            yield found


def _nearest(trial: Trial, side: Side, work: float) -> Span | None:
    spans = list(_spans(trial, side))
    if not spans:
        return None
    chosen: dict[Span, int] = {}
    model = trial.model((), trial.now, hold=partial(_hold_one, trial.asked, spans, chosen))
    if model is None:
        return None
    shift = model.shift[trial.asked.plant]
    cost = Expression([(_moved(trial.asked, span), v + shift) for span, v in chosen.items()])
    answer = minimise(model.rows, cost, Limits(counted_work=work))
    if answer.verdict != "optimal":
        return None
    return next(span for span, v in chosen.items() if answer.values[v + shift])


def _spans(trial: Trial, side: Side) -> Iterator[Span]:
    """Windows on one side that the gate does not have yet."""
    asked, n_slots = trial.asked, trial.own.grid.n_slots
    kept = [w for w in windows_of(trial.decisions, asked.gate) if w != asked.instead_of]
    middle = asked.first_slot + asked.end_slot
    for first in range(n_slots):
        for end in range(first + 1, min(n_slots, first + len(asked.slots)) + 1):
            is_there = any(a <= first and end <= b for a, b in kept)
            if (first, end) == (asked.first_slot, asked.end_slot) or is_there:
                continue
            if (first + end < middle) == (side == "earlier"):
                yield first, end


def _moved(asked: AskedWindow, span: Span) -> int:
    return abs(span[0] - asked.first_slot) + abs(span[1] - asked.end_slot)


def _hold_one(asked: AskedWindow, spans: list[Span], chosen: dict[Span, int], block: Block) -> None:
    """One of the windows is open, and a truck that needs it passes in it."""
    close_given_up(block, asked)
    rows, where = block.rows, f"gate {asked.gate}"
    for first, end in spans:
        if all((asked.gate, slot) in block.open for slot in range(first, end)):
            chosen[first, end] = rows.variable(0, 1)
    rows.row([(1, v) for v in chosen.values()], 1, 1, "asked", where)
    used = []
    for slot in sorted({slot for span in chosen for slot in range(*span)}):
        holding = [(1, v) for (first, end), v in chosen.items() if first <= slot < end]
        opened = block.open[asked.gate, slot]
        rows.row([*holding, (-1, opened)], None, 0, "asked", f"{where}, slot {slot}")
        passing = [(1, v) for _, v in passages(block, asked.gate, range(slot, slot + 1))]
        if passing:
            use = rows.variable(0, 1)
            rows.row([(1, use), *((-c, v) for c, v in passing)], None, 0, "asked", where)
            rows.row([(1, use), *((-c, v) for c, v in holding)], None, 0, "asked", where)
            used.append((1, use))
    rows.row(used, 1, None, "asked", where)
