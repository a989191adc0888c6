"""Tests that what a plan leaves behind is just what the rest of it needs to stay lawful."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from solver.check import find_violations
from solver.cut import rest_of
from solver.instance import (
    GateState,
    Held,
    Instance,
    LockedTrips,
    LockedWindow,
    PlantState,
    ProcessState,
    State,
    TimeGrid,
    UnderWay,
)
from solver.plan import Decisions, Departure, Plan, Release, SafeTrips, Window
from solver.seam import Seam, seam_at
from solver.state import levels_after, state_after
from tests.solver.builders import (
    breaches_of,
    departures,
    far_leg,
    plan_of,
    plant,
    process,
    rates,
    releases,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
    windows,
)
from tests.solver.lawful import random_instance, random_plan

SEEDS = settings(
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
"""A seed cannot be shrunk to a simpler case."""


def rest_of_instance(instance: Instance, decisions: Decisions, slot: int) -> Instance:
    """The instance from `slot` on: state and levels as left, locks and measures as far as they
    last."""
    grid, interval = instance.grid, slot // instance.grid.interval_slots
    levels = levels_after(instance, decisions, slot)
    shorter = TimeGrid(
        start=grid.at(slot).isoformat(),
        slot_minutes=grid.slot_minutes,
        n_slots=grid.n_slots - slot,
        interval_slots=grid.interval_slots,
    )
    locked = instance.state
    state = state_after(instance, decisions, slot).model_copy(
        update={
            "locked_trips": tuple(
                LockedTrips(leg=t.leg, slot=t.slot - slot, trips=t.trips)
                for t in locked.locked_trips
                if t.slot >= slot
            ),
            "locked_windows": shifted(locked.locked_windows, slot),
        }
    )
    changes = {
        "grid": shorter,
        "zones": tuple(rest_of_zone(z, slot) for z in instance.zones),
        "links": tuple(sliced(x, slot, "background_mpcu") for x in instance.links),
        "plants": tuple(rest_of_plant(p, interval, levels) for p in instance.plants),
        "window_limits": shifted(instance.window_limits, slot),
        "trip_cuts": shifted(instance.trip_cuts, slot),
        "bars": shifted(instance.bars, slot),
        "output_cuts": tuple(
            cut.model_copy(
                update={
                    "first_interval": max(0, cut.first_interval - interval),
                    "end_interval": cut.end_interval - interval,
                }
            )
            for cut in instance.output_cuts
            if cut.end_interval > interval
        ),
        "state": state,
        "published": None,
    }
    fields = {name: getattr(instance, name) for name in Instance.model_fields}
    return Instance(**(fields | changes))


def sliced(value: Any, first: int, *names: str) -> Any:
    return value.model_copy(update={name: getattr(value, name)[first:] for name in names})


def rest_of_zone(whole: Any, slot: int) -> Any:
    return sliced(whole, slot, "hour_weights", *(("cap_mpcu",) if whole.cap_mpcu else ()))


def rest_of_plant(whole: Any, interval: int, levels: dict[str, int]) -> Any:
    processes = tuple(sliced(p, interval, "rate_max", "rate_min") for p in whole.processes)
    stocks = tuple(
        sliced(s, interval, "arrivals_kg", "dispatches_kg").model_copy(
            update={"now_kg": levels[s.id]}
        )
        for s in whole.stocks
    )
    return whole.model_copy(update={"processes": processes, "stocks": stocks})


def shifted(runs: tuple[Any, ...], slot: int) -> tuple[Any, ...]:
    """Runs of slots as they stand after `slot`, without those that are over."""
    rest = []
    for run in runs:
        if run.end_slot > slot:
            changes = {"first_slot": max(0, run.first_slot - slot), "end_slot": run.end_slot - slot}
            if hasattr(run, "partial_slots"):
                changes["partial_slots"] = tuple(t - slot for t in run.partial_slots if t >= slot)
            rest.append(run.model_copy(update=changes))
    return tuple(rest)


def rest_of_plan(rest: Instance, decisions: Decisions, slot: int, interval: int) -> Plan:
    def later(trips: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(t.model_copy(update={"slot": t.slot - slot}) for t in trips if t.slot >= slot)

    return plan_of(
        rest,
        windows=shifted(decisions.windows, slot),
        departures=later(decisions.departures),
        releases=later(decisions.releases),
        rates=tuple(sliced(r, interval, "rates") for r in decisions.rates),
        refusals=tuple(
            r.model_copy(update={"interval": r.interval - interval})
            for r in decisions.refusals
            if r.interval >= interval
        ),
    )


def edges(grid: TimeGrid) -> range:
    return range(0, grid.n_slots, grid.interval_slots)


@settings(SEEDS, max_examples=40)
@given(st.integers(0, 10**6))
def test_the_rest_of_a_lawful_plan_is_lawful_at_every_edge(seed: int) -> None:
    """Windows over midnight and over the seam, owed lengths, turn-rounds, held trucks."""
    rng = Random(seed)
    instance = random_instance(rng)
    plan = random_plan(rng, instance)
    assume(plan is not None)
    assert plan is not None
    assert plan.decisions is not None
    for slot in edges(instance.grid):
        rest = rest_of_instance(instance, plan.decisions, slot)
        interval = slot // instance.grid.interval_slots
        assert find_violations(rest, rest_of_plan(rest, plan.decisions, slot, interval)) == ()


@settings(SEEDS, max_examples=15)
@given(st.integers(0, 10**6))
def test_two_cuts_leave_what_one_cut_leaves(seed: int) -> None:
    """State and levels at the end are the same whether the horizon was cut before or not."""
    rng = Random(seed)
    instance = random_instance(rng)
    plan = random_plan(rng, instance)
    assume(plan is not None)
    assert plan is not None
    assert plan.decisions is not None
    end = instance.grid.n_slots
    whole = state_after(instance, plan.decisions, end)
    slot = rng.choice(edges(instance.grid))
    rest = rest_of_instance(instance, plan.decisions, slot)
    interval = slot // instance.grid.interval_slots
    decided = rest_of_plan(rest, plan.decisions, slot, interval).decisions
    assert decided is not None
    in_two = state_after(rest, decided, end - slot)
    assert in_two.gates == whole.gates
    assert in_two.processes == whole.processes
    assert in_two.plants == whole.plants
    assert (in_two.under_way, in_two.held) == (whole.under_way, whole.held)
    assert levels_after(rest, decided, end - slot) == levels_after(instance, plan.decisions, end)


def left(instance: Instance, slot: int, **decided: Any) -> State:
    decisions = plan_of(instance, **decided).decisions
    assert decisions is not None
    return state_after(instance, decisions, slot)


def test_nothing_happens_before_slot_0() -> None:
    state = State(
        gates=(GateState(gate="G", open_slots_before=2, windows_today=1, open_slots_today=2),),
        processes=(ProcessState(process="smelt", lost_units=3, permitted_units=9),),
        plants=(PlantState(plant="P", trips_made_today=4, allowance_numerator_today=5),),
        under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=2),),
    )
    instance = tiny_instance(state=state)
    after = left(instance, 0)
    assert after.gates == (state.gates[0].model_copy(update={"closed_slots_before": 0}),)
    assert (after.processes, after.plants) == (state.processes, state.plants)
    assert after.under_way == state.under_way


@pytest.mark.parametrize("slot", [9, -2])
def test_a_slot_outside_the_horizon_is_refused(slot: int) -> None:
    with pytest.raises(ValueError, match="give one from 0 to 8"):
        left(tiny_instance(), slot)


def test_the_end_of_a_short_last_interval_is_an_edge() -> None:
    instance = tiny_instance(n_slots=7)
    assert left(instance, 7).processes == (
        ProcessState(process="smelt", lost_units=120, permitted_units=120),
    )
    with pytest.raises(ValueError, match="give one from 0 to 7"):
        left(instance, 8)


def test_a_begun_stock_interval_has_had_its_share() -> None:
    """Of 30 units permitted in slots 2 and 3, 15 by slot 3; of 21 made, 11: a unit begun is made.
    The ore of slot 1's trip unloads in slot 2; 8 t that came by rail are known, 5 of 10 assumed."""
    ore = stock("ore", arrivals_kg=(0, 10_000, 0, 0))
    instance = tiny_instance(plants=(plant(stocks=(ore, stock("steel"))),))
    parts = {"rates": rates(smelt=(30, 21, 0, 0)), "departures": departures(("ore.heavy", 1, 1))}
    decided = plan_of(instance, **parts).decisions
    assert decided is not None
    assert state_after(instance, decided, 3).processes == (
        ProcessState(process="smelt", lost_units=4, permitted_units=45),
    )
    assert levels_after(instance, decided, 3)["ore"] == 300_000 - 41_000 + 30_000 + 5_000
    known = levels_after(instance, decided, 3, {"ore": (8_000, 0)})
    assert known == {"ore": 297_000 + 0, "steel": 341_000}


@settings(SEEDS, max_examples=40)
@given(st.integers(0, 10**6))
def test_the_rest_of_a_lawful_plan_is_lawful_at_every_slot(seed: int) -> None:
    """Within a stock interval only what is made may be a unit less: rates stay free in a
    re-plan, so here they are as much as the rest permits."""
    rng = Random(seed)
    instance = random_instance(rng)
    plan = random_plan(rng, instance)
    assume(plan is not None and plan.decisions is not None)
    assert plan is not None and plan.decisions is not None
    for slot in range(1, instance.grid.n_slots):
        seam = seam_at(instance, plan.decisions, slot, notice_slots=0, published_slots=slot)
        locks = {
            "locked_windows": shifted(instance.state.locked_windows, slot),
            "locked_trips": tuple(
                LockedTrips(leg=t.leg, slot=t.slot - slot, trips=t.trips)
                for t in instance.state.locked_trips
                if t.slot >= slot
            ),
        }
        state = seam.state.model_copy(update=locks)
        rest = rest_of(instance, slot, seam.model_copy(update={"state": state}))
        followed = followed_plan(rest, seam)
        found = [v for v in find_violations(rest, followed) if v.law != "stock_balance"]
        assert found == []


def followed_plan(rest: Instance, seam: Seam) -> Plan:
    """Windows and trips as planned; processes stand still."""
    return plan_of(
        rest,
        windows=tuple(
            Window(gate=w.gate, first_slot=w.first_slot, end_slot=w.end_slot) for w in seam.windows
        ),
        departures=tuple(Departure(leg=t.leg, slot=t.slot, trips=t.trips) for t in seam.trips),
        releases=tuple(Release(leg=t.leg, slot=t.slot, trips=t.trips) for t in seam.releases),
    )


def gate_after(slot: int, *rows: tuple[int, int], start: str = "08:00", **before: int) -> GateState:
    instance = tiny_instance(
        start=f"2026-01-05T{start}:00+08:00",
        window_limits=(window_limit(),),
        state=State(gates=(GateState(gate="G", **before),)),
    )
    return left(instance, slot, windows=windows(*(("G", a, b) for a, b in rows))).gates[0]


def test_a_gate_open_at_the_seam_keeps_its_length() -> None:
    assert gate_after(4, (0, 2), (3, 6)) == GateState(
        gate="G", open_slots_before=1, closed_slots_before=0, windows_today=2, open_slots_today=3
    )


def test_a_gate_closed_at_the_seam_keeps_its_pause() -> None:
    assert gate_after(6, (1, 4)) == GateState(
        gate="G", closed_slots_before=2, windows_today=1, open_slots_today=3
    )


def test_a_window_open_since_before_the_start_goes_on_counting() -> None:
    assert gate_after(2, (0, 4), open_slots_before=3, windows_today=1, open_slots_today=3) == (
        GateState(
            gate="G", open_slots_before=5, closed_slots_before=0, windows_today=1,
            open_slots_today=5,
        )
    )  # fmt: skip


def test_a_gate_never_open_has_been_closed_ever_longer() -> None:
    assert gate_after(4, closed_slots_before=7).closed_slots_before == 11
    assert gate_after(4, open_slots_before=2, closed_slots_before=7).closed_slots_before == 4
    assert gate_after(4).closed_slots_before == 2**53 - 1


def test_a_new_day_counts_from_nothing() -> None:
    """From 22:00, midnight is slot 4: the window of slots 2 to 5 opened yesterday."""
    assert gate_after(6, (2, 7), start="22:00", windows_today=1, open_slots_today=1) == GateState(
        gate="G", open_slots_before=4, closed_slots_before=0, windows_today=0, open_slots_today=2
    )
    assert gate_after(4, (2, 7), start="22:00", windows_today=1) == GateState(
        gate="G", open_slots_before=2, closed_slots_before=0, windows_today=0, open_slots_today=0
    )


def test_a_gate_is_closed_where_its_limit_has_ended() -> None:
    instance = tiny_instance(window_limits=(window_limit(end_slot=3),))
    state = left(instance, 6, windows=windows(("G", 1, 3)))
    assert (state.gates[0].open_slots_before, state.gates[0].closed_slots_before) == (0, 3)


def test_output_lost_and_permitted_are_summed_up() -> None:
    before = ProcessState(process="smelt", lost_units=5, permitted_units=100)
    instance = tiny_instance(state=State(processes=(before,)))
    state = left(instance, 4, rates=rates(smelt=(30, 20, 0, 0)))
    assert state.processes == (ProcessState(process="smelt", lost_units=15, permitted_units=160),)


def test_trips_are_under_way_as_long_as_they_have_something_to_do() -> None:
    """Ore of slot t is unloaded in t + 1 and free in t + 2."""
    instance = tiny_instance()
    made = departures(("ore.heavy", 2, 1), ("ore.heavy", 3, 2))
    assert left(instance, 4, departures=made).under_way == (
        UnderWay(leg="ore.heavy", slots_ago=1, trips=2),
    )
    assert left(instance, 6, departures=made).under_way == ()


def test_a_stock_move_on_the_seam_is_still_to_come() -> None:
    """A far leg with p = 18 min unloads after 1,800 s, at the start of slot t + 1, when it leaves:
    cut there, the trip is under way and its load not yet in hand."""
    streams = (stream("ore", legs=(far_leg(plant_minutes=18),)), stream("steel"))
    instance = tiny_instance(plants=(plant(streams=streams),), interval_slots=1)
    decided = plan_of(instance, departures=departures(("ore.heavy", 2, 1))).decisions
    assert decided is not None
    assert state_after(instance, decided, 3).under_way == (
        UnderWay(leg="ore.heavy", slots_ago=1, trips=1),
    )
    assert levels_after(instance, decided, 3)["ore"] == 300_000
    assert levels_after(instance, decided, 4)["ore"] == 330_000


def test_trucks_that_wait_are_held_from_their_readiness_to_their_release() -> None:
    """Ready in t + 1. Of three of slot 2 one is released in slot 3, of one held at the start none;
    one of slot 3 is ready on the seam."""
    streams = (stream("ore", legs=(far_leg(may_wait=True),)), stream("steel"))
    held = State(held=(Held(leg="ore.heavy", trips=1),))
    instance = tiny_instance(plants=(plant(streams=streams),), state=held)
    decided = {
        "departures": departures(("ore.heavy", 2, 3), ("ore.heavy", 3, 1)),
        "releases": releases(("ore.heavy", 3, 1), ("ore.heavy", 5, 1)),
    }
    state = left(instance, 4, **decided)
    assert state.under_way == (UnderWay(leg="ore.heavy", slots_ago=1, trips=1),)
    assert state.held == (Held(leg="ore.heavy", trips=3),)
    assert left(instance, 8, **decided).held == (Held(leg="ore.heavy", trips=3),)


def test_trips_made_and_allowance_are_those_of_the_day() -> None:
    """From 22:00: two slots of day 1 before slot 6, half of 24 + 24 trips at 41 permille."""
    instance = tiny_instance(
        start="2026-01-05T22:00:00+08:00",
        trip_cuts=(trip_cut(),),
        state=State(plants=(PlantState(plant="P", trips_made_today=7),)),
    )
    made = departures(("ore.heavy", 3, 1), ("ore.heavy", 4, 2), ("steel.heavy", 6, 1))
    assert left(instance, 2, departures=made).plants == (
        PlantState(plant="P", trips_made_today=7, allowance_numerator_today=48 * 42 * 2 * 30 * 50),
    )
    assert left(instance, 6, departures=made).plants == (
        PlantState(plant="P", trips_made_today=2, allowance_numerator_today=48 * 41 * 2 * 30 * 50),
    )


def test_safe_trips_are_spared_from_the_trips_made() -> None:
    parts = {
        "processes": (process(rate_min=20, hazard_weight=1),),
        "stocks": (stock("ore", now_kg=0), stock("steel")),
    }
    cut = trip_cut(cut_percent=95, safe_production_exempt=True)
    instance = tiny_instance(plants=(plant(**parts),), trip_cuts=(cut,))
    made = departures(("ore.heavy", 1, 1), ("ore.heavy", 4, 2))
    safe = (SafeTrips(stream="ore", day=0, trips=3),)
    assert breaches_of(instance, plan_of(instance, departures=made, safe_trips=safe)) == []
    assert left(instance, 2, departures=made, safe_trips=safe).plants[0].trips_made_today == 0
    two = (SafeTrips(stream="ore", day=0, trips=2),)
    assert left(instance, 6, departures=made, safe_trips=two).plants[0].trips_made_today == 1


def test_locked_windows_and_trips_are_left_to_the_caller() -> None:
    state = State(
        locked_trips=(LockedTrips(leg="ore.heavy", slot=6, trips=1),),
        locked_windows=(LockedWindow(gate="G", first_slot=6, end_slot=8),),
    )
    instance = tiny_instance(window_limits=(window_limit(),), state=state)
    made = departures(("ore.heavy", 6, 1))
    after = left(instance, 4, departures=made, windows=windows(("G", 6, 8)))
    assert (after.locked_trips, after.locked_windows, after.under_way) == ((), (), ())


def test_levels_follow_trips_rates_and_refusals() -> None:
    """330 t after the ore of slot 1 unloads in slot 2, less 20 t and 10 t eaten."""
    instance = tiny_instance()
    decided = plan_of(
        instance, departures=departures(("ore.heavy", 1, 1)), rates=rates(smelt=(20, 10, 0, 0))
    ).decisions
    assert decided is not None
    assert levels_after(instance, decided, 0) == {"ore": 300_000, "steel": 300_000}
    assert levels_after(instance, decided, 2) == {"ore": 280_000, "steel": 320_000}
    assert levels_after(instance, decided, 4) == {"ore": 300_000, "steel": 330_000}
