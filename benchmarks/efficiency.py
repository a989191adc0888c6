"""How much two workers gain over one at the same counted work, and what the master costs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from statistics import median
from typing import Annotated, Any

import typer
from distributed import LocalCluster
from rich.console import Console

from fixtures.generator import generate
from scheduler.executors import Processes, executor_of
from scheduler.solving import collecting_rarely
from solver.instance import Instance
from solver.solve import SolveParams, solve

console = Console()


class Timed(Executor):
    """Adds up the seconds in which a sub-problem is under way, and counts them."""

    def __init__(self, executor: Executor) -> None:
        self._executor, self._lock = executor, threading.Lock()
        self._under_way, self._since = 0, 0.0
        self.phase_s, self.tasks = 0.0, 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        began = time.monotonic()
        with self._lock:
            if self._under_way == 0:
                self._since = began
            self._under_way += 1
        future = self._executor.submit(fn, *args, **kwargs)
        future.add_done_callback(lambda _: self._end())
        return future

    def _end(self) -> None:
        with self._lock:
            self._under_way -= 1
            self.tasks += 1
            if self._under_way == 0:
                self.phase_s += time.monotonic() - self._since


def efficiency(
    enterprises: Annotated[int, typer.Option(min=1)] = 200,
    work: Annotated[float, typer.Option(min=0.01, help="Counted work of a solve.")] = 60.0,
    seed: int = 1,
    runs: Annotated[int, typer.Option(min=1, help="Interleaved; medians are told.")] = 3,
) -> None:
    """T1 / (2 T2) by processes and by Dask, over whole wall time and over the sub-problem phase."""
    instance = generate(enterprises, 24, 30, seed)
    found: dict[tuple[str, int], list[tuple[float, float, int]]] = {}
    digests: set[str] = set()
    for _ in range(runs):
        for place in ("processes", "dask"):
            for n in (1, 2):
                whole_s, timed, digest = _solved(instance, place, n, work)
                found.setdefault((place, n), []).append((whole_s, timed.phase_s, timed.tasks))
                digests.add(digest)
                console.print(f"{place} {n}: {whole_s:.1f} s, phase {timed.phase_s:.1f} s")
    for place in ("processes", "dask"):
        one, two = (_medians(found[place, n]) for n in (1, 2))
        console.print(
            f"{place}: whole {one[0] / (2 * two[0]):.0%}, phase {one[1] / (2 * two[1]):.0%}, "
            f"master's share with two {1 - two[1] / two[0]:.0%}, {two[2]:.0f} tasks"
        )
    console.print("one plan everywhere" if len(digests) == 1 else f"{len(digests)} plans")


def _medians(rows: list[tuple[float, float, int]]) -> tuple[float, ...]:
    return tuple(median(column) for column in zip(*rows, strict=True))


def _solved(instance: Instance, place: str, n: int, work: float) -> tuple[float, Timed, str]:
    params = SolveParams(time_limit_s=None, deterministic_limit=work, workers=n)
    if place == "processes":
        with Processes(n) as processes:
            return _timed(instance, params, processes)
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=n, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        executor_of(n, cluster.scheduler_address) as executor,
    ):
        assert executor is not None
        return _timed(instance, params, executor)


def _timed(instance: Instance, params: SolveParams, executor: Executor) -> tuple[float, Timed, str]:
    """Workers are warm before the clock starts: each has imported the solver."""
    warm = [executor.submit(time.sleep, 0.5) for _ in range(2 * params.workers)]
    for future in warm:
        future.result()
    timed, began = Timed(executor), time.monotonic()
    with collecting_rarely():
        plan = solve(instance, params, executor=timed)
    return time.monotonic() - began, timed, plan.digest
