"""Laws `stock_balance`, `end_stock` and `must_run`. Meaning: docs/model.md."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from itertools import accumulate
from math import gcd

from solver.block import Block
from solver.instance import Process, Stock
from solver.linear import Expression, Terms


def add_stock_balance(block: Block) -> None:
    """Stocks stay between their bounds after each interval; goods move at loading and unloading;
    one rate per process draws on all its inputs at once."""
    for process in block.plant.processes:
        for interval, permitted in enumerate(block.derived.permitted[process.id]):
            block.rate[process.id, interval] = block.rows.variable(0, permitted)
    for stock in block.plant.stocks:
        _add_stock(block, stock)


def fixed_moves_kg(block: Block, stock: Stock, *, under_way_alone: bool = False) -> list[int]:
    """kg that locked and under-way trips bring (+) or take (-), per interval."""
    grid = block.derived.grid
    moved = [0] * grid.n_intervals
    for use, slot, trips in block.fixed_departures:
        at = slot + use.stock_slots
        if under_way_alone and slot >= 0:
            continue
        if use.stream.stock == stock.id and 0 <= at < grid.n_slots:
            sign = 1 if use.stream.direction == "in" else -1
            moved[grid.interval_of(at)] += sign * trips * use.stream.payload_kg
    return moved


def level_bounds(block: Block, stock: Stock) -> tuple[list[int], list[int]]:
    """Least and greatest level after each interval; an inherited breach is allowed to stand,
    and so are loads that trucks under way come for and do not find."""
    inert = list(accumulate(fixed_moves_kg(block, stock), initial=stock.now_kg))[1:]
    under_way = fixed_moves_kg(block, stock, under_way_alone=True)
    bare = list(accumulate(under_way, initial=stock.now_kg))[1:]
    pairs = zip(inert, bare, strict=True)
    low = [min(stock.min_kg, max(level, min(0, missing))) for level, missing in pairs]
    high = [max(stock.max_kg, level) for level in inert]
    return low, high


def own_moves_kg(block: Block, stock: Stock) -> dict[int, Terms]:
    """(signed kg, departure variable) per interval in which the goods move."""
    grid, legs = block.derived.grid, block.derived.legs
    moved: dict[int, Terms] = defaultdict(list)
    for (leg, slot), variable in block.own.items():
        use = legs[leg]
        at = slot + use.stock_slots
        if use.stream.stock == stock.id and at < grid.n_slots:
            sign = 1 if use.stream.direction == "in" else -1
            moved[grid.interval_of(at)].append((sign * use.stream.payload_kg, variable))
    return moved


def _made_kg(block: Block, stock: Stock, interval: int) -> Terms:
    return [
        (item.produces_kg - item.consumes_kg, block.rate[process.id, interval])
        for process in block.plant.processes
        for item in process.recipe
        if item.stock == stock.id
    ]


def _add_stock(block: Block, stock: Stock) -> None:
    fixed, own = fixed_moves_kg(block, stock), own_moves_kg(block, stock)
    low, high = level_bounds(block, stock)
    grain = _grain_kg(block, stock, low, high)
    before = Expression(constant=stock.now_kg)
    chains: list[int] = []
    for interval in range(block.derived.grid.n_intervals):
        exogenous = stock.arrivals_kg[interval] - stock.dispatches_kg[interval]
        moved = _whole_trips(block, own[interval], f"stock {stock.id}, interval {interval}")
        terms = [*before.terms, *moved, *_made_kg(block, stock, interval)]
        terms += _refusals(block, stock, interval, grain)
        # level = now + grain * chain; chain is the variable.
        chain = block.rows.variable(
            -(-(low[interval] - stock.now_kg) // grain), (high[interval] - stock.now_kg) // grain
        )
        constant = before.constant + fixed[interval] + exogenous - stock.now_kg
        block.rows.row(
            [*terms, (-grain, chain)],
            -constant,
            -constant,
            "stock_balance",
            f"stock {stock.id}, interval {interval}",
        )
        chains.append(chain)
        before = Expression([(grain, chain)], stock.now_kg)
    if any(name == stock.id for name, _, _ in block.refused):
        block.settlers.append(partial(_settle_refusals, block, stock, chains, grain))
    _add_end_stock(block, stock, before)


def _whole_trips(block: Block, moved: Terms, where: str) -> Terms:
    """The same kg by one variable per signed payload: how many trips there are in all."""
    by_kg: dict[int, Terms] = defaultdict(list)
    for kg, variable in moved:
        by_kg[kg].append((1, variable))
    return [
        (kg, total)
        for kg, trips in by_kg.items()
        for _, total in whole(block, trips, "stock_balance", f"trips of {where}")
    ]


def whole(block: Block, trips: Terms, law: str, where: str) -> Terms:
    """The sum of trips as one integer variable: search decides such sums early, single
    departures late."""
    if not trips:
        return []
    total = block.rows.variable(0, block.rows.most(trips))
    block.rows.row([*trips, (-1, total)], 0, 0, law, where)
    return [(1, total)]


def _grain_kg(block: Block, stock: Stock, low: list[int], high: list[int]) -> int:
    """The common divisor of all that moves the level. With exogenous moves the bounds count
    too, so that refusals in whole grains lose no plan worth having."""
    parts = [s.payload_kg for s in block.plant.streams if s.stock == stock.id]
    for process in block.plant.processes:
        for item in process.recipe:
            if item.stock == stock.id:
                parts.append(item.consumes_kg + item.produces_kg)
    moved = [*stock.arrivals_kg, *stock.dispatches_kg]
    if any(moved):
        ends = [e for e in (stock.end_min_kg, stock.end_max_kg) if e is not None]
        parts += moved + [abs(e - stock.now_kg) for e in (*low, *high, *ends)]
    return gcd(*parts)


def _refusals(block: Block, stock: Stock, interval: int, grain: int) -> Terms:
    terms: Terms = []
    if stock.arrivals_kg[interval]:
        refused = block.rows.variable(0, stock.arrivals_kg[interval] // grain)
        block.refused[stock.id, interval, "arrival"] = (refused, grain)
        terms.append((-grain, refused))
    if stock.dispatches_kg[interval]:
        refused = block.rows.variable(0, stock.dispatches_kg[interval] // grain)
        block.refused[stock.id, interval, "dispatch"] = (refused, grain)
        terms.append((grain, refused))
    return terms


def _settle_refusals(
    block: Block, stock: Stock, chains: list[int], grain: int, values: list[int]
) -> None:
    """Undo refusals that nothing asks for: goods are taken in, or sent off, as long as the stock
    stays within its bounds, and its end no worse, to the end of the horizon."""
    low, high = level_bounds(block, stock)
    end = stock.now_kg + grain * values[chains[-1]]
    if stock.end_max_kg is not None:
        high[-1] = max(end, min(high[-1], stock.end_max_kg))
    if stock.end_min_kg is not None:
        low[-1] = min(end, max(low[-1], stock.end_min_kg))
    for (name, interval, what), (refused, _) in sorted(block.refused.items()):
        if name != stock.id or values[refused] == 0:
            continue
        sign = 1 if what == "arrival" else -1
        later = range(interval, len(chains))
        levels = [stock.now_kg + grain * values[chains[k]] for k in later]
        sides = high if sign > 0 else low
        slack = min(sign * (sides[k] - level) for k, level in zip(later, levels, strict=True))
        taken = min(values[refused], slack // grain)
        values[refused] -= taken
        for k in later:
            values[chains[k]] += sign * taken


def _add_end_stock(block: Block, stock: Stock, level: Expression) -> None:
    """Law `end_stock`: what the yard lacks (or holds too much) at the end is output lost."""
    if stock.end_min_kg is None and stock.end_max_kg is None:
        return
    process = next(p for p in block.plant.processes if p.id == stock.breach_process)
    item = next(i for i in process.recipe if i.stock == stock.id)
    per_unit = item.consumes_kg + item.produces_kg
    where = f"stock {stock.id}"
    breach = _breach(block, process)
    block.settlers.append(partial(_settle_breach, breach, stock, per_unit, level))
    if stock.end_min_kg is not None:
        block.rows.row(
            [(per_unit, breach), *level.terms],
            stock.end_min_kg - level.constant,
            None,
            "end_stock",
            where,
        )
    if stock.end_max_kg is not None:
        block.rows.row(
            [(-per_unit, breach), *level.terms],
            None,
            stock.end_max_kg - level.constant,
            "end_stock",
            where,
        )


def _settle_breach(
    breach: int, stock: Stock, per_unit: int, level: Expression, values: list[int]
) -> None:
    """A breach shared by several stocks is first set to zero (`_breach`), then to the worst."""
    kg = level.value(values)
    low = kg if stock.end_min_kg is None else stock.end_min_kg
    high = kg if stock.end_max_kg is None else stock.end_max_kg
    values[breach] = max(values[breach], -(-max(low - kg, kg - high) // per_unit))


def _reset(variable: int, values: list[int]) -> None:
    values[variable] = 0


def _breach(block: Block, process: Process) -> int:
    """The process's breach in units of rate: the worst of its stocks, so one variable."""
    if process.id not in block.breach:
        worst = 0
        for stock in (s for s in block.plant.stocks if s.breach_process == process.id):
            item = next(i for i in process.recipe if i.stock == stock.id)
            low, high = level_bounds(block, stock)
            kg = max(
                0,
                (stock.end_min_kg or 0) - low[-1],
                high[-1] - (high[-1] if stock.end_max_kg is None else stock.end_max_kg),
            )
            worst = max(worst, -(-kg // (item.consumes_kg + item.produces_kg)))
        block.breach[process.id] = block.rows.variable(0, worst)
        block.settlers.append(partial(_reset, block.breach[process.id]))
    return block.breach[process.id]


def add_must_run(block: Block) -> None:
    """Rate at least the least rate, or the missing part is charged in `safety_shortfall`."""
    grid = block.derived.grid
    stage = block.stages["safety_shortfall"]
    for process in block.plant.processes:
        for interval, least in enumerate(block.derived.least_rates(process)):
            if least:
                missing = block.rows.variable(0, least)
                where = f"process {process.id}, interval {interval}"
                block.rows.row(
                    [(1, missing), (1, block.rate[process.id, interval])],
                    least,
                    None,
                    "must_run",
                    where,
                )
                minutes = len(grid.slots_of_interval(interval)) * grid.slot_minutes
                price = -(-1000 * minutes * process.hazard_weight // least)
                stage.add(price, missing)
                rate = block.rate[process.id, interval]
                block.settlers.append(partial(_settle_missing, missing, rate, least))


def _settle_missing(missing: int, rate: int, least: int, values: list[int]) -> None:
    values[missing] = max(0, least - values[rate])
