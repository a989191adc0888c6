"""Running the solver with the work allowed, in processes or on a cluster."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from scheduler import clock
from scheduler.domain.job import JobProgress
from scheduler.domain.publication import SolveWork
from scheduler.errors import BadInputError
from scheduler.executors import executor_of
from solver.instance import Instance
from solver.plan import Plan
from solver.solve import Progress, SolveParams, StartRefusedError, solve

Tell = Callable[[JobProgress], None]


COLLECTED_AFTER = 100_000
"""Values made between two rounds of the garbage collector."""


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """A model is millions of small values that live as long as it does: the garbage collector, in
    its usual round, takes a fifth of their making to look at them."""
    usual = gc.get_threshold()
    gc.set_threshold(COLLECTED_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def solving_in(workers: int, cluster: str | None = None) -> Iterator[Executor | None]:
    """Where to solve: in so many processes, or on a cluster (`executor_of`); values are collected
    rarely meanwhile."""
    with collecting_rarely(), executor_of(workers, cluster) as executor:
        yield executor


def run_solver(
    instance: Instance,
    work: SolveWork,
    executor: Executor | None,
    tell: Tell,
    cancelled: Callable[[], bool],
    start: Plan | None = None,
) -> Plan:
    """Solve with the work allowed, from a plan to start from where there is one.

    Raises BadInputError for a start that is none, and for weights that a stage could not hold.
    """

    def report(progress: Progress) -> None:
        tell(
            JobProgress(
                stage=progress.stage,
                value=progress.value,
                bound=progress.bound,
                seconds=progress.seconds,
            )
        )

    try:
        return solve(
            instance,
            SolveParams(**work.model_dump()),
            on_progress=report,
            cancelled=cancelled,
            clock=clock.stopwatch_s,
            executor=executor,
            start=start,
        )
    except StartRefusedError as error:
        raise BadInputError(
            f"the plan to start from is refused: {error}",
            "Start from a plan of this instance that `cuofeng check` passes, or from none",
        ) from error
    except OverflowError as error:
        raise BadInputError(str(error)) from error
