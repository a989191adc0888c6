"""Tests that a schedule says what the plan decides, by instants and names."""

from scheduler.timetable import busiest, normal_trips
from tests.scheduler.case import at, card, scheduled, worked_plan
from tests.solver.builders import bar, output_cut, plan_of, tiny_instance, trip_cut


def test_a_plants_trips_and_output_are_counted() -> None:
    """24 + 24 trips a day, of which 08:00 to 12:00 holds 4 x 42 permille, rounded down 8; 20 of
    120 units at 66,667 are lost."""
    plant = scheduled(*worked_plan()).plants[0]
    assert (plant.planned_trips, plant.normal_trips) == (3, 8)
    assert plant.output.permitted_utrip == 120 * 66_667
    assert plant.output.lost_utrip == 20 * 66_667
    assert round(plant.output.lost_percent, 2) == 16.67


def test_only_the_published_stretch_counts_for_trips() -> None:
    instance, plan = worked_plan()
    plant = scheduled(instance, plan, published_slots=2).plants[0]
    assert plant.planned_trips == 2
    assert normal_trips(instance.plants[0], instance.grid, 2) == 2


def test_roads_are_loaded_where_trips_enter_them() -> None:
    """Two heavy trucks of 2,500 mPCU enter link a at 08:30 and one at 09:00, of 500,000 a slot."""
    schedule = scheduled(*worked_plan())
    first = schedule.busiest_links[0]
    assert (first.where, first.at) == ("a", at("08:30"))
    assert (first.planned_mpcu, first.capacity_mpcu) == (5000, 500_000)
    assert first.percent == 1.0
    assert [load.where for load in schedule.busiest_links] == ["a", "b", "c", "d"]
    assert schedule.bunched_links[0].planned_mpcu == 7500


def test_restrictions_are_told_with_their_clauses() -> None:
    """A bar on one class of truck leaves the others: the plant is not barred."""
    every = ("heavy", "trailer", "van")
    instance = tiny_instance(
        bars=(
            bar(id="all", clause="art. 8", plants=("P",), classes=every, end_slot=2),
            bar(id="vans", clause="art. 9", plants=("P",), classes=("van",)),
        ),
        trip_cuts=(trip_cut(),),
        output_cuts=(output_cut(),),
    )
    plant = scheduled(instance, plan_of(instance)).plants[0]
    told = [(r.what, r.clause, r.from_instant, r.to_instant) for r in plant.restrictions]
    assert told == [
        ("barred", "art. 8", at("08:00"), at("09:00")),
        ("trips", "art. 2", at("08:00"), at("12:00")),
        ("output", "art. 3", at("08:00"), at("12:00")),
    ]


def test_a_plant_outside_the_instance_is_listed_as_closed() -> None:
    closed = scheduled(*worked_plan()).unplanned
    assert card("C", status="closed", clause="closed in 2020") in closed


def test_each_road_is_listed_once_in_its_worst_slot() -> None:
    loads = scheduled(*worked_plan()).busiest_links
    doubled = [load.model_copy(update={"planned_mpcu": 2 * load.planned_mpcu}) for load in loads]
    assert busiest([*loads, *doubled]) == tuple(doubled)
