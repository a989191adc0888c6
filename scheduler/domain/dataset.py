"""A data set that was loaded, version by version, and when each was known."""

from typing import Literal

from pydantic import Field

from scheduler.domain.alert import Text
from scheduler.domain.instant import Instant
from solver.instance import Value

DatasetKind = Literal[
    "air",
    "conditions",
    "directory",
    "forecasts",
    "measures",
    "network",
    "observations",
    "registry",
    "settings",
]


class Dataset(Value):
    """The nth version of a kind of data, stored under the digest of its canonical form."""

    kind: DatasetKind
    version: int = Field(ge=1)
    name: Text
    digest: str
    known_at: Instant
