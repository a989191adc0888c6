"""What some rules leave of a plant's road transport, and how long its stocks last without it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from solver.derive import Derived, LegUse, Move
from solver.instance import Bar, Plant, Stock, Stream, TripCut, WindowLimit

NO_RULE: frozenset[str] = frozenset()


class Supply:
    """One plant's trips under a choice of the rules that concern it; roads' capacity and other
    plants are not asked."""

    def __init__(self, derived: Derived, plant: Plant, rule_id: Callable[[str], str]) -> None:
        self._derived = derived
        self._plant = plant
        self._rule_id = rule_id
        self._slots = range(derived.grid.n_slots)

    @cached_property
    def _bars(self) -> list[tuple[str, Bar]]:
        """Bars that a truck of the plant may meet, with their rules."""
        instance = self._derived.instance
        driven = {name for use in self._uses for move in _moves(use) for name, _ in move.links}
        zones = {self._derived.links[name].zone for name in driven}
        classes = {use.leg.vehicle_class for use in self._uses}
        return [
            (self._rule_id(bar.id), bar)
            for bar in instance.bars
            if classes & {*bar.classes}
            and (self._plant.id in bar.plants or driven & {*bar.links} or zones & {*bar.zones})
        ]

    @cached_property
    def _limits(self) -> list[tuple[str, WindowLimit]]:
        """Window limits that allow no window at all."""
        own = [w for w in self._derived.instance.window_limits if w.plant == self._plant.id]
        return [
            (self._rule_id(limit.id), limit)
            for limit in own
            if limit.max_windows_day == 0 or limit.max_open_slots_day < limit.min_slots
        ]

    @cached_property
    def _cuts(self) -> list[tuple[str, TripCut]]:
        """Trip cuts that leave no trip."""
        own = [cut for cut in self._derived.instance.trip_cuts if cut.plant == self._plant.id]
        return [
            (self._rule_id(cut.id), cut)
            for cut in own
            if cut.cut_percent == 100 and self._plant.cap_floor_trips == 0
        ]

    @cached_property
    def rules(self) -> frozenset[str]:
        """The rules that can keep a truck of the plant from driving."""
        return frozenset(rule for rule, _ in [*self._bars, *self._limits, *self._cuts])

    @cached_property
    def _uses(self) -> list[LegUse]:
        return [use for use in self._derived.legs.values() if use.plant is self._plant]

    def passes_gate(self, slot: int, rules: frozenset[str]) -> bool:
        """Whether some class on some errand may pass the gate in a slot."""
        errands = {(use.leg.vehicle_class, use.stream.kind) for use in self._uses}
        barred = {
            (vehicle, kind)
            for rule, bar in self._bars
            if rule in rules
            and self._plant.id in bar.plants
            and bar.first_slot <= slot < bar.end_slot
            for vehicle in bar.classes
            for kind in bar.kinds
        }
        return bool(errands - barred) or not errands

    def can_move(self, stock: str, rules: frozenset[str]) -> bool:
        """Whether some trip can still carry a stock's good, one way or the other."""
        return any(
            self._drives(use, slot, rules)
            for use in self._uses
            if use.stream.stock == stock and self._fleet(use) > 0
            for slot in self._slots
            if self._derived.in_horizon(use, slot)
        )

    def _fleet(self, use: LegUse) -> int:
        return next(
            f.trucks for f in self._plant.fleets if f.vehicle_class == use.leg.vehicle_class
        )

    def _drives(self, use: LegUse, slot: int, rules: frozenset[str]) -> bool:
        if any(
            cut.first_slot <= slot < cut.end_slot and not _is_spared(use.stream, cut)
            for rule, cut in self._cuts
            if rule in rules
        ):
            return False
        if self._is_barred(use, use.departure, slot, rules):
            return False
        release = use.release
        return release is None or any(
            not self._is_barred(use, release, later, rules)
            for later in self._slots[slot + use.ready_slots :]
        )

    def _is_barred(self, use: LegUse, move: Move, slot: int, rules: frozenset[str]) -> bool:
        passed = {slot + after for _, after in move.passages}
        if any(
            limit.first_slot <= at < limit.end_slot
            for rule, limit in self._limits
            if rule in rules
            for at in passed
        ):
            return True
        for rule, bar in self._bars:
            if (
                rule in rules
                and use.leg.vehicle_class in bar.classes
                and use.stream.kind in bar.kinds
                and self._meets(move, slot, bar, passed)
            ):
                return True
        return False

    def _meets(self, move: Move, slot: int, bar: Bar, passed: set[int]) -> bool:
        held = range(bar.first_slot, bar.end_slot)
        if self._plant.id in bar.plants and any(at in held for at in passed):
            return True
        return any(
            (link in bar.links or self._derived.links[link].zone in bar.zones)
            and slot + first < held.stop
            and slot + last >= held.start
            for link, first, last in move.presence
        )

    def ends_at(self, stock_id: str) -> int | None:
        """The slot in which a stock leaves its bounds if no truck moves it while the processes
        keep to their least rates; None if it lasts, or is not moved by road."""
        stock = next(row for row in self._plant.stocks if row.id == stock_id)
        if not any(use.stream.stock == stock_id for use in self._uses):
            return None
        level = stock.now_kg
        for interval in range(self._derived.grid.n_intervals):
            level += self._net_kg(stock, interval)
            if not stock.min_kg <= level <= stock.max_kg:
                return self._derived.grid.slots_of_interval(interval).start
        return None

    def _net_kg(self, stock: Stock, interval: int) -> int:
        made = sum(
            self._derived.least_rates(process)[interval] * (item.produces_kg - item.consumes_kg)
            for process in self._plant.processes
            for item in process.recipe
            if item.stock == stock.id
        )
        return made + stock.arrivals_kg[interval] - stock.dispatches_kg[interval]


def _is_spared(stream: Stream, cut: TripCut) -> bool:
    needed = cut.safe_production_exempt and stream.kind == "safe_production"
    return needed or stream.kind in cut.exempt_kinds


def _moves(use: LegUse) -> list[Move]:
    return [use.departure] if use.release is None else [use.departure, use.release]
