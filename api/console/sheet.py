"""An enterprise's own sheet: windows by gate, trips by leg and slot, and why."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from api.console.board import ShortfallView, shortfall_views
from api.console.facts import Name, Published, Registry
from api.console.revised import RevisedView, revised_view
from api.console.schedule import Direction, GateWindow, Passage, PlantSchedule, Schedule, totalled
from solver.instance import Bar, Plant, TripCut, WindowLimit


@dataclass(frozen=True, slots=True)
class Errand:
    """Trips of one leg through the gate, one way."""

    good: Name
    vehicle_class: Name
    direction: Direction
    trips: int


@dataclass(frozen=True, slots=True)
class SlotLine:
    """What passes a gate in a slot."""

    first: datetime
    entries: tuple[Errand, ...]
    exits: tuple[Errand, ...]


@dataclass(frozen=True, slots=True)
class WindowView:
    first: datetime
    end: datetime
    window: GateWindow
    lines: tuple[SlotLine, ...]


@dataclass(frozen=True, slots=True)
class LegView:
    """A leg's trips by departure."""

    good: Name
    direction: Direction
    vehicle_class: Name
    starts_at: Literal["plant", "far"]
    departures: tuple[tuple[datetime, int], ...]
    trips: int


@dataclass(frozen=True, slots=True)
class FreeView:
    first: datetime
    end: datetime
    lines: tuple[SlotLine, ...]


@dataclass(frozen=True, slots=True)
class GateView:
    gate: Name
    windows: tuple[WindowView, ...]
    free: tuple[FreeView, ...]


@dataclass(frozen=True, slots=True)
class MeasureView:
    """A measure in force for the plant, with the figures that its text names; what a clause says
    alike of several stretches of time is one measure."""

    kind: Literal["window_limit", "trip_cut", "output_cut", "bar"]
    clause: Name
    spans: tuple[tuple[datetime, datetime], ...]
    figures: tuple[tuple[str, int], ...]
    objects: tuple[Name, ...]
    is_of_all: bool = False
    """A bar of every vehicle class that the plant drives with."""


@dataclass(frozen=True, slots=True)
class PlantSheet:
    name: Name
    city: Name
    schedule: PlantSchedule
    gates: tuple[GateView, ...]
    legs: tuple[LegView, ...]
    measures: tuple[MeasureView, ...]
    shortfalls: tuple[ShortfallView, ...]
    changes: RevisedView | None


class Sheets:
    """The sheets of one publication. Each holds one enterprise's plants and no other's."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._published: Published = schedule.published
        self._registry: Registry = schedule.published.registry
        self._grid = schedule.instance.grid

    def of(self, enterprise: str) -> tuple[PlantSheet, ...]:
        own = {p.id: p for p in self._schedule.instance.plants if p.enterprise == enterprise}
        return tuple(self._sheet(own[s.plant], s) for s in self._schedule.plants if s.plant in own)

    def _sheet(self, plant: Plant, schedule: PlantSchedule) -> PlantSheet:
        facts = self._registry.plants[plant.id]
        shortfalls = shortfall_views(self._schedule)
        return PlantSheet(
            name=facts.name,
            city=facts.city,
            schedule=schedule,
            gates=self._gates(schedule),
            legs=self._legs(plant),
            measures=self._measures(plant),
            shortfalls=tuple(s for s in shortfalls if s.shortfall.plant == plant.id),
            changes=revised_view(self._schedule, {plant.id}),
        )

    def _gates(self, schedule: PlantSchedule) -> tuple[GateView, ...]:
        return tuple(
            GateView(
                gate=self._registry.name_of(row.gate),
                windows=tuple(self._window(window) for window in row.windows),
                free=tuple(
                    FreeView(
                        self._grid.at(run.start),
                        self._grid.at(run.stop),
                        self._lines(row.gate, run),
                    )
                    for run in row.free
                ),
            )
            for row in schedule.gates
        )

    def _window(self, window: GateWindow) -> WindowView:
        return WindowView(
            first=self._grid.at(window.first_slot),
            end=self._grid.at(window.end_slot),
            window=window,
            lines=self._lines(window.gate, range(window.first_slot, window.end_slot)),
        )

    def _lines(self, gate: str, slots: range) -> tuple[SlotLine, ...]:
        lines = []
        for slot in slots:
            here = [p for p in self._schedule.passages[gate] if p.slot == slot]
            if here:
                errands = self._errands(here)
                entries = tuple(e for e in errands if e.direction == "in")
                exits = tuple(e for e in errands if e.direction == "out")
                lines.append(SlotLine(self._grid.at(slot), entries, exits))
        return tuple(lines)

    def _errands(self, passages: list[Passage]) -> list[Errand]:
        errands = []
        for leg_id, direction, trips in totalled(passages):
            leg, stream = self._schedule.leg(leg_id)
            good, vehicle = self._name(stream.good), self._name(leg.vehicle_class)
            errands.append(Errand(good, vehicle, direction, trips))
        return errands

    def _legs(self, plant: Plant) -> tuple[LegView, ...]:
        views = []
        departed = self._schedule.traffic.departed
        for stream in plant.streams:
            for leg in stream.legs:
                slots = range(self._published.end_slot)
                rows = [(self._grid.at(t), n) for t in slots if (n := departed[leg.id, t])]
                if rows:
                    views.append(
                        LegView(
                            good=self._name(stream.good),
                            direction=stream.direction,
                            vehicle_class=self._name(leg.vehicle_class),
                            starts_at=leg.starts_at,
                            departures=tuple(rows),
                            trips=sum(n for _, n in rows),
                        )
                    )
        return tuple(views)

    def _name(self, object_id: str) -> Name:
        return self._registry.name_of(object_id)

    def _measures(self, plant: Plant) -> tuple[MeasureView, ...]:
        instance = self._schedule.instance
        limits = [self._limit(x) for x in instance.window_limits if x.plant == plant.id]
        cuts = [self._trip_cut(x) for x in instance.trip_cuts if x.plant == plant.id]
        bars = [self._bar(x, plant) for x in instance.bars if self._concerns(x, plant)]
        return _merged([*limits, *cuts, *self._output_cuts(plant), *bars])

    def _limit(self, limit: WindowLimit) -> MeasureView:
        minutes = self._grid.slot_minutes
        figures = (
            ("min_minutes", limit.min_slots * minutes),
            ("max_minutes", limit.max_slots * minutes),
            ("max_day_minutes", limit.max_open_slots_day * minutes),
            ("max_windows", limit.max_windows_day),
        )
        return self._measure("window_limit", limit, figures)

    def _trip_cut(self, cut: TripCut) -> MeasureView:
        return self._measure("trip_cut", cut, (("percent", cut.cut_percent),))

    def _bar(self, bar: Bar, plant: Plant) -> MeasureView:
        driven = {leg.vehicle_class for stream in plant.streams for leg in stream.legs}
        barred = [x for x in bar.classes if x in driven]
        view = self._measure("bar", bar, (), tuple(self._name(x) for x in barred))
        return replace(view, objects=(), is_of_all=True) if driven <= set(barred) else view

    def _output_cuts(self, plant: Plant) -> list[MeasureView]:
        own = {process.id for process in plant.processes}
        return [
            MeasureView(
                kind="output_cut",
                clause=self._name(cut.clause),
                spans=(
                    (
                        self._grid.at(self._grid.slots_of_interval(cut.first_interval).start),
                        self._grid.at(self._grid.slots_of_interval(cut.end_interval - 1).stop),
                    ),
                ),
                figures=(("percent", cut.cut_percent),),
                objects=(self._name(cut.process),),
            )
            for cut in self._schedule.instance.output_cuts
            if cut.process in own
        ]

    def _measure(
        self,
        kind: Literal["window_limit", "trip_cut", "bar"],
        measure: WindowLimit | TripCut | Bar,
        figures: tuple[tuple[str, int], ...],
        objects: tuple[Name, ...] = (),
    ) -> MeasureView:
        span = self._grid.at(measure.first_slot), self._grid.at(measure.end_slot)
        clause = self._name(measure.clause)
        return MeasureView(kind, clause, (span,), figures, objects)

    def _concerns(self, bar: Bar, plant: Plant) -> bool:
        """A bar of a class that the plant drives with, at its gates or on roads of its legs."""
        driven = {leg.vehicle_class for stream in plant.streams for leg in stream.legs}
        if plant.id in bar.plants or any(gate.id in (bar.gates or ()) for gate in plant.gates):
            return bool(driven & set(bar.classes))
        cycles = self._schedule.world.cycles
        links = [
            drive.link
            for stream in plant.streams
            if stream.kind in bar.kinds
            for leg in stream.legs
            if leg.vehicle_class in bar.classes
            for half in (cycles[leg.id].going, cycles[leg.id].leaving)
            if half is not None
            for drive in half.drives
        ]
        return any(link.id in bar.links or link.zone in bar.zones for link in links)


def _merged(views: list[MeasureView]) -> tuple[MeasureView, ...]:
    """Equal measures in one line, their stretches of time in order and each once; of those that
    touch one is made."""
    found: dict[MeasureView, list[tuple[datetime, datetime]]] = {}
    for view in views:
        found.setdefault(replace(view, spans=()), []).extend(view.spans)
    return tuple(replace(view, spans=_joined(spans)) for view, spans in found.items())


def _joined(spans: list[tuple[datetime, datetime]]) -> tuple[tuple[datetime, datetime], ...]:
    joined: list[tuple[datetime, datetime]] = []
    for first, end in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((first, end))
    return tuple(joined)
