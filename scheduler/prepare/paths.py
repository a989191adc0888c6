"""Two ways for a truck between two nodes: the quickest, and another that shares little with it.

Quickest is by free speed. Of equally quick ways the one whose links come first by id is taken
(least sum of their ranks), so the same network gives the same paths whatever the search does.
A place's own access road has no alternative and is shared by both ways.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import networkx as nx

from scheduler.domain.network import Link, Network

SHARED_LINK_FACTOR = 2
"""Time on a link of the quickest way counts so many times when the other way is sought.

The other way therefore takes at most so many times as long as the quickest.
"""

Hop = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Path:
    """Links in the order of travel from one node to another."""

    links: tuple[Link, ...]

    @property
    def link_ids(self) -> tuple[str, ...]:
        return tuple(link.link_id for link in self.links)

    @property
    def length_m(self) -> int:
        return sum(link.length_m for link in self.links)

    @property
    def free_travel_s(self) -> int:
        return sum(link.free_travel_s for link in self.links)


class Detours(NamedTuple):
    """Ways on the network without its closed links."""

    router: "Router"
    closed: frozenset[str]


class Router:
    """Finds ways on one network; made once, asked often (some milliseconds a question)."""

    def __init__(self, network: Network) -> None:
        self._rank = {link.link_id: n for n, link in enumerate(network.links)}
        self._scale = max(1, len(network.links) * len(network.nodes))
        self._between: dict[Hop, list[Link]] = {}
        for link in network.links:
            self._between.setdefault((link.from_node_id, link.to_node_id), []).append(link)
        self._graph: nx.DiGraph[str] = nx.DiGraph()
        self._graph.add_nodes_from(node.node_id for node in network.nodes)
        self._graph.add_weighted_edges_from(
            (a, b, min(self._cost(link) for link in links))
            for (a, b), links in self._between.items()
        )

    def two_ways(self, from_node_id: str, to_node_id: str) -> tuple[Path, ...]:
        """The quickest way and a different one; fewer where there are fewer.

        Raises
        ------
        ValueError
            If a node is not of this network, or both are the same.
        """
        for node_id in (from_node_id, to_node_id):
            if node_id not in self._graph:
                raise ValueError(f"node {node_id} is not in the network")
        if from_node_id == to_node_id:
            raise ValueError(f"a way from {from_node_id} to itself has no links")
        quickest = self._search(from_node_id, to_node_id, frozenset())
        if quickest is None:
            return ()
        other = self._search(from_node_id, to_node_id, frozenset(quickest.link_ids))
        if other is None or other.link_ids == quickest.link_ids:
            return (quickest,)
        return (quickest, other)

    def _cost(self, link: Link, taken: frozenset[str] = frozenset()) -> int:
        factor = SHARED_LINK_FACTOR if link.link_id in taken else 1
        return link.free_travel_s * factor * self._scale + self._rank[link.link_id]

    def _search(self, start: str, end: str, taken: frozenset[str]) -> Path | None:
        def cost_on(hop: Hop) -> int:
            return min(self._cost(link, taken) for link in self._between[hop])

        dearer = {
            hop: cost_on(hop)
            for hop, links in self._between.items()
            if taken and any(link.link_id in taken for link in links)
        }

        def weight(a: str, b: str, edge: Mapping[str, int]) -> int:
            return dearer.get((a, b), edge["weight"])

        try:
            _, nodes = nx.bidirectional_dijkstra(self._graph, start, end, weight=weight)
        except nx.NetworkXNoPath:
            return None
        return Path(
            tuple(
                min(self._between[hop], key=lambda link: self._cost(link, taken))
                for hop in pairwise(nodes)
            )
        )
