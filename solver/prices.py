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
from math import gcd

from solver.block import Block, Resource
from solver.compact import assemble
from solver.derive import Derived
from solver.engine import Answer, Limits
from solver.instance import StageName
from solver.linear import Expression, Rows
from solver.relax import relax
from solver.search import Task, run_all

SCALE = 1000
"""The stage is multiplied by this, so that prices of less than one unit stay whole numbers."""


@dataclass(frozen=True)
class Prices:
    """Prices per mPCU and multipliers, both in units of the stage x SCALE."""

    resources: Mapping[Resource, int] = field(default_factory=dict)
    stages: Mapping[StageName, int] = field(default_factory=dict)


def prices_from_relaxation(
    derived: Derived,
    blocks: list[Block],
    stage: StageName,
    budgets: Mapping[StageName, int],
    seconds: float,
) -> Prices | None:
    """Prices by the duals of the relaxation; None if it took too long."""
    compact = assemble(derived, blocks)
    spent: dict[int, StageName] = {}
    for name, budget in budgets.items():
        expression, known = compact.stages[name], len(compact.rows.rows)
        compact.rows.row(expression.terms, None, budget - expression.constant, "stage", name)
        if len(compact.rows.rows) > known:
            spent[known] = name
    found = relax(compact.rows, compact.stages[stage], seconds)
    if found is None:
        return None
    resources: dict[Resource, int] = {}
    multipliers: dict[StageName, int] = {}
    for number, resource in compact.shared.items():
        if found.duals[number] < 0:
            price = -found.duals[number] * SCALE / _divisor(blocks, resource)
            resources[resource] = round(price)
    for number, name in spent.items():
        divisor = _row_scale(compact.stages[name], compact.rows.rows[number].terms)
        multipliers[name] = max(0, round(-found.duals[number] * SCALE / divisor))
    return Prices({r: p for r, p in resources.items() if p}, multipliers)


def _divisor(blocks: list[Block], resource: Resource) -> int:
    """mPCU that one unit of the row's divided coefficients stands for."""
    return gcd(*(c for block in blocks for c, _ in block.uses.get(resource, [])))


def _row_scale(expression: Expression, terms: Sequence[tuple[int, int]]) -> int:
    """By how much the row divided the expression's coefficients."""
    merged: dict[int, int] = {}
    for coefficient, variable in expression.terms:
        merged[variable] = merged.get(variable, 0) + coefficient
    coefficient, variable = terms[0]
    return merged[variable] // coefficient


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


def priced_task(block: Block, stage: StageName, prices: Prices, caps: Caps, limits: Limits) -> Task:
    """A plant alone against prices, within its caps of earlier stages."""
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
    merged: dict[int, int] = {}
    for coefficient, variable in objective.terms:
        merged[variable] = merged.get(variable, 0) + coefficient
    terms = [(c, v) for v, c in merged.items() if c]
    return Task(rows, Expression(terms, objective.constant), limits, {})


@dataclass(frozen=True)
class Proved:
    """A stage's bound, the plants' own proved least values (meaningful where nothing was priced)
    and their answers."""

    bound: int
    floors: Mapping[str, int]
    answers: Mapping[str, Answer]


def prove(
    blocks: Sequence[Block],
    stage: StageName,
    budgets: Mapping[StageName, int],
    floors: Mapping[StageName, Mapping[str, int]],
    residuals: Mapping[Resource, int],
    prices: Prices,
    limits: Limits,
    executor: Executor | None,
) -> Proved:
    """The bound of a stage at these prices, rounded up to a whole unit (0 if it says less)."""
    tasks = [
        priced_task(block, stage, prices, caps_of(block.plant.id, budgets, floors), limits)
        for block in blocks
    ]
    answers = run_all(tasks, executor)
    least = {
        block.plant.id: max(0, -(-(answer.bound or 0) // SCALE))
        for block, answer in zip(blocks, answers, strict=True)
    }
    named = {b.plant.id: answer for b, answer in zip(blocks, answers, strict=True)}
    if not prices.resources and not prices.stages:
        return Proved(sum(least.values()), least, named)
    if any(answer.bound is None for answer in answers):
        return Proved(0, least, named)
    total = sum(answer.bound or 0 for answer in answers)
    total -= sum(price * residuals[r] for r, price in prices.resources.items())
    total -= sum(factor * budgets[name] for name, factor in prices.stages.items())
    return Proved(max(0, -(-total // SCALE)), least, named)
