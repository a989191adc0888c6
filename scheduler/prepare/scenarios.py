"""What a scenario makes of the inputs and the levels that a plan is prepared from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scheduler.domain.alert import Level
from scheduler.domain.conditions import RoadClosure, RoadConditions
from scheduler.domain.measure import MeasureSet, TripCap
from scheduler.domain.scenario import Scenario
from scheduler.prepare.instance import CaseInputs
from scheduler.prepare.levels import LevelPeriod
from solver.instance import TimeGrid

SOURCE = "what-if"


def inputs_in(scenario: Scenario, given: CaseInputs, grid: TimeGrid) -> CaseInputs:
    """The inputs as the scenario has them. Raises ValueError for a road that the network lacks."""
    known = {link.link_id for link in given.network.links}
    unknown = sorted({road.link for road in scenario.closed} - known)
    if unknown:
        raise ValueError(f"scenario {scenario.name} closes {', '.join(unknown)}: no such link")
    return given._replace(
        measures=_measures(scenario, given.measures),
        conditions=_conditions(scenario, given.conditions, grid),
    )


def periods_in(scenario: Scenario, periods: Iterable[LevelPeriod]) -> tuple[LevelPeriod, ...]:
    """The periods at the scenario's level."""
    changes = {} if scenario.level is None else {"level": scenario.level}
    return tuple(period.model_copy(update=changes) for period in periods)


def _measures(scenario: Scenario, measures: MeasureSet) -> MeasureSet:
    changes: dict[str, object] = {}
    if scenario.cut_percent is not None:
        changes["trip_caps"] = tuple(_caps(scenario.cut_percent, measures.trip_caps))
    if scenario.shut_hours is not None:
        hours = {"hours": scenario.shut_hours, "polarity": "forbid"}
        rules = measures.window_limits
        changes["window_limits"] = tuple(rule.model_copy(update=hours) for rule in rules)
    return measures.model_copy(update=changes)


def _caps(cut_percent: int, rules: tuple[TripCap, ...]) -> Iterator[TripCap]:
    """Every cut of trips as deep as asked, and one of all plants at levels that have none."""
    for rule in rules:
        yield rule.model_copy(update={"cut_percent": cut_percent})
    capped = {level for rule in rules for level in rule.levels}
    free = tuple(level for level in Level if level not in capped)
    if free and all(rule.levels for rule in rules):
        yield TripCap(
            measure_id="what-if-trips",
            levels=free,
            cut_percent=cut_percent,
            safe_production_exempt=True,
            clause=f"情景：运输车次削减 {cut_percent} %",
            clause_en=f"what if: trips cut by {cut_percent} %",
            source=SOURCE,
            status="assumed",
        )


def _conditions(scenario: Scenario, given: RoadConditions, grid: TimeGrid) -> RoadConditions:
    closures = tuple(
        RoadClosure(
            link_id=road.link,
            from_instant=road.from_instant or grid.at(0),
            to_instant=road.to_instant,
            clause="情景：道路封闭 what if: road closed",
            source=SOURCE,
            status="assumed",
        )
        for road in scenario.closed
    )
    return given.model_copy(update={"closures": (*given.closures, *closures)})
