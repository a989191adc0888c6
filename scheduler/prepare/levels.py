"""The level of each city slot by slot: bars take every slot that an alert touches, windows only
those that lie wholly in it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from pydantic import model_validator

from scheduler.domain.alert import Level, Statement
from scheduler.domain.instant import Minute
from solver.instance import Id, TimeGrid, Value


class LevelPeriod(Value):
    """A level that holds in a city from a minute on, to a minute or without a known end."""

    city: Id
    level: Level
    starts_at: Minute
    ends_at: Minute | None = None

    @model_validator(mode="after")
    def _lasts(self) -> "LevelPeriod":
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError(f"the level of {self.city} would end before it starts")
        return self


def periods_of(statement: Statement) -> tuple[LevelPeriod, ...]:
    """What a statement of an alert means city by city."""
    return tuple(
        LevelPeriod(
            city=city,
            level=area.level,
            starts_at=statement.starts_at,
            ends_at=statement.ends_at,
        )
        for area in statement.areas
        for city in area.cities
    )


class Run(NamedTuple):
    """Slots `[first_slot, end_slot)`."""

    first_slot: int
    end_slot: int


def runs_of(slots: Iterable[int]) -> Iterator[Run]:
    """The unbroken runs of rising slots."""
    for _, group in groupby(enumerate(sorted(slots)), key=lambda pair: pair[1] - pair[0]):
        members = [slot for _, slot in group]
        yield Run(members[0], members[-1] + 1)


@dataclass(frozen=True)
class Course:
    """The highest level that touches each slot of a city, and the slots that an alert covers
    only in part."""

    levels: tuple[Level | None, ...]
    partial: frozenset[int]

    @property
    def highest(self) -> Level | None:
        held = [level for level in self.levels if level is not None]
        return max(held, key=lambda level: level.severity) if held else None

    def slots(self, holds: Callable[[Level | None], bool]) -> list[int]:
        return [slot for slot, level in enumerate(self.levels) if holds(level)]


def course_of(city: str, periods: Sequence[LevelPeriod], grid: TimeGrid) -> Course:
    """The course of a city's level; where periods meet in a slot the highest counts."""
    own = [period for period in periods if period.city == city]
    levels: list[Level | None] = []
    partial = set()
    for slot in range(grid.n_slots):
        start = grid.at(slot)
        end = start + timedelta(minutes=grid.slot_minutes)
        touching = [p for p in own if p.starts_at < end and (not p.ends_at or p.ends_at > start)]
        levels.append(
            max((p.level for p in touching), key=lambda level: level.severity, default=None)
        )
        if touching and not _covered(touching, start, end):
            partial.add(slot)
    return Course(tuple(levels), frozenset(partial))


def _covered(periods: Sequence[LevelPeriod], start: datetime, end: datetime) -> bool:
    """Whether the periods, which touch `[start, end)`, leave no minute of it out."""
    reached = start
    for period in sorted(periods, key=lambda p: p.starts_at):
        if period.starts_at > reached:
            return False
        if period.ends_at is None or period.ends_at >= end:
            return True
        reached = max(reached, period.ends_at)
    return False
