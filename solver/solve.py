"""The one verb: an instance in, a plan out, stage by stage with a proved bound for each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor
from functools import partial
from importlib.metadata import version

from solver.baseline import first_fit
from solver.block import Block
from solver.check import stage_values
from solver.compact import Compact, assemble, build_block
from solver.conflicts import locked_conflicts
from solver.decompose import decompose
from solver.derive import Derived
from solver.engine import Limits, minimise
from solver.extract import decisions_of
from solver.idle import without_idle_windows
from solver.instance import Instance, StageName
from solver.plan import Decisions, Plan
from solver.replan import replan
from solver.run import Progress, Run, SolveParams, stage_ends
from solver.stages import stage_names
from solver.start import (
    NoStartError,
    Start,
    StartRefusedError,
    refuse_start,
    start_by_search,
    start_of_plan,
)
from solver.tasks import asked_beside

__all__ = ["Progress", "SolveParams", "StartRefusedError", "solve"]


MOST_WORTH = 2**51
"""No stage may be able to pass this: bounds by prices reckon with a thousand times as much, two of
which still fit the engines' 64 bits, and readers keep every digit."""

COMPACT_VARIABLES = 4000
"""Up to this many variables the whole model is searched at once, to the proved optimum."""


def solve(
    instance: Instance,
    params: SolveParams | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    clock: Callable[[], float] | None = None,
    executor: Executor | None = None,
    start: Plan | None = None,
) -> Plan:
    """Solve an instance.

    `clock` gives seconds since any fixed instant; without it the time that the engines report
    counts. Sub-problems go through `executor` where one is given. A plan to `start` from is what
    every stage begins with, whoever made it: what comes back is the same or, in the first stage in
    which it differs, better. Returns a plan with a status, never an exception, for lack of an
    answer. Raises OverflowError if a stage could pass 2^51, StartRefusedError for a start that
    breaks a law, is another instance's, or is given for a re-plan.
    """
    derived = Derived(instance)
    run = Run(
        derived,
        params or SolveParams(),
        on_progress,
        cancelled or (lambda: False),
        clock,
        executor,
        began=clock() if clock else 0.0,
        given={} if start is None else _worth(instance, start),
        started_from=None if start is None else start.digest,
    )
    conflicts = locked_conflicts(derived)
    if conflicts:
        return replace_plan(_empty(run), status="infeasible", conflicts=conflicts)
    fitted = _first_fit(run, start)
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    _refuse_overflow(derived, blocks)
    try:
        parts = _searched(run, blocks, start, fitted)
    except NoStartError:
        return replace_plan(_empty(run), stages=())
    if run.cancelled():
        return replace_plan(_empty(run), status="cancelled", stages=())
    decisions = _less_idle_windows(run, decisions_of(parts))
    proved = all(r.proof == "optimal" for r in run.results)
    return replace_plan(
        _empty(run), decisions=decisions, status="optimal" if proved else "feasible"
    )


def _less_idle_windows(run: Run, decisions: Decisions) -> Decisions:
    left = without_idle_windows(run.derived, decisions)
    if left is not decisions:
        now = {stage.name: stage.value for stage in stage_values(run.derived.instance, left)}
        run.restate(now)
    return left


def _worth(instance: Instance, start: Plan) -> dict[StageName, int]:
    """What a lawful plan to start from is worth. Raises StartRefusedError for any other."""
    refuse_start(instance, start)
    assert start.decisions is not None, "refused"
    return {stage.name: stage.value for stage in stage_values(instance, start.decisions)}


def _refuse_overflow(derived: Derived, blocks: list[Block]) -> None:
    """A stage that could be worth too much is refused before anything is decided."""
    for stage in stage_names(derived):
        worths = [(block.rows, block.stages[stage]) for block in blocks]
        worst = sum(worth.constant + rows.most(worth.terms) for rows, worth in worths)
        if worst > MOST_WORTH:
            raise OverflowError(
                f"stage {stage} could be worth {worst}, past 2^51; lower its weights or, of "
                "exposure, raise exposure_divisor"
            )


def _first_fit(run: Run, given: Plan | None) -> Callable[[], Decisions]:
    """First fit, sought beside the blocks where there is an executor and the search may want it."""
    instance, legs = run.derived.instance, run.derived.legs
    may_be_large = len(legs) * instance.grid.n_slots > COMPACT_VARIABLES
    wanted = may_be_large and given is None and instance.in_force is None
    found = asked_beside(first_fit, instance, run.executor if wanted else None)

    def fitted() -> Decisions:
        try:
            return found()
        except BrokenExecutor:
            return first_fit(instance)

    return fitted


def _searched(
    run: Run, blocks: list[Block], given: Plan | None, fitted: Callable[[], Decisions]
) -> list[tuple[Block, list[int]]]:
    if run.derived.instance.in_force is not None:
        return replan(run, blocks)
    start = None
    if given is not None and given.decisions is not None:
        start = start_of_plan(run, blocks, given.decisions)
    if sum(len(block.rows.lower) for block in blocks) <= COMPACT_VARIABLES:
        return _solve_compact(run, blocks, start)
    return decompose(run, blocks, start, fitted)


def replace_plan(plan: Plan, **changes: object) -> Plan:
    return Plan.model_validate(plan.model_dump() | changes)


def _empty(run: Run) -> Plan:
    """A plan without decisions, with all that is known about its making."""
    # Without counted work the whole model's search strategies race each other.
    repeatable = not run.clocked and run.params.deterministic_limit is not None
    return Plan(
        instance_digest=run.derived.instance.digest,
        status="none",
        stages=tuple(run.results),
        solver=f"cuofeng {version('cuofeng')}, ortools {version('ortools')}",
        seed=run.params.seed,
        counted_work=run.params.deterministic_limit,
        calm_cost=tuple(run.calm_cost),
        started_from=run.started_from,
        reproducible=repeatable,
        seconds=round(run.seconds(), 3),
    )


def _solve_compact(
    run: Run, blocks: list[Block], given: Start | None
) -> list[tuple[Block, list[int]]]:
    """All plants in one model; each stage minimised in turn, the one before it handed on."""
    model = assemble(run.derived, blocks)
    start = _joined(blocks, given or start_by_search(run, blocks, None, None))
    values = start
    for stage, end in stage_ends().items():
        if stage not in model.stages or run.cancelled():
            continue
        began, worth = run.seconds(), model.stages[stage]
        if run.given_is_better(stage, worth.value(values)):
            values = start
        answer = minimise(
            model.rows,
            worth,
            _compact_limits(run, end),
            dict(enumerate(values)),
            tell=partial(run.tell, stage),
            cancelled=run.cancelled,
        )
        run.note([answer])
        if answer.values and worth.value(answer.values) <= worth.value(values):
            values = _settled(blocks, model, answer.values)
        bound = max(0, answer.bound or 0)
        run.close(stage, worth.value(values), bound, "bound", run.seconds() - began)
        model.rows.row(worth.terms, None, run.budgets[stage] - worth.constant, "stage", stage)
    run.restate({result.name: model.stages[result.name].value(values) for result in run.results})
    return [(block, model.values_of(block, values)) for block in blocks]


def _joined(blocks: list[Block], values: Start) -> list[int]:
    return [value for block in blocks for value in values[block.plant.id]]


def _settled(blocks: list[Block], model: Compact, values: list[int]) -> list[int]:
    settled: list[int] = []
    for block in blocks:
        part = model.values_of(block, values)
        block.settle(part)
        settled += part
    return settled


def _compact_limits(run: Run, end: float) -> Limits:
    share = max(0.02, run.left() - end)
    counted, seconds = run.params.deterministic_limit, run.params.time_limit_s
    repeat = counted is not None
    return Limits(
        seconds=None if seconds is None else seconds * (1 if repeat else share),
        counted_work=None if counted is None else counted * share,
        seed=run.params.seed,
        workers=8 if repeat else max(2, run.params.workers),
        interleave=repeat,
    )
