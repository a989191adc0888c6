"""Tests that what forces a shortfall is told with all that it needs: a second solver finds no plan
that costs less under these laws alone, and one with any of them left out."""

from typing import Any

import pytest

from solver.bench import Bench
from solver.explain import causes
from solver.forcing import Forcing, forcing
from solver.instance import Instance, ProcessState, State
from solver.loosen import relaxations_of, relaxed, supplies_of
from solver.plan import Plan
from solver.solve import SolveParams, solve
from solver.trial import ROADS, Cells
from tests.solver.builders import (
    Piece,
    bar,
    leg,
    link,
    plant,
    process,
    stock,
    stream,
    tiny_instance,
    trip_cut,
)
from tests.solver.second_solver import has_a_point

STARVED = (stock("ore", now_kg=0), stock("steel"))


def planned(instance: Instance) -> Plan:
    return solve(instance, SolveParams(time_limit_s=None, deterministic_limit=5.0, workers=1))


def ore_plant(**fields: Any) -> Piece:
    return plant(**{"stocks": STARVED, "streams": (stream("ore"),), **fields})


def told(instance: Instance, plan: Plan) -> tuple[Forcing, ...]:
    found = forcing(instance, plan, "P", causes(instance, plan, "P"))
    for one in found:
        confirmed_by_highs(instance, plan, one)
    return found


def confirmed_by_highs(instance: Instance, plan: Plan, found: Forcing) -> None:
    """These laws alone keep the stage up; with any one left out it can fall."""
    bench = Bench(instance, plan, "P", 1.0)
    every = (*relaxations_of(bench.own, bench.plant), *supplies_of(bench.plant))

    def can_fall(keys: set[tuple[str, str, str]]) -> bool:
        loose = [law for law in every if law.key not in keys]
        opened: Cells = frozenset(
            (ROADS[one.law], one.where, slot)
            for one in found.objects
            if one.law in ROADS
            for slot in range(instance.grid.n_slots)
            if not any(a <= slot < b for a, b in one.slots)
        )
        rows = bench.rows(found.stage, found.below, relaxed(bench.own, loose), opened)
        return rows is not None and has_a_point(rows)

    keys = {(one.law, one.where, one.part) for one in found.objects}
    assert not can_fall(keys)
    assert all(can_fall(keys - {key}) for key in keys)


def laws(found: Forcing) -> list[tuple[str, str, str]]:
    return [(one.law, one.where, one.part) for one in found.objects]


HAND = ("stock_balance", "ore", "now_kg")
FORCED: dict[str, tuple[Instance, list[tuple[str, str, str]]]] = {
    "a cap and an empty yard": (
        tiny_instance(plants=(ore_plant(),), trip_cuts=(trip_cut(cut_percent=100),)),
        [("trip_cap", "C", ""), HAND],
    ),
    "a road and an empty yard": (
        tiny_instance(plants=(ore_plant(),), links=(link("b", capacity_mpcu_h=0),)),
        [HAND, ("link_capacity", "b", "")],
    ),
    "two bars, each of a class, and an empty yard": (
        tiny_instance(
            plants=(
                ore_plant(
                    streams=(stream("ore", legs=(leg(), leg("ore.van", vehicle_class="van"))),)
                ),
            ),
            bars=(bar(plants=("P",)), bar(id="V", classes=("van",), plants=("P",))),
        ),
        [("bar", "B", ""), ("bar", "V", ""), HAND],
    ),
}


@pytest.mark.parametrize("name", FORCED)
def test_what_forces_a_shortfall_is_a_set_of_which_none_can_be_spared(name: str) -> None:
    instance, expected = FORCED[name]
    (found,) = told(instance, planned(instance))
    assert (found.stage, found.irreducible) == ("output_shortfall", True)
    assert laws(found) == expected
    assert found.below < found.value


def test_a_road_is_told_with_the_slots_that_force_it() -> None:
    """Trips must unload by slot 7: what leaves in slots 0 to 6 passes link b in the same slot."""
    instance = tiny_instance(plants=(ore_plant(),), links=(link("b", capacity_mpcu_h=0),))
    (found,) = told(instance, planned(instance))
    road = next(one for one in found.objects if one.law == "link_capacity")
    assert road.slots == ((0, 7),)


def test_an_unsafe_plant_is_told_for_safety_first() -> None:
    furnace = process(rate_min=10, hazard_weight=1)
    instance = tiny_instance(
        plants=(ore_plant(processes=(furnace,)),), trip_cuts=(trip_cut(cut_percent=100),)
    )
    found = told(instance, planned(instance))
    assert [one.stage for one in found] == ["safety_shortfall", "output_shortfall"]
    assert all(laws(one) == [("trip_cap", "C", ""), HAND] for one in found)


def test_without_a_shortfall_nothing_is_forced() -> None:
    instance = tiny_instance()
    assert told(instance, planned(instance)) == ()


def test_what_the_search_left_is_not_called_forced() -> None:
    """A plan that loses output where none need be lost: under all laws it can fall."""
    instance = tiny_instance(plants=(ore_plant(stocks=(stock("ore"), stock("steel"))),))
    plan = planned(instance)
    assert plan.decisions is not None
    idle = tuple(
        row.model_copy(update={"rates": (0,) * len(row.rates)}) for row in plan.decisions.rates
    )
    lazy = plan.model_copy(
        update={"decisions": plan.decisions.model_copy(update={"rates": idle}), "stages": ()}
    )
    assert forcing(instance, lazy, "P", ()) == ()
    assert forcing(instance, lazy, "P", causes(instance, lazy, "P")) == ()


def test_lost_before_the_first_slot_is_forced_by_no_law() -> None:
    """All was lost already: the price of what was lost stands whatever is relaxed."""
    state = State(processes=(ProcessState(process="smelt", lost_units=120, permitted_units=120),))
    instance = tiny_instance(
        plants=(ore_plant(stocks=(stock("ore"), stock("steel"))),), state=state
    )
    for one in told(instance, planned(instance)):
        assert one.objects == ()
