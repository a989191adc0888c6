"""Tests that what would remove a shortfall is told with the least amount that does: one less is not
enough, and what does not help is not told."""

from typing import Any

import pytest

from solver.bench import Bench
from solver.explain import causes
from solver.instance import Fleet, Instance
from solver.plan import Plan
from solver.remedies import Remedy, remedies
from solver.solve import SolveParams, solve
from tests.solver.builders import (
    Piece,
    bar,
    gate,
    link,
    plant,
    process,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
)

STARVED = (stock("ore", now_kg=0), stock("steel"))


def planned(instance: Instance) -> Plan:
    return solve(instance, SolveParams(time_limit_s=None, deterministic_limit=5.0, workers=1))


def ore_plant(**fields: Any) -> Piece:
    """120 t of ore are wanted, 30 t for each two slots; a trip carries 30 t, leaves in one slot and
    is back in the next."""
    return plant(**{"stocks": STARVED, "streams": (stream("ore"),), **fields})


def told(instance: Instance) -> list[Remedy]:
    plan = planned(instance)
    return list(remedies(instance, plan, "P", causes(instance, plan, "P")))


def heavy(trucks: int) -> tuple[Fleet, ...]:
    return (Fleet(vehicle_class="heavy", trucks=trucks),)


REMEDIES: dict[str, tuple[Instance, tuple[str, str, str, int, str]]] = {
    "a truck": (
        tiny_instance(plants=(ore_plant(fleets=heavy(0)),)),
        ("fleet", "heavy", "", 1, "truck"),
    ),
    "two trucks": (
        tiny_instance(plants=(ore_plant(fleets=heavy(0), processes=(process(rate_max=60),)),)),
        ("fleet", "heavy", "", 2, "truck"),
    ),
    "passages": (
        tiny_instance(plants=(ore_plant(gates=(gate(capacity_passages=0),)),)),
        ("gate_window", "G", "capacity_passages", 1, "passage"),
    ),
    "a window a day": (
        tiny_instance(plants=(ore_plant(),), window_limits=(window_limit(max_windows_day=0),)),
        ("window_shape", "W", "max_windows_day", 1, "window"),
    ),
    "two open slots": (
        tiny_instance(plants=(ore_plant(),), window_limits=(window_limit(max_open_slots_day=0),)),
        ("window_shape", "W", "max_open_slots_day", 2, "slot"),
    ),
}


@pytest.mark.parametrize("name", REMEDIES)
def test_the_least_that_removes_a_shortfall_is_told(name: str) -> None:
    instance, remedy = REMEDIES[name]
    found = told(instance)
    first = next(r for r in found if r.part != "now_kg")
    assert (first.law, first.where, first.part, first.amount, first.unit) == remedy
    assert (first.stage, first.after, first.least) == ("output_shortfall", 0, True)
    assert first.before > 0


def test_stock_before_the_alert_is_told_beside_what_a_law_could_give() -> None:
    """No trip may come: what four trips would bring is asked for in hand."""
    instance = tiny_instance(plants=(ore_plant(),), trip_cuts=(trip_cut(cut_percent=100),))
    found = told(instance)
    hand = next(r for r in found if r.part == "now_kg")
    assert (hand.law, hand.where, hand.amount, hand.unit) == (
        "stock_balance",
        "ore",
        120_000,
        "kg",
    )
    assert (hand.after, hand.least) == (0, True)


def test_a_road_is_told_with_the_shortest_run_of_slots() -> None:
    """All four loads may come in one slot: it is enough that link b is open when they pass."""
    instance = tiny_instance(plants=(ore_plant(),), links=(link("b", capacity_mpcu_h=0),))
    road = next(r for r in told(instance) if r.law == "link_capacity")
    assert (road.where, road.amount, road.unit, road.least) == ("b", 1, "slot", True)
    assert road.slots == ((0, 1),)


def test_a_bar_is_told_with_the_shortest_run_of_slots_without_it() -> None:
    """All four loads may leave in one slot and be back in the next: two slots without the bar."""
    instance = tiny_instance(plants=(ore_plant(),), bars=(bar(plants=("P",)),))
    lifted = next(r for r in told(instance) if r.law == "bar")
    assert (lifted.where, lifted.amount, lifted.unit, lifted.slots) == ("B", 2, "slot", ((0, 2),))
    assert (lifted.after, lifted.least, lifted.together) == (0, True, 0)


def test_laws_that_bind_together_are_told_with_an_amount_each() -> None:
    """No truck, and no trip allowed: one truck more makes the four trips that are wanted, and there
    are no more than four of these hours as usual, so that none of them may be cut."""
    instance = tiny_instance(
        plants=(ore_plant(fleets=heavy(0)),), trip_cuts=(trip_cut(cut_percent=100),)
    )
    found = [r for r in told(instance) if r.together]
    assert {(r.law, r.where, r.unit) for r in found} == {
        ("fleet", "heavy", "truck"),
        ("trip_cap", "C", "percent"),
    }
    assert len({r.together for r in found}) == 1
    assert all((r.after, r.least) == (0, True) for r in found)
    assert less_does_not(instance, found)


def less_does_not(instance: Instance, found: list[Remedy]) -> bool:
    """Whether none of the amounts can be a step less beside the others."""
    bench = Bench(instance, planned(instance), "P", 1.0)
    amounts = {r.law: r.amount for r in found}

    def reached(given: dict[str, int]) -> bool | None:
        trucks, percent = given["fleet"], 100 - given["trip_cap"]
        changed = tiny_instance(
            plants=(ore_plant(fleets=heavy(trucks)),), trip_cuts=(trip_cut(cut_percent=percent),)
        )
        return bench.reaches("output_shortfall", 0, changed)

    assert reached(amounts) is True
    return not any(reached({**amounts, law: n - 1}) for law, n in amounts.items())


def test_without_a_shortfall_nothing_is_told() -> None:
    assert told(tiny_instance()) == []


def test_what_the_bureau_can_decide_for_an_unsafe_plant_is_told() -> None:
    """The furnace must run and no trip may come: safe trips, or no cap, would hold it."""
    furnace = process(rate_min=10, hazard_weight=1)
    instance = tiny_instance(
        plants=(ore_plant(processes=(furnace,)),), trip_cuts=(trip_cut(cut_percent=100),)
    )
    found = [r for r in told(instance) if r.unit == "measure"]
    assert [(r.stage, r.law, r.where, r.amount, r.before, r.after) for r in found] == [
        ("safety_shortfall", "exempt", "P", 1, 240_000, 0),
        ("safety_shortfall", "safe_trips", "P", 1, 240_000, 0),
    ]
