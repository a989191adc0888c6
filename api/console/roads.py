"""The roads by load: what enters each link in a slot, as a share of what it carries empty."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from api.console.facts import Name, RoadFacts
from api.console.schedule import Schedule
from solver.instance import Link

MAP_WIDTH = 1000
MARGIN = 30
OFFSET_RIGHT = 1.6
"""Map units by which a direction is set off to its right, so that both directions show."""
CLASS_ENDS_PERMILLE = (500, 750, 900, 1000)
"""Load classes 0 to 4: below 50 %, below 75 %, below 90 %, up to 100 %, above it."""
N_CLASSES = len(CLASS_ENDS_PERMILLE) + 1


def load_class(permille: int) -> int:
    """The load class of a share; a link that is exactly full is not over its capacity."""
    if permille == CLASS_ENDS_PERMILLE[-1]:
        return N_CLASSES - 2
    return sum(permille >= end for end in CLASS_ENDS_PERMILLE)


@dataclass(frozen=True, slots=True)
class MapLink:
    """A link as it is drawn. `marks` holds a digit per slot: the load class, plus 5 where
    scheduled trips are on the link."""

    link: str
    name: Name
    path: str
    marks: str
    peak_permille: int
    peak_slot: int
    capacity_pcu_h: int
    used: bool


@dataclass(frozen=True, slots=True)
class MapPlace:
    name: Name
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LinkLoad:
    """A link's load in a slot, in mPCU of the slot."""

    link: str
    name: Name
    slot: int
    scheduled_mpcu: int
    background_mpcu: int
    capacity_mpcu: int

    @property
    def permille(self) -> int:
        return _permille(self.scheduled_mpcu + self.background_mpcu, self.capacity_mpcu)


class Projection:
    """Network coordinates onto the map, north up, one scale both ways."""

    def __init__(self, points: Sequence[tuple[float, float]], geographic: bool) -> None:
        xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
        self._left, self._top = min(xs), max(ys)
        middle = math.radians((min(ys) + max(ys)) / 2)
        self._stretch = math.cos(middle) if geographic else 1.0
        width = (max(xs) - min(xs)) * self._stretch
        height = max(ys) - min(ys)
        inner = MAP_WIDTH - 2 * MARGIN
        self._scale = inner / max(width, height) if max(width, height) else 1.0
        self.width = math.ceil(width * self._scale) + 2 * MARGIN
        self.height = math.ceil(height * self._scale) + 2 * MARGIN

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self._left) * self._stretch * self._scale + MARGIN
        return across, (self._top - y) * self._scale + MARGIN


class Roads:
    """The map of a schedule and its busiest links."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._n_slots = schedule.published.end_slot
        self._registry = schedule.published.registry
        places = [(place.x, place.y) for place in self._registry.places]
        ends = [p for r in self._registry.roads.values() for p in ((r.x1, r.y1), (r.x2, r.y2))]
        self._projection = Projection(places + ends, self._registry.geographic)

    @property
    def size(self) -> tuple[int, int]:
        return self._projection.width, self._projection.height

    @cached_property
    def places(self) -> tuple[MapPlace, ...]:
        found = []
        for place in self._registry.places:
            x, y = self._projection.at(place.x, place.y)
            found.append(MapPlace(place.name, round(x, 1), round(y, 1)))
        return tuple(found)

    @cached_property
    def links(self) -> tuple[MapLink, ...]:
        """Links that the registry can draw, those with scheduled trips on top."""
        roads = self._registry.roads
        drawn = [self._link(x, roads[x.id]) for x in self._schedule.instance.links if x.id in roads]
        return tuple(sorted(drawn, key=lambda link: (link.used, link.peak_permille, link.link)))

    def worst(self, slot: int | None, number: int) -> tuple[LinkLoad, ...]:
        """The busiest links that scheduled trips enter in a slot, or in any (each once)."""
        slots = range(self._n_slots) if slot is None else range(slot, slot + 1)
        loads = [
            self._load(link, at)
            for link in self._schedule.instance.links
            for at in slots
            if self._scheduled[link.id][at]
        ]
        loads.sort(key=lambda load: (-load.permille, load.link, load.slot))
        once = {load.link: load for load in reversed(loads)}
        return tuple(load for load in loads if once[load.link] is load)[:number]

    def busiest_slot(self) -> int:
        """The slot in which scheduled trips bring most onto the roads."""
        sums = [sum(row[t] for row in self._scheduled.values()) for t in range(self._n_slots)]
        return max(range(self._n_slots), key=lambda t: (sums[t], -t))

    @cached_property
    def _scheduled(self) -> dict[str, list[int]]:
        table = {link.id: [0] * self._n_slots for link in self._schedule.instance.links}
        mpcu = self._schedule.traffic.link_mpcu
        for (link, slot), amount in (mpcu.own + mpcu.others).items():
            if slot < self._n_slots:
                table[link][slot] = amount
        return table

    def _load(self, link: Link, slot: int) -> LinkLoad:
        return LinkLoad(
            link=link.id,
            name=self._registry.name_of(link.id),
            slot=slot,
            scheduled_mpcu=self._scheduled[link.id][slot],
            background_mpcu=link.background_mpcu[slot],
            capacity_mpcu=self._capacity_mpcu(link),
        )

    def _capacity_mpcu(self, link: Link) -> int:
        return link.capacity_mpcu_h * self._schedule.instance.grid.slot_minutes // 60

    def _link(self, link: Link, road: RoadFacts) -> MapLink:
        scheduled, capacity = self._scheduled[link.id], self._capacity_mpcu(link)
        pairs = zip(scheduled, link.background_mpcu, strict=False)
        shares = [_permille(ours + other, capacity) for ours, other in pairs]
        peak = max(range(self._n_slots), key=lambda t: (shares[t], -t))
        marks = (
            str(load_class(share) + (N_CLASSES if ours else 0))
            for share, ours in zip(shares, scheduled, strict=True)
        )
        return MapLink(
            link=link.id,
            name=road.name,
            path=self._path(road),
            marks="".join(marks),
            peak_permille=shares[peak],
            peak_slot=peak,
            capacity_pcu_h=link.capacity_mpcu_h // 1000,
            used=any(scheduled),
        )

    def _path(self, road: RoadFacts) -> str:
        x1, y1 = self._projection.at(road.x1, road.y1)
        x2, y2 = self._projection.at(road.x2, road.y2)
        length = math.hypot(x2 - x1, y2 - y1) or 1.0
        right_x, right_y = -(y2 - y1) / length * OFFSET_RIGHT, (x2 - x1) / length * OFFSET_RIGHT
        ends = (x1 + right_x, y1 + right_y, x2 + right_x, y2 + right_y)
        return "M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*ends)


def _permille(load_mpcu: int, capacity_mpcu: int) -> int:
    """Rounded up; a closed link that traffic enters counts as over its capacity."""
    if not load_mpcu:
        return 0
    return -(-1000 * load_mpcu // capacity_mpcu) if capacity_mpcu else 9999
