"""What a re-plan changed of what was published, for those whom it concerns."""

from __future__ import annotations

from typing import Literal

from scheduler.domain.gate_window import GateWindow
from scheduler.domain.inherited import Item
from scheduler.domain.instant import Instant
from solver.instance import Count, Id, Positive, Value
from solver.plan import CalmCost

MoveReason = Literal["law", "room", "worth"]
"""law: the plant's own laws do not let it stay; room: others need what it had; worth: its gain
passes what moving is worth."""
Fate = Literal["rerouted", "held", "cancelled"]


class Override(Value):
    """Locked trips that a closure, plant stop, safety order or other law does not let go."""

    plant: Id
    leg: Id
    starts_at: Instant
    trips: Positive
    law: str
    where: str
    clause: str = ""


class Overridden(Override):
    """An override with what became of the trips: sent another way, sent later, or not at all; of
    several fates the trips are parted."""

    fate: Fate
    instead_at: Instant | None = None


class LostItem(Value):
    """What the plan in force had and the new data do not know any more."""

    what: str
    where: Id
    told: str


class MovedWindow(Value):
    """A published window that did not stay."""

    plant: Id
    was: GateWindow
    now: GateWindow | None
    by_minutes: Count
    reason: MoveReason
    clauses: tuple[str, ...] = ()


class PlantChange(Value):
    """What changed for a plant: windows, and trips more or fewer than published."""

    plant: Id
    windows: tuple[MovedWindow, ...]
    trips_more: Count
    trips_fewer: Count


class Revised(Value):
    """A re-plan against the publication it goes on from."""

    publication: str
    at: Instant
    items: tuple[Item, ...]
    n_windows: Count
    """Published windows that still restrict."""
    n_moved: Count
    n_forced: Count
    """Of the moved ones at least so many had to, proved plant by plant."""
    changes: tuple[PlantChange, ...]
    overrides: tuple[Overridden, ...]
    lost: tuple[LostItem, ...]
    calm: tuple[CalmCost, ...] = ()
    """What calm cost in exposure, of every plant that was asked; of what one saves another may need
    some."""
    not_asked: tuple[Id, ...] = ()
    """Plants for which there was no work left to ask what calm cost."""

    @property
    def calm_exposure(self) -> int:
        return sum(row.exposure for row in self.calm)

    @property
    def n_held(self) -> int:
        """Plants that were asked with their windows held: it may have cost them more."""
        return sum(row.windows == "held" for row in self.calm)
