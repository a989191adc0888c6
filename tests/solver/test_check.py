"""Tests that the checker values a plan by hand-computed figures and judges what a plan claims."""

from typing import Any

import pytest

from solver.check import StageValue, check, find_violations, stage_values
from solver.instance import (
    Emission,
    Held,
    Instance,
    Pollutant,
    PublishedTrips,
    State,
    Tolerance,
    UnderWay,
)
from solver.plan import Plan, PlanStatus, Rates, Refusal, SafeTrips, StageResult, Window, read_plan
from tests.solver.builders import (
    breaches_of,
    departures,
    far_leg,
    leg,
    link,
    plan_of,
    plant,
    process,
    rates,
    releases,
    stock,
    stream,
    tiny_instance,
    vehicle_class,
    window_limit,
    windows,
    zone,
)


def worked_case() -> tuple[Instance, Plan]:
    """Two ore trips and a steel trip in a window of three slots; two intervals at 20 of 30."""
    instance = tiny_instance(window_limits=(window_limit(),))
    plan = plan_of(
        instance,
        departures=departures(("ore.heavy", 1, 2), ("steel.heavy", 2, 1)),
        windows=windows(("G", 1, 4)),
        rates=rates(smelt=(20, 20, 30, 30)),
    )
    return instance, plan


def test_a_plan_is_valued_in_every_stage() -> None:
    """Output: 20 of 120 units lost; 10 % are 12 units at 66,667, the other 8 at twice that.
    Exposure: 3 trips x 12 km x (1,000 + 2,000) mg/km. Windows: 1 + 1 gate x 8 slots, 3 open."""
    instance, plan = worked_case()
    report = check(instance, plan)
    assert report.ok
    assert report.stages == (
        StageValue(name="safety_shortfall", unit="1/1000 weighted process-minute", value=0),
        StageValue(name="output_shortfall", unit="millionth of a trip", value=1_866_676),
        StageValue(name="exposure", unit="exposure unit", value=108_000),
        StageValue(name="windows", unit="open slot", value=12),
    )


def value_of(stage: str, instance: Instance, plan: Plan) -> int:
    assert plan.decisions is not None
    return {s.name: s.value for s in stage_values(instance, plan.decisions)}[stage]


def test_windows_that_touch_or_go_on_from_before_start_once() -> None:
    """One window is worth 1 + 1 gate x 8 slots = 9; every open slot 1."""
    instance, _ = worked_case()
    assert value_of("windows", instance, plan_of(instance, windows=windows(("G", 1, 2)))) == 10
    touching = plan_of(instance, windows=windows(("G", 1, 2), ("G", 2, 4)))
    assert value_of("windows", instance, touching) == 12
    two = plan_of(instance, windows=windows(("G", 0, 2), ("G", 3, 5)))
    assert value_of("windows", instance, two) == 22


def test_changed_departures_count_each_trip_that_moves_twice() -> None:
    """Of three published trips one moves, one stays, one is dropped, and one is new: 4 changes."""
    published = (
        PublishedTrips(leg="ore.heavy", slot=1, trips=2),
        PublishedTrips(leg="steel.heavy", slot=2, trips=1),
    )
    instance = tiny_instance(published=published)
    rows = departures(("ore.heavy", 1, 1), ("ore.heavy", 3, 1), ("steel.heavy", 5, 1))
    assert value_of("changed_departures", instance, plan_of(instance, departures=rows)) == 4
    same = departures(("ore.heavy", 1, 2), ("steel.heavy", 2, 1))
    assert value_of("changed_departures", instance, plan_of(instance, departures=same)) == 0
    names = [stage.name for stage in check(instance, plan_of(instance)).stages]
    assert names[2] == "changed_departures"


def test_exposure_weighs_load_people_and_the_hour_of_each_link() -> None:
    """NOx weighs 3, PM 100. Empty 1,000 x 3 + 10 x 100 = 4,000, laden 2,000 x 3 + 20 x 100 = 8,000
    per km. Link a (6 km, empty) lies in Y: 5 people, weight 1 + slot. b, empty, and c, d, laden, in
    Z: 1 and 1. Slot 2: 6 x (4,000 x 5 x 3 + 4,000 + 8,000 + 8,000) = 480,000, by 7 rounded up."""
    emissions = (
        Emission(pollutant="nox", laden_mg_km=2000, empty_mg_km=1000),
        Emission(pollutant="pm", laden_mg_km=20, empty_mg_km=10),
    )
    hours = tuple(1 + slot for slot in range(8))
    classes = tuple(vehicle_class(id, emissions=emissions) for id in ("heavy", "trailer", "van"))
    instance = tiny_instance(
        pollutants=(Pollutant(id="nox", weight=3), Pollutant(id="pm", weight=100)),
        vehicle_classes=classes,
        exposure_divisor=7,
        zones=(zone("Y", population_weight=5, hour_weights=hours), zone("Z")),
        links=(link("a", zone="Y"),),
    )
    plan = plan_of(instance, departures=departures(("ore.heavy", 2, 3)))
    assert value_of("exposure", instance, plan) == 3 * 68_572


def test_exposure_takes_the_hour_of_entry_and_after_the_end_the_last() -> None:
    """Link c takes 720 s: d is entered after 1,800 s, in slot t + 1, for a trip of slot 7 in the
    last. Its laden 12 km, empty 12 km and d's laden 6 km: 24 + 12 + 12 x weight."""
    hours = (0, 0, 0, 0, 0, 0, 0, 9)
    instance = tiny_instance(
        zones=(zone("Y", hour_weights=hours), zone("Z")),
        links=(link("c", length_m=12_000), link("d", zone="Y")),
    )
    base = 12_000 + 2 * 12_000
    for slot, weight in ((5, 0), (6, 9)):
        plan = plan_of(instance, departures=departures(("ore.heavy", slot - 1, 1)))
        assert value_of("exposure", instance, plan) == base
        plan = plan_of(instance, departures=departures(("steel.heavy", slot, 1)))
        assert value_of("exposure", instance, plan) == 24_000 + 12_000 + 6_000 * weight
    last = plan_of(instance, departures=departures(("steel.heavy", 7, 1)))
    assert value_of("exposure", instance, last) == 24_000 + 12_000 + 6_000 * 9


def test_trucks_inside_are_charged_with_their_release_or_in_the_last_slot() -> None:
    """In, laden: 12 x 2,000 x weight; out, empty: 12 x 1,000 x weight of the slot, 1 + slot."""
    hours = tuple(1 + slot for slot in range(8))
    streams = (stream("ore", legs=(far_leg(may_wait=True),)), stream("steel"))
    state = State(
        held=(Held(leg="ore.heavy", trips=1),),
        under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=1),),
    )
    instance = tiny_instance(
        plants=(plant(streams=streams),), zones=(zone(hour_weights=hours),), state=state
    )
    assert value_of("exposure", instance, plan_of(instance)) == 2 * 12_000 * 8
    plan = plan_of(
        instance,
        departures=departures(("ore.heavy", 2, 1)),
        releases=releases(("ore.heavy", 1, 2)),
    )
    assert value_of("exposure", instance, plan) == 24_000 * 3 + 2 * 12_000 * 2 + 12_000 * 8


def test_other_trips_under_way_are_not_charged() -> None:
    state = State(under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=4),))
    instance = tiny_instance(state=state)
    assert value_of("exposure", instance, plan_of(instance)) == 0


CLAIMS = {
    "safety_shortfall": (0, 1000),
    "output_shortfall": (1_866_676, 1_000_000),
    "exposure": (108_000, 36_000),
    "windows": (12, 9),
}


def claim(name: str, **fields: Any) -> StageResult:
    """A true claim of the worked case with nothing proved, but for the fields given."""
    value, unit_value = CLAIMS[name]
    told = {"unit": "", "unit_value": unit_value, "value": value, "bound": 0, "proof": "none"}
    gap = value / max(value, unit_value)
    return StageResult(name=name, **{**told, "gap": gap, "handed_on": value, **fields})


def claiming(*stages: StageResult, status: PlanStatus = "feasible") -> list[tuple[str, int, int]]:
    instance, plan = worked_case()
    claimed = plan.model_copy(update={"stages": stages, "status": status})
    found = find_violations(instance, claimed)
    assert {v.law for v in found} <= {"stage"}
    return [(v.where, v.amount, v.allowed) for v in found]


def test_true_claims_pass() -> None:
    every = [claim(name) for name in CLAIMS]
    assert claiming(*every) == []
    assert claiming(*every, status="optimal") == []
    assert claiming(claim("windows", bound=12, gap=0.0, proof="optimal")) == []
    assert claiming(claim("exposure", handed_on=108_540)) == []


def test_a_claimed_value_off_by_one_is_seen() -> None:
    off = claim("windows", value=11, gap=1.0, handed_on=12)
    assert claiming(off) == [("windows", 11, 12)]


def test_a_bound_above_the_value_is_seen() -> None:
    assert claiming(claim("windows", bound=13, gap=0.0)) == [("windows", 13, 12)]


def test_a_wrong_gap_is_seen_and_a_rounded_one_passes() -> None:
    third = claim("windows", bound=8, gap=4 / 12)
    assert claiming(third) == []
    assert claiming(claim("windows", bound=8, gap=0.333)) == [("windows", 333_000_000, 333_333_333)]
    assert claiming(claim("windows", bound=8, gap=float("inf"))) == [("windows", -1, 333_333_333)]


def test_the_gap_is_taken_of_no_less_than_a_unit() -> None:
    assert claiming(claim("safety_shortfall", gap=0.0)) == []
    assert claiming(claim("windows", unit_value=10)) == [("windows", 10, 9)]


def test_a_stage_that_spends_more_than_was_handed_on_is_seen() -> None:
    assert claiming(claim("windows", handed_on=11)) == [("windows", 11, 12)]


def test_stages_are_claimed_once_in_order_and_all_by_an_optimal_plan() -> None:
    assert claiming(claim("windows"), claim("exposure")) == [("windows exposure", 1, 0)]
    assert claiming(claim("windows"), claim("windows")) == [("windows windows", 1, 0)]
    assert claiming(claim("windows"), status="optimal") == [("optimal", 1, 4)]


def test_a_stage_that_the_instance_does_not_have_is_seen() -> None:
    extra = claim("windows").model_copy(update={"name": "changed_departures"})
    assert claiming(extra) == [("changed_departures", 1, 0)]


@pytest.mark.parametrize(("unit_hours", "unit"), [(1, 36_000), (0, 1)])
def test_the_unit_of_exposure_is_the_cheapest_departure(unit_hours: int, unit: int) -> None:
    """Without people no departure has any exposure: the unit is 1."""
    instance = tiny_instance(zones=(zone(hour_weights=unit_hours),))
    stage = StageResult(
        name="exposure", unit="", unit_value=unit, value=0, bound=0, gap=0.0, proof="none",
        handed_on=0,
    )  # fmt: skip
    plan = plan_of(instance)
    assert breaches_of(instance, plan.model_copy(update={"stages": (stage,)})) == []
    wrong = stage.model_copy(update={"unit_value": unit + 1})
    assert breaches_of(instance, plan.model_copy(update={"stages": (wrong,)})) == [
        ("stage", "exposure", None, unit + 1, unit)
    ]


def test_a_departure_that_could_not_unload_in_time_is_no_unit() -> None:
    """Ore of slot 7 would unload in slot 8; steel of slot 7 may go and is the cheapest there."""
    hours = (9, 9, 9, 9, 9, 9, 9, 1)
    ore_only = (stream("ore"),)
    for streams, unit in ((ore_only, 9 * 36_000), ((*ore_only, stream("steel")), 36_000)):
        instance = tiny_instance(
            plants=(plant(streams=streams),), zones=(zone(hour_weights=hours),)
        )
        stage = StageResult(
            name="exposure", unit="", unit_value=unit, value=0, bound=0, gap=0.0, proof="none",
            handed_on=0,
        )  # fmt: skip
        plan = plan_of(instance).model_copy(update={"stages": (stage,)})
        assert breaches_of(instance, plan) == []


def test_a_plan_for_another_instance_is_refused() -> None:
    instance, plan = worked_case()
    other = instance.model_copy(update={"name": "other", "tolerances": ()})
    assert [v.law for v in find_violations(other, plan)] == ["instance"]
    assert not check(other, plan).ok


def test_the_tolerances_stand_in_the_digest_that_a_plan_answers() -> None:
    instance, plan = worked_case()
    looser = tiny_instance(
        window_limits=(window_limit(),), tolerances=(Tolerance(stage="exposure", permyriad=51),)
    )
    assert instance.digest != looser.digest
    assert [v.law for v in find_violations(looser, plan)] == ["instance"]


@pytest.mark.parametrize(
    ("decisions", "breach"),
    [
        ({"windows": (Window(gate="X", first_slot=1, end_slot=3),)}, ("X", None, 1, 0)),
        ({"windows": windows(("G", 6, 9))}, ("G", 6, 9, 8)),
        ({"windows": windows(("G", 4, 4))}, ("G", 4, 4, 8)),
        ({"departures": departures(("x", 1, 1))}, ("x", None, 1, 0)),
        ({"departures": departures(("ore.heavy", 8, 1))}, ("ore.heavy", 8, 8, 7)),
        ({"releases": releases(("ore.heavy", 1, 1))}, ("ore.heavy", 1, 1, 0)),
        ({"rates": (Rates(process="x", rates=(0, 0, 0, 0)),)}, ("x", None, 1, 0)),
        ({"rates": rates(smelt=(0, 0, 0))}, ("smelt", None, 3, 4)),
        (
            {"refusals": (Refusal(stock="x", interval=0, what="arrival", kg=1),)},
            ("x", None, 1, 0),
        ),
        (
            {"refusals": (Refusal(stock="ore", interval=4, what="arrival", kg=1),)},
            ("ore", None, 4, 3),
        ),
        ({"safe_trips": (SafeTrips(stream="x", day=0, trips=1),)}, ("x", None, 1, 0)),
        ({"safe_trips": (SafeTrips(stream="ore", day=1, trips=1),)}, ("ore", None, 1, 0)),
    ],
)
def test_what_the_instance_does_not_have_is_told_alone(
    decisions: Any, breach: tuple[str, int | None, int, int]
) -> None:
    instance, _ = worked_case()
    wrong = plan_of(instance, **decisions)
    assert breaches_of(instance, wrong) == [("decisions", *breach)]
    assert check(instance, wrong).stages == ()
    assert wrong.decisions is not None
    with pytest.raises(ValueError, match=breach[0]):
        stage_values(instance, wrong.decisions)


def test_decisions_stand_in_order_and_once() -> None:
    instance, _ = worked_case()
    rows = departures(("ore.heavy", 1, 1), ("steel.heavy", 2, 1))
    shut = windows(("G", 1, 4))
    swapped = plan_of(instance, departures=rows[::-1], windows=shut)
    twice = plan_of(instance, departures=(rows[0], rows[0]), windows=shut)
    assert breaches_of(instance, swapped) == [("decisions", "ore.heavy 1", None, 1, 0)]
    assert breaches_of(instance, twice) == [("decisions", "ore.heavy 1", None, 1, 0)]


def test_windows_of_a_gate_may_touch_but_not_overlap() -> None:
    instance, _ = worked_case()
    touch = plan_of(instance, windows=windows(("G", 1, 3), ("G", 3, 5)))
    overlap = plan_of(instance, windows=windows(("G", 1, 4), ("G", 3, 5)))
    assert breaches_of(instance, touch) == []
    assert breaches_of(instance, overlap) == [("decisions", "G", 3, 1, 0)]


def test_a_trip_must_unload_in_the_horizon() -> None:
    """Ore of slot t is unloaded in t + 1, steel in t."""
    instance = tiny_instance()
    fits = plan_of(instance, departures=departures(("ore.heavy", 6, 1), ("steel.heavy", 7, 1)))
    over = plan_of(instance, departures=departures(("ore.heavy", 7, 1)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("decisions", "ore.heavy", 7, 8, 7)]


def test_a_far_leg_of_goods_out_unloads_after_its_way_back() -> None:
    """O + p + B + f = 2,160 s: unloaded in t + 1. The far leg of goods in is unloaded in t."""
    out = far_leg("steel.far", laden_out=False, laden_back=True)
    streams = (stream("ore", legs=(far_leg("ore.far"),)), stream("steel", legs=(out,)))
    instance = tiny_instance(plants=(plant(streams=streams),))
    fits = plan_of(instance, departures=departures(("ore.far", 7, 1), ("steel.far", 6, 1)))
    over = plan_of(instance, departures=departures(("steel.far", 7, 1)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("decisions", "steel.far", 7, 8, 7)]


@pytest.mark.parametrize(
    ("status", "decided", "ok"),
    [
        ("optimal", False, False),
        ("feasible", False, False),
        ("none", False, True),
        ("none", True, False),
        ("cancelled", False, True),
        ("cancelled", True, True),
    ],
)
def test_only_a_plan_that_says_so_decides_nothing(
    status: PlanStatus, decided: bool, ok: bool
) -> None:
    instance, plan = worked_case()
    changes = {"status": status, "decisions": plan.decisions if decided else None}
    found = breaches_of(instance, plan.model_copy(update=changes))
    assert (found == []) == ok
    assert {row[0] for row in found} <= {"decisions"}


def test_a_plan_that_decides_nothing_claims_no_stage() -> None:
    instance, plan = worked_case()
    changes = {"status": "none", "decisions": None, "stages": (claim("windows"),)}
    assert breaches_of(instance, plan.model_copy(update=changes)) == [("stage", "none", None, 1, 0)]


def test_every_breach_is_told_at_once() -> None:
    """Too much at the gate of slot 2, on link b, in the stock of steel, and no window at all."""
    instance = tiny_instance(
        window_limits=(window_limit(),),
        links=(link("b", capacity_mpcu_h=5_000),),
        plants=(plant(stocks=(stock("ore"), stock("steel", now_kg=0))),),
    )
    plan = plan_of(instance, departures=departures(("steel.heavy", 2, 2)))
    assert {row[0] for row in breaches_of(instance, plan)} == {
        "gate_window",
        "link_capacity",
        "stock_balance",
    }


def test_a_plan_read_from_json_is_judged_the_same() -> None:
    instance, plan = worked_case()
    again = read_plan(plan.model_dump_json())
    assert check(instance, again) == check(instance, plan)
    assert again.digest == plan.digest


def test_plants_are_valued_together() -> None:
    """Two processes stand still for 120 units each: 12 x 1 + 18 x 2 + 30 x 4 + 60 x 8 thousand."""
    still = (process(utrip_per_unit=1_000), process("cast", utrip_per_unit=1_000))
    streams = (stream("ore", legs=(leg(),)), stream("steel"))
    instance = tiny_instance(plants=(plant(processes=still, streams=streams),))
    assert value_of("output_shortfall", instance, plan_of(instance)) == 2 * 648_000
