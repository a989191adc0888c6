"""A publication: a plan made official. It is numbered per alert, added and never edited."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from scheduler.domain.alert import Text
from scheduler.domain.dataset import DatasetKind
from scheduler.domain.instant import Instant
from scheduler.domain.received import Received
from scheduler.domain.scenario import Posed
from solver.instance import Count, Id, Positive, ProcessState, TimeGrid, Value


class InputDigest(Value):
    """A stored input by the digest of its canonical bytes, and what part it had."""

    role: DatasetKind
    digest: str


class SolveWork(Received):
    """How much work the solver was allowed: counted work repeats, a clock only guards it."""

    time_limit_s: Annotated[float, Field(gt=0)] | None
    deterministic_limit: Annotated[float, Field(gt=0)] | None
    seed: Count
    workers: Positive


class PlanRequest(Value):
    """What is to be planned: a revision of an alert on given inputs, for a stretch of time."""

    alert: Id
    revision: Positive
    inputs: tuple[InputDigest, ...]
    """What the instance is made from."""
    instance: str | None = None
    """An instance that is planned as it is; None: it is made from the inputs."""
    grid: TimeGrid
    published_slots: Positive
    work: SolveWork
    inherited: str | None = None
    """What is inherited of the plan in force, by the digest of its bytes; None: a first plan."""
    episode_since: Instant | None = None
    """When the episode began, if an earlier alert began it."""
    lost_before: tuple[ProcessState, ...] = ()
    """What earlier alerts of the episode lost of permitted output; a re-plan inherits it."""
    posed: Posed | None = None
    """The scenario that is planned instead of what is declared; such a plan is never published."""
    granted: str | None = None
    """What requests were granted, by the digest of its bytes; None: nothing."""

    @model_validator(mode="after")
    def _publishes_within_the_horizon(self) -> Self:
        if self.published_slots > self.grid.n_slots:
            raise ValueError(
                f"{self.published_slots} slots cannot be published of {self.grid.n_slots} planned"
            )
        return self


class Conditions(Value):
    """What a plan was made with: another build or processor may solve differently."""

    cuofeng: str
    ortools: str
    python: str
    machine: str
    processor: str


class PlanRecord(Value):
    """A checked plan as it was stored, by the digests of everything that belongs to it."""

    id: Id
    request: str
    instance: str
    plan_file: str
    plan: str
    """Digest of the plan's decisions, the same for every solve that decides the same."""
    schedule: str
    conditions: Conditions
    reproducible: bool
    made_at: Instant


class Publication(Value):
    """From `in_force_from` on, this plan counts for its alert, until the next publication or a
    withdrawal; what it says reaches to `published_until`."""

    alert: Id
    number: Positive
    plan: Id
    in_force_from: Instant
    published_until: Instant
    published_by: Text
    known_at: Instant
    override: Text | None = None
    """Why a plan that cannot be repeated was published all the same."""

    @property
    def name(self) -> str:
        return f"{self.alert}/{self.number}"


class Withdrawal(Value):
    """From `from_instant` on, the publication no longer counts and none takes its place."""

    alert: Id
    number: Positive
    from_instant: Instant
    reason: Text
    withdrawn_by: Text
    known_at: Instant
