"""The level of each city slot by slot: bars take every slot that an alert touches, windows only
those that lie wholly in it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from pydantic import model_validator

from scheduler.domain.alert import Level, Revision, Statement, stretches_of
from scheduler.domain.instant import Minute
from scheduler.domain.measure import Moment
from solver.instance import Id, TimeGrid, Value


class LevelPeriod(Value):
    """A level that holds in a city from a minute on, to a minute or without a known end."""

    city: Id
    level: Level
    starts_at: Minute
    ends_at: Minute | None = None
    episode_starts_at: Minute | None = None
    """When the episode began, if before this level did."""

    @model_validator(mode="after")
    def _lasts(self) -> "LevelPeriod":
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError(f"the level of {self.city} would end before it starts")
        if self.episode_since > self.starts_at:
            raise ValueError(f"the episode of {self.city} would begin after its level does")
        return self

    @property
    def episode_since(self) -> datetime:
        return self.episode_starts_at or self.starts_at


def periods_of(statement: Statement, earlier: Sequence[Statement] = ()) -> tuple[LevelPeriod, ...]:
    """What a statement of an alert means city by city; `earlier` are those that it replaces, oldest
    first: an episode that they began goes on."""
    return tuple(
        LevelPeriod(
            city=city,
            level=area.level,
            starts_at=statement.starts_at,
            ends_at=statement.ends_at,
            episode_starts_at=_episode_of(city, statement, earlier),
        )
        for area in statement.areas
        for city in area.cities
    )


def periods_in_force(
    revisions: Sequence[Revision], episode_since: datetime | None = None
) -> tuple[LevelPeriod, ...]:
    """What the revisions of an alert, oldest first, mean city by city: each counts from its start
    on, until its end or a later one's start. `episode_since` is when the episode began if another
    alert began it."""
    periods = []
    for stretch in stretches_of(revisions):
        statement = stretch.revision.statement
        earlier = [r.statement for r in revisions if r.number < stretch.revision.number]
        for area in statement.areas:
            for city in area.cities:
                since = _episode_of(city, statement, earlier)
                periods.append(
                    LevelPeriod(
                        city=city,
                        level=area.level,
                        starts_at=stretch.starts_at,
                        ends_at=stretch.ends_at,
                        episode_starts_at=min(since, episode_since or since),
                    )
                )
    return tuple(periods)


def _episode_of(city: str, statement: Statement, earlier: Sequence[Statement]) -> datetime:
    """The start of the unbroken run of statements that name the city and reach the last one's."""
    since = statement.starts_at
    for former in reversed(earlier):
        reaches = former.ends_at is None or former.ends_at >= since
        if former.level_of(city) is not None and former.starts_at < since and reaches:
            since = former.starts_at
    return since


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
    """What rules ask of each slot of a city, and the slots that an alert covers only in part."""

    moments: tuple[Moment, ...]
    partial: frozenset[int]

    @property
    def levels(self) -> tuple[Level | None, ...]:
        """The highest level that touches each slot."""
        return tuple(moment.level for moment in self.moments)

    @property
    def highest(self) -> Level | None:
        held = [level for level in self.levels if level is not None]
        return max(held, key=lambda level: level.severity) if held else None

    def slots(self, holds: Callable[[Moment], bool]) -> list[int]:
        return [slot for slot, moment in enumerate(self.moments) if holds(moment)]


def course_of(city: str, periods: Sequence[LevelPeriod], grid: TimeGrid) -> Course:
    """The course of a city's level; where periods meet in a slot the highest counts."""
    own = [period for period in periods if period.city == city]
    moments: list[Moment] = []
    partial = set()
    for slot in range(grid.n_slots):
        start = grid.at(slot)
        end = start + timedelta(minutes=grid.slot_minutes)
        touching = [p for p in own if p.starts_at < end and (not p.ends_at or p.ends_at > start)]
        level = max((p.level for p in touching), key=lambda level: level.severity, default=None)
        episode = _episode(own, touching, start, end) if touching else None
        moments.append(Moment(level, start.date(), episode))
        if touching and not _covered(touching, start, end):
            partial.add(slot)
    return Course(tuple(moments), frozenset(partial))


def _episode(
    own: Sequence[LevelPeriod], touching: Sequence[LevelPeriod], start: datetime, end: datetime
) -> tuple[int, int]:
    """Minutes of the episode at the slot's edges; periods that meet are one episode."""
    since = min(period.episode_since for period in touching)
    for former in sorted(own, key=lambda p: p.starts_at, reverse=True):
        reaches = former.ends_at is None or former.ends_at >= since
        if former.starts_at < since and reaches:
            since = former.episode_since
    first, last = ((edge - since) // timedelta(minutes=1) for edge in (start, end))
    return max(0, first), last


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
