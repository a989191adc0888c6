"""What calm cost: the exposure that plants could save if windows and departures moved for nothing.

Each plant is solved alone beside what the others take, with safety and output no worse than
planned, and windows whose ends move a little. What one plant saves another may need, so savings do
not add up exactly.
"""

from __future__ import annotations

from collections import deque

from solver.engine import Answer
from solver.instance import StageName
from solver.negotiate import NEAR_SLOTS
from solver.plan import CalmCost
from solver.run import Run, sub_limits
from solver.search import group_task
from solver.standing import Standing
from solver.tasks import Task, flow

PLANT_WORK = 0.2
"""Part of a sub-problem's usual work for one plant: within its windows it is nearly a flow."""

KEPT: tuple[StageName, ...] = ("safety_shortfall", "output_shortfall")


def calm_cost(run: Run, standing: Standing) -> tuple[CalmCost, ...]:
    """Exposure by plant that was found to be saved if nothing kept it to the plan in force. Those
    that cause most are asked first, as long as work is left; who is not asked is not told of."""
    charged = {plant: standing.worth("exposure", [plant]) for plant in standing.blocks}
    waiting = deque(sorted(charged, key=lambda p: (-charged[p], p)))
    budgets = {stage: standing.worth(stage) for stage in KEPT}
    found: list[CalmCost] = []

    def ask() -> tuple[str, Task] | None:
        if not waiting or run.is_over(0.0):
            return None
        plant = waiting.popleft()
        limits = sub_limits(run, PLANT_WORK)
        task = group_task(standing, [plant], "exposure", budgets, {}, limits)
        standing.blocks[plant].keep_windows(task.rows, standing.values[plant], NEAR_SLOTS)
        return plant, task

    def take(plant: str, answer: Answer) -> bool:
        run.note([answer])
        if answer.value is not None:
            saved = max(0, charged[plant] - answer.value)
            found.append(CalmCost(plant=plant, exposure=saved))
        return run.is_over(0.0)

    flow(run.executor, ask, take, standing.at_once)
    return tuple(sorted(found, key=lambda cost: cost.plant))
