"""The demonstration, step by step: each step says whether it did something or found it done."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlmodel import Session

from scheduler import alerts, clock, jobs, keys, publication
from scheduler.config import Settings
from scheduler.domain.alert import Revision, Statement
from scheduler.domain.job import Job, JobState
from scheduler.domain.key import Role
from scheduler.domain.publication import PlanRequest, Publication
from scheduler.errors import NoPlanError, UnknownKeyError
from scheduler.inputs import Done
from scheduler.record.canonical import canonical, digest_of
from scheduler.store import publications as publication_repository
from scheduler.store.database import Database

POLL_S = 0.3
KEYS_FILE = "demo-keys.json"
OWNER_ONLY = 0o600


class DemoKeys(BaseModel):
    """One key per role, kept in a file that only its owner reads."""

    model_config = ConfigDict(frozen=True)

    bureau: str
    enterprise: str
    auditor: str
    enterprise_id: str


def keep_alert(
    session: Session, alert: str, statement: Statement, known_at: datetime
) -> tuple[Revision, Done]:
    """Declare the alert of the case, unless an earlier run did."""
    for found in alerts.list_alerts(session):
        if found.id == alert:
            return found.latest, Done(f"alert {alert}", is_new=False)
    revision = alerts.declare(session, alert, statement, known_at)
    return revision, Done(f"alert {alert}", is_new=True)


def job_for(session: Session, request: PlanRequest) -> tuple[Job, Done]:
    """The job of an equal request that an earlier run made, or a new one."""
    digest = digest_of(canonical(request))
    for job in reversed(jobs.list_jobs(session)):
        if job.request == digest and job.state not in (JobState.FAILED, JobState.CANCELLED):
            return job, Done(f"plan {job.id}", is_new=False)
    job = jobs.request_plan(session, request, clock.now())
    return job, Done(f"plan {job.id}", is_new=True)


def work_on(
    settings: Settings, database: Database, job_id: str, show: Callable[[Job], None]
) -> Job:
    """Work on queued jobs in this process until one of them is over. Raises NoPlanError if it
    ended without a plan."""
    worker = jobs.Worker(settings)
    worker.start()
    try:
        waiting = threading.Event()
        while True:
            with database.reading() as session:
                job = jobs.get_job(session, job_id)
            show(job)
            if job.state.is_over:
                break
            waiting.wait(POLL_S)
    finally:
        worker.stop()
    if job.state is not JobState.DONE:
        raise NoPlanError(f"job {job.id} {job.state}: {job.error or 'no reason told'}")
    return job


def publish_once(
    session: Session, plan: str, *, in_force_from: datetime, by: str, known_at: datetime
) -> tuple[Publication, Done]:
    """Publish a plan, unless it is published and not withdrawn."""
    for found in publication_repository.every(session):
        withdrawn = publication_repository.find_withdrawal(session, found.alert, found.number)
        if found.plan == plan and withdrawn is None:
            return found, Done(f"publication {found.name}", is_new=False)
    made = publication.publish(
        session,
        plan,
        in_force_from=in_force_from,
        by=by,
        known_at=known_at,
        override="demonstration: the clock ended the search on this machine",
    )
    return made, Done(f"publication {made.name}", is_new=True)


def keys_once(session: Session, path: Path, enterprise: str) -> tuple[DemoKeys, Done]:
    """One key per role: those of the file, if all of them still count here."""
    kept = _read_keys(path)
    if kept is not None and _all_count(session, kept, enterprise):
        return kept, Done(f"keys of {path}", is_new=False)
    now, label = clock.now(), "demonstration"
    made = DemoKeys(
        bureau=keys.make_key(session, Role.BUREAU, label, now),
        enterprise=keys.make_key(session, Role.ENTERPRISE, label, now, enterprise),
        auditor=keys.make_key(session, Role.AUDITOR, label, now),
        enterprise_id=enterprise,
    )
    _write_keys(path, made)
    return made, Done(f"keys of {path}", is_new=True)


def _read_keys(path: Path) -> DemoKeys | None:
    try:
        return DemoKeys.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def _all_count(session: Session, kept: DemoKeys, enterprise: str) -> bool:
    try:
        for key in (kept.bureau, kept.enterprise, kept.auditor):
            keys.authenticate(session, key)
    except UnknownKeyError:
        return False
    return kept.enterprise_id == enterprise


def _write_keys(path: Path, made: DemoKeys) -> None:
    """The file has its mode before it has its content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(made.model_dump(), file, indent=1)
