"""Locked trips that cannot be kept: the only way in which an instance has no plan."""

from __future__ import annotations

from itertools import accumulate

from solver.block import Block
from solver.compact import build_block
from solver.derive import Derived
from solver.engine import Limits, minimise
from solver.instance import LockedTrips, Plant
from solver.laws.stocks import fixed_moves_kg, level_bounds
from solver.linear import Expression
from solver.plan import LockedConflict


def locked_conflicts(derived: Derived) -> tuple[LockedConflict, ...]:
    """Every locked trip that a bar or the horizon forbids, then a least set of those that no
    stock can serve, found by adding them one after the other."""
    outright = [
        conflict
        for (leg, slot), trips in derived.locked.items()
        if (conflict := _forbidden(derived, leg, slot, trips)) is not None
    ]
    if outright:
        return tuple(outright)
    with_locked = {derived.legs[leg].plant.id for leg, _ in derived.locked}
    return tuple(
        conflict
        for plant in sorted(with_locked)
        if not _is_feasible(derived, derived.plants[plant])
        for conflict in _stock_conflicts(derived, derived.plants[plant])
    )


def _forbidden(derived: Derived, leg: str, slot: int, trips: int) -> LockedConflict | None:
    use = derived.legs[leg]
    bar = derived.barring(use, use.departure, slot)
    if bar is not None:
        return LockedConflict(leg=leg, slot=slot, trips=trips, law="bar", where=bar)
    if not derived.in_horizon(use, slot):
        return LockedConflict(leg=leg, slot=slot, trips=trips, law="locked", where="horizon")
    return None


def _is_feasible(derived: Derived, plant: Plant) -> bool:
    """Whether the plant's own laws can be kept: by standing still, else asked a second time
    without presolve before a no is believed."""
    if _may_stand_still(derived, plant):
        return True
    try:
        rows = build_block(derived, plant).rows
    except ValueError:
        return False
    for presolve in (True, False):
        if minimise(rows, Expression(), Limits(presolve=presolve)).verdict != "infeasible":
            return True
    return False


def _may_stand_still(derived: Derived, plant: Plant) -> bool:
    """Whether no stock is too low with nothing but the trips that are bound already: every other
    law lets a plant do no more than that."""
    block = Block(derived, plant)
    for stock in plant.stocks:
        levels = accumulate(fixed_moves_kg(block, stock), initial=stock.now_kg)
        low, _ = level_bounds(block, stock)
        if any(level < least for level, least in zip(list(levels)[1:], low, strict=True)):
            return False
    return True


def _stock_conflicts(derived: Derived, plant: Plant) -> list[LockedConflict]:
    own = [
        (key, trips) for key, trips in derived.locked.items() if derived.legs[key[0]].plant is plant
    ]
    others = [
        t for t in derived.instance.state.locked_trips if derived.legs[t.leg].plant is not plant
    ]
    kept: list[LockedTrips] = []
    conflicts: list[LockedConflict] = []
    for (leg, slot), trips in own:
        candidate = LockedTrips(leg=leg, slot=slot, trips=trips)
        state = derived.instance.state.model_copy(
            update={"locked_trips": (*others, *kept, candidate)}
        )
        tried = Derived(derived.instance.model_copy(update={"state": state}))
        if _is_feasible(tried, tried.plants[plant.id]):
            kept.append(candidate)
        else:
            stock = derived.legs[leg].stream.stock
            conflicts.append(
                LockedConflict(leg=leg, slot=slot, trips=trips, law="stock_balance", where=stock)
            )
    return conflicts
