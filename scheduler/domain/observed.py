"""Air as it was measured, how well it was forecast, and its heavily polluted days."""

from datetime import date
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, computed_field

from scheduler.domain.air import DayValue, HourlyValue
from scheduler.domain.alert import Level
from scheduler.domain.row import Id, Row, SourceText, StatusOf, Text
from solver.instance import Value

Number = PlainSerializer(lambda exact: None if exact is None else round(float(exact), 4))
"""An exact share or mean, written in JSON as a number of four decimals."""
Share = Annotated[Fraction | None, Number]


class ObservedHour(HourlyValue):
    """An hour of a station of a city."""

    city_id: Annotated[Id, Field(description="the city")]


class ObservedDay(DayValue):
    """A day of a city as it was reported."""

    source: SourceText
    status: StatusOf


class Observations(BaseModel):
    """What one delivery holds: hours by station, or days by city, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: tuple[ObservedHour, ...] = ()
    days: tuple[ObservedDay, ...] = ()


class Tally(Value):
    """How often something was forecast and observed."""

    hits: int
    misses: int
    false_alarms: int
    quiet: int
    """Days on which it was neither forecast nor observed."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def hit_rate(self) -> Share:
        """Hits among the days on which it was observed; None without one."""
        return _share(self.hits, self.hits + self.misses)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def false_alarm_rate(self) -> Share:
        """False alarms among the days on which it was forecast; None without one."""
        return _share(self.false_alarms, self.hits + self.false_alarms)


class Score(Tally):
    """How forecasts of a lead day did at a threshold of the index."""

    aqi_above: int
    levels: tuple[Level, ...]
    """The levels of the rule set that rest on the threshold."""


class LevelScore(Tally):
    """How the level that the rules advise did, by the forecast and by the observed days: `level`
    or a higher one."""

    level: Level


class LeadSkill(Value):
    """The forecasts of a lead day: 1 is the day after the issue."""

    lead_days: int
    n: int
    bias_sum: int = Field(exclude=True)
    """Sum of twice (forecast less observed), the middle of a range counting."""
    scores: tuple[Score, ...]
    levels: tuple[LevelScore, ...]
    """Mildest level first."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def bias(self) -> Annotated[Fraction, Number]:
        """Mean of forecast less observed index."""
        return Fraction(self.bias_sum, 2 * self.n)


class Target(Row):
    """How many fewer heavily polluted days a year is to have than an earlier one."""

    target: Annotated[Id, Field(description="the target's id")]
    name_zh: Annotated[Text, Field(description="the document")]
    baseline_year: Annotated[int, Field(ge=2013, le=2100, description="the year compared with")]
    target_year: Annotated[int, Field(ge=2013, le=2100, description="the year judged")]
    change_percent: Annotated[int, Field(ge=-100, le=0, description="the change, such as -25")]
    aqi_above: Annotated[int, Field(ge=0, le=500, description="a heavily polluted day is above")]
    least_days: Annotated[int, Field(ge=1, le=366, description="days that a year needs")]
    source: SourceText
    status: StatusOf
    least_days_source: SourceText
    least_days_status: StatusOf


class HeavyYear(Value):
    """The heavily polluted days of a city in a year."""

    city: Id
    year: int
    days_known: int
    heavy_days: tuple[date, ...]


class Judged(Value):
    """A city against a target; `met` is None while a year has too few days known."""

    target: Id
    city: Id
    baseline: int | None
    allowed: int | None
    """The most days in the target year: the baseline changed by the percentage, rounded down."""
    counted: int | None
    met: bool | None


class HeavyDays(Value):
    """Heavily polluted days by city and year, and each target judged."""

    years: tuple[HeavyYear, ...]
    targets: tuple[Target, ...]
    judged: tuple[Judged, ...]


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
