"""In which slots a law binds a plant's decisions: where not one more truck, or load, would fit."""

from __future__ import annotations

from collections.abc import Iterable

from solver.alone import Beside, Taken
from solver.checks.cycles import World, runs_of_true
from solver.checks.stocks import Working
from solver.checks.traffic import Load, Traffic
from solver.checks.trips import fleet
from solver.derive import Move
from solver.instance import Bar, Instance, Plant, TripCut, WindowLimit
from solver.loosen import Relaxation
from solver.plan import Decisions

Slots = tuple[tuple[int, int], ...]
"""Half-open runs of slots."""


def binding_slots(
    own: Instance, taken: Taken, decisions: Decisions, relaxation: Relaxation
) -> Slots:
    """The runs in which a law binds at the object of a relaxation; empty for laws without
    slots. A measure binds as long as it is in force."""
    law, where = relaxation.law, relaxation.where
    measures: list[Bar | WindowLimit | TripCut] = []
    measures += own.bars
    measures += own.window_limits
    measures += own.trip_cuts
    for measure in measures:
        if law in ("bar", "window_shape", "trip_cap") and measure.id == where:
            return ((measure.first_slot, measure.end_slot),)
    traffic = Traffic(World(own), decisions)
    if law in ("link_capacity", "zone_cap"):
        return _runs(_tight_road(Beside(own, taken), traffic, law, where))
    if law == "gate_window":
        return _runs(_full_gate(traffic, where))
    if law == "fleet":
        return _runs(_fleet_out(own, decisions, where))
    if law == "stock_balance":
        return _runs(_stock_at_bound(Working(traffic), where, relaxation.part))
    return ()


def _runs(slots: Iterable[int]) -> Slots:
    return tuple((run.start, run.stop) for run in runs_of_true(sorted(slots)))


def _tight_road(derived: Beside, traffic: Traffic, law: str, where: str) -> list[int]:
    """Slots in which the smallest class that the plant sends there no longer fits."""
    on_link = law == "link_capacity"
    load = traffic.link_mpcu if on_link else traffic.zone_mpcu
    moves = [
        (use.pcu_mpcu, move)
        for use in derived.legs.values()
        for move in (use.departure, use.release)
        if move is not None
    ]
    sizes = [pcu for pcu, move in moves if where in _met(move, on_link)]
    if not sizes:
        return []
    tight = []
    for slot in range(derived.grid.n_slots):
        residual = (
            derived.link_residual_mpcu(where, slot)
            if on_link
            else derived.zone_residual_mpcu(where, slot)
        )
        if residual is not None and load.own[where, slot] + min(sizes) > residual:
            tight.append(slot)
    return tight


def _met(move: Move, on_link: bool) -> set[str]:
    return {name for name, _ in (move.links if on_link else move.zones)}


def _full_gate(traffic: Traffic, gate: str) -> list[int]:
    load: Load = traffic.passages
    capacity = traffic.world.gate_capacity[gate]
    slots = range(traffic.world.instance.grid.n_slots)
    return [t for t in slots if load.own[gate, t] + load.others[gate, t] >= capacity]


def _fleet_out(own: Instance, decisions: Decisions, vehicle: str) -> list[int]:
    """Slots in which the law is breached with one truck less."""
    (plant,) = own.plants
    trucks = {f.vehicle_class: f.trucks for f in plant.fleets}[vehicle]
    if trucks == 0:
        return list(range(own.grid.n_slots))
    fewer = tuple(
        f.model_copy(update={"trucks": trucks - 1}) if f.vehicle_class == vehicle else f
        for f in plant.fleets
    )
    less = own.model_copy(update={"plants": (plant.model_copy(update={"fleets": fewer}),)})
    breaches = fleet(Traffic(World(less), decisions))
    where = f"{plant.id} {vehicle}"
    return [b.slot for b in breaches if b.where == where and b.slot is not None]


def _stock_at_bound(working: Working, name: str, part: str) -> list[int]:
    """Slots of the intervals after which no further load fits or no further unit is in hand."""
    grid = working.world.instance.grid
    (plant,) = working.world.instance.plants
    stock = working.world.stocks[name]
    step = _step_kg(plant, name, into=part == "max_kg")
    slots: list[int] = []
    for interval, level in enumerate(working.levels[name]):
        is_full, is_out = level + step > stock.max_kg, level - step < stock.min_kg
        if is_full if part == "max_kg" else is_out:
            slots += grid.slots_of_interval(interval)
    return slots


def _step_kg(plant: Plant, stock: str, *, into: bool) -> int:
    """The least by which a trip or a unit of rate moves a stock up, or down."""
    steps = [
        s.payload_kg for s in plant.streams if s.stock == stock and (s.direction == "in") == into
    ]
    for process in plant.processes:
        for item in process.recipe:
            if item.stock == stock:
                steps.append(item.produces_kg if into else item.consumes_kg)
    return min((step for step in steps if step), default=1)
