"""Tests running the solver in processes."""

import gc

from scheduler import solving
from scheduler.domain.job import JobProgress
from scheduler.domain.publication import SolveWork
from tests.scheduler.case import crowded_instance


def test_the_garbage_collector_goes_its_usual_round_once_a_plan_is_made() -> None:
    usual, seen = gc.get_threshold(), []

    def tell(_: JobProgress) -> None:
        seen.append(gc.get_threshold())

    work = SolveWork(time_limit_s=60, deterministic_limit=0.1, seed=0, workers=1)
    with solving.solving_in(work.workers) as executor:
        solving.run_solver(crowded_instance(2), work, executor, tell, lambda: False)
    assert set(seen) == {(solving.COLLECTED_AFTER, *usual[1:])}
    assert gc.get_threshold() == usual
