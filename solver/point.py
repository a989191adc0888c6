"""What a point of some plants' rows does: what it costs, and which roads it overruns."""

from __future__ import annotations

from solver.compact import Compact, residual_mpcu
from solver.derive import Derived
from solver.instance import StageName
from solver.shared import Resource


def overrun(model: Compact, derived: Derived, values: list[int]) -> frozenset[Resource]:
    """Shared capacities of which more mPCU are used than `derived` has left of them."""
    return frozenset(
        resource
        for resource, terms in model.uses.items()
        if sum(c * values[v] for c, v in terms) > residual_mpcu(derived, resource)
    )


def costs_of(model: Compact, values: list[int]) -> dict[StageName, int]:
    """What the plants' decisions cost at least, stage by stage."""
    costs = dict.fromkeys(model.stages, 0)
    for block in model.blocks:
        part = model.values_of(block, values)
        block.settle(part)
        for stage in costs:
            costs[stage] += block.stages[stage].value(part)
    return costs
