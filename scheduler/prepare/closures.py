"""Closed roads: bars of every truck on a link, and a way around it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduler.domain.conditions import RoadClosure, RoadConditions
from scheduler.domain.enterprise import VehicleClass
from scheduler.domain.measure import KINDS
from scheduler.domain.network import Network
from scheduler.prepare.levels import Run
from scheduler.prepare.paths import Detours, Router
from solver.instance import Bar, TimeGrid


def _slots(closure: RoadClosure, grid: TimeGrid) -> Run | None:
    """The slots that a closure touches."""

    def edge(instant: datetime, up: bool) -> int:
        minutes = (instant - grid.at(0)) // timedelta(minutes=1)
        slot = -(-minutes // grid.slot_minutes) if up else minutes // grid.slot_minutes
        return min(max(0, slot), grid.n_slots)

    first = edge(closure.from_instant, up=False)
    end = grid.n_slots if closure.to_instant is None else edge(closure.to_instant, up=True)
    return Run(first, end) if first < end else None


def closed_links(conditions: RoadConditions, grid: TimeGrid) -> frozenset[str]:
    """Links that are closed in some slot of the horizon."""
    return frozenset(c.link_id for c in conditions.closures if _slots(c, grid) is not None)


def around(network: Network, closed: frozenset[str]) -> Detours | None:
    """Ways that leave closed links out."""
    if not closed:
        return None
    open_links = tuple(link for link in network.links if link.link_id not in closed)
    return Detours(Router(network.model_copy(update={"links": open_links})), closed)


def closure_bars(
    conditions: RoadConditions,
    classes: Sequence[VehicleClass],
    used: frozenset[str],
    grid: TimeGrid,
) -> tuple[Bar, ...]:
    """No truck of any class on any errand on a closed link."""
    return tuple(
        Bar(
            id=f"closure@{closure.link_id}:{run.first_slot}-{run.end_slot}",
            clause=closure.clause,
            kinds=KINDS,
            classes=tuple(vehicle.class_id for vehicle in classes),
            links=(closure.link_id,),
            first_slot=run.first_slot,
            end_slot=run.end_slot,
        )
        for closure in conditions.closures
        if closure.link_id in used and (run := _slots(closure, grid)) is not None
    )
