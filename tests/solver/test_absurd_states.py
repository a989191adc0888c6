"""Tests that no state, however absurd, leaves an instance without a plan; only locked trips may."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from solver.baseline import first_fit
from solver.check import check, find_violations
from solver.compact import build_block
from solver.conflicts import locked_conflicts
from solver.derive import Derived
from solver.engine import Limits, minimise
from solver.instance import Fleet, Instance, LockedWindow, State, UnderWay
from solver.linear import Expression
from solver.plan import Plan
from solver.solve import SolveParams, solve
from solver.state import levels_after
from tests.solver.builders import (
    departures,
    far_leg,
    plan_of,
    plant,
    process,
    stock,
    stream,
    tiny_instance,
    window_limit,
)
from tests.solver.wild import absurd_instance

SEEDS = settings(
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def without_conflicts(instance: Instance) -> Instance:
    """The instance less the locked trips that it names; every one named is locked."""
    state = instance.state
    while lost := {(c.leg, c.slot) for c in locked_conflicts(Derived(instance))}:
        kept = tuple(t for t in state.locked_trips if (t.leg, t.slot) not in lost)
        assert len(kept) < len(state.locked_trips), "a conflict names what is not locked"
        state = state.model_copy(update={"locked_trips": kept})
        instance = Instance.model_validate(
            instance.model_copy(update={"state": state}).model_dump()
        )
    return instance


def assert_has_a_plan(seed: int) -> None:
    instance = without_conflicts(absurd_instance(Random(seed)))
    derived = Derived(instance)
    for works in derived.plants.values():
        answer = minimise(build_block(derived, works).rows, Expression(), Limits(seconds=60))
        assert answer.verdict in ("optimal", "feasible"), works.id
    decisions = first_fit(instance)
    plan = Plan(instance_digest=instance.digest, status="feasible", decisions=decisions)
    assert find_violations(instance, plan) == ()


@settings(SEEDS, max_examples=60)
@given(st.integers(0, 10**6))
def test_only_locked_trips_leave_no_plan(seed: int) -> None:
    assert_has_a_plan(seed)


@pytest.mark.long
@settings(SEEDS, max_examples=600)
@given(st.integers(0, 10**6))
def test_only_locked_trips_leave_no_plan_of_many(seed: int) -> None:
    assert_has_a_plan(seed)


def solved(instance: Instance) -> Plan:
    plan = solve(instance, SolveParams(time_limit_s=None, deterministic_limit=0.5))
    assert check(instance, plan).violations == ()
    assert plan.decisions is not None
    return plan


def with_trucks_coming(trips: int, rate_max: int) -> Instance:
    """Trucks on their way to load 30 t of steel each in slot 0; the yard is empty."""
    out = far_leg("steel.heavy", laden_out=False, laden_back=True)
    works = plant(
        processes=(process(rate_max=rate_max),),
        stocks=(stock("ore"), stock("steel", now_kg=0)),
        streams=(stream("ore"), stream("steel", legs=(out,))),
    )
    coming = (UnderWay(leg="steel.heavy", slots_ago=1, trips=trips),)
    long_road = tuple(
        road.model_copy(update={"length_m": 15_000})
        for road in tiny_instance().links
        if road.id in "cd"
    )
    instance = tiny_instance(plants=(works,), state=State(under_way=coming))
    links = tuple(next((x for x in long_road if x.id == r.id), r) for r in instance.links)
    return Instance.model_validate(instance.model_copy(update={"links": links}).model_dump())


def test_trucks_that_come_for_steel_that_is_not_there_leave_without_it() -> None:
    """Two loads are asked for in the first hour and one is made: 30 t are missing, and made up for
    in the second hour; the third has its own."""
    instance = with_trucks_coming(2, rate_max=30)
    plan = solved(instance)
    assert plan.stages[1].value == 0
    assert plan.decisions is not None
    assert [levels_after(instance, plan.decisions, slot)["steel"] for slot in (2, 4, 6)] == [
        0,
        0,
        30_000,
    ]


def test_what_trucks_under_way_miss_is_theirs_alone() -> None:
    """Nothing is made: no further trip may take what those under way did not find."""
    instance = with_trucks_coming(2, rate_max=0)
    assert solved(instance).stages[0].value == 0
    more = plan_with_a_trip(instance)
    assert [v.law for v in find_violations(instance, more)] == ["stock_balance"] * 3


def plan_with_a_trip(instance: Instance) -> Plan:
    return plan_of(instance, departures=departures(("steel.heavy", 1, 1)))


def test_a_published_window_shorter_than_the_least_length_stays_as_it_is() -> None:
    """One slot where windows last two at least, on a day that has no window left."""
    works = plant(stocks=(stock("ore", now_kg=90_000), stock("steel")), streams=(stream("ore"),))
    limit = window_limit(max_windows_day=0, max_open_slots_day=0)
    kept = LockedWindow(gate="G", first_slot=3, end_slot=4)
    instance = tiny_instance(
        plants=(works,), window_limits=(limit,), state=State(locked_windows=(kept,))
    )
    plan = solved(instance)
    assert plan.decisions is not None
    assert [(w.first_slot, w.end_slot) for w in plan.decisions.windows] == [(3, 4)]


def test_a_trip_under_way_for_days_is_still_away_when_it_must_be() -> None:
    """400 km at 10 km/h each way: the truck that left 100 slots ago blocks the fleet throughout."""
    works = plant(fleets=(Fleet(vehicle_class="heavy", trucks=1),))
    instance = tiny_instance(
        plants=(works,),
        state=State(under_way=(UnderWay(leg="ore.heavy", slots_ago=100, trips=3),)),
    )
    links = tuple(
        road.model_copy(update={"length_m": 400_000, "speed_kmh": 10}) for road in instance.links
    )
    far = Instance.model_validate(instance.model_copy(update={"links": links}).model_dump())
    plan = solved(far)
    assert plan.decisions is not None and plan.decisions.departures == ()
