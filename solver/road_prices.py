"""What links and zones are worth at each hour, by the linear relaxation.

The plants of a province are relaxed in parts, neighbours together, since all at once would take
more memory than a machine has: each part may use its share of what parts share, and what that is
worth to them is averaged. Rough prices are prices: `solver/prices.py` proves bounds from any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from functools import cache
from math import gcd
from typing import TypeVar

from solver.block import Block
from solver.compact import Compact, couple, most_used, shifted
from solver.derive import Derived
from solver.instance import StageName
from solver.linear import Expression, Rows
from solver.prices import SCALE, Caps, Prices, output_weight
from solver.relax import Program, program_of, relax
from solver.run import Run
from solver.shared import Resource
from solver.tasks import asked_beside

What = TypeVar("What", Resource, StageName)

RELAXED_TERMS = 700_000_000
"""Terms times rounds that a relaxation may take: seconds, whatever the size."""

MOST_TERMS = 5_000_000
"""Terms that are relaxed at once: one takes some 200 bytes while the method is at it."""


@dataclass(frozen=True)
class Shares:
    """mPCU that relaxed plants may use, and what they may cost of earlier stages."""

    given: Mapping[Resource, int]
    spends: Mapping[StageName, int]


@dataclass(frozen=True)
class Relaxed:
    """A relaxation to solve: another process can."""

    program: Program
    rounds: int
    shared: Mapping[int, tuple[Resource, int]]
    """Row number to the resource and to the mPCU that one unit of the divided row stands for."""
    budgets: Mapping[int, tuple[StageName, int]]
    """The same of rows that hold what all may cost of an earlier stage."""
    shares: Shares


@dataclass(frozen=True)
class Earlier:
    """What plants may cost of earlier stages while exposure is priced: each alone its caps, all
    together the budgets; `costs` is what each costs as it stands, by which parts share budgets."""

    caps: Mapping[str, Caps]
    budgets: Mapping[StageName, int]
    costs: Mapping[str, Caps]


def road_relaxations(
    derived: Derived,
    blocks: Sequence[Block],
    residuals: Mapping[Resource, int],
    earlier: Earlier | None = None,
) -> Iterator[Relaxed]:
    """Relaxations of all plants, one after the other: of as many parts as have `MOST_TERMS` each.
    `residuals` are what all may use of what they could overrun, `earlier` what they may cost of
    stages before exposure once that is known."""
    parts = _parts(blocks, residuals)
    if len(parts) == 1:
        yield road_relaxation(derived, couple(derived, blocks), earlier)
        return
    wanted = [most_used(part) for part in parts]
    total = sum(wanted, Counter[Resource]())
    for part, most in zip(parts, wanted, strict=True):
        shares = {r: residuals[r] * n // total[r] for r, n in most.items() if r in residuals}
        yield road_relaxation(derived, couple(derived, part, shares), earlier)


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


def road_relaxation(derived: Derived, coupled: Compact, earlier: Earlier | None = None) -> Relaxed:
    """Exposure and output in one objective: what it pays for roads and zones is their price. Output
    has its weight though its budget holds: the relaxation, which loses less of it than any plan,
    may have room there where plans have none. Of the plants only what the laws say: with the rows
    that aid a search in whole numbers the method needs three times as many rounds to come as
    near."""
    weight = output_weight(derived)
    objective, within = Expression(), Rows()
    weights: dict[StageName, int] = {"output_shortfall": weight, "exposure": SCALE}
    if earlier is None:
        weights["safety_shortfall"] = 1000 * weight
    for stage, factor in weights.items():
        part = coupled.stages[stage]
        objective.extend(
            Expression([(factor * c, v) for c, v in part.terms], factor * part.constant)
        )
    held, spends = ({}, {}) if earlier is None else _hold_earlier(within, coupled, earlier)
    rows = coupled.rows
    parts = [(block.bare_rows(), coupled.shift[block.plant.id]) for block in coupled.blocks]
    program = program_of(rows.lower, rows.upper, [*parts, (within, 0), (rows, 0)], objective)
    first = len(program.lengths) - len(rows.rows)
    shared = {
        first + number: (resource, gcd(*{c for c, _ in coupled.uses[resource]}))
        for number, resource in coupled.shared.items()
    }
    rounds = max(200, min(4000, RELAXED_TERMS // len(program.columns)))
    budgets = {first - len(within.rows) + number: budget for number, budget in held.items()}
    return Relaxed(program, rounds, shared, budgets, Shares(coupled.residuals, spends))


def _hold_earlier(
    within: Rows, coupled: Compact, earlier: Earlier
) -> tuple[dict[int, tuple[StageName, int]], dict[StageName, int]]:
    """Rows that hold the caps of each plant and the budgets of all: the numbers of the latter with
    what a unit of each stands for, and what these plants may spend of them."""
    within.lower, within.upper = coupled.rows.lower, coupled.rows.upper
    for block in coupled.blocks:
        shift = coupled.shift[block.plant.id]
        for stage, most in earlier.caps[block.plant.id].items():
            part = block.stages[stage]
            within.row(shifted(part.terms, shift), None, most - part.constant, "stage", stage)
    numbers: dict[int, tuple[StageName, int]] = {}
    spends: dict[StageName, int] = {}
    ours = {block.plant.id for block in coupled.blocks}
    for stage, budget in earlier.budgets.items():
        others = sum(costs[stage] for p, costs in earlier.costs.items() if p not in ours)
        known, total = len(within.rows), coupled.stages[stage].merged()
        spends[stage] = budget - others
        within.row(total.terms, None, spends[stage] - total.constant, "stage", stage)
        if len(within.rows) > known:
            numbers[known] = stage, gcd(*(c for c, _ in total.terms))
    return numbers, spends


def priced_beside(run: Run, relaxations: Iterable[Relaxed]) -> Callable[[], Prices]:
    """The roads' prices, sought once, beside what goes on here where there is an executor, and what
    earlier stages weigh; no prices if every process dies that seeks them."""
    shares, sought = list[Shares](), list[Callable[[], Prices]]()
    for relaxed in relaxations:
        shares.append(relaxed.shares)
        sought.append(asked_beside(road_prices, relaxed, run.executor))

    @cache
    def priced() -> Prices:
        try:
            joined = joined_prices([answer() for answer in sought], shares)
        except BrokenExecutor:
            joined, run.clocked = Prices(), True
        factors = Counter(joined.stages)
        factors["output_shortfall"] += output_weight(run.derived)
        return Prices(joined.resources, dict(factors))

    return priced


def road_prices(relaxed: Relaxed) -> Prices:
    """What rows of roads and zones, and those of earlier stages, are worth by the duals of the
    relaxation; nothing if it has no solution."""
    found = relax(relaxed.program, relaxed.rounds)
    if found is None:
        return Prices()
    prices = {
        resource: round(-found.duals[number] / divisor)
        for number, (resource, divisor) in relaxed.shared.items()
    }
    factors = {
        stage: round(-found.duals[number] / divisor)
        for number, (stage, divisor) in relaxed.budgets.items()
    }
    return Prices(
        {resource: price for resource, price in prices.items() if price > 0},
        {stage: factor for stage, factor in factors.items() if factor > 0},
    )


def joined_prices(found: Sequence[Prices], shares: Sequence[Shares]) -> Prices:
    """The prices of all parts, each weighing as much as it may use or cost."""
    parts = list(zip(found, shares, strict=True))
    return Prices(
        _average([(prices.resources, share.given) for prices, share in parts]),
        _average([(prices.stages, share.spends) for prices, share in parts]),
    )


def _average(parts: Sequence[tuple[Mapping[What, int], Mapping[What, int]]]) -> dict[What, int]:
    total, worth = Counter[What](), Counter[What]()
    for prices, shares in parts:
        total.update(shares)
        worth.update({what: price * shares[what] for what, price in prices.items()})
    return {w: price for w in sorted(worth) if (price := worth[w] // max(1, total[w]))}
