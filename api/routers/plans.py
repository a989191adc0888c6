"""Plans and the jobs that make them."""

from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session

from api.deps import BureauDep, OfficialDep, SessionDep
from api.schemas import Planning, StoredPlan
from scheduler import clock, jobs, plans, preparation, publication
from scheduler.domain.job import Job
from scheduler.domain.publication import PlanRecord, PlanRequest

router = APIRouter(tags=["plans"])


@router.post("/plans", status_code=202)
def request_plan(body: Planning, session: SessionDep, _: BureauDep) -> Job:
    """Queue a plan; where one is in force, one that goes on from it. Once the job is done, the
    plan bears its id."""
    now = clock.now()
    return jobs.request_plan(session, asked_by(body, session, now), now)


def asked_by(body: Planning, session: Session, now: datetime) -> PlanRequest:
    """What is to be planned, on the data as they are now."""
    return preparation.ask_first_or_again(
        session,
        body.alert,
        body.from_instant,
        now=now,
        hours=body.hours,
        published_hours=body.published_hours,
        work=body.work,
        slot_minutes=body.slot_minutes,
    )


@router.get("/plans")
def list_plans(session: SessionDep, _: OfficialDep) -> list[PlanRecord]:
    """Every stored plan, which the checker passed."""
    return plans.list_records(session)


@router.get("/plans/{plan}")
def get_plan(plan: str, session: SessionDep, _: OfficialDep) -> StoredPlan:
    """A plan with what was asked for and the schedule it makes."""
    record = plans.get_record(session, plan)
    return StoredPlan(
        record=record,
        request=plans.get_request(session, record),
        schedule=publication.schedule_of_plan(session, plan),
    )


@router.get("/jobs")
def list_jobs(session: SessionDep, _: OfficialDep) -> list[Job]:
    """Every planning job."""
    return jobs.list_jobs(session)


@router.get("/jobs/{job}")
def get_job(job: str, session: SessionDep, _: OfficialDep) -> Job:
    """A job's state and how far it is."""
    return jobs.get_job(session, job)


@router.post("/jobs/{job}/cancel", status_code=202)
def cancel_job(job: str, session: SessionDep, _: BureauDep) -> Job:
    """Cancel a job: at once where it waits, else as soon as its worker sees it."""
    return jobs.cancel(session, job, clock.now())
