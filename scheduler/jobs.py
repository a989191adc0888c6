"""Planning jobs: a queue in the database, a worker that gives each job a process of its own.

The worker holds a job by a lease that it renews; a job whose worker is lost is taken over when the
lease runs out. A solver that crashes takes its own process down, which fails the job alone. The
child ends when its worker does, so that no job is worked on twice.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.connection import Connection

from sqlmodel import Session

from scheduler import clock
from scheduler.config import Settings
from scheduler.domain.job import Claim, Job, JobProgress, JobState
from scheduler.domain.publication import PlanRequest
from scheduler.errors import ConflictError, CuofengError, NotFoundError
from scheduler.store import bodies
from scheduler.store import jobs as repository
from scheduler.store.database import Database

MOST_ATTEMPTS = 3
IDLE_S = 0.5
PULSE_S = 0.5
CANCEL_GRACE_S = 10.0
CANCEL = "cancel"
WORKER_LOST = 3


def request_plan(session: Session, request: PlanRequest, at: datetime) -> Job:
    """Queue a plan. Once the job is done, the plan bears its id."""
    digest = bodies.keep_value(session, "request", request)
    return repository.enqueue(session, secrets.token_hex(6), request.alert, digest, at)


def get_job(session: Session, job: str) -> Job:
    found = repository.find(session, job)
    if found is None:
        raise NotFoundError(f"there is no job {job}")
    return found


def request_of(session: Session, job: Job) -> PlanRequest:
    """What a job is to plan."""
    return PlanRequest.model_validate_json(bodies.body(session, job.request))


def list_jobs(session: Session) -> list[Job]:
    return repository.every(session)


def cancel(session: Session, job: str, at: datetime) -> Job:
    found = get_job(session, job)
    if found.state.is_over:
        raise ConflictError(f"job {job} is {found.state} already")
    repository.cancel(session, job, at)
    session.expire_all()
    return get_job(session, job)


class Worker:
    """Takes jobs one after the other, each in a child process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lease = timedelta(seconds=settings.lease_s)
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._database = Database(settings.database_url)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="planning", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop working; a job in hand is queued again."""
        self._stopping.set()
        self._thread.join()
        self._database.close()

    def _work(self) -> None:
        while not self._stopping.is_set():
            if not self.work_one():
                self._stopping.wait(IDLE_S)

    def work_one(self) -> bool:
        """Work on the next job to its end; False where there is none."""
        now = clock.now()
        with self._database.writing() as session:
            repository.bury(session, now, MOST_ATTEMPTS)
            claim = repository.claim(session, self._name, now, self._lease)
        if claim is None:
            return False
        _Attempt(self._database, self._settings, claim, self._stopping.is_set).run()
        return True


class _Attempt:
    """One claim's child process, watched to its end."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        claim: Claim,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._database = database
        self._claim = claim
        self._lease = timedelta(seconds=settings.lease_s)
        self._is_stopping = is_stopping
        self._error: str | None = None
        self._cancel_by_s: float | None = None
        spawn = multiprocessing.get_context("spawn")
        self._pipe, self._far_end = spawn.Pipe()
        arguments = (settings.database_url, settings.cluster, claim, self._far_end)
        self._child = spawn.Process(target=_run_child, args=arguments)

    def run(self) -> None:
        self._child.start()
        self._far_end.close()
        held = True
        while held and not self._is_stopping() and self._listen():
            held = self._pulse()
        if self._is_stopping() or not held:
            self._child.kill()
        self._pipe.close()
        self._child.join()
        self._settle()

    def _listen(self) -> bool:
        """Take what the child tells within a pulse; False once it has ended."""
        until_s = clock.stopwatch_s() + PULSE_S
        latest: JobProgress | None = None
        try:
            while self._pipe.poll(max(0.0, until_s - clock.stopwatch_s())):
                told = self._pipe.recv()
                if isinstance(told, JobProgress):
                    latest = told
                else:
                    self._error = str(told)
        except EOFError:
            return False
        if latest is not None:
            with self._database.writing() as session:
                repository.report(session, self._claim, latest)
        return True

    def _pulse(self) -> bool:
        """Renew the lease and pass a cancellation on; False once the job is another's."""
        with self._database.writing() as session:
            held = repository.renew(session, self._claim, clock.now() + self._lease)
            job = get_job(session, self._claim.job)
        if job.state.is_over:
            return True
        if job.cancel_requested and self._cancel_by_s is None:
            self._cancel_by_s = clock.stopwatch_s() + CANCEL_GRACE_S
            self._pipe.send(CANCEL)
        elif self._cancel_by_s is not None and clock.stopwatch_s() > self._cancel_by_s:
            self._child.kill()
        return held

    def _settle(self) -> None:
        """Say how the job ended, unless the child stored its plan and said so itself."""
        with self._database.writing() as session:
            job = get_job(session, self._claim.job)
            if job.cancel_requested:
                repository.end(session, self._claim, JobState.CANCELLED, clock.now())
            elif self._is_stopping():
                repository.give_back(session, self._claim)
            else:
                error = self._error or _death(self._child.exitcode)
                repository.end(session, self._claim, JobState.FAILED, clock.now(), error)


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"the solver's process died of {signal.Signals(-exit_code).name}"
    return f"the solver's process ended with {exit_code} and no plan"


def _run_child(url: str, cluster: str | None, claim: Claim, pipe: Connection) -> None:
    """The child: carries the request out and tells how far it is."""
    cancelled = threading.Event()
    threading.Thread(target=_heed, args=(pipe, cancelled), daemon=True).start()
    database = Database(url)
    try:
        from scheduler import planning

        planning.carry_out(database, claim, pipe.send, cancelled.is_set, cluster)
    except CuofengError as error:
        pipe.send(str(error))
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")
        raise
    finally:
        database.close()


def _heed(pipe: Connection, cancelled: threading.Event) -> None:
    """Wait for the worker's word. Its end of the pipe closes when it dies, and so does this."""
    try:
        while pipe.recv() == CANCEL:
            cancelled.set()
    except (EOFError, OSError):
        os._exit(WORKER_LOST)
