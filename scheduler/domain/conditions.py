"""What the roads are like during the alert: other traffic by hour, dispersion, low visibility."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scheduler.domain.instant import Instant
from scheduler.domain.row import Id, Row, SourceText, Status, StatusOf, Text

Hour = Annotated[int, Field(ge=0, le=23, description="a local hour, 0 to 23")]


class RoadFigure(Row):
    """One figure of a type of road: lanes, free_speed, capacity or background_peak."""

    facility_type: Annotated[Id, Field(description="the type of road")]
    key: Annotated[Id, Field(description="lanes, free_speed, capacity or background_peak")]
    value: Annotated[int, Field(ge=0, description="a whole number, 0 or more")]
    unit: Annotated[Text, Field(description="the unit")]
    source: SourceText
    status: StatusOf


class BackgroundShare(Row):
    facility_type: Annotated[Id, Field(description="the type of road")]
    hour: Hour
    share_permille: Annotated[int, Field(ge=0, description="thousandths of a day's traffic")]
    source: SourceText
    status: StatusOf


class HourWeight(Row):
    zone_type: Annotated[Id, Field(description="the type of zone")]
    hour: Hour
    weight_percent: Annotated[int, Field(ge=0, description="percent of the day's mean")]
    source: SourceText
    status: StatusOf


class RoadAssumption(Row):
    key: Annotated[Id, Field(description="the figure's name")]
    value: Annotated[int, Field(description="a whole number")]
    unit: Annotated[Text, Field(description="the unit")]
    low: Annotated[int, Field(description="the least that is thought possible")]
    high: Annotated[int, Field(description="the most that is thought possible")]
    reason: Annotated[Text, Field(description="why this value")]
    source: SourceText
    status: StatusOf


class RoadClosure(Row):
    """A link on which nobody may drive for a time."""

    link_id: Annotated[Id, Field(description="the link")]
    from_instant: Annotated[Instant, Field(description="when it closes, with its offset")]
    to_instant: Annotated[
        Instant | None, Field(description="when it opens again, empty while no end is known")
    ] = None
    clause: Annotated[Text, Field(description="the order, as the enterprise is told")]
    clause_en: Annotated[str, Field(description="the order in English")] = ""
    source: SourceText
    status: StatusOf

    @model_validator(mode="after")
    def _lasts(self) -> "RoadClosure":
        if self.to_instant is not None and self.to_instant <= self.from_instant:
            raise ValueError(f"link {self.link_id} would open before it closes")
        return self


class RoadConditions(BaseModel):
    """The tables beside the network, in the order of their keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    figures: tuple[RoadFigure, ...]
    background: tuple[BackgroundShare, ...]
    hour_weights: tuple[HourWeight, ...]
    assumptions: tuple[RoadAssumption, ...]
    closures: tuple[RoadClosure, ...] = ()

    def background_percent(self, facility_type: str, hour: int) -> tuple[int, int]:
        """Other traffic's share of the capacity as a fraction of two whole numbers:
        `peak x share / (100 x largest share)`. Raises ValueError for a type without figures."""
        peaks = [
            f.value
            for f in self.figures
            if (f.facility_type, f.key) == (facility_type, "background_peak")
        ]
        shares = {b.hour: b.share_permille for b in self.background
                  if b.facility_type == facility_type}  # fmt: skip
        if not peaks or hour not in shares:
            raise ValueError(
                f"no background for facility_type {facility_type} in hour {hour}; add it to "
                "road_classes.csv (background_peak) and background_profile.csv"
            )
        (peak,) = peaks
        return peak * shares[hour], 100 * max(shares.values())

    def hour_weight(self, zone_type: str, hour: int) -> int:
        return next(
            w.weight_percent
            for w in self.hour_weights
            if (w.zone_type, w.hour) == (zone_type, hour)
        )

    def assumed(self, key: str) -> int:
        return next(a.value for a in self.assumptions if a.key == key)

    def statuses(self) -> tuple[Status, ...]:
        rows = (
            *self.figures,
            *self.background,
            *self.hour_weights,
            *self.assumptions,
            *self.closures,
        )
        return tuple(status for row in rows for status in row.statuses())
