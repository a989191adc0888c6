"""What no truck of some classes may do, resolved for the solver: bars of gates, zones and roads.

Bars take the outer slots and are resolved to what is barred, whatever polarity the rule is
written in.
"""

from collections.abc import Iterator, Sequence

from scheduler.domain.enterprise import VehicleClass
from scheduler.domain.measure import (
    EmissionBar,
    MeasureSet,
    Rule,
    WindowRule,
)
from scheduler.domain.network import Network
from scheduler.prepare.levels import Run, runs_of
from scheduler.prepare.measures import Setting, Subject, city_of, is_forbidden
from solver.instance import Bar, TimeGrid

HOURS_SUFFIX = "-hours"
"""Follows a window rule's id in the bars of the hours in which no window may lie."""


def bars_of(
    measures: MeasureSet,
    subjects: Sequence[Subject],
    classes: Sequence[VehicleClass],
    setting: Setting,
) -> tuple[Bar, ...]:
    """Every bar that names a class, a kind and a place of the instance."""
    bars: list[Bar] = []
    for rule in measures.emission_bars:
        barred = tuple(c.class_id for c in classes if rule.bars(c.fuel, c.emission_stage, c.size))
        if not barred:
            continue
        if rule.at == "gate":
            bars += _gate_bars(rule, barred, subjects, setting.grid)
        elif rule.at == "zone":
            bars += _zone_bars(rule, barred, setting)
        else:
            bars += _road_bars(rule, barred, setting)
    for window in measures.window_limits:
        bars += _closed_hours(window, classes, subjects, setting.grid)
    return tuple(sorted(bars, key=lambda bar: bar.id))


def _gate_bars(
    rule: EmissionBar, classes: tuple[str, ...], subjects: Sequence[Subject], grid: TimeGrid
) -> Iterator[Bar]:
    runs: dict[Run, list[str]] = {}
    for subject in subjects:
        slots = [s for s in subject.slots(rule) if is_forbidden(rule.hours, rule.polarity, grid, s)]
        for run in runs_of(slots):
            runs.setdefault(run, []).append(subject.plant)
    for run, plants in sorted(runs.items()):
        yield Bar(
            id=f"{rule.measure_id}@{run.first_slot}-{run.end_slot}",
            clause=rule.clause,
            kinds=rule.barred_kinds,
            classes=classes,
            plants=tuple(sorted(plants)),
            first_slot=run.first_slot,
            end_slot=run.end_slot,
        )


def _closed_hours(
    rule: WindowRule,
    classes: Sequence[VehicleClass],
    subjects: Sequence[Subject],
    grid: TimeGrid,
) -> Iterator[Bar]:
    """The hours in which no window may lie, as a bar of every truck at the plants' gates."""
    if rule.hours:
        bar = EmissionBar.model_validate(
            rule.model_dump(include=set(Rule.model_fields))
            | {"at": "gate", "hours": rule.hours, "polarity": rule.polarity}
            | {"measure_id": f"{rule.measure_id}{HOURS_SUFFIX}", "exempt_kinds": ("emergency",)}
        )
        yield from _gate_bars(bar, tuple(c.class_id for c in classes), subjects, grid)


def _within(zones: Sequence[str], network: Network) -> frozenset[str]:
    """The zones and all that lie in them."""
    around = {z.zone_id: z.super_zone for z in network.zones}
    found = set()
    for zone in around:
        outer: str | None = zone
        while outer is not None and outer not in zones:
            outer = around[outer]
        if outer is not None:
            found.add(zone)
    return frozenset(found)


def _slots_anywhere(rule: EmissionBar, city: str, setting: Setting) -> list[int]:
    if rule.cities and city not in rule.cities:
        return []
    held = setting.courses[city].slots(rule.holds_at)
    return [slot for slot in held if is_forbidden(rule.hours, rule.polarity, setting.grid, slot)]


def _zone_bars(
    rule: EmissionBar,
    classes: tuple[str, ...],
    setting: Setting,
) -> Iterator[Bar]:
    passed = {link.zone_id for link in setting.network.links if link.link_id in setting.used}
    for zone in rule.zones:
        inside = sorted(_within([zone], setting.network) & passed)
        slots = _slots_anywhere(rule, city_of(zone, setting.network), setting)
        for run in runs_of(slots if inside else ()):
            yield Bar(
                id=f"{rule.measure_id}@{zone}:{run.first_slot}-{run.end_slot}",
                clause=rule.clause,
                kinds=rule.barred_kinds,
                classes=classes,
                zones=tuple(inside),
                first_slot=run.first_slot,
                end_slot=run.end_slot,
            )


def _road_bars(
    rule: EmissionBar,
    classes: tuple[str, ...],
    setting: Setting,
) -> Iterator[Bar]:
    """Links of the types named, city by city, since each city has its own level."""
    by_city: dict[str, list[str]] = {}
    for link in setting.network.links:
        if link.link_id in setting.used and link.facility_type in rule.road_types and link.zone_id:
            by_city.setdefault(city_of(link.zone_id, setting.network), []).append(link.link_id)
    runs: dict[Run, list[str]] = {}
    for city, links in by_city.items():
        for run in runs_of(_slots_anywhere(rule, city, setting)):
            runs.setdefault(run, []).extend(links)
    for run, links in sorted(runs.items()):
        yield Bar(
            id=f"{rule.measure_id}@{run.first_slot}-{run.end_slot}",
            clause=rule.clause,
            kinds=rule.barred_kinds,
            classes=classes,
            links=tuple(sorted(links)),
            first_slot=run.first_slot,
            end_slot=run.end_slot,
        )
