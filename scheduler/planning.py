"""Carrying a request out: solve, check, explain, make the schedule, store.

No transaction is open while the solver works, and nothing is stored that the checker does not pass.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from concurrent.futures import Executor
from importlib.metadata import version
from pathlib import Path

from sqlmodel import Session

from scheduler import clock, datasets, preparation
from scheduler.causes import causes_of
from scheduler.domain.instant import Instant
from scheduler.domain.job import Claim, JobState
from scheduler.domain.publication import Conditions, PlanRecord
from scheduler.domain.revised import Revised
from scheduler.domain.schedule import Comparison, Schedule, ScheduledCause
from scheduler.errors import ConflictError, NoPlanError
from scheduler.preparation import Stored
from scheduler.prepare.instance import Prepared
from scheduler.revising import revised_of
from scheduler.solving import Tell, run_solver, solving_in
from scheduler.store import bodies, jobs
from scheduler.store import plans as repository
from scheduler.store.database import Database
from scheduler.timetable import make_schedule
from solver.avoided import totals
from solver.check import find_violations
from solver.instance import Instance
from solver.plan import Plan

MOST_TOLD = 5
UTRIP = 1_000_000


def carry_out(
    database: Database,
    claim: Claim,
    tell: Tell,
    cancelled: Callable[[], bool],
    cluster: str | None = None,
) -> PlanRecord:
    """Make the plan of a claimed job and store it, with the job's end, in one transaction.

    Raises NoPlanError without a lawful plan, ConflictError where the job became another worker's.
    """
    with database.reading() as session:
        stored = preparation.read_stored(session, claim.request)
    prepared = preparation.prepare(stored)
    instance, directory = prepared.instance, prepared.directory
    work = stored.request.work
    with solving_in(work.workers, cluster) as executor:
        plan = run_solver(instance, work, executor, tell, cancelled)
        if cancelled():
            raise NoPlanError(f"job {claim.job} was cancelled")
        refuse_unlawful(instance, plan)
        schedule = make_schedule(
            instance,
            plan,
            directory,
            published_slots=stored.request.published_slots,
            causes=_causes(stored, instance, plan, executor),
            comparison=compare(instance, plan),
            conflicts=prepared.conflicts,
            revised=_revised(stored, prepared, plan, executor),
        )
    with database.writing() as session:
        now = clock.now()
        if not jobs.end(session, claim, JobState.DONE, now):
            raise ConflictError(f"job {claim.job} is another worker's by now")
        datasets.load(session, "directory", instance.name, directory, now)
        return keep_plan(
            session,
            claim.job,
            claim.request,
            instance=instance,
            plan=plan,
            schedule=schedule,
            made_at=now,
        )


def _causes(
    stored: Stored, instance: Instance, plan: Plan, executor: Executor | None
) -> dict[str, tuple[ScheduledCause, ...]]:
    """Causes of shortfalls; of a scenario nobody asks for them."""
    return {} if stored.request.posed is not None else causes_of(instance, plan, executor)


def _revised(
    stored: Stored, prepared: Prepared, plan: Plan, executor: Executor | None
) -> Revised | None:
    if stored.inherited is None:
        return None
    return revised_of(
        prepared.instance, plan, stored.inherited, prepared.overrides, prepared.lost, executor
    )


def compare(instance: Instance, plan: Plan) -> Comparison | None:
    """What the plan avoids against business as usual; nothing for a plan without decisions."""
    if plan.decisions is None:
        return None
    found = totals(instance, plan.decisions)
    return Comparison(
        business_as_usual=found.usual.exposure,
        moved=found.moved.exposure,
        cleaner=found.cleaner.exposure,
        not_made=found.not_made.exposure,
        deferred_trips=found.deferred.trips,
        lost_utrip=found.lost.trips * UTRIP,
    )


def refuse_unlawful(instance: Instance, plan: Plan) -> None:
    """Raises NoPlanError for a plan that decides nothing or breaks a law."""
    if plan.decisions is None:
        conflicts = "; ".join(str(conflict) for conflict in plan.conflicts[:MOST_TOLD])
        raise NoPlanError(f"the solver ended with `{plan.status}` {conflicts}".rstrip())
    violations = find_violations(instance, plan)
    if violations:
        told = "; ".join(str(violation) for violation in violations[:MOST_TOLD])
        raise NoPlanError(f"the plan breaks {len(violations)} laws: {told}")


def keep_plan(
    session: Session,
    plan_id: str,
    request: str,
    *,
    instance: Instance,
    plan: Plan,
    schedule: Schedule,
    made_at: Instant,
) -> PlanRecord:
    """Store a plan that `refuse_unlawful` let pass; `request` is the digest of the request."""
    record = PlanRecord(
        id=plan_id,
        request=request,
        instance=bodies.keep(session, "instance", instance.canonical()),
        plan_file=bodies.keep_value(session, "plan", plan),
        plan=plan.digest,
        schedule=bodies.keep_value(session, "schedule", schedule),
        conditions=present_conditions(),
        reproducible=plan.reproducible,
        made_at=made_at,
    )
    repository.add(session, record)
    return record


def present_conditions() -> Conditions:
    """The versions and the processor that a plan would be made with here."""
    return Conditions(
        cuofeng=version("cuofeng"),
        ortools=version("ortools"),
        python=platform.python_version(),
        machine=platform.machine(),
        processor=_processor(),
    )


def _processor() -> str:
    """The processor's model; its name where the machine tells no model."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
