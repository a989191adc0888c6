"""Tests that an instance is infeasible for locked trips alone, and names exactly those."""

from typing import Any

from solver.check import find_violations
from solver.instance import Instance, LockedTrips, State
from solver.plan import Plan
from solver.solve import SolveParams, solve
from tests.solver.builders import bar, plant, process, stock, tiny_instance


def locked(*rows: tuple[str, int, int], **fields: Any) -> Instance:
    trips = tuple(LockedTrips(leg=leg, slot=slot, trips=n) for leg, slot, n in rows)
    return tiny_instance(state=State(locked_trips=trips), **fields)


def named(instance: Instance) -> tuple[str, list[tuple[str, int, int, str, str]]]:
    plan: Plan = solve(instance, SolveParams(time_limit_s=None, deterministic_limit=0.5))
    assert find_violations(instance, plan) == ()
    return plan.status, [(c.leg, c.slot, c.trips, c.law, c.where) for c in plan.conflicts]


def test_locked_trips_that_can_be_kept() -> None:
    assert named(locked(("ore.heavy", 0, 1), ("steel.heavy", 2, 1))) == ("optimal", [])


def test_a_locked_trip_in_a_bar() -> None:
    ban = bar(links=("c",), first_slot=2, end_slot=3)
    instance = locked(("ore.heavy", 0, 1), ("ore.heavy", 2, 2), bars=(ban,))
    assert named(instance) == ("infeasible", [("ore.heavy", 2, 2, "bar", "B")])


def test_a_locked_trip_past_the_horizon() -> None:
    instance = locked(("ore.heavy", 6, 1), ("ore.heavy", 7, 1))
    assert named(instance) == ("infeasible", [("ore.heavy", 7, 1, "locked", "horizon")])


def test_locked_trips_from_an_empty_stock() -> None:
    """30 units an hour: the trip of the first hour has its 30 t, the second one does not."""
    works = plant(
        processes=(process(rate_max=30),), stocks=(stock("ore"), stock("steel", now_kg=0))
    )
    instance = locked(("steel.heavy", 0, 1), ("steel.heavy", 1, 1), plants=(works,))
    assert named(instance) == (
        "infeasible",
        [("steel.heavy", 1, 1, "stock_balance", "steel")],
    )
