"""Making the instance of a request from stored inputs, the same one from the same inputs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeVar

from pydantic import BaseModel
from sqlmodel import Session

from scheduler import alerts, clock, datasets, episodes, grants, inheriting
from scheduler.domain.alert import Alert, Revision
from scheduler.domain.conditions import RoadConditions
from scheduler.domain.conflict import MeasureConflict
from scheduler.domain.dataset import DatasetKind
from scheduler.domain.directory import Directory
from scheduler.domain.enterprise import Registry
from scheduler.domain.inherited import Inherited
from scheduler.domain.measure import MeasureSet
from scheduler.domain.network import Network
from scheduler.domain.publication import InputDigest, PlanRequest, SolveWork
from scheduler.domain.request import Grants
from scheduler.errors import BadInputError
from scheduler.prepare.granted import bound_by, filings_of, with_runs
from scheduler.prepare.instance import CaseInputs, CaseSettings, Prepared, prepare_instance
from scheduler.prepare.joining import join, with_lost_before
from scheduler.prepare.levels import periods_in_force
from scheduler.prepare.scenarios import inputs_in, periods_in
from scheduler.store import bodies
from solver.instance import TimeGrid, read_instance

ValueT = TypeVar("ValueT", bound=BaseModel)
SlotMinutes = Literal[15, 30, 60]

ROLES: tuple[DatasetKind, ...] = (
    "air",
    "conditions",
    "measures",
    "network",
    "registry",
    "settings",
)
SLOT_MINUTES: SlotMinutes = 30
"""Slots of a plan where nobody asks for others: as fine as gates and drivers can keep."""
NO_WORK = SolveWork(time_limit_s=None, deterministic_limit=None, seed=0, workers=1)
INTERVAL_MINUTES = 240
"""Stocks are balanced every four hours: shifts of plants are eight or twelve."""


class Stored(NamedTuple):
    """What a request needs of the store, read in one short transaction."""

    request: PlanRequest
    revision: Revision
    earlier: tuple[Revision, ...]
    """What was declared of the alert before, oldest first."""
    bodies: dict[str, bytes]
    """Bytes by their digest."""
    inherited: Inherited | None = None
    """What a re-plan goes on from."""
    granted: Grants = Grants()
    """What requests were granted."""

    def input(self, role: DatasetKind, kind: type[ValueT]) -> ValueT:
        digest = next(item.digest for item in self.request.inputs if item.role == role)
        return kind.model_validate_json(self.bodies[digest])


def ask(
    session: Session, alert: str, grid: TimeGrid, published_slots: int, work: SolveWork
) -> PlanRequest:
    """A request for a first plan of an alert's latest revision on the newest inputs."""
    found = alerts.get_alert(session, alert)
    request = _asked(session, found, grid, published_slots, work)
    lost = episodes.lost_before(session, found)
    return request.model_copy(update={"lost_before": lost})


def _asked(
    session: Session, found: Alert, grid: TimeGrid, published_slots: int, work: SolveWork
) -> PlanRequest:
    return PlanRequest(
        alert=found.id,
        revision=found.latest.number,
        episode_since=alerts.episode_since(session, found),
        inputs=tuple(
            InputDigest(role=role, digest=datasets.newest(session, role).digest) for role in ROLES
        ),
        grid=grid,
        published_slots=published_slots,
        work=work,
        granted=grants.keep(session, found.id, grid.at(0)),
    )


def ask_again(
    session: Session, alert: str, at: datetime, hours: int, published_hours: int, work: SolveWork
) -> PlanRequest:
    """A request to go on from the publication in force at an instant, which is kept with what it
    leaves there. Raises NotFoundError where none is in force."""
    standing = inheriting.standing_at(session, alert, at)
    inherited = inheriting.inherit(session, standing)
    grid = inheriting.rest_grid(standing.instance.grid, standing.slot, hours)
    published_slots = min(grid.n_slots, published_hours * 60 // grid.slot_minutes)
    found = alerts.get_alert(session, alert)
    request = _asked(session, found, grid, published_slots, work)
    return request.model_copy(
        update={"inherited": bodies.keep_value(session, "inherited", inherited)}
    )


def ask_first_or_again(
    session: Session,
    alert: str,
    at: datetime | None,
    *,
    now: datetime,
    hours: int,
    published_hours: int,
    work: SolveWork,
    slot_minutes: SlotMinutes = SLOT_MINUTES,
) -> PlanRequest:
    """A request to go on from the plan in force at an instant (now if none is named), or for a
    first plan of the alert if no plan in force reaches now and no instant is named."""
    found = alerts.get_alert(session, alert)
    if at is not None or inheriting.is_planned_at(session, alert, now):
        return ask_again(session, alert, at or now, hours, published_hours, work)
    grid = grid_from(found.starts_at, hours, slot_minutes)
    return ask(session, alert, grid, published_hours * 60 // grid.slot_minutes, work)


def grid_from(instant: datetime, hours: int, slot_minutes: SlotMinutes) -> TimeGrid:
    """The slots of some hours from the slot that holds an instant, counted from local midnight."""
    local = clock.local(instant)
    edge = local - timedelta(minutes=(local.hour * 60 + local.minute) % slot_minutes)
    return TimeGrid(
        start=edge.isoformat(),
        slot_minutes=slot_minutes,
        n_slots=hours * 60 // slot_minutes,
        interval_slots=INTERVAL_MINUTES // slot_minutes,
    )


def read_stored(session: Session, request_digest: str) -> Stored:
    request = PlanRequest.model_validate_json(bodies.body(session, request_digest))
    return stored_of(session, request)


def stored_of(session: Session, request: PlanRequest) -> Stored:
    """A request, stored or not, with all that it names."""
    alert = alerts.get_alert(session, request.alert)
    inherited = None
    if request.inherited is not None:
        inherited = Inherited.model_validate_json(bodies.body(session, request.inherited))
    digests = {item.digest for item in request.inputs} | {request.instance}
    digests |= {inherited.former_instance} if inherited else set()
    return Stored(
        request=request,
        revision=alert.revisions[request.revision - 1],
        earlier=alert.revisions[: request.revision - 1],
        bodies={digest: bodies.body(session, digest) for digest in digests if digest},
        inherited=inherited,
        granted=grants.of_plan(session, request),
    )


def prepare(stored: Stored) -> Prepared:
    """The instance of a request and who its plants are. Raises BadInputError where the inputs
    make none."""
    try:
        prepared = _prepared(stored)
        instance = with_runs(prepared.instance, stored.granted)
        if stored.inherited is None:
            first = with_lost_before(instance, stored.request.lost_before)
            return prepared._replace(instance=bound_by(first, stored.granted))
        former = read_instance(stored.bodies[stored.inherited.former_instance])
        joined = join(instance, former, stored.inherited, stored.granted)
    except ValueError as error:
        raise BadInputError(f"the inputs make no instance: {error}") from error
    return prepared._replace(instance=joined.instance, overrides=joined.overrides, lost=joined.lost)


def _prepared(stored: Stored) -> Prepared:
    request = stored.request
    if request.instance is not None:
        instance = read_instance(stored.bodies[request.instance])
        return Prepared(instance, stored.input("directory", Directory))
    inputs = CaseInputs(
        registry=_with_filings(stored.input("registry", Registry), stored.granted),
        network=stored.input("network", Network),
        conditions=stored.input("conditions", RoadConditions),
        measures=stored.input("measures", MeasureSet),
    )
    periods = periods_in_force((*stored.earlier, stored.revision), request.episode_since)
    if request.posed is not None:
        inputs = inputs_in(request.posed.scenario, inputs, request.grid)
        periods = periods_in(request.posed.scenario, periods)
    return prepare_instance(
        inputs,
        periods,
        request.grid,
        stored.input("settings", CaseSettings),
        elapsed_min=stored.inherited.elapsed_min if stored.inherited else 0,
    )


def _with_filings(registry: Registry, granted: Grants) -> Registry:
    """The registry with emergency runs that were granted among what is filed."""
    filings = filings_of(granted)
    if not filings:
        return registry
    return registry.model_copy(update={"filings": (*registry.filings, *filings)})


def conflicts_of_alert(session: Session, alert: str, hours: int) -> tuple[MeasureConflict, ...]:
    """Where the newest measures conflict under an alert's latest revision."""
    start = alerts.get_alert(session, alert).starts_at
    grid = grid_from(start, hours, SLOT_MINUTES)
    return prepare(stored_of(session, ask(session, alert, grid, 1, NO_WORK))).conflicts
