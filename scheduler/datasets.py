"""Loading data: each version is kept under its digest; what is loaded already is not kept twice."""

from datetime import datetime
from functools import lru_cache

from pydantic import BaseModel
from sqlmodel import Session

from scheduler.domain.dataset import Dataset, DatasetKind
from scheduler.domain.directory import Directory
from scheduler.errors import NotFoundError
from scheduler.record.canonical import canonical, digest_of
from scheduler.store import bodies
from scheduler.store import datasets as repository


def load(
    session: Session, kind: DatasetKind, name: str, value: BaseModel, known_at: datetime
) -> tuple[Dataset, bool]:
    """Keep a new version, or give the newest one back where nothing changed (False)."""
    body = canonical(value)
    newest = repository.newest(session, kind)
    if newest is not None and newest.digest == digest_of(body):
        return newest, False
    dataset = Dataset(
        kind=kind,
        version=newest.version + 1 if newest else 1,
        name=name,
        digest=bodies.keep(session, kind, body),
        known_at=known_at,
    )
    repository.add(session, dataset)
    return dataset, True


def newest(session: Session, kind: DatasetKind) -> Dataset:
    found = repository.newest(session, kind)
    if found is None:
        raise NotFoundError(f"no {kind} is loaded", "Load a case: `cuofeng load`.")
    return found


def newest_directory(session: Session) -> Directory:
    """Who the plants are, by the newest data loaded."""
    return read_directory(bodies.body(session, newest(session, "directory").digest))


@lru_cache(maxsize=4)
def read_directory(body: bytes) -> Directory:
    return Directory.model_validate_json(body)
