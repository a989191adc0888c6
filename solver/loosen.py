"""What could be loosened of the laws that bind one plant: one edit of its instance each.

A looser instance allows all that the stricter one allows. It serves to be solved and compared;
it is no instance that anyone states, so its numbers may leave the ranges of `solver/instance.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import gcd
from typing import Literal

from solver.instance import (
    LARGEST_SAFE,
    Gate,
    Instance,
    Plant,
    Stock,
    TripCut,
    WindowLimit,
)

BindingLaw = Literal[
    "bar",
    "trip_cap",
    "window_shape",
    "gate_window",
    "link_capacity",
    "zone_cap",
    "fleet",
    "stock_balance",
    "end_stock",
]
"""Laws in the order in which causes of equal relief are told: what keeps trips off the road, then
what keeps a plant from living off its yard instead."""

Edit = Callable[[Instance], Instance]


@dataclass(frozen=True)
class Relaxation:
    """Law `law` lifted at object `where`; `part` is the field of it that is loosened, empty where
    the law has one there."""

    law: BindingLaw
    where: str
    part: str
    edit: Edit

    @property
    def key(self) -> tuple[str, str, str]:
        return self.law, self.where, self.part


def relaxed(instance: Instance, relaxations: Iterable[Relaxation]) -> Instance:
    for relaxation in relaxations:
        instance = relaxation.edit(instance)
    return instance


def relaxations_of(instance: Instance, plant: Plant) -> tuple[Relaxation, ...]:
    """Every relaxation that concerns one plant, sorted by law, object and part."""
    ample = _ample_trips(plant)
    found = [
        *(_lifted("link_capacity", link.id, _widen_link) for link in instance.links),
        *(_lifted("zone_cap", z.id, _uncap_zone) for z in instance.zones if z.cap_mpcu is not None),
        *(_lifted("bar", bar.id, _remove_bar) for bar in instance.bars),
        *(
            _lifted("trip_cap", c.id, _remove_cut)
            for c in instance.trip_cuts
            if c.plant == plant.id
        ),
        *(_gate(plant, gate, ample) for gate in plant.gates),
        *(_fleet(plant, f.vehicle_class, f.trucks + ample) for f in plant.fleets),
        *(r for w in instance.window_limits if w.plant == plant.id for r in _limit(instance, w)),
        *(r for stock in plant.stocks for r in _stock(plant, stock, _turnover_kg(plant, stock))),
    ]
    return tuple(sorted(found, key=lambda r: r.key))


def supplies_of(plant: Plant) -> tuple[Relaxation, ...]:
    """Enough in hand at slot 0 of each stock that is consumed: what no law withholds."""
    found = []
    for stock in plant.stocks:
        used_kg = sum(stock.dispatches_kg) + _consumed_kg(plant, stock)
        if used_kg:
            found.append(_more_in_hand(plant, stock, used_kg))
    return tuple(sorted(found, key=lambda r: r.key))


def loads_of(plant: Plant) -> tuple[Relaxation, ...]:
    """A load in hand at slot 0 for each stream that takes away what nothing eats."""
    found = []
    for stock in plant.stocks:
        loads = [s.payload_kg for s in plant.streams if (s.stock, s.direction) == (stock.id, "out")]
        if loads and not _consumed_kg(plant, stock) + sum(stock.dispatches_kg):
            step = _step_kg(plant, stock)
            kg = -(-(max(loads) + stock.min_kg) // step) * step
            found.append(_more_in_hand(plant, stock, kg))
    return tuple(sorted(found, key=lambda r: r.key))


def _lifted(law: BindingLaw, where: str, edit: Callable[[str, Instance], Instance]) -> Relaxation:
    return Relaxation(law, where, "", partial(edit, where))


def _widen_link(id: str, instance: Instance) -> Instance:
    links = tuple(
        link.model_copy(update={"capacity_mpcu_h": LARGEST_SAFE}) if link.id == id else link
        for link in instance.links
    )
    return instance.model_copy(update={"links": links})


def _uncap_zone(id: str, instance: Instance) -> Instance:
    zones = tuple(
        zone.model_copy(update={"cap_mpcu": None}) if zone.id == id else zone
        for zone in instance.zones
    )
    return instance.model_copy(update={"zones": zones})


def _remove_bar(id: str, instance: Instance) -> Instance:
    return instance.model_copy(update={"bars": tuple(b for b in instance.bars if b.id != id)})


def _remove_cut(id: str, instance: Instance) -> Instance:
    """No cap on the local days on which the cut lies: a day's allowance is one for all of its
    cuts, so a cut that went alone would take its allowance along."""
    day_of = instance.grid.day_of
    days = {
        day_of(slot)
        for cut in instance.trip_cuts
        if cut.id == id
        for slot in range(cut.first_slot, cut.end_slot)
    }
    left: list[TripCut] = []
    for cut in instance.trip_cuts:
        slots_by_day: dict[int, list[int]] = defaultdict(list)
        for slot in range(cut.first_slot, cut.end_slot):
            slots_by_day[day_of(slot)].append(slot)
        for day, slots in slots_by_day.items():
            if day not in days:
                run = {"first_slot": slots[0], "end_slot": slots[-1] + 1}
                left.append(cut.model_copy(update=run))
    return instance.model_copy(update={"trip_cuts": tuple(left)})


def _change_plant(id: str, changes: Callable[[Plant], dict[str, object]], i: Instance) -> Instance:
    plants = tuple(p.model_copy(update=changes(p)) if p.id == id else p for p in i.plants)
    return i.model_copy(update={"plants": plants})


def _gate(plant: Plant, gate: Gate, ample: int) -> Relaxation:
    capacity = {"capacity_passages": gate.capacity_passages + 2 * ample}

    def wide(of: Plant) -> dict[str, object]:
        gates = (g.model_copy(update=capacity) if g.id == gate.id else g for g in of.gates)
        return {"gates": tuple(gates)}

    edit = partial(_change_plant, plant.id, wide)
    return Relaxation("gate_window", gate.id, "capacity_passages", edit)


def _fleet(plant: Plant, vehicle: str, trucks: int) -> Relaxation:
    def more(of: Plant) -> dict[str, object]:
        fleets = (
            f.model_copy(update={"trucks": trucks}) if f.vehicle_class == vehicle else f
            for f in of.fleets
        )
        return {"fleets": tuple(fleets)}

    return Relaxation("fleet", vehicle, "", partial(_change_plant, plant.id, more))


def _limit(instance: Instance, limit: WindowLimit) -> Iterator[Relaxation]:
    """A window limit number by number. Windows of all slots, inherited ones included, are many
    enough for the upper numbers."""
    state = instance.state.gates
    all_slots = instance.grid.n_slots + max((s.open_slots_before for s in state), default=0)
    loose = {
        "min_slots": 1,
        "max_slots": max(limit.max_slots, all_slots),
        "max_open_slots_day": max(
            limit.max_open_slots_day,
            all_slots + max((s.open_slots_today for s in state), default=0),
        ),
        "max_windows_day": max(
            limit.max_windows_day, all_slots + max((s.windows_today for s in state), default=0)
        ),
        "min_pause_slots": 0,
        "partial_slots": (),
    }
    for part, value in loose.items():
        if getattr(limit, part) != value:
            edit = partial(_change_limit, limit.id, {part: value})
            yield Relaxation("window_shape", limit.id, part, edit)


def _change_limit(id: str, changes: Mapping[str, object], instance: Instance) -> Instance:
    limits = tuple(
        limit.model_copy(update=changes) if limit.id == id else limit
        for limit in instance.window_limits
    )
    return instance.model_copy(update={"window_limits": limits})


def _stock(plant: Plant, stock: Stock, turnover_kg: int) -> Iterator[Relaxation]:
    """Bounds out of reach, moved by whole steps: goods are refused in amounts that all bounds and
    moves have as a divisor, and a bound that went altogether could leave a coarser one."""
    step = _step_kg(plant, stock)
    loose = {"max_kg": turnover_kg}
    if stock.min_kg >= step:
        loose["min_kg"] = -(stock.min_kg // step) * step
    if stock.end_min_kg is not None:
        loose["end_min_kg"] = (-stock.end_min_kg // step) * step
    if stock.end_max_kg is not None:
        loose["end_max_kg"] = -(-(stock.max_kg + turnover_kg) // step) * step
    for part, kg in loose.items():
        law: BindingLaw = "end_stock" if part.startswith("end_") else "stock_balance"
        edit = partial(_shift_stock, plant.id, stock.id, {part: kg})
        yield Relaxation(law, stock.id, part, edit)


def _more_in_hand(plant: Plant, stock: Stock, kg: int) -> Relaxation:
    """So much more at slot 0, with room for it then and at the end."""
    more = {"now_kg": kg, "max_kg": kg, "end_max_kg": kg}
    edit = partial(_shift_stock, plant.id, stock.id, more)
    return Relaxation("stock_balance", stock.id, "now_kg", edit)


def _step_kg(plant: Plant, stock: Stock) -> int:
    """The common divisor of all that moves a stock."""
    loads = (s.payload_kg for s in plant.streams if s.stock == stock.id)
    made = (
        item.consumes_kg + item.produces_kg
        for process in plant.processes
        for item in process.recipe
        if item.stock == stock.id
    )
    return gcd(*loads, *made, *stock.arrivals_kg, *stock.dispatches_kg) or 1


def _shift_stock(
    plant: str, id: str, kg_by_part: Mapping[str, int], instance: Instance
) -> Instance:
    """Numbers of a stock moved by so much, whatever else was loosened; those it has not stay so."""

    def shifted(stock: Stock) -> Stock:
        old = {part: getattr(stock, part) for part in kg_by_part}
        new = {part: kg + kg_by_part[part] for part, kg in old.items() if kg is not None}
        return stock.model_copy(update=new)

    def changed(of: Plant) -> dict[str, object]:
        return {"stocks": tuple(shifted(s) if s.id == id else s for s in of.stocks)}

    return _change_plant(plant, changed, instance)


def _consumed_kg(plant: Plant, stock: Stock) -> int:
    return sum(
        item.consumes_kg * sum(process.rate_max)
        for process in plant.processes
        for item in process.recipe
        if item.stock == stock.id
    )


def _turnover_kg(plant: Plant, stock: Stock) -> int:
    """All that can come to a stock in the horizon, and a load more of each stream, in whole units
    of what moves its level."""
    made = sum(
        item.produces_kg * sum(process.rate_max)
        for process in plant.processes
        for item in process.recipe
        if item.stock == stock.id
    )
    lots = sum(
        s.payload_kg * (1 - (-_consumed_kg(plant, stock) // s.payload_kg))
        for s in plant.streams
        if s.stock == stock.id and s.direction == "in"
    )
    return made + sum(stock.arrivals_kg) + lots


def _ample_trips(plant: Plant) -> int:
    """More trips than the plant could load or unload in the horizon."""
    stocks = {stock.id: stock for stock in plant.stocks}
    total = 0
    for stream in plant.streams:
        stock = stocks[stream.stock]
        kg = stock.max_kg + stock.now_kg + _turnover_kg(plant, stock)
        kg += _consumed_kg(plant, stock) + sum(stock.dispatches_kg)
        total += kg // stream.payload_kg + 1
    return total
