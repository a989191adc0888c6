"""What links and zones are worth at each hour, by the linear relaxation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

from solver.compact import Compact
from solver.derive import Derived
from solver.instance import StageName
from solver.linear import Expression
from solver.prices import SCALE, output_weight
from solver.relax import Program, program_of, relax
from solver.shared import Resource

RELAXED_TERMS = 700_000_000
"""Terms times rounds that the relaxation may take: seconds, whatever the size."""


@dataclass(frozen=True)
class Relaxed:
    """A relaxation to solve: another process can."""

    program: Program
    rounds: int
    shared: Mapping[int, tuple[Resource, int]]
    """Row number to the resource and to the mPCU that one unit of the divided row stands for."""


def road_relaxation(derived: Derived, coupled: Compact) -> Relaxed:
    """Exposure and output in one objective: what it pays for roads and zones is their price."""
    weight = output_weight(derived)
    objective = Expression()
    weights: dict[StageName, int] = {
        "safety_shortfall": 1000 * weight,
        "output_shortfall": weight,
        "exposure": SCALE,
    }
    for stage, factor in weights.items():
        part = coupled.stages[stage]
        objective.extend(
            Expression([(factor * c, v) for c, v in part.terms], factor * part.constant)
        )
    parts = [(block.rows, coupled.shift[block.plant.id]) for block in coupled.blocks]
    rows = coupled.rows
    program = program_of(rows.lower, rows.upper, [*parts, (rows, 0)], objective)
    first = len(program.lengths) - len(rows.rows)
    shared = {
        first + number: (resource, gcd(*{c for c, _ in coupled.uses[resource]}))
        for number, resource in coupled.shared.items()
    }
    rounds = max(200, min(4000, RELAXED_TERMS // len(program.columns)))
    return Relaxed(program, rounds, shared)


def road_prices(relaxed: Relaxed) -> dict[Resource, int]:
    """Prices of roads and zones by the duals of the relaxation; none if it has no solution."""
    found = relax(relaxed.program, relaxed.rounds)
    if found is None:
        return {}
    prices = {
        resource: round(-found.duals[number] / divisor)
        for number, (resource, divisor) in relaxed.shared.items()
    }
    return {resource: price for resource, price in prices.items() if price > 0}
