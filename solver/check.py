"""Whether a plan keeps every law of its instance, and what it is worth, whoever made it.

Computed from the instance and the decisions alone, in exact integers, by code that the solver does
not share. `docs/model.md` says what every law and stage means.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from solver.checks.bunching import bunched_loads
from solver.checks.cycles import World
from solver.checks.form import (
    order_of_decisions,
    releases_of_ready_trips,
    unloading_in_horizon,
    what_cannot_be,
)
from solver.checks.gates import GateLine, gate_lines, gate_window, window_shape
from solver.checks.roads import bar, link_capacity, zone_cap
from solver.checks.stages import claims, stages_of
from solver.checks.stocks import Working, stock_balance
from solver.checks.traffic import Traffic
from solver.checks.trips import fleet, locked, trip_cap
from solver.checks.verdict import BunchedLoad, CheckReport, Law, StageValue, Violation
from solver.instance import Instance
from solver.plan import Decisions, Plan

__all__ = [
    "BunchedLoad",
    "CheckReport",
    "StageValue",
    "Violation",
    "check",
    "find_violations",
    "stage_values",
    "worst_bunched_load",
]

DECIDES_NOTHING = ("infeasible", "none")


class _Case:
    """An instance with decisions, and what all laws look at."""

    def __init__(self, world: World, decisions: Decisions) -> None:
        self.world = world
        self.decisions = decisions
        self.traffic = Traffic(self.world, decisions)
        self.working = Working(self.traffic)
        self.lines: tuple[GateLine, ...] = tuple(gate_lines(self.world, decisions))


def check(instance: Instance, plan: Plan, world: World | None = None) -> CheckReport:
    """Every breach of the plan and the stages' values; values only where the plan decides what
    can be. `world` is the instance's, where it is at hand."""
    world = world or World(instance)
    impossible = tuple(what_cannot_be(world, plan.decisions)) if plan.decisions else ()
    if plan.decisions is None or impossible:
        faults = (*_digest(instance, plan), *_status(instance, plan), *impossible)
        return CheckReport(ok=not faults, violations=faults, stages=())
    case = _Case(world, plan.decisions)
    stages = stages_of(case.working, case.lines)
    violations = tuple(
        chain(
            _digest(instance, plan),
            _status(instance, plan),
            _breaches(case),
            claims(plan, world, stages),
        )
    )
    return CheckReport(ok=not violations, violations=violations, stages=stages)


def find_violations(instance: Instance, plan: Plan) -> tuple[Violation, ...]:
    """Every breach of the plan, law by law; empty for a lawful plan.

    Decisions about what the instance does not have are told alone: no law can be judged by them.
    """
    return check(instance, plan).violations


def stage_values(
    instance: Instance, decisions: Decisions, world: World | None = None
) -> tuple[StageValue, ...]:
    """What decisions are worth in every stage, in order.

    Raises ValueError where they name what the instance does not have.
    """
    world = world or World(instance)
    for fault in what_cannot_be(world, decisions):
        raise ValueError(f"{fault.where}: {fault.amount} {fault.unit}, allowed {fault.allowed}")
    case = _Case(world, decisions)
    return stages_of(case.working, case.lines)


def worst_bunched_load(
    instance: Instance, plan: Plan, most_links: int = 10
) -> tuple[BunchedLoad, ...]:
    """The fullest links, each in its worst slot, if every plant bunches its trips.

    An upper bound: all trips of a leg that the plan lets through in one window pass the gate in
    the slot of it that is worst for the link, as many as the gate's capacity lets pass; legs are
    added up as if each had the gate for itself.
    """
    if plan.decisions is None:
        return ()
    case = _Case(World(instance), plan.decisions)
    return tuple(islice(bunched_loads(case.traffic, case.lines), most_links))


def _breaches(case: _Case) -> Iterator[Violation]:
    yield from order_of_decisions(case.world, case.decisions)
    yield from unloading_in_horizon(case.traffic)
    yield from releases_of_ready_trips(case.traffic)
    yield from gate_window(case.traffic, case.lines)
    for line in case.lines:
        yield from window_shape(line)
    yield from stock_balance(case.working)
    yield from link_capacity(case.traffic)
    yield from zone_cap(case.traffic)
    yield from trip_cap(case.working)
    yield from fleet(case.traffic)
    yield from locked(case.traffic)
    yield from bar(case.traffic)


def _digest(instance: Instance, plan: Plan) -> Iterator[Violation]:
    if plan.instance_digest != instance.digest:
        yield _fault("instance", plan.instance_digest, 1, 0, "digest of another instance")


def _status(instance: Instance, plan: Plan) -> Iterator[Violation]:
    """Only a plan that says so decides nothing; an infeasible one names locked trips."""
    empty = plan.decisions is None
    if empty != (plan.status in DECIDES_NOTHING) and plan.status != "cancelled":
        yield _fault("decisions", plan.status, int(empty), int(not empty), "plan without decisions")
    if empty and plan.stages:
        yield _fault("stage", plan.status, len(plan.stages), 0, "stage of no decisions")
    if plan.status == "infeasible" and not plan.conflicts:
        yield _fault("locked", plan.status, 0, 1, "conflict named, at least")
    kept = {(trips.leg, trips.slot) for trips in instance.state.locked_trips}
    for conflict in plan.conflicts:
        if (conflict.leg, conflict.slot) not in kept:
            yield _fault("locked", conflict.leg, conflict.trips, 0, "trip that is not locked")


def _fault(law: Law, where: str, amount: int, allowed: int, unit: str) -> Violation:
    return Violation(law=law, where=where, slot=None, amount=amount, allowed=allowed, unit=unit)
