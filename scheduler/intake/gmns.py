"""Reads a road network in GMNS form: a directory with node.csv, link.csv and more.

GMNS is the General Modeling Network Specification of the Zephyr Foundation. Its ``capacity``
is passenger-car units per hour and lane, its units stand in config.csv. Of the columns that
it leaves optional this reader needs ``length``, ``free_speed``, ``capacity`` and ``lanes``:
without them a link has no travel time and no law. Columns that are not GMNS's own and may be
there: ``zone_id`` of a link, ``zone_type`` and ``population_weight`` of a zone; ``ref_volume``, the
traffic of the busiest hour, and ``link_type_name``, both as published networks have them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from statistics import median

from pydantic import BaseModel, Field, model_validator

from scheduler.domain.network import Link, Network, Node, Zone
from scheduler.domain.network_report import Findings
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.faults import fault
from scheduler.intake.link_sieve import LinkSieve
from scheduler.intake.network_settings import KMH, NetworkSettings, settings_of
from scheduler.intake.road_figures import (
    Carried,
    FileNumber,
    Unusable,
    Volume,
    an_hours,
    carried,
    class_of,
    length_m,
    looks_daily,
    speed_kmh,
    volume_mpcu_h,
)
from scheduler.intake.table import HEADER_ROW, Table, read_table

MISSING = {"NaN", "nan", "(null)"}
"""Cells that mean an empty one: GMNS's own NaN, and what published files write."""
ODD_RATIO = 4
"""Lengths are noted where the middle one is so many times its straight line, or so small a part."""
EARTH_M = 6_371_000


class GmnsRow(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _leave_missing_out(cls, cells: Mapping[str, str]) -> dict[str, str]:
        return {name: cell for name, cell in cells.items() if cell not in MISSING}


class NodeRow(GmnsRow):
    node_id: str = Field(description="the node's id, unique in the file")
    name: str | None = None
    x_coord: float = Field(allow_inf_nan=False, description="the x coordinate or longitude")
    y_coord: float = Field(allow_inf_nan=False, description="the y coordinate or latitude")
    node_type: str | None = None
    zone_id: str | None = None


class LinkRow(GmnsRow):
    link_id: str = Field(description="the link's id, unique in the file")
    name: str | None = None
    name_en: str | None = None
    from_node_id: str = Field(description="the node_id at which the link begins")
    to_node_id: str = Field(description="the node_id at which the link ends")
    directed: bool | None = Field(
        default=None, description="true for one direction, false for both"
    )
    length: FileNumber | None = Field(default=None, description="the length, in long_length")
    free_speed: FileNumber | None = Field(default=None, description="the free speed, in speed")
    capacity: FileNumber | None = Field(default=None, description="PCU per hour and lane")
    lanes: int | None = Field(default=None, description="the lanes in the direction of travel")
    facility_type: str | None = None
    link_type_name: str | None = None
    link_type: str | None = None
    zone_id: str | None = None
    ref_volume: Volume | None = Field(
        default=None, description="vehicles in the busiest hour, 0 to 1,000,000"
    )

    @property
    def class_name(self) -> str | None:
        return self.facility_type or self.link_type_name or self.link_type


class ZoneRow(GmnsRow):
    zone_id: str = Field(description="the zone's id, unique in the file")
    name: str | None = None
    super_zone: str | None = None
    boundary: str | None = None
    zone_type: str | None = None
    population_weight: int | None = Field(
        default=None, ge=1, description="the density of people in tenths of the mean, 1 or more"
    )


@dataclass(frozen=True)
class GmnsTables:
    """The files of one directory as read, before they are held against each other."""

    nodes: dict[int, NodeRow]
    links: dict[int, LinkRow]
    zones: dict[int, ZoneRow]


@dataclass(frozen=True, slots=True)
class Figures:
    length_m: int
    free_speed_kmh: int
    carried: Carried


def read_gmns(
    directory: Path,
    given: NetworkSettings | None,
    findings: Findings,
    tell: Callable[[str, str, int], None],
) -> Network:
    """Raises IntakeError with every fault of every file."""
    settings, faults = settings_of(directory / "config.csv", given, ("long_length", "speed"))
    nodes = read_table(directory / "node.csv", NodeRow)
    tell("reading", "link.csv", 0)
    links = read_table(directory / "link.csv", LinkRow)
    zones: Table[ZoneRow] = Table({}, [])
    if (directory / "zone.csv").exists():
        zones = read_table(directory / "zone.csv", ZoneRow)
    tell("checking", "link.csv", len(links.rows))
    faults += nodes.faults + links.faults + zones.faults
    tables = GmnsTables(nodes.rows, links.rows, zones.rows)
    faults += _id_faults(tables, complete=not (nodes.faults or zones.faults))
    faults += _direction_faults(tables, all_directed=bool(settings and settings.all_directed))
    if settings is None:
        raise IntakeError(faults)
    sieve = LinkSieve("link.csv", settings, findings)
    empty = _empty_columns(tables.links, settings)
    figures = _figures(tables.links, settings, sieve, findings, empty)
    faults += [fault("link.csv", HEADER_ROW, e.column, "", e.reason) for e in empty]
    faults += [*sieve.faults(), *_daily_fault(tables.links, settings, sieve)]
    if faults:
        raise IntakeError(sorted(faults, key=lambda f: (f.file, f.row or 0)))
    tell("building", "link.csv", len(figures))
    network = _network(tables, settings, figures, settings.dataset_name or directory.name)
    _note_length_scale(network, findings)
    findings.note("volume_as_pcu", sum(x.volume_mpcu_h is not None for x in network.links))
    return network


def _id_faults(tables: GmnsTables, *, complete: bool) -> list[IntakeFault]:
    """Ids given twice; and, once all rows of the other files could be read, unknown ids."""
    faults: list[IntakeFault] = []
    node_ids = {n: row.node_id for n, row in tables.nodes.items()}
    zone_ids = {n: row.zone_id for n, row in tables.zones.items()}
    faults += _repeated("node.csv", "node_id", node_ids)
    link_ids = {n: row.link_id for n, row in tables.links.items()}
    faults += _repeated("link.csv", "link_id", link_ids)
    faults += _taken_by_back_links(tables.links)
    faults += _repeated("zone.csv", "zone_id", zone_ids)
    if not complete:
        return faults
    for column in ("from_node_id", "to_node_id"):
        asked = {n: getattr(row, column) for n, row in tables.links.items()}
        faults += _unknown("link.csv", column, asked, set(node_ids.values()), "node.csv")
    if tables.zones:
        known = set(zone_ids.values())
        of_nodes = {n: r.zone_id for n, r in tables.nodes.items()}
        of_links = {n: r.zone_id for n, r in tables.links.items()}
        around = {n: r.super_zone for n, r in tables.zones.items()}
        faults += _unknown("node.csv", "zone_id", of_nodes, known, "zone.csv")
        faults += _unknown("link.csv", "zone_id", of_links, known, "zone.csv")
        faults += _unknown("zone.csv", "super_zone", around, known, "zone.csv")
    return faults


def _repeated(file: str, column: str, ids: Mapping[int, str]) -> Iterable[IntakeFault]:
    first: dict[str, int] = {}
    for row, value in ids.items():
        if value in first:
            yield fault(file, row, column, value, "id_twice", first=first[value])
        first.setdefault(value, row)


def _taken_by_back_links(links: Mapping[int, LinkRow]) -> Iterable[IntakeFault]:
    """Ids that the second direction of an undirected row needs."""
    backs = {f"{r.link_id}-back": n for n, r in links.items() if r.directed is False}
    for n, row in links.items():
        if row.link_id in backs:
            first = backs[row.link_id]
            yield fault("link.csv", n, "link_id", row.link_id, "id_twice", first=first)


def _unknown(
    file: str, column: str, asked: Mapping[int, str | None], known: set[str], where: str
) -> Iterable[IntakeFault]:
    for row, value in asked.items():
        if value is not None and value not in known:
            yield fault(file, row, column, value, "id_unknown", where=where)


def _direction_faults(tables: GmnsTables, *, all_directed: bool) -> Iterable[IntakeFault]:
    unsaid = [n for n, row in tables.links.items() if row.directed is None]
    if unsaid and not all_directed:
        whole = len(unsaid) == len(tables.links)
        for n in [HEADER_ROW] if whole else unsaid:
            yield fault("link.csv", n, "directed", "", "directed_absent")
    for n, row in tables.links.items():
        if row.from_node_id == row.to_node_id:
            yield fault("link.csv", n, "to_node_id", row.to_node_id, "loop")


def _empty_columns(rows: Mapping[int, LinkRow], settings: NetworkSettings) -> list[Unusable]:
    """Columns that no row fills and nothing stands in for: one fault each, at the header."""
    needed = {
        "length": "length_absent",
        "free_speed": "speed_absent",
        "capacity": "capacity_absent",
    }
    if settings.capacity_per != "link":
        needed["lanes"] = "lanes_absent"
    if not rows or settings.fill_by_class:
        return []
    return [
        Unusable(column, "", reason)
        for column, reason in needed.items()
        if all(getattr(row, column) is None for row in rows.values())
    ]


def _figures(
    rows: Mapping[int, LinkRow],
    settings: NetworkSettings,
    sieve: LinkSieve,
    findings: Findings,
    empty: list[Unusable],
) -> dict[int, Figures]:
    """What each usable row's link has; figures of the empty columns are told at the header."""
    figures = {}
    for n, given_row in rows.items():
        row = _filled(given_row, settings, findings)
        if _is_of_no_class(row, settings):
            findings.drop("link", "class_not_for_trucks", row.class_name or "-")
            continue
        length, speed = length_m(row.length, settings), speed_kmh(row.free_speed, settings)
        load = carried(row.capacity, row.lanes, settings)
        others = [figure for figure in (length, speed, load) if figure not in empty]
        if sieve.take(n, row.link_id, *others) and len(others) == 3:
            assert isinstance(length, int) and isinstance(speed, int) and isinstance(load, Carried)
            figures[n] = Figures(length, speed, load)
            findings.note("lanes_from_capacity", int(load.lanes_are_derived))
    return figures


def _filled(row: LinkRow, settings: NetworkSettings, findings: Findings) -> LinkRow:
    """The row with what it leaves empty taken from its class, where the settings ask for it."""
    known = class_of(row.class_name) if settings.fill_by_class else None
    if known is None or None not in (row.lanes, row.free_speed, row.capacity):
        return row
    of_class: dict[str, Decimal | int] = {
        "lanes": known.lanes,
        "capacity": Decimal(known.capacity_pcu_h),
        "free_speed": known.free_speed_kmh / KMH[(settings.speed or "km/h").lower()],
    }
    filled = {column: of_class[column] for column in of_class if getattr(row, column) is None}
    if settings.capacity_per == "link" and "capacity" in filled:
        filled["capacity"] = Decimal(known.capacity_pcu_h * (row.lanes or known.lanes))
    findings.note("filled_by_class")
    return row.model_copy(update=filled)


def _is_of_no_class(row: LinkRow, settings: NetworkSettings) -> bool:
    """Whether links may be dropped and this one's class, which should give its capacity, is not
    among those that trucks use: a footway, say."""
    may_drop = settings.fill_by_class and settings.unusable == "drop"
    return bool(may_drop) and row.capacity is None and class_of(row.class_name) is None


def _daily_fault(
    rows: Mapping[int, LinkRow], settings: NetworkSettings, sieve: LinkSieve
) -> Iterable[IntakeFault]:
    capacities = [r.capacity for n, r in rows.items() if r.capacity and n not in sieve.dropped]
    if settings.capacity_per != "link" and looks_daily(
        [an_hours(capacity, settings) for capacity in capacities]
    ):
        yield fault("link.csv", HEADER_ROW, "capacity", "", "capacity_per_day")


def _network(
    tables: GmnsTables, settings: NetworkSettings, figures: Mapping[int, Figures], name: str
) -> Network:
    zone_of = {r.node_id: r.zone_id for r in tables.nodes.values()} if tables.zones else {}
    links = [
        link
        for n, has in figures.items()
        for link in _links(tables.links[n], has, settings, zone_of)
    ]
    return Network(
        name=name,
        crs=settings.crs,
        nodes=tuple(
            Node(node_id=r.node_id, name=r.name, x=r.x_coord, y=r.y_coord,
                 node_type=r.node_type, zone_id=r.zone_id)
            for r in sorted(tables.nodes.values(), key=lambda r: r.node_id)
        ),
        links=tuple(sorted(links, key=lambda link: link.link_id)),
        zones=tuple(
            Zone(**r.model_dump()) for r in sorted(tables.zones.values(), key=lambda r: r.zone_id)
        ),
    )  # fmt: skip


def _links(
    row: LinkRow, has: Figures, settings: NetworkSettings, zone_of: Mapping[str, str | None]
) -> list[Link]:
    """One link, or for an undirected row a second one with the id ``<link_id>-back``; a link
    without a zone of its own lies in that of the node where it begins."""
    volume = row.ref_volume
    there = Link(
        link_id=row.link_id,
        name=row.name,
        name_en=row.name_en,
        from_node_id=row.from_node_id,
        to_node_id=row.to_node_id,
        length_m=has.length_m,
        free_speed_kmh=has.free_speed_kmh,
        lanes=has.carried.lanes,
        capacity_mpcu_h=has.carried.mpcu_h,
        volume_mpcu_h=None if volume is None else volume_mpcu_h(volume, settings),
        facility_type=row.class_name,
        zone_id=row.zone_id or zone_of.get(row.from_node_id),
    )
    if row.directed is not False:
        return [there]
    ends = {"from_node_id": row.to_node_id, "to_node_id": row.from_node_id}
    return [there, there.model_copy(update={"link_id": f"{row.link_id}-back", **ends})]


def _note_length_scale(network: Network, findings: Findings) -> None:
    """Notes lengths that do not fit their ends' longitudes and latitudes."""
    if network.crs is not None and "4326" not in network.crs:
        return
    at = {n.node_id: (n.x, n.y) for n in network.nodes if n.x is not None and n.y is not None}
    if any(abs(x) > 180 or abs(y) > 90 for x, y in at.values()):
        return
    ratios = []
    for link in network.links:
        straight = _straight_m(*at[link.from_node_id], *at[link.to_node_id])
        if straight > 0:
            ratios.append(link.length_m / straight)
    if ratios and not 1 / ODD_RATIO <= median(ratios) <= ODD_RATIO:
        findings.note("length_scale", len(ratios))


def _straight_m(x1: float, y1: float, x2: float, y2: float) -> float:
    lon, lat = radians(x2 - x1) / 2, radians(y2 - y1) / 2
    across = sin(lat) ** 2 + cos(radians(y1)) * cos(radians(y2)) * sin(lon) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(across)))
