"""Where a search begins: every plant's values in the plan that is given, in first fit, or at rest.

CP-SAT betters what first fit decides, but no start hangs on it: where it gives no answer, or dies
of the question, the values follow from the decisions by the rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from solver.block import Block
from solver.check import find_violations
from solver.complete import complete
from solver.decided import (
    rates_and_safe_trips,
    refusals,
    start_task,
    task_of,
    trips_and_windows,
)
from solver.instance import Instance
from solver.plan import Decisions, Plan
from solver.run import Run, sub_limits
from solver.tasks import ask_all, run_task

Start = dict[str, list[int]]
"""Values of every plant's variables."""

MOST_TOLD = 5


class StartRefusedError(ValueError):
    """The plan to start from is no start for this instance."""


class NoStartError(Exception):
    """There is nothing to start from: not even for a plant at rest were values found."""


def refuse_start(instance: Instance, plan: Plan) -> None:
    """Raises StartRefusedError for a plan that decides nothing, is another instance's or breaks a
    law, and for any plan if the instance is a re-plan."""
    if instance.in_force is not None:
        raise StartRefusedError("a re-plan starts from the plan in force, from no other")
    if plan.decisions is None:
        raise StartRefusedError(f"the plan decides nothing: its status is `{plan.status}`")
    breaches = find_violations(instance, plan)
    if breaches:
        told = [
            f"{b.law} at {b.where}{'' if b.slot is None else f' in slot {b.slot}'}: "
            f"{b.amount:,} {b.unit}, allowed {b.allowed:,}"
            for b in breaches[:MOST_TOLD]
        ]
        more = len(breaches) - len(told)
        raise StartRefusedError("; ".join(told) + (f"; and {more} more" if more else ""))


def start_of_plan(run: Run, blocks: Sequence[Block], decisions: Decisions) -> Start:
    """A lawful plan just as it is; of goods refused in amounts that no variable says, the least
    that does the same. Raises NoStartError where that is not found."""
    start: Start = {}
    for block in blocks:
        values = _as_decided(block, decisions) or _refused_otherwise(run, block, decisions)
        if not values:
            raise NoStartError
        block.settle(values)
        start[block.plant.id] = values
    return start


def start_by_search(
    run: Run, blocks: Sequence[Block], decisions: Decisions | None, executor: Executor | None
) -> Start:
    """Trips and windows as decided, all else as is best; from None, all at rest. Where that is not
    found it is all as decided, else at rest. Raises NoStartError."""
    return begin_search(run, blocks, decisions, executor)()


def begin_search(
    run: Run, blocks: Sequence[Block], decisions: Decisions | None, executor: Executor | None
) -> Callable[[], Start]:
    """The same, asked of other processes at once and told when wanted."""
    answered = ask_all([start_task(b, decisions, sub_limits(run)) for b in blocks], executor)

    def found() -> Start:
        answers = answered()
        run.note(answers)
        start: Start = {}
        for block, answer in zip(blocks, answers, strict=True):
            values = answer.values or _as_decided(block, decisions) or at_rest(block)
            if not values:
                raise NoStartError
            start[block.plant.id] = values
        return start

    return found


def _as_decided(block: Block, decisions: Decisions | None) -> list[int] | None:
    if decisions is None:
        return None
    refused = refusals(block, decisions)
    if refused is None:
        return None
    known = trips_and_windows(block, decisions) | rates_and_safe_trips(block, decisions) | refused
    return complete(block.rows, known)


def _refused_otherwise(run: Run, block: Block, decisions: Decisions) -> list[int]:
    known = trips_and_windows(block, decisions) | rates_and_safe_trips(block, decisions)
    answer = run_task(task_of(block, known, sub_limits(run)))
    run.note([answer])
    return answer.values


def at_rest(block: Block) -> list[int] | None:
    """Nothing runs, nothing moves, all other modes are refused: stocks lie as the law's inert level
    says. What need not be refused is taken all the same."""
    nothing = Decisions()
    known = trips_and_windows(block, nothing) | rates_and_safe_trips(block, nothing)
    values = complete(
        block.rows, known | {v: block.rows.upper[v] for v, _ in block.refused.values()}
    )
    if values is not None:
        block.settle(values)
    return values
