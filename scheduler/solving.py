"""Running the solver with the work allowed, in processes or on a cluster."""

from __future__ import annotations

from collections.abc import Callable

from scheduler import clock
from scheduler.domain.job import JobProgress
from scheduler.domain.publication import SolveWork
from scheduler.errors import BadInputError
from scheduler.executors import executor_of
from solver.instance import Instance
from solver.plan import Plan
from solver.solve import Progress, SolveParams, StartRefusedError, solve

Tell = Callable[[JobProgress], None]


def run_solver(
    instance: Instance,
    work: SolveWork,
    tell: Tell,
    cancelled: Callable[[], bool],
    cluster: str | None = None,
    start: Plan | None = None,
) -> Plan:
    """Solve with the work allowed, in as many processes as it names or on a cluster, from a plan to
    start from where there is one.

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

    with executor_of(work.workers, cluster) as executor:
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
