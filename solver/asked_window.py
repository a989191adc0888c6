"""A window that a plant asks for, and the rows that hold it open and in use."""

from __future__ import annotations

from solver.block import Block
from solver.instance import Count, Id, Instance, Positive, Value, WindowLimit
from solver.plan import Decisions, Window


class AskedWindow(Value):
    """Gate `gate` of `plant` open in the slots `[first_slot, end_slot)`, with a truck that needs it
    passing there; the window `instead_of`, `(first_slot, end_slot)` of the plan, closes for it."""

    plant: Id
    gate: Id
    first_slot: Count
    end_slot: Positive
    instead_of: tuple[Count, Positive] | None = None

    @property
    def slots(self) -> range:
        return range(self.first_slot, self.end_slot)

    @property
    def given_up(self) -> tuple[int, ...]:
        """Slots of the window that closes for it, less those that are asked for."""
        if self.instead_of is None:
            return ()
        return tuple(slot for slot in range(*self.instead_of) if slot not in self.slots)

    def at(self, first_slot: int, end_slot: int) -> AskedWindow:
        return self.model_copy(update={"first_slot": first_slot, "end_slot": end_slot})


def faults_of_asked(instance: Instance, decisions: Decisions, asked: AskedWindow) -> list[str]:
    """All that makes a question void: plants, gates, slots and windows that are not there."""
    plant = next((p for p in instance.plants if p.id == asked.plant), None)
    if plant is None:
        return [f"instance {instance.name} has no plant {asked.plant}"]
    faults = []
    gates = sorted(gate.id for gate in plant.gates)
    if asked.gate not in gates:
        faults.append(f"plant {plant.id} has no gate {asked.gate}, only {', '.join(gates)}")
    n_slots = instance.grid.n_slots
    if not asked.first_slot < asked.end_slot <= n_slots:
        faults.append(
            f"slots {asked.first_slot} to {asked.end_slot} are no window of slots 0 to {n_slots}"
        )
    windows = windows_of(decisions, asked.gate)
    if asked.instead_of is not None and asked.instead_of not in windows:
        known = ", ".join(f"{first} to {end}" for first, end in windows) or "none"
        faults.append(
            f"gate {asked.gate} has no window in slots {asked.instead_of[0]} to "
            f"{asked.instead_of[1]} to give up; it has {known}"
        )
    return faults


def windows_of(decisions: Decisions, gate: str) -> list[tuple[int, int]]:
    """The windows of a gate, those that touch joined."""
    joined: list[tuple[int, int]] = []
    for window in (w for w in decisions.windows if w.gate == gate):
        if joined and joined[-1][1] == window.first_slot:
            joined[-1] = joined[-1][0], window.end_slot
        else:
            joined.append((window.first_slot, window.end_slot))
    return joined


def open_slots(decisions: Decisions) -> set[tuple[str, int]]:
    """(gate, slot) of every open slot."""
    return {(w.gate, slot) for w in decisions.windows for slot in _slots(w)}


def _slots(window: Window) -> range:
    return range(window.first_slot, window.end_slot)


def restricted_slots(limits: tuple[WindowLimit, ...], asked: AskedWindow) -> list[int]:
    """The slots asked for in which the plant's gates need a window."""
    mine = [limit for limit in limits if limit.plant == asked.plant]
    return [t for t in asked.slots if any(w.first_slot <= t < w.end_slot for w in mine)]


def open_window(block: Block, asked: AskedWindow) -> None:
    """The window open, and what is given up closed. Raises ValueError where that is locked."""
    for slot in asked.slots:
        variable = block.open.get((asked.gate, slot))
        if variable is not None:
            block.rows.lower[variable] = 1
    close_given_up(block, asked)


def hold_open(block: Block, asked: AskedWindow) -> None:
    """The window open and of use: one truck that needs it passes. Raises ValueError where what is
    given up is locked, or nothing can pass."""
    open_window(block, asked)
    passing = [(1, variable) for _, variable in passages(block, asked.gate, asked.slots)]
    where = f"gate {asked.gate}, slots {asked.first_slot} to {asked.end_slot}"
    block.rows.row(passing, 1, None, "asked", where)


def close_given_up(block: Block, asked: AskedWindow) -> None:
    """Raises ValueError where the window that is given up must stay open."""
    for slot in asked.given_up:
        variable = block.open.get((asked.gate, slot))
        if variable is None:
            continue
        if block.rows.lower[variable]:
            raise ValueError(f"gate {asked.gate} must stay open in slot {slot}")
        block.rows.upper[variable] = 0


def passages(block: Block, gate: str, slots: range) -> list[tuple[int, int]]:
    """(slot of the passage, variable) of own departures and releases at a gate in those of some
    slots in which it needs a window."""
    return [
        (slot + after, variable)
        for _, move, slot, variable in block.moves()
        for name, after in move.passages
        if name == gate and slot + after in slots and (gate, slot + after) in block.open
    ]
