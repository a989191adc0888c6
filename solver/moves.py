"""What a re-plan moves of the plan in force, and what of it the law and the changed data force.

Read off decisions alone; only `forced` asks the solver, about one plant's own laws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import Executor

from solver.calm import add_calm, published_windows
from solver.checks.cycles import World, runs_of_true
from solver.compact import build_windows
from solver.derive import Derived
from solver.engine import Limits, minimise
from solver.instance import Count, Id, Instance, PublishedWindow, Value
from solver.linear import Expression, Rows
from solver.plan import Decisions
from solver.tasks import answers_to

FORCED_WORK = 2.0
"""Counted work of one question about what is forced."""


class Move(Value):
    """A published window that does not stay: `now` is the window that lies in its place, if any,
    by the most slots in common, else by the least distance; None: no window is left there."""

    plant: Id
    was: PublishedWindow
    now: PublishedWindow | None

    @property
    def by_slots(self) -> int:
        """Slots by which its edges moved, all of them where it was given up."""
        if self.now is None:
            return self.was.end_slot - self.was.first_slot
        first = abs(self.now.first_slot - self.was.first_slot)
        return first + abs(self.now.end_slot - self.was.end_slot)


class ChangedTrips(Value):
    """Departures of a leg in a slot that are more (above 0) or fewer than published."""

    plant: Id
    leg: Id
    slot: Count
    by: int


class Moves(Value):
    """All that a plan changes of what was published and still restricts: `n_windows` of the
    published windows were asked about."""

    n_windows: Count
    windows: tuple[Move, ...]
    trips: tuple[ChangedTrips, ...]


def moves_of(instance: Instance, decisions: Decisions) -> Moves:
    """What decisions change of the plan in force, in its published slots."""
    world, found = World(instance), instance.in_force
    if found is None:
        return Moves(n_windows=0, windows=(), trips=())
    open_slots = {(w.gate, t) for w in decisions.windows for t in range(w.first_slot, w.end_slot)}
    asked = [w for w in found.windows if w.first_slot < found.published_slots]
    asked = [w for w in asked if _is_restricted(world, w)]
    moved = []
    for window in asked:
        runs = list(_runs(world, open_slots, window.gate))
        if not _stays(world, window, runs):
            plant = world.plant_of_gate[window.gate].id
            kept = {range(w.first_slot, w.end_slot) for w in asked if w.gate == window.gate}
            now = _in_place_of(window, [run for run in runs if run not in kept])
            moved.append(Move(plant=plant, was=window, now=now))
    trips = tuple(_changed_trips(world, decisions, found.published_slots))
    return Moves(n_windows=len(asked), windows=tuple(moved), trips=trips)


def _restricted(world: World, gate: str) -> set[int]:
    plant = world.plant_of_gate[gate].id
    limits = world.limits_by_slot.get(plant, [])
    return {slot for slot, limit in enumerate(limits) if limit is not None}


def _is_restricted(world: World, window: PublishedWindow) -> bool:
    slots = set(range(window.first_slot, window.end_slot))
    return bool(_restricted(world, window.gate) & slots)


def _runs(world: World, open_slots: set[tuple[str, int]], gate: str) -> Iterator[range]:
    """The windows of a gate in restricted slots."""
    restricted = _restricted(world, gate)
    yield from runs_of_true(t for name, t in open_slots if name == gate and t in restricted)


def _stays(world: World, window: PublishedWindow, runs: list[range]) -> bool:
    """Whether the part of a window that is still restricted is a window of its own."""
    kept = set(range(window.first_slot, window.end_slot)) & _restricted(world, window.gate)
    return any(set(run) == kept for run in runs) or (
        set().union(*runs) >= kept and all(set(run) <= kept for run in runs if set(run) & kept)
    )


def _in_place_of(window: PublishedWindow, runs: list[range]) -> PublishedWindow | None:
    def closeness(run: range) -> tuple[int, int]:
        common = min(run.stop, window.end_slot) - max(run.start, window.first_slot)
        return common, -abs(run.start - window.first_slot)

    best = max(runs, key=closeness, default=None)
    if best is None or closeness(best)[0] < -(window.end_slot - window.first_slot):
        return None
    return PublishedWindow(gate=window.gate, first_slot=best.start, end_slot=best.stop)


def _changed_trips(world: World, decisions: Decisions, until: int) -> Iterator[ChangedTrips]:
    change = Counter[tuple[str, int]]()
    for departure in decisions.departures:
        change[departure.leg, departure.slot] += departure.trips
    for trips in world.instance.published or ():
        change[trips.leg, trips.slot] -= trips.trips
    for (leg, slot), by in sorted(change.items()):
        if by and slot < until:
            yield ChangedTrips(plant=world.cycles[leg].plant.id, leg=leg, slot=slot, by=by)


class Forced(Value):
    """At least `n` of a plant's published windows must move, whatever the rest of the plan is:
    its laws do not let all of `windows` stay, while without any one of them they would."""

    plant: Id
    n: Count
    windows: tuple[PublishedWindow, ...]


def forced(
    instance: Instance, plants: Collection[str], executor: Executor | None = None
) -> dict[str, Forced]:
    """What plants' own laws force of their published windows.

    Only the laws of windows can: all others have a relief, so that a plant at rest keeps them
    whatever its windows are, and windows take no room on roads.
    """
    derived, kept, questions = Derived(instance), [], []
    for plant in plants:
        block = build_windows(derived, derived.plants[plant])
        kept.append(published_windows(block))
        moved = [variable for _, variable in add_calm(block).moved.terms]
        questions.append((block.rows, moved))
    nothing: tuple[int, list[int]] = (0, [])
    found = answers_to(_forced_of, questions, executor, nothing)
    return {
        plant: Forced(plant=plant, n=least, windows=tuple(windows[i] for i in cause))
        for plant, windows, (least, cause) in zip(plants, kept, found, strict=True)
    }


def _forced_of(question: tuple[Rows, list[int]]) -> tuple[int, list[int]]:
    """How many of some variables must be 1 at least, and numbers of some that cannot all be 0,
    while without any one of them they could."""
    rows, moved = question
    least = _least_moved(rows, moved)
    cause = list(range(len(moved))) if least else []
    for number in list(cause):
        fewer = [i for i in cause if i != number]
        if fewer and _least_moved(rows, [moved[i] for i in fewer]):
            cause = fewer
    return least, cause


def _least_moved(rows: Rows, moved: list[int]) -> int:
    """How many are proved to be 1."""
    objective = Expression([(1, variable) for variable in moved])
    answer = minimise(rows, objective, Limits(counted_work=FORCED_WORK))
    return max(0, answer.bound or 0)
