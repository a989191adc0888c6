"""Repository of jobs: one queue for both databases, held by leases."""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, and_, or_, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from scheduler.domain.job import Claim, Job, JobProgress, JobState
from scheduler.store.tables import JobRow


def _value(row: JobRow) -> Job:
    progress = None
    if row.stage is not None and row.seconds is not None:
        progress = JobProgress(
            stage=row.stage, value=row.value, bound=row.bound, seconds=row.seconds
        )
    return Job(
        id=row.id,
        alert=row.alert,
        request=row.request,
        state=JobState(row.state),
        queued_at=row.queued_at,
        attempt=row.attempt,
        cancel_requested=row.cancel_requested,
        progress=progress,
        ended_at=row.ended_at,
        error=row.error,
    )


def enqueue(session: Session, job: str, alert: str, request: str, at: datetime) -> Job:
    row = JobRow(id=job, alert=alert, request=request, state=JobState.QUEUED, queued_at=at)
    session.add(row)
    session.flush()
    return _value(row)


def find(session: Session, job: str) -> Job | None:
    row = session.get(JobRow, job)
    return _value(row) if row else None


def every(session: Session, alert: str | None = None) -> list[Job]:
    query = select(JobRow).order_by(col(JobRow.queued_at), JobRow.id)
    if alert is not None:
        query = query.where(JobRow.alert == alert)
    return [_value(row) for row in session.exec(query)]


def claim(session: Session, worker: str, at: datetime, lease: timedelta) -> Claim | None:
    """Take the oldest job that waits, or whose worker let its lease run out, by one statement:
    two workers never get the same job (PostgreSQL skips locked rows, SQLite has one writer)."""
    free = or_(
        col(JobRow.state) == JobState.QUEUED,
        and_(col(JobRow.state) == JobState.RUNNING, col(JobRow.lease_until) < at),
    )
    oldest = (
        select(JobRow.id)
        .where(free)
        .order_by(col(JobRow.queued_at), JobRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(JobRow)
        .where(col(JobRow.id) == oldest.scalar_subquery())
        .values(
            state=JobState.RUNNING,
            worker=worker,
            lease_until=at + lease,
            attempt=col(JobRow.attempt) + 1,
        )
        .returning(col(JobRow.id), col(JobRow.request), col(JobRow.attempt))
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else Claim(job=row[0], request=row[1], worker=worker, attempt=row[2])


def bury(session: Session, at: datetime, most_attempts: int) -> None:
    """End what lost its worker and was to be cancelled, or lost it too often to try again."""
    lost = and_(col(JobRow.state) == JobState.RUNNING, col(JobRow.lease_until) < at)
    ended = {"ended_at": at, "lease_until": None}
    session.execute(
        update(JobRow)
        .where(lost, col(JobRow.cancel_requested))
        .values(state=JobState.CANCELLED, **ended)
    )
    told = f"its worker was lost {most_attempts} times"
    session.execute(
        update(JobRow)
        .where(lost, col(JobRow.attempt) >= most_attempts)
        .values(state=JobState.FAILED, error=told, **ended)
    )


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(
        col(JobRow.id) == claim.job,
        col(JobRow.worker) == claim.worker,
        col(JobRow.attempt) == claim.attempt,
        col(JobRow.state) == JobState.RUNNING,
    )


def _is_one(result: object) -> bool:
    assert isinstance(result, CursorResult)
    return bool(result.rowcount == 1)


def renew(session: Session, claim: Claim, until: datetime) -> bool:
    """Prolong the lease; False where the job is no longer this worker's."""
    statement = update(JobRow).where(_held(claim)).values(lease_until=until)
    return _is_one(session.execute(statement))


def report(session: Session, claim: Claim, progress: JobProgress) -> None:
    session.execute(update(JobRow).where(_held(claim)).values(**progress.model_dump()))


def end(
    session: Session, claim: Claim, state: JobState, at: datetime, error: str | None = None
) -> bool:
    """End a job; False where it is no longer this worker's, whose result then does not count."""
    values = {"state": state, "ended_at": at, "error": error, "lease_until": None}
    return _is_one(session.execute(update(JobRow).where(_held(claim)).values(**values)))


def give_back(session: Session, claim: Claim) -> None:
    """Queue a job again that its worker cannot finish."""
    values = {"state": JobState.QUEUED, "worker": None, "lease_until": None}
    session.execute(update(JobRow).where(_held(claim)).values(**values))


def cancel(session: Session, job: str, at: datetime) -> None:
    """End a job that waits; ask the worker of one that runs."""
    waits = and_(col(JobRow.id) == job, col(JobRow.state) == JobState.QUEUED)
    session.execute(
        update(JobRow)
        .where(waits)
        .values(state=JobState.CANCELLED, ended_at=at, cancel_requested=True)
    )
    runs = and_(col(JobRow.id) == job, col(JobRow.state) == JobState.RUNNING)
    session.execute(update(JobRow).where(runs).values(cancel_requested=True))
