"""Tests the stock laws of the model: bounds to the kilogram, one loss per process, must-run."""

from typing import Any

import pytest

from solver.instance import Instance, LockedTrips, RecipeItem, State, UnderWay
from solver.plan import Refusal
from tests.solver.builders import (
    departures,
    output_cut,
    plant,
    process,
    rates,
    stock,
    tiny_instance,
)
from tests.solver.modelled import Fixed, allows


def yard(ore: dict[str, Any], steel: dict[str, Any] | None = None, **fields: Any) -> Instance:
    """One process on ore and steel, four intervals of an hour."""
    run = fields.pop("run", {})
    works = plant(
        processes=(process(**run),), stocks=(stock("ore", **ore), stock("steel", **(steel or {})))
    )
    return tiny_instance(plants=(works,), **fields)


def test_a_process_runs_down_to_the_least_stock() -> None:
    """20,000 kg above the least stock are 20 units."""
    instance = yard({"now_kg": 50_000, "min_kg": 30_000})
    assert allows(instance, rates=rates(smelt=(20, 0, 0, 0)))
    assert not allows(instance, rates=rates(smelt=(21, 0, 0, 0)))
    assert not allows(instance, rates=rates(smelt=(0, 0, 10, 11)))


def test_a_full_store_stops_the_process() -> None:
    instance = yard({}, {"now_kg": 0, "max_kg": 20_000})
    assert allows(instance, rates=rates(smelt=(10, 10, 0, 0)))
    assert not allows(instance, rates=rates(smelt=(10, 11, 0, 0)))


def test_goods_move_in_the_interval_of_the_unloading() -> None:
    """Unloaded 36 minutes after departure: from slot 1 in slot 2, the second interval."""
    instance = yard({"now_kg": 0})
    trip = departures(("ore.heavy", 1, 1))
    assert allows(instance, trip, rates=rates(smelt=(0, 30, 0, 0)))
    assert not allows(instance, trip, rates=rates(smelt=(1, 29, 0, 0)))
    assert not allows(instance, trip, rates=rates(smelt=(0, 30, 1, 0)))


def test_steel_leaves_at_departure() -> None:
    instance = yard({}, {"now_kg": 30_000})
    assert allows(instance, departures(("steel.heavy", 0, 1)), rates=rates(smelt=(0, 0, 0, 0)))
    assert not allows(instance, departures(("steel.heavy", 0, 2)), rates=rates(smelt=(29, 0, 0, 0)))
    assert allows(instance, departures(("steel.heavy", 0, 2)), rates=rates(smelt=(30, 0, 0, 0)))


def test_an_output_cut_lowers_the_rate_and_is_no_loss() -> None:
    halved = yard({}, output_cuts=(output_cut(cut_percent=45),))
    assert allows(halved, rates=rates(smelt=(16, 16, 16, 16)))
    assert not allows(halved, rates=rates(smelt=(17, 0, 0, 0)))
    least = Fixed(halved).least("output_shortfall")
    assert least is not None and least.value == 0


def test_stocks_beyond_their_bounds_may_stay_and_not_get_worse() -> None:
    """1,200 t in a store of 1,000 t; 10 t where 50 t are the least: neither is charged."""
    assert allows(yard({"now_kg": 1_200_000}), rates=rates(smelt=(0, 0, 0, 0)))
    assert not allows(
        yard({"now_kg": 1_200_000}),
        departures(("ore.heavy", 0, 1)),
        (),
        None,
        rates(smelt=(0, 0, 0, 0)),
    )
    low = yard({"now_kg": 10_000, "min_kg": 50_000})
    assert allows(low, rates=rates(smelt=(0, 0, 0, 0)))
    assert not allows(low, rates=rates(smelt=(1, 0, 0, 0)))


def test_what_arrives_by_rail_is_taken_in_or_refused() -> None:
    full = yard({"now_kg": 1_000_000, "arrivals_kg": (25_000, 0, 0, 0)})
    for kg, fits in ((25_000, True), (24_000, False)):
        fixed = Fixed(full)
        fixed.rates(rates(smelt=(0, 0, 0, 0)))
        fixed.refusals((Refusal(stock="ore", interval=0, what="arrival", kg=kg),))
        assert (fixed.least() is not None) is fits


def test_ore_30_percent_short_and_coke_20_percent_short_cost_30_percent() -> None:
    """A process on two inputs loses the share of the worse one, once: of 100 units 30, so at
    66,667 millionths of a trip each phi = 10 x 1 + 15 x 2 + 5 x 4 = 60 units' worth."""
    item = process().fields["recipe"][0]
    recipe = (item.model_copy(update={"stock": "coke"}), item)
    melt = process(recipe=recipe, rate_max=25)
    stocks = (stock("coke", now_kg=80_000), stock("ore", now_kg=70_000))
    works = plant(processes=(melt,), stocks=stocks, streams=())
    least = Fixed(tiny_instance(plants=(works,))).least("output_shortfall")
    assert least is not None and least.value == 60 * 66_667


def test_the_end_stock_counts_as_lost_output() -> None:
    """Of 120 t no ore may be gone at the end: to run on 100 of it breaches by 100 units, as much
    lost as standing still."""
    kept = {"now_kg": 120_000, "end_min_kg": 120_000}
    lived_off = Fixed(yard(kept))
    lived_off.departures(())
    lived_off.rates(rates(smelt=(25, 25, 25, 25)))
    still = Fixed(yard(kept))
    still.departures(())
    still.rates(rates(smelt=(0, 0, 0, 0)))
    one, two = lived_off.least("output_shortfall"), still.least("output_shortfall")
    assert one is not None and two is not None and one.value == two.value
    assert one.value is not None and one.value > 0


def test_must_run_charges_the_missing_minutes() -> None:
    """Two of 20 units missing for 60 minutes at weight 3: 1,000 x 60 x 3 / 20 each."""
    held = yard({}, run={"rate_min": 20, "hazard_weight": 3})
    for run, value in (((20, 20, 20, 20), 0), ((20, 18, 20, 20), 18_000)):
        fixed = Fixed(held)
        fixed.rates(rates(smelt=run))
        least = fixed.least("safety_shortfall")
        assert least is not None and least.value == value
    free = Fixed(yard({}, run={"rate_min": 20}))
    free.rates(rates(smelt=(0, 0, 0, 0)))
    least = free.least("safety_shortfall")
    assert least is not None and least.value == 0


@pytest.mark.parametrize("now_kg", [0, 60_000])
def test_trips_under_way_bring_what_they_carry(now_kg: int) -> None:
    """Two trips from slot -1 unload in slot 0; what they bring fills a full store beyond."""
    state = State(under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=2),))
    instance = yard({"now_kg": now_kg, "max_kg": 50_000}, state=state)
    units = (now_kg + 60_000) // 1000
    run = (30, 30, 30, 30) if units == 120 else (30, 30, 0, 0)
    assert allows(instance, rates=rates(smelt=run))
    assert allows(instance, rates=rates(smelt=(0, 0, 0, 0)))
    if now_kg == 0:
        assert not allows(instance, rates=rates(smelt=(30, 30, 1, 0)))


def test_a_locked_trip_from_an_empty_stock_needs_what_is_made() -> None:
    """30 t leave in slot 0; at least 30 units are made in that hour, or the trip cannot be."""
    state = State(locked_trips=(LockedTrips(leg="steel.heavy", slot=0, trips=1),))
    for most, fits in ((30, True), (29, False)):
        empty = {"now_kg": 0}
        instance = yard({}, empty, run={"rate_max": most}, state=state)
        try:
            assert allows(instance, departures(("steel.heavy", 0, 1))) is fits
        except ValueError:
            assert not fits


def test_a_unit_of_more_than_a_load_is_run_on_what_is_there() -> None:
    """12 units of 70 t are permitted. 10 t in hand and 10 trips of 30 t run 4 of them; 9 trips
    bring 280 t with what is in hand, just enough; 8 trips do not."""
    recipe = (
        RecipeItem(stock="ore", consumes_kg=70_000),
        RecipeItem(stock="steel", produces_kg=1_000),
    )
    instance = yard({"now_kg": 10_000}, run={"recipe": recipe, "rate_max": 3})
    made = rates(smelt=(0, 0, 2, 2))
    for trips, fits in ((10, True), (9, True), (8, False)):
        assert allows(instance, departures(("ore.heavy", 0, trips)), rates=made) is fits
