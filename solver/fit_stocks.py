"""A plant's stocks while first fit fills them: levels that stay lawful after every move.

Levels start at the inert ones of law `stock_balance` (nothing runs, arrives or leaves but what is
locked or under way), which are lawful by that law; a move is made only as far as all later levels
stay lawful, so they are at the end.
"""

from __future__ import annotations

from itertools import accumulate

from solver.derive import Derived, LegUse
from solver.fit_room import Ground
from solver.instance import Plant, Process, Stock


class StockBook:
    """Levels, rates and refusals of one plant; every list runs over the stock intervals."""

    def __init__(self, derived: Derived, ground: Ground, plant: Plant) -> None:
        self.grid = derived.grid
        self.stocks = {stock.id: stock for stock in plant.stocks}
        self.processes = {process.id: process for process in plant.processes}
        self.permitted = {p.id: derived.permitted[p.id] for p in plant.processes}
        self.least = {p.id: derived.least_rates(p) for p in plant.processes}
        self.rates = {p.id: [0] * self.grid.n_intervals for p in plant.processes}
        self.arrived = {s.id: [0] * self.grid.n_intervals for s in plant.stocks}
        self.dispatched = {s.id: [0] * self.grid.n_intervals for s in plant.stocks}
        self.level = _inert_levels(derived, ground.fixed[plant.id], plant)
        bare = _inert_levels(derived, [f for f in ground.fixed[plant.id] if f[1] < 0], plant)
        self.low = {
            name: [
                min(self.stocks[name].min_kg, max(kg, min(0, missing)))
                for kg, missing in zip(levels, bare[name], strict=True)
            ]
            for name, levels in self.level.items()
        }
        self.high = {
            name: [max(self.stocks[name].max_kg, kg) for kg in levels]
            for name, levels in self.level.items()
        }

    def room_up(self, stock: str, interval: int) -> int:
        """kg that may come in from an interval on."""
        level, high = self.level[stock], self.high[stock]
        return max(0, min(map(int.__sub__, high[interval:], level[interval:])))

    def room_down(self, stock: str, interval: int) -> int:
        """kg that may go out from an interval on."""
        level, low = self.level[stock], self.low[stock]
        return max(0, min(map(int.__sub__, level[interval:], low[interval:])))

    def move(self, stock: str, interval: int, kg: int) -> None:
        """Goods that come in (or, below 0, go out) in an interval."""
        level = self.level[stock]
        for i in range(interval, len(level)):
            level[i] += kg

    def run(self, process: Process, interval: int, most: int) -> int:
        """Raise a rate up to `most` as far as its goods and their room reach; returns by how
        much. The worst input or the fullest store decides."""
        units = most - self.rates[process.id][interval]
        for item in process.recipe:
            if item.consumes_kg:
                units = min(units, self.room_down(item.stock, interval) // item.consumes_kg)
            else:
                units = min(units, self.room_up(item.stock, interval) // item.produces_kg)
        if units <= 0:
            return 0
        self.change_rate(process, interval, units)
        return units

    def slow(self, process: Process, interval: int, units: int) -> int:
        """Lower a rate by up to `units`, not below the least rate; returns by how much."""
        units = min(units, self.rates[process.id][interval] - self.least[process.id][interval])
        for item in process.recipe:
            if item.consumes_kg:
                units = min(units, self.room_up(item.stock, interval) // item.consumes_kg)
            else:
                units = min(units, self.room_down(item.stock, interval) // item.produces_kg)
        if units <= 0:
            return 0
        self.change_rate(process, interval, -units)
        return units

    def change_rate(self, process: Process, interval: int, units: int) -> None:
        """Run so many units more (or, below 0, less), whatever the levels say."""
        self.rates[process.id][interval] += units
        for item in process.recipe:
            self.move(item.stock, interval, units * (item.produces_kg - item.consumes_kg))

    def take_exogenous(self, stock: Stock, interval: int) -> int:
        """Accept what arrives and make what is dispatched as far as there is room; returns kg."""
        come = stock.arrivals_kg[interval] - self.arrived[stock.id][interval]
        come = min(come, self.room_up(stock.id, interval))
        self.arrived[stock.id][interval] += come
        self.move(stock.id, interval, come)
        go = stock.dispatches_kg[interval] - self.dispatched[stock.id][interval]
        go = min(go, self.room_down(stock.id, interval))
        self.dispatched[stock.id][interval] += go
        self.move(stock.id, interval, -go)
        return come + go

    def breach_units(self, process: Process) -> int:
        """The greatest breach of a final stock that counts as this process's output."""
        worst = 0
        for item in process.recipe:
            stock = self.stocks[item.stock]
            if stock.breach_process == process.id:
                level = self.level[stock.id][-1]
                kg = max(
                    (stock.end_min_kg or 0) - level,
                    level - stock.end_max_kg if stock.end_max_kg is not None else 0,
                )
                worst = max(worst, -(-kg // (item.consumes_kg or item.produces_kg)))
        return worst


def _inert_levels(
    derived: Derived, fixed: list[tuple[LegUse, int, int]], plant: Plant
) -> dict[str, list[int]]:
    """Levels after each interval if only such trips, locked or under way, move goods."""
    grid = derived.grid
    change = {s.id: [0] * grid.n_intervals for s in plant.stocks}
    for use, slot, trips in fixed:
        at = slot + use.stock_slots
        if 0 <= at < grid.n_slots:
            sign = 1 if use.stream.direction == "in" else -1
            kg = sign * trips * use.stream.payload_kg
            change[use.stream.stock][grid.interval_of(at)] += kg
    return {s.id: list(accumulate(change[s.id], initial=s.now_kg))[1:] for s in plant.stocks}
