"""The compact model: every plant's block, and the rows that couple them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from solver import laws, stages, totals, turns
from solver.block import Block, Resource
from solver.derive import Derived
from solver.instance import Plant, StageName
from solver.linear import Expression, Rows, Terms


def build_block(derived: Derived, plant: Plant) -> Block:
    """All laws and stages that concern one plant."""
    block = Block(derived, plant)
    laws.add_trips(block)
    laws.add_waiting(block)
    laws.add_window_shape(block)
    laws.add_gate_window(block)
    laws.add_stock_balance(block)
    totals.add_totals(block)
    laws.add_trip_cap(block)
    laws.add_fleet(block)
    laws.add_fleet_turns(block)
    turns.add_turns(block)
    laws.add_must_run(block)
    laws.note_shared_use(block)
    stages.add_output_shortfall(block)
    stages.add_changed_departures(block)
    stages.add_exposure(block)
    stages.add_windows(block)
    return block


def residual_mpcu(derived: Derived, resource: Resource) -> int:
    """What own trips may use of a shared capacity."""
    what, name, slot = resource
    if what == "link":
        return derived.link_residual_mpcu(name, slot)
    residual = derived.zone_residual_mpcu(name, slot)
    assert residual is not None, "only capped zones are shared capacities"
    return residual


def binding_resources(blocks: list[Block], derived: Derived | None = None) -> dict[Resource, int]:
    """Shared capacities that the plants together could overrun, with their residual mPCU, by the
    blocks' own account or another's."""
    most: dict[Resource, int] = defaultdict(int)
    for block in blocks:
        for resource, terms in block.uses.items():
            most[resource] += block.rows.most(terms)
    of = derived or blocks[0].derived
    residuals = {r: residual_mpcu(of, r) for r in sorted(most)}
    return {r: left for r, left in residuals.items() if most[r] > left}


@dataclass
class Compact:
    """The whole model in one `Rows`; `shift` maps a plant's variables into it, `shared` the
    numbers of the coupling rows to what they share."""

    rows: Rows
    blocks: list[Block]
    shift: dict[str, int]
    stages: dict[StageName, Expression]
    shared: dict[int, Resource]

    def values_of(self, block: Block, values: list[int]) -> list[int]:
        first = self.shift[block.plant.id]
        return values[first : first + len(block.rows.lower)]


def shifted(terms: Terms, shift: int) -> Terms:
    return [(c, v + shift) for c, v in terms]


def assemble(derived: Derived, blocks: list[Block]) -> Compact:
    """Join the blocks by the laws `link_capacity` and `zone_cap`, whose residuals `derived` has:
    no more than those that the blocks were built with."""
    rows = Rows()
    shift = {block.plant.id: rows.absorb(block.rows) for block in blocks}
    uses: dict[Resource, Terms] = defaultdict(list)
    binding = binding_resources(blocks, derived) if blocks else {}
    worth = {name: Expression() for name in stages.stage_names(derived)}
    for block in blocks:
        first = shift[block.plant.id]
        for resource, terms in block.uses.items():
            if resource in binding:
                uses[resource].extend(shifted(terms, first))
        for stage, total in worth.items():
            part = block.stages[stage]
            total.extend(Expression(shifted(part.terms, first), part.constant))
    shared: dict[int, Resource] = {}
    for resource, residual in binding.items():
        known = len(rows.rows)
        what, name, slot = resource
        law = "link_capacity" if what == "link" else "zone_cap"
        rows.row(uses[resource], None, residual, law, f"{what} {name}, slot {slot}")
        if len(rows.rows) > known:
            shared[known] = resource
    return Compact(rows, blocks, shift, worth, shared)
