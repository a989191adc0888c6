"""Joins a prepared instance to the plan in force: state, levels, locks, and what is to be kept.

What the new data no longer know (a leg, a gate, a plant) cannot be carried over, and a locked trip
that a bar, a stock or the horizon makes impossible cannot be kept: both are listed, never silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from scheduler.domain.inherited import Inherited
from scheduler.domain.request import Grants
from scheduler.domain.revised import LostItem, Override
from scheduler.prepare.granted import granted_in, kept_to, runs_in
from scheduler.prepare.unchanged import unchanged_plants
from solver.cut import within
from solver.granted import with_granted
from solver.instance import (
    GateState,
    Held,
    Instance,
    LockedTrips,
    LockedWindow,
    ProcessState,
    PublishedTrips,
    PublishedWindow,
    UnderWay,
)
from solver.overrides import overridden
from solver.plan import LockedConflict
from solver.seam import Seam, in_force_of

NOTHING = Grants()

LegRow = TypeVar("LegRow", UnderWay, Held, LockedTrips, PublishedTrips)
GateRow = TypeVar("GateRow", GateState, LockedWindow, PublishedWindow)
Kept = TypeVar("Kept")


class Joined(NamedTuple):
    """An instance that goes on from a plan in force, and what could not be carried over."""

    instance: Instance
    overrides: tuple[Override, ...]
    lost: tuple[LostItem, ...]


def join(
    prepared: Instance, former: Instance, inherited: Inherited, grants: Grants = NOTHING
) -> Joined:
    """The prepared instance with all that it inherits, and what was granted."""
    carrier = _Carrier(prepared)
    granted = granted_in(prepared, grants.grants)
    seam = kept_to(carrier.carried(inherited.seam), prepared, granted)
    called_in = [
        id for run in runs_in(grants, prepared.grid) for id in (run.stream_id, run.class_id)
    ]
    same = unchanged_plants(former, prepared, inherited.slot, called_in)
    kept = set(same) - set(inherited.deviating)
    state = within(seam.state, prepared.grid)
    levels = {level.stock: level.kg for level in seam.levels}
    plants = tuple(
        plant.model_copy(
            update={
                "stocks": tuple(
                    stock.model_copy(update={"now_kg": levels.get(stock.id, stock.now_kg)})
                    for stock in plant.stocks
                )
            }
        )
        for plant in prepared.plants
    )
    changes = {
        "plants": plants,
        "state": state,
        "published": seam.trips,
        "in_force": in_force_of(seam, inherited.worth_moving, kept),
    }
    fields = {name: getattr(prepared, name) for name in Instance.model_fields}
    instance, conflicts = overridden(with_granted(Instance(**(fields | changes)), granted))
    overrides = tuple(_override(instance, conflict) for conflict in conflicts)
    return Joined(instance, overrides, tuple(carrier.lost))


def _override(instance: Instance, conflict: LockedConflict) -> Override:
    clauses = {bar.id: bar.clause for bar in instance.bars}
    plant = next(
        plant.id
        for plant in instance.plants
        for stream in plant.streams
        for leg in stream.legs
        if leg.id == conflict.leg
    )
    return Override(
        plant=plant,
        leg=conflict.leg,
        starts_at=instance.grid.at(conflict.slot),
        trips=conflict.trips,
        law=conflict.law,
        where=conflict.where,
        clause=clauses.get(conflict.where, ""),
    )


def with_lost_before(instance: Instance, rows: Iterable[ProcessState]) -> Instance:
    """A first plan's instance with what earlier alerts of the episode lost, of processes that it
    still has: shares lost go on where they were."""
    known = {process.id for plant in instance.plants for process in plant.processes}
    carried = tuple(row for row in rows if row.process in known)
    if not carried:
        return instance
    state = instance.state.model_copy(update={"processes": carried})
    return instance.model_copy(update={"state": state})


class _Carrier:
    """Carries over what an instance still knows, and lists the rest."""

    def __init__(self, instance: Instance) -> None:
        self.lost: list[LostItem] = []
        self._n_slots = instance.grid.n_slots
        plants = instance.plants
        self._legs = {leg.id for p in plants for s in p.streams for leg in s.legs}
        self._gates = {gate.id for p in plants for gate in p.gates}
        self._processes = {process.id for p in plants for process in p.processes}
        self._plants = {plant.id for plant in plants}

    def carried(self, seam: Seam) -> Seam:
        state = seam.state
        return seam.model_copy(
            update={
                "state": state.model_copy(
                    update={
                        "gates": self._of_gates(state.gates, "gate"),
                        "processes": self._kept(
                            state.processes, "process", lambda row: row.process, self._processes
                        ),
                        "plants": self._kept(
                            state.plants, "plant", lambda row: row.plant, self._plants
                        ),
                        "under_way": self._of_legs(state.under_way, "under_way"),
                        "held": self._of_legs(state.held, "held"),
                        "locked_trips": self._of_legs(state.locked_trips, "locked"),
                        "locked_windows": self._of_gates(state.locked_windows, "window"),
                    }
                ),
                "trips": self._in_horizon(self._of_legs(seam.trips, "published")),
                "releases": self._in_horizon(self._of_legs(seam.releases, "published")),
                "windows": self._windows(self._of_gates(seam.windows, "window")),
                "planned_slots": min(seam.planned_slots, self._n_slots),
                "published_slots": min(seam.published_slots, self._n_slots),
            }
        )

    def _in_horizon(self, rows: tuple[PublishedTrips, ...]) -> tuple[PublishedTrips, ...]:
        return tuple(row for row in rows if row.slot < self._n_slots)

    def _windows(self, rows: tuple[PublishedWindow, ...]) -> tuple[PublishedWindow, ...]:
        return tuple(
            row.model_copy(update={"end_slot": min(row.end_slot, self._n_slots)})
            for row in rows
            if row.first_slot < self._n_slots
        )

    def _of_legs(self, rows: tuple[LegRow, ...], what: str) -> tuple[LegRow, ...]:
        return self._kept(rows, what, lambda row: row.leg, self._legs)

    def _of_gates(self, rows: tuple[GateRow, ...], what: str) -> tuple[GateRow, ...]:
        return self._kept(rows, what, lambda row: row.gate, self._gates)

    def _kept(
        self,
        rows: Iterable[Kept],
        what: str,
        name_of: Callable[[Kept], str],
        known: set[str],
    ) -> tuple[Kept, ...]:
        kept: list[Kept] = []
        for row in rows:
            if name_of(row) in known:
                kept.append(row)
            else:
                self.lost.append(LostItem(what=what, where=name_of(row), told=str(row)))
        return tuple(kept)
