"""Why all plants of a plan together fall short: asked of the store, then solved."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from scheduler import plans, windows
from scheduler import publication as publications
from scheduler.domain.directory import PlantCard
from scheduler.domain.whole import ForcedPlant, PricedPlace, WholeWhy
from scheduler.domain.why_not import Named
from scheduler.errors import NotFoundError
from scheduler.why import forced_of, remedy_of, spans_of
from solver.checks.cycles import runs_of_true
from solver.instance import Instance
from solver.plan import Plan
from solver.whole import PlantForced, PricedRoad, whole_shortfalls

MOST_PLANTS = 3
"""Of so many plants with the greatest floors the laws are asked for: some seconds each."""


class AskedWhole(NamedTuple):
    """A publication, or a stored plan, with all that its shortfall is solved from."""

    publication: str
    instance: Instance
    plan: Plan
    cards: tuple[PlantCard, ...]


def ask(session: Session, at: datetime) -> tuple[AskedWhole, ...]:
    """What is in force. Raises NotFoundError where nothing is."""
    found = []
    for publication, schedule in windows.in_force(session, at):
        files = plans.get_files(session, plans.get_record(session, publication.plan))
        cards = tuple(row.card for row in schedule.plants)
        found.append(AskedWhole(publication.name, *files, cards))
    if not found:
        raise NotFoundError("no publication is in force at that time")
    return tuple(found)


def ask_plan(session: Session, plan: str) -> AskedWhole:
    """A stored plan, published or not. Raises NotFoundError where there is none."""
    files = plans.get_files(session, plans.get_record(session, plan))
    schedule = publications.schedule_of_plan(session, plan)
    return AskedWhole(plan, *files, tuple(row.card for row in schedule.plants))


def solve(asked: AskedWhole, most: int = MOST_PLANTS) -> tuple[WholeWhy, ...]:
    """Every shortfall of the plan taken apart, which takes up to a minute in a large city."""
    return tuple(
        WholeWhy(
            publication=asked.publication,
            **found.model_dump(include={"stage", "unit", "value"}),
            **found.model_dump(include={"by_plants", "by_roads", "unexplained"}),
            plants=tuple(_plant(asked, one) for one in found.plants),
            roads=tuple(_road(asked.instance, road) for road in found.roads),
        )
        for found in whole_shortfalls(asked.instance, asked.plan, most=most)
    )


def _plant(asked: AskedWhole, found: PlantForced) -> ForcedPlant:
    card = next((c for c in asked.cards if c.plant == found.plant), None)
    zh, en = (card.name_zh, card.name_en) if card else (found.plant, found.plant)
    return ForcedPlant(
        plant=Named(id=found.plant, name_zh=zh, name_en=en),
        planned=found.planned,
        floor=found.floor,
        forced=None if found.forcing is None else forced_of(asked.instance, found.forcing),
        sure=found.sure,
        remedies=tuple(remedy_of(asked.instance, row) for row in found.remedies),
    )


def _road(instance: Instance, road: PricedRoad) -> PricedPlace:
    runs = ((run.start, run.stop) for run in runs_of_true(road.slots))
    return PricedPlace(what=road.what, id=road.id, spans=spans_of(instance, runs), worth=road.worth)
