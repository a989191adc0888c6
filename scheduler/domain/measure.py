"""Measures: what a plan of emergency measures orders at each level, one row per rule.

Rules are data, never code. An empty list in a row means "all"; lists are separated by ";". A rule
whose `levels` are empty stands whether or not an alert holds. `clause` is what the enterprise is
told, and `status` whether the text of that clause was read.
"""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from scheduler.domain.alert import Level
from scheduler.domain.enterprise import (
    Count,
    EmissionStage,
    Fuel,
    Grade,
    Kind,
    Percent,
    Positive,
    Sector,
    Size,
)
from scheduler.domain.row import Id, Row, SourceText, Status, StatusOf, Text

MINUTES_A_DAY = 1440
STAGES: tuple[EmissionStage, ...] = ("china3", "china4", "china5", "china6")
"""Emission stages of engines, oldest first."""
KINDS: tuple[Kind, ...] = (
    "ordinary", "safe_production", "livelihood", "hazardous", "emergency",
)  # fmt: skip


class HourRun(NamedTuple):
    """Minutes of the local day, `[first_minute, end_minute)`; over midnight if end <= first."""

    first_minute: int
    end_minute: int

    def touches(self, first: int, end: int) -> bool:
        """Whether `[first, end)` of one day, less than a day long, shares a minute with it."""
        return any(first < run_end and run_first < end for run_first, run_end in self._parts())

    def holds(self, first: int, end: int) -> bool:
        """Whether `[first, end)` of one day lies wholly in it."""
        return any(run_first <= first and end <= run_end for run_first, run_end in self._parts())

    def _parts(self) -> tuple[tuple[int, int], ...]:
        if self.first_minute < self.end_minute:
            return ((self.first_minute, self.end_minute),)
        return ((0, self.end_minute), (self.first_minute, MINUTES_A_DAY))


def _split(cell: object) -> object:
    return tuple(part.strip() for part in cell.split(";")) if isinstance(cell, str) else cell


def _minute_of(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    if not (0 <= hour <= 24 and 0 <= minute < 60 and hour * 60 + minute <= MINUTES_A_DAY):
        raise ValueError(f"{text} is no time of day")
    return hour * 60 + minute


def _hours(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    runs = []
    for part in cell.split(";"):
        first, _, end = part.strip().partition("-")
        runs.append(HourRun(_minute_of(first), _minute_of(end)))
    return tuple(runs)


_LIST = BeforeValidator(_split)
Levels = Annotated[
    tuple[Level, ...], _LIST, Field(description="levels separated by ;, none for a standing rule")
]
Sectors = Annotated[
    tuple[Sector, ...], _LIST, Field(description="sectors separated by ;, none for all")
]
Grades = Annotated[
    tuple[Grade, ...], _LIST, Field(description="grades separated by ;, none for all")
]
ExemptKinds = Annotated[
    tuple[Kind, ...], _LIST, Field(description="kinds of trips that are free, separated by ;")
]
Hours = Annotated[
    tuple[HourRun, ...],
    BeforeValidator(_hours),
    Field(description="local hours as 22:00-06:00, separated by ;, none for the whole day"),
]
Polarity = Annotated[
    Literal["forbid", "permit"],
    Field(description="forbid or permit: what the hours say of the trucks"),
]


class Rule(Row):
    """What every measure states: when, for whom, by which clause."""

    measure_id: Annotated[Id, Field(description="the measure's id")]
    levels: Levels = ()
    sectors: Sectors = ()
    grades: Grades = ()
    clause: Annotated[Text, Field(description="the clause, as the enterprise is told")]
    source: SourceText
    status: StatusOf

    def concerns(self, level: Level | None, sector: Sector, grade: Grade) -> bool:
        """Whether the rule holds for a plant of this sector and grade at a level."""
        return (
            (not self.levels or level in self.levels)
            and (not self.sectors or sector in self.sectors)
            and (not self.grades or grade in self.grades)
        )


class EmissionBar(Rule):
    """No trucks of some fuels up to a stage: at the gates of the plants concerned, inside zones
    (with all that lie in them), or on roads of a type."""

    at: Annotated[
        Literal["gate", "zone", "road"], Field(description="gate, zone or road: what is barred")
    ]
    zones: Annotated[
        tuple[Id, ...], _LIST, Field(description="zones of the network, separated by ;")
    ] = ()
    road_types: Annotated[
        tuple[Id, ...], _LIST, Field(description="facility types of links, separated by ;")
    ] = ()
    fuels: Annotated[
        tuple[Fuel, ...], _LIST, Field(description="fuels separated by ;, none for all")
    ] = ()
    through_stage: Annotated[
        EmissionStage | None,
        Field(description="the newest stage that is barred, with all older; none for all"),
    ] = None
    sizes: Annotated[
        tuple[Size, ...], _LIST, Field(description="sizes separated by ;, none for all")
    ] = ()
    kinds: Annotated[
        tuple[Kind, ...], _LIST, Field(description="kinds of trips, separated by ;, none for all")
    ] = ()
    exempt_kinds: ExemptKinds = ()
    hours: Hours = ()
    polarity: Polarity = "forbid"

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if bool(self.zones) != (self.at == "zone") or bool(self.road_types) != (self.at == "road"):
            raise ValueError("zones go with at = zone and road_types with at = road, else neither")
        if self.at != "gate" and (self.sectors or self.grades):
            raise ValueError("a bar in a zone or on a road holds for all sectors and grades")
        if self.polarity == "permit" and not self.hours:
            raise ValueError("a permission needs the hours that it permits")
        return self

    def bars(self, fuel: Fuel, stage: EmissionStage, size: Size) -> bool:
        """Whether trucks of this class are meant; electric trucks only by a bar of all stages."""
        if (self.fuels and fuel not in self.fuels) or (self.sizes and size not in self.sizes):
            return False
        if self.through_stage is None:
            return True
        return stage in STAGES and STAGES.index(stage) <= STAGES.index(self.through_stage)

    @property
    def barred_kinds(self) -> tuple[Kind, ...]:
        return tuple(k for k in self.kinds or KINDS if k not in self.exempt_kinds)


class TripCap(Rule):
    """The plant's normal trips a day are cut by a share."""

    cut_percent: Annotated[Percent, Field(description="percent of normal trips, 0 to 100")]
    exempt_kinds: ExemptKinds = ()
    safe_production_exempt: Annotated[
        bool, Field(description="true if trips that safe production needs do not count")
    ] = False


class WindowRule(Rule):
    """Trucks pass the plant's gates only in assigned windows; in some hours perhaps not at all."""

    min_minutes: Annotated[Positive, Field(description="least minutes of a window")]
    max_minutes: Annotated[Positive, Field(description="most minutes of a window")]
    max_open_minutes_day: Annotated[Count, Field(description="most open minutes a day")]
    max_windows_day: Annotated[Count, Field(description="most windows a day")]
    min_pause_minutes: Annotated[Count, Field(description="least minutes between windows")]
    hours: Hours = ()
    polarity: Polarity = "forbid"

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min_minutes > self.max_minutes:
            raise ValueError(f"least {self.min_minutes} above most {self.max_minutes} minutes")
        if self.polarity == "permit" and not self.hours:
            raise ValueError("a permission needs the hours that it permits")
        return self


class OutputRule(Rule):
    """What a plant may make is cut by a share of its normal output."""

    cut_percent: Annotated[Percent, Field(description="percent of normal output, 0 to 100")]


class Exemption(Rule):
    """Plants that the measures leave alone: by grade, or by few trips a day."""

    below_trips_day: Annotated[
        Count | None, Field(description="trips a day below which a plant is free, none for any")
    ] = None


class Drawdown(Rule):
    """How far stocks may move to the end of the horizon, in days of what comes or goes by road."""

    road_days_percent: Annotated[Count, Field(description="hundredths of a day's road need")]


class ZoneCap(Rule):
    """How many PCU of key enterprises may enter a zone in an hour."""

    zones: Annotated[tuple[Id, ...], _LIST, Field(min_length=1, description="zones of the network")]
    cap_pcu_h: Annotated[Count, Field(description="PCU an hour that may enter each zone")]


class MeasureSet(BaseModel):
    """All rules of one plan of measures, in the order of their ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    emission_bars: tuple[EmissionBar, ...]
    trip_caps: tuple[TripCap, ...]
    window_limits: tuple[WindowRule, ...]
    output_cuts: tuple[OutputRule, ...]
    exemptions: tuple[Exemption, ...]
    drawdowns: tuple[Drawdown, ...]
    zone_caps: tuple[ZoneCap, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (
            *self.emission_bars,
            *self.trip_caps,
            *self.window_limits,
            *self.output_cuts,
            *self.exemptions,
            *self.drawdowns,
            *self.zone_caps,
        )

    def statuses(self) -> tuple[Status, ...]:
        return tuple(status for rule in self.rules for status in rule.statuses())
