"""A stretch of an instance as an instance of its own: its first slots, or what follows a seam.

Of a stock interval that the seam cuts, rates and what other modes move are what `levels_after` and
`state_after` leave of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from solver.instance import (
    Bar,
    Instance,
    Link,
    OutputCut,
    Plant,
    Process,
    State,
    Stock,
    TimeGrid,
    TripCut,
    WindowLimit,
    Zone,
)
from solver.seam import Seam
from solver.state import reached_before

Run = TypeVar("Run", Bar, TripCut, WindowLimit)


class Stretch:
    """Slots `[first, end)` of an instance."""

    def __init__(self, instance: Instance, first: int, end: int) -> None:
        self.instance, self.first, self.end = instance, first, end
        self.reached = reached_before(instance.grid, first)
        self.grid = _grid(instance.grid, first, end)

    def cut(self, seam: Seam | None = None) -> Instance:
        """The instance of the stretch; what a seam leaves is its state and its levels."""
        whole = self.instance
        levels = {} if seam is None else {level.stock: level.kg for level in seam.levels}
        fields = {name: getattr(whole, name) for name in Instance.model_fields}
        changes = {
            "grid": self.grid,
            "zones": tuple(map(self._zone, whole.zones)),
            "links": tuple(map(self._link, whole.links)),
            "plants": tuple(self._plant(plant, levels) for plant in whole.plants),
            "bars": self._runs(whole.bars),
            "window_limits": self._limits(whole.window_limits),
            "trip_cuts": self._runs(whole.trip_cuts),
            "output_cuts": tuple(self._output_cuts(whole.output_cuts)),
            "state": within(whole.state if seam is None else seam.state, self.grid),
            "published": None,
            "in_force": None,
        }
        return Instance(**(fields | changes))

    def _zone(self, zone: Zone) -> Zone:
        slots = slice(self.first, self.end)
        caps = zone.cap_mpcu and zone.cap_mpcu[slots]
        return zone.model_copy(update={"hour_weights": zone.hour_weights[slots], "cap_mpcu": caps})

    def _link(self, link: Link) -> Link:
        background = link.background_mpcu[self.first : self.end]
        return link.model_copy(update={"background_mpcu": background})

    def _plant(self, plant: Plant, levels: dict[str, int]) -> Plant:
        return plant.model_copy(
            update={
                "processes": tuple(map(self._process, plant.processes)),
                "stocks": tuple(self._stock(stock, levels) for stock in plant.stocks),
            }
        )

    def _process(self, process: Process) -> Process:
        rates = {name: self._made(getattr(process, name)) for name in ("rate_max", "rate_min")}
        return process.model_copy(update=rates)

    def _made(self, rates: tuple[int, ...]) -> tuple[int, ...]:
        """Rates of the intervals; what a begun one has made is rounded up."""
        left = list(rates[self.reached.whole :])
        if self.reached.done:
            left[0] -= self.reached.part(left[0])
        return tuple(left[: self.grid.n_intervals])

    def _moved(self, kg: tuple[int, ...]) -> tuple[int, ...]:
        left = list(kg[self.reached.whole :])
        if self.reached.done:
            left[0] -= left[0] * self.reached.done // self.reached.length
        return tuple(left[: self.grid.n_intervals])

    def _stock(self, stock: Stock, levels: dict[str, int]) -> Stock:
        return stock.model_copy(
            update={
                "now_kg": levels.get(stock.id, stock.now_kg),
                "arrivals_kg": self._moved(stock.arrivals_kg),
                "dispatches_kg": self._moved(stock.dispatches_kg),
            }
        )

    def _runs(self, runs: Iterable[Run]) -> tuple[Run, ...]:
        return tuple(
            run.model_copy(
                update={
                    "first_slot": max(0, run.first_slot - self.first),
                    "end_slot": min(run.end_slot, self.end) - self.first,
                }
            )
            for run in runs
            if run.end_slot > self.first and run.first_slot < self.end
        )

    def _limits(self, limits: Iterable[WindowLimit]) -> tuple[WindowLimit, ...]:
        return tuple(
            limit.model_copy(
                update={
                    "partial_slots": tuple(
                        t - self.first for t in limit.partial_slots if self.first <= t < self.end
                    )
                }
            )
            for limit in self._runs(limits)
        )

    def _output_cuts(self, cuts: Iterable[OutputCut]) -> Iterable[OutputCut]:
        whole, n = self.reached.whole, self.grid.n_intervals
        for cut in cuts:
            first, end = max(0, cut.first_interval - whole), min(cut.end_interval - whole, n)
            if first < end:
                yield cut.model_copy(update={"first_interval": first, "end_interval": end})


def _grid(grid: TimeGrid, first: int, end: int) -> TimeGrid:
    reached = reached_before(grid, first)
    left = reached.length - reached.done if reached.done else grid.interval_slots
    if first == 0:
        left = grid.first_interval_slots or grid.interval_slots
    return TimeGrid(
        start=grid.at(first).isoformat(),
        slot_minutes=grid.slot_minutes,
        n_slots=end - first,
        interval_slots=grid.interval_slots,
        first_interval_slots=left if left < grid.interval_slots else None,
    )


def within(state: State, grid: TimeGrid) -> State:
    """A state with the locks that lie in a horizon, as far as they do."""
    n = grid.n_slots
    return state.model_copy(
        update={
            "locked_trips": tuple(t for t in state.locked_trips if t.slot < n),
            "locked_windows": tuple(
                w.model_copy(update={"end_slot": min(w.end_slot, n)})
                for w in state.locked_windows
                if w.first_slot < n
            ),
            "given_back": state.given_back and tuple(t for t in state.given_back if t.slot < n),
        }
    )


def first_slots(instance: Instance, n_slots: int) -> Instance:
    """The instance with a shorter horizon."""
    return Stretch(instance, 0, n_slots).cut()


def rest_of(instance: Instance, slot: int, seam: Seam) -> Instance:
    """The instance from a slot on, with what a seam leaves there."""
    return Stretch(instance, slot, instance.grid.n_slots).cut(seam)
