"""The stages' values and units, and what a plan claims of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from solver.checks.cycles import Cycle, Half, World, ceil_div
from solver.checks.gates import GateLine
from solver.checks.stocks import Working
from solver.checks.traffic import Traffic
from solver.checks.verdict import StageValue, Violation
from solver.instance import Process, StageName, VehicleClass
from solver.plan import Plan, StageResult

UNITS: dict[StageName, str] = {
    "safety_shortfall": "1/1000 weighted process-minute",
    "output_shortfall": "millionth of a trip",
    "changed_departures": "trip",
    "exposure": "exposure unit",
    "windows": "open slot",
}
GAP_PARTS = 10**9
"""A claimed gap is compared to a part in 10^9: it is a quotient rounded to binary64."""


def stages_of(working: Working, lines: tuple[GateLine, ...]) -> tuple[StageValue, ...]:
    """Every stage of the instance in order."""
    traffic, instance = working.traffic, working.world.instance
    values: dict[StageName, int] = {
        "safety_shortfall": safety_shortfall(working),
        "output_shortfall": output_shortfall(working),
    }
    if instance.published is not None:
        values["changed_departures"] = changed_departures(traffic)
    values["exposure"] = exposure(traffic)
    values["windows"] = windows(working.world, lines)
    return tuple(StageValue(name=name, unit=UNITS[name], value=v) for name, v in values.items())


def safety_shortfall(working: Working) -> int:
    """Minutes of must-run processes, weighted by hazard and the missing share of the least rate."""
    grid, total = working.world.instance.grid, 0
    for name, process in working.world.processes.items():
        pairs = zip(working.least_rates(process), working.rates[name], strict=True)
        for interval, (least, rate) in enumerate(pairs):
            if rate < least:
                minutes = len(grid.slots_of_interval(interval)) * grid.slot_minutes
                price = ceil_div(1000 * minutes * process.hazard_weight, least)
                total += price * (least - rate)
    return total


def output_shortfall(working: Working) -> int:
    """Over processes and days, the convex price of the share of output lost so far."""
    breaches = end_breaches(working)
    states = {state.process: state for state in working.world.instance.state.processes}
    total = 0
    for name, process in working.world.processes.items():
        permitted, lost = 0, breaches[name]
        if name in states:
            permitted, lost = states[name].permitted_units, lost + states[name].lost_units
        for of_day, lost_of_day in _output_by_day(working, name):
            permitted, lost = permitted + of_day, lost + lost_of_day
            if of_day:
                total += _phi(working.world, process, of_day, permitted, lost)
    return total


def _output_by_day(working: Working, name: str) -> list[tuple[int, int]]:
    """Permitted and lost units of a process on each day."""
    grid = working.world.instance.grid
    permitted, lost = Counter[int](), Counter[int]()
    pairs = zip(working.permitted[name], working.rates[name], strict=True)
    for interval, (most, rate) in enumerate(pairs):
        day = grid.day_of(grid.slots_of_interval(interval).start)
        permitted[day] += most
        lost[day] += most - rate
    return [(permitted[day], lost[day]) for day in range(grid.n_days)]


def _phi(world: World, process: Process, of_day: int, permitted: int, lost: int) -> int:
    phi, value = world.instance.phi, 0
    starts = [ceil_div(share * permitted, 100) for share in phi.breakpoints_percent]
    for start, end, slope in zip(starts, [*starts[1:], None], phi.slopes, strict=True):
        price = ceil_div(slope * process.utrip_per_unit * of_day, permitted)
        value += price * max(0, (lost if end is None else min(lost, end)) - start)
    return value


def end_breaches(working: Working) -> Counter[str]:
    """The greatest breach of a final stock per process, in units of rate."""
    breaches: Counter[str] = Counter()
    for stock in working.world.stocks.values():
        level, kg = working.levels[stock.id][-1], 0
        if stock.end_min_kg is not None:
            kg = max(kg, stock.end_min_kg - level)
        if stock.end_max_kg is not None:
            kg = max(kg, level - stock.end_max_kg)
        recipe = working.world.processes[stock.breach_process].recipe
        item = next(item for item in recipe if item.stock == stock.id)
        units = ceil_div(kg, item.consumes_kg or item.produces_kg)
        breaches[stock.breach_process] = max(breaches[stock.breach_process], units)
    return breaches


def changed_departures(traffic: Traffic) -> int:
    """Trips by which departures differ from the published ones, in the published slots."""
    instance = traffic.world.instance
    published: Counter[tuple[str, int]] = Counter()
    for trips in instance.published or ():
        published[trips.leg, trips.slot] += trips.trips
    keys = published.keys() | traffic.departed.keys()
    if instance.in_force is not None:
        until = instance.in_force.published_slots
        keys = {(leg, slot) for leg, slot in keys if slot < until}
    return sum(abs(traffic.departed[key] - published[key]) for key in keys)


def exposure(traffic: Traffic) -> int:
    """Exposure of departures and releases; trucks that stay inside leave in the last slot."""
    world, last = traffic.world, traffic.world.instance.grid.n_slots - 1
    exposures, total, inside = Exposures(world), 0, Counter(traffic.held)
    for (leg, slot), trips in traffic.departed.items():
        total += trips * exposures.of_departure(world.cycles[leg], slot)
        inside[leg] += trips
    for (leg, _), trips in traffic.under_way.items():
        inside[leg] += trips
    for (leg, slot), trips in traffic.released.items():
        total += trips * exposures.of_release(world.cycles[leg], slot)
        inside[leg] -= trips
    for leg, trips in inside.items():
        total += trips * exposures.of_release(world.cycles[leg], last)
    return total


Weights = Counter[tuple[str, int]]
"""Weighted mg x m by zone and slots from the start to the entry, before the hour's weight."""


class Exposures:
    """Exposure of one trip of a leg by slot; what does not hang on the slot is summed up once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._weights: dict[tuple[str, bool], Weights] = {}
        self._vehicles = {v.id: _weighted_mg_km(world, v) for v in world.instance.vehicle_classes}

    def of_departure(self, cycle: Cycle, slot: int) -> int:
        return self._of_half(cycle, cycle.going, slot)

    def of_release(self, cycle: Cycle, slot: int) -> int:
        """What the second half adds: nothing for a leg that may not wait."""
        return self._of_half(cycle, cycle.leaving, slot) if cycle.leaving else 0

    def _of_half(self, cycle: Cycle, half: Half, slot: int) -> int:
        key = (cycle.leg.id, half is cycle.going)
        if key not in self._weights:
            self._weights[key] = self._weigh(cycle, half)
        zones, last = self._world.zones, self._world.instance.grid.n_slots - 1
        total = sum(
            weight * zones[zone].hour_weights[min(slot + after, last)]
            for (zone, after), weight in self._weights[key].items()
        )
        return ceil_div(total, 1000 * self._world.instance.exposure_divisor)

    def _weigh(self, cycle: Cycle, half: Half) -> Weights:
        slot_s, weights = self._world.instance.grid.slot_s, Weights()
        laden, empty = self._vehicles[cycle.vehicle.id]
        for drive in half.drives:
            mg_m = (laden if drive.laden else empty) * drive.link.length_m
            people = self._world.zones[drive.link.zone].population_weight
            weights[drive.link.zone, drive.entry_s // slot_s] += mg_m * people
        return weights


def _weighted_mg_km(world: World, vehicle: VehicleClass) -> tuple[int, int]:
    """mg per km laden and empty, each pollutant by its weight."""
    weights = {pollutant.id: pollutant.weight for pollutant in world.instance.pollutants}
    laden = sum(e.laden_mg_km * weights[e.pollutant] for e in vehicle.emissions)
    empty = sum(e.empty_mg_km * weights[e.pollutant] for e in vehicle.emissions)
    return laden, empty


def windows(world: World, lines: tuple[GateLine, ...]) -> int:
    """Starts, each worth more than all open slots of all gates, then open slots."""
    starts = sum(len(line.starts) for line in lines)
    return _one_window(world) * starts + sum(len(line.open) for line in lines)


def _one_window(world: World) -> int:
    return 1 + len(world.plant_of_gate) * world.instance.grid.n_slots


def _least_exposure(world: World) -> int:
    """The least positive exposure of a departure that may end its unloading; 1 if none."""
    grid, exposures, least = world.instance.grid, Exposures(world), None
    for cycle in world.cycles.values():
        for slot in range(grid.n_slots - cycle.unloading_s // grid.slot_s):
            value = exposures.of_departure(cycle, slot)
            if value and (least is None or value < least):
                least = value
    return 1 if least is None else least


def _unit_value(world: World, name: StageName) -> int:
    if name == "exposure":
        return _least_exposure(world)
    if name == "windows":
        return _one_window(world)
    return {"safety_shortfall": 1000, "output_shortfall": 1_000_000, "changed_departures": 1}[name]


def claims(plan: Plan, world: World, stages: tuple[StageValue, ...]) -> Iterator[Violation]:
    """Claimed stages stand once and in order, with the values, bounds and gaps that hold."""
    values = {stage.name: stage.value for stage in stages}
    names = [stage.name for stage in plan.stages]
    if names != [name for name in values if name in names]:
        yield _breach(" ".join(names), 1, 0, "stage unknown, repeated or out of order")
    if plan.status == "optimal" and len(names) < len(values):
        yield _breach("optimal", len(names), len(values), "stage claimed, at least")
    for claim in plan.stages:
        if claim.name in values:
            yield from _claim(claim, values[claim.name], _unit_value(world, claim.name))


def _claim(claim: StageResult, value: int, unit_value: int) -> Iterator[Violation]:
    if claim.value != value:
        yield _breach(claim.name, claim.value, value, f"value: {UNITS[claim.name]}")
    if claim.bound > value:
        yield _breach(claim.name, claim.bound, value, f"bound: {UNITS[claim.name]}")
    if claim.unit_value != unit_value:
        yield _breach(claim.name, claim.unit_value, unit_value, f"unit: {UNITS[claim.name]}")
    if claim.handed_on < value:
        yield _breach(claim.name, claim.handed_on, value, f"handed on: {UNITS[claim.name]}")
    gap = Fraction(claim.value - claim.bound, max(claim.value, claim.unit_value))
    told = Fraction(claim.gap) if math.isfinite(claim.gap) else None
    if gap >= 0 and (told is None or abs(told - gap) * GAP_PARTS > 1):
        parts = math.floor(gap * GAP_PARTS)
        claimed = -1 if told is None else math.floor(told * GAP_PARTS)
        yield _breach(claim.name, claimed, parts, "gap in parts of 10^9, -1 for infinite")


def _breach(where: str, amount: int, allowed: int, unit: str) -> Violation:
    return Violation(law="stage", where=where, slot=None, amount=amount, allowed=allowed, unit=unit)
