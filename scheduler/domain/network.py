"""The road network: nodes and directed links, whatever format they came in."""

from collections import Counter
from functools import cached_property
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(min_length=1)]

MAX_CAPACITY_MPCU_H = 50_000_000
"""50,000 PCU/h: above any road (20 lanes carry some 45,000), below the 99999 and 999999 that
files write for "no limit"."""


class Zone(BaseModel):
    """An area with its people; ``super_zone`` is the zone around it, if there is one.

    ``population_weight`` is the density of people over the region's mean, in tenths.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone_id: Id
    name: str | None = None
    super_zone: Id | None = None
    boundary: str | None = None
    zone_type: str | None = None
    population_weight: int | None = Field(default=None, ge=1)


class Node(BaseModel):
    """A point where links meet; ``x`` and ``y`` in the network's ``crs``, None where no file
    gives them: a plan needs none, only the map does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    node_id: Id
    name: str | None = None
    x: float | None = Field(default=None, allow_inf_nan=False)
    y: float | None = Field(default=None, allow_inf_nan=False)
    node_type: str | None = None
    zone_id: Id | None = None


class Link(BaseModel):
    """A directed road section.

    Lengths are rounded up, speeds and capacities down: a truck is never promised a road that
    is shorter, faster or wider than the file says. ``capacity_mpcu_h`` is of all lanes, and so is
    ``volume_mpcu_h``, the other traffic of the busiest hour where a file gives it (rounded up).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    link_id: Id
    name: str | None = None
    name_en: str | None = None
    from_node_id: Id
    to_node_id: Id
    length_m: int = Field(ge=1)
    free_speed_kmh: int = Field(ge=1, le=200)
    lanes: int = Field(ge=1)
    capacity_mpcu_h: int = Field(ge=1, le=MAX_CAPACITY_MPCU_H)
    volume_mpcu_h: int | None = Field(default=None, ge=0)
    facility_type: str | None = None
    zone_id: Id | None = None

    @property
    def free_travel_s(self) -> int:
        """Seconds to pass the link at free speed, rounded up."""
        return -(-self.length_m * 36 // (self.free_speed_kmh * 10))


class Network(BaseModel):
    """Nodes and links in the order of their ids; every link joins two nodes that are there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    crs: str | None = None
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    zones: tuple[Zone, ...] = ()

    @model_validator(mode="after")
    def _ids_hold(self) -> Self:
        for kind, ids in (
            ("node", [node.node_id for node in self.nodes]),
            ("link", [link.link_id for link in self.links]),
            ("zone", [zone.zone_id for zone in self.zones]),
        ):
            twice = sorted(i for i, n in Counter(ids).items() if n > 1)
            if twice:
                raise ValueError(f"{kind} ids given twice: {', '.join(twice)}")
            if ids != sorted(ids):
                raise ValueError(f"{kind}s are not in the order of their ids")
        known = {node.node_id for node in self.nodes}
        for link in self.links:
            absent = {link.from_node_id, link.to_node_id} - known
            if absent:
                raise ValueError(f"link {link.link_id} joins unknown nodes {sorted(absent)}")
        return self

    def zones_within(self, zone_id: str) -> frozenset[str]:
        """The zone and all that it nests: "inside the third ring" is two zones and more."""
        if zone_id not in {zone.zone_id for zone in self.zones}:
            raise KeyError(zone_id)
        within = {zone_id}
        while more := {
            z.zone_id for z in self.zones if z.super_zone in within and z.zone_id not in within
        }:
            within |= more
        return frozenset(within)

    @cached_property
    def node_by_id(self) -> dict[str, Node]:
        return {node.node_id: node for node in self.nodes}

    @cached_property
    def link_by_id(self) -> dict[str, Link]:
        return {link.link_id: link for link in self.links}
