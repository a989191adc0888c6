"""Tests of `link_capacity`, `zone_cap` and `bar`: just fits, one unit over, does not apply.

Ore trips drive a, b, c, d in their departure slot t: entries after 0, 360, 1,080 and 1,440 s.
"""

import pytest

from solver.check import worst_bunched_load
from solver.checks.verdict import BunchedLoad
from solver.instance import Instance, LockedTrips, RecipeItem, State, UnderWay
from tests.solver.builders import (
    Piece,
    bar,
    breaches_of,
    departures,
    far_leg,
    gate,
    leg,
    link,
    plan_of,
    plant,
    process,
    releases,
    stock,
    stream,
    tiny_instance,
    window_limit,
    windows,
    zone,
)

MIXED = (
    leg("ore.van", vehicle_class="van"),
    leg("ore.heavy", vehicle_class="heavy"),
    leg("ore.trailer", vehicle_class="trailer"),
)


def mixed_instance(capacity_mpcu_h: int, **fields: object) -> Instance:
    """An ore stream with vans (1,500 mPCU), heavy trucks (2,500) and trailers (4,000)."""
    streams = (stream("ore", legs=MIXED), stream("steel"))
    road = link("b", capacity_mpcu_h=capacity_mpcu_h)
    return tiny_instance(plants=(plant(streams=streams),), links=(road,), **fields)


def test_three_classes_share_a_row_with_one_of_them_locked() -> None:
    """Half an hour of 16,000 mPCU/h carries 8,000; a locked trailer leaves 4,000: one van and one
    heavy truck, to the last unit. 15,999 mPCU/h carries 7,999."""
    state = State(locked_trips=(LockedTrips(leg="ore.trailer", slot=3, trips=1),))
    rows = (("ore.trailer", 3, 1), ("ore.heavy", 3, 1), ("ore.van", 3, 1))
    fits, over = mixed_instance(16_000, state=state), mixed_instance(15_999, state=state)
    assert breaches_of(fits, plan_of(fits, departures=departures(*rows))) == []
    assert breaches_of(over, plan_of(over, departures=departures(*rows))) == [
        ("link_capacity", "b", 3, 4_000, 3_999)
    ]


def test_other_slots_of_a_full_link_are_free() -> None:
    instance = mixed_instance(16_000)
    rows = (("ore.trailer", 2, 2), ("ore.trailer", 3, 2), ("ore.van", 4, 5))
    assert breaches_of(instance, plan_of(instance, departures=departures(*rows))) == []


def test_background_is_taken_off_first() -> None:
    road = link("b", capacity_mpcu_h=16_000, background_mpcu=(0, 0, 0, 5_500, 0, 0, 0, 0))
    instance = tiny_instance(links=(road,))
    fits = plan_of(instance, departures=departures(("ore.heavy", 3, 1), ("ore.heavy", 4, 3)))
    over = plan_of(instance, departures=departures(("ore.heavy", 3, 2)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("link_capacity", "b", 3, 5_000, 2_500)]


def test_a_link_over_full_of_background_takes_locked_trips_and_no_other() -> None:
    road = link("b", capacity_mpcu_h=1_000, background_mpcu=9_000)
    state = State(locked_trips=(LockedTrips(leg="ore.heavy", slot=3, trips=1),))
    instance = tiny_instance(links=(road,), state=state)
    kept = plan_of(instance, departures=departures(("ore.heavy", 3, 1)))
    over = plan_of(instance, departures=departures(("ore.heavy", 3, 2)))
    assert breaches_of(instance, kept) == []
    assert breaches_of(instance, over) == [("link_capacity", "b", 3, 2_500, 0)]


@pytest.mark.parametrize(("length_m", "slot"), [(5_999, 0), (12_000, 0), (18_000, 1), (30_000, 1)])
def test_a_trip_loads_the_slot_in_which_it_enters(length_m: int, slot: int) -> None:
    """At 60 km/h link a takes 360, 720, 1,080 or 1,800 s; c is entered 720 s later."""
    roads = (link("a", length_m=length_m), link("c", capacity_mpcu_h=0))
    instance = tiny_instance(links=roads)
    plan = plan_of(instance, departures=departures(("ore.heavy", 0, 1)))
    assert breaches_of(instance, plan) == [("link_capacity", "c", slot, 2_500, 0)]


def test_driving_time_rounds_up_to_the_second() -> None:
    """1,799.94 s on link a are 1,800: b is entered in the next slot."""
    roads = (link("a", length_m=29_999), link("b", capacity_mpcu_h=0))
    instance = tiny_instance(links=roads)
    plan = plan_of(instance, departures=departures(("ore.heavy", 0, 1)))
    assert breaches_of(instance, plan) == [("link_capacity", "b", 1, 2_500, 0)]


def test_entries_after_the_horizon_are_free() -> None:
    """Link c takes 720 s: a trip that departs in the last slot enters d after 1,800 s."""
    roads = (link("c", length_m=12_000), link("d", capacity_mpcu_h=0))
    instance = tiny_instance(links=roads)
    plan = plan_of(instance, departures=departures(("steel.heavy", 7, 1)))
    assert breaches_of(instance, plan) == []


def test_trips_under_way_take_room_on_the_links_still_before_them() -> None:
    """Link a takes 1,080 s: a trip of the slot before enters c (2,160 s) and d in slot 0."""
    roads = (link("a", length_m=18_000), link("c", capacity_mpcu_h=10_000))
    state = State(under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=1),))
    far = far_leg("ore.far", path_out="home", path_back="away")
    streams = (stream("ore", legs=(leg(), far)), stream("steel"))
    instance = tiny_instance(plants=(plant(streams=streams),), links=roads, state=state)
    fits = plan_of(instance, departures=departures(("ore.far", 0, 1)))
    over = plan_of(instance, departures=departures(("ore.far", 0, 2)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("link_capacity", "c", 0, 5_000, 2_500)]


def waiting_instance(**fields: object) -> Instance:
    streams = (stream("ore", legs=(far_leg(may_wait=True),)), stream("steel"))
    return tiny_instance(plants=(plant(streams=streams),), **fields)


def test_a_released_truck_loads_its_way_back_from_the_release_on() -> None:
    """The way back of a far leg is a, b, entered in the release slot."""
    roads = (link("b", capacity_mpcu_h=5_000, background_mpcu=(0, 0, 0, 0, 0, 1, 0, 0)),)
    instance = waiting_instance(links=roads)
    come = departures(("ore.heavy", 1, 1))
    fits = plan_of(instance, departures=come, releases=releases(("ore.heavy", 4, 1)))
    over = plan_of(instance, departures=come, releases=releases(("ore.heavy", 5, 1)))
    stays = plan_of(instance, departures=come)
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("link_capacity", "b", 5, 2_500, 2_499)]
    assert breaches_of(instance, stays) == []


ZONES = (zone("Y", cap_mpcu=5_000), zone("Z"))


def test_a_zone_takes_what_enters_it_up_to_its_cap() -> None:
    """Links b and c lie in Y: a trip enters it at b on the way out and at c on the way back."""
    roads = (link("b", zone="Y"), link("c", zone="Y"))
    instance = tiny_instance(zones=ZONES, links=roads)
    fits = plan_of(instance, departures=departures(("ore.heavy", 3, 1)))
    over = plan_of(instance, departures=departures(("ore.heavy", 3, 2)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("zone_cap", "Y", 3, 10_000, 5_000)]


def test_going_on_inside_a_zone_is_no_entry_but_the_first_link_is() -> None:
    """Both links of the way out lie in Y: one entry, at the first."""
    roads = (link("a", zone="Y"), link("b", zone="Y"))
    instance = tiny_instance(zones=ZONES, links=roads)
    fits = plan_of(instance, departures=departures(("ore.heavy", 3, 2)))
    over = plan_of(instance, departures=departures(("ore.heavy", 3, 3)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("zone_cap", "Y", 3, 7_500, 5_000)]


def test_locked_trips_take_room_in_a_zone_first() -> None:
    roads = (link("a", zone="Y"),)
    state = State(locked_trips=(LockedTrips(leg="steel.heavy", slot=3, trips=3),))
    instance = tiny_instance(zones=ZONES, links=roads, state=state)
    kept = plan_of(instance, departures=departures(("steel.heavy", 3, 3)))
    over = plan_of(instance, departures=departures(("steel.heavy", 3, 4)))
    assert breaches_of(instance, kept) == []
    assert breaches_of(instance, over) == [("zone_cap", "Y", 3, 2_500, 0)]


def test_a_cap_holds_in_its_own_slots() -> None:
    caps = zone("Z", cap_mpcu=(None, None, None, 5_000, None, None, None, None))
    instance = tiny_instance(zones=(caps,))
    before = plan_of(instance, departures=departures(("ore.heavy", 2, 4)))
    within = plan_of(instance, departures=departures(("ore.heavy", 3, 2)))
    assert breaches_of(instance, before) == []
    assert breaches_of(instance, within) == [("zone_cap", "Z", 3, 10_000, 5_000)]


def test_a_zone_without_cap_takes_all() -> None:
    instance = tiny_instance()
    plan = plan_of(instance, departures=departures(("ore.heavy", 3, 20)))
    assert breaches_of(instance, plan) == []


def test_a_bar_at_a_plants_gate_holds_in_the_slots_of_the_passages() -> None:
    """Ore passes the gate in t and t + 1: a bar of slots 3 and 4 catches departures in 2, 3, 4."""
    instance = tiny_instance(bars=(bar(plants=("P",), first_slot=3, end_slot=5),))
    for slot in range(7):
        plan = plan_of(instance, departures=departures(("ore.heavy", slot, 1)))
        caught = [("bar", "ore.heavy under B", slot, 1, 0)] if slot in (2, 3, 4) else []
        assert breaches_of(instance, plan) == caught


@pytest.mark.parametrize("where", [{"links": ("d",)}, {"zones": ("Y",)}])
def test_a_bar_on_a_road_holds_from_entry_to_exit(where: dict[str, tuple[str, ...]]) -> None:
    """Link d takes 1,440 - 1,800 s at 60 km/h and is left within slot t; at 59 km/h each link takes
    367 s and d is left after 1,807 s, in slot t + 1."""
    barred = (bar(first_slot=3, end_slot=4, **where),)
    zones = (zone("Y"), zone("Z"))
    fast = tiny_instance(bars=barred, zones=zones, links=(link("d", zone="Y"),))
    slow = tiny_instance(
        bars=barred, zones=zones, links=(link("c", speed_kmh=59), link("d", zone="Y"))
    )
    for slot, in_fast, in_slow in ((2, False, True), (3, True, True), (4, False, False)):
        made = departures(("ore.heavy", slot, 1))
        breach = [("bar", "ore.heavy under B", slot, 1, 0)]
        assert breaches_of(fast, plan_of(fast, departures=made)) == (breach if in_fast else [])
        assert breaches_of(slow, plan_of(slow, departures=made)) == (breach if in_slow else [])


@pytest.mark.parametrize(
    "other", [{"classes": ("van",)}, {"kinds": ("hazardous", "livelihood")}, {"plants": ("Q",)}]
)
def test_a_bar_of_other_classes_errands_or_plants_does_not_apply(
    other: dict[str, tuple[str, ...]],
) -> None:
    instance = tiny_instance(bars=(bar(**{"plants": ("P",), **other}),), plants=(plant(), twin()))
    plan = plan_of(instance, departures=departures(("ore.heavy", 3, 1)))
    assert breaches_of(instance, plan) == []


def twin() -> Piece:
    """Plant Q with processes and stocks like those of P, and no traffic."""
    recipe = (
        RecipeItem(stock="ore.Q", consumes_kg=1000),
        RecipeItem(stock="steel.Q", produces_kg=1000),
    )
    return plant(
        "Q",
        gates=(),
        streams=(),
        processes=(process("smelt.Q", recipe=recipe),),
        stocks=tuple(stock(id, breach_process="smelt.Q") for id in ("ore.Q", "steel.Q")),
    )


def test_hazardous_goods_have_their_own_hours() -> None:
    streams = (stream("ore", kind="hazardous"), stream("steel"))
    night = bar(kinds=("hazardous",), links=("b",), first_slot=0, end_slot=4)
    instance = tiny_instance(plants=(plant(streams=streams),), bars=(night,))
    rows = departures(("ore.heavy", 3, 1), ("ore.heavy", 4, 1), ("steel.heavy", 3, 1))
    assert breaches_of(instance, plan_of(instance, departures=rows)) == [
        ("bar", "ore.heavy under B", 3, 1, 0)
    ]


def test_a_waiting_leg_is_barred_by_halves() -> None:
    """The way in is c, d, the way out of the plant a, b: a bar on b holds the release alone."""
    instance = waiting_instance(bars=(bar(links=("b",), first_slot=0, end_slot=5),))
    come = departures(("ore.heavy", 1, 1))
    late = plan_of(instance, departures=come, releases=releases(("ore.heavy", 5, 1)))
    early = plan_of(instance, departures=come, releases=releases(("ore.heavy", 4, 1)))
    assert breaches_of(instance, late) == []
    assert breaches_of(instance, early) == [("bar", "ore.heavy under B", 4, 1, 0)]


def test_trips_under_way_pass_a_bar_and_locked_departures_do_not() -> None:
    barred = (bar(plants=("P",)),)
    under_way = State(under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=1),))
    locked = State(locked_trips=(LockedTrips(leg="ore.heavy", slot=2, trips=1),))
    on_road = tiny_instance(bars=barred, state=under_way)
    kept = tiny_instance(bars=barred, state=locked)
    assert breaches_of(on_road, plan_of(on_road)) == []
    assert breaches_of(kept, plan_of(kept, departures=departures(("ore.heavy", 2, 1)))) == [
        ("bar", "ore.heavy under B", 2, 1, 0)
    ]


@pytest.mark.parametrize(
    ("begin", "outer"), [("16:20", 16), ("22:00", 28), ("23:59", 31), ("00:00", 32)]
)
def test_a_bar_from_any_minute_takes_the_whole_slot(begin: str, outer: int) -> None:
    """Half-hour slots from 08:00: the slot that holds the alert's first minute is barred whole, and
    a trip that is off the roads at the end of the slot before is free."""
    instance = tiny_instance(n_slots=40, bars=(bar(links=("d",), first_slot=outer, end_slot=40),))
    last = plan_of(instance, departures=departures(("ore.heavy", outer - 1, 1)))
    first = plan_of(instance, departures=departures(("ore.heavy", outer, 1)))
    assert breaches_of(instance, last) == [], begin
    assert breaches_of(instance, first) == [("bar", "ore.heavy under B", outer, 1, 0)]


def test_bunched_trips_of_a_window_meet_in_its_worst_slot() -> None:
    """Three trips spread over a window of slots 1 to 3 may all enter link b in one of them; its
    background makes slot 3 the worst: 7,500 + 900 of 5,000."""
    road = link("b", capacity_mpcu_h=10_000, background_mpcu=(0, 0, 0, 900, 0, 0, 0, 0))
    limit = window_limit(min_slots=1)
    instance = tiny_instance(links=(road,), window_limits=(limit,))
    rows = departures(("ore.heavy", 1, 1), ("ore.heavy", 2, 1), ("steel.heavy", 1, 1))
    plan = plan_of(instance, departures=rows, windows=windows(("G", 1, 4)))
    assert breaches_of(instance, plan) == []
    assert worst_bunched_load(instance, plan, most_links=1) == (
        BunchedLoad(link="b", slot=3, bunched_mpcu=7_500, background_mpcu=900, capacity_mpcu=5_000),
    )


def test_bunched_trips_are_no_more_than_the_gate_lets_pass() -> None:
    parts = {"gates": (gate(capacity_passages=2),)}
    limit = window_limit(min_slots=1)
    instance = tiny_instance(plants=(plant(**parts),), window_limits=(limit,))
    rows = departures(("steel.heavy", 1, 2), ("steel.heavy", 6, 1))
    shut = windows(("G", 1, 4), ("G", 6, 8))
    plan = plan_of(instance, departures=rows, windows=shut)
    loads = worst_bunched_load(instance, plan)
    assert [row.link for row in loads] == ["a", "b", "c", "d"]
    assert {row.bunched_mpcu for row in loads} == {5_000}
    spread = departures(("steel.heavy", 1, 1), ("steel.heavy", 2, 1), ("steel.heavy", 3, 1))
    three = plan_of(instance, departures=spread, windows=shut)
    assert {row.bunched_mpcu for row in worst_bunched_load(instance, three)} == {5_000}


def test_bunching_adds_trips_under_way_and_needs_decisions() -> None:
    roads = (link("a", length_m=18_000),)
    state = State(under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=3),))
    instance = tiny_instance(links=roads, state=state)
    loads = worst_bunched_load(instance, plan_of(instance))
    assert [(row.link, row.slot, row.bunched_mpcu) for row in loads] == [
        ("c", 0, 7_500),
        ("d", 0, 7_500),
    ]
    nothing = plan_of(instance).model_copy(update={"decisions": None, "status": "none"})
    assert worst_bunched_load(instance, nothing) == ()
