"""Tests that a lawful plan, broken on purpose, is found to breach the law that was broken, and that
the least plan breaches none whatever the state."""

from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from solver.check import find_violations
from solver.instance import (
    GateState,
    Held,
    Instance,
    LockedWindow,
    PlantState,
    ProcessState,
    State,
    UnderWay,
)
from solver.plan import Decisions, Departure, Plan, Rates, StageResult, Window
from tests.solver.lawful import least_plan, random_instance, random_plan

HEAVY_MPCU = 2500


@lru_cache
def lawful_case(seed: int) -> tuple[Instance, Plan] | None:
    rng = Random(seed)
    instance = random_instance(rng)
    plan = random_plan(rng, instance, tries=40)
    return None if plan is None else (instance, plan)


def decided(plan: Plan, **changes: Any) -> Plan:
    assert plan.decisions is not None
    decisions = plan.decisions.model_copy(update=changes)
    return plan.model_copy(update={"decisions": decisions})


def decisions_of(plan: Plan) -> Decisions:
    assert plan.decisions is not None
    return plan.decisions


def with_trips(plan: Plan, slot: int, trips: int) -> Plan:
    """So many more trips of leg ore.heavy, which enters link a and gate G in its departure slot."""
    rows = {(d.leg, d.slot): d.trips for d in decisions_of(plan).departures}
    rows["ore.heavy", slot] = rows.get(("ore.heavy", slot), 0) + trips
    made = tuple(Departure(leg=leg, slot=t, trips=n) for (leg, t), n in sorted(rows.items()))
    return decided(plan, departures=made)


def another_instance(rng: Random, instance: Instance, plan: Plan) -> Plan:
    other = instance.model_copy(update={"exposure_divisor": 2})
    return plan.model_copy(update={"instance_digest": other.digest})


def malformed(rng: Random, instance: Instance, plan: Plan) -> Plan:
    made = decisions_of(plan).departures
    assume(len(made) > 1)
    late = Departure(leg="steel.heavy", slot=instance.grid.n_slots, trips=1)
    stranger = Departure(leg="zinc.heavy", slot=0, trips=1)
    broken = (made[::-1], (made[0], *made), (*made, late), (*made, stranger))
    return decided(plan, departures=rng.choice(broken))


def window_shut(rng: Random, instance: Instance, plan: Plan) -> Plan:
    """Drops a window in which a trip that is not locked goes out of gate G."""
    locked = {(trips.leg, trips.slot) for trips in instance.state.locked_trips}
    out = {
        d.slot
        for d in decisions_of(plan).departures
        if d.leg in ("ore.heavy", "steel.heavy") and (d.leg, d.slot) not in locked
    }
    windows = decisions_of(plan).windows
    used = [
        w for w in windows if w.gate == "G" and not out.isdisjoint(range(w.first_slot, w.end_slot))
    ]
    assume(used)
    dropped = rng.choice(used)
    return decided(plan, windows=tuple(w for w in windows if w != dropped))


def window_misshapen(rng: Random, instance: Instance, plan: Plan) -> Plan:
    """Opens gate H, which inherits nothing, for a slot more than the longest or less than the
    least."""
    limit = rng.choice(instance.window_limits)
    start = limit.first_slot + len(limit.partial_slots)
    lengths = [limit.max_slots + 1, limit.min_slots - 1]
    fitting = [n for n in lengths if 0 < n < limit.end_slot - start + 1]
    others = tuple(w for w in decisions_of(plan).windows if w.gate != "H")
    assume(fitting and start + limit.min_slots <= limit.end_slot)
    odd = Window(gate="H", first_slot=start, end_slot=start + rng.choice(fitting))
    return decided(plan, windows=(*others, odd))


def rate_above_permitted(rng: Random, instance: Instance, plan: Plan) -> Plan:
    (smelt,) = decisions_of(plan).rates
    interval, run = rng.randrange(len(smelt.rates)), list(smelt.rates)
    cut = any(x.end_interval > interval for x in instance.output_cuts)
    run[interval] = 22 if cut else 31
    return decided(plan, rates=(Rates(process="smelt", rates=tuple(run)),))


def link_overfull(rng: Random, instance: Instance, plan: Plan) -> Plan:
    capacity = next(link.capacity_mpcu_h for link in instance.links if link.id == "a") // 2
    return with_trips(plan, rng.randrange(instance.grid.n_slots), capacity // HEAVY_MPCU + 1)


def zone_overfull(rng: Random, instance: Instance, plan: Plan) -> Plan:
    assume(next(link.zone for link in instance.links if link.id == "a") == "Y")
    caps = next(zone.cap_mpcu for zone in instance.zones if zone.id == "Y")
    assert caps is not None
    slot = rng.randrange(instance.grid.n_slots)
    return with_trips(plan, slot, (caps[slot] or 0) // HEAVY_MPCU + 1)


def cap_overspent(rng: Random, instance: Instance, plan: Plan) -> Plan:
    """No cap can exceed the normal day's trips and the floor: 150 + 24 + 2."""
    assume(instance.trip_cuts)
    return with_trips(plan, rng.randrange(instance.grid.n_slots), 177)


def fleet_overdrawn(rng: Random, instance: Instance, plan: Plan) -> Plan:
    fleets = {fleet.vehicle_class: fleet.trucks for fleet in instance.plants[0].fleets}
    return with_trips(plan, rng.randrange(instance.grid.n_slots), fleets["heavy"] + 1)


def locked_trip_dropped(rng: Random, instance: Instance, plan: Plan) -> Plan:
    assume(instance.state.locked_trips)
    kept = rng.choice(instance.state.locked_trips)
    made = tuple(
        d for d in decisions_of(plan).departures if (d.leg, d.slot) != (kept.leg, kept.slot)
    )
    return decided(plan, departures=made)


def bar_ignored(rng: Random, instance: Instance, plan: Plan) -> Plan:
    """Link b is barred; leg ore.heavy enters it within its departure slot."""
    assume(instance.bars)
    ban = instance.bars[0]
    return with_trips(plan, rng.randrange(ban.first_slot, ban.end_slot), 1)


def value_misstated(rng: Random, instance: Instance, plan: Plan) -> Plan:
    one_window = 1 + 2 * instance.grid.n_slots
    windows = decisions_of(plan).windows
    true = sum(w.end_slot - w.first_slot for w in windows) + one_window * len(windows)
    told = true + 1
    claim = StageResult(
        name="windows",
        unit="open slot",
        unit_value=one_window,
        value=told,
        bound=told,
        gap=0.0,
        proof="none",
        handed_on=told,
    )
    return plan.model_copy(update={"stages": (claim,)})


BREAKS: dict[str, Callable[[Random, Instance, Plan], Plan]] = {
    "instance": another_instance,
    "decisions": malformed,
    "gate_window": window_shut,
    "window_shape": window_misshapen,
    "stock_balance": rate_above_permitted,
    "link_capacity": link_overfull,
    "zone_cap": zone_overfull,
    "trip_cap": cap_overspent,
    "fleet": fleet_overdrawn,
    "locked": locked_trip_dropped,
    "bar": bar_ignored,
    "stage": value_misstated,
}


@pytest.mark.parametrize("law", BREAKS)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 39))
def test_the_law_that_is_broken_is_named(law: str, seed: int) -> None:
    case = lawful_case(seed)
    assume(case is not None)
    assert case is not None
    instance, plan = case
    assert find_violations(instance, plan) == ()
    broken = BREAKS[law](Random(seed), instance, plan)
    assert law in {violation.law for violation in find_violations(instance, broken)}


def absurd_state(rng: Random, instance: Instance) -> State:
    """Far more inside, under way, open, made and lost than any law would grant."""
    legs = ("ore.heavy", "ore.wait", "steel.heavy")
    return State(
        gates=tuple(
            GateState(
                gate=gate,
                open_slots_before=rng.choice((0, 1, 99)),
                closed_slots_before=rng.choice((0, 99)),
                windows_today=rng.choice((0, 99)),
                open_slots_today=rng.choice((0, 99)),
            )
            for gate in "GH"
        ),
        processes=(
            ProcessState(process="smelt", lost_units=999, permitted_units=rng.randrange(9)),
        ),
        plants=(PlantState(plant="P", trips_made_today=rng.choice((0, 999))),),
        under_way=tuple(
            UnderWay(
                leg=rng.choice(legs), slots_ago=rng.randrange(1, 5), trips=rng.randrange(1, 99)
            )
            for _ in range(4)
        ),
        held=(Held(leg="ore.wait", trips=rng.randrange(1, 99)),),
        locked_windows=(LockedWindow(gate="G", first_slot=0, end_slot=instance.grid.n_slots),),
    )


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 10**6))
def test_any_state_without_locked_trips_leaves_a_lawful_plan(seed: int) -> None:
    """What is inherited is never charged: keeping what must be kept and doing nothing is lawful."""
    rng = Random(seed)
    instance = random_instance(rng)
    instance = instance.model_copy(update={"state": absurd_state(rng, instance)})
    assert find_violations(instance, least_plan(instance)) == ()
