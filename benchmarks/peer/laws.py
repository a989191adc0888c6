"""The laws of roads, gates' passages, fleets and trip caps as rows."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate

from benchmarks.peer.mip import Sum
from benchmarks.peer.model import Model
from benchmarks.peer.trips import Trip, entries
from solver.instance import Instance, Plant, TripCut


def _cut_by_slot(instance: Instance, plant: Plant) -> dict[int, TripCut]:
    return {
        slot: cut
        for cut in instance.trip_cuts
        if cut.plant == plant.id
        for slot in range(cut.first_slot, cut.end_slot)
    }


def add_roads_and_gates(model: Model) -> None:
    """Laws link_capacity, zone_cap and gate_window."""
    used: defaultdict[tuple[str, str, int], Sum] = defaultdict(Sum)
    for trip, half, slot, column in model.halves():
        for what, which, at, amount in entries(trip, half, slot, model.grid.slot_s):
            if at < model.grid.n_slots:
                used[what, which, at].add(amount, column)
    for (what, which, at), use in used.items():
        left = model.left(what, which, at)
        if left is not None:
            _within(model, use, left, model.open.get((which, at)) if what == "gate" else None)
        if what == "gate" and (which, at) in model.open:
            _only_if_open(model, use, model.open[which, at])


def _within(model: Model, use: Sum, left: int, is_open: int | None) -> None:
    row = Sum()
    row.include(use)
    row.add(-left, is_open)
    model.mip.at_most(row, 0 if is_open is not None else left)


def _only_if_open(model: Model, use: Sum, is_open: int) -> None:
    """Each column by itself as well: its own bound may be less than the gate's room."""
    for column in use.columns:
        row = Sum()
        row.add(1, column)
        row.add(-model.mip.most(column), is_open)
        model.mip.at_most(row, 0)


def add_fleets(model: Model) -> None:
    """Law fleet, by plant, class and slot."""
    groups: defaultdict[tuple[str, str], list[Trip]] = defaultdict(list)
    for trip in model.trips.of.values():
        groups[trip.plant.id, trip.vehicle.id].append(trip)
    for trips in groups.values():
        for slot in range(model.grid.n_slots):
            _add_fleet(model, trips, slot)


def _add_fleet(model: Model, trips: list[Trip], slot: int) -> None:
    own, others, inherited = Sum(), 0, 0
    for trip in trips:
        leg = trip.leg.id
        if trip.second is None:
            for since in range(max(0, slot - trip.away + 1), slot + 1):
                own.add(1, model.own.get((leg, since)))
            others += _sent(model, leg, slot, trip.away)
            continue
        others += _sent(model, leg, slot, trip.ready)
        ready = sum(n for at, n in model.trips.ready_inside(leg).items() if at <= slot)
        inherited += ready
        own.constant += ready
        for since in range(slot + 1):
            own.add(1, model.own.get((leg, since)))
            if since + trip.away <= slot:
                own.add(-1, model.released.get((leg, since)))
    model.mip.at_most(own, max(model.trucks(trips[0]) - others, inherited))


def _sent(model: Model, leg: str, slot: int, slots: int) -> int:
    """Locked and under-way trips of a leg that are away in a slot, each for so many slots."""
    rows = (*model.trips.locked.items(), *model.trips.under_way.items())
    return sum(n for (name, at), n in rows if name == leg and at <= slot < at + slots)


def add_trip_caps(model: Model) -> None:
    """Law trip_cap: counted trips of a day less the safe ones."""
    for plant in model.instance.plants:
        cuts = _cut_by_slot(model.instance, plant)
        if cuts:
            _add_safe_trips(model, plant, cuts)
            for day in model.days:
                slots = [slot for slot in cuts if model.grid.day_of(slot) == day]
                if slots:
                    _add_trip_cap(model, plant, cuts, day, slots)


def _add_trip_cap(
    model: Model, plant: Plant, cuts: dict[int, TripCut], day: int, slots: list[int]
) -> None:
    allowance, counted, locked = 0, Sum(), 0
    for stream in plant.streams:
        for slot in slots:
            if stream.kind in cuts[slot].exempt_kinds:
                continue
            share = stream.profile_permille[model.grid.hour_of(slot)]
            kept = 100 - cuts[slot].cut_percent
            allowance += stream.baseline_trips_day * share * model.grid.slot_minutes * kept
            for leg in stream.legs:
                counted.include(model.departures(leg.id, slot))
                locked += model.trips.locked[leg.id, slot]
        counted.add(-1, model.safe.get((stream.id, day)))
    made = 0
    if day == 0:
        for state in model.instance.state.plants:
            if state.plant == plant.id:
                allowance += state.allowance_numerator_today
                made = state.trips_made_today
    cap = max(plant.cap_floor_trips, allowance // 6_000_000)
    model.mip.at_most(counted, max(cap - made, locked, 0))


def _add_safe_trips(model: Model, plant: Plant, cuts: dict[int, TripCut]) -> None:
    for stream in plant.streams:
        for day in model.days:
            counted = Sum()
            for slot, cut in cuts.items():
                spared = cut.safe_production_exempt and stream.kind not in cut.exempt_kinds
                if spared and model.grid.day_of(slot) == day:
                    for leg in stream.legs:
                        counted.include(model.departures(leg.id, slot))
            if counted.columns or counted.constant:
                most = counted.constant + sum(map(model.mip.most, counted.columns))
                model.safe[stream.id, day] = model.mip.column(0, most)
                row = Sum()
                row.add(1, model.safe[stream.id, day])
                row.include(counted, -1)
                model.mip.at_most(row, 0)
    for stock, direction in sorted({(s.stock, s.direction) for s in plant.streams}):
        _add_safe_need(model, plant, stock, direction)


def _add_safe_need(model: Model, plant: Plant, stock_id: str, direction: str) -> None:
    streams = [s for s in plant.streams if (s.stock, s.direction) == (stock_id, direction)]
    payload = max(stream.payload_kg for stream in streams)
    sent = Sum()
    for day, need in zip(model.days, _needs(model, plant, stock_id, direction), strict=True):
        for stream in streams:
            sent.add(stream.payload_kg, model.safe.get((stream.id, day)))
        row = Sum()
        row.include(sent)
        model.mip.at_most(row, -(-need // payload) * payload)


def _needs(model: Model, plant: Plant, stock_id: str, direction: str) -> list[int]:
    """kg by day that least rates lack up to it; never less than on an earlier day."""
    stock = next(stock for stock in plant.stocks if stock.id == stock_id)
    inward = direction == "in"
    lacking = [0 for _ in model.days]
    for interval in range(model.grid.n_intervals):
        day = model.grid.day_of(model.grid.slots_of_interval(interval).start)
        lacking[day] -= (stock.arrivals_kg if inward else stock.dispatches_kg)[interval]
        for process in plant.processes:
            least = model.least_rates[process.id][interval]
            for item in process.recipe:
                if item.stock == stock_id:
                    lacking[day] += least * (item.consumes_kg if inward else item.produces_kg)
    room = stock.now_kg - stock.min_kg if inward else stock.max_kg - stock.now_kg
    needs = [max(0, kg - max(0, room)) for kg in accumulate(lacking)]
    return list(accumulate(needs, max))
