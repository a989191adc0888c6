"""Tests that what a plan avoids is counted once, exactly, and in the right part."""

from typing import Any

import pytest

from fixtures.generator import generate
from solver.avoided import Amount, Totals, business_as_usual, totals
from solver.baseline import first_fit
from solver.check import stage_values
from solver.instance import Instance, State, UnderWay
from solver.plan import Decisions, Departure, Refusal
from tests.solver.builders import (
    Piece,
    departures,
    output_cut,
    plant,
    rates,
    stock,
    stream,
    tiny_instance,
)


@pytest.fixture(scope="module")
def instance() -> Instance:
    return generate(10, 24, 30, 1)


def as_usual(instance: Instance) -> Decisions:
    """Business as usual as decisions: no law asks whether it may drive so."""
    return Decisions(
        departures=tuple(
            Departure(leg=row.leg, slot=row.slot, trips=row.trips)
            for row in business_as_usual(instance).trips
        )
    )


def test_usual_trips_are_the_normal_days_trips(instance: Instance) -> None:
    """24 hours hold every stream's whole day, whatever the profile."""
    baseline = sum(s.baseline_trips_day for p in instance.plants for s in p.streams)
    usual = business_as_usual(instance)
    assert usual.total.trips == sum(row.trips for row in usual.trips) == baseline


def test_usual_trips_do_not_mind_bars(instance: Instance) -> None:
    """Barred China IV trucks drive on."""
    assert any(".d4." in row.leg for row in business_as_usual(instance).trips)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_parts_add_up_and_the_plan_is_worth_what_the_checker_says(seed: int) -> None:
    case = generate(12, 24, 30, seed)
    decisions = first_fit(case)
    found = totals(case, decisions)
    exposure = next(s.value for s in stage_values(case, decisions) if s.name == "exposure")
    parts = (found.moved, found.cleaner, found.not_made, found.deferred, found.lost)
    assert found.plan.exposure == exposure
    assert found.usual.exposure - found.plan.exposure == sum(p.exposure for p in parts)
    assert found.usual.trips - found.plan.trips == sum(p.trips for p in parts)
    for k, mass in enumerate(found.usual.emitted):
        assert mass.ug - found.plan.emitted[k].ug == sum(p.emitted[k].ug for p in parts)


def test_the_same_trips_a_slot_later_are_only_moved(instance: Instance) -> None:
    """Same trips, same vehicles, same ways: emissions do not change, exposure only by time."""
    usual = as_usual(instance)
    last = instance.grid.n_slots - 1
    later = [d.model_copy(update={"slot": min(last, d.slot + 1)}) for d in usual.departures]
    waits = {x.id for p in instance.plants for s in p.streams for x in s.legs if x.may_wait}
    case = _only(instance, waits)
    found = totals(case, Decisions(departures=tuple(d for d in later if d.leg not in waits)))
    assert found.usual.trips == found.plan.trips
    assert found.cleaner.trips == found.moved.trips == 0
    assert [m.ug for m in found.moved.emitted] == [0, 0]
    assert found.moved.exposure != 0


def _only(instance: Instance, without: set[str]) -> Instance:
    """The instance without the streams of some legs."""
    plants = tuple(
        p.model_copy(
            update={
                "streams": tuple(
                    s for s in p.streams if not any(leg.id in without for leg in s.legs)
                )
            }
        )
        for p in instance.plants
    )
    left = {leg.id for p in plants for s in p.streams for leg in s.legs}
    state = instance.state.model_copy(
        update={"under_way": tuple(u for u in instance.state.under_way if u.leg in left)}
    )
    return Instance.model_validate(
        instance.model_copy(update={"plants": plants, "state": state}).model_dump()
    )


def test_avoided_leaves_out_what_is_deferred_or_lost(instance: Instance) -> None:
    found = totals(instance, first_fit(instance))
    whole = found.usual.less(found.plan)
    assert found.avoided == whole.less(found.deferred).less(found.lost)
    assert found.lost.trips > 0


def test_lost_output_counts_its_loads(instance: Instance) -> None:
    """Without output cuts, a plan in which nothing runs loses every usual load of the road, but
    for the part of a load per stream that rounding up the baseline added."""
    case = Instance.model_validate(instance.model_copy(update={"output_cuts": ()}).model_dump())
    found = totals(case, Decisions())
    n_streams = sum(len(plant.streams) for plant in case.plants)
    assert found.plan.trips == 0
    assert found.usual.trips - 2 * n_streams <= found.lost.trips <= found.usual.trips


def test_parts_that_do_not_add_up_are_refused(instance: Instance) -> None:
    found = totals(instance, first_fit(instance))
    more = Amount.model_validate(found.lost.model_dump() | {"exposure": found.lost.exposure + 1})
    with pytest.raises(ValueError, match="do not add up"):
        Totals.model_validate(dict(found) | {"lost": more})


# By hand: one plant takes in 30 t of ore an hour from 08:00 to 12:00, so 4 usual trips of 30 t,
# each 12 km empty at 1,000 mg/km and 12 km laden at 2,000 mg/km: 36,000 exposure units a trip.
ORE_TRIP = 36_000


def parts_of(case: Instance, trips: int, made: tuple[int, ...]) -> tuple[int, int, int]:
    """Trips (not made, deferred, lost) where so many ore trips depart one after the other and
    `made` are the units made by the hour; exposure goes with the trips."""
    sent = departures(*(("ore.heavy", slot, 1) for slot in range(trips)))
    found = totals(case, Decisions(departures=sent, rates=rates(smelt=made)))
    parts = (found.not_made, found.deferred, found.lost)
    assert (found.usual.trips, found.plan.trips) == (4, trips)
    assert [p.exposure for p in parts] == [p.trips * ORE_TRIP for p in parts]
    assert (found.moved.exposure, found.cleaner.exposure) == (0, 0)
    return found.not_made.trips, found.deferred.trips, found.lost.trips


def ore_plant(arrivals_kg: int = 0, **fields: Any) -> Piece:
    """The plant of the builders with the ore stream alone; 1 t of ore a unit, 30 units an hour."""
    ore = stream("ore", **fields)
    stocks = (stock("ore", arrivals_kg=arrivals_kg), stock("steel"))
    return plant(streams=(ore,), stocks=stocks)


def test_trips_fewer_are_lost_with_output_and_deferred_from_stock() -> None:
    """1 trip of 4; an hour's output lost is 1 trip, 90 - 30 t drawn put off the other 2."""
    case = tiny_instance(plants=(ore_plant(),))
    assert parts_of(case, 1, (30, 30, 30, 0)) == (0, 2, 1)


def test_parts_of_a_trip_are_not_dropped_in_rounding() -> None:
    """32 t lost and 58 t drawn are 3 trips together, none of them avoided."""
    case = tiny_instance(plants=(ore_plant(),))
    sent = departures(("ore.heavy", 0, 1))
    found = totals(case, Decisions(departures=sent, rates=rates(smelt=(22,) * 4)))
    assert (found.not_made.trips, found.deferred.trips, found.lost.trips) == (0, 2, 1)
    assert (found.not_made.exposure, found.lost.exposure) == (0, 32 * ORE_TRIP // 30)


def test_trips_that_a_cut_in_output_spares_are_not_made() -> None:
    """2 trips of 4 where half the output is permitted and made: nothing deferred or lost."""
    case = tiny_instance(plants=(ore_plant(),), output_cuts=(output_cut(),))
    assert parts_of(case, 2, (15,) * 4) == (2, 0, 0)


def test_a_cut_and_a_loss_and_a_stock_stand_apart() -> None:
    """No trip of 4: 60 t cut are 2, of 60 t permitted 30 t lost are 1, 30 t drawn are 1."""
    case = tiny_instance(plants=(ore_plant(),), output_cuts=(output_cut(),))
    assert parts_of(case, 0, (15, 15, 0, 0)) == (2, 1, 1)


def test_rail_that_goes_on_explains_no_trip() -> None:
    """Rail brings 20 t an hour and the road 10 t, 4 trips of 10 t. Half the output is cut and a
    third of the rest is lost: 1 trip drives. 20 t lost are 2 trips; the stock grows by
    80 + 10 - 40 t, by rail, which is no trip made beforehand; 1 trip is not made."""
    ore = ore_plant(20_000, payload_kg=10_000, need_kg_day=240_000)
    case = tiny_instance(plants=(ore,), output_cuts=(output_cut(),))
    assert parts_of(case, 1, (10,) * 4) == (1, 0, 2)


def test_trips_more_than_usual_are_made_beforehand() -> None:
    """6 trips of 4 at full output: the stock grows by 2 loads, and nothing was avoided."""
    assert parts_of(tiny_instance(plants=(ore_plant(),)), 6, (30,) * 4) == (0, -2, 0)


def test_trips_in_place_of_rail_are_not_made_beforehand() -> None:
    """6 trips of 10 t, 4 usual, at full output, where 20 t of rail were refused: they are more
    trips, which no stock holds."""
    ore = ore_plant(20_000, payload_kg=10_000, need_kg_day=240_000)
    case = tiny_instance(plants=(ore,))
    refused = Refusal(stock="ore", interval=0, what="arrival", kg=20_000)
    sent = departures(*(("ore.heavy", slot, 1) for slot in range(6)))
    made = Decisions(departures=sent, rates=rates(smelt=(30,) * 4), refusals=(refused,))
    found = totals(case, made)
    assert (found.not_made.trips, found.deferred.trips, found.lost.trips) == (-2, 0, 0)


def test_a_load_under_way_is_in_hand_already() -> None:
    """3 trips of 4 at full output, and 1 that left before slot 0: that load was drawn from the
    road, whose next trip is put off beyond the horizon."""
    under_way = State(under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=1),))
    case = tiny_instance(plants=(ore_plant(),), state=under_way)
    assert parts_of(case, 3, (30,) * 4) == (0, 1, 0)


@pytest.mark.parametrize("seed", range(1, 6))
def test_no_part_exceeds_the_trips_that_are_fewer(seed: int) -> None:
    """First fit sends no stream more trips than usual here, so no part is below 0."""
    case = generate(12, 24, 30, seed)
    found = totals(case, first_fit(case))
    fewer = found.usual.trips - found.plan.trips
    for part in (found.not_made, found.deferred, found.lost):
        assert 0 <= part.trips <= fewer
