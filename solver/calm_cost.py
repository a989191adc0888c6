"""What calm cost: the exposure that plants could save if windows and departures moved for nothing.

Each plant is solved alone beside what the others take, with safety and output no worse than
planned: first with its windows held, where it is little more than a flow, so that all can be asked;
then, as long as work is left, with windows whose ends move a little. What one plant saves another
may need, so savings do not add up exactly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Literal

from solver.block import Block
from solver.engine import Answer
from solver.instance import StageName
from solver.negotiate import NEAR_SLOTS
from solver.plan import CalmCost
from solver.run import Run, sub_limits, swift
from solver.search import group_task
from solver.standing import Standing
from solver.tasks import Task, flow

PLANT_WORK = 0.2
"""Part of a sub-problem's usual work for one plant."""

NEAR_ENOUGH = 0.02
"""Gap of its exposure at which a plant's answer does: it is an estimate, and more are asked."""

KEPT: tuple[StageName, ...] = ("safety_shortfall", "output_shortfall")


def calm_cost(run: Run, standing: Standing, changed: Collection[str]) -> tuple[CalmCost, ...]:
    """Exposure by plant that was found to be saved if nothing kept it to the plan in force. Those
    that changed are asked first, of them and of the others those that cause most, as long as work
    is left. Who is not asked is not told of; who causes none need not be."""
    charged = {plant: standing.worth("exposure", [plant]) for plant in standing.blocks}
    order = sorted(charged, key=lambda p: (p not in changed, -charged[p], p))
    exposed = [plant for plant in order if charged[plant]]
    budgets = {stage: standing.worth(stage) for stage in KEPT}
    waiting = deque([(p, 0) for p in exposed] + [(p, NEAR_SLOTS) for p in exposed])
    found = {p: CalmCost(plant=p, exposure=0) for p in order if not charged[p]}

    def ask() -> tuple[tuple[str, int], Task] | None:
        if not waiting or run.is_over(0.0):
            return None
        plant, reach = waiting.popleft()
        limits = replace(swift(sub_limits(run, PLANT_WORK)), relative_gap=NEAR_ENOUGH)
        hold = partial(Block.hold_near, reach=reach)
        task = group_task(standing, [plant], "exposure", budgets, {}, limits, hold)
        return (plant, reach), task

    def take(asked: tuple[str, int], answer: Answer) -> bool:
        run.note([answer])
        plant, reach = asked
        if answer.value is not None:
            saved = max(0, charged[plant] - answer.value)
            if plant in found:
                saved = max(saved, found[plant].exposure)
            windows: Literal["near", "held"] = "near" if reach else "held"
            found[plant] = CalmCost(plant=plant, exposure=saved, windows=windows)
        return run.is_over(0.0)

    flow(run.executor, ask, take, standing.at_once)
    return tuple(found[plant] for plant in sorted(found))
