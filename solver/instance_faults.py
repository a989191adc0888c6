"""What must hold between the parts of an instance, as small named checks.

Every check yields sentences that name the object, the fault and the remedy; an instance is made
only when none of them has anything to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from solver.instance import Instance, Plant


class _Named(Protocol):
    @property
    def id(self) -> str: ...


class _Run(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def first_slot(self) -> int: ...
    @property
    def end_slot(self) -> int: ...


def faults_of(instance: Instance) -> list[str]:
    """Every fault of the instance, in the order of the checks."""
    return [fault for check in _CHECKS for fault in check(instance)]


def _doubles(what: str, items: Iterable[_Named]) -> Iterator[str]:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            yield f"{what} {item.id} stands twice; ids must be unique"
        seen.add(item.id)


def _unknown(where: str, what: str, names: Iterable[str], known: set[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{where} names {what} {name}, which the instance does not have"


def _ids(items: Iterable[_Named]) -> set[str]:
    return {item.id for item in items}


def _unique_ids(instance: Instance) -> Iterator[str]:
    plants = instance.plants
    yield from _doubles("pollutant", instance.pollutants)
    yield from _doubles("zone", instance.zones)
    yield from _doubles("link", instance.links)
    yield from _doubles("path", instance.paths)
    yield from _doubles("vehicle class", instance.vehicle_classes)
    yield from _doubles("plant", plants)
    yield from _doubles("gate", (g for p in plants for g in p.gates))
    yield from _doubles("process", (x for p in plants for x in p.processes))
    yield from _doubles("stock", (s for p in plants for s in p.stocks))
    yield from _doubles("stream", (s for p in plants for s in p.streams))
    yield from _doubles("leg", (leg for p in plants for s in p.streams for leg in s.legs))
    measures = (instance.bars, instance.window_limits, instance.trip_cuts, instance.output_cuts)
    yield from _doubles("measure", (m for kind in measures for m in kind))


def _network_hangs_together(instance: Instance) -> Iterator[str]:
    n_slots = instance.grid.n_slots
    zones, links = _ids(instance.zones), _ids(instance.links)
    pollutants = _ids(instance.pollutants)
    for zone in instance.zones:
        if len(zone.hour_weights) != n_slots:
            yield f"zone {zone.id} has {len(zone.hour_weights)} hour weights, not {n_slots}"
        if zone.cap_mpcu is not None and len(zone.cap_mpcu) != n_slots:
            yield f"zone {zone.id} has {len(zone.cap_mpcu)} caps, not {n_slots}"
    for link in instance.links:
        yield from _unknown(f"link {link.id}", "zone", [link.zone], zones)
        if len(link.background_mpcu) != n_slots:
            yield f"link {link.id} has {len(link.background_mpcu)} background values, not {n_slots}"
    for path in instance.paths:
        yield from _unknown(f"path {path.id}", "link", path.links, links)
    for vehicle in instance.vehicle_classes:
        named = [e.pollutant for e in vehicle.emissions]
        yield from _unknown(f"class {vehicle.id}", "pollutant", named, pollutants)
        if len(set(named)) != len(pollutants) or len(named) != len(pollutants):
            yield f"class {vehicle.id} must give each pollutant's factors once"


def _plants_hang_together(instance: Instance) -> Iterator[str]:
    paths, classes = _ids(instance.paths), _ids(instance.vehicle_classes)
    for plant in instance.plants:
        yield from _processes_and_stocks(instance, plant)
        gates, stocks = _ids(plant.gates), _ids(plant.stocks)
        fleets = [f.vehicle_class for f in plant.fleets]
        yield from _unknown(f"a fleet of plant {plant.id}", "vehicle class", fleets, classes)
        if len(set(fleets)) != len(fleets):
            yield f"plant {plant.id} has two fleets of one class; add them up"
        for stream in plant.streams:
            yield from _unknown(f"stream {stream.id}", "stock", [stream.stock], stocks)
            for leg in stream.legs:
                where = f"leg {leg.id}"
                yield from _unknown(where, "gate", [leg.gate_in, leg.gate_out], gates)
                yield from _unknown(where, "path", [leg.path_out, leg.path_back], paths)
                yield from _unknown(where, "fleet of class", [leg.vehicle_class], set(fleets))


def _processes_and_stocks(instance: Instance, plant: Plant) -> Iterator[str]:
    n = instance.grid.n_intervals
    stocks = _ids(plant.stocks)
    users: dict[str, set[str]] = {stock: set() for stock in stocks}
    for process in plant.processes:
        named = [item.stock for item in process.recipe]
        yield from _unknown(f"process {process.id}", "stock", named, stocks)
        if len(set(named)) != len(named):
            yield f"process {process.id} names a stock twice in its recipe"
        for name in named:
            users.get(name, set()).add(process.id)
        if len(process.rate_max) != n or len(process.rate_min) != n:
            yield f"process {process.id} needs rate_max and rate_min for {n} intervals"
        elif any(low > high for low, high in zip(process.rate_min, process.rate_max, strict=True)):
            yield f"process {process.id} has rate_min above rate_max"
    for stock in plant.stocks:
        if stock.breach_process not in users[stock.id]:
            yield f"stock {stock.id}: breach_process must have it in its recipe"
        if len(stock.arrivals_kg) != n or len(stock.dispatches_kg) != n:
            yield f"stock {stock.id} needs arrivals and dispatches for {n} intervals"
        if stock.min_kg > stock.max_kg:
            yield f"stock {stock.id} has min_kg above max_kg"


def _runs_fit(instance: Instance, what: str, runs: Iterable[_Run], n: int) -> Iterator[str]:
    for run in runs:
        if not run.first_slot < run.end_slot <= n:
            yield f"{what} {run.id}: [{run.first_slot}, {run.end_slot}) is no run in 0..{n}"


def _do_not_overlap(what: str, runs: Iterable[_Run]) -> Iterator[str]:
    for one, two in pairwise(sorted(runs, key=lambda r: r.first_slot)):
        if two.first_slot < one.end_slot:
            yield f"{what}s {one.id} and {two.id} of one plant overlap; resolve them first"


def _measures_hang_together(instance: Instance) -> Iterator[str]:
    n = instance.grid.n_slots
    plants, zones, links = _ids(instance.plants), _ids(instance.zones), _ids(instance.links)
    classes = _ids(instance.vehicle_classes)
    processes = {x.id for p in instance.plants for x in p.processes}
    gates = {gate.id for p in instance.plants for gate in p.gates}
    for bar in instance.bars:
        yield from _unknown(f"bar {bar.id}", "plant", bar.plants, plants)
        yield from _unknown(f"bar {bar.id}", "zone", bar.zones, zones)
        yield from _unknown(f"bar {bar.id}", "link", bar.links, links)
        yield from _unknown(f"bar {bar.id}", "gate", bar.gates or (), gates)
        yield from _unknown(f"bar {bar.id}", "vehicle class", bar.classes, classes)
    bound_to_plants = [(w.id, w.plant) for w in instance.window_limits]
    bound_to_plants += [(c.id, c.plant) for c in instance.trip_cuts]
    for measure, plant in bound_to_plants:
        yield from _unknown(f"measure {measure}", "plant", [plant], plants)
    yield from _runs_fit(instance, "bar", instance.bars, n)
    yield from _runs_fit(instance, "window limit", instance.window_limits, n)
    yield from _runs_fit(instance, "trip cut", instance.trip_cuts, n)
    for plant in sorted(plants):
        yield from _do_not_overlap(
            "window limit", [w for w in instance.window_limits if w.plant == plant]
        )
        yield from _do_not_overlap("trip cut", [c for c in instance.trip_cuts if c.plant == plant])
    for cut in instance.output_cuts:
        yield from _unknown(f"output cut {cut.id}", "process", [cut.process], processes)
        if not cut.first_interval < cut.end_interval <= instance.grid.n_intervals:
            yield f"output cut {cut.id} does not lie in the horizon's intervals"


def _state_hangs_together(instance: Instance) -> Iterator[str]:
    n, state = instance.grid.n_slots, instance.state
    gates = {g.id for p in instance.plants for g in p.gates}
    processes = {x.id for p in instance.plants for x in p.processes}
    legs = {leg.id: leg for p in instance.plants for s in p.streams for leg in s.legs}
    yield from _unknown("state", "gate", [g.gate for g in state.gates], gates)
    yield from _unknown("state", "gate", [w.gate for w in state.locked_windows], gates)
    yield from _unknown("state", "process", [p.process for p in state.processes], processes)
    yield from _unknown("state", "plant", [p.plant for p in state.plants], _ids(instance.plants))
    in_slots = [(trips.leg, trips.slot) for trips in state.locked_trips]
    in_slots += [(trips.leg, trips.slot) for trips in instance.published or ()]
    given = [(trips.leg, trips.slot) for trips in state.given_back or ()]
    in_slots += given
    moving = [u.leg for u in state.under_way] + [h.leg for h in state.held]
    moving += [leg for leg, _ in in_slots]
    yield from _unknown("state", "leg", moving, set(legs))
    for held in state.held:
        if held.leg in legs and not legs[held.leg].may_wait:
            yield f"held trips of leg {held.leg}: its trucks may not wait inside"
    for leg, slot in in_slots:
        if slot >= n:
            yield f"trips of leg {leg} stand in slot {slot}, past the horizon"
    for window in state.locked_windows:
        if not window.first_slot < window.end_slot <= n:
            yield f"locked window of gate {window.gate} does not lie in the horizon"
    for name, keys in (
        ("gate", [g.gate for g in state.gates]),
        ("process", [p.process for p in state.processes]),
        ("plant", [p.plant for p in state.plants]),
        ("leg and slot of trips given back", given),
    ):
        if len(set(keys)) != len(keys):
            yield f"the state names a {name} twice"


def _in_force_hangs_together(instance: Instance) -> Iterator[str]:
    found, n = instance.in_force, instance.grid.n_slots
    if found is None:
        return
    if instance.published is None:
        yield "in_force without published: give the trips of the plan in force, be they none"
    gates = {g.id for p in instance.plants for g in p.gates}
    yield from _unknown("in_force", "gate", [w.gate for w in found.windows], gates)
    legs = {leg.id for p in instance.plants for s in p.streams for leg in s.legs}
    yield from _unknown("in_force", "leg", [r.leg for r in found.releases], legs)
    yield from _unknown("in_force", "plant", found.unchanged, _ids(instance.plants))
    for window in found.windows:
        if not window.first_slot < window.end_slot <= n:
            yield f"window of gate {window.gate} in force does not lie in the horizon"


_CHECKS = (
    _unique_ids,
    _network_hangs_together,
    _plants_hang_together,
    _measures_hang_together,
    _state_hangs_together,
    _in_force_hangs_together,
)
