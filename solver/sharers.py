"""Which other plants take the room that a plant would need: those that share its tight roads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from solver.asked_window import AskedWindow, passages
from solver.block import Block
from solver.compact import build_block, residual_mpcu
from solver.derive import Derived, LegUse, Move
from solver.plan import Decisions
from solver.shared import Resource

Takers = dict[Resource, Counter[str]]
"""mPCU that each plant brings onto a shared capacity."""


def takers(derived: Derived, decisions: Decisions) -> Takers:
    """Who takes how much of each link and capped zone, by slot."""
    taken: Takers = defaultdict(Counter)
    legs = derived.legs
    for departure in decisions.departures:
        use = legs[departure.leg]
        for resource in cells_of(derived, use.departure, departure.slot):
            taken[resource][use.plant.id] += departure.trips * use.pcu_mpcu
    for release in decisions.releases:
        use = legs[release.leg]
        assert use.release is not None, "only waiting legs release"
        for resource in cells_of(derived, use.release, release.slot):
            taken[resource][use.plant.id] += release.trips * use.pcu_mpcu
    return taken


def cells_of(derived: Derived, move: Move, slot: int) -> Iterator[Resource]:
    n_slots = derived.grid.n_slots
    for link, after in move.links:
        if slot + after < n_slots:
            yield "link", link, slot + after
    for zone, after in move.zones:
        at = slot + after
        if at < n_slots and derived.zone_residual_mpcu(zone, at) is not None:
            yield "zone", zone, at


def tight_resources(derived: Derived, block: Block, taken: Takers) -> set[Resource]:
    """Shared capacities that the plant could use and on which its smallest truck finds no room."""
    smallest = min((use.pcu_mpcu for use in block.legs), default=1)
    locked = {key: use.pcu_mpcu * trips for key, use, trips in _locked_cells(derived)}
    return {
        resource
        for resource in block.uses
        if residual_mpcu(derived, resource)
        + locked.get(resource, 0)
        - sum(taken.get(resource, Counter()).values())
        < smallest
    }


def _locked_cells(derived: Derived) -> Iterator[tuple[Resource, LegUse, int]]:
    for (leg, slot), trips in derived.locked.items():
        use = derived.legs[leg]
        for resource in cells_of(derived, use.departure, slot):
            yield resource, use, trips


def sharers(derived: Derived, decisions: Decisions, asked: AskedWindow) -> list[str]:
    """The other plants that take of the plant's tight roads: first those that take most of what
    trucks passing in the window asked for would need, then those that take most elsewhere."""
    block = build_block(derived, derived.plants[asked.plant])
    taken = takers(derived, decisions)
    tight = tight_resources(derived, block, taken)
    passing = {v for _, v in passages(block, asked.gate, asked.slots)}
    first, then = Counter[str](), Counter[str]()
    for resource in tight:
        needed = any(v in passing for _, v in block.uses[resource])
        (first if needed else then).update(taken.get(resource, Counter()))
    names = {*first, *then} - {asked.plant}
    return sorted(names, key=lambda name: (-first[name], -then[name], name))
