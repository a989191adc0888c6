"""Locked trips that closures, plant stops or safety orders do not let go, taken out and listed."""

from __future__ import annotations

from solver.conflicts import locked_conflicts
from solver.derive import Derived
from solver.instance import Instance, LockedTrips
from solver.plan import LockedConflict


def overridden(instance: Instance) -> tuple[Instance, tuple[LockedConflict, ...]]:
    """The instance without the locked trips that no plan can keep, and these trips with the bar,
    stock or horizon in their way. Without any the instance is given back as it is."""
    found: list[LockedConflict] = []
    while conflicts := locked_conflicts(Derived(instance)):
        found += conflicts
        gone = {(c.leg, c.slot) for c in conflicts}
        kept: tuple[LockedTrips, ...] = tuple(
            t for t in instance.state.locked_trips if (t.leg, t.slot) not in gone
        )
        state = instance.state.model_copy(update={"locked_trips": kept})
        instance = instance.model_copy(update={"state": state})
    return instance, tuple(found)
