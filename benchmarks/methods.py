"""The methods that are compared, each from an instance to a plan, telling how it comes along."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.peer import Limits, PeerStage, solve_by_highs
from benchmarks.tiers import Method
from scheduler.solving import solving_in
from solver import solve as solving
from solver.avoided import business_as_usual
from solver.baseline import first_fit
from solver.instance import Instance, StageName
from solver.plan import Decisions, Plan
from solver.solve import Progress, SolveParams, solve


@dataclass(frozen=True)
class Outcome:
    """Decisions, and what the method says of each stage; `values` where it decides no plan."""

    decisions: Decisions | None
    bounds: dict[StageName, int] = field(default_factory=dict)
    stage_seconds: dict[StageName, float] = field(default_factory=dict)
    values: dict[StageName, int] = field(default_factory=dict)
    plan: Plan | None = None


Tell = Callable[[Progress], None]


def carry_out(
    method: Method, instance: Instance, seconds: float, workers: int, seed: int, tell: Tell
) -> Outcome:
    if method in ("ours", "cp-sat"):
        return _solved(method, instance, seconds, workers, seed, tell)
    if method == "highs":
        return _by_highs(instance, seconds, workers, tell)
    if method == "first fit":
        return Outcome(first_fit(instance))
    return Outcome(None, values={"exposure": business_as_usual(instance).total.exposure})


def _solved(
    method: Method, instance: Instance, seconds: float, workers: int, seed: int, tell: Tell
) -> Outcome:
    if method == "cp-sat":
        # This process measures one method and ends: nothing else sees the change.
        solving.COMPACT_VARIABLES = 10**12
    params = SolveParams(time_limit_s=seconds, seed=seed, workers=workers)
    with solving_in(workers) as executor:
        plan = solve(instance, params, tell, clock=time.monotonic, executor=executor)
    return Outcome(
        plan.decisions,
        {stage.name: stage.bound for stage in plan.stages},
        {stage.name: stage.seconds for stage in plan.stages},
        plan=plan,
    )


def _by_highs(instance: Instance, seconds: float, workers: int, tell: Tell) -> Outcome:
    """Each stage gets an equal part of the seconds, and is told when it ends."""
    n_stages = 4 + (instance.published is not None)
    limits = Limits(seconds=seconds / n_stages, threads=workers)

    def ended(stage: PeerStage) -> None:
        if stage.value is not None:
            tell(Progress(stage.name, stage.value, stage.bound, 0.0))

    plan, told = solve_by_highs(instance, limits, tell=ended)
    return Outcome(
        plan.decisions,
        {stage.name: stage.bound for stage in told},
        {stage.name: stage.seconds for stage in told},
    )
