"""What calm cost: the exposure that plants could save if windows and departures moved for nothing.

Each plant is solved alone beside what the others take, with safety and output no worse than
planned. What one plant saves another may need, so savings do not add up exactly.
"""

from __future__ import annotations

from concurrent.futures import Executor

from solver.compact import binding_resources, build_block
from solver.decided import start_task
from solver.derive import Derived
from solver.engine import Limits
from solver.instance import Instance, StageName
from solver.plan import Decisions
from solver.search import group_task
from solver.standing import Standing
from solver.tasks import run_all

COST_WORK = 0.1
"""Counted work of one plant, at most."""

MOST_WORK = 8.0
"""Counted work of all plants together: a city is told of in seconds, if of less."""

KEPT: tuple[StageName, ...] = ("safety_shortfall", "output_shortfall")


def calm_cost(
    instance: Instance, decisions: Decisions, executor: Executor | None = None
) -> dict[str, int]:
    """Exposure by plant that was found to be saved if nothing kept it to the plan in force; only
    plants that could save any."""
    work = min(COST_WORK, MOST_WORK / len(instance.plants))
    derived, limits = Derived(instance), Limits(counted_work=work)
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    standing = Standing(blocks, binding_resources(blocks))
    starts = run_all([start_task(block, decisions, limits) for block in blocks], executor)
    if not all(start.values for start in starts):
        return {}
    for block, start in zip(blocks, starts, strict=True):
        standing.put(block.plant.id, start.values)
    budgets = {stage: standing.worth(stage) for stage in KEPT}
    plants = sorted(standing.blocks)
    tasks = [group_task(standing, [plant], "exposure", budgets, {}, limits) for plant in plants]
    answers = run_all(tasks, executor)
    saved = {
        plant: standing.worth("exposure", [plant]) - answer.value
        for plant, answer in zip(plants, answers, strict=True)
        if answer.value is not None
    }
    return {plant: amount for plant, amount in saved.items() if amount > 0}
