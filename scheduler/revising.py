"""What a re-plan changed of the publication in force, told plant by plant with the reasons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from datetime import datetime

from scheduler.domain.gate_window import GateWindow
from scheduler.domain.inherited import Inherited
from scheduler.domain.revised import (
    LostItem,
    MovedWindow,
    MoveReason,
    Overridden,
    Override,
    PlantChange,
    Revised,
)
from solver.instance import Instance, PublishedWindow
from solver.moves import Forced, Move, Moves, forced, moves_of
from solver.plan import Plan


def revised_of(
    instance: Instance,
    plan: Plan,
    inherited: Inherited,
    overrides: Iterable[Override],
    lost: tuple[LostItem, ...],
    executor: Executor | None = None,
) -> Revised:
    """The changes of a re-plan that decides. Which windows had to move is proved, plant by
    plant."""
    assert plan.decisions is not None, "it decides"
    moves = moves_of(instance, plan.decisions)
    moved = sorted({move.plant for move in moves.windows})
    must = forced(instance, moved, executor)
    asked = {row.plant for row in plan.calm_cost}
    return Revised(
        publication=inherited.publication,
        at=inherited.at,
        items=inherited.items,
        n_windows=moves.n_windows,
        n_moved=len(moves.windows),
        n_forced=sum(found.n for found in must.values()),
        changes=tuple(_changes(instance, moves, must)),
        overrides=tuple(_overridden(instance, moves, overrides)),
        lost=lost,
        calm=plan.calm_cost,
        not_asked=tuple(sorted(p.id for p in instance.plants if p.id not in asked)),
    )


def _changes(instance: Instance, moves: Moves, must: dict[str, Forced]) -> Iterator[PlantChange]:
    more, fewer = Counter[str](), Counter[str]()
    for row in moves.trips:
        (more if row.by > 0 else fewer)[row.plant] += abs(row.by)
    windows: dict[str, list[MovedWindow]] = defaultdict(list)
    for move in moves.windows:
        windows[move.plant].append(_moved(instance, move, must[move.plant]))
    for plant in sorted(windows.keys() | more.keys() | fewer.keys()):
        yield PlantChange(
            plant=plant,
            windows=tuple(windows[plant]),
            trips_more=more[plant],
            trips_fewer=fewer[plant],
        )


def _moved(instance: Instance, move: Move, must: Forced) -> MovedWindow:
    assert instance.in_force is not None, "only re-plans move windows"
    reason: MoveReason = "worth"
    if move.was in must.windows:
        reason = "law"
    elif move.plant in instance.in_force.unchanged:
        reason = "room"
    return MovedWindow(
        plant=move.plant,
        was=_shown(instance, move.was),
        now=None if move.now is None else _shown(instance, move.now),
        by_minutes=move.by_slots * instance.grid.slot_minutes,
        reason=reason,
        clauses=tuple(_clauses(instance, move)) if reason == "law" else (),
    )


def _shown(instance: Instance, window: PublishedWindow) -> GateWindow:
    at = instance.grid.at
    return GateWindow(
        gate=window.gate, opens_at=at(window.first_slot), closes_at=at(window.end_slot)
    )


def _clauses(instance: Instance, move: Move) -> Iterator[str]:
    """The clauses of the limits under which a window that must move lies."""
    told = dict.fromkeys(
        limit.clause
        for limit in instance.window_limits
        if limit.plant == move.plant
        and limit.first_slot < move.was.end_slot
        and limit.end_slot > move.was.first_slot
    )
    yield from told


def _overridden(
    instance: Instance, moves: Moves, overrides: Iterable[Override]
) -> Iterator[Overridden]:
    """What became of trips that could not be kept: trips of the same stream that the plan adds
    stand for them, those in the same slot first (another way), then later ones (held)."""
    stream_of = {
        leg.id: stream.id for p in instance.plants for stream in p.streams for leg in stream.legs
    }
    added: dict[str, Counter[datetime]] = defaultdict(Counter)
    for row in moves.trips:
        if row.by > 0:
            added[stream_of[row.leg]][instance.grid.at(row.slot)] += row.by
    for override in overrides:
        yield from _fates(override, added[stream_of[override.leg]])


def _fates(override: Override, added: Counter[datetime]) -> Iterator[Overridden]:
    left, fields = override.trips, override.model_dump()
    later = sorted(at for at in added if at >= override.starts_at)
    for at in later:
        taken = min(left, added[at])
        if taken:
            added[at] -= taken
            left -= taken
            fate = "rerouted" if at == override.starts_at else "held"
            yield Overridden.model_validate(
                fields | {"trips": taken, "fate": fate, "instead_at": at}
            )
    if left:
        yield Overridden.model_validate(fields | {"trips": left, "fate": "cancelled"})
