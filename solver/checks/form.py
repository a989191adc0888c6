"""Law `decisions`: a plan decides only what can be, each thing once and in order."""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import pairwise

from solver.checks.cycles import World
from solver.checks.traffic import Traffic
from solver.checks.verdict import Violation
from solver.plan import Decisions

Key = tuple[str | int, ...]


def what_cannot_be(world: World, decisions: Decisions) -> Iterator[Violation]:
    """Decisions about objects or times that the instance does not have."""
    grid = world.instance.grid
    gates = world.plant_of_gate
    for window in decisions.windows:
        yield from _known(gates, window.gate, "gate")
        if not window.first_slot < window.end_slot <= grid.n_slots:
            yield _fault(window.gate, window.first_slot, window.end_slot, grid.n_slots, "end slot")
    starts = [(departure.leg, departure.slot) for departure in decisions.departures]
    starts += [(release.leg, release.slot) for release in decisions.releases]
    for leg, slot in starts:
        yield from _known(world.cycles, leg, "leg")
        yield from _below(leg, slot, grid.n_slots, "slot")
    for release in decisions.releases:
        cycle = world.cycles.get(release.leg)
        if cycle is not None and cycle.leaving is None:
            yield _fault(release.leg, release.slot, release.trips, 0, "release of no waiting leg")
    for rates in decisions.rates:
        yield from _known(world.processes, rates.process, "process")
        if len(rates.rates) != grid.n_intervals:
            n = len(rates.rates)
            yield _fault(rates.process, None, n, grid.n_intervals, "interval with a rate")
    for refusal in decisions.refusals:
        yield from _known(world.stocks, refusal.stock, "stock")
        yield from _below(refusal.stock, refusal.interval, grid.n_intervals, "interval")
    for safe in decisions.safe_trips:
        yield from _known(world.streams, safe.stream, "stream")
        yield from _below(safe.stream, safe.day, grid.n_days, "day")


def _known(known: Container[str], name: str, what: str) -> Iterator[Violation]:
    if name not in known:
        yield _fault(name, None, 1, 0, f"unknown {what}")


def _below(where: str, number: int, end: int, unit: str) -> Iterator[Violation]:
    if number >= end:
        slot = number if unit == "slot" else None
        yield _fault(where, slot, number, end - 1, unit)


def _fault(where: str, slot: int | None, amount: int, allowed: int, unit: str) -> Violation:
    return Violation(
        law="decisions", where=where, slot=slot, amount=amount, allowed=allowed, unit=unit
    )


def order_of_decisions(world: World, decisions: Decisions) -> Iterator[Violation]:
    """Each tuple is sorted by its keys, no key stands twice, no windows of a gate overlap."""
    d = decisions
    yield from _rising([(w.gate, w.first_slot) for w in d.windows])
    yield from _rising([(x.leg, x.slot) for x in d.departures])
    yield from _rising([(x.leg, x.slot) for x in d.releases])
    yield from _rising([(x.process,) for x in d.rates])
    yield from _rising([(x.stock, x.interval, x.what) for x in d.refusals])
    yield from _rising([(x.stream, x.day) for x in d.safe_trips])
    for one, two in pairwise(sorted(d.windows, key=lambda w: (w.gate, w.first_slot))):
        if one.gate == two.gate and two.first_slot < one.end_slot:
            overlap = min(one.end_slot, two.end_slot) - two.first_slot
            yield _fault(two.gate, two.first_slot, overlap, 0, "slot open twice")


def _rising(keys: list[Key]) -> Iterator[Violation]:
    for one, two in pairwise(keys):
        if not one < two:
            where = " ".join(map(str, two))
            yield _fault(where, None, 1, 0, "repeated" if one == two else "out of order")


def unloading_in_horizon(traffic: Traffic) -> Iterator[Violation]:
    """A trip departs only if its unloading ends in a slot of the horizon."""
    grid = traffic.world.instance.grid
    for (leg, slot), _ in sorted(traffic.departed.items()):
        end = slot + traffic.world.cycles[leg].unloading_s // grid.slot_s
        if end >= grid.n_slots:
            yield _fault(leg, slot, end, grid.n_slots - 1, "slot of the end of unloading")


def releases_of_ready_trips(traffic: Traffic) -> Iterator[Violation]:
    """Releases up to and with a slot are at most the trips ready by then."""
    cycles = traffic.world.cycles
    legs = {leg for leg, _ in traffic.released}
    ready = {leg: [(0, traffic.held[leg])] for leg in legs}
    for (leg, slot), trips in (*traffic.departed.items(), *traffic.under_way.items()):
        if leg in legs:
            ready[leg].append((slot + cycles[leg].ready_slots, trips))
    released = dict.fromkeys(legs, 0)
    for (leg, slot), trips in sorted(traffic.released.items()):
        released[leg] += trips
        by_now = sum(n for since, n in ready[leg] if since <= slot)
        if released[leg] > by_now:
            yield _fault(leg, slot, released[leg], by_now, "trip released")
