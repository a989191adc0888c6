"""The windows nearest to one that does not fit which do: where a window lies is decided with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from solver.asked_window import AskedWindow, close_given_up, hold_open, passages, windows_of
from solver.block import Block
from solver.engine import Limits, minimise
from solver.linear import Expression, Terms
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


@dataclass
class _Place:
    """Where a window lies: one variable a slot for its first slot, one for its end."""

    first: dict[int, int] = field(default_factory=dict)
    end: dict[int, int] = field(default_factory=dict)

    def terms(self, weight_first: int, weight_end: int) -> Terms:
        return [
            *((weight_first * slot, v) for slot, v in self.first.items()),
            *((weight_end * slot, v) for slot, v in self.end.items()),
        ]

    def moved(self, asked: AskedWindow, shift: int) -> Expression:
        """Slots by which both edges move."""
        total = Expression()
        for slot, variable in self.first.items():
            total.add(abs(slot - asked.first_slot), variable + shift)
        for slot, variable in self.end.items():
            total.add(abs(slot - asked.end_slot), variable + shift)
        return total

    def of(self, values: list[int], shift: int) -> Span:
        first, end = (
            next(slot for slot, v in edge.items() if values[v + shift])
            for edge in (self.first, self.end)
        )
        return first, end


def _nearest(trial: Trial, side: Side, work: float) -> Span | None:
    """Close by first, window by window, which is quickly decided; then anywhere by one solve."""
    asked = trial.asked
    kept = [w for w in windows_of(trial.decisions, asked.gate) if w != asked.instead_of]
    for span in _close_by(asked, kept, side, trial.own.grid.n_slots):
        model = trial.model((), trial.now, hold=partial(_hold_at, asked, span))
        if model is None:
            continue
        answer = minimise(model.rows, Expression(), Limits(counted_work=work / 4))
        if answer.values:
            return span
        if answer.verdict == "unknown":
            break
    return _anywhere(trial, kept, side, work)


def _close_by(asked: AskedWindow, kept: Sequence[Span], side: Side, n_slots: int) -> list[Span]:
    """Windows on one side that the gate does not have yet, the nearest first."""
    first, end = asked.first_slot, asked.end_slot
    moved = {"earlier": ((0, -1), (-1, -1), (0, -2)), "later": ((1, 0), (1, 1), (2, 0))}
    spans = [(first + left, end + right) for left, right in moved[side]]
    return [
        (a, b)
        for a, b in spans
        if 0 <= a < b <= n_slots and not any(c <= a and b <= d for c, d in kept)
    ]


def _hold_at(asked: AskedWindow, span: Span, block: Block) -> None:
    """Raises ValueError where it can be seen not to hold."""
    close_given_up(block, asked)
    hold_open(block, asked.at(*span).model_copy(update={"instead_of": None}))


def _anywhere(trial: Trial, kept: Iterable[Span], side: Side, work: float) -> Span | None:
    asked, place = trial.asked, _Place()
    model = trial.model((), trial.now, hold=partial(_hold_one, asked, kept, side, place))
    if model is None:
        return None
    shift = model.shift[asked.plant]
    answer = minimise(model.rows, place.moved(asked, shift), Limits(counted_work=work))
    return place.of(answer.values, shift) if answer.verdict == "optimal" else None


def _hold_one(
    asked: AskedWindow,
    kept: Iterable[Span],
    side: Side,
    place: _Place,
    block: Block,
) -> None:
    """A window on one side that the gate does not have yet is open, and a truck that needs it
    passes in it. Raises ValueError where it can be seen that none is."""
    close_given_up(block, asked)
    where = f"gate {asked.gate}"
    slots = [slot for gate, slot in block.open if gate == asked.gate]
    place.first.update({slot: block.rows.variable(0, 1) for slot in slots})
    place.end.update({slot + 1: block.rows.variable(0, 1) for slot in slots})
    for edge in (place.first, place.end):
        block.rows.row([(1, v) for v in edge.values()], 1, 1, "asked", where)
    _place_it(block, asked, kept, side, place)
    used = []
    for slot in range(min(slots, default=0), max(slots, default=-1) + 1):
        inside = [(1, v) for at, v in place.first.items() if at <= slot]
        inside += [(-1, v) for at, v in place.end.items() if at <= slot]
        opened: Terms = [(-1, block.open[asked.gate, slot])] if slot in slots else []
        block.rows.row([*inside, *opened], None, 0, "asked", f"{where}, slot {slot}")
        passing = passages(block, asked.gate, range(slot, slot + 1))
        if opened and passing:
            use = block.rows.variable(0, 1)
            through = ((-1, v) for _, v in passing)
            block.rows.row([(1, use), *through], None, 0, "asked", where)
            block.rows.row([(1, use), *((-c, v) for c, v in inside)], None, 0, "asked", where)
            used.append((1, use))
    block.rows.row(used, 1, None, "asked", where)


def _place_it(
    block: Block, asked: AskedWindow, kept: Iterable[Span], side: Side, place: _Place
) -> None:
    """No longer than asked, on its side, not the same and no part of a window that is there."""
    rows, where = block.rows, f"gate {asked.gate}"
    rows.row(place.terms(-1, 1), 1, len(asked.slots), "asked", where)
    middle = asked.first_slot + asked.end_slot
    if side == "earlier":
        rows.row(place.terms(1, 1), None, middle - 1, "asked", where)
    else:
        rows.row(place.terms(1, 1), middle, None, "asked", where)
    edges = place.first.get(asked.first_slot), place.end.get(asked.end_slot)
    same = [(1, v) for v in edges if v is not None]
    if len(same) == len(edges):
        rows.row(same, None, 1, "asked", where)
    for first, end in kept:
        inside = [(1, v) for slot, v in place.first.items() if first <= slot]
        inside += [(1, v) for slot, v in place.end.items() if slot <= end]
        rows.row(inside, None, 1, "asked", where)
