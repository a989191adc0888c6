"""Why an enterprise's plants fall short in what is in force: asked of the store, then solved."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from scheduler import datasets, plans, windows
from scheduler.causes import clause_of
from scheduler.domain.directory import PlantCard
from scheduler.domain.schedule import PlantSchedule
from scheduler.domain.why import Object, SolvedCause, Why
from scheduler.errors import NotFoundError
from solver.explain import Cause, causes
from solver.instance import Instance
from solver.plan import Plan
from solver.stages import UNITS

WORK = 0.3
"""Counted work of each solve: one plant takes some tens of them."""


class Asked(NamedTuple):
    """A plant of a publication with all that its causes are solved from."""

    plant: PlantSchedule
    publication: str
    instance: Instance
    plan: Plan
    cards: tuple[PlantCard, ...]
    """Of all plants that the publication schedules."""


def ask(session: Session, enterprise: str, at: datetime) -> tuple[Asked, ...]:
    """The enterprise's plants that publications in force schedule. Raises NotFoundError where there
    is no such enterprise, or none of its plants is scheduled then."""
    own = {card.plant for card in datasets.newest_directory(session).of_enterprise(enterprise)}
    if not own:
        raise NotFoundError(f"there is no enterprise {enterprise}")
    found = []
    for publication, schedule in windows.in_force(session, at):
        record = plans.get_record(session, publication.plan)
        files = plans.get_files(session, record)
        found += [
            Asked(plant, publication.name, *files, tuple(row.card for row in schedule.plants))
            for plant in schedule.plants
            if plant.card.plant in own
        ]
    if not found:
        raise NotFoundError(
            f"no plant of {enterprise} is scheduled at that time",
            "Ask for its windows: they say what holds.",
        )
    return tuple(found)


def solve(asked: Asked) -> Why:
    """The causes of one plant, which takes some seconds."""
    found = causes(asked.instance, asked.plan, asked.plant.card.plant, work=WORK)
    return Why(
        card=asked.plant.card,
        publication=asked.publication,
        output=asked.plant.output,
        causes=tuple(_solved(asked.instance, cause) for cause in found),
    )


def _solved(instance: Instance, cause: Cause) -> SolvedCause:
    at = instance.grid.at
    return SolvedCause(
        stage=cause.stage,
        unit=UNITS[cause.stage],
        objects=tuple(
            Object(
                law=binding.law,
                where=binding.where,
                part=binding.part,
                clause=clause_of(instance, binding.where),
                binds=tuple((at(first), at(end)) for first, end in binding.slots),
            )
            for binding in cause.objects
        ),
        before=cause.shortfall_before,
        after=cause.shortfall_after,
        proved=cause.proved,
    )
