"""What no truck of some classes may do, resolved for the solver: bars of gates, zones and roads.

Bars take the outer slots and are resolved to what is barred, whatever polarity the rule is
written in.
"""

from collections.abc import Iterator, Sequence

from scheduler.domain.enterprise import VehicleClass
from scheduler.domain.filing import Kind
from scheduler.domain.measure import (
    EmissionBar,
    MeasureSet,
    Rule,
    WindowRule,
)
from scheduler.domain.network import Network
from scheduler.prepare.filings import filed_by_all
from scheduler.prepare.levels import Run, runs_of
from scheduler.prepare.measures import Setting, Subject, city_of, is_forbidden, runs_by_filing
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
    runs: dict[tuple[Run, tuple[Kind, ...]], list[str]] = {}
    for subject in subjects:
        slots = [s for s in subject.slots(rule) if is_forbidden(rule.hours, rule.polarity, grid, s)]
        for filed, run in runs_by_filing(rule.exempt_if_filed, subject, grid, slots):
            runs.setdefault((run, filed), []).append(subject.plant)
    for (run, filed), plants in sorted(runs.items()):
        yield Bar(
            id=_id(rule, "", run, filed),
            clause=rule.clause,
            kinds=rule.barred_kinds(filed),
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
    """The hours in which no window may lie, as a bar of trucks at the plants' gates."""
    if rule.hours:
        bar = EmissionBar.model_validate(
            rule.model_dump(include={*Rule.model_fields, "exempt_kinds", "exempt_if_filed"})
            | {"at": "gate", "hours": rule.hours, "polarity": rule.polarity}
            | {"measure_id": f"{rule.measure_id}{HOURS_SUFFIX}"}
        )
        yield from _gate_bars(bar, tuple(c.class_id for c in classes), subjects, grid)


def _id(rule: EmissionBar, where: str, run: Run, filed: tuple[Kind, ...]) -> str:
    """Bars of one rule and run differ by their place and by what filings free."""
    filing = ":filed-" + "-".join(filed) if filed else ""
    return f"{rule.measure_id}@{where}{run.first_slot}-{run.end_slot}{filing}"


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


def _runs_anywhere(
    rule: EmissionBar, city: str, setting: Setting
) -> Iterator[tuple[Run, tuple[Kind, ...]]]:
    """Runs of slots in which a city's zones and roads are barred, and what filings free there."""
    if rule.cities and city not in rule.cities:
        return
    held: dict[tuple[Kind, ...], list[int]] = {}
    for slot in setting.courses[city].slots(rule.holds_at):
        if is_forbidden(rule.hours, rule.polarity, setting.grid, slot):
            filed = filed_by_all(setting.planned, rule.exempt_if_filed, setting.grid, slot)
            held.setdefault(filed, []).append(slot)
    for filed, slots in held.items():
        for run in runs_of(slots):
            yield run, filed


def _zone_bars(
    rule: EmissionBar,
    classes: tuple[str, ...],
    setting: Setting,
) -> Iterator[Bar]:
    passed = {link.zone_id for link in setting.network.links if link.link_id in setting.used}
    for zone in rule.zones:
        inside = sorted(_within([zone], setting.network) & passed)
        if not inside:
            continue
        for run, filed in _runs_anywhere(rule, city_of(zone, setting.network), setting):
            yield Bar(
                id=_id(rule, f"{zone}:", run, filed),
                clause=rule.clause,
                kinds=rule.barred_kinds(filed),
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
    runs: dict[tuple[Run, tuple[Kind, ...]], list[str]] = {}
    for city, links in by_city.items():
        for key in _runs_anywhere(rule, city, setting):
            runs.setdefault(key, []).extend(links)
    for (run, filed), links in sorted(runs.items()):
        yield Bar(
            id=_id(rule, "", run, filed),
            clause=rule.clause,
            kinds=rule.barred_kinds(filed),
            classes=classes,
            links=tuple(sorted(links)),
            first_slot=run.first_slot,
            end_slot=run.end_slot,
        )
