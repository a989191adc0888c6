"""Closing roads: a new version of the road conditions with the closure in it."""

from datetime import datetime

from sqlmodel import Session

from scheduler import datasets
from scheduler.domain.conditions import RoadClosure, RoadConditions
from scheduler.domain.dataset import Dataset
from scheduler.domain.network import Network
from scheduler.errors import NotFoundError
from scheduler.store import bodies


def close(session: Session, closure: RoadClosure, known_at: datetime) -> Dataset:
    """Close a link. Raises NotFoundError for one that the newest network does not have."""
    roads = datasets.newest(session, "network")
    network = Network.model_validate_json(bodies.body(session, roads.digest))
    if closure.link_id not in {link.link_id for link in network.links}:
        raise NotFoundError(
            f"the network has no link {closure.link_id}", "Give a link_id of its link.csv."
        )
    newest = datasets.newest(session, "conditions")
    former = RoadConditions.model_validate_json(bodies.body(session, newest.digest))
    closed = former.model_copy(update={"closures": (*former.closures, closure)})
    kept, _ = datasets.load(session, "conditions", newest.name, closed, known_at)
    return kept
