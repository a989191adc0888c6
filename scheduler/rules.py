"""The rules that are loaded, and what they ask of an enterprise at an instant."""

from __future__ import annotations

from sqlmodel import Session

from scheduler import datasets
from scheduler.domain.network import Network
from scheduler.store import bodies


def newest_network(session: Session) -> Network:
    digest = datasets.newest(session, "network").digest
    return Network.model_validate_json(bodies.body(session, digest))
