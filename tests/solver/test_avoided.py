"""Tests that what a plan avoids is counted once, exactly, and in the right part."""

import pytest

from fixtures.generator import generate
from solver.avoided import Amount, Totals, business_as_usual, totals
from solver.baseline import first_fit
from solver.check import stage_values
from solver.instance import Instance
from solver.plan import Decisions, Departure


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
