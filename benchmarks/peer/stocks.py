"""Laws stock_balance, end_stock and must_run."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import accumulate

from benchmarks.peer.mip import Sum
from benchmarks.peer.model import Exogenous, Model
from solver.instance import Plant, Stock

Cell = tuple[str, int]


def add_stocks(model: Model) -> None:
    """Rates, refusals, levels interval by interval, and what the end falls short."""
    for plant in model.instance.plants:
        for process in plant.processes:
            for interval, most in enumerate(model.permitted[process.id]):
                model.rate[process.id, interval] = model.mip.column(0, most)
    own = _moves(model)
    under_way = _moved_kg(model, model.trips.under_way)
    fixed = _added(under_way, _moved_kg(model, model.trips.locked))
    for plant in model.instance.plants:
        for stock in plant.stocks:
            bare = _levels(model, stock, under_way)
            inert = _levels(model, stock, fixed)
            _add_levels(model, plant, stock, own, fixed, inert, bare)
        for process in plant.processes:
            _add_breach(model, plant, process.id)


def _added(one: Counter[Cell], two: Counter[Cell]) -> Counter[Cell]:
    return Counter({key: one[key] + two[key] for key in one.keys() | two.keys()})


def _moves(model: Model) -> defaultdict[Cell, list[tuple[int, int]]]:
    """(signed payload, column) of own trips by stock and interval."""
    found: defaultdict[Cell, list[tuple[int, int]]] = defaultdict(list)
    for (leg, slot), column in model.own.items():
        trip = model.trips.of[leg]
        at = slot + trip.moves_s // model.grid.slot_s
        if at < model.grid.n_slots:
            sign = 1 if trip.stream.direction == "in" else -1
            cell = (trip.stream.stock, model.grid.interval_of(at))
            found[cell].append((sign * trip.stream.payload_kg, column))
    return found


def _moved_kg(model: Model, sent: Counter[Cell]) -> Counter[Cell]:
    moved: Counter[Cell] = Counter()
    for (leg, slot), trips in sent.items():
        trip = model.trips.of[leg]
        at = slot + trip.moves_s // model.grid.slot_s
        if 0 <= at < model.grid.n_slots:
            sign = 1 if trip.stream.direction == "in" else -1
            cell = (trip.stream.stock, model.grid.interval_of(at))
            moved[cell] += sign * trips * trip.stream.payload_kg
    return moved


def _levels(model: Model, stock: Stock, moved: Counter[Cell]) -> list[int]:
    kg = [moved[stock.id, interval] for interval in range(model.grid.n_intervals)]
    return list(accumulate(kg, initial=stock.now_kg))[1:]


def _add_levels(
    model: Model,
    plant: Plant,
    stock: Stock,
    own: defaultdict[Cell, list[tuple[int, int]]],
    fixed: Counter[Cell],
    inert: list[int],
    bare: list[int],
) -> None:
    for interval in range(model.grid.n_intervals):
        low = min(stock.min_kg, max(inert[interval], min(0, bare[interval])))
        high = max(stock.max_kg, inert[interval])
        level = model.level[stock.id, interval] = model.mip.column(low, high)
        row = Sum(constant=fixed[stock.id, interval])
        row.add(-1, level)
        if interval:
            row.add(1, model.level[stock.id, interval - 1])
        else:
            row.constant += stock.now_kg
        for kg, column in own[stock.id, interval]:
            row.add(kg, column)
        _exogenous(model, stock, interval, row)
        for process in plant.processes:
            for item in process.recipe:
                if item.stock == stock.id:
                    kg = item.produces_kg - item.consumes_kg
                    row.add(kg, model.rate[process.id, interval])
        model.mip.equal(row, 0)


def _exogenous(model: Model, stock: Stock, interval: int, row: Sum) -> None:
    come, go = stock.arrivals_kg[interval], stock.dispatches_kg[interval]
    row.constant += come - go
    both: tuple[tuple[Exogenous, int, int], ...] = (("arrival", come, -1), ("dispatch", go, 1))
    for what, kg, sign in both:
        if kg:
            column = model.refused[stock.id, interval, what] = model.mip.column(0, kg)
            row.add(sign, column)


def _add_breach(model: Model, plant: Plant, process_id: str) -> None:
    """Whole units of rate that make up the greatest breach of a stock at the end."""
    process = next(p for p in plant.processes if p.id == process_id)
    last, rows = model.grid.n_intervals - 1, []
    for stock in plant.stocks:
        if stock.breach_process != process_id:
            continue
        item = next(item for item in process.recipe if item.stock == stock.id)
        unit, level = item.consumes_kg or item.produces_kg, model.level[stock.id, last]
        if stock.end_min_kg is not None:
            rows.append((unit, 1, level, stock.end_min_kg))
        if stock.end_max_kg is not None:
            rows.append((unit, -1, level, -stock.end_max_kg))
    if not rows:
        return
    far = [max(0, least - sign * _extreme(model, sign, level)) for _, sign, level, least in rows]
    most = max(-(-kg // unit) for kg, (unit, _, _, _) in zip(far, rows, strict=True))
    model.breach[process_id] = model.mip.column(0, most)
    for unit, sign, level, least in rows:
        row = Sum()
        row.add(unit, model.breach[process_id])
        row.add(sign, level)
        model.mip.at_least(row, least)


def _extreme(model: Model, sign: int, level: int) -> int:
    """The level that is worst for a row: the least for an end at least, else the greatest."""
    return model.mip.least(level) if sign > 0 else model.mip.most(level)
