"""Tests that a shortfall is put down to the law and object that make it, to nothing else, with the
exact value before and after; that laws which bind together are named together; that roads which
others fill are named with their slots."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from solver.check import stage_values
from solver.explain import Binding, Cause, causes
from solver.instance import Fleet, Instance, ProcessState, State
from solver.loosen import BindingLaw
from solver.plan import Plan
from solver.solve import SolveParams, solve
from tests.solver.builders import (
    Piece,
    bar,
    departures,
    gate,
    leg,
    link,
    plan_of,
    plant,
    process,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
    zone,
)
from tests.solver.lawful import random_instance, random_plan

ALL_LOST = 66_667 * (12 * 1 + 18 * 2 + 30 * 4 + 60 * 8)
"""phi of 120 units lost of 120 permitted: breakpoints at 12, 30 and 60 units."""

STARVED = (stock("ore", now_kg=0), stock("steel"))


def planned(instance: Instance) -> Plan:
    return solve(instance, SolveParams(time_limit_s=None, deterministic_limit=5.0, workers=1))


def ore_plant(id: str = "P", **fields: Any) -> Piece:
    """A plant with no ore in hand that lives off its road; steel stays in the yard."""
    return plant(id, **{"stocks": STARVED, "streams": (stream("ore"),), **fields})


def one(law: BindingLaw, where: str, part: str = "", *slots: tuple[int, int]) -> list[Binding]:
    return [Binding(law=law, where=where, part=part, slots=slots)]


def told(found: Sequence[Cause]) -> list[tuple[str, list[Binding], int, int]]:
    return [(c.stage, list(c.objects), c.shortfall_before, c.shortfall_after) for c in found]


ALWAYS = (0, 8)
BINDING_ALONE: dict[str, tuple[Instance, list[Binding]]] = {
    "link": (
        tiny_instance(plants=(ore_plant(),), links=(link("b", capacity_mpcu_h=0),)),
        one("link_capacity", "b", "", ALWAYS),
    ),
    "zone": (
        tiny_instance(plants=(ore_plant(),), zones=(zone("Z", cap_mpcu=0),)),
        one("zone_cap", "Z", "", ALWAYS),
    ),
    "gate": (
        tiny_instance(plants=(ore_plant(gates=(gate(capacity_passages=0),)),)),
        one("gate_window", "G", "capacity_passages", ALWAYS),
    ),
    "open slots a day": (
        tiny_instance(plants=(ore_plant(),), window_limits=(window_limit(max_open_slots_day=0),)),
        one("window_shape", "W", "max_open_slots_day", ALWAYS),
    ),
    "windows a day": (
        tiny_instance(plants=(ore_plant(),), window_limits=(window_limit(max_windows_day=0),)),
        one("window_shape", "W", "max_windows_day", ALWAYS),
    ),
    "trip cap": (
        tiny_instance(plants=(ore_plant(),), trip_cuts=(trip_cut(cut_percent=100),)),
        one("trip_cap", "C", "", ALWAYS),
    ),
    "fleet": (
        tiny_instance(plants=(ore_plant(fleets=(Fleet(vehicle_class="heavy", trucks=0),)),)),
        one("fleet", "heavy", "", ALWAYS),
    ),
    "bar": (
        tiny_instance(plants=(ore_plant(),), bars=(bar(plants=("P",)),)),
        one("bar", "B", "", ALWAYS),
    ),
    "full store": (
        tiny_instance(
            plants=(ore_plant(stocks=(stock("ore"), stock("steel", now_kg=0, max_kg=0))),)
        ),
        one("stock_balance", "steel", "max_kg", ALWAYS),
    ),
    "stock to be kept": (
        tiny_instance(
            plants=(plant(stocks=(stock("ore", min_kg=300_000), stock("steel")), streams=()),)
        ),
        one("stock_balance", "ore", "min_kg", ALWAYS),
    ),
    "stock at the end": (
        tiny_instance(
            plants=(plant(stocks=(stock("ore", end_min_kg=300_000), stock("steel")), streams=()),)
        ),
        one("end_stock", "ore", "end_min_kg"),
    ),
    "nothing in hand": (
        tiny_instance(plants=(ore_plant(streams=()),)),
        one("stock_balance", "ore", "now_kg", ALWAYS),
    ),
}


@pytest.mark.parametrize("name", BINDING_ALONE)
def test_the_one_law_that_binds_is_the_one_cause(name: str) -> None:
    instance, objects = BINDING_ALONE[name]
    found = causes(instance, planned(instance), "P")
    assert told(found) == [("output_shortfall", objects, ALL_LOST, 0)]


def test_a_link_for_one_truck_a_slot_is_named_with_the_slots_in_which_it_is_full() -> None:
    """Seven trips of thirty units arrive of the twelve that 360 units ask for."""
    instance = tiny_instance(
        plants=(ore_plant(processes=(process(rate_max=90),)),),
        links=(link("b", capacity_mpcu_h=5_000),),
    )
    (cause,) = causes(instance, planned(instance), "P")
    assert list(cause.objects) == one("link_capacity", "b", "", (0, 7))
    assert cause.shortfall_before == 66_667 * (36 * 1 + 54 * 2 + 60 * 4)
    assert cause.shortfall_after == 0
    assert cause.relief == cause.shortfall_before
    assert cause.proved and not cause.together


def test_a_link_wide_enough_is_no_cause() -> None:
    """Just fits: four trips are asked for, one in each interval."""
    instance = tiny_instance(plants=(ore_plant(),), links=(link("b", capacity_mpcu_h=5_000),))
    assert causes(instance, planned(instance), "P") == ()


def test_a_safety_shortfall_has_causes_of_its_own() -> None:
    """40 units of least rate missing, 60 minutes in each interval: 6,000 per unit."""
    furnace = process(rate_min=10, hazard_weight=1)
    instance = tiny_instance(
        plants=(ore_plant(processes=(furnace,)),), links=(link("b", capacity_mpcu_h=0),)
    )
    road = one("link_capacity", "b", "", ALWAYS)
    assert told(causes(instance, planned(instance), "P")) == [
        ("safety_shortfall", road, 240_000, 0),
        ("output_shortfall", road, ALL_LOST, 0),
    ]


@pytest.mark.parametrize(
    ("instance", "objects"),
    [
        (
            tiny_instance(
                plants=(ore_plant(fleets=(Fleet(vehicle_class="heavy", trucks=0),)),),
                links=(link("b", capacity_mpcu_h=0),),
            ),
            one("fleet", "heavy", "", ALWAYS) + one("link_capacity", "b", "", ALWAYS),
        ),
        (
            tiny_instance(
                plants=(ore_plant(),),
                links=(link("b", capacity_mpcu_h=0), link("d", capacity_mpcu_h=0)),
            ),
            one("link_capacity", "b", "", ALWAYS) + one("link_capacity", "d", "", ALWAYS),
        ),
        (
            tiny_instance(
                plants=(ore_plant(),),
                window_limits=(window_limit(max_open_slots_day=0, max_windows_day=0),),
            ),
            one("window_shape", "W", "max_open_slots_day", ALWAYS)
            + one("window_shape", "W", "max_windows_day", ALWAYS),
        ),
    ],
    ids=["two laws", "two links", "two numbers of a window limit"],
)
def test_laws_that_bind_together_are_one_cause(instance: Instance, objects: list[Binding]) -> None:
    found = causes(instance, planned(instance), "P")
    assert told(found) == [("output_shortfall", objects, ALL_LOST, 0)]
    assert found[0].together


def test_each_law_that_lowers_it_alone_is_a_cause_the_greatest_relief_first() -> None:
    """A second ore stream over a road of its own: either road serves all that is lost."""
    side = stream("ore2", stock="ore", legs=(leg("ore2.heavy", path_out="side"),))
    instance = tiny_instance(
        plants=(ore_plant(streams=(stream("ore"), side)),),
        links=(link("b", capacity_mpcu_h=0), link("e", capacity_mpcu_h=0)),
        paths=(
            *tiny_instance().paths,
            tiny_instance().paths[0].model_copy(update={"id": "side", "links": ("a", "e")}),
        ),
    )
    assert told(causes(instance, planned(instance), "P")) == [
        ("output_shortfall", one("link_capacity", "b", "", ALWAYS), ALL_LOST, 0),
        ("output_shortfall", one("link_capacity", "e", "", ALWAYS), ALL_LOST, 0),
    ]


def test_a_trip_cut_is_lifted_on_its_own_days_alone() -> None:
    """22:00 to 02:00, a cut before midnight and one after it, nothing in hand. With the first one
    lifted trips bring ore for both days; with the second one the first day's 60 units stay lost,
    and count on the second day as half of the 120 permitted so far."""
    instance = tiny_instance(
        start="2026-01-05T22:00:00+08:00",
        plants=(ore_plant(),),
        trip_cuts=(
            trip_cut(id="C1", end_slot=4, cut_percent=100),
            trip_cut(id="C2", first_slot=4, cut_percent=100),
        ),
    )
    first_day = 66_667 * (6 * 1 + 9 * 2 + 15 * 4 + 30 * 8)
    carried_over = 33_334 * 12 + 66_667 * 18 + 133_334 * 30
    before = first_day + carried_over + 266_668 * 60
    assert told(causes(instance, planned(instance), "P")) == [
        ("output_shortfall", one("trip_cap", "C1", "", (0, 4)), before, 0),
        ("output_shortfall", one("trip_cap", "C2", "", (4, 8)), before, first_day + carried_over),
    ]


def two_plants(**fields: Any) -> Instance:
    """P and Q on the same roads; each slot link b lets one truck in."""
    second = plant(
        "Q",
        gates=(gate("H"),),
        processes=(),
        stocks=(stock("coal", breach_process="melt"),),
        streams=(
            stream("coal", legs=(leg("coal.heavy", gate_in="H", gate_out="H"),), stock="coal"),
        ),
    )
    melt = process("melt")
    recipe = (melt.fields["recipe"][0].model_copy(update={"stock": "coal"}),)
    second = second.but(processes=(melt.but(recipe=recipe, rate_max=0),))
    return tiny_instance(
        plants=(ore_plant(), second), links=(link("b", capacity_mpcu_h=5_000),), **fields
    )


def test_a_link_that_another_plant_fills_is_the_cause_in_the_slots_it_fills() -> None:
    instance = two_plants()
    plan = plan_of(instance, departures=departures(*(("coal.heavy", t, 1) for t in range(7))))
    assert told(causes(instance, plan, "P")) == [
        ("output_shortfall", one("link_capacity", "b", "", (0, 7)), ALL_LOST, 0)
    ]
    assert causes(instance, plan, "Q") == ()


def test_what_the_search_left_is_told_apart_from_the_laws() -> None:
    """The road is full in slot 0 alone, so that 90 of 120 units could be made of what comes; the
    plan makes nothing. In the best that the laws allow, the road is full up to slot 6."""
    instance = two_plants()
    plan = plan_of(instance, departures=departures(("coal.heavy", 0, 1)))
    rest = 66_667 * (12 * 1 + 18 * 2)
    assert told(causes(instance, plan, "P")) == [
        ("output_shortfall", [Binding(law="search")], ALL_LOST, rest),
        ("output_shortfall", one("link_capacity", "b", "", (0, 7)), rest, 0),
    ]


def test_of_equal_relief_the_yard_is_told_last() -> None:
    """A stock that must be whole again at the end, and a cap that lets no trip bring it."""
    kept = (stock("ore", end_min_kg=300_000), stock("steel"))
    instance = tiny_instance(
        plants=(ore_plant(stocks=kept),), trip_cuts=(trip_cut(cut_percent=100),)
    )
    assert told(causes(instance, planned(instance), "P")) == [
        ("output_shortfall", one("trip_cap", "C", "", ALWAYS), ALL_LOST, 0),
        ("output_shortfall", one("end_stock", "ore", "end_min_kg"), ALL_LOST, 0),
    ]


def test_trips_of_others_in_a_capped_zone_count() -> None:
    instance = two_plants(zones=(zone("Z", cap_mpcu=5_000),))
    plan = plan_of(instance, departures=departures(*(("coal.heavy", t, 1) for t in range(7))))
    assert [[(b.law, b.where) for b in cause.objects] for cause in causes(instance, plan, "P")] == [
        [("link_capacity", "b"), ("zone_cap", "Z")]
    ]


def test_a_plant_that_makes_all_it_may_has_no_cause() -> None:
    instance = tiny_instance()
    assert causes(instance, planned(instance), "P") == ()


def test_what_was_lost_before_slot_0_has_no_cause_among_the_laws() -> None:
    lost = State(processes=(ProcessState(process="smelt", lost_units=50, permitted_units=80),))
    instance = tiny_instance(state=lost)
    assert causes(instance, planned(instance), "P") == ()


def test_a_plant_or_plan_that_is_not_there_is_refused() -> None:
    instance = tiny_instance()
    plan = planned(instance)
    with pytest.raises(ValueError, match="no plant R"):
        causes(instance, plan, "R")
    empty = plan.model_copy(update={"status": "none", "decisions": None})
    with pytest.raises(ValueError, match="no decisions"):
        causes(instance, empty, "P")


@pytest.mark.parametrize("seed", range(6))
def test_causes_of_random_states_are_repeatable_and_lower_what_the_plan_loses(seed: int) -> None:
    rng = Random(seed)
    instance = random_instance(rng)
    plan = random_plan(rng, instance)
    assert plan is not None and plan.decisions is not None
    found = causes(instance, plan, "P")
    assert found == causes(instance, plan, "P")
    value = {stage.name: stage.value for stage in stage_values(instance, plan.decisions)}
    for cause in found:
        assert 0 <= cause.shortfall_after < cause.shortfall_before <= value[cause.stage]
    dumped = [cause.model_dump(mode="json") for cause in found]
    assert [Cause.model_validate_json(json.dumps(row)) for row in dumped] == list(found)
