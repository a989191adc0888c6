"""Which slots of a gate are restricted, by which limit, and which windows it inherits."""

from __future__ import annotations

from dataclasses import dataclass

from solver.derive import Derived
from solver.instance import Gate, GateState, Plant, WindowLimit


@dataclass(frozen=True)
class GateWindows:
    """A gate's limits by slot and what slot 0 hands on to it."""

    gate: Gate
    limit: dict[int, WindowLimit]
    """Limit in force, for restricted slots only."""
    state: GateState
    inherited: frozenset[int]
    """Slots that must be open: locked windows and the owed rest of an open one."""

    @property
    def was_open(self) -> bool:
        return self.state.open_slots_before > 0

    def run_from(self, slot: int, length: int) -> range:
        """The restricted slots from `slot` on, without a break, `length` at most."""
        end = slot
        while end < slot + length and end in self.limit:
            end += 1
        return range(slot, end)

    def inherited_starts(self) -> frozenset[int]:
        """Inherited slots that begin a window."""
        return frozenset(
            slot
            for slot in self.inherited
            if slot - 1 not in self.inherited and not (slot == 0 and self.was_open)
        )


def gate_windows(derived: Derived, plant: Plant, gate: Gate) -> GateWindows:
    """What the window laws say of one gate."""
    instance = derived.instance
    limit = {
        slot: one
        for one in instance.window_limits
        if one.plant == plant.id
        for slot in range(one.first_slot, one.end_slot)
    }
    state = next((s for s in instance.state.gates if s.gate == gate.id), GateState(gate=gate.id))
    bare = GateWindows(gate, limit, state, frozenset())
    locked = {
        slot
        for window in instance.state.locked_windows
        if window.gate == gate.id
        for slot in range(window.first_slot, window.end_slot)
        if slot in limit
    }
    owed: set[int] = set()
    if bare.was_open and 0 in limit:
        owed = set(bare.run_from(0, max(0, limit[0].min_slots - state.open_slots_before)))
    return GateWindows(gate, limit, state, frozenset(locked | owed))
