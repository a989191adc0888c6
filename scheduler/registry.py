"""The registry as versions of data, and the directory of plants that follows from each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from scheduler import datasets
from scheduler.domain.conditions import RoadConditions
from scheduler.domain.dataset import Dataset, DatasetKind
from scheduler.domain.directory import Directory, Provenance
from scheduler.domain.enterprise import Registry
from scheduler.domain.measure import MeasureSet
from scheduler.domain.row import Status
from scheduler.prepare.instance import card_of
from scheduler.store import bodies
from scheduler.store import datasets as repository


def load_registry(
    session: Session, name: str, registry: Registry, known_at: datetime
) -> tuple[Dataset, bool]:
    """Keep a registry as the newest version, with the directory of its plants; what is loaded
    already is not kept twice (False). Until an alert is planned no plant is exempt."""
    dataset, is_new = datasets.load(session, "registry", name, registry, known_at)
    if is_new or repository.newest(session, "directory") is None:
        directory = _directory(registry, Counter(_statuses(session, registry)))
        datasets.load(session, "directory", name, directory, known_at)
    return dataset, is_new


def _directory(registry: Registry, counts: Counter[Status]) -> Directory:
    return Directory(
        plants=tuple(card_of(registry, plant, None) for plant in registry.plants),
        provenance=Provenance(
            read=counts["read"], derived=counts["derived"], assumed=counts["assumed"]
        ),
    )


def _statuses(session: Session, registry: Registry) -> Iterator[Status]:
    """The status of every group of figures that plans are made from, as far as it is loaded."""
    yield from registry.statuses()
    beside: tuple[tuple[DatasetKind, type[RoadConditions | MeasureSet]], ...] = (
        ("conditions", RoadConditions),
        ("measures", MeasureSet),
    )
    for kind, value in beside:
        found = repository.newest(session, kind)
        if found is not None:
            yield from value.model_validate_json(bodies.body(session, found.digest)).statuses()
