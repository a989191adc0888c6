"""Measures: what a plan of emergency measures orders at each level, one row per rule.

Rules are data, never code. An empty list in a row means "all"; lists are separated by ";". A rule
whose `levels` are empty stands whether or not an alert holds. Within an alert a rule may begin or
end after some hours of the episode. `clause` is what the enterprise is told, and `status` whether
the text of that clause was read.
"""

from collections.abc import Collection
from datetime import date
from typing import Annotated, Literal, NamedTuple, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scheduler.domain.alert import Level
from scheduler.domain.enterprise import (
    Count,
    EmissionStage,
    Fuel,
    Grade,
    Percent,
    Positive,
    Sector,
    Size,
)
from scheduler.domain.filing import Kind
from scheduler.domain.hours import Hours, Polarity, refuse_hours
from scheduler.domain.row import Id, Row, SourceText, Status, StatusOf, Text

BarredStage = Literal["pre_china1", "china1", "china2", "china3", "china4", "china5", "china6"]
STAGES: tuple[BarredStage, ...] = get_args(BarredStage)
"""Emission stages of engines, oldest first; a registry may hold none of the oldest."""
KINDS: tuple[Kind, ...] = get_args(Kind)


def _split(cell: object) -> object:
    return tuple(part.strip() for part in cell.split(";")) if isinstance(cell, str) else cell


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
FiledKinds = Annotated[
    tuple[Kind, ...],
    _LIST,
    Field(description="kinds of trips that are free while a filing covers them, separated by ;"),
]


class Moment(NamedTuple):
    """A slot in a city, as rules ask of it: its level, its local day, and between which minutes of
    the episode it lies (None outside an alert)."""

    level: Level | None
    day: date
    episode: tuple[int, int] | None


class Rule(Row):
    """What every measure states: when, for whom, by which clause."""

    measure_id: Annotated[Id, Field(description="the measure's id")]
    levels: Levels = ()
    cities: Annotated[
        tuple[Id, ...], _LIST, Field(description="ids of cities separated by ;, none for all")
    ] = ()
    sectors: Sectors = ()
    grades: Grades = ()
    from_date: Annotated[
        date | None, Field(description="the first local day, empty if it always held")
    ] = None
    to_date: Annotated[
        date | None, Field(description="the last local day, empty while no end is known")
    ] = None
    from_episode_hour: Annotated[
        Count, Field(description="hours of an episode after which the rule begins, or 0")
    ] = 0
    to_episode_hour: Annotated[
        Positive | None, Field(description="hours of an episode after which it ends, or none")
    ] = None
    clause: Annotated[Text, Field(description="the clause, as the enterprise is told")]
    clause_en: Annotated[str, Field(description="the clause in English")] = ""
    source: SourceText
    status: StatusOf

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.from_date and self.to_date and self.to_date < self.from_date:
            raise PydanticCustomError("ends_early", "ends before it begins")
        if self.to_episode_hour is not None and self.to_episode_hour <= self.from_episode_hour:
            raise PydanticCustomError("ends_early", "ends before it begins")
        return self

    def is_for(self, city: str, sector: Sector, grade: Grade) -> bool:
        """Whether the rule is made for plants of this city, sector and grade."""
        return (
            (not self.cities or city in self.cities)
            and (not self.sectors or sector in self.sectors)
            and (not self.grades or grade in self.grades)
        )

    def holds_at(self, moment: Moment) -> bool:
        """Whether the rule holds in some minute of the slot."""
        if self.levels and moment.level not in self.levels:
            return False
        if self.from_date and moment.day < self.from_date:
            return False
        if self.to_date and moment.day > self.to_date:
            return False
        return self._holds_in_episode(moment.episode)

    def _holds_in_episode(self, episode: tuple[int, int] | None) -> bool:
        if not self.from_episode_hour and self.to_episode_hour is None:
            return True
        if episode is None:
            return False
        first, end = episode
        ends = self.to_episode_hour
        return self.from_episode_hour * 60 < end and (ends is None or first < ends * 60)

    def said(self, language: Literal["zh-CN", "en"]) -> str:
        """The clause in a language; in Chinese where no translation is given."""
        return self.clause_en if language == "en" and self.clause_en else self.clause


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
        BarredStage | None,
        Field(description="the newest stage that is barred, with all older; none for all"),
    ] = None
    sizes: Annotated[
        tuple[Size, ...], _LIST, Field(description="sizes separated by ;, none for all")
    ] = ()
    kinds: Annotated[
        tuple[Kind, ...], _LIST, Field(description="kinds of trips, separated by ;, none for all")
    ] = ()
    exempt_kinds: ExemptKinds = ()
    exempt_if_filed: FiledKinds = ()
    hours: Hours = ()
    polarity: Polarity = "forbid"

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if bool(self.zones) != (self.at == "zone") or bool(self.road_types) != (self.at == "road"):
            raise PydanticCustomError("bar_place", "zones or road_types do not go with at")
        if self.at != "gate" and (self.sectors or self.grades):
            raise PydanticCustomError("bar_for_all", "a bar of a place is for all plants")
        refuse_hours(self.hours, self.polarity, self.model_fields_set)
        return self

    def bars(self, fuel: Fuel, stage: EmissionStage, size: Size) -> bool:
        """Whether trucks of this class are meant; electric trucks only by a bar of all stages."""
        if (self.fuels and fuel not in self.fuels) or (self.sizes and size not in self.sizes):
            return False
        if self.through_stage is None:
            return True
        oldest_first = STAGES.index
        return stage != "electric" and oldest_first(stage) <= oldest_first(self.through_stage)

    def barred_kinds(self, filed: Collection[Kind] = ()) -> tuple[Kind, ...]:
        """The kinds of trips that are barred where a filing covers some."""
        free = {*self.exempt_kinds, *(kind for kind in self.exempt_if_filed if kind in filed)}
        return tuple(k for k in self.kinds or KINDS if k not in free)


class TripCap(Rule):
    """The plant's normal trips are cut by a share: of the day, or of the hours that count."""

    cut_percent: Annotated[Percent, Field(description="percent of normal trips, 0 to 100")]
    exempt_kinds: ExemptKinds = ()
    exempt_if_filed: FiledKinds = ()
    safe_production_exempt: Annotated[
        bool, Field(description="true if trips that safe production needs do not count")
    ] = False
    hours: Hours = ()
    polarity: Polarity = "forbid"

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        refuse_hours(self.hours, self.polarity, self.model_fields_set)
        return self


class WindowRule(Rule):
    """Trucks pass the plant's gates only in assigned windows; in some hours perhaps not at all, but
    for the kinds that are exempt."""

    min_minutes: Annotated[Positive, Field(description="least minutes of a window")]
    max_minutes: Annotated[Positive, Field(description="most minutes of a window")]
    max_open_minutes_day: Annotated[Count, Field(description="most open minutes a day")]
    max_windows_day: Annotated[Count, Field(description="most windows a day")]
    min_pause_minutes: Annotated[Count, Field(description="least minutes between windows")]
    exempt_kinds: ExemptKinds = ()
    exempt_if_filed: FiledKinds = ()
    hours: Hours = ()
    polarity: Polarity = "forbid"

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min_minutes > self.max_minutes:
            given = {"least": self.min_minutes, "most": self.max_minutes}
            raise PydanticCustomError("window_bounds", "least {least} above most {most}", given)
        refuse_hours(self.hours, self.polarity, self.model_fields_set)
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


class NamedSet(Row):
    """What a set of measures is, where it comes from and whether its texts were read."""

    set_id: Annotated[Id, Field(description="the set's id")]
    name_zh: Annotated[Text, Field(description="the Chinese name")]
    name_en: Annotated[Text, Field(description="the English name")]
    region_zh: Annotated[Text, Field(description="where it was ordered, in Chinese")]
    region_en: Annotated[Text, Field(description="where it was ordered, in English")]
    about_zh: Annotated[Text, Field(description="what it is and what it leaves out, in Chinese")]
    about_en: Annotated[Text, Field(description="what it is and what it leaves out, in English")]
    source: SourceText
    status: StatusOf


class SetPart(BaseModel):
    """A named set inside the measures that hold, and its rules by their ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    card: NamedSet
    measures: tuple[Id, ...]


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
    parts: tuple[SetPart, ...] = ()

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

    def set_of(self, measure: str) -> str:
        """The id of the named set that a rule comes from; the name of the whole if it has none."""
        return next((p.card.set_id for p in self.parts if measure in p.measures), self.name)

    def statuses(self) -> tuple[Status, ...]:
        return tuple(status for rule in self.rules for status in rule.statuses())
