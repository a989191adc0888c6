"""The seam between two plans: what the later one inherits of the earlier, and what it keeps to.

Trips under way go on to their end, and so do those that depart inside the notice period: they are
locked, and wherever one of them passes a gate the gate is locked open, whatever the windows become.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from solver.checks.cycles import World, runs_of_true
from solver.instance import (
    Count,
    Id,
    InForce,
    Instance,
    LockedTrips,
    LockedWindow,
    PublishedTrips,
    PublishedWindow,
    State,
    Value,
    WorthMoving,
)
from solver.plan import Decisions, Window
from solver.state import Come, levels_after, state_after


class Level(Value):
    """kg of a stock in hand."""

    stock: Id
    kg: Count


class Seam(Value):
    """What a plan leaves at a slot, in slots counted from there: the state with its locks, the
    levels, and what the plan says of the time that follows."""

    state: State
    levels: tuple[Level, ...]
    trips: tuple[PublishedTrips, ...]
    releases: tuple[PublishedTrips, ...]
    windows: tuple[PublishedWindow, ...]
    published_slots: Count
    planned_slots: Count


def seam_at(
    instance: Instance,
    decisions: Decisions,
    slot: int,
    *,
    notice_slots: int,
    published_slots: int,
    come: Come | None = None,
) -> Seam:
    """The seam at a slot of a plan of which the first `published_slots` slots are published.

    `come` is what other modes have moved of a stock interval that the slot cuts (`levels_after`).
    Raises ValueError for a slot that the horizon does not have.
    """
    levels = levels_after(instance, decisions, slot, come)
    published = max(0, min(published_slots, instance.grid.n_slots) - slot)
    trips, releases = (
        tuple(
            PublishedTrips(leg=row.leg, slot=row.slot - slot, trips=row.trips)
            for row in rows
            if row.slot >= slot
        )
        for rows in (decisions.departures, decisions.releases)
    )
    windows = tuple(_rest_of(merged(decisions.windows), slot))
    notice = min(notice_slots, published)
    locked = tuple(
        LockedTrips(leg=t.leg, slot=t.slot, trips=t.trips) for t in trips if t.slot < notice
    )
    state = state_after(instance, decisions, slot).model_copy(update={"locked_trips": locked})
    kept = {(w.gate, t) for w in windows for t in range(w.first_slot, min(w.end_slot, notice))}
    kept |= passed_slots(World(instance), state)
    return Seam(
        state=state.model_copy(update={"locked_windows": windows_of(kept)}),
        levels=tuple(Level(stock=name, kg=kg) for name, kg in sorted(levels.items())),
        trips=trips,
        releases=releases,
        windows=windows,
        published_slots=published,
        planned_slots=instance.grid.n_slots - slot,
    )


def in_force_of(seam: Seam, worth: WorthMoving, unchanged: Iterable[str]) -> InForce:
    """What a re-plan after the seam keeps to."""
    return InForce(
        windows=seam.windows,
        published_slots=seam.published_slots,
        planned_slots=seam.planned_slots,
        releases=seam.releases,
        worth_moving=worth,
        unchanged=tuple(sorted(unchanged)),
    )


def merged(windows: Iterable[Window]) -> Iterator[Window]:
    """Windows of a gate that touch are one."""
    open_slots = {(w.gate, t) for w in windows for t in range(w.first_slot, w.end_slot)}
    for gate in sorted({gate for gate, _ in open_slots}):
        for run in runs_of_true(t for name, t in open_slots if name == gate):
            yield Window(gate=gate, first_slot=run.start, end_slot=run.stop)


def _rest_of(windows: Iterable[Window], slot: int) -> Iterator[PublishedWindow]:
    for window in windows:
        if window.end_slot > slot:
            first = max(0, window.first_slot - slot)
            yield PublishedWindow(
                gate=window.gate, first_slot=first, end_slot=window.end_slot - slot
            )


def passed_slots(world: World, state: State) -> set[tuple[str, int]]:
    """Gates with the slots in which trips under way and locked ones pass them."""
    moving = [(u.leg, -u.slots_ago) for u in state.under_way]
    moving += [(t.leg, t.slot) for t in state.locked_trips]
    slot_s = world.instance.grid.slot_s
    passed = {
        (gate, departure + offset_s // slot_s)
        for leg, departure in moving
        for gate, offset_s in world.cycles[leg].going.passages
    }
    return {(gate, slot) for gate, slot in passed if slot >= 0}


def windows_of(slots: set[tuple[str, int]]) -> tuple[LockedWindow, ...]:
    """Gates with slots as runs that stay open."""
    return tuple(
        LockedWindow(gate=gate, first_slot=run.start, end_slot=run.stop)
        for gate in sorted({gate for gate, _ in slots})
        for run in runs_of_true(t for name, t in slots if name == gate)
    )
