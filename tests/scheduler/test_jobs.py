"""Tests that a job is done once, survives its worker and its service, and fails alone."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from scheduler import jobs, plans, publication
from scheduler.config import Settings
from scheduler.domain.job import Job, JobProgress, JobState
from scheduler.domain.publication import PlanRequest, SolveWork
from scheduler.errors import ConflictError, NotFoundError
from scheduler.store import bodies
from scheduler.store import jobs as repository
from scheduler.store.database import Database
from tests.scheduler.case import WORK, crowded_instance, put_inputs, worked_plan

ROOT = Path(__file__).parents[2]

NOW = datetime(2026, 1, 5, tzinfo=UTC)
LEASE = timedelta(seconds=30)


def ask(database: Database) -> str:
    """Queue the tiny case."""
    instance, _ = worked_plan()
    with database.writing() as session:
        return jobs.request_plan(session, put_inputs(session, instance), NOW).id


def job_of(database: Database, job: str) -> Job:
    with database.reading() as session:
        return jobs.get_job(session, job)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_job_is_claimed_once_until_its_lease_runs_out(database: Database) -> None:
    job = ask(database)
    with database.writing() as session:
        first = repository.claim(session, "w1", NOW, LEASE)
        assert first is not None
        assert (first.job, first.attempt) == (job, 1)
        assert repository.claim(session, "w2", NOW + LEASE, LEASE) is None
        second = repository.claim(session, "w2", NOW + LEASE + timedelta(microseconds=1), LEASE)
        assert second is not None
        assert (second.job, second.attempt) == (job, 2)
        assert not repository.renew(session, first, NOW + 2 * LEASE)
        assert not repository.end(session, first, JobState.DONE, NOW)
        assert repository.renew(session, second, NOW + 2 * LEASE)
        assert repository.end(session, second, JobState.FAILED, NOW, "told")
    assert job_of(database, job).error == "told"


def test_two_workers_at_once_never_get_the_same_job(database: Database) -> None:
    instance, _ = worked_plan()
    with database.writing() as session:
        request = put_inputs(session, instance)
        asked = {jobs.request_plan(session, request, NOW).id for _ in range(12)}
    got: list[str] = []

    def work(name: str) -> None:
        while True:
            with database.writing() as session:
                claim = repository.claim(session, name, NOW, LEASE)
            if claim is None:
                return
            got.append(claim.job)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(asked)


def test_a_waiting_job_is_cancelled_at_once_and_no_finished_one(database: Database) -> None:
    job = ask(database)
    with database.writing() as session:
        assert jobs.cancel(session, job, NOW).state is JobState.CANCELLED
        with pytest.raises(ConflictError, match="cancelled already"):
            jobs.cancel(session, job, NOW)
        with pytest.raises(NotFoundError):
            jobs.cancel(session, "none", NOW)
        assert repository.claim(session, "w", NOW, LEASE) is None


def test_a_job_that_lost_three_workers_is_buried(database: Database) -> None:
    job, at = ask(database), NOW
    for _ in range(jobs.MOST_ATTEMPTS):
        with database.writing() as session:
            repository.bury(session, at, jobs.MOST_ATTEMPTS)
            assert repository.claim(session, "w", at, LEASE) is not None
        at += 2 * LEASE
    with database.writing() as session:
        repository.bury(session, at, jobs.MOST_ATTEMPTS)
    assert job_of(database, job).state is JobState.FAILED


def test_progress_is_seen_while_a_job_runs(database: Database) -> None:
    job = ask(database)
    progress = JobProgress(stage="exposure", value=2**52, bound=7, seconds=1.5)
    with database.writing() as session:
        claim = repository.claim(session, "w", NOW, LEASE)
        assert claim is not None
        repository.report(session, claim, progress)
    assert job_of(database, job).progress == progress


def test_a_worker_solves_checks_and_stores_a_plan(database: Database) -> None:
    job = ask(database)
    worker = jobs.Worker(Settings(database_url=database.url))
    assert worker.work_one()
    assert not worker.work_one()
    done = job_of(database, job)
    assert (done.state, done.error) == (JobState.DONE, None)
    with database.reading() as session:
        record = plans.get_record(session, job)
        instance, plan = plans.get_files(session, record)
        schedule = publication.schedule_of_plan(session, job)
    assert plan.status == "optimal"
    assert plan.reproducible and record.reproducible
    assert (schedule.plan, schedule.instance) == (plan.digest, instance.digest)


SERVICE = """
import sys, threading
from scheduler.config import Settings
from scheduler.jobs import Worker

if __name__ == "__main__":
    Worker(Settings(database_url=sys.argv[1], lease_s=2)).start()
    threading.Event().wait()
"""


@pytest.fixture
def start_service(database: Database, tmp_path: Path) -> Iterator[Callable[[], psutil.Popen]]:
    script = tmp_path / "service.py"
    script.write_text(SERVICE)
    started = []

    def start() -> psutil.Popen:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        service = psutil.Popen([sys.executable, str(script), database.url], env=environment)
        started.append(service)
        return service

    yield start
    for service in started:
        if service.is_running():
            service.kill()
        service.wait()


def solving_children(service: psutil.Popen) -> list[psutil.Process]:
    return [child for child in service.children() if "spawn_main" in " ".join(child.cmdline())]


def ask_long(database: Database, seconds: float) -> str:
    """Queue a case that the solver works on for as long as it may."""
    work = SolveWork(time_limit_s=seconds, deterministic_limit=None, seed=0, workers=2)
    with database.writing() as session:
        request = put_inputs(session, crowded_instance(4))
        return jobs.request_plan(session, request.model_copy(update={"work": work}), NOW).id


def is_searching(database: Database, job: str) -> bool:
    found = job_of(database, job)
    return found.state is JobState.RUNNING and found.progress is not None


def test_a_crash_of_the_solver_fails_its_job_alone(
    database: Database, start_service: Callable[[], psutil.Popen]
) -> None:
    crashed = ask_long(database, 120)
    service = start_service()
    wait_for(lambda: is_searching(database, crashed))
    (child,) = solving_children(service)
    child.send_signal(signal.SIGSEGV)
    wait_for(lambda: job_of(database, crashed).state.is_over)
    found = job_of(database, crashed)
    assert found.state is JobState.FAILED
    assert found.error == "the solver's process died of SIGSEGV"
    assert service.is_running()
    with database.writing() as session:
        request = PlanRequest.model_validate_json(bodies.body(session, found.request))
        quick = bodies.keep(session, "instance", worked_plan()[0].canonical())
        work = {"instance": quick, "work": WORK}
        next_one = jobs.request_plan(session, request.model_copy(update=work), NOW).id
    wait_for(lambda: job_of(database, next_one).state is JobState.DONE)


@pytest.mark.long
def test_a_job_outlives_a_service_that_is_killed(
    database: Database, start_service: Callable[[], psutil.Popen]
) -> None:
    job = ask_long(database, 6)
    first = start_service()
    wait_for(lambda: is_searching(database, job))
    orphans = [*solving_children(first), *first.children(recursive=True)]
    first.send_signal(signal.SIGKILL)
    psutil.wait_procs(orphans, timeout=20)
    assert not [orphan for orphan in orphans if orphan.is_running()]
    assert job_of(database, job).state is JobState.RUNNING
    start_service()
    wait_for(lambda: job_of(database, job).state.is_over)
    found = job_of(database, job)
    assert (found.state, found.attempt, found.error) == (JobState.DONE, 2, None)
    with database.reading() as session:
        assert plans.get_record(session, job).reproducible is False


@pytest.mark.long
def test_a_running_job_is_cancelled(
    database: Database, start_service: Callable[[], psutil.Popen]
) -> None:
    job = ask_long(database, 120)
    service = start_service()
    wait_for(lambda: is_searching(database, job))
    with database.writing() as session:
        jobs.cancel(session, job, NOW)
    wait_for(lambda: job_of(database, job).state.is_over, seconds=30)
    assert job_of(database, job).state is JobState.CANCELLED
    with database.reading() as session:
        assert plans.list_records(session) == []
    wait_for(lambda: not solving_children(service))


@pytest.mark.long
def test_a_service_that_stops_gives_its_job_back(database: Database) -> None:
    job = ask_long(database, 120)
    worker = jobs.Worker(Settings(database_url=database.url))
    worker.start()
    wait_for(lambda: is_searching(database, job))
    worker.stop()
    assert job_of(database, job).state is JobState.QUEUED
