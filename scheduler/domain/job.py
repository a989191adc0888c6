"""A job: planning that runs outside the request that asked for it."""

from enum import StrEnum

from scheduler.domain.instant import Instant
from solver.instance import Count, Id, Value


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobProgress(Value):
    """How far the solve is: the stage it works on, its best value and proved bound by then."""

    stage: str
    value: Count | None
    bound: Count | None
    seconds: float


class Job(Value):
    """A planning job; once done, a plan bears its id."""

    id: Id
    alert: Id
    request: str
    state: JobState
    queued_at: Instant
    attempt: int
    cancel_requested: bool
    progress: JobProgress | None
    ended_at: Instant | None
    error: str | None


class Claim(Value):
    """A worker's hold on a job. What it writes counts only while the hold does."""

    job: Id
    request: str
    worker: str
    attempt: int
