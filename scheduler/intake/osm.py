"""Reads roads from an OpenStreetMap extract (`.osm`, `.osm.pbf` and packed forms) with osmium.

A way is cut at every point that it shares with another road, and becomes a link for each
direction that trucks may take. What `highway` means in lanes, speed and capacity stands in
`data/osm_classes.csv`; the way's own `lanes`, `maxspeed` and `oneway` come first, but no truck is
taken to be faster than the class's free speed. Ways of other classes and those that bar trucks are
dropped and counted. Turn restrictions are not read. Coordinates are WGS-84.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path

import osmium
from osmium.geom import Coordinates, haversine_distance

from scheduler.domain.network import Link, Network, Node
from scheduler.domain.network_report import Findings
from scheduler.errors import IntakeError
from scheduler.intake.faults import fault
from scheduler.intake.network_settings import NetworkSettings
from scheduler.intake.road_figures import OsmClass, limits, osm_classes

ACCESS_KEYS = ("hgv", "motor_vehicle", "vehicle", "access")
"""Who may pass, the most particular key first."""
BARRED = {"no", "private"}
FORWARD = {"yes", "true", "1"}
BACKWARD = {"-1", "reverse"}
SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?")
MPH_KMH = 1.609344
TAGS = (
    "highway", "name", "name:en", "oneway", "junction", "lanes", "lanes:forward", "lanes:backward",
    "maxspeed", "maxspeed:hgv", *ACCESS_KEYS,
)  # fmt: skip
Point = tuple[float, float]
Tell = Callable[[str, str, int], None]


@dataclass(frozen=True, slots=True)
class Way:
    """A road with its points; a point outside the extract has the longitude NaN."""

    way_id: int
    tags: Mapping[str, str]
    refs: array[int]
    lons: array[float]
    lats: array[float]

    def is_inside(self, k: int) -> bool:
        return self.lons[k] == self.lons[k]


@dataclass(frozen=True, slots=True)
class Side:
    """One direction of a way."""

    suffix: str
    lanes: int
    reverse: bool


def read_osm(path: Path, given: NetworkSettings | None, findings: Findings, tell: Tell) -> Network:
    """Raises IntakeError if the file cannot be read or holds no road."""
    try:
        ways = list(_roads(path, findings))
    except RuntimeError as error:
        raise IntakeError([fault(path.name, None, None, str(error), "osm_unreadable")]) from error
    if not ways:
        raise IntakeError([fault(path.name, None, None, "", "osm_no_roads")])
    tell("building", path.name, len(ways))
    junctions = _junctions(ways)
    links: list[Link] = []
    points: dict[str, Point] = {}
    for way in ways:
        links += _links(way, junctions, points, findings)
    findings.note("class_figures", len(links))
    name = given.dataset_name if given else None
    return Network(
        name=name or path.name.split(".")[0],
        crs="EPSG:4326",
        nodes=tuple(Node(node_id=n, x=x, y=y) for n, (x, y) in sorted(points.items())),
        links=tuple(sorted(links, key=lambda link: link.link_id)),
    )


def _roads(path: Path, findings: Findings) -> Iterator[Way]:
    only = osmium.filter.KeyFilter("highway")
    only.enable_for(osmium.osm.WAY)
    for item in osmium.FileProcessor(str(path)).with_locations().with_filter(only):
        if not isinstance(item, osmium.osm.Way):
            continue
        tags = {key: item.tags[key] for key in TAGS if key in item.tags}
        if tags["highway"] not in osm_classes():
            findings.drop("way", "class_not_for_trucks", tags["highway"])
        elif _is_barred(tags):
            findings.drop("way", "trucks_barred", str(item.id))
        else:
            known = [(n.ref, n.lon, n.lat) if n.location.valid() else (n.ref, float("nan"), 0.0)
                     for n in item.nodes]  # fmt: skip
            refs, lons, lats = zip(*known, strict=True) if known else ((), (), ())
            yield Way(item.id, tags, array("q", refs), array("d", lons), array("d", lats))


def _is_barred(tags: Mapping[str, str]) -> bool:
    said = next((tags[key] for key in ACCESS_KEYS if key in tags), "yes")
    return said in BARRED


def _junctions(ways: list[Way]) -> set[int]:
    """Points where a way begins or ends or that are passed twice; of a ring the middle one too."""
    passed = Counter(ref for way in ways for ref in way.refs)
    cut = {ref for ref, n in passed.items() if n > 1}
    for way in ways:
        if way.refs:
            cut |= {way.refs[0], way.refs[-1]}
        if len(way.refs) > 2 and way.refs[0] == way.refs[-1]:
            cut.add(way.refs[len(way.refs) // 2])
    return cut


def _links(
    way: Way, junctions: set[int], points: dict[str, Point], findings: Findings
) -> Iterator[Link]:
    known = osm_classes()[way.tags["highway"]]
    sides = _sides(way.tags, known, findings)
    speed = _speed_kmh(way.tags, known, findings)
    for k, (first, last) in enumerate(_sections(way, junctions, findings)):
        ends = str(way.refs[first]), str(way.refs[last])
        if ends[0] == ends[1]:
            findings.drop("section", "loop", f"{way.way_id}.{k}")
            continue
        for end, at in zip(ends, (first, last), strict=True):
            points[end] = (way.lons[at], way.lats[at])
        for side in sides:
            tail, head = reversed(ends) if side.reverse else ends
            yield Link(
                link_id=f"{way.way_id}.{k}{side.suffix}",
                name=way.tags.get("name"),
                name_en=way.tags.get("name:en"),
                from_node_id=tail,
                to_node_id=head,
                length_m=_length_m(way, first, last),
                free_speed_kmh=speed,
                lanes=side.lanes,
                capacity_mpcu_h=side.lanes * known.capacity_pcu_h * 1000,
                facility_type=known.highway,
            )


def _sections(way: Way, junctions: set[int], findings: Findings) -> Iterator[tuple[int, int]]:
    """Runs of points from one junction to the next; those with a point outside are dropped."""
    cuts = [k for k, ref in enumerate(way.refs) if ref in junctions]
    for first, last in pairwise(cuts):
        if all(way.is_inside(k) for k in range(first, last + 1)):
            yield first, last
        else:
            findings.drop("section", "outside_extract", str(way.way_id))


def _length_m(way: Way, first: int, last: int) -> int:
    at = [Coordinates(way.lons[k], way.lats[k]) for k in range(first, last + 1)]
    return max(1, ceil(sum(haversine_distance(a, b) for a, b in pairwise(at))))


def _sides(tags: Mapping[str, str], known: OsmClass, findings: Findings) -> tuple[Side, ...]:
    oneway = tags.get("oneway")
    is_ring = tags.get("junction") in ("roundabout", "circular")
    most = limits()["lanes_most"]
    if oneway in BACKWARD:
        return (Side("-b", _lanes(tags, "lanes", most, findings) or known.lanes, True),)
    if oneway in FORWARD or (oneway is None and (known.oneway or is_ring)):
        return (Side("-f", _lanes(tags, "lanes", most, findings) or known.lanes, False),)
    total = _lanes(tags, "lanes", 2 * most, findings)
    each = max(1, total // 2) if total else known.lanes
    return (
        Side("-f", _lanes(tags, "lanes:forward", most, findings) or each, False),
        Side("-b", _lanes(tags, "lanes:backward", most, findings) or each, True),
    )


def _lanes(tags: Mapping[str, str], key: str, most: int, findings: Findings) -> int | None:
    """None where the tag is not there or cannot be believed."""
    text = tags.get(key)
    if text is None:
        return None
    if text.isdecimal() and 1 <= int(text) <= most:
        return int(text)
    findings.note("tag_unread")
    return None


def _speed_kmh(tags: Mapping[str, str], known: OsmClass, findings: Findings) -> int:
    """The least of the class's free speed and the way's own limit, rounded down."""
    text = tags.get("maxspeed:hgv", tags.get("maxspeed"))
    if text is None:
        return known.free_speed_kmh
    found = SPEED.fullmatch(text.strip())
    limit = 0 if found is None else int(float(found[1]) * (MPH_KMH if found[2] == "mph" else 1))
    if limit < limits()["speed_least"]:
        findings.note("tag_unread")
        return known.free_speed_kmh
    return min(limit, known.free_speed_kmh)
