"""Tests that the model allows what just fits a law about trips and roads, and not one unit more."""

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
from tests.solver.builders import (
    bar,
    departures,
    far_leg,
    gate,
    leg,
    link,
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
    zone,
)
from tests.solver.modelled import allows, model_of

FLEETS = tuple(Fleet(vehicle_class=name, trucks=100) for name in ("heavy", "trailer", "van"))


def three_classes(**fields: Any) -> Instance:
    """A van, a heavy truck and a trailer bring ore; one heavy trip of slot 0 is locked."""
    legs = tuple(leg(f"ore.{name}", vehicle_class=name) for name in ("heavy", "trailer", "van"))
    locked = (LockedTrips(leg="ore.heavy", slot=0, trips=1),)
    return tiny_instance(
        plants=(plant(streams=(stream("ore", legs=legs), stream("steel"))),),
        state=State(locked_trips=locked),
        **fields,
    )


def test_three_classes_share_a_link_beside_a_locked_trip() -> None:
    """1,500 + 4,000 + 2,500 mPCU beside the locked 2,500: 21,000 an hour just carry them."""
    trips = departures(("ore.heavy", 0, 2), ("ore.trailer", 0, 1), ("ore.van", 0, 1))
    assert allows(three_classes(links=(link("b", capacity_mpcu_h=21_000),)), trips)
    assert not allows(three_classes(links=(link("b", capacity_mpcu_h=20_999),)), trips)
    assert allows(three_classes(), trips)


def test_a_links_row_is_divided_after_the_locked_trip_is_taken_off() -> None:
    """21,998 an hour leave 10,999 - 2,500 = 8,499: five vans (7,500) fit, six (9,000) do not;
    8,000 fit exactly and 8,500 would be one mPCU too many."""
    narrow = three_classes(links=(link("b", capacity_mpcu_h=21_998),))
    assert allows(narrow, departures(("ore.heavy", 0, 1), ("ore.van", 0, 5)))
    assert not allows(narrow, departures(("ore.heavy", 0, 1), ("ore.van", 0, 6)))
    assert allows(narrow, departures(("ore.heavy", 0, 1), ("ore.trailer", 0, 2)))
    assert not allows(
        narrow, departures(("ore.heavy", 0, 1), ("ore.trailer", 0, 1), ("ore.van", 0, 3))
    )


def test_background_takes_its_part_of_a_link() -> None:
    trips = departures(("ore.heavy", 0, 4))
    wide = {"capacity_mpcu_h": 24_000}
    fits = tiny_instance(links=(link("b", background_mpcu=2_000, **wide),))
    assert allows(fits, trips)
    over = tiny_instance(links=(link("b", background_mpcu=2_001, **wide),))
    assert not allows(over, trips)
    elsewhere = (2_000, 12_000, *(0,) * 6)
    assert allows(tiny_instance(links=(link("b", background_mpcu=elsewhere, **wide),)), trips)


def test_a_link_without_room_takes_only_the_locked_trip() -> None:
    """The residual is never below 0, so what is locked stays lawful."""
    full = three_classes(links=(link("b", capacity_mpcu_h=0),))
    assert allows(full, departures(("ore.heavy", 0, 1)))
    assert not allows(full, departures(("ore.heavy", 0, 1), ("ore.van", 0, 1)))


def test_no_more_than_are_left_of_trips_given_back_depart() -> None:
    left = (GivenBack(leg="ore.heavy", slot=0, trips=2),)
    state = State(given_back=left)
    assert allows(tiny_instance(state=state), departures(("ore.heavy", 0, 2)))
    assert not allows(tiny_instance(state=state), departures(("ore.heavy", 0, 3)))
    assert allows(tiny_instance(state=state), departures(("ore.heavy", 1, 3)))
    locked = (LockedTrips(leg="ore.heavy", slot=0, trips=3),)
    bound = tiny_instance(state=State(given_back=left, locked_trips=locked))
    assert allows(bound, departures(("ore.heavy", 0, 3)))
    assert not allows(bound, departures(("ore.heavy", 0, 4)))


def test_two_plants_share_a_link() -> None:
    works = []
    for name in ("P", "Q"):
        ore = stream(
            f"{name}.ore",
            stock=f"{name}.ore",
            legs=(leg(f"{name}.ore.heavy", gate_in=f"{name}.G", gate_out=f"{name}.G"),),
        )
        recipe = process().fields["recipe"][:1]
        recipe = (recipe[0].model_copy(update={"stock": f"{name}.ore"}),)
        works.append(
            plant(
                name,
                gates=(gate(f"{name}.G"),),
                processes=(process(f"{name}.smelt", recipe=recipe),),
                stocks=(stock(f"{name}.ore", breach_process=f"{name}.smelt"),),
                streams=(ore,),
            )
        )
    both = departures(("P.ore.heavy", 0, 2), ("Q.ore.heavy", 0, 1))
    for capacity, fits in ((15_000, True), (14_999, False)):
        road = link("b", capacity_mpcu_h=capacity)
        assert allows(tiny_instance(plants=works, links=(road,)), both) is fits


def test_a_zone_cap_counts_entries() -> None:
    """All roads lie in Z: a truck enters it at departure and, 18 minutes later, homewards."""
    trips = departures(("ore.heavy", 0, 3))
    assert allows(tiny_instance(zones=(zone(cap_mpcu=15_000),)), trips)
    assert not allows(tiny_instance(zones=(zone(cap_mpcu=14_999),)), trips)
    assert allows(tiny_instance(zones=(zone(),)), trips)
    assert allows(tiny_instance(zones=(zone(cap_mpcu=(15_000,) + (0,) * 7),)), trips)
    assert not allows(tiny_instance(zones=(zone(cap_mpcu=(14_999,) + (None,) * 7),)), trips)
    assert allows(tiny_instance(zones=(zone(cap_mpcu=(None,) + (0,) * 7),)), trips)


@pytest.mark.parametrize(
    ("place", "barred_slot"),
    [
        pytest.param({"links": ("c",)}, 0, id="link on the way home, 18 minutes after departure"),
        pytest.param({"plants": ("P",)}, 1, id="gate, at the passage in"),
        pytest.param({"zones": ("Z",)}, 0, id="zone"),
    ],
)
def test_a_bar_holds_at_its_own_time(place: dict[str, Any], barred_slot: int) -> None:
    """With 20 minutes at the far end the truck is on `c` from 32 minutes on: slot 1."""
    far = 20 if "links" in place else 6
    barred = barred_slot + (1 if "links" in place else 0)
    slow = (leg("ore.heavy", far_minutes=far),)
    works = plant(streams=(stream("ore", legs=slow), stream("steel")))
    for first, fits in ((barred, False), (barred + 1, True)):
        ban = bar(first_slot=first, end_slot=first + 1, **place)
        trips = departures(("ore.heavy", 0, 1))
        assert allows(tiny_instance(plants=(works,), bars=(ban,)), trips) is fits


def test_a_bar_holds_for_its_classes_and_kinds_alone() -> None:
    trips = departures(("ore.heavy", 0, 1))
    for ban in (bar(links=("a",), classes=("van",)), bar(links=("a",), kinds=("hazardous",))):
        assert allows(tiny_instance(bars=(ban,)), trips)
    assert not allows(tiny_instance(bars=(bar(links=("a",)),)), trips)


def small_fleet(trucks: int, **fields: Any) -> Instance:
    fleets = (Fleet(vehicle_class="heavy", trucks=trucks), *FLEETS[1:])
    return tiny_instance(plants=(plant(fleets=fleets),), **fields)


def test_a_fleet_is_away_until_it_has_turned_round() -> None:
    """A cycle of 36 minutes holds a truck in two slots; both streams draw on one fleet."""
    trips = departures(("ore.heavy", 0, 1), ("steel.heavy", 1, 1))
    assert allows(small_fleet(2), trips)
    assert not allows(small_fleet(1), trips)
    assert allows(small_fleet(1), departures(("ore.heavy", 0, 1), ("steel.heavy", 2, 1)))


def test_trips_under_way_take_their_part_of_the_fleet() -> None:
    state = State(under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=2),))
    one = departures(("ore.heavy", 0, 1))
    assert allows(small_fleet(3, state=state), one)
    assert not allows(small_fleet(2, state=state), one)
    assert allows(small_fleet(2, state=state), departures(("ore.heavy", 1, 1)))
    assert allows(small_fleet(1, state=state))


def waiting(**fields: Any) -> Instance:
    """A guest leg that may wait: in the gate after 12 minutes, ready after 18, home after 36."""
    ore = stream("ore", legs=(far_leg(may_wait=True),))
    works = {"streams": (ore,), "fleets": (Fleet(vehicle_class="heavy", trucks=2), *FLEETS[1:])}
    return tiny_instance(plants=(plant(**{**works, **fields.pop("works", {})}),), **fields)


def test_a_waiting_truck_leaves_only_when_ready() -> None:
    trips = departures(("ore.heavy", 0, 2))
    assert allows(waiting(), trips, releases(("ore.heavy", 1, 2)))
    assert not allows(waiting(), trips, releases(("ore.heavy", 0, 1)))
    assert not allows(waiting(), trips, releases(("ore.heavy", 1, 3)))
    held = State(held=(Held(leg="ore.heavy", trips=1),))
    assert allows(waiting(state=held), (), releases(("ore.heavy", 0, 1)))
    assert not allows(waiting(state=held), (), releases(("ore.heavy", 0, 2)))


def test_a_waiting_truck_keeps_its_place_in_the_fleet() -> None:
    """Two of two stand inside until slot 3 and drive home in it; a third may leave in slot 4."""
    inside = releases(("ore.heavy", 3, 2))
    assert allows(waiting(), departures(("ore.heavy", 0, 2), ("ore.heavy", 4, 1)), inside)
    assert not allows(waiting(), departures(("ore.heavy", 0, 2), ("ore.heavy", 3, 1)), inside)


def test_more_held_trucks_than_the_fleet_may_stay() -> None:
    held = State(held=(Held(leg="ore.heavy", trips=5),))
    assert allows(waiting(state=held))
    assert not allows(waiting(state=held), departures(("ore.heavy", 0, 1)))


def test_more_held_trucks_than_the_fleet_may_leave_at_once() -> None:
    held = State(held=(Held(leg="ore.heavy", trips=5),))
    limited = waiting(state=held, window_limits=(window_limit(),))
    kept = {"windows": windows(("G", 0, 2))}
    assert allows(limited, (), releases(("ore.heavy", 0, 5)), **kept)
    assert not allows(limited, (), releases(("ore.heavy", 0, 6)), **kept)


def test_inherited_trucks_beyond_the_fleet_may_be_sent_again() -> None:
    """Three held trucks of a fleet of two drive home in slot 0: three may depart in slot 1."""
    held = waiting(state=State(held=(Held(leg="ore.heavy", trips=3),)))
    left = releases(("ore.heavy", 0, 3))
    assert allows(held, departures(("ore.heavy", 1, 3)), left)
    assert not allows(held, departures(("ore.heavy", 1, 4)), left)
    assert not allows(held, departures(("ore.heavy", 0, 1)), left)


def test_a_trip_ends_its_unloading_in_the_horizon() -> None:
    assert allows(tiny_instance(), departures(("ore.heavy", 6, 1)))
    assert not allows(tiny_instance(), departures(("ore.heavy", 7, 1)))
    assert allows(tiny_instance(), departures(("steel.heavy", 7, 1)))


def test_gate_capacity_counts_both_directions() -> None:
    """In slot 1 the truck of slot 0 comes in and another goes out."""
    trips = departures(("ore.heavy", 0, 1), ("ore.heavy", 1, 1))
    for capacity, fits in ((2, True), (1, False)):
        narrow = plant(gates=(gate(capacity_passages=capacity),))
        assert allows(tiny_instance(plants=(narrow,)), trips) is fits


def capped(baseline: int = 24, **fields: Any) -> Instance:
    """Half of the normal trips of 08:00 to 12:00; steel has no baseline and does not count."""
    cut = {"exempt_kinds": ("livelihood",), **fields.pop("cut", {})}
    streams = (
        stream("ore", baseline_trips_day=baseline),
        stream("steel", baseline_trips_day=0, kind="livelihood"),
    )
    works = plant(**{"streams": streams, **fields.pop("works", {})})
    return tiny_instance(plants=(works,), trip_cuts=(trip_cut(**cut),), **fields)


@pytest.mark.parametrize(
    ("baseline", "cap_floor", "most"),
    [
        pytest.param(142, 0, 11, id="142 x 168/1000 x 1/2 = 11.93 is rounded down"),
        pytest.param(142, 13, 13, id="the floor"),
        pytest.param(1, 0, 0, id="a baseline of one trip leaves none"),
        pytest.param(1, 1, 1, id="a baseline of one trip, floor of one"),
    ],
)
def test_the_trip_cap_is_rounded_down_and_has_a_floor(
    baseline: int, cap_floor: int, most: int
) -> None:
    instance = capped(baseline, works={"cap_floor_trips": cap_floor})
    if most:
        assert allows(instance, departures(("ore.heavy", 0, most)))
    assert not allows(instance, departures(("ore.heavy", 0, most + 1)))
    assert allows(instance, departures(("steel.heavy", 0, 9)))


def test_a_cap_counts_only_its_slots_and_day() -> None:
    """No trip is left of the cut slots 0 and 1; the others are free."""
    early = capped(0, cut={"end_slot": 2, "cut_percent": 100})
    assert not allows(early, departures(("ore.heavy", 1, 1)))
    assert allows(early, departures(("ore.heavy", 2, 9)))


def test_an_alert_over_midnight_gives_each_day_its_own_cap() -> None:
    """From 22:00: 120 x 84/1000 x 1/2 = 5.04 before midnight; 82 after it leaves 4.92."""
    night = capped(120, start="2026-01-05T22:00:00+08:00")
    assert allows(night, departures(("ore.heavy", 3, 5), ("ore.heavy", 4, 4)))
    assert not allows(night, departures(("ore.heavy", 3, 6)))
    assert not allows(night, departures(("ore.heavy", 4, 5)))


def test_trips_made_today_count_against_the_cap() -> None:
    """An allowance of 6,000,000 is one trip more; 12 of 12.93 are made or are spent before."""
    allowance = {"allowance_numerator_today": 6_000_000}
    for made, fits in ((11, True), (12, False), (99, False)):
        state = State(plants=(PlantState(plant="P", trips_made_today=made, **allowance),))
        instance = capped(142, state=state)
        assert allows(instance, departures(("ore.heavy", 0, 1))) is fits
        assert allows(instance)


def test_locked_trips_stay_over_the_cap() -> None:
    state = State(locked_trips=(LockedTrips(leg="ore.heavy", slot=0, trips=3),))
    instance = capped(0, state=state)
    assert allows(instance, departures(("ore.heavy", 0, 3)))
    assert not allows(instance, departures(("ore.heavy", 0, 3), ("ore.heavy", 1, 1)))


def test_safe_trips_carry_what_holds_the_least_rate() -> None:
    """4 intervals x 20 units x 1,000 kg less 10,000 kg in hand = 70,000 kg: three trips."""
    works = {
        "processes": (process(rate_min=20, hazard_weight=1),),
        "stocks": (stock("ore", now_kg=10_000), stock("steel")),
    }
    exempt = {"safe_production_exempt": True}
    safe = capped(0, works=works, cut=exempt)
    assert allows(safe, departures(("ore.heavy", 0, 3)))
    assert not allows(safe, departures(("ore.heavy", 0, 4)))
    assert not allows(capped(0, works=works), departures(("ore.heavy", 0, 1)))


def test_safe_trips_of_a_day_stay_allowed_whatever_rail_brings_the_next() -> None:
    """20 t are needed before midnight, 40 t come by rail after it; under a cut to nothing one trip
    is safe, early or late."""
    works = {
        "processes": (process(rate_min=10, hazard_weight=1),),
        "stocks": (stock("ore", now_kg=0, arrivals_kg=(0, 0, 40_000, 0)), stock("steel")),
    }
    exempt = {"safe_production_exempt": True}
    night = capped(0, works=works, cut=exempt, start="2026-01-05T22:00:00+08:00")
    assert allows(night, departures(("ore.heavy", 0, 1)))
    assert allows(night, departures(("ore.heavy", 4, 1)))
    assert not allows(night, departures(("ore.heavy", 0, 2)))
    assert not allows(night, departures(("ore.heavy", 0, 1), ("ore.heavy", 4, 1)))


def test_nothing_departs_where_the_fleet_or_the_gate_is_nothing() -> None:
    for works in (
        plant(fleets=(Fleet(vehicle_class="heavy", trucks=0), *FLEETS[1:])),
        plant(gates=(gate(capacity_passages=0),)),
    ):
        instance = tiny_instance(plants=(works,))
        assert not any(block.own for block in model_of(instance).blocks)
        assert allows(instance, rates=rates(smelt=(30, 30, 30, 30)))
        assert allows(instance, windows=windows())
