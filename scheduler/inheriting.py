"""What a plan made at an instant inherits: from what was recorded, else from the plan in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from scheduler import datasets, plans, recordings
from scheduler.domain.enterprise import Registry
from scheduler.domain.inherited import Inherited, Item
from scheduler.domain.publication import PlanRecord, PlanRequest, Publication
from scheduler.domain.recorded import Facts
from scheduler.domain.schedule import Schedule
from scheduler.errors import BadInputError, NotFoundError
from scheduler.prepare.demand import come_by
from scheduler.prepare.facts import (
    as_recorded,
    levels_by_readings,
    plants_of_items,
    trips_before,
)
from scheduler.prepare.instance import CaseSettings
from scheduler.slots import slot_from
from scheduler.store import bodies
from scheduler.store import publications as repository
from solver.instance import Instance, TimeGrid
from solver.plan import Decisions
from solver.seam import Level, Seam, seam_at
from solver.state import Come, reached_before


class Standing(NamedTuple):
    """The publication in force at a seam, with its plan."""

    publication: Publication
    record: PlanRecord
    request: PlanRequest
    instance: Instance
    decisions: Decisions
    slot: int
    """The first slot that begins at the instant asked or later."""

    @property
    def at(self) -> datetime:
        return self.instance.grid.at(self.slot)


def standing_at(session: Session, alert: str, at: datetime) -> Standing:
    """Raises NotFoundError where nothing is in force, BadInputError past the plan's horizon."""
    publication = repository.in_force(session, alert, at)
    if publication is None:
        raise NotFoundError(f"nothing is published of alert {alert} that is in force at {at}")
    record = plans.get_record(session, publication.plan)
    instance, plan = plans.get_files(session, record)
    assert plan.decisions is not None, "what is published decides"
    grid = instance.grid
    slot = max(0, slot_from(grid, at))
    if slot >= grid.n_slots:
        raise BadInputError(
            f"the plan in force of alert {alert} reaches to {grid.at(grid.n_slots)}, not to {at}",
            "Ask for an instant that it reaches; what is past its end has no plan to go on from.",
        )
    request = plans.get_request(session, record)
    return Standing(publication, record, request, instance, plan.decisions, slot)


def is_planned_at(session: Session, alert: str, at: datetime) -> bool:
    """Whether a plan in force reaches an instant."""
    publication = repository.in_force(session, alert, at)
    if publication is None:
        return False
    schedule = bodies.body(session, plans.get_record(session, publication.plan).schedule)
    return at < Schedule.model_validate_json(schedule).ends_at


def rest_grid(grid: TimeGrid, slot: int, hours: int) -> TimeGrid:
    """The slots of some hours from a slot of an earlier grid on, in step with its intervals."""
    reached = reached_before(grid, slot)
    left = reached.length - reached.done if reached.done else grid.interval_slots
    if slot == 0:
        left = grid.first_interval_slots or grid.interval_slots
    return TimeGrid(
        start=grid.at(slot).isoformat(),
        slot_minutes=grid.slot_minutes,
        n_slots=hours * 60 // grid.slot_minutes,
        interval_slots=grid.interval_slots,
        first_interval_slots=left if left < grid.interval_slots else None,
    )


def inherit(session: Session, standing: Standing) -> Inherited:
    """The seam at the standing's slot, item by item with where it comes from."""
    body = bodies.body(session, datasets.newest(session, "settings").digest)
    settings = CaseSettings.model_validate_json(body).replans
    if settings is None:
        raise BadInputError(
            "the settings say neither how long trips stay locked nor what a move must gain",
            "Load settings with `replans`.",
        )
    grid = standing.instance.grid
    notice = -(-settings.notice_minutes // grid.slot_minutes)
    facts = recordings.facts(session, standing.instance, grid.at(0), standing.at)
    elapsed = _elapsed_before(session, standing.request) + standing.slot * grid.slot_minutes
    come = _come(session, standing, elapsed)
    made = as_recorded(standing.instance, standing.decisions, facts, standing.slot)
    by_plan = _seam(standing, standing.decisions, notice, come)
    seam = _recorded_seam(standing, made, notice, come, facts) if facts.is_any else by_plan
    items = tuple(_items(standing, seam, by_plan, made, facts))
    return Inherited(
        publication=standing.publication.name,
        plan=standing.record.id,
        at=standing.at,
        former_instance=standing.record.instance,
        slot=standing.slot,
        notice_slots=notice,
        elapsed_min=elapsed,
        worth_moving=settings.worth_moving,
        seam=seam,
        items=items,
        deviating=plants_of_items(standing.instance, items),
    )


def _elapsed_before(session: Session, request: PlanRequest) -> int:
    if request.inherited is None:
        return 0
    body = bodies.body(session, request.inherited)
    return Inherited.model_validate_json(body).elapsed_min


def _seam(standing: Standing, decisions: Decisions, notice: int, come: Come | None) -> Seam:
    return seam_at(
        standing.instance,
        decisions,
        standing.slot,
        notice_slots=notice,
        published_slots=standing.request.published_slots,
        come=come,
    )


def _recorded_seam(
    standing: Standing, made: Decisions, notice: int, come: Come | None, facts: Facts
) -> Seam:
    """The seam after what was recorded; what is published stays as it is."""
    seam = _seam(standing, made, notice, come)
    levels = {level.stock: level.kg for level in seam.levels}
    read = levels_by_readings(standing.instance, made, facts, standing.slot, levels)
    return seam.model_copy(
        update={"levels": tuple(Level(stock=s, kg=kg) for s, kg in sorted(read.items()))}
    )


def _items(
    standing: Standing, seam: Seam, by_plan: Seam, made: Decisions, facts: Facts
) -> Iterator[Item]:
    instance, slot = standing.instance, standing.slot
    planned = {level.stock: level.kg for level in by_plan.levels}
    for level in seam.levels:
        reading = facts.reading_of(level.stock)
        yield Item(
            what="stock",
            where=level.stock,
            amount=level.kg,
            by_plan=planned[level.stock],
            origin="plan" if reading is None else "recorded",
            source="" if reading is None else reading.source,
            at=None if reading is None else reading.read_at,
        )
    lost = {row.process: row.lost_units for row in by_plan.state.processes}
    for process in seam.state.processes:
        name, units = process.process, process.lost_units
        yield Item(what="output", where=name, amount=units, by_plan=lost[name], origin="plan")
    used = Counter({row.gate: row.windows_today for row in by_plan.state.gates})
    windows = Counter({row.gate: row.windows_today for row in seam.state.gates})
    for plant in instance.plants:
        ledger = facts.ledger_of(plant.id)
        taken = {
            "origin": "plan" if ledger is None else "recorded",
            "source": "" if ledger is None else ledger.source,
            "at": None if ledger is None else ledger.to_instant,
        }
        counts = [("windows", g.id, windows[g.id], used[g.id]) for g in plant.gates]
        as_planned = trips_before(instance, standing.decisions, plant.id, slot)
        counts.append(("trips", plant.id, trips_before(instance, made, plant.id, slot), as_planned))
        for what, where, amount, before in counts:
            told = {"what": what, "where": where, "amount": amount, "by_plan": before}
            yield Item.model_validate(told | taken)


def _come(session: Session, standing: Standing, elapsed: int) -> Come | None:
    """What other modes moved of the stock interval that the seam cuts, by the data of the plan in
    force; None where it was planned on an instance alone."""
    grid, slot = standing.instance.grid, standing.slot
    reached = reached_before(grid, slot)
    digest = next((i.digest for i in standing.request.inputs if i.role == "registry"), None)
    if digest is None or not reached.done or standing.request.instance is not None:
        return None
    first = slot - reached.done
    part = TimeGrid(
        start=grid.at(first).isoformat(),
        slot_minutes=grid.slot_minutes,
        n_slots=reached.done,
        interval_slots=reached.done,
    )
    registry = Registry.model_validate_json(bodies.body(session, digest))
    return come_by(registry, part, elapsed - reached.done * grid.slot_minutes)
