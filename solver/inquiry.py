"""Asking one plant, by itself, which laws make a stage of its own as great as it is.

Every solve begins at the best that is known, so that a law relaxed never looks worse than all laws
kept, and what is found with a law relaxed but lawful all the same betters what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import get_args

from solver.alone import Beside, Taken
from solver.block import Block
from solver.compact import Compact, assemble, build_block
from solver.decided import start_task
from solver.engine import Limits, minimise
from solver.extract import decisions_of
from solver.instance import Instance, StageName
from solver.loosen import BindingLaw, Relaxation, relaxations_of, relaxed, supplies_of
from solver.plan import Decisions
from solver.stages import SHORTFALL_UNITS
from solver.tasks import run_task

REFERENCE_WORK = 3
"""The solve under all laws gets this many times the work of a relaxed one: its bound decides."""

START_WORK = 0.05
"""Counted work of filling in what windows and departures leave open."""

MODEL_WORK = 0.02
"""What building a model counts."""

LAWS = get_args(BindingLaw)

ASKED: tuple[BindingLaw, ...] = (
    "end_stock",
    "bar",
    "trip_cap",
    "window_shape",
    "zone_cap",
    "link_capacity",
    "fleet",
    "stock_balance",
    "gate_window",
)
"""Laws in the order of asking, since work may end: those that bind often are first."""

Key = frozenset[tuple[str, str, str]]


@dataclass
class Account:
    """Counted work of each solve, of all of them together (None: no end), and what is used."""

    each: float
    in_all: float | None
    used: float = 0.0

    @property
    def is_empty(self) -> bool:
        return self.in_all is not None and self.used >= self.in_all


@dataclass(frozen=True)
class Standing:
    """The best known under some laws: value, proved bound, decisions."""

    value: int
    bound: int
    decisions: Decisions


@dataclass(frozen=True)
class Finding:
    """Relaxing all of `relaxed` lowers the stage from `before` to `after`; `proved`: no plan of the
    plant reaches that under all laws."""

    relaxed: tuple[Relaxation, ...]
    before: int
    after: int
    proved: bool


class Inquiry:
    """One stage of one plant; `safety` is what the stage before allows."""

    def __init__(
        self, own: Instance, taken: Taken, stage: StageName, safety: int | None, account: Account
    ) -> None:
        self._own, self._account, self._unit = own, account, SHORTFALL_UNITS[stage]
        self._model = partial(_Model, taken=taken, stage=stage, safety=safety)
        self._known: dict[Key, Standing] = {}
        self._searched: set[Key] = set()
        self._begun: set[BindingLaw] = set()

    @cached_property
    def _strict(self) -> _Model:
        """The plant under all laws."""
        return self._model(self._own)

    @property
    def standing(self) -> Standing:
        """The best known under all laws."""
        return self._known[frozenset()]

    def findings(self, planned: int, decisions: Decisions) -> list[Finding]:
        """What makes the stage as great as it is, the greatest relief first."""
        self._known = {frozenset(): Standing(planned, 0, decisions)}
        if planned == 0:
            return []
        self._solve((), REFERENCE_WORK * self._account.each, lambda value: value == 0)
        while True:
            known = self.standing.value
            found = self._ask() if known else []
            if self.standing.value == known:
                return sorted(found, key=_rank)

    def _ask(self) -> list[Finding]:
        """Law by law while there is work left: what has been begun is asked to its end."""
        every = relaxations_of(self._own, *self._own.plants)
        found: list[Finding] = []
        for group in _by_law(every):
            law = group[0].law
            if self._account.is_empty and law not in self._begun:
                return found
            self._begun.add(law)
            found += self._open(group)
        if not found and self._helps(every):
            found = [self._named(self._irreducible((), False, tuple(every)))]
        return found + self._in_hand(every)

    def _open(self, group: Sequence[Relaxation]) -> list[Finding]:
        """What helps of a group that helps as a whole: its parts, or else the least set that helps
        together."""
        if not self._helps(group):
            return []
        if len(group) == 1:
            return [self._named(group)]
        found = [cause for part in _parts(group) for cause in self._open(part)]
        return found or [self._named(self._irreducible((), False, tuple(group)))]

    def _irreducible(
        self, base: tuple[Relaxation, ...], grown: bool, group: tuple[Relaxation, ...]
    ) -> tuple[Relaxation, ...]:
        """A least part of `group` that helps together with `base` (QuickXplain, Junker 2004)."""
        if grown and self._helps(base):
            return ()
        if len(group) == 1:
            return group
        left, right = group[: len(group) // 2], group[len(group) // 2 :]
        of_right = self._irreducible(base + left, bool(left), right)
        of_left = self._irreducible(base + of_right, bool(of_right), left)
        return of_left + of_right

    def _in_hand(self, every: tuple[Relaxation, ...]) -> list[Finding]:
        """What stays with all laws relaxed, and whether more in hand at slot 0 lowers it."""
        rest = self._least(every).value
        if not rest:
            return []
        found = []
        for supply in supplies_of(*self._own.plants):
            after = self._least((*every, supply)).value
            if rest - after >= self._unit:
                found.append(Finding((supply,), rest, after, proved=False))
        return found

    def _helps(self, group: Sequence[Relaxation]) -> bool:
        """Whether relaxing them reaches what no plan does under all laws, or what costs a unit less
        than the best that is known."""
        if not self._does_help(self._best(_key(group)).value):
            self._solve_once(group, self._does_help)
        return self._does_help(self._best(_key(group)).value)

    def _does_help(self, after: int) -> bool:
        return after < self.standing.bound or self.standing.value - after >= self._unit

    def _named(self, group: Sequence[Relaxation]) -> Finding:
        after = self._least(group).value
        return Finding(
            tuple(sorted(group, key=lambda r: r.key)),
            self.standing.value,
            after,
            proved=after < self.standing.bound,
        )

    def _least(self, group: Sequence[Relaxation]) -> Standing:
        """The least that could be found with a group relaxed."""
        self._solve_once(group, lambda after: after == 0)
        return self._best(_key(group))

    def _best(self, key: Key) -> Standing:
        """The best known for a set of relaxations: that of any part of it is allowed as well."""
        return min((s for k, s in self._known.items() if k <= key), key=lambda s: s.value)

    def _solve_once(self, group: Sequence[Relaxation], is_enough: Callable[[int], bool]) -> None:
        key = _key(group)
        if key not in self._searched and self._best(key).value:
            self._solve(group, self._account.each, is_enough)

    def _solve(
        self, group: Sequence[Relaxation], work: float, is_enough: Callable[[int], bool]
    ) -> None:
        """Better what is known for a group, and what is known under all laws if what comes of it
        is lawful all the same."""
        key, best = _key(group), self._best(_key(group))
        self._account.used += MODEL_WORK
        model = self._model(relaxed(self._own, group)) if group else self._strict
        if group and model.is_like(self._strict):
            self._searched.add(key)
            return
        values = model.values_of(best.decisions)
        best = model.better(best, values)
        if not is_enough(best.value):
            best, used = model.minimum(best, values, work)
            self._account.used += used
            self._searched.add(key)
        self._known[key] = best
        if group and self.standing.bound <= best.value < self.standing.value:
            self.learn(best.decisions)

    def learn(self, decisions: Decisions) -> None:
        """Take decisions made with laws relaxed for the best under all laws, if they are lawful and
        better."""
        values = self._strict.values_of(decisions)
        if values is None:
            return
        value = self._strict.worth(values)
        if value < self.standing.value:
            lawful = decisions_of([(self._strict.block, values)])
            self._known[frozenset()] = Standing(value, self.standing.bound, lawful)


class _Model:
    """The rows of a plant beside the others, for one stage."""

    def __init__(
        self, own: Instance, *, taken: Taken, stage: StageName, safety: int | None
    ) -> None:
        derived = Beside(own, taken)
        (plant,) = derived.plants.values()
        self.block: Block = build_block(derived, plant)
        compact: Compact = assemble(derived, [self.block])
        self._rows, self._objective = compact.rows, compact.stages[stage]
        if safety is not None:
            row = compact.stages["safety_shortfall"]
            self._rows.row(row.terms, None, safety - row.constant, "stage", "safety_shortfall")

    def is_like(self, other: _Model) -> bool:
        """Whether both allow the same and price it alike."""
        mine, theirs = self._rows, other._rows
        return (
            mine.lower == theirs.lower
            and mine.upper == theirs.upper
            and mine.rows == theirs.rows
            and self._objective == other._objective
        )

    def worth(self, values: list[int]) -> int:
        return self._objective.value(values)

    def minimum(
        self, best: Standing, start: list[int] | None, work: float
    ) -> tuple[Standing, float]:
        """The least found from a start on, or the best as it is, and the work used. A hint can be
        lost in presolve, so CP-SAT may find nothing."""
        hint = dict(enumerate(start or ()))
        answer = minimise(self._rows, self._objective, Limits(counted_work=work), hint)
        if answer.values:
            self.block.settle(answer.values)
            best = self.better(best, answer.values)
        bound = min(max(0, answer.bound or 0), best.value)
        return replace(best, bound=bound), answer.counted_work

    def better(self, best: Standing, values: list[int] | None) -> Standing:
        """Trips and windows of the best under stricter laws may cost less under these."""
        if values is None or self.worth(values) >= best.value:
            return best
        return Standing(self.worth(values), 0, decisions_of([(self.block, values)]))

    def values_of(self, decisions: Decisions) -> list[int] | None:
        """Values of all variables that open and depart as decided; None if a law forbids it."""
        limits = Limits(counted_work=START_WORK)
        values = run_task(start_task(self.block, decisions, limits)).values
        if not values:
            return None
        self.block.settle(values)
        return values if self._rows.allow(values) else None


def _key(group: Sequence[Relaxation]) -> Key:
    return frozenset(r.key for r in group)


def _rank(finding: Finding) -> tuple[int, list[tuple[int, str, str]]]:
    """The greatest relief first, then by law, object and part."""
    places = [(LAWS.index(r.law), r.where, r.part) for r in finding.relaxed]
    return finding.after - finding.before, places


def _by_law(group: Sequence[Relaxation]) -> list[Sequence[Relaxation]]:
    return [found for law in ASKED if (found := [r for r in group if r.law == law])]


def _parts(group: Sequence[Relaxation]) -> list[Sequence[Relaxation]]:
    """A group of one law in halves by objects; of one object by its single parts."""
    places = sorted({r.where for r in group})
    if len(places) == 1:
        return [[r] for r in group]
    left = set(places[: len(places) // 2])
    return [[r for r in group if r.where in left], [r for r in group if r.where not in left]]
