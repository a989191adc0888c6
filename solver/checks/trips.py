"""Laws `trip_cap`, `fleet` and `locked`: how many trips, with which trucks, and which are kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from solver.checks.cycles import Cycle, World, ceil_div
from solver.checks.stocks import Working
from solver.checks.traffic import Traffic
from solver.checks.verdict import Law, Violation
from solver.instance import Plant, Stock, Stream

ALLOWANCE_DENOMINATOR = 6_000_000
"""Permille of a day, minutes of an hour and percent: 1,000 x 60 x 100."""


def _breach(
    law: Law, where: str, slot: int | None, amount: int, *, allowed: int, unit: str
) -> Violation:
    return Violation(law=law, where=where, slot=slot, amount=amount, allowed=allowed, unit=unit)


def allowance_numerator(world: World, plant: Plant, slot: int) -> int:
    """What a slot under a trip cut adds to its day's allowance, over 6,000,000."""
    cut, grid = world.cuts_by_slot[plant.id][slot], world.instance.grid
    trips = sum(
        stream.baseline_trips_day * stream.profile_permille[grid.hour_of(slot)]
        for stream in plant.streams
        if stream.kind not in cut.exempt_kinds
    )
    return trips * grid.slot_minutes * (100 - cut.cut_percent)


def allowance_of_slots(world: World, plant: Plant, slots: list[int]) -> int:
    """What slots under trip cuts add together: those of one hour under one cut add the same."""
    cuts, hour_of = world.cuts_by_slot[plant.id], world.instance.grid.hour_of
    alike: dict[tuple[int, str], list[int]] = defaultdict(list)
    for slot in slots:
        alike[hour_of(slot), cuts[slot].id].append(slot)
    return sum(len(same) * allowance_numerator(world, plant, same[0]) for same in alike.values())


def is_counted(world: World, cycle: Cycle, slot: int) -> bool:
    """Whether a departure counts under its plant's trip cap."""
    cut = world.cuts_by_slot.get(cycle.plant.id, {}).get(slot)
    return cut is not None and cycle.stream.kind not in cut.exempt_kinds


def may_be_safe(world: World, cycle: Cycle, slot: int) -> bool:
    """Whether a counted departure may be spared as one of safe production."""
    cuts = world.cuts_by_slot.get(cycle.plant.id, {})
    return is_counted(world, cycle, slot) and cuts[slot].safe_production_exempt


def trip_cap(working: Working) -> Iterator[Violation]:
    """Counted trips of a plant and day are at most its cap; safe ones as far as need goes."""
    traffic, world = working.traffic, working.world
    grid = world.instance.grid
    counted = _counted_by_day(world, traffic.departed)
    locked = _counted_by_day(world, traffic.locked)
    for safe in traffic.decisions.safe_trips:
        counted[world.plant_of_stream[safe.stream].id, safe.day] -= safe.trips
    states = {state.plant: state for state in world.instance.state.plants}
    for plant_id in sorted(world.cuts_by_slot):
        plant, days = world.plants[plant_id], defaultdict[int, list[int]](list)
        for slot in sorted(world.cuts_by_slot[plant_id]):
            days[grid.day_of(slot)].append(slot)
        for day, slots in days.items():
            allowance, made = allowance_of_slots(world, plant, slots), 0
            if day == 0 and plant_id in states:
                allowance += states[plant_id].allowance_numerator_today
                made = states[plant_id].trips_made_today
            cap = max(plant.cap_floor_trips, allowance // ALLOWANCE_DENOMINATOR)
            most = max(cap - made, locked[plant_id, day], 0)
            if counted[plant_id, day] > most:
                n = counted[plant_id, day]
                yield _breach("trip_cap", plant_id, slots[0], n, allowed=most, unit="trip of a day")
    yield from _safe_trips_departed(traffic)
    yield from _safe_trips_needed(working)


def _counted_by_day(world: World, trips: Counter[tuple[str, int]]) -> Counter[tuple[str, int]]:
    """Counted trips by (plant, day)."""
    counted: Counter[tuple[str, int]] = Counter()
    for (leg, slot), n in trips.items():
        cycle = world.cycles[leg]
        if is_counted(world, cycle, slot):
            counted[cycle.plant.id, world.instance.grid.day_of(slot)] += n
    return counted


def _safe_trips_departed(traffic: Traffic) -> Iterator[Violation]:
    world = traffic.world
    departed: Counter[tuple[str, int]] = Counter()
    for (leg, slot), n in traffic.departed.items():
        cycle = world.cycles[leg]
        if may_be_safe(world, cycle, slot):
            departed[cycle.stream.id, world.instance.grid.day_of(slot)] += n
    for safe in traffic.decisions.safe_trips:
        most = departed[safe.stream, safe.day]
        if safe.trips > most:
            where = f"{safe.stream} on day {safe.day}"
            yield _breach("trip_cap", where, None, safe.trips, allowed=most, unit="safe trip")


def _safe_trips_needed(working: Working) -> Iterator[Violation]:
    """Over the days, safe trips carry no more than what must-run processes lack, by whole trips."""
    world = working.world
    safe_kg: Counter[tuple[str, str, int]] = Counter()
    for safe in working.traffic.decisions.safe_trips:
        stream = world.streams[safe.stream]
        safe_kg[stream.stock, stream.direction, safe.day] += safe.trips * stream.payload_kg
    plants = {stream.stock: world.plant_of_stream[stream.id] for stream in world.streams.values()}
    for stock, direction in sorted({(stock, direction) for stock, direction, _ in safe_kg}):
        plant = plants[stock]
        payload = max(s.payload_kg for s in plant.streams if _serves(s, stock, direction))
        needs = _need_kg(working, plant, world.stocks[stock], direction)
        carried = accumulate(safe_kg[stock, direction, day] for day in range(len(needs)))
        for day, (kg, need) in enumerate(zip(carried, needs, strict=True)):
            most = ceil_div(need, payload) * payload
            if kg > most:
                where = f"{stock} {direction} to day {day}"
                yield _breach("trip_cap", where, None, kg, allowed=most, unit="kg on safe trips")


def _serves(stream: Stream, stock: str, direction: str) -> bool:
    return stream.stock == stock and stream.direction == direction


def _need_kg(working: Working, plant: Plant, stock: Stock, direction: str) -> list[int]:
    """kg that least rates need moved by road, up to each day: what was needed by an earlier day
    stays needed, whatever rail or belt bring after it."""
    grid, inward = working.world.instance.grid, direction == "in"
    change = Counter[int]()
    for process in plant.processes:
        for item in process.recipe:
            per_unit = item.consumes_kg if inward else item.produces_kg
            if item.stock == stock.id and per_unit:
                for interval, rate in enumerate(working.least_rates(process)):
                    change[_day(working, interval)] += rate * per_unit
    elsewhere = stock.arrivals_kg if inward else stock.dispatches_kg
    for interval, kg in enumerate(elsewhere):
        change[_day(working, interval)] -= kg
    room = stock.now_kg - stock.min_kg if inward else stock.max_kg - stock.now_kg
    days = accumulate(change[day] for day in range(grid.n_days))
    return list(accumulate((max(0, lacking - max(0, room)) for lacking in days), max))


def _day(working: Working, interval: int) -> int:
    grid = working.world.instance.grid
    return grid.day_of(grid.slots_of_interval(interval).start)


@dataclass(frozen=True)
class Away:
    """Changes of the number of trucks away, by slot; running sums give the trucks."""

    own: Counter[int]
    others: Counter[int]
    inherited: Counter[int]
    """Trucks of waiting legs that locks and state bring in, from their readiness on."""


def fleet(traffic: Traffic) -> Iterator[Violation]:
    """Own trucks away are at most those that others leave, or the inherited ones among them."""
    world, n_slots = traffic.world, traffic.world.instance.grid.n_slots
    table = _trucks_away(traffic)
    for plant_id, class_id in sorted(table):
        trucks = {f.vehicle_class: f.trucks for f in world.plants[plant_id].fleets}[class_id]
        away = table[plant_id, class_id]
        rows = [
            accumulate([part.get(slot, 0) for slot in range(n_slots)])
            for part in (away.own, away.others, away.inherited)
        ]
        for slot, own, others, inherited in zip(range(n_slots), *rows, strict=True):
            most = max(trucks - others, inherited)
            if own > most:
                where = f"{plant_id} {class_id}"
                yield _breach("fleet", where, slot, own, allowed=most, unit="truck away")


def _trucks_away(traffic: Traffic) -> dict[tuple[str, str], Away]:
    cycles = traffic.world.cycles
    table = defaultdict[tuple[str, str], Away](lambda: Away(Counter(), Counter(), Counter()))

    def away_of(leg: str) -> Away:
        return table[cycles[leg].plant.id, cycles[leg].vehicle.id]

    for (leg, slot), n in traffic.own_departures.items():
        own = away_of(leg).own
        own[slot] += n
        if not cycles[leg].leg.may_wait:
            own[slot + cycles[leg].away_slots] -= n
    for (leg, slot), n in (*traffic.locked.items(), *traffic.under_way.items()):
        waits, away = cycles[leg].leg.may_wait, away_of(leg)
        held = cycles[leg].ready_slots if waits else cycles[leg].away_slots
        end = max(0, slot + held)
        away.others[max(0, slot)] += n
        away.others[end] -= n
        if waits:
            away.own[end] += n
            away.inherited[end] += n
    for leg, n in traffic.held.items():
        away_of(leg).own[0] += n
        away_of(leg).inherited[0] += n
    for (leg, slot), n in traffic.released.items():
        away_of(leg).own[slot + cycles[leg].away_slots] -= n
    return dict(table)


def locked(traffic: Traffic) -> Iterator[Violation]:
    """Departures of a leg and slot are at least the locked ones, and at most what is left of those
    that were given back."""
    for (leg, slot), n in sorted(traffic.locked.items()):
        if traffic.departed[leg, slot] < n:
            departed = traffic.departed[leg, slot]
            yield _breach("locked", leg, slot, departed, allowed=n, unit="locked trip, at least")
    given_back = traffic.world.instance.state.given_back or ()
    for left in sorted(given_back, key=lambda row: (row.leg, row.slot)):
        departed = traffic.departed[left.leg, left.slot]
        most = max(left.trips, traffic.locked[left.leg, left.slot])
        if departed > most:
            unit = "trip given back, at most"
            yield _breach("locked", left.leg, left.slot, departed, allowed=most, unit=unit)
