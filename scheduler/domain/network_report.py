"""What an import made of a file: what the network holds, what was left out and why."""

from typing import Literal

import networkx as nx
from pydantic import BaseModel, ConfigDict, Field

from scheduler.domain.network import Network

NetworkFormat = Literal["gmns", "tntp", "osm"]
EXAMPLES = 5


class ReportPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dropped(ReportPart):
    """What was left out for one reason; the reason's text is `fault.<reason>` or
    `dropped.<reason>`, ``examples`` are the first ids or classes."""

    what: Literal["node", "link", "way", "section"]
    reason: str
    count: int = Field(ge=1)
    examples: tuple[str, ...]


class Note(ReportPart):
    """What was taken though no file says it, or looks odd; the text is `note.<note>`."""

    note: str
    count: int = Field(ge=1)


class Findings:
    """Collects what is dropped and noted while a file is read."""

    def __init__(self) -> None:
        self._dropped: dict[tuple[str, str], list[str]] = {}
        self._notes: dict[str, int] = {}

    def drop(self, what: str, reason: str, which: str) -> None:
        self._dropped.setdefault((what, reason), []).append(which)

    def note(self, name: str, count: int = 1) -> None:
        if count:
            self._notes[name] = self._notes.setdefault(name, 0) + count

    def dropped(self) -> tuple[Dropped, ...]:
        return tuple(
            Dropped.model_validate(
                {
                    "what": what,
                    "reason": reason,
                    "count": len(which),
                    "examples": tuple(dict.fromkeys(which))[:EXAMPLES],
                }
            )
            for (what, reason), which in sorted(self._dropped.items())
        )

    def notes(self) -> tuple[Note, ...]:
        return tuple(Note(note=name, count=n) for name, n in sorted(self._notes.items()))


class NetworkReport(ReportPart):
    """Counts of a network that was read.

    A component is a set of nodes in which every node reaches every other along the links'
    directions; ``largest_component`` is the number of its nodes. A node without links is one.
    """

    name: str
    format: NetworkFormat
    nodes: int
    links: int
    zones: int
    length_m: int
    components: int
    largest_component: int
    nodes_without_links: int
    links_with_volume: int
    links_over_capacity: int
    """Links whose volume is above their capacity: nothing is left there in the busiest hour."""
    dropped: tuple[Dropped, ...]
    notes: tuple[Note, ...]


def report_on(network: Network, form: NetworkFormat, findings: Findings) -> NetworkReport:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(node.node_id for node in network.nodes)
    graph.add_edges_from((link.from_node_id, link.to_node_id) for link in network.links)
    sizes = [len(part) for part in nx.strongly_connected_components(graph)]
    volumes = [link for link in network.links if link.volume_mpcu_h is not None]
    return NetworkReport(
        name=network.name,
        format=form,
        nodes=len(network.nodes),
        links=len(network.links),
        zones=len(network.zones),
        length_m=sum(link.length_m for link in network.links),
        components=len(sizes),
        largest_component=max(sizes, default=0),
        nodes_without_links=sum(degree == 0 for _, degree in graph.degree),
        links_with_volume=len(volumes),
        links_over_capacity=sum((x.volume_mpcu_h or 0) > x.capacity_mpcu_h for x in volumes),
        dropped=findings.dropped(),
        notes=findings.notes(),
    )
