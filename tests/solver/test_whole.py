"""Tests that a shortfall of all plants is taken apart: what plants' own laws force, each part
confirmed by HiGHS and none to be spared, what shared roads force, and what nothing explains."""

from typing import Any

from solver.bench import Bench
from solver.check import check
from solver.instance import Instance
from solver.loosen import relaxations_of, relaxed, supplies_of
from solver.plan import Certificate, Least, Plan, Price
from solver.solve import SolveParams, solve
from solver.trial import ROADS, Cells
from solver.whole import PlantForced, WholeShortfall, whole_shortfalls
from tests.solver.builders import link, trip_cut
from tests.solver.second_solver import has_a_point
from tests.solver.test_wish import both, ore_plant, two


def planned(instance: Instance) -> Plan:
    return solve(instance, SolveParams(time_limit_s=None, deterministic_limit=5.0, workers=1))


def starved(**fields: Any) -> Instance:
    """P and Q have 30 t of the 120 t that each eats; a truck brings 30 t, one enters link b in a
    slot. P may make one trip of the three that it wants."""
    plants = (ore_plant("P", "ore", "G", 30_000), ore_plant("Q", "coal", "H", 30_000))
    cut = trip_cut(cut_percent=75)
    return two(**{"plants": plants, "trip_cuts": (cut,), "window_limits": (), **fields})


def output_of(instance: Instance, plan: Plan, **asked: Any) -> WholeShortfall:
    (found,) = whole_shortfalls(instance, plan, **asked)
    assert found.stage == "output_shortfall"
    assert found.value == {s.name: s.value for s in check(instance, plan).stages}[found.stage]
    assert found.by_plants + found.by_roads + found.unexplained == found.value
    for one in found.plants:
        confirmed_by_highs(instance, plan, one)
    return found


def confirmed_by_highs(instance: Instance, plan: Plan, one: PlantForced) -> None:
    """On roads without the others these laws alone keep the plant's loss up; without any it falls;
    under all its laws it cannot lose less than its floor, and can lose just that."""
    bench = Bench(instance, plan, one.plant, 1.0, roads_free=True)
    for most, is_met in ((one.floor - 1, False), (one.floor, True)):
        rows = bench.rows("output_shortfall", most, bench.own)
        assert (rows is not None and has_a_point(rows)) == is_met
    if one.forcing is None:
        return
    every = (*relaxations_of(bench.own, bench.plant), *supplies_of(bench.plant))
    found, below = one.forcing.objects, one.forcing.below
    opened: Cells = frozenset(
        (ROADS[o.law], o.where, slot)
        for o in found
        if o.law in ROADS
        for slot in range(instance.grid.n_slots)
        if not any(a <= slot < b for a, b in o.slots)
    )

    def can_fall(keys: set[tuple[str, str, str]]) -> bool:
        loose = [law for law in every if law.key not in keys]
        rows = bench.rows("output_shortfall", below, relaxed(bench.own, loose), opened)
        return rows is not None and has_a_point(rows)

    keys = {(o.law, o.where, o.part) for o in found}
    assert not can_fall(keys)
    assert all(can_fall(keys - {key}) for key in keys)


def test_what_a_plants_own_laws_force_is_named_with_what_would_remove_it() -> None:
    """Two loads short of 120 t are 60 units of rate: 12 at 1, 18 at 2, 30 at 4."""
    instance = starved()
    found = output_of(instance, planned(instance))
    lost = 66_667 * (12 + 2 * 18 + 4 * 30)
    assert (found.value, found.by_plants, found.by_roads, found.unexplained) == (lost, lost, 0, 0)
    (one,) = found.plants
    assert (one.plant, one.planned, one.floor, one.sure) == ("P", lost, lost, True)
    assert one.forcing is not None and one.forcing.irreducible
    told = {(o.law, o.where, o.part) for o in one.forcing.objects}
    assert told == {("trip_cap", "C", ""), ("stock_balance", "ore", "now_kg")}
    amounts = {(r.law, r.where): (r.amount, r.unit, r.after, r.least) for r in one.remedies}
    assert amounts == {
        ("trip_cap", "C"): (50, "percent", 0, True),
        ("stock_balance", "ore"): (60_000, "kg", 0, True),
    }


def test_what_both_take_of_a_road_is_no_plants_own() -> None:
    """No cap, and link b lets a truck in every hour of the first two: together they lack loads that
    each alone would have."""
    narrow = link("b", capacity_mpcu_h=5_000, background_mpcu=(0, 2_500, 0, 2_500, 0, 2_500, 0, 0))
    instance = starved(trip_cuts=(), links=(narrow,))
    plan = planned(instance)
    found = output_of(instance, plan)
    assert plan.stages[1].bound == found.value, "the whole model is proved"
    assert found.by_roads == found.value - found.by_plants > 0
    assert (found.unexplained, found.roads) == (0, ())


def idle_q(plan: Plan) -> Plan:
    """Q makes no trip, and loses all but the first of four intervals."""
    assert plan.decisions is not None
    kept = tuple(d for d in plan.decisions.departures if d.leg != "coal.heavy")
    idle = tuple(
        r.model_copy(update={"rates": (30, 0, 0, 0)}) if r.process == "smeltQ" else r
        for r in plan.decisions.rates
    )
    worse = plan.decisions.model_copy(update={"departures": kept, "rates": idle})
    return plan.model_copy(update={"decisions": worse})


LOST_BY_Q = 66_667 * (12 + 2 * 18 + 4 * 30 + 8 * 30)


def test_what_is_not_proved_is_left_unexplained() -> None:
    """A plan that claims no bound, and lets Q lose what it need not."""
    instance = starved()
    worse = idle_q(planned(instance)).model_copy(update={"stages": ()})
    found = output_of(instance, worse)
    assert [one.plant for one in found.plants] == ["P"]
    assert found.unexplained == LOST_BY_Q


def test_only_so_many_plants_are_asked_for_their_laws() -> None:
    instance = starved(
        trip_cuts=(trip_cut(cut_percent=75), trip_cut(id="D", plant="Q", cut_percent=75))
    )
    found = output_of(instance, planned(instance), most=1)
    assert [(one.plant, one.forcing is None) for one in found.plants] == [("P", False), ("Q", True)]
    assert found.by_plants == found.value


def test_roads_that_the_bound_prices_are_told_by_their_worth() -> None:
    """Link b at 2 a mPCU in two slots of 2,500: 10,000 less than 30,000 + 20,000 are proved."""
    instance = starved(trip_cuts=())
    plan = idle_q(planned(instance))
    one = Certificate(
        scale=1,
        prices=tuple(Price(what="link", id="b", slot=slot, price=2) for slot in (1, 3)),
        least=(Least(plant="P", least=30_000), Least(plant="Q", least=20_000)),
    )
    stages = tuple(
        stage.model_copy(update={"certificates": (one,), "bound": 0})
        if stage.name == "output_shortfall"
        else stage
        for stage in plan.stages
    )
    found = output_of(instance, plan.model_copy(update={"stages": stages}))
    assert (found.by_plants, found.by_roads) == (0, 40_000)
    (road,) = found.roads
    assert (road.what, road.id, road.slots, road.worth) == ("link", "b", (1, 3), 10_000)


def test_a_plan_that_loses_nothing_has_nothing_to_explain() -> None:
    instance = two()
    assert whole_shortfalls(instance, both(instance, 2)) == ()
