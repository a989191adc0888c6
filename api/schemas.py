"""What requests carry, where it is not a value of the domain."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from scheduler.domain.alert import Revision, Statement, Text, Translation
from scheduler.domain.directory import PlantCard
from scheduler.domain.instant import Instant, Minute
from scheduler.domain.publication import PlanRecord, PlanRequest, SolveWork
from scheduler.domain.scenario import Scenario
from scheduler.domain.schedule import Schedule
from scheduler.preparation import SlotMinutes
from solver.instance import Id


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Declaring(Body):
    alert: Id
    statement: Statement


class Lifting(Body):
    ends_at: Minute
    document_number: Text
    document_number_en: Translation = ""
    declared_by: Text
    declared_by_en: Translation = ""


class Received(BaseModel):
    """A CAP message that came, and the revision it made; none where it had come before."""

    message: str
    revision: Revision | None


class Planning(Body):
    """Plan an alert's latest revision on the newest data."""

    alert: Id
    from_instant: Instant | None = None
    """Go on from the plan in force then; None: from the one in force now, or a first plan."""
    hours: Annotated[int, Field(ge=1, le=240)] = 72
    published_hours: Annotated[int, Field(ge=1, le=240)] = 24
    slot_minutes: SlotMinutes = 30
    work: SolveWork


class Comparing(Planning):
    """Plan an alert as declared and in scenarios beside it."""

    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1, max_length=10)]


class Publishing(Body):
    plan: Id
    in_force_from: Instant
    published_by: Text
    override: Text | None = None
    acknowledge_unsafe: bool = False
    """Publish although plants cannot be kept safe: without it they are named and nothing is."""


class Withdrawing(Body):
    from_instant: Instant
    reason: Text
    withdrawn_by: Text


class Deciding(Body):
    """Words with a decision; who refuses says why."""

    told: Annotated[str, Field(max_length=1000)] = ""


class Enterprise(BaseModel):
    """An enterprise and its plants."""

    id: Id
    plants: tuple[PlantCard, ...]


class StoredPlan(BaseModel):
    record: PlanRecord
    request: PlanRequest
    schedule: Schedule


class Health(BaseModel):
    status: bool
    database: str
    tables: str
