"""What differs between two versions of the registry, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field
from sqlmodel import Session

from scheduler.domain.dataset import Dataset
from scheduler.domain.enterprise import Registry
from scheduler.errors import NotFoundError
from scheduler.intake.registry_forms import REGISTRY_TABLES, key_of
from scheduler.store import bodies
from scheduler.store import datasets as repository
from solver.instance import Value


class Change(Value):
    """A row that came, went or changed; `before` and `after` by column where it changed."""

    table: str
    key: str
    what: Literal["added", "removed", "changed"]
    before: dict[str, str] = Field(default_factory=dict)
    after: dict[str, str] = Field(default_factory=dict)


def versions(session: Session) -> list[Dataset]:
    """Every version of the registry, oldest first."""
    return repository.of_kind(session, "registry")


def between(session: Session, old: int, new: int) -> Iterator[Change]:
    """What differs between two versions. Raises NotFoundError where one is not there."""
    return changes(registry_of(session, old), registry_of(session, new))


def registry_of(session: Session, version: int) -> Registry:
    """A version of the registry as it was loaded."""
    for dataset in versions(session):
        if dataset.version == version:
            return Registry.model_validate_json(bodies.body(session, dataset.digest))
    raise NotFoundError(f"no version {version} of the registry", "See `cuofeng registry versions`.")


def changes(old: Registry, new: Registry) -> Iterator[Change]:
    """Every difference, table by table in the order of the keys."""
    for table in REGISTRY_TABLES:
        before = {key_of(table, row): row for row in getattr(old, table)}
        after = {key_of(table, row): row for row in getattr(new, table)}
        for key in sorted(before.keys() | after.keys()):
            name = " ".join(map(str, key))
            if key not in after:
                yield Change(table=table, key=name, what="removed")
            elif key not in before:
                yield Change(table=table, key=name, what="added")
            elif before[key] != after[key]:
                was, now = before[key].model_dump(), after[key].model_dump()
                told = [column for column, value in was.items() if now[column] != value]
                yield Change(
                    table=table,
                    key=name,
                    what="changed",
                    before={column: str(was[column]) for column in told},
                    after={column: str(now[column]) for column in told},
                )
