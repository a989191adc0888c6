"""Makes the solver's instance of a case: who is planned for, with what, under which measures.

A pure function of checked values. A plant stands in the instance if it works, an alert touches
its city within the horizon and no exemption frees it; what holds for every other plant, and by
which clause, is in the directory.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from scheduler.domain.conditions import RoadConditions
from scheduler.domain.conflict import MeasureConflict
from scheduler.domain.directory import Directory, PlantCard, Provenance, UsedFactor
from scheduler.domain.enterprise import Plant, Registry
from scheduler.domain.measure import MeasureSet
from scheduler.domain.network import Network
from scheduler.domain.revised import LostItem, Override
from scheduler.domain.row import Status
from scheduler.prepare.bars import bars_of
from scheduler.prepare.closures import around, closed_links, closure_bars
from scheduler.prepare.conflicts import conflicts_of
from scheduler.prepare.demand import Demand, Ways, paths_of
from scheduler.prepare.emissions import Weather, factors_of, vehicle_class_of
from scheduler.prepare.filings import unfiled_kinds
from scheduler.prepare.levels import LevelPeriod, course_of
from scheduler.prepare.measures import (
    Setting,
    Subject,
    drawdown_percent,
    exemption_of,
    output_cuts_of,
    subjects_of,
    trip_cuts_of,
    window_limits_of,
    zone_caps_of,
)
from scheduler.prepare.paths import Router
from scheduler.prepare.roads import links_of, zones_of
from solver.instance import (
    Count,
    Instance,
    OutputCut,
    Pollutant,
    Positive,
    TimeGrid,
    Value,
    WorthMoving,
)
from solver.instance import Plant as PlannedPlant


class ReplanSettings(Value):
    """How plans follow each other: what departs within `notice_minutes` of a seam stays, and what
    moving a published window must gain."""

    notice_minutes: Count
    worth_moving: WorthMoving


class CaseSettings(Value):
    """Choices of a case that are neither facts of the registry nor measures."""

    name: str
    exposure_divisor: Positive
    """Makes the exposure of a usual departure some hundreds or thousands of units."""
    alternative_percent: Positive
    """How long a second way may take, in percent of the quickest."""
    low_visibility: bool
    weather: Weather
    """cold: trucks run below 10 degrees; hot: above 25; mild: between."""
    replans: ReplanSettings | None = None
    """None: nothing can be planned again from a plan in force."""


class CaseInputs(NamedTuple):
    """What an instance is made from, each checked when it was read."""

    registry: Registry
    network: Network
    conditions: RoadConditions
    measures: MeasureSet

    def statuses(self) -> Iterator[Status]:
        """The status of every group of figures, for the provenance."""
        yield from self.registry.statuses()
        yield from self.conditions.statuses()
        yield from self.measures.statuses()


class Prepared(NamedTuple):
    """An instance, who the plants of the whole case are, and where its measures conflict; of a
    re-plan what could not be kept or carried over."""

    instance: Instance
    directory: Directory
    conflicts: tuple[MeasureConflict, ...] = ()
    overrides: tuple[Override, ...] = ()
    lost: tuple[LostItem, ...] = ()


def prepare_instance(
    inputs: CaseInputs,
    alert: Sequence[LevelPeriod],
    grid: TimeGrid,
    settings: CaseSettings,
    *,
    router: Router | None = None,
    elapsed_min: int = 0,
) -> Prepared:
    """Prepare the instance of an alert.

    Parameters
    ----------
    alert
        Every level that is declared for a city in the horizon; they may change inside it.
    elapsed_min
        Minutes since the alert's first plan began: whole steps of a day are counted from there.
    router
        One made for the inputs' network before, to spare the time.

    Raises
    ------
    ValueError
        If no plant is left to plan for, or a place is not in the network.
    """
    registry, network, conditions, measures = inputs
    courses = {city.city_id: course_of(city.city_id, alert, grid) for city in registry.cities}
    subjects = subjects_of(registry, courses)
    planned = [s for s in subjects if is_planned(registry.plant_by_id[s.plant], measures, s)]
    if not planned:
        raise ValueError("no working plant is touched by the alert and bound by its measures")
    detours = around(network, closed_links(conditions, grid))
    ways = Ways(router or Router(network), settings.alternative_percent, detours)
    demand = Demand(registry, grid, ways, elapsed_min)
    plants = tuple(_plants(inputs, planned, demand))
    used = frozenset(link for path in ways.paths.values() for link in path.link_ids)
    setting = Setting(network, courses, grid, used, tuple(planned))
    owned = {fleet.vehicle_class for plant in plants for fleet in plant.fleets}
    classes = [c for c in registry.vehicle_classes if c.class_id in owned]
    links = links_of(network, conditions, used, grid, low_visibility=settings.low_visibility)
    caps = zone_caps_of(measures, setting)
    factors = factors_of(registry, classes, settings.weather)
    instance = Instance(
        name=settings.name,
        grid=grid,
        pollutants=tuple(Pollutant(id=p.pollutant, weight=p.weight) for p in registry.pollutants),
        exposure_divisor=settings.exposure_divisor,
        zones=zones_of(network, conditions, (link.zone for link in links), caps, grid),
        links=links,
        paths=paths_of(ways),
        vehicle_classes=tuple(vehicle_class_of(c, factors) for c in classes),
        plants=plants,
        bars=bars_of(measures, planned, classes, setting)
        + closure_bars(conditions, classes, used, grid),
        window_limits=tuple(w for s in planned for w in window_limits_of(measures, s, grid)),
        trip_cuts=tuple(cut for s in planned for cut in trip_cuts_of(measures, s, grid)),
        output_cuts=tuple(_output_cuts(registry, measures, planned, grid)),
    )
    conflicts = tuple(conflicts_of(measures, subjects, instance))
    return Prepared(instance, directory_of(inputs, subjects, factors), conflicts)


def _plants(
    inputs: CaseInputs, planned: Iterable[Subject], demand: Demand
) -> Iterator[PlannedPlant]:
    for subject in planned:
        yield demand.plant(
            inputs.registry.plant_by_id[subject.plant],
            drawdown_percent=drawdown_percent(inputs.measures, subject),
            alternative=not _stands_still(inputs.measures, subject),
            as_ordinary=unfiled_kinds(inputs.measures, subject, demand.grid),
        )


def is_planned(plant: Plant, measures: MeasureSet, subject: Subject) -> bool:
    """Whether a plant works, is touched by the alert, and is not exempt."""
    return (
        plant.operating_state == "operating"
        and subject.course.highest is not None
        and exemption_of(measures, subject) is None
    )


def _stands_still(measures: MeasureSet, subject: Subject) -> bool:
    """Whether output is cut to nothing in every slot: such a plant needs no second way."""
    stopped = {
        slot
        for rule in measures.output_cuts
        if rule.cut_percent == 100
        for slot in subject.slots(rule)
    }
    return len(stopped) == len(subject.course.levels)


def _output_cuts(
    registry: Registry, measures: MeasureSet, planned: Iterable[Subject], grid: TimeGrid
) -> Iterable[OutputCut]:
    for subject in planned:
        processes = [p.process_id for p in registry.processes if p.plant_id == subject.plant]
        yield from output_cuts_of(measures, subject, processes, grid)


def directory_of(
    inputs: CaseInputs, subjects: Sequence[Subject], factors: tuple[UsedFactor, ...]
) -> Directory:
    """Every plant of the registry as people know it, the factors used, how sure the inputs are."""
    counts = Counter(inputs.statuses())
    return Directory(
        plants=tuple(
            card_of(
                inputs.registry,
                inputs.registry.plant_by_id[subject.plant],
                exemption_of(inputs.measures, subject),
            )
            for subject in subjects
        ),
        provenance=Provenance(
            read=counts["read"], derived=counts["derived"], assumed=counts["assumed"]
        ),
        factors=factors,
    )


def card_of(registry: Registry, plant: Plant, exempt_clause: str | None) -> PlantCard:
    """A plant of the registry as people know it, and the clause that frees it, if one does."""
    place = registry.place_by_id[plant.plant_id]
    works = plant.operating_state == "operating"
    return PlantCard(
        plant=plant.plant_id,
        enterprise=plant.enterprise_id,
        name_zh=place.name_zh,
        name_en=place.name_en,
        city=plant.city_id,
        sector=plant.sector,
        grade=registry.grade_by_plant[plant.plant_id],
        status="working" if works else "closed",
        clause="" if works else f"{plant.operating_state}: {plant.state_source}",
        exempt_clause=exempt_clause,
    )
