"""What links and zones are worth at each hour, by the linear relaxation.

The plants of a province are relaxed in parts, neighbours together, since all at once would take
more memory than a machine has: each part may use its share of what parts share, and what that is
worth to them is averaged. Rough prices are prices: `solver/prices.py` proves bounds from any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from solver.block import Block
from solver.compact import Compact, couple, most_used
from solver.derive import Derived
from solver.instance import StageName
from solver.linear import Expression
from solver.prices import SCALE, output_weight
from solver.relax import Program, program_of, relax
from solver.shared import Resource

RELAXED_TERMS = 700_000_000
"""Terms times rounds that a relaxation may take: seconds, whatever the size."""

MOST_TERMS = 5_000_000
"""Terms that are relaxed at once: one takes some 200 bytes while the method is at it."""


@dataclass(frozen=True)
class Relaxed:
    """A relaxation to solve: another process can."""

    program: Program
    rounds: int
    shared: Mapping[int, tuple[Resource, int]]
    """Row number to the resource and to the mPCU that one unit of the divided row stands for."""
    given: Mapping[Resource, int]
    """mPCU that the relaxed plants may use."""


def road_relaxations(
    derived: Derived, blocks: Sequence[Block], residuals: Mapping[Resource, int]
) -> Iterator[Relaxed]:
    """Relaxations of all plants, one after the other: of as many parts as have `MOST_TERMS` each.
    `residuals` are what all may use of what they could overrun."""
    parts = _parts(blocks, residuals)
    if len(parts) == 1:
        yield road_relaxation(derived, couple(derived, blocks))
        return
    wanted = [most_used(part) for part in parts]
    total = sum(wanted, Counter[Resource]())
    for part, most in zip(parts, wanted, strict=True):
        shares = {r: residuals[r] * n // total[r] for r, n in most.items() if r in residuals}
        yield road_relaxation(derived, couple(derived, part, shares))


def _parts(blocks: Sequence[Block], residuals: Mapping[Resource, int]) -> list[list[Block]]:
    """Plants in parts of about as many terms, those that share roads together as far as it goes."""
    sizes = {b.plant.id: sum(len(row.terms) for row in b.rows.rows) for b in blocks}
    n_parts = -(-sum(sizes.values()) // MOST_TERMS)
    if n_parts <= 1:
        return [list(blocks)]
    parts: list[list[Block]] = [[] for _ in range(n_parts)]
    total, before = sum(sizes.values()), 0
    for block in _as_neighbours(blocks, residuals):
        parts[min(n_parts - 1, before * n_parts // total)].append(block)
        before += sizes[block.plant.id]
    return [part for part in parts if part]


def _as_neighbours(blocks: Sequence[Block], residuals: Mapping[Resource, int]) -> list[Block]:
    """Plants in an order in which those that share roads follow each other."""
    import networkx as nx  # only a province needs it, and whoever solves would wait for it

    by_id = {block.plant.id: block for block in blocks}
    graph: nx.Graph[tuple[str, str]] = nx.Graph()
    for plant, block in by_id.items():
        graph.add_node(("plant", plant))
        shared = {r[:2]: None for r in block.uses if r in residuals}
        graph.add_edges_from((("plant", plant), place) for place in shared)
    return [by_id[name] for what, name in nx.dfs_preorder_nodes(graph) if what == "plant"]


def road_relaxation(derived: Derived, coupled: Compact) -> Relaxed:
    """Exposure and output in one objective: what it pays for roads and zones is their price. Of the
    plants only what the laws say: with the rows that aid a search in whole numbers the method needs
    three times as many rounds to come as near."""
    weight = output_weight(derived)
    objective = Expression()
    weights: dict[StageName, int] = {
        "safety_shortfall": 1000 * weight,
        "output_shortfall": weight,
        "exposure": SCALE,
    }
    for stage, factor in weights.items():
        part = coupled.stages[stage]
        objective.extend(
            Expression([(factor * c, v) for c, v in part.terms], factor * part.constant)
        )
    parts = [(block.bare_rows(), coupled.shift[block.plant.id]) for block in coupled.blocks]
    rows = coupled.rows
    program = program_of(rows.lower, rows.upper, [*parts, (rows, 0)], objective)
    first = len(program.lengths) - len(rows.rows)
    shared = {
        first + number: (resource, gcd(*{c for c, _ in coupled.uses[resource]}))
        for number, resource in coupled.shared.items()
    }
    rounds = max(200, min(4000, RELAXED_TERMS // len(program.columns)))
    return Relaxed(program, rounds, shared, coupled.residuals)


def road_prices(relaxed: Relaxed) -> dict[Resource, int]:
    """Prices of roads and zones by the duals of the relaxation; none if it has no solution."""
    found = relax(relaxed.program, relaxed.rounds)
    if found is None:
        return {}
    prices = {
        resource: round(-found.duals[number] / divisor)
        for number, (resource, divisor) in relaxed.shared.items()
    }
    return {resource: price for resource, price in prices.items() if price > 0}


def joined_prices(
    found: Sequence[Mapping[Resource, int]], given: Sequence[Mapping[Resource, int]]
) -> dict[Resource, int]:
    """The prices of all parts, each weighing as much as it may use."""
    total, worth = Counter[Resource](), Counter[Resource]()
    for prices, shares in zip(found, given, strict=True):
        total.update(shares)
        worth.update({r: price * shares[r] for r, price in prices.items()})
    return {r: price for r in sorted(worth) if (price := worth[r] // max(1, total[r]))}
