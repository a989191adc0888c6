"""The compact model: every plant's block, and the rows that couple them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from solver import laws, stages, totals, turns
from solver.block import Block
from solver.derive import Derived
from solver.instance import Plant, StageName
from solver.linear import Expression, Rows, Terms
from solver.shared import Resource


def build_block(derived: Derived, plant: Plant) -> Block:
    """All laws and stages that concern one plant."""
    block = Block(derived, plant)
    laws.add_trips(block)
    laws.add_waiting(block)
    laws.add_window_shape(block)
    laws.add_gate_window(block)
    laws.add_stock_balance(block)
    _add_aids(block, totals.add_totals)
    laws.add_trip_cap(block)
    laws.add_fleet(block)
    _add_aids(block, laws.add_fleet_turns)
    _add_aids(block, turns.add_turns)
    laws.add_must_run(block)
    laws.note_shared_use(block)
    stages.add_output_shortfall(block)
    stages.add_changed_departures(block)
    stages.add_exposure(block)
    stages.add_windows(block)
    block.rows.share_terms()
    return block


def build_windows(derived: Derived, plant: Plant) -> Block:
    """The laws of a plant's windows and nothing else: a question to them takes a few milliseconds
    where one to all laws takes a hundred."""
    block = Block(derived, plant)
    laws.add_window_shape(block)
    return block


def _add_aids(block: Block, add: Callable[[Block], None]) -> None:
    first = len(block.rows.rows)
    add(block)
    block.aids.append(range(first, len(block.rows.rows)))


def residual_mpcu(derived: Derived, resource: Resource) -> int:
    """What own trips may use of a shared capacity."""
    what, name, slot = resource
    if what == "link":
        return derived.link_residual_mpcu(name, slot)
    residual = derived.zone_residual_mpcu(name, slot)
    assert residual is not None, "only capped zones are shared capacities"
    return residual


def most_used(blocks: Iterable[Block]) -> Counter[Resource]:
    """mPCU of shared capacities that the plants together could use at most."""
    most: Counter[Resource] = Counter()
    for block in blocks:
        for resource, terms in block.uses.items():
            most[resource] += block.rows.most(terms)
    return most


def binding_resources(blocks: Sequence[Block]) -> dict[Resource, int]:
    """Shared capacities that the plants together could overrun, with their residual mPCU."""
    most = most_used(blocks)
    residuals = {r: residual_mpcu(blocks[0].derived, r) for r in sorted(most)}
    return {r: left for r, left in residuals.items() if most[r] > left}


@dataclass
class Compact:
    """Plants in one `Rows`; `shift` maps a plant's variables into it, `shared` the numbers of the
    coupling rows to what they share, `uses` that to the mPCU of all plants' trips, `residuals` to
    what they may use."""

    rows: Rows
    blocks: list[Block]
    shift: dict[str, int]
    stages: dict[StageName, Expression]
    shared: dict[int, Resource]
    uses: dict[Resource, Terms]
    residuals: dict[Resource, int]

    def values_of(self, block: Block, values: list[int]) -> list[int]:
        first = self.shift[block.plant.id]
        return values[first : first + len(block.rows.lower)]


def shifted(terms: Terms, shift: int) -> Terms:
    return [(c, v + shift) for c, v in terms]


def couple(
    derived: Derived, blocks: Sequence[Block], shares: Mapping[Resource, int] | None = None
) -> Compact:
    """The blocks' variables and stages with the rows of the laws `link_capacity` and `zone_cap`
    alone, whose residuals `derived` has: no more than those that the blocks were built with. Some
    plants of many may use their `shares` of what is there."""
    rows, shift = Rows(), dict[str, int]()
    uses: dict[Resource, Terms] = defaultdict(list)
    worth = {name: Expression() for name in stages.stage_names(derived)}
    for block in blocks:
        first = shift[block.plant.id] = len(rows.lower)
        rows.lower.extend(block.rows.lower)
        rows.upper.extend(block.rows.upper)
        once = {term: (term[0], term[1] + first) for ts in block.uses.values() for term in ts}
        for resource, terms in block.uses.items():
            uses[resource] += [once[term] for term in terms]
        for stage, total in worth.items():
            part = block.stages[stage]
            total.extend(Expression(shifted(part.terms, first), part.constant))
    shared: dict[int, Resource] = {}
    residuals: dict[Resource, int] = {}
    for resource in sorted(uses):
        known, residual = len(rows.rows), residual_mpcu(derived, resource)
        if shares is not None:
            residual = shares.get(resource, residual)
        what, name, slot = resource
        law = "link_capacity" if what == "link" else "zone_cap"
        rows.row(uses[resource], None, residual, law, f"{what} {name}, slot {slot}")
        if len(rows.rows) > known:
            shared[known], residuals[resource] = resource, residual
    return Compact(rows, list(blocks), shift, worth, shared, uses, residuals)


def assemble(derived: Derived, blocks: list[Block]) -> Compact:
    """The whole model: every block's rows, and after them those that couple the blocks."""
    coupled, rows = couple(derived, blocks), Rows()
    for block in blocks:
        rows.absorb(block.rows)
    shared = {len(rows.rows) + number: r for number, r in coupled.shared.items()}
    rows.rows.extend(coupled.rows.rows)
    return replace(coupled, rows=rows, shared=shared)


def less(model: Compact, opened: Collection[tuple[str, str, int]]) -> Compact:
    """The same without the rows of some shared capacities, and with rows of its own."""
    rows, shared = Rows(), dict[int, Resource]()
    rows.lower, rows.upper = model.rows.lower, model.rows.upper
    for number, row in enumerate(model.rows.rows):
        resource = model.shared.get(number)
        if resource in opened:
            continue
        if resource is not None:
            shared[len(rows.rows)] = resource
        rows.rows.append(row)
    return replace(model, rows=rows, shared=shared)


def held_to(model: Compact, most: Mapping[StageName, int]) -> Compact | None:
    """The model with rows for the most that stages may cost; None where no row is needed to see
    that one cannot hold."""
    try:
        for stage, limit in most.items():
            total = model.stages[stage]
            model.rows.row(total.terms, None, limit - total.constant, "stage", stage)
    except ValueError:
        return None
    return model
