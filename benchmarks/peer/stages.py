"""The stages in order, each a sum over columns; those that bend have columns of their own."""

from __future__ import annotations

from collections import Counter

from benchmarks.peer.mip import Sum
from benchmarks.peer.model import Model
from benchmarks.peer.trips import Half, Trip
from solver.instance import Process, StageName


def add_stages(model: Model) -> dict[StageName, Sum]:
    """Every stage of the instance by its name."""
    stages: dict[StageName, Sum] = {
        "safety_shortfall": _safety_shortfall(model),
        "output_shortfall": _output_shortfall(model),
    }
    if model.instance.published is not None:
        stages["changed_departures"] = _changed_departures(model)
    stages["exposure"] = _exposure(model)
    stages["windows"] = _windows(model)
    return stages


def _safety_shortfall(model: Model) -> Sum:
    total = Sum()
    for plant in model.instance.plants:
        for process in plant.processes:
            for interval, least in enumerate(model.least_rates[process.id]):
                if least:
                    slots = model.grid.slots_of_interval(interval)
                    minutes = len(slots) * model.grid.slot_minutes
                    missing = model.mip.column(0, least)
                    row = Sum()
                    row.add(1, missing)
                    row.add(1, model.rate[process.id, interval])
                    model.mip.at_least(row, least)
                    total.add(-(-1000 * minutes * process.hazard_weight // least), missing)
    return total


def _output_shortfall(model: Model) -> Sum:
    total = Sum()
    states = {state.process: state for state in model.instance.state.processes}
    for plant in model.instance.plants:
        for process in plant.processes:
            lost, permitted = Sum(), 0
            if process.id in states:
                lost.constant = states[process.id].lost_units
                permitted = states[process.id].permitted_units
            lost.add(1, model.breach.get(process.id))
            for of_day, lost_of_day in _days(model, process):
                permitted += of_day
                lost.include(lost_of_day)
                if of_day:
                    _add_phi(model, process, of_day, permitted, lost, total)
    return total


def _days(model: Model, process: Process) -> list[tuple[int, Sum]]:
    """What is permitted of a process on each local day, and what is lost of it."""
    found = [(0, Sum()) for _ in model.days]
    for interval, most in enumerate(model.permitted[process.id]):
        day = model.grid.day_of(model.grid.slots_of_interval(interval).start)
        permitted, lost = found[day]
        lost.constant += most
        lost.add(-1, model.rate[process.id, interval])
        found[day] = (permitted + most, lost)
    return found


def _add_phi(
    model: Model, process: Process, of_day: int, permitted: int, lost: Sum, total: Sum
) -> None:
    """Lost units fill the pieces from the cheapest on, for each is dearer than the one before."""
    phi = model.instance.phi
    edges = [-(-percent * permitted // 100) for percent in phi.breakpoints_percent]
    most = lost.constant + sum(c * model.mip.most(v) for v, c in lost.columns.items() if c > 0)
    row = Sum()
    row.include(lost, -1)
    for edge, end, slope in zip(edges, [*edges[1:], most], phi.slopes, strict=True):
        piece = model.mip.column(0, max(0, min(most, end) - edge))
        row.add(1, piece)
        total.add(-(-slope * process.utrip_per_unit * of_day // permitted), piece)
    model.mip.at_least(row, -edges[0])


def _changed_departures(model: Model) -> Sum:
    total, published = Sum(), Counter[tuple[str, int]]()
    for trips in model.instance.published or ():
        published[trips.leg, trips.slot] += trips.trips
    keys = published.keys() | model.own.keys() | model.trips.locked.keys()
    in_force = model.instance.in_force
    until = model.grid.n_slots if in_force is None else in_force.published_slots
    for leg, slot in sorted(key for key in keys if key[1] < until):
        now = model.departures(leg, slot)
        most = now.constant + published[leg, slot] + sum(map(model.mip.most, now.columns))
        moved = model.mip.column(0, most)
        for sign in (1, -1):
            row = Sum()
            row.add(1, moved)
            row.include(now, -sign)
            model.mip.at_least(row, -sign * published[leg, slot])
        total.add(1, moved)
    return total


def _exposure(model: Model) -> Sum:
    total, last = Sum(), model.grid.n_slots - 1
    for trip, half, slot, column in model.halves():
        total.add(exposure(model, trip, half, slot), column)
    for (leg, slot), trips in model.trips.locked.items():
        trip = model.trips.of[leg]
        total.constant += trips * exposure(model, trip, trip.first, slot)
    for trip in model.trips.of.values():
        if trip.second is not None:
            total.include(model.staying(trip), exposure(model, trip, trip.second, last))
    return total


def exposure(model: Model, trip: Trip, half: Half, slot: int) -> int:
    """Of one trip doing this half from `slot` on, rounded up once."""
    instance, slot_s, last = model.instance, model.grid.slot_s, model.grid.n_slots - 1
    weights = {pollutant.id: pollutant.weight for pollutant in instance.pollutants}
    zones = {zone.id: zone for zone in instance.zones}
    total = 0
    for drive in half.drives:
        zone = zones[drive.link.zone]
        hour = zone.hour_weights[min(slot + drive.enter_s // slot_s, last)]
        for emission in trip.vehicle.emissions:
            mg_km = emission.laden_mg_km if drive.laden else emission.empty_mg_km
            weighted = mg_km * weights[emission.pollutant] * drive.link.length_m
            total += weighted * zone.population_weight * hour
    return -(-total // (1000 * instance.exposure_divisor))


def _one_window(model: Model) -> int:
    gates = sum(len(plant.gates) for plant in model.instance.plants)
    return 1 + gates * model.grid.n_slots


def _windows(model: Model) -> Sum:
    total = Sum()
    for column in model.start.values():
        total.add(_one_window(model), column)
    for column in model.open.values():
        total.add(1, column)
    return total
