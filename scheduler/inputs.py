"""Loading a case: every input becomes a version of its data, unless it is there already."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from pydantic import BaseModel
from sqlmodel import Session

from scheduler import datasets
from scheduler.domain.air import Forecast
from scheduler.domain.dataset import DatasetKind
from scheduler.prepare.instance import CaseInputs, CaseSettings
from scheduler.registry import load_registry


class Case(Protocol):
    """What a case brings, checked."""

    @property
    def inputs(self) -> CaseInputs: ...
    @property
    def forecast(self) -> Forecast: ...
    @property
    def settings(self) -> CaseSettings: ...


class Done(NamedTuple):
    """What a step made, or found made by an earlier run."""

    what: str
    is_new: bool

    def __str__(self) -> str:
        return f"{self.what}: {'new' if self.is_new else 'reused'}"


def load_inputs(session: Session, case: Case, known_at: datetime) -> list[Done]:
    """Keep each input of a case under its digest, as a new version where it changed."""
    rows: tuple[tuple[DatasetKind, BaseModel], ...] = (
        ("network", case.inputs.network),
        ("conditions", case.inputs.conditions),
        ("measures", case.inputs.measures),
        ("air", case.forecast),
        ("settings", case.settings),
    )
    done = []
    for kind, value in rows:
        dataset, is_new = datasets.load(session, kind, case.settings.name, value, known_at)
        done.append(Done(f"{kind} version {dataset.version}", is_new))
    registry, is_new = load_registry(session, case.settings.name, case.inputs.registry, known_at)
    return [Done(f"registry version {registry.version}", is_new), *done]
