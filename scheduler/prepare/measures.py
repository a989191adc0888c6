"""Which measures hold for a plant, slot by slot, and what they mean to the solver.

Where several caps or window limits concern a plant, the strictest holds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar

from scheduler.domain.enterprise import Grade, Registry, Sector
from scheduler.domain.filing import Filing, Kind
from scheduler.domain.hours import MINUTES_A_DAY, HourRun
from scheduler.domain.measure import (
    Exemption,
    MeasureSet,
    Rule,
    TripCap,
    WindowRule,
)
from scheduler.domain.network import Network
from scheduler.prepare.levels import Course, Run, runs_of
from solver.instance import OutputCut, TimeGrid, TripCut, WindowLimit

RuleT = TypeVar("RuleT", bound=Rule)


@dataclass(frozen=True)
class Subject:
    """A plant as the rules see it."""

    plant: str
    city: str
    sector: Sector
    grade: Grade
    trips_day: int
    course: Course
    kinds: frozenset[Kind] = frozenset()
    """Of the plant's trips."""
    filings: tuple[Filing, ...] = ()

    def slots(self, rule: Rule) -> list[int]:
        if not rule.is_for(self.city, self.sector, self.grade):
            return []
        return self.course.slots(rule.holds_at)

    def filed(self, first: datetime, end: datetime) -> frozenset[Kind]:
        """Kinds of trips that filings cover in every minute between two instants."""
        return frozenset(row.kind for row in self.filings if row.covers(first, end))

    def filed_in(self, grid: TimeGrid, slot: int) -> frozenset[Kind]:
        """Kinds of trips that filings cover in all of a slot."""
        first = grid.at(slot)
        return self.filed(first, first + timedelta(minutes=grid.slot_minutes))


@dataclass(frozen=True)
class Setting:
    """Roads, levels and slots that the rules are read against; `used` are the instance's links,
    `planned` its plants."""

    network: Network
    courses: Mapping[str, Course]
    grid: TimeGrid
    used: frozenset[str]
    planned: tuple[Subject, ...] = ()


def subjects_of(registry: Registry, courses: Mapping[str, Course]) -> tuple[Subject, ...]:
    """Every plant of the registry, in order of the ids."""
    trips: dict[str, int] = {plant.plant_id: 0 for plant in registry.plants}
    kinds: dict[str, set[Kind]] = {plant.plant_id: set() for plant in registry.plants}
    for stream in registry.streams:
        trips[stream.plant_id] += stream.baseline_trips_day
        kinds[stream.plant_id].add(stream.kind)
    return tuple(
        Subject(
            plant.plant_id,
            plant.city_id,
            plant.sector,
            registry.grade_by_plant[plant.plant_id],
            trips[plant.plant_id],
            courses[plant.city_id],
            frozenset(kinds[plant.plant_id]),
            tuple(row for row in registry.filings if row.plant_id == plant.plant_id),
        )
        for plant in registry.plants
    )


def exempting_rule(measures: MeasureSet, subject: Subject) -> Exemption | None:
    """The rule that leaves a plant out of the measures in every slot of the alert, if any."""
    alerted = subject.course.slots(lambda moment: moment.level is not None)
    for rule in measures.exemptions:
        few = rule.below_trips_day is None or subject.trips_day < rule.below_trips_day
        if few and alerted and set(alerted) <= set(subject.slots(rule)):
            return rule
    return None


def exemption_of(measures: MeasureSet, subject: Subject) -> str | None:
    """The clause by which a plant is exempt."""
    rule = exempting_rule(measures, subject)
    return None if rule is None else rule.clause


def city_of(zone: str, network: Network) -> str:
    """The city around a zone: the outermost of the zones around it."""
    around = {z.zone_id: z.super_zone for z in network.zones}
    while (outer := around[zone]) is not None:
        zone = outer
    return zone


def _strictest(by_slot: Mapping[int, RuleT]) -> Iterator[tuple[RuleT, Run]]:
    """Runs of slots under one and the same rule."""
    for measure, group in groupby(sorted(by_slot), key=lambda slot: by_slot[slot].measure_id):
        for run in runs_of(group):
            rule = by_slot[run.first_slot]
            assert rule.measure_id == measure
            yield rule, run


def window_limits_of(
    measures: MeasureSet, subject: Subject, grid: TimeGrid
) -> Iterator[WindowLimit]:
    """The window limits of a plant; of several in one slot the one with least open time."""
    by_slot: dict[int, WindowRule] = {}
    for rule in sorted(
        measures.window_limits, key=lambda r: (-r.max_open_minutes_day, r.measure_id)
    ):
        by_slot |= dict.fromkeys(subject.slots(rule), rule)
    minutes = grid.slot_minutes
    for rule, run in _strictest(by_slot):
        longest = max(1, min(rule.max_minutes // minutes, MINUTES_A_DAY // minutes))
        yield WindowLimit(
            id=f"{rule.measure_id}@{subject.plant}:{run.first_slot}",
            clause=rule.clause,
            plant=subject.plant,
            first_slot=run.first_slot,
            end_slot=run.end_slot,
            partial_slots=tuple(s for s in sorted(subject.course.partial) if s in range(*run)),
            min_slots=min(-(-rule.min_minutes // minutes), longest),
            max_slots=longest,
            max_open_slots_day=rule.max_open_minutes_day // minutes,
            max_windows_day=rule.max_windows_day,
            min_pause_slots=-(-rule.min_pause_minutes // minutes),
        )


def is_forbidden(hours: Sequence[HourRun], polarity: str, grid: TimeGrid, slot: int) -> bool:
    """Whether hours written as forbidden touch the slot, or as permitted do not hold all of it;
    no hours forbid the whole day."""
    first = grid.minute_of(slot) % MINUTES_A_DAY
    end = first + grid.slot_minutes
    if polarity == "permit":
        return not any(run.holds(first, end) for run in hours)
    return not hours or any(run.touches(first, end) for run in hours)


def counted_slots(rule: TripCap, subject: Subject, grid: TimeGrid) -> list[int]:
    """The slots in which a cap counts a plant's trips."""
    return [s for s in subject.slots(rule) if is_forbidden(rule.hours, rule.polarity, grid, s)]


def trip_cuts_of(measures: MeasureSet, subject: Subject, grid: TimeGrid) -> Iterator[TripCut]:
    """The trip cuts of a plant; of several in one slot the largest, parted where what is filed
    changes."""
    by_slot = {
        slot: rule
        for rule in sorted(measures.trip_caps, key=lambda r: (r.cut_percent, r.measure_id))
        for slot in counted_slots(rule, subject, grid)
    }
    for rule, whole in _strictest(by_slot):
        for filed, run in runs_by_filing(rule.exempt_if_filed, subject, grid, range(*whole)):
            yield TripCut(
                id=f"{rule.measure_id}@{subject.plant}:{run.first_slot}",
                clause=rule.clause,
                plant=subject.plant,
                first_slot=run.first_slot,
                end_slot=run.end_slot,
                cut_percent=rule.cut_percent,
                exempt_kinds=(*rule.exempt_kinds, *filed),
                safe_production_exempt=rule.safe_production_exempt,
            )


def runs_by_filing(
    kinds: Sequence[Kind], subject: Subject, grid: TimeGrid, slots: Iterable[int]
) -> Iterator[tuple[tuple[Kind, ...], Run]]:
    """Runs of slots with those of the kinds that the plant's filings cover in them."""
    held: dict[tuple[Kind, ...], list[int]] = {}
    for slot in slots:
        covered = subject.filed_in(grid, slot) if kinds else frozenset()
        held.setdefault(tuple(k for k in kinds if k in covered), []).append(slot)
    for filed, among in held.items():
        for run in runs_of(among):
            yield filed, run


def output_cuts_of(
    measures: MeasureSet, subject: Subject, processes: Sequence[str], grid: TimeGrid
) -> Iterator[OutputCut]:
    """The output cuts of a plant's processes, in every stock interval that they touch."""
    for rule in measures.output_cuts:
        intervals = sorted({grid.interval_of(slot) for slot in subject.slots(rule)})
        for run in runs_of(intervals):
            for process in processes:
                yield OutputCut(
                    id=f"{rule.measure_id}@{process}:{run.first_slot}",
                    clause=rule.clause,
                    process=process,
                    first_interval=run.first_slot,
                    end_interval=run.end_slot,
                    cut_percent=rule.cut_percent,
                )


def drawdown_percent(measures: MeasureSet, subject: Subject) -> int:
    """Hundredths of a day's road need by which stocks may move: the most that a level of the
    course allows, 0 if none says anything."""
    held = [rule.road_days_percent for rule in measures.drawdowns if subject.slots(rule)]
    return max(held, default=0)


def zone_caps_of(measures: MeasureSet, setting: Setting) -> dict[str, tuple[int | None, ...]]:
    """mPCU that may enter a zone slot by slot, of several caps the least; None in a slot that no
    rule touches. A zone that no rule caps is left out."""
    caps: dict[str, dict[int, int]] = {}
    for rule in measures.zone_caps:
        cap = rule.cap_pcu_h * 1000 * setting.grid.slot_minutes // 60
        for zone in rule.zones:
            city = city_of(zone, setting.network)
            if rule.cities and city not in rule.cities:
                continue
            for slot in setting.courses[city].slots(rule.holds_at):
                held = caps.setdefault(zone, {})
                held[slot] = min(cap, held.get(slot, cap))
    slots = range(setting.grid.n_slots)
    return {zone: tuple(held.get(slot) for slot in slots) for zone, held in caps.items()}
