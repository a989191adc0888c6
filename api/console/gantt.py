"""The Gantt's geometry: hours across, a row per gate; every length in the picture's own units.

Of a re-plan it holds what moved: a ghost where a published window was, and what each window was.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from api.console.facts import Name
from api.console.schedule import GateRow, GateWindow, PlantSchedule, Schedule, Shortfall
from scheduler.domain.revised import MovedWindow
from solver.instance import MINUTES_A_DAY

LEAST_WIDTH = 816
LEAST_HOUR = 20
ROW_HEIGHT = 22
DIGIT = 7
"""Room that a digit takes in a bar."""


@dataclass(frozen=True, slots=True)
class Tick:
    """An hour on the axis; `label` on those that are named, `day` where a day begins."""

    x: float
    at: datetime
    label: bool
    day: bool


@dataclass(frozen=True, slots=True)
class Axis:
    width: int
    ticks: tuple[Tick, ...]
    now_x: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    first: datetime
    end: datetime
    window: GateWindow
    number_fits: bool
    moved: tuple[MovedWindow, ...]
    """The published windows whose place it took."""


@dataclass(frozen=True, slots=True)
class Ghost:
    """Where a published window was that did not stay."""

    x: float
    width: float
    moved: MovedWindow


@dataclass(frozen=True, slots=True)
class Free:
    """A run in which the gate needs no window."""

    x: float
    width: float
    first: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A gate's row; only the first of a plant carries the plant's figures."""

    plant: Name
    enterprise: Name
    city: Name
    gate: Name
    bars: tuple[Bar, ...]
    free: tuple[Free, ...]
    ghosts: tuple[Ghost, ...]
    n_gates: int
    is_first: bool
    trips: int
    normal_trips: int
    shortfalls: tuple[Shortfall, ...]


class Gantt:
    def __init__(self, schedule: Schedule, now: datetime | None) -> None:
        self._schedule = schedule
        self._grid = schedule.instance.grid
        self._n_slots = schedule.published.end_slot
        hours = self._n_slots * self._grid.slot_minutes / 60
        self.height = ROW_HEIGHT
        self._width = max(LEAST_WIDTH, round(hours * LEAST_HOUR))
        self._now = now
        self._moved: dict[str, list[MovedWindow]] = defaultdict(list)
        revised = schedule.published.revised
        for change in revised.changes if revised else ():
            for moved in change.windows:
                self._moved[moved.was.gate].append(moved)

    @property
    def axis(self) -> Axis:
        return Axis(self._width, tuple(self._ticks()), self._now_x())

    def lines(self, plants: tuple[PlantSchedule, ...]) -> tuple[Line, ...]:
        return tuple(line for plant in plants for line in self._lines(plant))

    def _lines(self, plant: PlantSchedule) -> Iterator[Line]:
        registry = self._schedule.published.registry
        facts = registry.plants[plant.plant]
        for number, gate in enumerate(plant.gates):
            yield Line(
                plant=facts.name,
                enterprise=facts.enterprise_name,
                city=facts.city,
                gate=registry.name_of(gate.gate),
                bars=tuple(map(self._bar, gate.windows)),
                free=self._free(gate),
                ghosts=tuple(self._ghosts(gate.gate)),
                n_gates=len(plant.gates),
                is_first=number == 0,
                trips=plant.trips,
                normal_trips=plant.normal_trips,
                shortfalls=plant.shortfalls,
            )

    def _x(self, slot: int) -> float:
        return round(slot * self._width / self._n_slots, 1)

    def _bar(self, window: GateWindow) -> Bar:
        x = self._x(window.first_slot)
        width = round(self._x(window.end_slot) - x, 1)
        first, end = self._grid.at(window.first_slot), self._grid.at(window.end_slot)
        fits = len(str(window.trips)) * DIGIT + 4 <= width
        moved = tuple(
            row
            for row in self._moved[window.gate]
            if row.now and row.now.opens_at < end and row.now.closes_at > first
        )
        return Bar(x, width, first, end, window, fits, moved)

    def _ghosts(self, gate: str) -> Iterator[Ghost]:
        """As far as they lie within the picture."""
        for moved in self._moved[gate]:
            x, end = self._at(moved.was.opens_at), self._at(moved.was.closes_at)
            if x < end:
                yield Ghost(x, round(end - x, 1), moved)

    def _at(self, instant: datetime) -> float:
        """Where an instant lies, at an edge of the picture where it is none of its hours."""
        seconds = (instant - self._grid.at(0)).total_seconds()
        share = seconds / (self._n_slots * self._grid.slot_s)
        return round(min(max(share, 0), 1) * self._width, 1)

    def _free(self, gate: GateRow) -> tuple[Free, ...]:
        return tuple(
            Free(
                self._x(run.start),
                round(self._x(run.stop) - self._x(run.start), 1),
                self._grid.at(run.start),
                self._grid.at(run.stop),
            )
            for run in gate.free
        )

    def _ticks(self) -> Iterator[Tick]:
        step_h = 2 if self._n_slots * self._grid.slot_minutes <= 30 * 60 else 3
        for slot in range(self._n_slots):
            minute = self._grid.minute_of(slot)
            if minute % 60 == 0:
                named = minute // 60 % step_h == 0
                new_day = minute % MINUTES_A_DAY == 0
                yield Tick(self._x(slot), self._grid.at(slot), named, new_day)

    def _now_x(self) -> float | None:
        if self._now is None:
            return None
        is_shown = self._grid.at(0) <= self._now < self._grid.at(self._n_slots)
        return self._at(self._now) if is_shown else None
