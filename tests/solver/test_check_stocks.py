"""Tests of `stock_balance` and of what stocks and rates cost in the shortfall stages.

Ore trips that depart in slot t unload in t + 1; steel leaves in t. Intervals are two slots.
"""

import pytest

from solver.check import stage_values
from solver.instance import Instance, LockedTrips, Phi, ProcessState, RecipeItem, State, UnderWay
from solver.plan import Plan, Refusal
from tests.solver.builders import (
    Piece,
    breaches_of,
    departures,
    far_leg,
    output_cut,
    plan_of,
    plant,
    process,
    rates,
    stock,
    stream,
    tiny_instance,
)


def works(*stocks: Piece, processes: tuple[Piece, ...] = (), **fields: object) -> Instance:
    """A plant whose stocks replace the default ones of the same id."""
    by_id = {piece.fields["id"]: piece for piece in (stock("ore"), stock("steel"), *stocks)}
    parts = {"stocks": tuple(by_id.values()), "processes": processes or (process(),)}
    return tiny_instance(plants=(plant(**parts),), **fields)


def stages(instance: Instance, plan: Plan) -> dict[str, int]:
    assert plan.decisions is not None
    return {stage.name: stage.value for stage in stage_values(instance, plan.decisions)}


def test_a_process_runs_until_its_ore_is_at_the_least_level() -> None:
    instance = works(stock("ore", now_kg=50_000, min_kg=10_000))
    fits = plan_of(instance, rates=rates(smelt=(30, 10, 0, 0)))
    over = plan_of(instance, rates=rates(smelt=(30, 11, 0, 0)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [
        ("stock_balance", "ore", 2, 9_000, 10_000),
        ("stock_balance", "ore", 4, 9_000, 10_000),
        ("stock_balance", "ore", 6, 9_000, 10_000),
    ]


def test_a_process_runs_until_its_store_is_full() -> None:
    instance = works(stock("steel", now_kg=0, max_kg=40_000))
    fits = plan_of(instance, rates=rates(smelt=(0, 0, 30, 10)))
    over = plan_of(instance, rates=rates(smelt=(0, 0, 30, 11)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("stock_balance", "steel", 6, 41_000, 40_000)]


def test_a_trip_feeds_the_interval_in_which_it_unloads() -> None:
    """A trip of slot 1 unloads in slot 2, which is interval 1."""
    instance = works(stock("ore", now_kg=0))
    made = departures(("ore.heavy", 1, 1))
    fits = plan_of(instance, departures=made, rates=rates(smelt=(0, 30, 0, 0)))
    early = plan_of(instance, departures=made, rates=rates(smelt=(1, 29, 0, 0)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, early) == [("stock_balance", "ore", 0, -1_000, 0)]


def test_a_steel_trip_takes_its_load_when_it_departs() -> None:
    instance = works(stock("steel", now_kg=30_000))
    fits = plan_of(instance, departures=departures(("steel.heavy", 0, 1)))
    over = plan_of(instance, departures=departures(("steel.heavy", 0, 1), ("steel.heavy", 7, 1)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("stock_balance", "steel", 6, -30_000, 0)]


def test_a_far_leg_unloads_in_the_slot_of_its_turn_at_the_plant() -> None:
    """O + p = 1,080 s: the far leg unloads in its departure slot."""
    streams = (stream("ore", legs=(far_leg(),)), stream("steel"))
    stocks = (stock("ore", now_kg=0), stock("steel"))
    instance = tiny_instance(plants=(plant(stocks=stocks, streams=streams),))
    made = departures(("ore.heavy", 1, 1))
    at_once = plan_of(instance, departures=made, rates=rates(smelt=(30, 0, 0, 0)))
    assert breaches_of(instance, at_once) == []


def test_trips_under_way_bring_what_they_have_not_yet_unloaded() -> None:
    """Departed one slot ago: unloads in slot 0. Two slots ago: is in the stock already."""
    for ago, allowed in ((1, 30), (2, 0)):
        state = State(under_way=(UnderWay(leg="ore.heavy", slots_ago=ago, trips=1),))
        instance = works(stock("ore", now_kg=0), state=state)
        fits = plan_of(instance, rates=rates(smelt=(allowed, 0, 0, 0)))
        assert breaches_of(instance, fits) == []
        if allowed < 30:
            over = plan_of(instance, rates=rates(smelt=(allowed + 1, 0, 0, 0)))
            assert ("stock_balance", "ore", 0, -1_000, 0) in breaches_of(instance, over)


def test_arrivals_come_unless_refused_and_no_more_is_refused_than_comes() -> None:
    instance = works(stock("ore", now_kg=0, max_kg=20_000, arrivals_kg=(30_000, 0, 0, 0)))

    def refusing(kg: int) -> Plan:
        refusal = Refusal(stock="ore", interval=0, what="arrival", kg=kg)
        return plan_of(instance, refusals=(refusal,))

    assert breaches_of(instance, refusing(10_000)) == []
    assert breaches_of(instance, refusing(9_999))[0] == (
        "stock_balance", "ore", 0, 20_001, 20_000
    )  # fmt: skip
    assert breaches_of(instance, refusing(30_000)) == []
    assert breaches_of(instance, refusing(30_001))[0] == (
        "stock_balance", "ore", 0, 30_001, 30_000
    )  # fmt: skip


def test_dispatches_go_unless_refused() -> None:
    instance = works(stock("steel", now_kg=5_000, dispatches_kg=(0, 8_000, 0, 0)))
    fits = plan_of(
        instance, refusals=(Refusal(stock="steel", interval=1, what="dispatch", kg=3000),)
    )
    over = plan_of(
        instance, refusals=(Refusal(stock="steel", interval=1, what="dispatch", kg=2999),)
    )
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over)[0] == ("stock_balance", "steel", 2, -1, 0)


def test_rates_keep_to_what_the_output_cuts_leave() -> None:
    """Of 31, a cut of 50 % leaves 15; the larger of two cuts counts."""
    cuts = (
        output_cut(end_interval=2),
        output_cut(id="O2", first_interval=1, end_interval=3, cut_percent=20),
    )
    instance = works(processes=(process(rate_max=31),), output_cuts=cuts)
    fits = plan_of(instance, rates=rates(smelt=(15, 15, 24, 31)))
    assert breaches_of(instance, fits) == []
    for interval, most in enumerate((15, 15, 24, 31)):
        run = [0, 0, 0, 0]
        run[interval] = most + 1
        over = plan_of(instance, rates=rates(smelt=run))
        assert breaches_of(instance, over) == [
            ("stock_balance", "smelt", 2 * interval, most + 1, most)
        ]


def test_a_stock_out_of_bounds_at_the_start_may_stay_there_but_not_get_worse() -> None:
    low = works(stock("ore", now_kg=5_000, min_kg=10_000))
    assert breaches_of(low, plan_of(low)) == []
    worse = plan_of(low, rates=rates(smelt=(1, 0, 0, 0)))
    assert breaches_of(low, worse)[0] == ("stock_balance", "ore", 0, 4_000, 5_000)
    full = works(stock("ore", now_kg=50_000, max_kg=40_000))
    assert breaches_of(full, plan_of(full)) == []
    one_more = plan_of(full, departures=departures(("ore.heavy", 5, 1)))
    assert breaches_of(full, one_more) == [("stock_balance", "ore", 6, 80_000, 50_000)]


def test_what_locked_trips_do_to_a_stock_is_no_breach_above_nothing() -> None:
    locked = State(locked_trips=(LockedTrips(leg="steel.heavy", slot=2, trips=1),))
    made = departures(("steel.heavy", 2, 1))
    below_least = works(stock("steel", now_kg=40_000, min_kg=20_000), state=locked)
    assert breaches_of(below_least, plan_of(below_least, departures=made)) == []
    below_nothing = works(stock("steel", now_kg=29_999), state=locked)
    assert breaches_of(below_nothing, plan_of(below_nothing, departures=made))[0] == (
        "stock_balance", "steel", 2, -1, 0
    )  # fmt: skip


def test_the_worst_input_counts_once_and_shares_are_not_summed() -> None:
    """100 units need 100 t of ore and 50 t of coke. Ore is 30 % short, coke 20 %: 70 units run and
    30 % are lost. 10 x 1,000 + 15 x 2,000 + 5 x 4,000 = 60,000; 50 % would cost 140,000."""
    recipe = (
        RecipeItem(stock="coke", consumes_kg=500),
        RecipeItem(stock="ore", consumes_kg=1000),
        RecipeItem(stock="steel", produces_kg=1000),
    )
    instance = works(
        stock("ore", now_kg=70_000),
        stock("coke", now_kg=40_000),
        processes=(process(recipe=recipe, rate_max=25, utrip_per_unit=1_000),),
    )
    best = plan_of(instance, rates=rates(smelt=(25, 25, 20, 0)))
    over = plan_of(instance, rates=rates(smelt=(25, 25, 21, 0)))
    assert breaches_of(instance, best) == []
    assert stages(instance, best)["output_shortfall"] == 60_000
    assert breaches_of(instance, over)[0] == ("stock_balance", "ore", 4, -1_000, 0)


@pytest.mark.parametrize(
    ("lost", "price"),
    [(0, 0), (12, 12_000), (13, 14_000), (30, 48_000), (31, 52_000), (120, 648_000)],
)
def test_the_share_lost_costs_more_the_larger_it_is(lost: int, price: int) -> None:
    """Of 120 units the prices change at 12, 30 and 60: 12 x 1 + 18 x 2 + 30 x 4 + 60 x 8 = 648."""
    instance = works(processes=(process(utrip_per_unit=1_000),))
    run = [max(0, min(30, 120 - lost - 30 * i)) for i in range(4)]
    assert stages(instance, plan_of(instance, rates=rates(smelt=run)))["output_shortfall"] == price


def test_what_an_output_cut_takes_is_no_shortfall() -> None:
    instance = works(processes=(process(utrip_per_unit=1_000),), output_cuts=(output_cut(),))
    served = plan_of(instance, rates=rates(smelt=(15, 15, 15, 15)))
    assert stages(instance, served)["output_shortfall"] == 0


def test_a_process_cut_to_nothing_loses_nothing() -> None:
    instance = works(output_cuts=(output_cut(cut_percent=100),))
    assert stages(instance, plan_of(instance))["output_shortfall"] == 0


def test_the_share_is_taken_of_all_that_was_permitted_since_the_episode_began() -> None:
    """30 lost of 120 now, nothing of 120 before: 12.5 % of 240. Breakpoints 24, 60, 120 and prices
    halved (the day is half of all): 24 x 500 + 6 x 1,000 = 18,000."""
    state = State(processes=(ProcessState(process="smelt", lost_units=0, permitted_units=120),))
    instance = works(processes=(process(utrip_per_unit=1_000),), state=state)
    plan = plan_of(instance, rates=rates(smelt=(30, 30, 30, 0)))
    assert stages(instance, plan)["output_shortfall"] == 18_000


def test_what_was_lost_before_makes_the_next_loss_dearer() -> None:
    """60 of 120 were lost before: with 30 more, 90 of 240 are. 24 x 500 + 36 x 1,000 + 30 x 2,000
    = 108,000, of which the 60 alone cost 48,000."""
    state = State(processes=(ProcessState(process="smelt", lost_units=60, permitted_units=120),))
    instance = works(processes=(process(utrip_per_unit=1_000),), state=state)
    plan = plan_of(instance, rates=rates(smelt=(30, 30, 30, 0)))
    assert stages(instance, plan)["output_shortfall"] == 108_000
    whole = plan_of(instance, rates=rates(smelt=(30, 30, 30, 30)))
    assert stages(instance, whole)["output_shortfall"] == 48_000


def test_each_day_is_charged_on_what_is_lost_up_to_it() -> None:
    """From 22:00, intervals of two slots: two on day 0, two on day 1. Of 60 on day 0 ten are lost:
    6 x 1,000 + 4 x 2,000 = 14,000. On day 1, 10 of 120, the day's half: 10 x 500 = 5,000."""
    instance = works(processes=(process(utrip_per_unit=1_000),), start="2026-01-05T22:00:00+08:00")
    plan = plan_of(instance, rates=rates(smelt=(30, 20, 30, 30)))
    assert stages(instance, plan)["output_shortfall"] == 19_000


def test_prices_and_breakpoints_round_up() -> None:
    """10 % of 7 units is 1; the first unit costs ceil(1 x 3 x 7 / 7) = 3, the second 9."""
    instance = works(
        processes=(process(rate_max=(7, 0, 0, 0), utrip_per_unit=3),),
        phi=Phi(breakpoints_percent=(0, 10), slopes=(1, 3)),
    )
    one = plan_of(instance, rates=rates(smelt=(6, 0, 0, 0)))
    assert stages(instance, one)["output_shortfall"] == 3
    less = plan_of(instance, rates=rates(smelt=(5, 0, 0, 0)))
    assert stages(instance, less)["output_shortfall"] == 12


@pytest.mark.parametrize(("end_min_kg", "units"), [(180_000, 0), (180_001, 1), (182_000, 2)])
def test_living_off_the_yard_counts_as_output_lost(end_min_kg: int, units: int) -> None:
    """120 t of 300 t of ore are eaten: what lacks at the end is lost in whole units."""
    instance = works(
        stock("ore", end_min_kg=end_min_kg), processes=(process(utrip_per_unit=1_000),)
    )
    plan = plan_of(instance, rates=rates(smelt=(30, 30, 30, 30)))
    assert breaches_of(instance, plan) == []
    assert stages(instance, plan)["output_shortfall"] == units * 1_000


def test_the_greatest_breach_counts_once_per_process() -> None:
    """Ore ends 3 t short, steel 5 t over: 5 units are lost, not 8."""
    instance = works(
        stock("ore", end_min_kg=183_000),
        stock("steel", end_max_kg=415_000),
        processes=(process(utrip_per_unit=1_000),),
    )
    plan = plan_of(instance, rates=rates(smelt=(30, 30, 30, 30)))
    assert stages(instance, plan)["output_shortfall"] == 5_000


def test_must_run_is_charged_by_minute_and_missing_share() -> None:
    """One of the 10 units of a 60-minute interval: 1,000 x 60 x 2 / 10 = 12,000 thousandths."""
    instance = works(processes=(process(rate_min=10, hazard_weight=2),))
    held = plan_of(instance, rates=rates(smelt=(10, 10, 10, 10)))
    one_less = plan_of(instance, rates=rates(smelt=(10, 9, 10, 10)))
    assert stages(instance, held)["safety_shortfall"] == 0
    assert stages(instance, one_less)["safety_shortfall"] == 12_000
    assert breaches_of(instance, one_less) == []


def test_must_run_asks_no_more_than_the_cut_leaves_and_nothing_without_hazard() -> None:
    cut = works(processes=(process(rate_min=20, hazard_weight=2),), output_cuts=(output_cut(),))
    assert (
        stages(cut, plan_of(cut, rates=rates(smelt=(15, 15, 15, 14))))["safety_shortfall"] == 8_000
    )
    free = works(processes=(process(rate_min=20),))
    assert stages(free, plan_of(free))["safety_shortfall"] == 0


def test_a_shorter_last_interval_has_fewer_minutes() -> None:
    instance = works(processes=(process(rate_min=10, hazard_weight=1),), n_slots=7)
    plan = plan_of(instance, rates=rates(smelt=(10, 10, 10, 0)))
    assert stages(instance, plan)["safety_shortfall"] == 30_000


def test_a_process_that_is_not_named_stands_still() -> None:
    instance = works()
    named, unnamed = plan_of(instance), plan_of(instance, rates=())
    assert breaches_of(instance, unnamed) == []
    assert stages(instance, unnamed) == stages(instance, named)
