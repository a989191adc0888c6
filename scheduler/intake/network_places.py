"""The nodes of a network in WGS-84, where `crs` names a datum of longitude and latitude.

GCJ-02 and BD-09 are turned into it, with the zones' boundaries. Coordinates of another system are
kept as they are: a plan needs none, and the map leaves them out.
"""

from typing import Any

import numpy as np
import shapely

from scheduler.domain.network import Network, Node, Zone
from scheduler.domain.network_report import Findings
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.datums import Datum, Position, is_in_china, to_wgs84
from scheduler.intake.faults import fault

Points = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]
WGS84 = "EPSG:4326"
DATUM_OF: dict[str, Datum] = {
    "epsg4326": "wgs84", "4326": "wgs84", "wgs84": "wgs84", "gcj02": "gcj02", "bd09": "bd09",
}  # fmt: skip
"""By the name without its case, blanks, hyphens and colons."""


def in_wgs84(network: Network, file: str, findings: Findings) -> Network:
    """The network with its nodes in WGS-84. Raises IntakeError for points of a Chinese datum
    outside China, where it is not defined."""
    if network.crs is None:
        return network
    datum = DATUM_OF.get("".join(c for c in network.crs.lower() if c.isalnum()))
    if datum is None:
        placed = sum(node.x is not None for node in network.nodes)
        findings.note("other_coordinates", placed)
        return network
    if datum == "wgs84":
        return network.model_copy(update={"crs": WGS84})
    faults = [_fault(file, node, datum) for node in network.nodes if not _is_defined(node)]
    if faults:
        raise IntakeError(faults)
    findings.note("turned_into_wgs84", len(network.nodes))
    return network.model_copy(
        update={
            "crs": WGS84,
            "nodes": tuple(_placed(node, datum) for node in network.nodes),
            "zones": tuple(_bounded(zone, datum) for zone in network.zones),
        }
    )


def _is_defined(node: Node) -> bool:
    return node.x is None or node.y is None or is_in_china(Position(node.y, node.x))


def _fault(file: str, node: Node, datum: Datum) -> IntakeFault:
    at = f"{node.node_id}: {node.x}, {node.y}"
    return fault(file, None, "x_coord", at, "outside_china", datum=datum)


def _placed(node: Node, datum: Datum) -> Node:
    if node.x is None or node.y is None:
        return node
    found = to_wgs84(datum, Position(node.y, node.x))
    return node.model_copy(update={"x": found.lon, "y": found.lat})


def _bounded(zone: Zone, datum: Datum) -> Zone:
    """The zone with its boundary turned; one that is no WKT stays as it is."""
    area = shapely.from_wkt(zone.boundary, on_invalid="ignore") if zone.boundary else None
    if area is None:
        return zone

    def turned(points: Points) -> Points:
        found = [to_wgs84(datum, Position(lat, lon)) for lon, lat in points.tolist()]
        return np.array([(at.lon, at.lat) for at in found])

    return zone.model_copy(update={"boundary": shapely.transform(area, turned).wkt})
