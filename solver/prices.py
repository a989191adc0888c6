"""A proved lower bound of a stage from prices, plant by plant.

For prices p >= 0 of shared capacity and multipliers m >= 0 of earlier stages, every plan whose
earlier stages cost at most v has

    stage >= sum over plants of least(stage + m * earlier + p * use) - m * v - p * residual.

Each plant's least value is bounded by the sub-solver's own proved bound. Prices are integers and
the stage is scaled by a whole factor, so the sum is exact; any prices give a valid bound, good
ones come from the relaxation. At zero prices each plant's own least value is proved, and since
no plant can cost less than that, what any one plant may cost of a handed-on value is capped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median

from solver.block import Block
from solver.derive import Derived
from solver.engine import Answer, Limits
from solver.instance import StageName
from solver.linear import Expression, Rows
from solver.shared import Resource
from solver.tasks import Task, run_all

SCALE = 100_000
"""The stage is multiplied by this, so that prices of less than one unit stay whole numbers."""

TRIP_WORTH = Fraction(3, 2)
"""Median trips' exposure that a trip of lost output is weighed at when roads are priced."""


@dataclass(frozen=True)
class Prices:
    """Prices per mPCU and multipliers, both in units of the stage x SCALE."""

    resources: Mapping[Resource, int] = field(default_factory=dict)
    stages: Mapping[StageName, int] = field(default_factory=dict)


def trip_exposure(derived: Derived) -> int:
    """Exposure of the median leg in the middle of the horizon."""
    found = [
        exposure
        for use in derived.legs.values()
        if (exposure := derived.exposure(use.departure, derived.grid.n_slots // 2)) > 0
    ]
    return int(median(found)) if found else 1


def output_weight(derived: Derived) -> int:
    """What a unit of output shortfall weighs against exposure x SCALE."""
    return max(1, round(TRIP_WORTH * SCALE * trip_exposure(derived) / 1_000_000))


Caps = Mapping[StageName, int]
"""The most that one plant may cost of earlier stages in any plan that counts."""


def caps_of(
    plant: str, budgets: Mapping[StageName, int], floors: Mapping[StageName, Mapping[str, int]]
) -> dict[StageName, int]:
    """What is left of each budget for one plant if every other plant costs as little as is
    proved for it."""
    return {
        stage: budget - sum(least for name, least in floors[stage].items() if name != plant)
        for stage, budget in budgets.items()
        if stage in floors
    }


def priced_task(
    block: Block,
    stage: StageName,
    prices: Prices,
    caps: Caps,
    limits: Limits,
    values: Sequence[int] = (),
) -> Task:
    """A plant alone against prices, within its caps of earlier stages; `values` are a hint."""
    objective, rows = Expression(), Rows()
    rows.absorb(block.rows)
    factors: list[tuple[StageName, int]] = [(stage, SCALE), *prices.stages.items()]
    for name, factor in factors:
        part = block.stages[name]
        objective.terms += [(factor * c, v) for c, v in part.terms]
        objective.constant += factor * part.constant
    for resource, terms in block.uses.items():
        price = prices.resources.get(resource, 0)
        if price:
            objective.terms += [(price * c, v) for c, v in terms]
    for name, most in caps.items():
        part = block.stages[name]
        rows.row(part.terms, None, most - part.constant, "stage", name)
    return Task(rows, objective.merged(), limits, dict(enumerate(values)))


@dataclass(frozen=True)
class Alone:
    """Plants alone against prices: what each is proved to cost at least, in stage x SCALE and
    prices, and what was found for it. None where nothing was proved."""

    stage: StageName
    prices: Prices
    least: Mapping[str, int | None]
    answers: Mapping[str, Answer]

    def is_proved(self, plant: str) -> bool:
        """Whether what was found for a plant is the least."""
        return self.answers[plant].verdict == "optimal"

    def bettered(self, by: Alone) -> Alone:
        """With what was proved and found again for some of the plants, where that says more."""
        least = dict(self.least)
        for plant, bound in by.least.items():
            known = least[plant]
            least[plant] = bound if known is None else max(known, bound or 0)
        answers = {p: _better(answer, by.answers.get(p)) for p, answer in self.answers.items()}
        return Alone(self.stage, self.prices, least, answers)

    @property
    def floors(self) -> dict[str, int]:
        """Least value of the stage itself, by plant; meaningful where nothing was priced."""
        return {plant: max(0, -(-(least or 0) // SCALE)) for plant, least in self.least.items()}

    def bound(self, residuals: Mapping[Resource, int], budgets: Mapping[StageName, int]) -> int:
        """The stage's least value in any plan within residuals and budgets, rounded up to a whole
        unit; 0 if it says less."""
        if not self.prices.resources and not self.prices.stages:
            return sum(self.floors.values())
        if any(least is None for least in self.least.values()):
            return 0
        total = sum(least or 0 for least in self.least.values())
        total -= sum(price * residuals[r] for r, price in self.prices.resources.items())
        total -= sum(factor * budgets[name] for name, factor in self.prices.stages.items())
        return max(0, -(-total // SCALE))


def _better(old: Answer, new: Answer | None) -> Answer:
    """What was found later, unless what was found before is worth less, or it alone has values."""
    if new is None or new.value is None:
        return old
    return old if old.value is not None and old.value < new.value else new


def prove(
    blocks: Sequence[Block],
    stage: StageName,
    prices: Prices,
    limits: Limits,
    executor: Executor | None,
    caps: Mapping[str, Caps] | None = None,
    known: Mapping[str, Sequence[int]] | None = None,
) -> Alone:
    """Every plant alone against prices, within its caps of earlier stages. What is `known` of the
    plants' values helps the search, whatever the roads say of them."""
    within, values = caps or {}, known or {}
    tasks = [
        priced_task(
            block,
            stage,
            prices,
            within.get(block.plant.id, {}),
            limits,
            values.get(block.plant.id, ()),
        )
        for block in blocks
    ]
    answers = dict(zip((b.plant.id for b in blocks), run_all(tasks, executor), strict=True))
    least = {
        plant: answer.bound
        if answer.bound is not None
        else task.objective.constant + task.rows.least(task.objective.terms)
        for task, (plant, answer) in zip(tasks, answers.items(), strict=True)
    }
    return Alone(stage, prices, least, answers)
