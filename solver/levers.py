"""By how much a law at an object gives way: trucks, kg, slots of a limit, hours of a road or bar.

A lever at its full setting lifts the law; the least setting that still does is found by bisection,
since more of it never harms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

from solver.explain import Binding
from solver.instance import Bar, Instance, Plant, Stock, Value
from solver.irreducible import least_run
from solver.trial import ROADS, Cells

Unit = Literal["truck", "kg", "passage", "slot", "window", "percent", "measure"]

Row = TypeVar("Row", bound=Value)

Given = tuple[Instance, Cells]
"""A plant's instance as changed, and the shared capacities that take whatever comes."""

Asked = Callable[[Given], bool]


@dataclass(frozen=True)
class Amount:
    """A number of the instance that steps change; at most `most` of them."""

    unit: Unit
    step: int
    most: int
    turned: Callable[[Instance, int], Instance]

    @property
    def full(self) -> int:
        return self.most

    def given(self, before: Given, setting: int | range) -> Given:
        assert isinstance(setting, int), "an amount is a number of steps"
        return self.turned(before[0], setting), before[1]

    def least(self, before: Given, suffices: Asked) -> int:
        """The fewest steps that suffice; the full setting must."""
        low, high = 0, self.most
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if suffices(self.given(before, middle)) else (middle, high)
        return high

    def amount(self, setting: int | range) -> int:
        assert isinstance(setting, int), "an amount is a number of steps"
        return setting * self.step


@dataclass(frozen=True)
class Hours:
    """A law that is lifted in a run of slots."""

    full: range
    lifted: Callable[[Given, range], Given]
    unit: Unit = "slot"

    def given(self, before: Given, setting: int | range) -> Given:
        assert isinstance(setting, range), "hours are a run of slots"
        return self.lifted(before, setting)

    def least(self, before: Given, suffices: Asked) -> range:
        """The shortest run that suffices, here and there; the full one must."""
        return least_run(self.full, lambda run: suffices(self.given(before, run)))

    def amount(self, setting: int | range) -> int:
        assert isinstance(setting, range), "hours are a run of slots"
        return len(setting)


Lever = Amount | Hours


def lever_of(own: Instance, binding: Binding) -> Lever | None:
    """How the law that is meant gives way; None where it has no number."""
    where = binding.where
    if binding.law in ROADS or binding.law == "bar":
        return _hours_of(own, binding)
    if binding.law == "fleet":
        return Amount("truck", 1, 200, partial(_more_trucks, where))
    if binding.law == "gate_window":
        return Amount("passage", 1, 200, partial(_more_passages, where))
    if binding.law == "window_shape":
        return _of_limit(own, binding)
    if binding.law == "trip_cap":
        cut = next(c for c in own.trip_cuts if c.id == where)
        return Amount("percent", 1, cut.cut_percent, partial(_less_cut, where))
    (plant,) = own.plants
    stock = next((s for s in plant.stocks if s.id == where), None)
    return None if stock is None else _of_stock(plant, stock, binding.part)


def _hours_of(own: Instance, binding: Binding) -> Hours:
    where = binding.where
    if binding.law in ROADS:
        every = range(own.grid.n_slots)
        return Hours(every, partial(_open_road, ROADS[binding.law], where))
    bar = next(b for b in own.bars if b.id == where)
    run = range(bar.first_slot, min(bar.end_slot, own.grid.n_slots))
    return Hours(run, partial(_lift_bar, bar))


def _open_road(what: str, where: str, before: Given, run: range) -> Given:
    own, opened = before
    return own, opened | {(what, where, slot) for slot in run}


def _lift_bar(bar: Bar, before: Given, run: range) -> Given:
    """The bar before and after the run."""
    own, opened = before
    parts = ((bar.first_slot, run.start), (run.stop, bar.end_slot))
    left = [
        bar.model_copy(update={"id": f"{bar.id}/{n}", "first_slot": first, "end_slot": end})
        for n, (first, end) in enumerate(parts)
        if first < end
    ]
    if not run:
        left = [bar]
    others = [other for other in own.bars if other.id != bar.id]
    return own.model_copy(update={"bars": (*others, *left)}), opened


def _more_trucks(vehicle: str, own: Instance, n: int) -> Instance:
    (plant,) = own.plants
    fleet = next(f for f in plant.fleets if f.vehicle_class == vehicle)
    return _with_plant(own, "fleets", _changed(plant.fleets, fleet, {"trucks": fleet.trucks + n}))


def _more_passages(name: str, own: Instance, n: int) -> Instance:
    (plant,) = own.plants
    gate = next(g for g in plant.gates if g.id == name)
    more = {"capacity_passages": gate.capacity_passages + n}
    return _with_plant(own, "gates", _changed(plant.gates, gate, more))


def _less_cut(name: str, own: Instance, n: int) -> Instance:
    cut = next(c for c in own.trip_cuts if c.id == name)
    cuts = _changed(own.trip_cuts, cut, {"cut_percent": cut.cut_percent - n})
    return own.model_copy(update={"trip_cuts": cuts})


def _changed(rows: tuple[Row, ...], row: Row, changes: Mapping[str, int]) -> tuple[Row, ...]:
    """The rows, one of them with other values."""
    return tuple(r.model_copy(update=changes) if r is row else r for r in rows)


def _with_plant(own: Instance, part: str, rows: tuple[Value, ...]) -> Instance:
    (plant,) = own.plants
    return own.model_copy(update={"plants": (plant.model_copy(update={part: rows}),)})


def _of_limit(own: Instance, binding: Binding) -> Amount | None:
    limit = next(w for w in own.window_limits if w.id == binding.where)
    rising: dict[str, Unit] = {
        "max_slots": "slot",
        "max_open_slots_day": "slot",
        "max_windows_day": "window",
    }
    falling = {"min_slots": limit.min_slots - 1, "min_pause_slots": limit.min_pause_slots}
    part = binding.part
    if part in rising:
        turn = partial(_change_limit, limit.id, part, 1)
        return Amount(rising[part], 1, own.grid.n_slots, turn)
    if part in falling:
        return Amount("slot", 1, falling[part], partial(_change_limit, limit.id, part, -1))
    return None


def _change_limit(name: str, part: str, sign: int, own: Instance, n: int) -> Instance:
    limit = next(w for w in own.window_limits if w.id == name)
    limits = _changed(own.window_limits, limit, {part: getattr(limit, part) + sign * n})
    return own.model_copy(update={"window_limits": limits})


def _of_stock(plant: Plant, stock: Stock, part: str) -> Amount:
    """Whole units of what the recipes eat and make of a stock, or tonnes where none does."""
    items = [i for p in plant.processes for i in p.recipe if i.stock == stock.id]
    step = max(1000, min((i.consumes_kg + i.produces_kg for i in items), default=1000))
    turnover = sum(
        (i.consumes_kg + i.produces_kg) * sum(p.rate_max)
        for p in plant.processes
        for i in p.recipe
        if i.stock == stock.id
    )
    most = (turnover + stock.max_kg + sum(stock.dispatches_kg)) // step + 1
    if part == "min_kg":
        most = stock.min_kg // step
    if part == "end_min_kg":
        most = -(-(stock.end_min_kg or 0) // step)
    return Amount("kg", step, most, partial(_change_stock, stock.id, part, step))


def _change_stock(stock_id: str, part: str, step: int, own: Instance, n: int) -> Instance:
    (plant,) = own.plants
    stock = next(s for s in plant.stocks if s.id == stock_id)
    change: dict[str, int] = {
        "now_kg": stock.now_kg + n * step,
        "max_kg": stock.max_kg + n * step,
        "min_kg": stock.min_kg - n * step,
        "end_min_kg": max(0, (stock.end_min_kg or 0) - n * step),
        "end_max_kg": (stock.end_max_kg or 0) + n * step,
    }
    changes = {part: change[part]}
    if part == "now_kg":
        changes["max_kg"] = max(stock.max_kg, change[part])
    return _with_plant(own, "stocks", _changed(plant.stocks, stock, changes))
