"""Where a trip may depart, and trucks that wait inside: law `bar`, the horizon, what was given
back (law `locked`), releases.

Meaning: docs/model.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from solver.block import Block
from solver.derive import LegUse, Move
from solver.laws.stocks import level_bounds
from solver.linear import Expression


def add_trips(block: Block) -> None:
    """Laws `bar` and `locked` and the horizon: a departure or release has a variable only where it
    is allowed; its upper bound is the least of what was left when trips were given back and of what
    gates, links, zones, fleet and stock could take."""
    derived, grid = block.derived, block.derived.grid
    for use in block.legs:
        at_once = block.trucks_at_once[use.leg.vehicle_class]
        most = min(at_once, _stock_room(block, use))
        departing = _upper_bounds(block, use, use.departure, most)
        if derived.given_back:
            left = (derived.left_to_own(use.leg.id, slot) for slot in range(grid.n_slots))
            departing = list(map(min, departing, left))
        released = [0] * grid.n_slots
        if use.release is not None:
            released = _upper_bounds(block, use, use.release, at_once)
        name, end = use.leg.id, derived.horizon_of(use)
        for slot in range(grid.n_slots):
            if slot < end and departing[slot] > 0:
                block.own[name, slot] = block.rows.variable(0, departing[slot])
            if released[slot] > 0:
                block.released[name, slot] = block.rows.variable(0, released[slot])


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


def _upper_bounds(block: Block, use: LegUse, move: Move, most: int) -> list[int]:
    """Most trucks that may make the move, by the slot from which they do."""
    derived = block.derived
    slots = range(derived.grid.n_slots)
    gates = block.gate_capacity
    bounds = [most for _ in slots]
    for gate, after in move.passages:
        _narrow(bounds, derived.gate_residuals(gate, gates[gate]), after)
    free = most * use.pcu_mpcu
    room = [free for _ in slots]
    for link, after in move.links:
        _narrow(room, derived.link_residuals_mpcu[link], after)
    for zone, after in move.zones:
        if zone in derived.zone_residuals_mpcu:
            residuals = derived.zone_residuals_mpcu[zone]
            _narrow(room, [free if r is None else r for r in residuals], after)
    _narrow(bounds, [mpcu // use.pcu_mpcu for mpcu in room], 0)
    for slot in derived.barred_slots(use, move) & set(slots):
        bounds[slot] = 0
    return bounds


def _narrow(bounds: list[int], residuals: Sequence[int], after: int) -> None:
    """No more from any slot than there is room for so many slots after it."""
    narrowed = list(map(min, bounds, residuals[after:]))
    bounds[: len(narrowed)] = narrowed


def add_waiting(block: Block) -> None:
    """Releases of a waiting leg up to a slot are at most the trips ready by then."""
    derived = block.derived
    for use in (u for u in block.legs if u.release is not None):
        ready: dict[int, int] = defaultdict(int)
        for held in derived.instance.state.held:
            if held.leg == use.leg.id:
                ready[0] += held.trips
        for fixed, slot, trips in block.fixed_departures:
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
    uses, entered = block.uses, block.derived.entered
    for use, move, trips in block.moving():
        for slot, variable in trips:
            term = use.pcu_mpcu, variable
            for resource in entered(move, slot):
                uses[resource].append(term)
