"""The one verb: an instance in, a plan out, stage by stage with a proved bound for each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from importlib.metadata import version

from solver.block import Block
from solver.compact import Compact, assemble, build_block
from solver.conflicts import locked_conflicts
from solver.decompose import decompose
from solver.derive import Derived
from solver.engine import Limits, minimise
from solver.extract import decisions_of
from solver.instance import Instance
from solver.linear import Expression
from solver.plan import Plan
from solver.replan import replan
from solver.run import Progress, Run, SolveParams, stage_ends, sub_limits
from solver.stages import stage_names
from solver.standing import start_task
from solver.tasks import run_all

__all__ = ["Progress", "SolveParams", "solve"]


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
) -> Plan:
    """Solve an instance.

    `clock` gives seconds since any fixed instant; without it the time that the engines report
    counts. Sub-problems go through `executor` where one is given. Returns a plan with a status,
    never an exception, for lack of an answer. Raises OverflowError if a stage could pass 2^53.
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
    )
    conflicts = locked_conflicts(derived)
    if conflicts:
        return replace_plan(_empty(run), status="infeasible", conflicts=conflicts)
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    _refuse_overflow(derived, blocks)
    parts = _searched(run, blocks)
    if run.cancelled():
        return replace_plan(_empty(run), status="cancelled", stages=())
    proved = all(r.proof == "optimal" for r in run.results)
    return replace_plan(
        _empty(run),
        decisions=decisions_of(parts),
        status="optimal" if proved else "feasible",
    )


def _refuse_overflow(derived: Derived, blocks: list[Block]) -> None:
    """A stage that could be worth too much is refused before anything is decided."""
    for stage in stage_names(derived):
        worst = sum(_most(block, block.stages[stage]) for block in blocks)
        if worst > MOST_WORTH:
            raise OverflowError(
                f"stage {stage} could be worth {worst}, past 2^51; lower its weights or, of "
                "exposure, raise exposure_divisor"
            )


def _most(block: Block, worth: Expression) -> int:
    upper = block.rows.upper
    return worth.constant + sum(c * upper[v] for c, v in worth.terms if c > 0)


def _searched(run: Run, blocks: list[Block]) -> list[tuple[Block, list[int]]]:
    if run.derived.instance.in_force is not None:
        return replan(run, blocks)
    size = sum(len(block.rows.lower) for block in blocks)
    return _solve_compact(run, blocks) if size <= COMPACT_VARIABLES else decompose(run, blocks)


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
        reproducible=repeatable,
        seconds=round(run.seconds(), 3),
    )


def _solve_compact(run: Run, blocks: list[Block]) -> list[tuple[Block, list[int]]]:
    """All plants in one model; each stage minimised in turn, the one before it handed on."""
    model = assemble(run.derived, blocks)
    answers = run_all([start_task(block, None, sub_limits(run)) for block in blocks], None)
    run.note(answers)
    values = [value for answer in answers for value in answer.values]
    hint = dict(enumerate(values))
    for stage, end in stage_ends().items():
        if stage not in model.stages or run.cancelled():
            continue
        began = run.seconds()
        answer = minimise(
            model.rows,
            model.stages[stage],
            _compact_limits(run, end),
            hint,
            tell=partial(run.tell, stage),
            cancelled=run.cancelled,
        )
        run.note([answer])
        values = answer.values or values
        values = _settled(blocks, model, values)
        hint = dict(enumerate(values))
        bound = max(0, answer.bound or 0)
        value = model.stages[stage].value(values)
        run.close(stage, value, bound, "bound", run.seconds() - began)
        row = model.stages[stage]
        model.rows.row(row.terms, None, run.budgets[stage] - row.constant, "stage", stage)
    run.restate({result.name: model.stages[result.name].value(values) for result in run.results})
    return [(block, model.values_of(block, values)) for block in blocks]


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
