"""The page of the schedule in force, as values in the order in which a reader meets them."""

from dataclasses import dataclass
from datetime import datetime

from api.console.facts import Name, Published, Situation
from api.console.gantt import Axis, Gantt, Line
from api.console.revised import RevisedView, revised_view
from api.console.roads import LinkLoad, Roads
from api.console.schedule import Schedule, Shortfall
from scheduler.domain.alert import Level
from scheduler.domain.directory import Provenance
from scheduler.domain.schedule import Comparison, ScheduledCause, by_number
from solver.plan import StageResult
from solver.stages import UNITS

WORST_LINKS = 8


@dataclass(frozen=True, slots=True)
class CauseView:
    """The laws of one cause, each with the name of its object; of several none can be spared."""

    laws: tuple[tuple[Name, ScheduledCause], ...]

    @property
    def first(self) -> ScheduledCause:
        return self.laws[0][1]

    @property
    def text(self) -> str:
        """The text that says what relaxing them gave back."""
        if self.first.law == "search":
            return "shortfall.relief_search"
        return "shortfall.relief" if self.in_trips else "shortfall.relief_safety"

    @property
    def in_trips(self) -> bool:
        return self.first.unit == UNITS["output_shortfall"]


@dataclass(frozen=True, slots=True)
class ShortfallView:
    plant: Name
    city: Name
    process: Name
    shortfall: Shortfall
    first: datetime | None
    end: datetime | None
    causes: tuple[CauseView, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The state in ten seconds."""

    n_plants: int
    n_short: int
    n_unsafe: int
    n_windows: int
    trips: int
    normal_trips: int
    worst_link: LinkLoad | None
    worst_link_at: datetime | None


@dataclass(frozen=True, slots=True)
class SlotChoice:
    slot: int
    first: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """A publication as it is shown. `until` is where its published slots end."""

    first: datetime
    until: datetime
    level: Level | None
    summary: Summary
    shortfalls: tuple[ShortfallView, ...]
    changes: RevisedView | None
    axis: Axis
    lines: tuple[Line, ...]
    roads: Roads
    worst_ever: tuple[LinkLoad, ...]
    stages: tuple[StageResult, ...]
    reproducible: bool
    comparison: Comparison | None
    provenance: Provenance
    slots: tuple[SlotChoice, ...]

    def at(self, slot: int) -> datetime:
        return self.slots[slot].first


def board_of(schedule: Schedule, roads: Roads, situation: Situation) -> Board:
    published, grid = schedule.published, schedule.instance.grid
    gantt = Gantt(schedule, situation.at)
    worst_ever = roads.worst(None, WORST_LINKS)
    return Board(
        first=grid.at(0),
        until=grid.at(published.end_slot),
        level=max((a.level for a in situation.alerts), key=lambda x: x.severity, default=None),
        summary=_summary(schedule, worst_ever[0] if worst_ever else None),
        shortfalls=shortfall_views(schedule),
        changes=revised_view(schedule),
        axis=gantt.axis,
        lines=gantt.lines(schedule.plants),
        roads=roads,
        worst_ever=worst_ever,
        stages=published.plan.stages,
        reproducible=published.plan.reproducible,
        comparison=published.comparison,
        provenance=published.provenance,
        slots=tuple(SlotChoice(t, grid.at(t), grid.at(t + 1)) for t in range(published.end_slot)),
    )


def shortfall_views(schedule: Schedule) -> tuple[ShortfallView, ...]:
    """Safety first, then the larger share first."""
    views = [_shortfall(schedule.published, s) for p in schedule.plants for s in p.shortfalls]
    return tuple(
        sorted(
            views,
            key=lambda view: (
                view.shortfall.kind != "safety",
                -view.shortfall.lost_permille,
                view.shortfall.process,
            ),
        )
    )


def _shortfall(published: Published, shortfall: Shortfall) -> ShortfallView:
    registry, grid = published.registry, published.instance.grid
    plant = registry.plants[shortfall.plant]
    first, end = shortfall.first_interval, shortfall.end_interval
    return ShortfallView(
        plant=plant.name,
        city=plant.city,
        process=registry.name_of(shortfall.process),
        shortfall=shortfall,
        first=None if first is None else grid.at(grid.slots_of_interval(first).start),
        end=None if end is None else grid.at(grid.slots_of_interval(end - 1).stop),
        causes=tuple(
            CauseView(tuple((registry.name_of(law.where), law) for law in laws))
            for laws in by_number(shortfall.causes)
        ),
    )


def _summary(schedule: Schedule, worst: LinkLoad | None) -> Summary:
    plants = schedule.plants
    return Summary(
        n_plants=len(plants),
        n_short=sum(bool(plant.shortfalls) for plant in plants),
        n_unsafe=sum(plant.worst[0] > 0 for plant in plants),
        n_windows=sum(len(gate.windows) for plant in plants for gate in plant.gates),
        trips=sum(plant.trips for plant in plants),
        normal_trips=sum(plant.normal_trips for plant in plants),
        worst_link=worst,
        worst_link_at=schedule.instance.grid.at(worst.slot) if worst else None,
    )
