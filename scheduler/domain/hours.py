"""Hours of the local day in a rule, and whether they are the barred or the permitted ones."""

from collections.abc import Sequence, Set
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

MINUTES_A_DAY = 1440


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

    def told(self) -> str:
        """As a cell writes it."""
        return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in self)

    def _parts(self) -> tuple[tuple[int, int], ...]:
        if self.first_minute < self.end_minute:
            return ((self.first_minute, self.end_minute),)
        return ((0, self.end_minute), (self.first_minute, MINUTES_A_DAY))


def _minute_of(text: str) -> int:
    try:
        hour, minute = (int(part) for part in text.split(":"))
    except ValueError:
        hour, minute = -1, 0
    if not (0 <= hour <= 24 and 0 <= minute < 60 and hour * 60 + minute <= MINUTES_A_DAY):
        raise PydanticCustomError("time_of_day", "no time of day")
    return hour * 60 + minute


def _hours(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    runs = []
    for part in cell.split(";"):
        first, _, end = part.strip().partition("-")
        runs.append(HourRun(_minute_of(first), _minute_of(end)))
    return tuple(runs)


Hours = Annotated[
    tuple[HourRun, ...],
    BeforeValidator(_hours),
    Field(description="local hours as 22:00-06:00, separated by ;, none for the whole day"),
]
Polarity = Annotated[
    Literal["forbid", "permit"],
    Field(description="forbid or permit: what the hours say of the trucks"),
]


def refuse_hours(hours: Sequence[HourRun], polarity: str, given: Set[str]) -> None:
    """Raises ValueError for hours that do not say whether they bar or permit, or the reverse."""
    if hours and "polarity" not in given:
        raise PydanticCustomError("hours_polarity", "hours need a polarity")
    if polarity == "permit" and not hours:
        raise PydanticCustomError("permit_hours", "a permission has no hours")
