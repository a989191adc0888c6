"""Tests that workers may die: sub-problems are asked again, and the plan is the same wherever."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from functools import partial
from pathlib import Path
from random import Random
from typing import ParamSpec, TypeVar

import psutil
import pytest
from distributed import LocalCluster

from scheduler import executors
from scheduler.errors import BadInputError
from scheduler.executors import Processes, executor_of
from solver import run as running
from solver import solve as solving
from solver.check import find_violations
from solver.instance import Instance
from solver.plan import Plan
from solver.road_prices import road_prices
from solver.solve import SolveParams, solve
from solver.tasks import LOST, answer_of
from tests.solver.wild import wild_instance

P = ParamSpec("P")
T = TypeVar("T")

COUNTED = SolveParams(time_limit_s=None, deterministic_limit=0.02, workers=2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A Dask scheduler and two workers, each a process of its own with a nanny."""
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as found:
        yield found


def workers_of(processes: Processes) -> list[psutil.Process]:
    """The pool's processes, once they have begun."""
    processes.submit(time.sleep, 0).result()
    return [psutil.Process(pid) for pid in processes._pool._processes]


def test_a_worker_killed_in_the_middle_costs_no_answer() -> None:
    with Processes(2) as processes:
        victim = workers_of(processes)[0]
        asked = [processes.submit(time.sleep, 1.5) for _ in range(3)]
        asked.append(processes.submit(pow, 2, 10))
        time.sleep(0.3)
        victim.kill()
        assert [future.result(timeout=60) for future in asked] == [None, None, None, 1024]
        assert processes.submit(pow, 3, 2).result(timeout=60) == 9


def test_what_kills_every_process_is_told_and_harms_no_other() -> None:
    with Processes(2) as processes:
        deadly = processes.submit(os.abort)
        others = [processes.submit(pow, 2, k) for k in range(8)]
        assert [future.result(timeout=120) for future in others] == [2**k for k in range(8)]
        with pytest.raises(BrokenExecutor):
            deadly.result(timeout=120)
        assert answer_of(processes.submit(os.abort).result, LOST).verdict == "unknown"


def test_an_error_of_a_task_is_its_own() -> None:
    with Processes(1) as processes:
        with pytest.raises(ZeroDivisionError):
            processes.submit(divmod, 1, 0).result(timeout=60)
        assert processes.submit(divmod, 7, 2).result(timeout=60) == (3, 1)


def test_nothing_more_is_taken_after_the_end() -> None:
    processes = Processes(1)
    processes.shutdown()
    with pytest.raises(RuntimeError):
        processes.submit(pow, 2, 2)


def shared_roads() -> Instance:
    return wild_instance(Random(3), n_plants=2, sane=True)


def solved(executor: Executor | None) -> Plan:
    """The plan of plants solved apart, in so little work each that they are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "COMPACT_VARIABLES", 0)
        patch.setattr(running, "SUB_WORK", 0.01)
        plan = solve(shared_roads(), COUNTED, executor=executor)
    assert find_violations(shared_roads(), plan) == ()
    assert plan.reproducible
    return plan


class Killing(Executor):
    """Hands tasks on, and kills a process once the fifth of them is under way."""

    def __init__(self, executor: Executor, pid: int) -> None:
        self._executor, self._pid, self._asked = executor, pid, 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        answer = self._executor.submit(fn, *args, **kwargs)
        self._asked += 1
        if self._asked == 5:
            os.kill(self._pid, signal.SIGKILL)
        return answer

    @property
    def tasks_after(self) -> int:
        return self._asked - 5


def solved_while_killed(executor: Executor, pid: int) -> str:
    """The digest of a plan during whose making a worker dies."""
    killing = Killing(executor, pid)
    plan = solved(killing)
    assert killing.tasks_after > 5, "the plan was made before the worker died"
    return plan.digest


def test_one_plan_on_one_process_two_and_a_cluster_with_a_worker_killed(
    cluster: LocalCluster,
) -> None:
    digests = {"here": solved(None).digest}
    for n in (1, 2):
        with Processes(n) as processes:
            digests[f"{n} processes"] = solved(processes).digest
    with Processes(2) as processes:
        victim = workers_of(processes)[0].pid
        digests["one of 2 killed"] = solved_while_killed(processes, victim)
    with executor_of(1, cluster.scheduler_address) as executor:
        digests["cluster"] = solved(executor).digest
        victim = next(iter(cluster.workers.values())).pid
        digests["cluster, one of 2 killed"] = solved_while_killed(executor, victim)
    assert set(digests.values()) == {digests["here"]}, digests


class Deadly(Executor):
    """Hands tasks on, but kills the process that is given the n-th of them, or any of one kind:
    every time, or once."""

    def __init__(
        self, executor: Executor, deadly: int | Callable[..., object], mark: Path | None = None
    ) -> None:
        self._executor, self._deadly, self._mark, self._asked = executor, deadly, mark, 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        self._asked += 1
        if self._deadly not in (self._asked, fn):
            return self._executor.submit(fn, *args, **kwargs)
        return self._executor.submit(partial(die_in, self._mark, partial(fn, *args, **kwargs)))


def die_in(mark: Path | None, call: Callable[[], T]) -> T:
    """The process dies as in a crash of the native library; with a mark that is there, it lives."""
    if mark is None or not mark.exists():
        if mark is not None:
            mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return call()


FIRST_FIT, FIRST_START = 1, 2
"""Tasks of a solve of two plants apart, in the order in which they are handed on."""


@pytest.mark.parametrize("deadly", [FIRST_START, road_prices])
def test_a_task_that_kills_every_process_costs_no_plan(
    deadly: int | Callable[..., object],
) -> None:
    """The plant begins as first fit decided it, and roads go unpriced; a plan that such luck
    had a part in does not promise to repeat."""
    with Processes(2) as processes, pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "COMPACT_VARIABLES", 0)
        patch.setattr(running, "SUB_WORK", 0.01)
        plan = solve(shared_roads(), COUNTED, executor=Deadly(processes, deadly))
    assert find_violations(shared_roads(), plan) == ()
    assert plan.decisions is not None and not plan.reproducible


def test_a_first_fit_that_kills_every_process_is_sought_here() -> None:
    with Processes(2) as processes:
        digest = solved(Deadly(processes, FIRST_FIT)).digest
    assert digest == solved(None).digest


def test_a_start_whose_process_died_once_is_asked_again(tmp_path: Path) -> None:
    with Processes(2) as processes:
        mark = tmp_path / "died"
        again = solved(Deadly(processes, FIRST_START, mark))
    assert mark.exists()
    assert again.digest == solved(None).digest


def test_a_cluster_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "CLUSTER_WAIT_S", 1)
    with (
        pytest.raises(BadInputError, match=r"tcp://127\.0\.0\.1:9 does not answer"),
        executor_of(2, "tcp://127.0.0.1:9"),
    ):
        pass


def test_a_cluster_without_workers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "CLUSTER_WAIT_S", 1)
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as empty,  # type: ignore[no-untyped-call]
        pytest.raises(BadInputError, match="has no worker"),
        executor_of(2, empty.scheduler_address),
    ):
        pass


def test_workers_of_other_versions_are_refused(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "version", lambda name: "0.0")
    with (
        pytest.raises(BadInputError, match=r"has ortools 9\.15\.\d+, here 0\.0; cuofeng"),
        executor_of(2, cluster.scheduler_address),
    ):
        pass
