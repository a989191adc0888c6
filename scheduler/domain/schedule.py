"""The schedule: a plan as people read it, by instants and names instead of slots.

It is made once, when the plan is stored, and everything that shows a plan reads it: the API, the
page, the printed sheet, the exported tables. Instants are those of the instance's slots.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Annotated, Literal

from pydantic import Field

from scheduler.domain.conflict import MeasureConflict
from scheduler.domain.directory import PlantCard, Provenance, UsedFactor
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.instant import Instant
from scheduler.domain.revised import Revised
from solver.instance import Count, Id, Kind, Positive, StageName, Value
from solver.plan import Proof


class ScheduledTrips(Value):
    """`trips` of a leg that start at an instant, and when they first pass a gate."""

    stream: Id
    good: Id
    direction: Literal["in", "out"]
    kind: Kind
    leg: Id
    vehicle_class: Id
    starts_at: Instant
    first_passage_at: Instant
    trips: Positive


class Restriction(Value):
    """What holds for a plant in a stretch of time. windows: trucks pass only in windows; barred:
    no truck of the plant's may drive; trips: a daily cap; output: the processes are cut."""

    what: Literal["windows", "barred", "trips", "output"]
    clause: str
    from_instant: Instant
    to_instant: Instant


class ScheduledCause(Value):
    """What a shortfall comes from: relaxing this law there, together with the others of its
    `number`, lowered it by `relief` when solved again (millionths of a trip, or of the safety
    stage's unit). `proved`: no plan of the plant reaches that under all laws. Law `search` has no
    object: planning the plant once more under all laws gave that back."""

    number: Positive
    law: str
    where: str
    clause: str = ""
    """Of a measure, what it says."""
    from_instant: Instant
    to_instant: Instant
    relief: Positive
    unit: str
    proved: bool


def by_number(causes: Iterable[ScheduledCause]) -> tuple[tuple[ScheduledCause, ...], ...]:
    """The laws of each cause: of several none can be spared."""
    return tuple(tuple(group) for _, group in groupby(causes, key=lambda cause: cause.number))


class Output(Value):
    """What a plant may make in the horizon and what it does not, in millionths of a road trip;
    `lost_utrip` includes what is owed to the stocks at the end."""

    permitted_utrip: Count
    lost_utrip: Count
    safety_missing: Count
    """Minutes in which a must-run process runs below its least rate."""

    @property
    def lost_percent(self) -> float:
        return 100 * self.lost_utrip / self.permitted_utrip if self.permitted_utrip else 0.0


class PlantSchedule(Value):
    """A working plant's part. `planned_trips` and `normal_trips` count what departs in the
    published stretch, and what would on normal days."""

    card: PlantCard
    windows: tuple[GateWindow, ...]
    trips: tuple[ScheduledTrips, ...]
    restrictions: tuple[Restriction, ...]
    planned_trips: Count
    normal_trips: Count
    output: Output
    causes: tuple[ScheduledCause, ...]


class StageRow(Value):
    """A stage's value, the bound proved for it and the gap between them."""

    name: StageName
    unit: str
    unit_value: Positive
    value: Count
    bound: Count
    gap: Annotated[float, Field(ge=0)]
    proof: Proof


class RoadLoad(Value):
    """mPCU entering a link or zone in a slot: planned ones on top of the background."""

    where: Id
    at: Instant
    planned_mpcu: Count
    background_mpcu: Count
    capacity_mpcu: Count

    @property
    def percent(self) -> float:
        taken = self.planned_mpcu + self.background_mpcu
        return 100 * taken / self.capacity_mpcu if self.capacity_mpcu else 0.0


class Comparison(Value):
    """Exposure against business as usual, in the exposure unit: what planning saved, in three
    parts, and apart from them the trips that were only put off (below 0: made beforehand, for
    stocks) and those that lost output spared, in millionths of a trip."""

    business_as_usual: Count
    moved: int
    cleaner: int
    not_made: int
    deferred_trips: int
    lost_utrip: int


class Schedule(Value):
    """A checked plan for people."""

    instance: str
    plan: str
    starts_at: Instant
    published_until: Instant
    ends_at: Instant
    slot_minutes: Literal[15, 30, 60]
    plants: tuple[PlantSchedule, ...]
    unplanned: tuple[PlantCard, ...]
    """Plants that do not work, are exempt, or lie outside the alert."""
    stages: tuple[StageRow, ...]
    comparison: Comparison | None
    busiest_links: tuple[RoadLoad, ...]
    busiest_zones: tuple[RoadLoad, ...]
    bunched_links: tuple[RoadLoad, ...]
    provenance: Provenance
    factors: tuple[UsedFactor, ...] = ()
    """The emission factors that the exposure rests on."""
    conflicts: tuple[MeasureConflict, ...] = ()
    """Where the measures conflicted, as it was known before planning."""
    revised: Revised | None = None
    """What changed of the publication that the plan goes on from; None: a first plan."""

    def plant(self, plant: str) -> PlantSchedule | None:
        return next((row for row in self.plants if row.card.plant == plant), None)

    def card(self, plant: str) -> PlantCard | None:
        """Who a plant is in this case, planned for or not."""
        cards = (*(row.card for row in self.plants), *self.unplanned)
        return next((card for card in cards if card.plant == plant), None)

    def covers(self, instant: datetime) -> bool:
        """Whether the published stretch holds the instant."""
        return self.starts_at <= instant < self.published_until
