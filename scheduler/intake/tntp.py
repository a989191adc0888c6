"""Reads a network in the TNTP form of "Transportation Networks for Research".

`NAME_net.tntp` holds metadata in angle brackets, a line of column names after `~`, and a directed
link on each line. `NAME_node.tntp` (coordinates) and `NAME_flow.tntp` (volumes) beside it are read
where they are there. The form states no units and no lanes: the sender gives `long_length` and
`time`; speed is length over free flow time, as the form's description says of its `speed` column
that its meaning is unsure. The capacity is the link's. Nodes below FIRST THRU NODE are zones
that no traffic passes through: they and the links that join them are not roads and are dropped.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from scheduler.domain.network import Link, Network, Node
from scheduler.domain.network_report import Findings
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.faults import fault
from scheduler.intake.link_sieve import LinkSieve
from scheduler.intake.network_settings import METRES, SECONDS, NetworkSettings, settings_of
from scheduler.intake.road_figures import (
    Carried,
    FileNumber,
    Unusable,
    Volume,
    carried,
    length_m,
    limits,
    rounded_down,
    volume_mpcu_h,
)

COLUMNS = (
    "init_node", "term_node", "capacity", "length", "free_flow_time", "b", "power", "speed",
    "toll", "link_type",
)  # fmt: skip
"""The standard order, for files without a line of names."""
LEAST_TIME = Decimal("1e-9")
"""In any unit less is no time, and some files write it for none."""
METADATA = re.compile(r"<([^>]+)>\s*(.*)")
Tell = Callable[[str, str, int], None]


class TntpLink(BaseModel):
    init_node: int
    term_node: int
    capacity: FileNumber
    length: FileNumber
    free_flow_time: FileNumber
    lanes: int | None = None
    link_type: str | None = None


class TntpVolume(BaseModel):
    tail: int
    head: int
    volume: Volume


class TntpPoint(BaseModel):
    node: int
    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)


@dataclass
class NetFile:
    """A net file's lines by their number, with all that is wrong with it."""

    name: str
    metadata: dict[str, str]
    links: dict[int, TntpLink]
    faults: list[IntakeFault]

    @property
    def first_through(self) -> int:
        """1 where the file does not say: all nodes can be passed through."""
        text = self.metadata.get("FIRST THRU NODE", "1")
        return int(text) if text.isdecimal() else 1


def read_tntp(path: Path, given: NetworkSettings | None, findings: Findings, tell: Tell) -> Network:
    """Raises IntakeError with every fault of every file."""
    as_link = NetworkSettings(capacity_per="link").overlaid(given)
    settings, faults = settings_of(None, as_link, ("long_length", "time"))
    net = _read_net(path)
    points, point_faults = _read_points(_beside(path, "node"))
    volumes, volume_faults = _read_volumes(_beside(path, "flow"))
    tell("checking", path.name, len(net.links))
    roads = _without_connectors(net, findings)
    faults += [*net.faults, *point_faults, *volume_faults]
    if settings is None:
        raise IntakeError(faults)
    sieve = LinkSieve(path.name, settings, findings)
    tell("building", path.name, len(roads))
    links = [link for n, row in roads.items() if (link := _link(n, row, settings, sieve, findings))]
    faults += sieve.faults()
    if faults:
        raise IntakeError(sorted(faults, key=lambda f: (f.file, f.row or 0)))
    if volumes:
        links = _with_volumes(links, volumes, settings)
        findings.note("volume_as_pcu", sum(x.volume_mpcu_h is not None for x in links))
    return _network(path, net, _named_apart(links), points, settings, findings)


def _beside(path: Path, kind: str) -> Path | None:
    """`X_node.tntp` for `X_net.tntp`, whatever the case of its letters."""
    stem = re.sub(r"_net$", "", path.stem, flags=re.IGNORECASE)
    wanted = f"{stem}_{kind}.tntp".lower()
    return next((p for p in sorted(path.parent.iterdir()) if p.name.lower() == wanted), None)


def _read_net(path: Path) -> NetFile:
    net = NetFile(path.name, {}, {}, [])
    names: tuple[str, ...] = COLUMNS
    lines, net.faults = _lines(path)
    for n, line in lines:
        if found := METADATA.match(line):
            net.metadata[found[1].strip()] = found[2].strip()
        elif line.startswith("~"):
            said = tuple(line.strip("~; \t").lower().split())
            names = said if "init_node" in said else names
        else:
            _take_link(net, names, n, line)
    stated = net.metadata.get("NUMBER OF LINKS", "")
    read = len(net.links) + len({f.row for f in net.faults if f.row})
    if stated.isdecimal() and int(stated) != read:
        net.faults.append(
            fault(path.name, None, "NUMBER OF LINKS", stated, "links_stated", read=read)
        )
    return net


def _lines(path: Path) -> tuple[list[tuple[int, str]], list[IntakeFault]]:
    """The lines that are not empty, by number."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return [], [fault(path.name, None, None, "", "file_absent")]
    except UnicodeDecodeError:
        return [], [fault(path.name, None, None, "", "file_encoding")]
    stripped = ((n, line.strip()) for n, line in enumerate(text.splitlines(), start=1))
    return [(n, line) for n, line in stripped if line], []


def _take_link(net: NetFile, names: tuple[str, ...], n: int, line: str) -> None:
    cells = line.replace(";", " ").split()
    if len(cells) == len(COLUMNS) != len(names):
        names = COLUMNS
    if len(cells) != len(names):
        net.faults.append(fault(net.name, n, None, line, "cells", has=len(cells), wants=len(names)))
        return
    row = {k: v for k, v in zip(names, cells, strict=True) if k in TntpLink.model_fields}
    try:
        net.links[n] = TntpLink.model_validate(row)
    except ValidationError as error:
        net.faults += _cell_faults(net.name, n, error)


def _cell_faults(file: str, n: int, error: ValidationError) -> Iterator[IntakeFault]:
    for e in error.errors():
        column = str(e["loc"][0])
        if e["type"] == "missing":
            yield fault(file, n, column, "", "column_absent")
        else:
            yield fault(file, n, column, str(e["input"]), "number")


def _without_connectors(net: NetFile, findings: Findings) -> dict[int, TntpLink]:
    roads = {}
    for n, row in net.links.items():
        if min(row.init_node, row.term_node) < net.first_through:
            findings.drop("link", "connector", f"{row.init_node}-{row.term_node}")
        elif row.init_node == row.term_node:
            net.faults.append(fault(net.name, n, "term_node", str(row.term_node), "loop"))
        else:
            roads[n] = row
    return roads


def _link(
    n: int, row: TntpLink, settings: NetworkSettings, sieve: LinkSieve, findings: Findings
) -> Link | None:
    length, speed = length_m(row.length, settings), _speed_kmh(row, settings)
    load = carried(row.capacity, row.lanes, settings)
    link_id = f"{row.init_node}-{row.term_node}"
    if not sieve.take(n, link_id, length, speed, load):
        return None
    assert isinstance(length, int) and isinstance(speed, int) and isinstance(load, Carried)
    findings.note("lanes_from_capacity", int(load.lanes_are_derived))
    return Link(
        link_id=link_id,
        from_node_id=str(row.init_node),
        to_node_id=str(row.term_node),
        length_m=length,
        free_speed_kmh=speed,
        lanes=load.lanes,
        capacity_mpcu_h=load.mpcu_h,
        facility_type=row.link_type,
    )


def _speed_kmh(row: TntpLink, settings: NetworkSettings) -> int | Unusable:
    """Length over free flow time, rounded down."""
    told = str(row.free_flow_time)
    if row.free_flow_time < LEAST_TIME:
        return Unusable("free_flow_time", told, "time_zero")
    assert settings.long_length and settings.time
    seconds = row.free_flow_time * SECONDS[settings.time.lower()]
    metres = max(row.length, Decimal(0)) * METRES[settings.long_length.lower()]
    kmh = rounded_down(metres * 36 / (seconds * 10))
    if row.length > 0 and not limits()["speed_least"] <= kmh <= limits()["speed_most"]:
        return Unusable("free_flow_time", told, "time_range")
    return kmh


def _named_apart(links: list[Link]) -> list[Link]:
    """Ids `tail-head`; of parallel links the second one is `tail-head.2`."""
    seen: defaultdict[str, int] = defaultdict(int)
    named = []
    for link in links:
        seen[link.link_id] += 1
        count = seen[link.link_id]
        new = link.link_id if count == 1 else f"{link.link_id}.{count}"
        named.append(link if count == 1 else link.model_copy(update={"link_id": new}))
    return named


def _with_volumes(
    links: list[Link], volumes: Mapping[tuple[str, str], list[Decimal]], settings: NetworkSettings
) -> list[Link]:
    """Parallel links take the volumes of their ends in the order of the file."""
    left = {ends: list(of_ends) for ends, of_ends in volumes.items()}
    told = []
    for link in links:
        of_ends = left.get((link.from_node_id, link.to_node_id))
        volume = volume_mpcu_h(of_ends.pop(0), settings) if of_ends else None
        told.append(link.model_copy(update={"volume_mpcu_h": volume}))
    return told


def _read_points(path: Path | None) -> tuple[dict[str, tuple[float, float]], list[IntakeFault]]:
    points: dict[str, tuple[float, float]] = {}
    if path is None:
        return points, []
    lines, faults = _lines(path)
    for n, line in lines:
        cells = line.replace(";", " ").split()
        if cells and cells[0].lower() == "node":
            continue
        try:
            point = TntpPoint.model_validate(dict(zip(("node", "x", "y"), cells, strict=False)))
            points[str(point.node)] = (point.x, point.y)
        except ValidationError as error:
            faults += _cell_faults(path.name, n, error)
    return points, faults


def _read_volumes(
    path: Path | None,
) -> tuple[dict[tuple[str, str], list[Decimal]], list[IntakeFault]]:
    """`From To Volume Cost` on each line, or `tail head : volume cost ;`."""
    volumes: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
    if path is None:
        return volumes, []
    lines, faults = _lines(path)
    for n, line in lines:
        cells = line.replace(";", " ").replace(":", " ").split()
        if line.startswith(("<", "~")) or not cells or cells[0].lower() in ("from", "tail"):
            continue
        try:
            row = TntpVolume.model_validate(
                dict(zip(("tail", "head", "volume"), cells, strict=False))
            )
            volumes[str(row.tail), str(row.head)].append(row.volume)
        except ValidationError as error:
            faults += _cell_faults(path.name, n, error)
    return volumes, faults


def _network(
    path: Path,
    net: NetFile,
    links: list[Link],
    points: Mapping[str, tuple[float, float]],
    settings: NetworkSettings,
    findings: Findings,
) -> Network:
    joined = {end for row in net.links.values() for end in (row.init_node, row.term_node)}
    for node in sorted(joined):
        if node < net.first_through:
            findings.drop("node", "zone_centroid", str(node))
    ids = sorted(str(node) for node in joined if node >= net.first_through)
    findings.note("no_coordinates", sum(node not in points for node in ids))
    places = {node: points[node] for node in ids if node in points}
    return Network(
        name=settings.dataset_name or re.sub(r"_net$", "", path.stem, flags=re.IGNORECASE),
        crs=settings.crs,
        nodes=tuple(
            Node(node_id=node, x=places[node][0], y=places[node][1])
            if node in places
            else Node(node_id=node)
            for node in ids
        ),
        links=tuple(sorted(links, key=lambda link: link.link_id)),
    )
