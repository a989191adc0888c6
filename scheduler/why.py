"""Why an enterprise's plants fall short in what is in force: asked of the store, then solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlmodel import Session

from scheduler import datasets, plans, windows
from scheduler import publication as publications
from scheduler.clauses import clause_of
from scheduler.domain.directory import PlantCard
from scheduler.domain.schedule import PlantSchedule
from scheduler.domain.why import (
    Forced,
    Object,
    SolvedCause,
    SolvedRemedy,
    TripDisplaces,
    TripPrice,
    TripsShifted,
    Why,
)
from scheduler.domain.why_not import Named
from scheduler.errors import NotFoundError
from scheduler.slots import slot_from
from solver.derive import Derived
from solver.displaced import Displaced, displaced_by
from solver.explain import Binding, Cause, causes
from solver.forcing import Forcing, forcing
from solver.instance import Instance
from solver.one_more import one_more_trip
from solver.plan import Plan
from solver.reasons import MOST_SHARERS
from solver.remedies import Remedy, remedies
from solver.sharers import Takers, takers
from solver.stages import UNITS
from solver.trial import ROADS

WORK = 0.4
"""Counted work of each solve: one plant takes some tens of them."""


class Asked(NamedTuple):
    """A plant of a publication, or of a stored plan, with all that its causes are solved from."""

    plant: PlantSchedule
    publication: str
    instance: Instance
    plan: Plan
    cards: tuple[PlantCard, ...]
    """Of all plants that the publication schedules."""
    settled_slots: int = 0
    """What lies before is over."""


def ask(session: Session, enterprise: str, at: datetime) -> tuple[Asked, ...]:
    """The enterprise's plants that publications in force schedule. Raises NotFoundError where there
    is no such enterprise, or none of its plants is scheduled then."""
    own = {card.plant for card in datasets.newest_directory(session).of_enterprise(enterprise)}
    if not own:
        raise NotFoundError(f"there is no enterprise {enterprise}")
    found = []
    for publication, schedule in windows.in_force(session, at):
        record = plans.get_record(session, publication.plan)
        instance, plan = plans.get_files(session, record)
        over = max(0, min(slot_from(instance.grid, at), instance.grid.n_slots))
        cards = tuple(row.card for row in schedule.plants)
        found += [
            Asked(plant, publication.name, instance, plan, cards, over)
            for plant in schedule.plants
            if plant.card.plant in own
        ]
    if not found:
        raise NotFoundError(
            f"no plant of {enterprise} is scheduled at that time",
            "Ask for its windows: they say what holds.",
        )
    return tuple(found)


def ask_plan(session: Session, plan: str, enterprise: str | None) -> tuple[Asked, ...]:
    """Of a stored plan, published or not: an enterprise's plants, or all that cannot be kept safe.
    Raises NotFoundError where there is no such plan or enterprise in it."""
    record = plans.get_record(session, plan)
    files = plans.get_files(session, record)
    schedule = publications.schedule_of_plan(session, plan)
    cards = tuple(row.card for row in schedule.plants)
    found = [
        Asked(row, plan, *files, cards)
        for row in (publications.unsafe(schedule) if enterprise is None else schedule.plants)
        if enterprise in (None, row.card.enterprise)
    ]
    if enterprise is not None and not found:
        raise NotFoundError(f"plan {plan} schedules no plant of {enterprise}")
    return tuple(found)


def solve(asked: Asked) -> Why:
    """The causes of one plant and their remedies, which takes some seconds."""
    instance, plan, plant = asked.instance, asked.plan, asked.plant.card.plant
    assert plan.decisions is not None, "what is published decides"
    found = causes(instance, plan, plant, work=WORK)
    taken = takers(Derived(instance), plan.decisions)
    at = instance.grid.at
    return Why(
        card=asked.plant.card,
        publication=asked.publication,
        output=asked.plant.output,
        restrictions=asked.plant.restrictions,
        causes=tuple(_solved(asked, taken, cause) for cause in found),
        forced=tuple(
            forced_of(instance, one, partial(_sharers, asked, taken))
            for one in forcing(instance, plan, plant, found, work=WORK)
        ),
        remedies=tuple(
            remedy_of(instance, row) for row in remedies(instance, plan, plant, found, work=WORK)
        ),
        trip_prices=tuple(
            TripPrice(
                **price.model_dump(exclude={"slot", "displaced"}),
                departs_at=at(price.slot),
                displaced=_named(asked, price.displaced),
            )
            for price in one_more_trip(instance, plan, plant)
        ),
        trip_displaces=tuple(
            _displaces(asked, one)
            for one in displaced_by(instance, plan, plant, settled_slots=asked.settled_slots)
        ),
    )


def _displaces(asked: Asked, found: Displaced) -> TripDisplaces:
    return TripDisplaces(
        stream=found.stream,
        kind=found.kind,
        others=_named(asked, found.others),
        shifts=tuple(
            TripsShifted(plant=plant, **shift.model_dump(exclude={"plant"}))
            for shift in found.shifts
            for plant in _named(asked, (shift.plant,))
        ),
        stages=found.stages,
        least=found.least,
    )


def _sharers(asked: Asked, taken: Takers, binding: Binding) -> tuple[Named, ...]:
    """The other plants that take most of a link or zone in the slots in which it binds."""
    what = ROADS.get(binding.law)
    total = Counter[str]()
    for key, theirs in taken.items():
        if key[:2] == (what, binding.where) and any(a <= key[2] < b for a, b in binding.slots):
            total.update(theirs)
    most = sorted(total.keys() - {asked.plant.card.plant}, key=lambda p: (-total[p], p))
    return _named(asked, most[:MOST_SHARERS])


def _named(asked: Asked, plants: Iterable[str]) -> tuple[Named, ...]:
    names = {card.plant: card for card in asked.cards}
    return tuple(
        Named(id=p, name_zh=names[p].name_zh, name_en=names[p].name_en)
        for p in plants
        if p in names
    )


def _solved(asked: Asked, taken: Takers, cause: Cause) -> SolvedCause:
    return SolvedCause(
        stage=cause.stage,
        unit=UNITS[cause.stage],
        objects=objects_of(asked.instance, cause.objects, partial(_sharers, asked, taken)),
        before=cause.shortfall_before,
        after=cause.shortfall_after,
        proved=cause.proved,
    )


SharersOf = Callable[[Binding], tuple[Named, ...]]


def _nobody(_: Binding) -> tuple[Named, ...]:
    return ()


def forced_of(instance: Instance, found: Forcing, sharers: SharersOf = _nobody) -> Forced:
    """Own laws that force a shortfall."""
    return Forced(
        stage=found.stage,
        value=found.value,
        objects=objects_of(instance, found.objects, sharers),
        irreducible=found.irreducible,
    )


def objects_of(
    instance: Instance, bindings: Iterable[Binding], sharers: SharersOf = _nobody
) -> tuple[Object, ...]:
    """Laws at objects, with their clauses, when they bind and who shares them then."""
    return tuple(
        Object(
            law=binding.law,
            where=binding.where,
            part=binding.part,
            clause=clause_of(instance, binding.where),
            binds=spans_of(instance, binding.slots),
            sharers=sharers(binding),
        )
        for binding in bindings
    )


def remedy_of(instance: Instance, row: Remedy) -> SolvedRemedy:
    return SolvedRemedy(**row.model_dump(exclude={"slots"}), spans=spans_of(instance, row.slots))


def spans_of(
    instance: Instance, slots: Iterable[tuple[int, int]]
) -> tuple[tuple[datetime, datetime], ...]:
    at = instance.grid.at
    return tuple((at(first), at(end)) for first, end in slots)
