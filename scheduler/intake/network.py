"""Reads a road network in GMNS form: a directory with node.csv, link.csv and more.

GMNS is the General Modeling Network Specification of the Zephyr Foundation. Its ``capacity``
is passenger-car units per hour and lane, its units stand in config.csv. Of the columns that
it leaves optional this reader needs ``length``, ``free_speed``, ``capacity`` and ``lanes``:
without them a link has no travel time and no law. Two columns are not GMNS's own and may be
there: ``zone_id`` of a link, ``zone_type`` and ``population_weight`` of a zone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

from pydantic import BaseModel, Field

from scheduler.domain.network import MAX_CAPACITY_MPCU_H, Link, Network, Node, Zone
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.table import HEADER_ROW, Table, read_table

METRES = {
    "m": Decimal(1), "meter": Decimal(1), "meters": Decimal(1), "metre": Decimal(1),
    "metres": Decimal(1), "km": Decimal(1000), "kilometer": Decimal(1000),
    "kilometers": Decimal(1000), "mi": Decimal("1609.344"), "mile": Decimal("1609.344"),
    "miles": Decimal("1609.344"), "ft": Decimal("0.3048"), "feet": Decimal("0.3048"),
}  # fmt: skip
KMH = {
    "km/h": Decimal(1), "kmh": Decimal(1), "kph": Decimal(1), "mph": Decimal("1.609344"),
    "mi/h": Decimal("1.609344"), "m/s": Decimal("3.6"),
}  # fmt: skip


class GmnsConfig(BaseModel):
    """What config.csv states, or the caller for a network without one."""

    dataset_name: str | None = None
    long_length: str = Field(description=f"the unit of lengths, one of {', '.join(METRES)}")
    speed: str = Field(description=f"the unit of speeds, one of {', '.join(KMH)}")
    crs: str | None = None


class NodeRow(BaseModel):
    node_id: str = Field(description="the node's id, unique in the file")
    name: str | None = None
    x_coord: float = Field(allow_inf_nan=False, description="the x coordinate or longitude")
    y_coord: float = Field(allow_inf_nan=False, description="the y coordinate or latitude")
    node_type: str | None = None
    zone_id: str | None = None


class LinkRow(BaseModel):
    link_id: str = Field(description="the link's id, unique in the file")
    name: str | None = None
    from_node_id: str = Field(description="the node_id at which the link begins")
    to_node_id: str = Field(description="the node_id at which the link ends")
    directed: bool | None = Field(
        default=None, description="true for one direction, false for both"
    )
    length: Decimal = Field(gt=0, description="the length, above 0, in config.csv's long_length")
    free_speed: Decimal = Field(gt=0, description="the free speed, above 0, in config.csv's speed")
    capacity: Decimal = Field(gt=0, description="PCU per hour and lane, above 0")
    lanes: int = Field(ge=1, description="the lanes in the direction of travel, 1 or more")
    facility_type: str | None = None
    zone_id: str | None = None


class ZoneRow(BaseModel):
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

    all_directed: bool
    nodes: dict[int, NodeRow]
    links: dict[int, LinkRow]
    zones: dict[int, ZoneRow]


def read_gmns(
    directory: Path, *, config: GmnsConfig | None = None, all_directed: bool = False
) -> Network:
    """Read and check a GMNS directory.

    Parameters
    ----------
    config
        Units for a directory without config.csv; with one, this is not asked.
    all_directed
        Whether every link is directed where link.csv has no column ``directed``, which the
        specification requires and some published networks leave out.

    Raises
    ------
    IntakeError
        With every fault of every file; nothing is returned then.
    """
    settings, faults = _settings(directory, config)
    nodes = read_table(directory / "node.csv", NodeRow)
    links = read_table(directory / "link.csv", LinkRow)
    zones: Table[ZoneRow] = Table({}, [])
    if (directory / "zone.csv").exists():
        zones = read_table(directory / "zone.csv", ZoneRow)
    faults += nodes.faults + links.faults + zones.faults
    tables = GmnsTables(all_directed, nodes.rows, links.rows, zones.rows)
    faults += _id_faults(tables, complete=not (nodes.faults or zones.faults))
    faults += _link_faults(tables)
    if settings is not None:
        faults += _speed_faults(tables, settings)
    if faults or settings is None:
        raise IntakeError(faults)
    return _network(tables, settings, settings.dataset_name or directory.name)


def _settings(
    directory: Path, given: GmnsConfig | None
) -> tuple[GmnsConfig | None, list[IntakeFault]]:
    path = directory / "config.csv"
    if not path.exists() and given is not None:
        settings, row = given, None
    else:
        table = read_table(path, GmnsConfig)
        if table.faults:
            return None, table.faults
        (row, settings), *_ = table.rows.items()
    faults = []
    for column, value, known in (
        ("long_length", settings.long_length, METRES),
        ("speed", settings.speed, KMH),
    ):
        if value.lower() not in known:
            remedy = f"Give one of {', '.join(known)}."
            faults.append(IntakeFault("config.csv", row, column, value, "unknown unit", remedy))
    return (None if faults else settings), faults


def _id_faults(tables: GmnsTables, *, complete: bool) -> list[IntakeFault]:
    """Ids given twice; and, once all rows of the other files could be read, unknown ids."""
    faults: list[IntakeFault] = []
    node_ids = {n: row.node_id for n, row in tables.nodes.items()}
    zone_ids = {n: row.zone_id for n, row in tables.zones.items()}
    faults += _repeated("node.csv", "node_id", node_ids)
    faults += _repeated("link.csv", "link_id", {n: r.link_id for n, r in tables.links.items()})
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
            message = f"the id is given twice, first in row {first[value]}"
            yield IntakeFault(file, row, column, value, message, "Give each row an id of its own.")
        first.setdefault(value, row)


def _unknown(
    file: str, column: str, asked: Mapping[int, str | None], known: set[str], where: str
) -> Iterable[IntakeFault]:
    for row, value in asked.items():
        if value is not None and value not in known:
            remedy = f"Add it to {where} or correct the id."
            yield IntakeFault(file, row, column, value, f"{where} has no such id", remedy)


def _link_faults(tables: GmnsTables) -> list[IntakeFault]:
    faults = []
    undirected = [n for n, row in tables.links.items() if row.directed is None]
    if undirected and not tables.all_directed:
        whole = len(undirected) == len(tables.links)
        for n in [HEADER_ROW] if whole else undirected:
            message = "the column is required and not there" if whole else "the cell is empty"
            remedy = "Give true for one direction, false for both."
            faults.append(IntakeFault("link.csv", n, "directed", "", message, remedy))
    for n, row in tables.links.items():
        if row.from_node_id == row.to_node_id:
            message = "the link ends where it begins"
            remedy = "Remove the link or correct its end."
            faults.append(IntakeFault("link.csv", n, "to_node_id", row.to_node_id, message, remedy))
        if not 1 <= _capacity_mpcu_h(row) <= MAX_CAPACITY_MPCU_H:
            faults.append(
                IntakeFault("link.csv", n, "capacity", str(row.capacity),
                       f"no usable capacity: {row.lanes} lanes of it are not between 0 and "
                       f"{MAX_CAPACITY_MPCU_H // 1000} PCU/h",
                       "Give the link's own capacity in PCU per hour and lane.")
            )  # fmt: skip
    return faults


def _speed_faults(tables: GmnsTables, settings: GmnsConfig) -> Iterable[IntakeFault]:
    for n, row in tables.links.items():
        if not 1 <= _speed_kmh(settings, row) <= 200:
            yield IntakeFault(
                "link.csv", n, "free_speed", str(row.free_speed),
                f"not between 1 and 200 km/h (the unit is {settings.speed})",
                "Correct the speed, or the unit in config.csv.",
            )  # fmt: skip


def _network(tables: GmnsTables, settings: GmnsConfig, name: str) -> Network:
    links = [link for row in tables.links.values() for link in _links(settings, row)]
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


def _links(config: GmnsConfig, row: LinkRow) -> list[Link]:
    """One link, or for an undirected row a second one with the id ``<link_id>-back``."""
    there = Link(
        link_id=row.link_id,
        name=row.name,
        from_node_id=row.from_node_id,
        to_node_id=row.to_node_id,
        length_m=_whole(row.length * METRES[config.long_length.lower()], ROUND_CEILING),
        free_speed_kmh=_speed_kmh(config, row),
        lanes=row.lanes,
        capacity_mpcu_h=_capacity_mpcu_h(row),
        facility_type=row.facility_type,
        zone_id=row.zone_id,
    )
    if row.directed is not False:
        return [there]
    ends = {"from_node_id": row.to_node_id, "to_node_id": row.from_node_id}
    return [there, there.model_copy(update={"link_id": f"{row.link_id}-back", **ends})]


def _capacity_mpcu_h(row: LinkRow) -> int:
    return _whole(row.capacity * row.lanes * 1000, ROUND_FLOOR)


def _speed_kmh(config: GmnsConfig, row: LinkRow) -> int:
    return _whole(row.free_speed * KMH[config.speed.lower()], ROUND_FLOOR)


def _whole(value: Decimal, rounding: str) -> int:
    return int(value.to_integral_value(rounding=rounding))
