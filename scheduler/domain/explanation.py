"""What measures ask of an enterprise at an instant: each rule with its clause and its reach."""

from __future__ import annotations

from typing import Literal

from scheduler.domain.alert import Level
from scheduler.domain.enterprise import Grade, OperatingState, Sector
from scheduler.domain.filing import Filing, Kind
from scheduler.domain.hours import HourRun
from scheduler.domain.instant import Instant
from scheduler.domain.row import Status
from solver.instance import Id, Value

Instrument = Literal[
    "emission_bars", "trip_caps", "window_limits", "output_cuts", "exemptions", "drawdowns",
    "zone_caps",
]  # fmt: skip


class AppliedRule(Value):
    """A rule that holds for a plant at an instant."""

    measure: Id
    instrument: Instrument
    set_id: str
    clause: str
    clause_en: str
    source: str
    status: Status
    hours: tuple[HourRun, ...]
    polarity: Literal["forbid", "permit"] | None
    bites: bool
    """Whether the instant is one of the hours that the rule counts."""
    overruled_by: Id | None
    """A stricter rule of the same instrument that counts in its place."""
    barred_classes: tuple[Id, ...]
    """The plant's own vehicle classes that a bar means."""
    kinds: tuple[Kind, ...] = ()
    """The kinds of trips that a bar is for; none where it is for all."""
    exempt_kinds: tuple[Kind, ...]
    exempt_if_filed: tuple[Kind, ...] = ()
    """Kinds of trips that are free while a filing covers them."""

    def said(self, language: Literal["zh-CN", "en"]) -> str:
        return self.clause_en if language == "en" and self.clause_en else self.clause


class PlantRules(Value):
    """Everything that holds for a plant; `exemption` frees it from all but roads and zones."""

    plant: Id
    name_zh: str
    name_en: str
    city: Id
    sector: Sector
    grade: Grade
    operating_state: OperatingState
    at: Instant
    level: Level | None
    episode_minutes: int | None
    exemption: AppliedRule | None
    filings: tuple[Filing, ...] = ()
    """Those that cover the minute."""
    rules: tuple[AppliedRule, ...]
