"""Tests that windows in which no truck passes are taken out of a plan, but for those that must stay
open, and that this breaks no law and makes no stage worse."""

from random import Random

import pytest

from solver.check import find_violations, stage_values
from solver.derive import Derived
from solver.idle import without_idle_windows
from solver.instance import (
    GateState,
    InForce,
    Instance,
    LockedWindow,
    PublishedWindow,
    State,
    UnderWay,
    WorthMoving,
)
from solver.plan import Window
from solver.solve import SolveParams, solve
from tests.solver.builders import departures, plan_of, rates, tiny_instance, window_limit, windows
from tests.solver.lawful import random_instance, random_plan

NONE = SolveParams(time_limit_s=None, deterministic_limit=1e-9, workers=1)


def limited(**fields: object) -> Instance:
    return tiny_instance(window_limits=(window_limit(),), **fields)


def left(instance: Instance, *opened: tuple[str, int, int]) -> tuple[Window, ...]:
    """Ore leaves in slot 2 and is back in slot 3."""
    decided = plan_of(
        instance, departures=departures(("ore.heavy", 2, 1)), windows=windows(*opened)
    ).decisions
    assert decided is not None
    return without_idle_windows(Derived(instance), decided).windows


def test_a_window_is_kept_for_a_truck_on_its_way_out_or_home() -> None:
    touching = (("G", 1, 2), ("G", 2, 4), ("G", 4, 6))
    assert left(limited(), *touching) == windows(*touching), "these are one"
    assert left(limited(), ("G", 0, 1), ("G", 2, 5), ("G", 6, 8)) == windows(("G", 2, 5))
    under_way = State(under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=1),))
    kept = left(limited(state=under_way), ("G", 0, 1), ("G", 2, 5))
    assert kept == windows(("G", 0, 1), ("G", 2, 5)), "home in slot 0"


def test_what_must_stay_open_does() -> None:
    began = State(gates=(GateState(gate="G", open_slots_before=1),))
    assert left(limited(state=began), ("G", 0, 1), ("G", 2, 5))[0] == Window(
        gate="G", first_slot=0, end_slot=1
    )
    locked = State(locked_windows=(LockedWindow(gate="G", first_slot=6, end_slot=7),))
    assert len(left(limited(state=locked), ("G", 2, 5), ("G", 6, 8))) == 2


def test_what_is_published_stays_and_what_is_only_planned_does_not() -> None:
    worth = WorthMoving(safety=1, output_utrip=1, exposure=1, trips_a_window=1)
    in_force = InForce(
        windows=(
            PublishedWindow(gate="G", first_slot=0, end_slot=1),
            PublishedWindow(gate="G", first_slot=6, end_slot=8),
        ),
        published_slots=4,
        planned_slots=8,
        worth_moving=worth,
    )
    instance = limited(published=(), in_force=in_force)
    kept = left(instance, ("G", 0, 1), ("G", 2, 5), ("G", 6, 8))
    assert kept == windows(("G", 0, 1), ("G", 2, 5))


@pytest.mark.parametrize("part", range(4))
def test_no_law_is_broken_and_no_stage_worse_without_them(part: int) -> None:
    closed = 0
    for seed in range(20 * part, 20 * part + 20):
        rng = Random(seed)
        instance = random_instance(rng)
        plan = random_plan(rng, instance)
        if plan is None:
            continue
        assert plan.decisions is not None
        less = without_idle_windows(Derived(instance), plan.decisions)
        closed += len(plan.decisions.windows) - len(less.windows)
        assert find_violations(instance, plan.model_copy(update={"decisions": less})) == (), seed
        before, after = (stage_values(instance, d) for d in (plan.decisions, less))
        for was, now in zip(before, after, strict=True):
            assert now.value == was.value or (was.name == "windows" and now.value < was.value)
    assert closed > 0


def test_a_plan_that_comes_back_as_it_was_loses_its_idle_windows() -> None:
    """The search has no time: what it began from is what is left."""
    instance = limited()
    start = plan_of(
        instance,
        departures=departures(("ore.heavy", 2, 1)),
        windows=windows(("G", 2, 4), ("G", 6, 8)),
        rates=rates(smelt=(0,) * 4),
    )
    plan = solve(instance, NONE, start=start)
    assert plan.decisions is not None
    assert plan.decisions.windows == windows(("G", 2, 4))
    assert find_violations(instance, plan) == (), "the stage is stated anew"
