"""What could be loosened of the laws that bind one plant: one edit of its instance each.

A looser instance allows all that the stricter one allows. It serves to be solved and compared;
it is no instance that anyone states, so its numbers may leave the ranges of `solver/instance.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
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


def relaxations_of(instance: Instance) -> tuple[Relaxation, ...]:
    """Every relaxation of an instance of one plant, sorted by law, object and part."""
    (plant,) = instance.plants
    ample = _ample_trips(plant)
    found = [
        *(_lifted("link_capacity", link.id, _widen_link) for link in instance.links),
        *(_lifted("zone_cap", z.id, _uncap_zone) for z in instance.zones if z.cap_mpcu is not None),
        *(_lifted("bar", bar.id, _remove_bar) for bar in instance.bars),
        *(_lifted("trip_cap", cut.id, _remove_cut) for cut in instance.trip_cuts),
        *(_gate(gate, ample) for gate in plant.gates),
        *(_fleet(fleet.vehicle_class, fleet.trucks + ample) for fleet in plant.fleets),
        *(r for limit in instance.window_limits for r in _limit(instance, limit)),
        *(r for stock in plant.stocks for r in _stock(stock, _turnover_kg(plant, stock))),
    ]
    return tuple(sorted(found, key=lambda r: r.key))


def supplies_of(instance: Instance) -> tuple[Relaxation, ...]:
    """Enough in hand at slot 0 of each stock that is consumed: what no law withholds."""
    (plant,) = instance.plants
    found = []
    for stock in plant.stocks:
        used_kg = sum(stock.dispatches_kg) + _consumed_kg(plant, stock)
        if used_kg:
            full = {"now_kg": stock.now_kg + used_kg, "max_kg": stock.max_kg + used_kg}
            edit = partial(_change_stock, stock.id, full)
            found.append(Relaxation("stock_balance", stock.id, "now_kg", edit))
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


def _change_plant(instance: Instance, **changes: object) -> Instance:
    (plant,) = instance.plants
    return instance.model_copy(update={"plants": (plant.model_copy(update=changes),)})


def _gate(gate: Gate, ample: int) -> Relaxation:
    capacity = {"capacity_passages": gate.capacity_passages + 2 * ample}

    def edit(instance: Instance) -> Instance:
        (plant,) = instance.plants
        wide = (g.model_copy(update=capacity) if g.id == gate.id else g for g in plant.gates)
        return _change_plant(instance, gates=tuple(wide))

    return Relaxation("gate_window", gate.id, "capacity_passages", edit)


def _fleet(vehicle: str, trucks: int) -> Relaxation:
    def edit(instance: Instance) -> Instance:
        (plant,) = instance.plants
        more = (
            f.model_copy(update={"trucks": trucks}) if f.vehicle_class == vehicle else f
            for f in plant.fleets
        )
        return _change_plant(instance, fleets=tuple(more))

    return Relaxation("fleet", vehicle, "", edit)


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


def _stock(stock: Stock, turnover_kg: int) -> Iterator[Relaxation]:
    loose: dict[str, int | None] = {"max_kg": stock.max_kg + turnover_kg}
    if stock.min_kg:
        loose["min_kg"] = 0
    if stock.end_min_kg is not None:
        loose["end_min_kg"] = None
    if stock.end_max_kg is not None:
        loose["end_max_kg"] = None
    for part, value in loose.items():
        law: BindingLaw = "end_stock" if part.startswith("end_") else "stock_balance"
        yield Relaxation(law, stock.id, part, partial(_change_stock, stock.id, {part: value}))


def _change_stock(id: str, changes: Mapping[str, object], instance: Instance) -> Instance:
    (plant,) = instance.plants
    stocks = (s.model_copy(update=changes) if s.id == id else s for s in plant.stocks)
    return _change_plant(instance, stocks=tuple(stocks))


def _consumed_kg(plant: Plant, stock: Stock) -> int:
    return sum(
        item.consumes_kg * sum(process.rate_max)
        for process in plant.processes
        for item in process.recipe
        if item.stock == stock.id
    )


def _turnover_kg(plant: Plant, stock: Stock) -> int:
    """All that can come to a stock in the horizon, in whole units of what moves its level."""
    made = sum(
        item.produces_kg * sum(process.rate_max)
        for process in plant.processes
        for item in process.recipe
        if item.stock == stock.id
    )
    lots = sum(
        s.payload_kg * -(-_consumed_kg(plant, stock) // s.payload_kg)
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
