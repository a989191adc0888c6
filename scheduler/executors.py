"""Where sub-problems are solved: processes of this machine, or the workers of a Dask cluster.

Both are executors of `concurrent.futures`, and answers are folded in the order of the asking, so
that neither the place nor the number of workers changes a plan. A worker that dies costs time: what
it had in hand is asked again. What kills every process that it is given is told as
`BrokenExecutor`, and the solver goes on without that answer.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Any, ParamSpec, TypeVar

from scheduler.errors import BadInputError

P = ParamSpec("P")
T = TypeVar("T")

LOST_TOGETHER = 2
"""So often a task is asked again beside others; then it has a process of its own, which shows
whether it was to blame."""

CLUSTER_WAIT_S = 20
"""Seconds that a cluster has to answer and to have a worker."""


@contextmanager
def executor_of(workers: int, cluster: str | None = None) -> Iterator[Executor | None]:
    """The cluster at an address such as tcp://10.0.0.1:8786, else so many processes here; None
    where one is enough.

    Raises BadInputError for a cluster that does not answer, has no worker, or other versions.
    """
    if cluster is not None:
        with _cluster(cluster) as found:
            yield found
    elif workers == 1:
        yield None
    else:
        with Processes(workers) as processes:
            yield processes


@dataclass
class _Asked:
    """A task, the future its asker holds, and how many processes have died with it in hand."""

    call: Callable[[], Any]
    answer: Future[Any] = field(default_factory=Future)
    lost: int = 0


class Processes(Executor):
    """A pool of processes that is made anew when one of them dies; they end with this one."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._lock = threading.RLock()
        self._pool = _pool(workers)
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self._closed:
            raise RuntimeError("cannot ask for more after shutdown")
        asked = _Asked(partial(fn, *args, **kwargs))
        self._ask(asked)
        return asked.answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._closed = True
        with self._lock:
            pool = self._pool
        pool.shutdown(wait, cancel_futures=cancel_futures)

    def _ask(self, asked: _Asked) -> None:
        with self._lock:
            try:
                pool, given = self._pool, self._pool.submit(asked.call)
            except BrokenExecutor:
                pool = self._pool = _pool(self._workers)
                given = pool.submit(asked.call)
        given.add_done_callback(partial(self._take, asked, pool))

    def _take(self, asked: _Asked, pool: ProcessPoolExecutor, given: Future[Any]) -> None:
        if given.cancelled():
            asked.answer.cancel()
            return
        if not isinstance(given.exception(), BrokenExecutor):
            _hand_on(given, asked.answer)
            return
        asked.lost += 1
        with self._lock:
            if self._pool is pool:
                self._pool = _pool(self._workers)
        if asked.lost <= LOST_TOGETHER and not self._closed:
            self._ask(asked)
        else:
            threading.Thread(target=_ask_alone, args=(asked,), daemon=True).start()


def _ask_alone(asked: _Asked) -> None:
    """In a process of its own: if that dies too, the task is what kills it."""
    with _pool(1) as pool:
        given = pool.submit(asked.call)
        given.exception()
    _hand_on(given, asked.answer)


def _hand_on(given: Future[Any], answer: Future[Any]) -> None:
    error = given.exception()
    if error is None:
        answer.set_result(given.result())
    else:
        answer.set_exception(error)


def _pool(workers: int) -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=_end_with_parent)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "runs in the processes of a pool only"

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def versions() -> dict[str, str]:
    """What two machines must have alike to give the same answers."""
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "ortools": version("ortools"),
        "cuofeng": version("cuofeng"),
    }


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError as error:
        raise BadInputError(
            f"cluster {address}: Dask is not installed here",
            "Install cuofeng[cluster], or leave --cluster out",
        ) from error
    try:
        client: Any = Client(  # type: ignore[no-untyped-call]
            address, timeout=CLUSTER_WAIT_S, set_as_default=False
        )
    except (OSError, TimeoutError, ValueError) as error:
        raise BadInputError(
            f"cluster {address} does not answer ({error})",
            "Start `dask scheduler` there and name its address, such as tcp://10.0.0.1:8786",
        ) from error
    with client:
        _refuse_other_versions(client, address)
        yield _Cluster(client.get_executor(pure=False))


def _refuse_other_versions(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CLUSTER_WAIT_S)
    except TimeoutError as error:
        raise BadInputError(
            f"cluster {address} has no worker",
            f"Start `dask worker {address} --nthreads 1` once for each core",
        ) from error
    here = versions()
    for worker, there in sorted(client.run(versions).items()):
        unlike = [
            f"{name} {there[name]}, here {here[name]}" for name in here if there[name] != here[name]
        ]
        if unlike:
            raise BadInputError(
                f"worker {worker} has {'; '.join(unlike)}",
                "Install the same requirements-cluster.lock on every machine",
            )


class _Cluster(Executor):
    """Dask's own executor, whose word for a task that kills its workers is put into ours."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        answer: Future[T] = Future()
        self._executor.submit(fn, *args, **kwargs).add_done_callback(partial(_translate, answer))
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait, cancel_futures=cancel_futures)


def _translate(answer: Future[Any], given: Future[Any]) -> None:
    from distributed import KilledWorker

    if given.cancelled():
        answer.cancel()
    elif isinstance(error := given.exception(), KilledWorker):
        answer.set_exception(BrokenExecutor(f"every worker died that was given it: {error}"))
    else:
        _hand_on(given, answer)
