"""The windows nearest to one that does not fit which do: where a window lies is decided with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from solver.asked_window import AskedWindow, close_given_up, hold_open, passages, windows_of
from solver.block import Block
from solver.engine import Verdict, minimise
from solver.linear import Expression, Terms
from solver.trial import WINDOWS_WORK, Trial, any_point

Side = Literal["earlier", "later"]
Span = tuple[int, int]

MOST_TRIED = 3
"""Windows that the laws of windows allow and that are tried under all laws, the nearest first."""


def nearest_windows(trial: Trial, work: float) -> tuple[Span, ...]:
    """The nearest window before the one asked for that fits, and the nearest after it: no longer
    than it, with all others unchanged and no stage worse, and with the least sum of slots by which
    both edges move."""
    sides: tuple[Side, ...] = ("earlier", "later")
    with ThreadPoolExecutor(len(sides)) as threads:
        found = threads.map(partial(_nearest, trial, work), sides)
    return tuple(span for span in found if span is not None)


@dataclass
class _Place:
    """Where a window lies on one side of the one asked for, `kept` being those that the gate has
    already: one variable a slot for its first slot, one for its end."""

    asked: AskedWindow
    kept: Sequence[Span]
    side: Side
    first: dict[int, int] = field(default_factory=dict)
    end: dict[int, int] = field(default_factory=dict)

    def moved(self, shift: int) -> Expression:
        """Slots by which both edges move."""
        total = Expression()
        for slot, variable in self.first.items():
            total.add(abs(slot - self.asked.first_slot), variable + shift)
        for slot, variable in self.end.items():
            total.add(abs(slot - self.asked.end_slot), variable + shift)
        return total

    def of(self, values: list[int], shift: int) -> Span:
        first, end = (
            next(slot for slot, v in edge.items() if values[v + shift])
            for edge in (self.first, self.end)
        )
        return first, end

    def hold_open(self, block: Block) -> None:
        """A window that the gate does not have yet is open, and a truck that needs it passes in it.
        Raises ValueError where it can be seen that none is."""
        self.open(block)
        where, used = f"gate {self.asked.gate}", []
        for slot in self._slots(block):
            passing = passages(block, self.asked.gate, range(slot, slot + 1))
            if passing:
                use = block.rows.variable(0, 1)
                through = ((-1, v) for _, v in passing)
                block.rows.row([(1, use), *through], None, 0, "asked", where)
                inside = ((-c, v) for c, v in self._covering(slot))
                block.rows.row([(1, use), *inside], None, 0, "asked", where)
                used.append((1, use))
        block.rows.row(used, 1, None, "asked", where)

    def open(self, block: Block) -> None:
        """The same, whether a truck passes or not."""
        close_given_up(block, self.asked)
        where, slots = f"gate {self.asked.gate}", self._slots(block)
        self.first.update({slot: block.rows.variable(0, 1) for slot in slots})
        self.end.update({slot + 1: block.rows.variable(0, 1) for slot in slots})
        for edge in (self.first, self.end):
            block.rows.row([(1, v) for v in edge.values()], 1, 1, "asked", where)
        self._place(block)
        for slot in range(min(slots, default=0), max(slots, default=-1) + 1):
            opened: Terms = [(-1, block.open[self.asked.gate, slot])] if slot in slots else []
            row = [*self._covering(slot), *opened]
            block.rows.row(row, None, 0, "asked", f"{where}, slot {slot}")

    def _slots(self, block: Block) -> list[int]:
        return [slot for gate, slot in block.open if gate == self.asked.gate]

    def _covering(self, slot: int) -> Terms:
        """1 if the window has begun by a slot and has not ended, else 0."""
        begun = [(1, v) for at, v in self.first.items() if at <= slot]
        return begun + [(-1, v) for at, v in self.end.items() if at <= slot]

    def _terms(self, weight_first: int, weight_end: int) -> Terms:
        return [
            *((weight_first * slot, v) for slot, v in self.first.items()),
            *((weight_end * slot, v) for slot, v in self.end.items()),
        ]

    def _place(self, block: Block) -> None:
        """No longer than asked, on its side, not the same and no part of a window that is there."""
        rows, asked, where = block.rows, self.asked, f"gate {self.asked.gate}"
        rows.row(self._terms(-1, 1), 1, len(asked.slots), "asked", where)
        middle = asked.first_slot + asked.end_slot
        if self.side == "earlier":
            rows.row(self._terms(1, 1), None, middle - 1, "asked", where)
        else:
            rows.row(self._terms(1, 1), middle, None, "asked", where)
        edges = self.first.get(asked.first_slot), self.end.get(asked.end_slot)
        same = [(1, v) for v in edges if v is not None]
        if len(same) == len(edges):
            rows.row(same, None, 1, "asked", where)
        for first, end in self.kept:
            inside = [(1, v) for slot, v in self.first.items() if first <= slot]
            inside += [(1, v) for slot, v in self.end.items() if slot <= end]
            rows.row(inside, None, 1, "asked", where)


def _nearest(trial: Trial, work: float, side: Side) -> Span | None:
    """The nearest by the laws of windows alone, where that fits by all laws; else anywhere by one
    solve under all laws."""
    asked = trial.asked
    kept = [w for w in windows_of(trial.decisions, asked.gate) if w != asked.instead_of]
    barred: list[Span] = []
    while len(barred) < MOST_TRIED:
        verdict, span = _by_windows(trial, _Place(asked, kept, side), barred)
        if verdict == "infeasible":
            return None
        if span is None:
            break
        model = trial.model(trial.now, hold=partial(_hold_at, asked, span))
        if model is not None:
            answer = minimise(model.rows, Expression(), any_point(work / 4))
            if answer.values:
                return span
            if answer.verdict == "unknown":
                break
        barred.append(span)
    return _anywhere(trial, _Place(asked, kept, side), work)


def _by_windows(trial: Trial, place: _Place, barred: Iterable[Span]) -> tuple[Verdict, Span | None]:
    """The nearest window that the laws of windows alone allow, but for those that are barred: none
    that all laws allow is nearer. Infeasible: they allow none."""
    block = trial.windows_alone()
    try:
        place.open(block)
        for first, end in barred:
            block.rows.row([(1, place.first[first]), (1, place.end[end])], None, 1, "asked", "")
    except ValueError:
        return "infeasible", None
    limits = replace(any_point(WINDOWS_WORK), presolve=False)
    answer = minimise(block.rows, place.moved(0), limits)
    return answer.verdict, place.of(answer.values, 0) if answer.verdict == "optimal" else None


def _hold_at(asked: AskedWindow, span: Span, block: Block) -> None:
    """Raises ValueError where it can be seen not to hold."""
    close_given_up(block, asked)
    hold_open(block, asked.at(*span).model_copy(update={"instead_of": None}))


def _anywhere(trial: Trial, place: _Place, work: float) -> Span | None:
    model = trial.model(trial.now, hold=place.hold_open)
    if model is None:
        return None
    shift = model.shift[trial.asked.plant]
    answer = minimise(model.rows, place.moved(shift), any_point(work))
    return place.of(answer.values, shift) if answer.verdict == "optimal" else None
