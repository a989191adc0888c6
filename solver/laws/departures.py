"""Where a trip may depart, and trucks that wait inside: law `bar`, the horizon, releases.

Meaning: docs/model.md.
"""

from __future__ import annotations

from collections import defaultdict

from solver.block import Block
from solver.derive import LegUse, Move
from solver.laws.stocks import level_bounds
from solver.linear import Expression


def add_trips(block: Block) -> None:
    """Law `bar` and the horizon: a departure or release has a variable only where it is allowed;
    its upper bound is the least of what gates, links, zones, fleet and stock could take."""
    grid = block.derived.grid
    for use in block.legs:
        at_once = block.trucks_at_once[use.leg.vehicle_class]
        most = min(at_once, _stock_room(block, use))
        for slot in range(grid.n_slots):
            if block.derived.in_horizon(use, slot):
                upper = _upper_bound(block, use, use.departure, slot, most)
                if upper > 0:
                    block.own[use.leg.id, slot] = block.rows.variable(0, upper)
            if use.release is not None:
                upper = _upper_bound(block, use, use.release, slot, at_once)
                if upper > 0:
                    block.released[use.leg.id, slot] = block.rows.variable(0, upper)


def _stock_room(block: Block, use: LegUse) -> int:
    """Most trips whose goods one stock interval could take or give."""
    derived, stock_id = block.derived, use.stream.stock
    stock = next(s for s in use.plant.stocks if s.id == stock_id)
    turned = max(
        (
            sum(
                max(item.consumes_kg, item.produces_kg) * derived.permitted[process.id][i]
                for process in use.plant.processes
                for item in process.recipe
                if item.stock == stock_id
            )
            + stock.arrivals_kg[i]
            + stock.dispatches_kg[i]
            for i in range(derived.grid.n_intervals)
        ),
        default=0,
    )
    low, high = level_bounds(block, stock)
    return (max(*high, stock.now_kg) - min(*low, stock.now_kg) + turned) // (
        use.stream.payload_kg
    ) + 1


def _upper_bound(block: Block, use: LegUse, move: Move, slot: int, most: int) -> int:
    derived = block.derived
    n_slots, pcu = derived.grid.n_slots, use.pcu_mpcu
    if not derived.may_move(use, move, slot):
        return 0
    for gate, after in move.passages:
        if slot + after < n_slots:
            capacity = block.gate_capacity[gate]
            most = min(most, derived.gate_residual(gate, capacity, slot + after))
    for link, after in move.links:
        if slot + after < n_slots:
            most = min(most, derived.link_residual_mpcu(link, slot + after) // pcu)
    for zone, after in move.zones:
        if slot + after < n_slots:
            residual = derived.zone_residual_mpcu(zone, slot + after)
            most = most if residual is None else min(most, residual // pcu)
    return most


def add_waiting(block: Block) -> None:
    """Releases of a waiting leg up to a slot are at most the trips ready by then."""
    derived = block.derived
    for use in (u for u in block.legs if u.release is not None):
        ready: dict[int, int] = defaultdict(int)
        for held in derived.instance.state.held:
            if held.leg == use.leg.id:
                ready[0] += held.trips
        for fixed, slot, trips in derived.fixed_departures:
            if fixed is use:
                ready[max(0, slot + use.ready_slots)] += trips
        before = Expression()
        at_once = block.trucks_at_once[use.leg.vehicle_class]
        most = sum(ready.values()) + at_once * derived.grid.n_slots
        for slot in range(derived.grid.n_slots):
            inside = block.rows.variable(0, most)
            change = Expression(list(before.terms), before.constant + ready[slot])
            change.add(1, block.own.get((use.leg.id, slot - use.ready_slots)))
            change.add(-1, block.released.get((use.leg.id, slot)))
            block.rows.row(
                [*change.terms, (-1, inside)],
                -change.constant,
                -change.constant,
                "fleet",
                f"inside, leg {use.leg.id}, slot {slot}",
            )
            block.inside[use.leg.id, slot] = inside
            before = Expression([(1, inside)])
        late = sum(trips for at, trips in ready.items() if at >= derived.grid.n_slots)
        end = Expression(list(before.terms), late)
        for (leg, slot), own in block.own.items():
            if leg == use.leg.id and slot + use.ready_slots >= derived.grid.n_slots:
                end.add(1, own)
        block.inside_at_end[use.leg.id] = end


def note_shared_use(block: Block) -> None:
    """Laws `link_capacity` and `zone_cap`: mPCU that enter shared links and capped zones."""
    derived, n_slots = block.derived, block.derived.grid.n_slots
    for use, move, slot, variable in block.moves():
        for link, after in move.links:
            if slot + after < n_slots:
                block.uses["link", link, slot + after].append((use.pcu_mpcu, variable))
        for zone, after in move.zones:
            at = slot + after
            if at < n_slots and derived.zone_residual_mpcu(zone, at) is not None:
                block.uses["zone", zone, at].append((use.pcu_mpcu, variable))
