"""Tests of `trip_cap`, `fleet` and `locked`: just fits, one unit over, does not apply.

Ore and steel have 24 trips on a normal day, 41 permille in each hour before 08:00, 42 after.
"""

from typing import Any

import pytest

from solver.instance import (
    Fleet,
    GivenBack,
    Held,
    Instance,
    LockedTrips,
    PlantState,
    State,
    UnderWay,
)
from solver.plan import LockedConflict, Plan, SafeTrips
from tests.solver.builders import (
    Piece,
    breaches_of,
    departures,
    far_leg,
    leg,
    plan_of,
    plant,
    process,
    releases,
    stock,
    stream,
    tiny_instance,
    trip_cut,
)

ALL_DAY = {"start": "2026-01-05T00:00:00+08:00", "n_slots": 48}


def capped(baseline: int = 24, floor: int = 0, **fields: Any) -> Instance:
    """Ore has `baseline` trips a day, steel none."""
    streams = (
        stream("ore", baseline_trips_day=baseline),
        stream("steel", baseline_trips_day=0),
    )
    stocks = (stock("ore", max_kg=9_000_000), stock("steel"))
    works = plant(streams=streams, stocks=stocks, cap_floor_trips=floor)
    return tiny_instance(plants=(works,), **fields)


def test_half_of_a_whole_day_is_half_of_the_trips() -> None:
    """24 trips x 1,000 permille x (100 - 50) %: 12."""
    instance = capped(**ALL_DAY, trip_cuts=(trip_cut(end_slot=48),))
    fits = plan_of(instance, departures=departures(("ore.heavy", 3, 5), ("ore.heavy", 40, 7)))
    over = plan_of(instance, departures=departures(("ore.heavy", 3, 5), ("ore.heavy", 40, 8)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("trip_cap", "P", 0, 13, 12)]


def test_the_cap_rounds_down() -> None:
    """25 trips halved are 12.5: 12."""
    instance = capped(25, **ALL_DAY, trip_cuts=(trip_cut(end_slot=48),))
    over = plan_of(instance, departures=departures(("ore.heavy", 3, 13)))
    assert breaches_of(instance, over) == [("trip_cap", "P", 0, 13, 12)]


def test_part_of_a_day_has_its_share_of_the_trips_and_the_rest_is_free() -> None:
    """Slots 2 to 5 are two hours from 09:00: 100 x 84 permille x 50 % = 4.2."""
    instance = capped(100, trip_cuts=(trip_cut(first_slot=2, end_slot=6),))
    fits = plan_of(instance, departures=departures(("ore.heavy", 1, 30), ("ore.heavy", 3, 4)))
    over = plan_of(instance, departures=departures(("ore.heavy", 5, 5), ("ore.heavy", 6, 30)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("trip_cap", "P", 2, 5, 4)]


def test_a_change_of_level_is_counted_pro_rata() -> None:
    """An hour at 50 % and an hour at 75 % of 100 x 42 permille: 2.1 + 3.15 = 5.25."""
    cuts = (
        trip_cut(first_slot=2, end_slot=4),
        trip_cut(id="C2", first_slot=4, end_slot=6, cut_percent=25),
    )
    instance = capped(100, trip_cuts=cuts)
    fits = plan_of(instance, departures=departures(("ore.heavy", 3, 5)))
    over = plan_of(instance, departures=departures(("ore.heavy", 3, 5), ("ore.heavy", 4, 1)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("trip_cap", "P", 2, 6, 5)]


@pytest.mark.parametrize(
    ("start", "caps"),
    [
        ("16:00", {0: 16, 16: 33}),
        ("22:00", {0: 4, 4: 45}),
        ("23:30", {0: 1, 1: 48}),
        ("00:00", {0: 50}),
    ],
)
def test_each_local_day_has_its_own_cap(start: str, caps: dict[int, int]) -> None:
    """Half of 100 trips is cut in 48 slots from the start, and `caps` gives each day's cap by its
    first slot. 16:00: 8 h x 42 permille = 16.8; on the next day 664 permille = 33.2."""
    instance = capped(
        100, start=f"2026-01-05T{start}:00+08:00", n_slots=49, trip_cuts=(trip_cut(end_slot=48),)
    )
    rows = {("ore.heavy", slot): cap for slot, cap in caps.items()}
    fits = plan_of(instance, departures=departures(*((*key, n) for key, n in rows.items())))
    assert breaches_of(instance, fits) == []
    for (leg_id, slot), n in rows.items():
        more = rows | {(leg_id, slot): n + 1}
        over = plan_of(instance, departures=departures(*((*key, m) for key, m in more.items())))
        assert breaches_of(instance, over) == [("trip_cap", "P", slot, n + 1, n)]


@pytest.mark.parametrize(("baseline", "floor", "cap"), [(1, 1, 1), (1, 0, 0), (24, 1, 12)])
def test_a_baseline_of_one_trip_keeps_the_floor(baseline: int, floor: int, cap: int) -> None:
    """Half of one trip is none; the floor grants one, and takes nothing from a larger plant."""
    instance = capped(baseline, floor, **ALL_DAY, trip_cuts=(trip_cut(end_slot=48),))
    over = plan_of(instance, departures=departures(("ore.heavy", 3, cap + 1)))
    assert breaches_of(instance, over) == [("trip_cap", "P", 0, cap + 1, cap)]
    if cap:
        fits = plan_of(instance, departures=departures(("ore.heavy", 3, cap)))
        assert breaches_of(instance, fits) == []


def test_exempt_kinds_neither_count_nor_earn() -> None:
    """Ore is exempt: 40 ore trips are free, steel has half of its own 24."""
    streams = (stream("ore", kind="livelihood"), stream("steel"))
    instance = tiny_instance(
        **ALL_DAY,
        plants=(plant(streams=streams),),
        trip_cuts=(trip_cut(end_slot=48, exempt_kinds=("livelihood",)),),
    )
    fits = plan_of(instance, departures=departures(("ore.heavy", 3, 20), ("steel.heavy", 5, 10)))
    full = plan_of(instance, departures=departures(("steel.heavy", 5, 10), ("steel.heavy", 6, 3)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, full)[-1] == ("trip_cap", "P", 0, 13, 12)


def test_trips_made_today_and_the_allowance_before_count_on_the_first_day() -> None:
    """4 h at 100 x 42 permille x 50 % = 8.4, with 1.6 from before 10; three are made already."""
    today = PlantState(plant="P", trips_made_today=3, allowance_numerator_today=9_600_000)
    instance = capped(100, trip_cuts=(trip_cut(),), state=State(plants=(today,)))
    fits = plan_of(instance, departures=departures(("ore.heavy", 3, 7)))
    over = plan_of(instance, departures=departures(("ore.heavy", 3, 8)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("trip_cap", "P", 0, 8, 7)]


def test_a_day_overspent_allows_what_is_locked_and_no_more() -> None:
    state = State(
        plants=(PlantState(plant="P", trips_made_today=99),),
        locked_trips=(LockedTrips(leg="ore.heavy", slot=2, trips=2),),
    )
    instance = capped(100, trip_cuts=(trip_cut(),), state=state)
    kept = plan_of(instance, departures=departures(("ore.heavy", 2, 2)))
    over = plan_of(instance, departures=departures(("ore.heavy", 2, 3)))
    assert breaches_of(instance, kept) == []
    assert breaches_of(instance, over) == [("trip_cap", "P", 0, 3, 2)]


def test_another_plants_cut_and_an_uncut_day_do_not_apply() -> None:
    made = departures(("ore.heavy", 3, 30))
    uncut = capped(1)
    assert breaches_of(uncut, plan_of(uncut, departures=made)) == []
    tomorrow = capped(1, start="2026-01-05T22:00:00+08:00", trip_cuts=(trip_cut(first_slot=4),))
    assert breaches_of(tomorrow, plan_of(tomorrow, departures=made)) == []


def safe_instance(now_kg: int, exempt: bool = True, **fields: Any) -> Instance:
    """A must-run process needs 10 units of 1 t of ore in each of 4 intervals: 40 t; a trip brings
    30 t; no other trip is allowed."""
    parts = {
        "processes": (process(rate_min=10, hazard_weight=1),),
        "stocks": (stock("ore", now_kg=now_kg), stock("steel")),
        "streams": (stream("ore", baseline_trips_day=0), stream("steel", baseline_trips_day=0)),
    }
    cut = trip_cut(cut_percent=100, safe_production_exempt=exempt)
    return tiny_instance(plants=(plant(**parts),), trip_cuts=(cut,), **fields)


def safe_plan(instance: Instance, trips: int, safe: int) -> Plan:
    spared = (SafeTrips(stream="ore", day=0, trips=safe),) if safe else ()
    return plan_of(instance, departures=departures(("ore.heavy", 1, trips)), safe_trips=spared)


def test_safe_production_trips_are_spared_up_to_the_need_in_whole_trips() -> None:
    """40 t less 9 t in hand are 31 t: two trips. Less 10 t are 30 t: one trip."""
    two, one = safe_instance(9_000), safe_instance(10_000)
    assert breaches_of(two, safe_plan(two, 2, 2)) == []
    assert breaches_of(two, safe_plan(two, 3, 3)) == [
        ("trip_cap", "ore in to day 0", None, 90_000, 60_000)
    ]
    assert breaches_of(one, safe_plan(one, 1, 1)) == []
    assert breaches_of(one, safe_plan(one, 2, 2)) == [
        ("trip_cap", "ore in to day 0", None, 60_000, 30_000)
    ]
    assert breaches_of(two, safe_plan(two, 2, 1)) == [("trip_cap", "P", 0, 1, 0)]


def test_safe_trips_need_the_measure_to_say_so_and_a_process_that_must_run() -> None:
    unsaid = safe_instance(0, exempt=False)
    assert breaches_of(unsaid, safe_plan(unsaid, 1, 1)) == [
        ("trip_cap", "ore on day 0", None, 1, 0)
    ]
    enough = safe_instance(40_000)
    assert breaches_of(enough, safe_plan(enough, 1, 1)) == [
        ("trip_cap", "ore in to day 0", None, 30_000, 0)
    ]


def test_safe_trips_are_at_most_those_that_departed() -> None:
    instance = safe_instance(9_000)
    assert breaches_of(instance, safe_plan(instance, 1, 2)) == [
        ("trip_cap", "ore on day 0", None, 2, 1)
    ]


def test_arrivals_by_rail_lower_the_need_of_safe_trips() -> None:
    parts = {
        "processes": (process(rate_min=10, hazard_weight=1),),
        "stocks": (stock("ore", now_kg=0, arrivals_kg=(0, 0, 0, 10_000)), stock("steel")),
    }
    cut = trip_cut(cut_percent=100, safe_production_exempt=True)
    instance = tiny_instance(plants=(plant(**parts),), trip_cuts=(cut,))
    assert breaches_of(instance, safe_plan(instance, 1, 1)) == []
    assert breaches_of(instance, safe_plan(instance, 2, 2)) == [
        ("trip_cap", "ore in to day 0", None, 60_000, 30_000)
    ]


def test_arrivals_of_the_next_day_do_not_take_back_what_this_day_needed() -> None:
    """From 22:00: 20 t are needed before midnight, and rail brings 40 t after it."""
    parts = {
        "processes": (process(rate_min=10, hazard_weight=1),),
        "stocks": (stock("ore", now_kg=0, arrivals_kg=(0, 0, 40_000, 0)), stock("steel")),
    }
    cut = trip_cut(cut_percent=100, safe_production_exempt=True)
    night = "2026-01-05T22:00:00+08:00"
    instance = tiny_instance(plants=(plant(**parts),), trip_cuts=(cut,), start=night)
    assert breaches_of(instance, safe_plan(instance, 1, 1)) == []
    assert breaches_of(instance, safe_plan(instance, 2, 2)) == [
        ("trip_cap", "ore in to day 0", None, 60_000, 30_000),
        ("trip_cap", "ore in to day 1", None, 60_000, 30_000),
    ]


def test_safe_trips_out_make_room_for_what_must_be_made() -> None:
    """40 t of steel must be made and 20 t find room: one trip out is spared."""
    parts = {
        "processes": (process(rate_min=10, hazard_weight=1),),
        "stocks": (stock("ore"), stock("steel", now_kg=80_000, max_kg=100_000)),
    }
    cut = trip_cut(cut_percent=100, safe_production_exempt=True)
    instance = tiny_instance(plants=(plant(**parts),), trip_cuts=(cut,))

    def plan(trips: int) -> Plan:
        spared = (SafeTrips(stream="steel", day=0, trips=trips),)
        made = departures(("steel.heavy", 1, trips))
        return plan_of(instance, departures=made, safe_trips=spared)

    assert breaches_of(instance, plan(1)) == []
    assert breaches_of(instance, plan(2)) == [
        ("trip_cap", "steel out to day 0", None, 60_000, 30_000)
    ]


def plant_with(trucks: int, **fields: Any) -> Piece:
    return plant(fleets=(Fleet(vehicle_class="heavy", trucks=trucks),), **fields)


def test_trucks_are_away_from_departure_to_the_end_of_the_turn_round() -> None:
    """2,160 s: away in t and t + 1. Three trucks serve two trips in slot 1 and one in slot 2."""
    rows = (("ore.heavy", 1, 2), ("ore.heavy", 2, 1), ("ore.heavy", 3, 2))
    fits = tiny_instance(plants=(plant_with(3),))
    over = tiny_instance(plants=(plant_with(2),))
    assert breaches_of(fits, plan_of(fits, departures=departures(*rows))) == []
    assert breaches_of(over, plan_of(over, departures=departures(*rows))) == [
        ("fleet", "P heavy", 2, 3, 2),
        ("fleet", "P heavy", 3, 3, 2),
    ]


def test_a_cycle_of_whole_slots_frees_its_truck_at_once() -> None:
    """Without the 6 minutes at the plant the cycle takes 1,800 s, one slot."""
    streams = (stream("ore", legs=(leg(plant_minutes=0),)), stream("steel"))
    instance = tiny_instance(plants=(plant_with(1, streams=streams),))
    rows = departures(("ore.heavy", 1, 1), ("ore.heavy", 2, 1))
    assert breaches_of(instance, plan_of(instance, departures=rows)) == []


def test_streams_and_legs_of_a_class_share_the_trucks_and_classes_do_not() -> None:
    streams = (stream("ore", legs=(leg(), leg("ore.van", vehicle_class="van"))), stream("steel"))
    fleets = (Fleet(vehicle_class="heavy", trucks=1), Fleet(vehicle_class="van", trucks=1))
    instance = tiny_instance(plants=(plant(streams=streams, fleets=fleets),))
    apart = departures(("ore.heavy", 1, 1), ("ore.van", 1, 1))
    together = departures(("ore.heavy", 1, 1), ("steel.heavy", 1, 1))
    assert breaches_of(instance, plan_of(instance, departures=apart)) == []
    assert breaches_of(instance, plan_of(instance, departures=together)) == [
        ("fleet", "P heavy", 1, 2, 1),
        ("fleet", "P heavy", 2, 2, 1),
    ]


def test_locked_trips_and_trips_under_way_keep_their_trucks() -> None:
    """Under way since one slot: away in slot 0. Locked in slot 2: away in 2 and 3."""
    state = State(
        under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=1),),
        locked_trips=(LockedTrips(leg="ore.heavy", slot=2, trips=1),),
    )
    instance = tiny_instance(plants=(plant_with(1),), state=state)
    for slot, busy in ((0, [0]), (1, [2]), (3, [3]), (4, [])):
        rows = departures(("ore.heavy", 2, 1), ("steel.heavy", slot, 1))
        assert breaches_of(instance, plan_of(instance, departures=rows)) == [
            ("fleet", "P heavy", s, 1, 0) for s in busy
        ]


def waiting(trucks: int, state: State | None = None) -> Instance:
    """Ready one slot after the departure, home in the slot of the release."""
    streams = (stream("ore", legs=(far_leg(may_wait=True),)), stream("steel"))
    return tiny_instance(plants=(plant_with(trucks, streams=streams),), state=state or State())


def test_a_truck_that_waits_keeps_its_place_in_the_fleet_until_it_is_home() -> None:
    """Released in slot 4, it drives home in slot 4 and is free in slot 5."""
    instance = waiting(1)
    out = releases(("ore.heavy", 4, 1))
    again = plan_of(
        instance, departures=departures(("ore.heavy", 1, 1), ("ore.heavy", 5, 1)), releases=out
    )
    early = plan_of(
        instance, departures=departures(("ore.heavy", 1, 1), ("ore.heavy", 4, 1)), releases=out
    )
    assert breaches_of(instance, again) == []
    assert breaches_of(instance, early) == [("fleet", "P heavy", 4, 2, 1)]


def test_held_trucks_and_waiting_ones_under_way_keep_their_place_too() -> None:
    state = State(
        held=(Held(leg="ore.heavy", trips=1),),
        under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=1),),
    )
    instance = waiting(3, state)
    one = plan_of(instance, departures=departures(("ore.heavy", 0, 1)))
    two = plan_of(instance, departures=departures(("ore.heavy", 0, 2)))
    assert breaches_of(instance, one) == []
    assert breaches_of(instance, two)[0] == ("fleet", "P heavy", 0, 4, 3)
    gone = plan_of(
        instance,
        departures=departures(("ore.heavy", 2, 3)),
        releases=releases(("ore.heavy", 0, 1), ("ore.heavy", 1, 1)),
    )
    assert breaches_of(instance, gone) == []


def test_more_trucks_inside_than_the_fleet_has_is_no_breach() -> None:
    """A state as absurd as this must leave a lawful plan: they stand inside whatever is decided."""
    state = State(
        held=(Held(leg="ore.heavy", trips=5),),
        under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=2),),
        locked_trips=(LockedTrips(leg="ore.heavy", slot=3, trips=4),),
    )
    instance = waiting(1, state)
    kept = plan_of(instance, departures=departures(("ore.heavy", 3, 4)))
    more = plan_of(instance, departures=departures(("ore.heavy", 2, 1), ("ore.heavy", 3, 4)))
    assert breaches_of(instance, kept) == []
    assert breaches_of(instance, more)[0] == ("fleet", "P heavy", 2, 8, 7)


def test_no_truck_leaves_before_it_is_ready() -> None:
    instance = waiting(9, State(held=(Held(leg="ore.heavy", trips=1),)))
    come = departures(("ore.heavy", 1, 2))
    fits = plan_of(
        instance, departures=come, releases=releases(("ore.heavy", 0, 1), ("ore.heavy", 2, 2))
    )
    early = plan_of(
        instance, departures=come, releases=releases(("ore.heavy", 0, 1), ("ore.heavy", 1, 1))
    )
    over = plan_of(instance, departures=come, releases=releases(("ore.heavy", 7, 4)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, early) == [("decisions", "ore.heavy", 1, 2, 1)]
    assert breaches_of(instance, over)[0] == ("decisions", "ore.heavy", 7, 4, 3)


def test_every_locked_trip_departs() -> None:
    """Two entries of one leg and slot add up."""
    locked = LockedTrips(leg="ore.heavy", slot=2, trips=1)
    instance = tiny_instance(state=State(locked_trips=(locked, locked)))
    kept = plan_of(instance, departures=departures(("ore.heavy", 2, 2)))
    more = plan_of(instance, departures=departures(("ore.heavy", 2, 3)))
    less = plan_of(instance, departures=departures(("ore.heavy", 2, 1), ("ore.heavy", 3, 1)))
    assert breaches_of(instance, kept) == []
    assert breaches_of(instance, more) == []
    assert breaches_of(instance, less) == [("locked", "ore.heavy", 2, 1, 2)]
    assert breaches_of(instance, plan_of(instance)) == [("locked", "ore.heavy", 2, 0, 2)]


def test_no_more_depart_than_are_left_of_trips_given_back() -> None:
    left = GivenBack(leg="ore.heavy", slot=2, trips=1)
    instance = tiny_instance(state=State(given_back=(left,)))
    kept = plan_of(instance, departures=departures(("ore.heavy", 2, 1), ("ore.heavy", 3, 2)))
    more = plan_of(instance, departures=departures(("ore.heavy", 2, 2)))
    assert breaches_of(instance, kept) == []
    assert breaches_of(instance, more) == [("locked", "ore.heavy", 2, 2, 1)]
    locked = (LockedTrips(leg="ore.heavy", slot=2, trips=2),)
    bound = tiny_instance(state=State(given_back=(left,), locked_trips=locked))
    departed = plan_of(bound, departures=departures(("ore.heavy", 2, 2)))
    assert breaches_of(bound, departed) == [], "locked trips depart all the same"


def test_an_infeasible_plan_names_locked_trips() -> None:
    locked = LockedTrips(leg="ore.heavy", slot=2, trips=1)
    instance = tiny_instance(state=State(locked_trips=(locked,)))

    def infeasible(*slots: int) -> Plan:
        conflicts = tuple(
            LockedConflict(leg="ore.heavy", slot=slot, trips=1, law="bar", where="B")
            for slot in slots
        )
        return Plan(instance_digest=instance.digest, status="infeasible", conflicts=conflicts)

    assert breaches_of(instance, infeasible(2)) == []
    assert breaches_of(instance, infeasible()) == [("locked", "infeasible", None, 0, 1)]
    assert breaches_of(instance, infeasible(3)) == [("locked", "ore.heavy", None, 1, 0)]
