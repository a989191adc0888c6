"""Law `stock_balance`: what is in hand, and what rates, refusals and trips make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from solver.checks.cycles import World
from solver.checks.traffic import Traffic
from solver.checks.verdict import Violation
from solver.instance import Process, Stock


@dataclass(frozen=True)
class Working:
    """Rates, refusals and levels of a plan."""

    traffic: Traffic

    @cached_property
    def world(self) -> World:
        return self.traffic.world

    @cached_property
    def permitted(self) -> dict[str, tuple[int, ...]]:
        """Rate that the output cuts leave, per process and interval."""
        cuts = {name: [0] * self._n_intervals for name in self.world.processes}
        for cut in self.world.instance.output_cuts:
            row = cuts[cut.process]
            for interval in range(cut.first_interval, cut.end_interval):
                row[interval] = max(row[interval], cut.cut_percent)
        return {
            name: tuple(
                rate * (100 - cut) // 100
                for rate, cut in zip(process.rate_max, cuts[name], strict=True)
            )
            for name, process in self.world.processes.items()
        }

    @cached_property
    def rates(self) -> dict[str, tuple[int, ...]]:
        """Rate per process and interval; a process that the plan does not name stands still."""
        still = dict.fromkeys(self.world.processes, (0,) * self._n_intervals)
        return still | {row.process: row.rates for row in self.traffic.decisions.rates}

    @cached_property
    def refused(self) -> Counter[tuple[str, int, str]]:
        """kg refused by (stock, interval, what)."""
        refused: Counter[tuple[str, int, str]] = Counter()
        for refusal in self.traffic.decisions.refusals:
            refused[refusal.stock, refusal.interval, refusal.what] += refusal.kg
        return refused

    def least_rates(self, process: Process) -> tuple[int, ...]:
        """The rate that a must-run process must keep; 0 where it need not run."""
        if process.hazard_weight == 0:
            return (0,) * self._n_intervals
        pairs = zip(process.rate_min, self.permitted[process.id], strict=True)
        return tuple(min(least, most) for least, most in pairs)

    @cached_property
    def levels(self) -> dict[str, tuple[int, ...]]:
        """kg in hand after each interval, per stock."""
        table = {}
        refused, made, moved = self.refused.get, self._made_kg.get, self._moved_kg.get
        for stock in self.world.stocks.values():
            level, row, name = stock.now_kg, [], stock.id
            for interval in range(self._n_intervals):
                level += stock.arrivals_kg[interval] - stock.dispatches_kg[interval]
                level -= refused((name, interval, "arrival"), 0)
                level += refused((name, interval, "dispatch"), 0)
                level += made((name, interval), 0) + moved((name, interval), 0)
                row.append(level)
            table[stock.id] = tuple(row)
        return table

    @cached_property
    def inert_levels(self) -> dict[str, tuple[int, ...]]:
        """Levels with nothing running or accepted and only locked trips and trips under way."""
        return self._levels_by(self._payloads(self.traffic.locked, self.traffic.under_way))

    @cached_property
    def bare_levels(self) -> dict[str, tuple[int, ...]]:
        """Levels with trips under way alone."""
        return self._levels_by(self._payloads(self.traffic.under_way))

    def _levels_by(self, moved_kg: Counter[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
        intervals = range(self._n_intervals)
        return {
            stock.id: tuple(
                accumulate((moved_kg[stock.id, i] for i in intervals), initial=stock.now_kg)
            )[1:]
            for stock in self.world.stocks.values()
        }

    @property
    def _n_intervals(self) -> int:
        return self.world.instance.grid.n_intervals

    @cached_property
    def _made_kg(self) -> Counter[tuple[str, int]]:
        made: Counter[tuple[str, int]] = Counter()
        for name, process in self.world.processes.items():
            for interval, rate in enumerate(self.rates[name]):
                if rate:
                    for item in process.recipe:
                        kg = item.produces_kg - item.consumes_kg
                        made[item.stock, interval] += rate * kg
        return made

    @cached_property
    def _moved_kg(self) -> Counter[tuple[str, int]]:
        return self._payloads(self.traffic.departed, self.traffic.under_way)

    @cached_property
    def _moved_by_slot(self) -> Counter[tuple[str, int]]:
        return self._slot_payloads(self.traffic.departed, self.traffic.under_way)

    def moved_kg(self, stock: str, slots: range) -> int:
        """kg that all trips bring (+) or take (-) in some slots."""
        return sum(self._moved_by_slot[stock, slot] for slot in slots)

    def _payloads(self, *parts: Counter[tuple[str, int]]) -> Counter[tuple[str, int]]:
        """kg by (stock, interval) that trips by (leg, departure slot) bring or take away."""
        grid, moved = self.world.instance.grid, Counter[tuple[str, int]]()
        for (stock, slot), kg in self._slot_payloads(*parts).items():
            moved[stock, grid.interval_of(slot)] += kg
        return moved

    def _slot_payloads(self, *parts: Counter[tuple[str, int]]) -> Counter[tuple[str, int]]:
        grid = self.world.instance.grid
        moved: Counter[tuple[str, int]] = Counter()
        for part in parts:
            for (leg, departure), trips in part.items():
                cycle = self.world.cycles[leg]
                slot = departure + cycle.move_s // grid.slot_s
                if 0 <= slot < grid.n_slots:
                    sign = 1 if cycle.stream.direction == "in" else -1
                    kg = sign * trips * cycle.stream.payload_kg
                    moved[cycle.stream.stock, slot] += kg
        return moved


def stock_balance(working: Working) -> Iterator[Violation]:
    """Rates as permitted, no more refused than comes or goes, levels within their bounds."""
    for name in sorted(working.world.processes):
        rows = zip(working.rates[name], working.permitted[name], strict=True)
        for interval, (rate, most) in enumerate(rows):
            if rate > most:
                yield _breach(working, name, interval, rate, allowed=most, unit="unit of rate")
    for (name, interval, what), kg in sorted(working.refused.items()):
        stock = working.world.stocks[name]
        known = stock.arrivals_kg if what == "arrival" else stock.dispatches_kg
        if kg > known[interval]:
            yield _breach(
                working, name, interval, kg, allowed=known[interval], unit=f"kg of {what} refused"
            )
    for name in sorted(working.world.stocks):
        yield from _levels_in_bounds(working, working.world.stocks[name])


def _levels_in_bounds(working: Working, stock: Stock) -> Iterator[Violation]:
    levels, inert = working.levels[stock.id], working.inert_levels[stock.id]
    rows = zip(levels, inert, working.bare_levels[stock.id], strict=True)
    for interval, (level, alone, bare) in enumerate(rows):
        least = min(stock.min_kg, max(alone, min(0, bare)))
        most = max(stock.max_kg, alone)
        if level < least:
            yield _breach(
                working, stock.id, interval, level, allowed=least, unit="kg in hand, at least"
            )
        if level > most:
            yield _breach(working, stock.id, interval, level, allowed=most, unit="kg in hand")


def _breach(
    working: Working, where: str, interval: int, amount: int, *, allowed: int, unit: str
) -> Violation:
    slot = working.world.instance.grid.slots_of_interval(interval).start
    return Violation(
        law="stock_balance", where=where, slot=slot, amount=amount, allowed=allowed, unit=unit
    )
