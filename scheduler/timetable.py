"""Turns an instance and its checked plan into the schedule that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from scheduler.domain.conflict import MeasureConflict
from scheduler.domain.directory import Directory, PlantCard
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.revised import Revised
from scheduler.domain.schedule import (
    Comparison,
    Output,
    PlantSchedule,
    Restriction,
    RoadLoad,
    Schedule,
    ScheduledCause,
    ScheduledTrips,
    StageRow,
)
from solver.check import worst_bunched_load
from solver.checks.cycles import World, ceil_div
from solver.checks.stages import end_breaches
from solver.checks.stocks import Working
from solver.checks.traffic import Traffic
from solver.instance import Instance, Plant, TimeGrid
from solver.plan import Plan

MOST_ROADS = 10


class Timetable:
    """Reads one plan: everything is asked plant by plant and road by road."""

    def __init__(self, instance: Instance, plan: Plan, published_slots: int) -> None:
        assert plan.decisions is not None, "only a plan that decides is made into a schedule"
        self.instance = instance
        self.plan = plan
        self.decisions = plan.decisions
        self.grid = instance.grid
        self.published_slots = min(published_slots, instance.grid.n_slots)
        self.world = World(instance)
        self.traffic = Traffic(self.world, plan.decisions)
        self.working = Working(self.traffic)
        self.breaches = end_breaches(self.working)

    def plant(
        self, plant: Plant, card: PlantCard, causes: tuple[ScheduledCause, ...]
    ) -> PlantSchedule:
        trips = tuple(self._trips(plant))
        until = self.grid.at(self.published_slots)
        return PlantSchedule(
            card=card,
            windows=tuple(self._windows(plant)),
            trips=trips,
            restrictions=tuple(self._restrictions(plant)),
            planned_trips=sum(row.trips for row in trips if row.starts_at < until),
            normal_trips=normal_trips(plant, self.grid, self.published_slots),
            output=self._output(plant),
            causes=causes,
        )

    def _windows(self, plant: Plant) -> Iterator[GateWindow]:
        gates = {gate.id for gate in plant.gates}
        for window in self.decisions.windows:
            if window.gate in gates:
                yield GateWindow(
                    gate=window.gate,
                    opens_at=self.grid.at(window.first_slot),
                    closes_at=self.grid.at(window.end_slot),
                )

    def _trips(self, plant: Plant) -> Iterator[ScheduledTrips]:
        for departure in self.decisions.departures:
            cycle = self.world.cycles[departure.leg]
            if cycle.plant is plant:
                passage_s = min(offset for _, offset in cycle.going.passages)
                passage = departure.slot + passage_s // self.grid.slot_s
                yield ScheduledTrips(
                    stream=cycle.stream.id,
                    good=cycle.stream.good,
                    direction=cycle.stream.direction,
                    kind=cycle.stream.kind,
                    leg=departure.leg,
                    vehicle_class=cycle.vehicle.id,
                    starts_at=self.grid.at(departure.slot),
                    first_passage_at=self.grid.at(passage),
                    trips=departure.trips,
                )

    def _restrictions(self, plant: Plant) -> Iterator[Restriction]:
        at = self.grid.at
        classes = {leg.vehicle_class for stream in plant.streams for leg in stream.legs}
        kinds = {stream.kind for stream in plant.streams}
        for bar in self.instance.bars:
            whole = classes <= set(bar.classes) and kinds <= set(bar.kinds)
            if plant.id in bar.plants and whole:
                span = at(bar.first_slot), at(bar.end_slot)
                yield _restriction("barred", bar.clause, *span)
        for limit in self.instance.window_limits:
            if limit.plant == plant.id:
                span = at(limit.first_slot), at(limit.end_slot)
                yield _restriction("windows", limit.clause, *span)
        for cut in self.instance.trip_cuts:
            if cut.plant == plant.id:
                yield _restriction("trips", cut.clause, at(cut.first_slot), at(cut.end_slot))
        for less in self.instance.output_cuts:
            if less.process in {process.id for process in plant.processes}:
                first = self.grid.slots_of_interval(less.first_interval).start
                end = self.grid.slots_of_interval(less.end_interval - 1).stop
                span = at(first), at(end)
                yield _restriction("output", less.clause, *span)

    def _output(self, plant: Plant) -> Output:
        permitted = lost = missing = 0
        for process in plant.processes:
            allowed, rates = self.working.permitted[process.id], self.working.rates[process.id]
            permitted += sum(allowed) * process.utrip_per_unit
            breach = self.breaches[process.id]
            lost += (sum(allowed) - sum(rates) + breach) * process.utrip_per_unit
            for interval, least in enumerate(self.working.least_rates(process)):
                if rates[interval] < least:
                    minutes = len(self.grid.slots_of_interval(interval)) * self.grid.slot_minutes
                    missing += ceil_div(minutes * (least - rates[interval]), least)
        return Output(permitted_utrip=permitted, lost_utrip=lost, safety_missing=missing)

    def link_loads(self) -> Iterator[RoadLoad]:
        planned = self.traffic.link_mpcu.own + self.traffic.link_mpcu.others
        for (name, slot), mpcu in planned.items():
            link = self.world.links[name]
            yield RoadLoad(
                where=name,
                at=self.grid.at(slot),
                planned_mpcu=mpcu,
                background_mpcu=link.background_mpcu[slot],
                capacity_mpcu=link.capacity_mpcu_h * self.grid.slot_minutes // 60,
            )

    def zone_loads(self) -> Iterator[RoadLoad]:
        planned = self.traffic.zone_mpcu.own + self.traffic.zone_mpcu.others
        for (name, slot), mpcu in planned.items():
            caps = self.world.zones[name].cap_mpcu
            cap = caps[slot] if caps else None
            if cap is not None:
                yield RoadLoad(
                    where=name,
                    at=self.grid.at(slot),
                    planned_mpcu=mpcu,
                    background_mpcu=0,
                    capacity_mpcu=cap,
                )

    def bunched_loads(self) -> Iterator[RoadLoad]:
        for load in worst_bunched_load(self.instance, self.plan, MOST_ROADS):
            yield RoadLoad(
                where=load.link,
                at=self.grid.at(load.slot),
                planned_mpcu=load.bunched_mpcu,
                background_mpcu=load.background_mpcu,
                capacity_mpcu=load.capacity_mpcu,
            )


def _restriction(what: str, clause: str, start: datetime, end: datetime) -> Restriction:
    return Restriction.model_validate(
        {"what": what, "clause": clause, "from_instant": start, "to_instant": end}
    )


def normal_trips(plant: Plant, grid: TimeGrid, n_slots: int) -> int:
    """Trips of a normal day that fall in the first slots of the horizon, rounded down."""
    permille_minutes = sum(
        stream.baseline_trips_day * stream.profile_permille[grid.hour_of(slot)] * grid.slot_minutes
        for stream in plant.streams
        for slot in range(n_slots)
    )
    return permille_minutes // (1000 * 60)


def busiest(loads: Iterable[RoadLoad]) -> tuple[RoadLoad, ...]:
    """The fullest roads, each in its worst slot."""
    worst: dict[str, RoadLoad] = {}
    for load in loads:
        if load.where not in worst or load.percent > worst[load.where].percent:
            worst[load.where] = load
    fullest = sorted(worst.values(), key=lambda load: (-load.percent, load.where))
    return tuple(fullest[:MOST_ROADS])


def make_schedule(
    instance: Instance,
    plan: Plan,
    directory: Directory,
    *,
    published_slots: int,
    causes: dict[str, tuple[ScheduledCause, ...]],
    comparison: Comparison | None,
    conflicts: tuple[MeasureConflict, ...] = (),
    revised: Revised | None = None,
) -> Schedule:
    """The schedule of a plan that the checker passed. `causes` by plant."""
    table = Timetable(instance, plan, published_slots)
    plants = {plant.id: plant for plant in instance.plants}
    working = [card for card in directory.plants if card.plant in plants]
    return Schedule(
        instance=instance.digest,
        plan=plan.digest,
        starts_at=instance.grid.at(0),
        published_until=instance.grid.at(table.published_slots),
        ends_at=instance.grid.at(instance.grid.n_slots),
        slot_minutes=instance.grid.slot_minutes,
        plants=tuple(
            table.plant(plants[card.plant], card, causes.get(card.plant, ())) for card in working
        ),
        unplanned=tuple(card for card in directory.plants if card.plant not in plants),
        stages=tuple(
            StageRow.model_validate(stage.model_dump(include=set(StageRow.model_fields)))
            for stage in plan.stages
        ),
        comparison=comparison,
        busiest_links=busiest(table.link_loads()),
        busiest_zones=busiest(table.zone_loads()),
        bunched_links=tuple(table.bunched_loads()),
        provenance=directory.provenance,
        factors=directory.factors,
        conflicts=conflicts,
        revised=revised,
    )
