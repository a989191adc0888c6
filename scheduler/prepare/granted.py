"""Grants of requests as the solver knows them: in slots, of what an instance has, as filings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from scheduler.domain import filing
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.request import Grant, GrantedTrips, Grants, TripsLeft
from scheduler.slots import slot_from, slot_of
from solver.checks.cycles import World
from solver.granted import (
    EMERGENCY,
    EmergencyRun,
    GateRun,
    Granted,
    hold_trips,
    opened_and_shut,
    with_granted,
    with_run,
)
from solver.instance import (
    GivenBack,
    Instance,
    LockedTrips,
    PublishedTrips,
    PublishedWindow,
    TimeGrid,
)
from solver.seam import Seam, windows_of

Trips = TypeVar("Trips", GrantedTrips, TripsLeft)


def clause_of_request(number: int) -> str:
    """What a sheet says of a measure that a plant asked for itself."""
    return f"企业申请第{number}号 (request {number})"


def filings_of(grants: Grants) -> tuple[filing.Filing, ...]:
    """Emergency runs as they stand with the alert's office."""
    return tuple(
        filing.Filing(
            filing_id=grant.name,
            plant_id=grant.run.plant,
            kind=EMERGENCY,
            document=grant.run.document,
            filed_at=grant.run.filed_at,
            starts_at=grant.run.from_instant,
            ends_at=grant.run.to_instant,
            source=clause_of_request(grant.request),
            status="read",
        )
        for grant in grants.grants
        if grant.run is not None
    )


def with_runs(instance: Instance, grants: Grants) -> Instance:
    """The instance with the streams and trucks of emergency runs."""
    for run in runs_in(grants, instance.grid):
        instance = with_run(instance, run)
    return instance


def runs_in(grants: Grants, grid: TimeGrid) -> Iterator[EmergencyRun]:
    for grant in grants.grants:
        run = run_in(grant, grid)
        if run is not None:
            yield run


def run_in(grant: Grant, grid: TimeGrid) -> EmergencyRun | None:
    if grant.run is None:
        return None
    first, end = inner(grid, grant.run.from_instant, grant.run.to_instant)
    return EmergencyRun(
        name=grant.name,
        clause=clause_of_request(grant.request),
        stream=grant.run.stream,
        vehicle_class=grant.run.vehicle_class,
        trips=grant.run.trips,
        first_slot=first,
        end_slot=max(first, end),
    )


def inner(grid: TimeGrid, start: datetime, end: datetime) -> tuple[int, int]:
    """The whole slots of the horizon between two instants; none where the first is not below the
    second."""
    first, last = slot_from(grid, start), slot_of(grid, end)
    return min(max(0, first), grid.n_slots), min(max(0, last), grid.n_slots)


def granted_in(instance: Instance, grants: Iterable[Grant]) -> tuple[Granted, ...]:
    """What binds the horizon, of gates and legs that the instance has."""
    gates = {gate.id for plant in instance.plants for gate in plant.gates}
    legs = {leg.id for p in instance.plants for stream in p.streams for leg in stream.legs}
    grid = instance.grid
    return tuple(
        Granted(
            name=grant.name,
            clause=clause_of_request(grant.request),
            open=tuple(_runs(grant.open, gates, grid)),
            shut=tuple(_runs(grant.shut, gates, grid)),
            trips=tuple(
                LockedTrips(leg=row.leg, slot=at, trips=row.trips)
                for at, row in _departing(grant.trips, legs, grid)
            ),
            left=tuple(
                GivenBack(leg=row.leg, slot=at, trips=row.trips)
                for at, row in _departing(grant.left, legs, grid)
            ),
        )
        for grant in grants
    )


def _runs(rows: Iterable[GateWindow], gates: set[str], grid: TimeGrid) -> Iterator[GateRun]:
    for row in rows:
        first, end = inner(grid, row.opens_at, row.closes_at)
        if row.gate in gates and first < end:
            yield GateRun(gate=row.gate, first_slot=first, end_slot=end)


def _departing(
    rows: Iterable[Trips], legs: set[str], grid: TimeGrid
) -> Iterator[tuple[int, Trips]]:
    """Of legs that are known, in the slots of the horizon."""
    for row in rows:
        at = (row.starts_at - grid.at(0)) // timedelta(minutes=grid.slot_minutes)
        if row.leg in legs and 0 <= at < grid.n_slots:
            yield at, row


def bound_by(instance: Instance, grants: Grants) -> Instance:
    """The instance with all that was granted locked and barred."""
    return with_granted(instance, granted_in(instance, grants.grants))


def kept_to(seam: Seam, instance: Instance, granted: Iterable[Granted]) -> Seam:
    """What a re-plan keeps to, with what was granted since as if it were published: windows and
    trips that were given back are none, nor are the trips that would pass in such windows."""
    rows = tuple(granted)
    if not rows:
        return seam
    shut = {(run.gate, t) for one in rows for run in one.shut for t in run.slots}
    shut -= opened_and_shut(set(), rows)
    slots = {(w.gate, t) for w in seam.windows for t in range(w.first_slot, w.end_slot)}
    trips = Counter({(t.leg, t.slot): t.trips for t in seam.trips})
    for one in rows:
        hold_trips(trips, {}, one)
    world = World(instance)
    kept = {key: n for key, n in trips.items() if not shut & _passages(world, *key)}
    return seam.model_copy(
        update={
            "windows": tuple(
                PublishedWindow(gate=w.gate, first_slot=w.first_slot, end_slot=w.end_slot)
                for w in windows_of(opened_and_shut(slots, rows))
            ),
            "trips": tuple(
                PublishedTrips(leg=leg, slot=slot, trips=n)
                for (leg, slot), n in sorted(kept.items())
            ),
        }
    )


def _passages(world: World, leg: str, slot: int) -> set[tuple[str, int]]:
    slot_s = world.instance.grid.slot_s
    return {
        (gate, slot + offset_s // slot_s) for gate, offset_s in world.cycles[leg].going.passages
    }
