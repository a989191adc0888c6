"""Tests that a window asked for is answered by what bars it, the plan that fits it, or what
proves that none does; that reasons are irreducible by a second solver; that void questions are
refused with all faults."""

from typing import Any

import pytest

from solver import proved_no as proving
from solver.asked_window import AskedWindow
from solver.barring import Barring, Laws
from solver.check import check, find_violations, stage_values
from solver.engine import Answer, Limits, minimise
from solver.instance import Fleet, Instance, LockedWindow, Plant, State
from solver.linear import Expression, Rows
from solver.plan import Plan
from solver.reasons import Reason, items_of
from solver.second import Opinion
from solver.solve import SolveParams, solve
from solver.tasks import Task, run_task
from solver.trial import Found, Most, Said, Trial, Way
from solver.why_not import Work, why_not
from solver.window_answer import WindowAnswer
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
    rates,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
    windows,
    zone,
)
from tests.solver.certified import certified
from tests.solver.second_solver import refused_by_highs


def planned(instance: Instance) -> Plan:
    return solve(instance, SolveParams(time_limit_s=None, deterministic_limit=5.0, workers=1))


def ore_plant(id: str = "P", *, in_hand_kg: int = 60_000, **fields: Any) -> Piece:
    """120 t of ore are eaten, 30 t an interval of two slots; what is not in hand comes by road."""
    stocks = (stock("ore", now_kg=in_hand_kg), stock("steel"))
    return plant(id, **{"stocks": stocks, "streams": (stream("ore"),), **fields})


def one_plant(plant: Piece | None = None, **fields: Any) -> Instance:
    return tiny_instance(**{"plants": (plant or ore_plant(),), "window_limits": (LIMIT,), **fields})


LIMIT = window_limit()
PLAN = {"windows": windows(("G", 0, 2)), "departures": departures(("ore.heavy", 0, 2))}
"""Two trips leave in slot 0 and are back in slot 1: nothing is lost."""


def worked(instance: Instance, **fields: Any) -> Plan:
    plan = plan_of(instance, **{**PLAN, "rates": rates(smelt=(30, 30, 30, 30)), **fields})
    assert find_violations(instance, plan) == ()
    return plan


def asked(
    first: int, end: int, instead_of: tuple[int, int] | None = None, **fields: Any
) -> AskedWindow:
    told = {"plant": "P", "gate": "G", "first_slot": first, "end_slot": end, **fields}
    return AskedWindow(**told, instead_of=instead_of)


def told(answer: WindowAnswer) -> list[tuple[str, str, str]]:
    return [(reason.law, reason.where, reason.part) for reason in answer.reasons]


def test_a_window_in_exchange_fits_and_the_checker_passes_its_plan() -> None:
    instance = one_plant()
    answer = why_not(instance, worked(instance), asked(2, 4, instead_of=(0, 2)))
    assert answer.kind == "fits"
    assert answer.plan is not None and answer.plan.decisions is not None
    assert check(instance, answer.plan).ok
    (moved,) = answer.moved
    assert (moved.plant, moved.before, moved.after) == ("P", (("G", 0, 2),), (("G", 2, 4),))
    assert {d.slot for d in answer.plan.decisions.departures} == {2}
    assert [(s.stage, s.before, s.after) for s in answer.stages if s.before] == [
        ("exposure", 72_000, 72_000),
        ("windows", 11, 11),
    ]


def test_a_window_that_the_plan_has_fits_as_it_is() -> None:
    instance = one_plant()
    answer = why_not(instance, worked(instance), asked(0, 2))
    assert answer.kind == "fits"
    assert answer.moved[0].before == answer.moved[0].after


def test_a_gate_without_a_window_limit_needs_no_window() -> None:
    instance = one_plant(window_limits=(window_limit(end_slot=4),))
    assert why_not(instance, worked(instance), asked(4, 6)).kind == "unrestricted"
    assert why_not(instance, worked(instance), asked(3, 6)).kind != "unrestricted"


BARRED: dict[str, tuple[Instance, AskedWindow, list[tuple[str, str, str]]]] = {
    "too long": (one_plant(), asked(0, 7), [("window_shape", "W", "max_slots")]),
    "starts while partly in force": (
        one_plant(window_limits=(window_limit(partial_slots=(0, 1, 2, 3)),)),
        asked(2, 4),
        [("window_shape", "W", "partial_slots")],
    ),
    "a pause, or one window too long": (
        one_plant(
            window_limits=(window_limit(max_slots=2, min_pause_slots=4),),
            state=State(locked_windows=(LockedWindow(gate="G", first_slot=0, end_slot=2),)),
        ),
        asked(4, 6),
        [("window_shape", "W", "max_slots"), ("window_shape", "W", "min_pause_slots")],
    ),
    "more than a day may have": (
        one_plant(window_limits=(window_limit(max_open_slots_day=3),)),
        asked(2, 6),
        [("window_shape", "W", "max_open_slots_day")],
    ),
    "every class barred at the gate": (
        one_plant(bars=(bar(plants=("P",), first_slot=3, end_slot=6),)),
        asked(4, 6),
        [("bar", "B", "")],
    ),
    "no trips allowed": (
        one_plant(trip_cuts=(trip_cut(cut_percent=100),)),
        asked(4, 6),
        [("trip_cap", "C", "")],
    ),
    "no truck": (
        one_plant(ore_plant(fleets=(Fleet(vehicle_class="heavy", trucks=0),))),
        asked(4, 6),
        [("fleet", "heavy", "")],
    ),
    "no passage": (
        one_plant(ore_plant(gates=(gate(capacity_passages=0),))),
        asked(4, 6),
        [("gate_window", "G", "capacity_passages")],
    ),
    "a full store": (
        one_plant(
            ore_plant(
                stocks=(stock("ore", now_kg=300_000, max_kg=310_000), stock("steel", max_kg=0)),
                processes=(process(rate_max=0),),
            )
        ),
        asked(4, 6),
        [("stock_balance", "ore", "max_kg")],
    ),
    "a road that other traffic fills": (
        one_plant(links=(link("b", capacity_mpcu_h=5_000, background_mpcu=2_500),)),
        asked(4, 6),
        [("link_capacity", "b", "")],
    ),
    "two laws together": (
        one_plant(
            ore_plant(fleets=(Fleet(vehicle_class="heavy", trucks=0),)),
            trip_cuts=(trip_cut(cut_percent=100),),
        ),
        asked(4, 6),
        [("trip_cap", "C", "")],
    ),
}


@pytest.mark.parametrize("name", BARRED)
def test_what_the_plants_own_laws_bar_is_named_with_the_law(name: str) -> None:
    instance, question, reasons = BARRED[name]
    plan = planned(instance)
    answer = why_not(instance, plan, question)
    assert (answer.kind, told(answer)) == ("barred", reasons)
    assert answer.irreducible
    refused_by_highs(instance, plan, answer)


def test_a_window_as_long_as_allowed_is_not_barred() -> None:
    instance = one_plant()
    assert why_not(instance, worked(instance), asked(0, 6)).kind != "barred"


def two_bars() -> Instance:
    """Two classes, each barred by a bar of its own: with either bar gone a truck passes."""
    other = leg("ore.van", vehicle_class="van")
    both = ore_plant(streams=(stream("ore", legs=(leg(), other)),))
    return one_plant(
        both,
        bars=(
            bar(plants=("P",), first_slot=3, end_slot=6),
            bar(id="V", classes=("van",), plants=("P",), first_slot=3, end_slot=6),
        ),
    )


def test_reasons_that_bar_only_together_are_told_together() -> None:
    instance = two_bars()
    plan = planned(instance)
    answer = why_not(instance, plan, asked(3, 5))
    assert (answer.kind, told(answer)) == ("barred", [("bar", "B", ""), ("bar", "V", "")])
    assert [reason.slots for reason in answer.reasons] == [((3, 6),), ((3, 6),)]
    refused_by_highs(instance, plan, answer)


@pytest.mark.parametrize("decides", ["another way", "more work", "nothing"])
def test_what_makes_a_set_irreducible_is_asked_another_way_and_with_more_work(
    decides: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would fit is not decided in the usual work: only another way, or more of it, shows that
    neither bar can be spared, and where that shows nothing either the set does not claim it."""
    usual, says_no = Work().reason, Trial.says_no
    asked_more: list[str] = []

    def undecided(trial: Trial, work: float, *rest: Any, bare: bool) -> Said:
        how = "another way" if bare else "more work" if work > usual else "as usual"
        asked_more.append(how)
        is_told = decides == how
        said = says_no(trial, work, *rest, bare=bare)
        return said if said.no or is_told else Said(None)

    monkeypatch.setattr(Trial, "says_no", undecided)
    instance = two_bars()
    answer = why_not(instance, planned(instance), asked(3, 5))
    assert told(answer) == [("bar", "B", ""), ("bar", "V", "")]
    assert answer.irreducible == (decides != "nothing")
    assert "another way" in asked_more
    assert ("more work" in asked_more) == (decides != "another way")


def test_once_the_work_for_reasons_is_used_more_may_be_told_than_bars() -> None:
    instance = two_bars()
    answer = why_not(instance, planned(instance), asked(3, 5), Work(reasons=0))
    assert answer.kind == "barred"
    assert {("bar", "B", ""), ("bar", "V", "")} < set(told(answer))
    assert not answer.irreducible


def test_a_point_that_was_found_answers_other_questions() -> None:
    """What fits with one of two bars fits with none: there is work for two questions, and the
    second that is asked is that of both."""
    instance = two_bars()
    decisions = planned(instance).decisions
    assert decisions is not None
    trial = Trial(instance, decisions, asked(3, 5), roads_free=True)
    every = items_of(trial, {})
    bars = [item for item in every if item.law == "bar"]
    others = frozenset(every) - {*bars}
    barring = Barring(trial, {}, every, work=0.5, total=0.03)
    assert barring.bars(Laws(others | {bars[0]})) is False
    assert barring.bars(Laws(others)) is False
    assert barring.bars(Laws(frozenset(every))) is True
    assert barring.bars(Laws(others | {bars[1]})) is None, "the work for all is used"


def test_where_no_truck_can_pass_whatever_is_left_out_that_is_told() -> None:
    """Unloading ends a slot after the way out: in the last slot no trip can begin or end."""
    instance = one_plant(ore_plant(streams=()))
    answer = why_not(instance, planned(instance), asked(4, 6))
    assert answer.kind == "barred"
    assert answer.reasons == (Reason(law="decisions", where="G", slots=((4, 6),)),)


def test_the_nearest_windows_that_fit_are_told_on_both_sides() -> None:
    """One trip is due by slot 7: it leaves in one slot and is back in the next; slot 4 is barred.
    Out in 2 and in in 3, or out in 5 and in in 6: either window has a slot next to slot 4."""
    instance = one_plant(
        ore_plant(in_hand_kg=90_000), bars=(bar(plants=("P",), first_slot=4, end_slot=5),)
    )
    plan = worked(instance, departures=departures(("ore.heavy", 0, 1)))
    answer = why_not(instance, plan, asked(4, 5, instead_of=(0, 2)))
    assert answer.kind == "barred"
    assert answer.nearest == ((3, 4), (5, 6))
    for first, end in answer.nearest:
        assert why_not(instance, plan, asked(first, end, instead_of=(0, 2))).kind == "fits"


def second_plant(id: str, good: str, process_id: str, gate_id: str) -> Piece:
    """As P, for another good and through another gate; one load of it must come by road."""
    work = process(process_id)
    recipe = (work.fields["recipe"][0].model_copy(update={"stock": good}),)
    legs = (leg(f"{good}.heavy", gate_in=gate_id, gate_out=gate_id),)
    return plant(
        id,
        gates=(gate(gate_id),),
        processes=(work.but(recipe=recipe),),
        stocks=(stock(good, now_kg=90_000, breach_process=process_id),),
        streams=(stream(good, legs=legs, stock=good),),
    )


def test_a_nearest_window_that_is_not_next_to_the_one_asked_for_is_found() -> None:
    """Trucks pass in slots 0, 1 and 7 alone, and none is back in time in 7: slot 1 is the nearest,
    in a window that the gate has not yet. The idle window pays for the open slot more."""
    instance = one_plant(bars=(bar(plants=("P",), first_slot=2, end_slot=7),))
    plan = worked(instance, windows=windows(("G", 0, 2), ("G", 3, 5)))
    answer = why_not(instance, plan, asked(4, 6))
    assert (answer.kind, answer.nearest) == ("barred", ((1, 3),))


def two_plants(**fields: Any) -> Instance:
    """P and Q on the same roads; each slot link b lets one truck in. Q is not restricted."""
    narrow = (link("b", capacity_mpcu_h=5_000),)
    both = (ore_plant(in_hand_kg=90_000), second_plant("Q", "coal", "melt", "H"))
    return tiny_instance(**{"plants": both, "links": narrow, "window_limits": (LIMIT,), **fields})


def idle_plant(id: str) -> Plant:
    """A plant that may make nothing and moves nothing."""
    rest = process(f"rest{id}", rate_max=0)
    recipe = (rest.fields["recipe"][0].model_copy(update={"stock": f"heap{id}"}),)
    made = tiny_instance(
        plants=(
            plant(
                id,
                gates=(gate(f"gate{id}"),),
                processes=(rest.but(recipe=recipe),),
                stocks=(stock(f"heap{id}", breach_process=f"rest{id}"),),
                streams=(),
            ),
        )
    )
    return made.plants[0]


def both_at_work(instance: Instance, coal_slot: int) -> Plan:
    return worked(
        instance,
        departures=departures(("ore.heavy", 0, 1), ("coal.heavy", coal_slot, 1)),
        rates=rates(melt=(30, 30, 30, 30), smelt=(30, 30, 30, 30)),
    )


def test_a_window_that_fits_if_another_plant_moves_names_it() -> None:
    instance = two_plants()
    answer = why_not(instance, both_at_work(instance, 2), asked(2, 4, instead_of=(0, 2)))
    assert answer.kind == "fits_if"
    assert [moved.plant for moved in answer.moved] == ["P", "Q"]
    assert answer.plan is not None and answer.plan.decisions is not None
    assert find_violations(instance, answer.plan) == ()
    (coal,) = (d for d in answer.plan.decisions.departures if d.leg == "coal.heavy")
    assert coal.slot != 2
    assert all(stage.after <= stage.before for stage in answer.stages)


def test_beside_a_plant_that_is_not_in_its_way_it_fits_as_it_is() -> None:
    instance = two_plants()
    answer = why_not(instance, both_at_work(instance, 4), asked(2, 4, instead_of=(0, 2)))
    assert answer.kind == "fits"
    assert [moved.plant for moved in answer.moved] == ["P"]


def test_what_no_plan_as_good_has_is_proved_with_the_stage() -> None:
    """Nothing need come: a truck in the window would cost exposure where none is."""
    instance = one_plant(ore_plant(in_hand_kg=300_000))
    plan = planned(instance)
    answer = why_not(instance, plan, asked(2, 4))
    assert answer.kind == "no_replan"
    assert answer.proof is not None
    proved = answer.proof
    assert (proved.stage, proved.by, proved.handed_on, proved.bound) == (
        "exposure",
        "laws",
        0,
        1,
    )
    assert told(answer) == [("stage", "exposure", "")]
    refused_by_highs(instance, plan, answer)


def test_a_window_too_late_for_the_output_is_proved_by_output() -> None:
    """Ore must be in by slot 5: what leaves in slot 6 comes too late; no second window may be."""
    instance = one_plant(window_limits=(window_limit(max_windows_day=1, max_slots=2),))
    answer = why_not(instance, worked(instance), asked(6, 8, instead_of=(0, 2)))
    assert answer.kind == "no_replan"
    assert answer.proof is not None
    assert (answer.proof.stage, answer.proof.by) == ("output_shortfall", "laws")
    refused_by_highs(instance, worked(instance), answer)


def test_what_the_others_cannot_do_without_counts_against_the_window() -> None:
    """Q's gate is barred but in slots 2 and 3: it needs the road in slot 2 for its own output. P
    would need a second window for its load."""
    instance = two_plants(
        bars=(bar(plants=("Q",), end_slot=2), bar(id="B2", plants=("Q",), first_slot=4))
    )
    plan = both_at_work(instance, 2)
    answer = why_not(instance, plan, asked(2, 4, instead_of=(0, 2)))
    assert answer.proof is not None
    assert (answer.kind, answer.proof.by) == ("no_replan", "whole")
    assert answer.proof.stage == "windows"
    road = next(reason for reason in answer.reasons if reason.law == "link_capacity")
    assert (road.where, road.slots, road.sharers) == ("b", ((2, 3),), ("Q",))
    refused_by_highs(instance, plan, answer)


def test_beyond_the_plants_tried_together_a_no_is_of_the_neighbourhood() -> None:
    """The same with two idle plants more: too many to try them all."""
    narrow = two_plants(
        bars=(bar(plants=("Q",), end_slot=2), bar(id="B2", plants=("Q",), first_slot=4))
    )
    idle = [idle_plant(name) for name in ("R", "S")]
    instance = narrow.model_copy(update={"plants": (*narrow.plants, *idle)})
    plan = worked(
        instance,
        departures=departures(("ore.heavy", 0, 1), ("coal.heavy", 2, 1)),
        rates=rates(**dict.fromkeys(("melt", "smelt"), (30,) * 4), restR=(0,) * 4, restS=(0,) * 4),
    )
    answer = why_not(instance, plan, asked(2, 4, instead_of=(0, 2)))
    assert (answer.kind, answer.neighbourhoods) == ("no_nearby", (("Q",),))
    refused_by_highs(instance, plan, answer)


def three_on_a_road() -> tuple[Instance, Plan]:
    """Q may pass its gate in slots 2 and 3 alone, R in 4 and 5; an idle plant makes them too many
    to be tried all together."""
    third = second_plant("R", "coke", "bake", "K")
    sharing = two_plants(
        plants=(ore_plant(in_hand_kg=90_000), second_plant("Q", "coal", "melt", "H"), third),
        bars=(
            bar(plants=("Q",), end_slot=2),
            bar(id="B2", plants=("Q",), first_slot=4),
            bar(id="B3", plants=("R",), end_slot=4),
            bar(id="B4", plants=("R",), first_slot=6),
        ),
    )
    instance = sharing.model_copy(update={"plants": (*sharing.plants, idle_plant("S"))})
    made = {**dict.fromkeys(("bake", "melt", "smelt"), (30,) * 4), "restS": (0,) * 4}
    plan = worked(
        instance,
        departures=departures(("coal.heavy", 2, 1), ("coke.heavy", 4, 1), ("ore.heavy", 0, 1)),
        rates=rates(**made),
    )
    return instance, plan


@pytest.mark.parametrize(("way", "second"), [("bare", True), ("few", False), ("plain", False)])
def test_the_second_way_of_a_no_is_another_one(
    way: Way, second: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With presolve where the first was without, else without."""
    instance, plan = three_on_a_road()
    assert plan.decisions is not None
    trial = Trial(instance, plan.decisions, asked(2, 4, instead_of=(0, 2)), ("Q", "R"))
    presolved: list[bool] = []

    def watched(rows: Rows, objective: Expression, limits: Limits, *hint: dict[int, int]) -> Answer:
        presolved.append(limits.presolve)
        return minimise(rows, objective, limits, *hint)

    monkeypatch.setattr("solver.trial.minimise", watched)
    monkeypatch.setattr("solver.second.minimise", watched)
    found = trial.decide(2.0, trial.now, way=way, sure=False)
    assert found.decision == "doubtful"
    assert trial.confirmed(found, 2.0, trial.now)[0].decision == "no"
    assert presolved == [not second, second]


def test_neighbourhoods_that_were_not_decided_are_named_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instance, plan = three_on_a_road()
    asking = asked(2, 4, instead_of=(0, 2))
    answer = why_not(instance, plan, asking)
    assert (answer.kind, answer.open_neighbourhoods) == ("no_nearby", ())
    assert answer.neighbourhoods == (("Q",), ("R",), ("Q", "R"))
    decide = Trial.decide

    def undecided(trial: Trial, work: float, most: Most, **how: Any) -> Found:
        return Found("unknown") if "R" in trial.group else decide(trial, work, most, **how)

    monkeypatch.setattr(Trial, "decide", undecided)
    answer = why_not(instance, plan, asking)
    assert (answer.kind, answer.neighbourhoods) == ("no_nearby", (("Q",),))
    assert answer.open_neighbourhoods == (("R",), ("Q", "R"))


def test_a_point_that_overruns_a_road_says_nothing_of_where_it_must_not() -> None:
    """Without road b P's truck comes beside another's in some slot: that answers for b open in that
    slot, not for b."""
    instance, plan = three_on_a_road()
    assert plan.decisions is not None
    trial = Trial(instance, plan.decisions, asked(2, 4, instead_of=(0, 2)))
    every = items_of(trial, trial.now)
    narrow = {item for item in every if (item.law, item.where) == ("link_capacity", "b")}
    without = frozenset(every) - narrow
    barring = Barring(trial, trial.now, every, work=0.5, total=0.03)
    assert barring.bars(Laws(without)) is False
    everywhere = frozenset(("link", "b", slot) for slot in range(instance.grid.n_slots))
    assert barring.bars(Laws(frozenset(every), everywhere)) is False
    assert barring.bars(Laws(frozenset(every))) is True


def test_without_a_decided_neighbourhood_nothing_is_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no reason is sought."""
    instance, plan = three_on_a_road()
    monkeypatch.setattr("solver.why_not.Inquiry", None)
    answer = why_not(instance, plan, asked(2, 4, instead_of=(0, 2)), Work(groups=0))
    assert (answer.kind, answer.neighbourhoods, answer.reasons) == ("undecided", (), ())
    assert answer.open_neighbourhoods == (("Q",), ("R",), ("Q", "R"))


DEAR_LATE = (zone(hour_weights=(1, 2, 9, 9, 3, 9, 9, 9)),)
"""A trip in slot 0, 1, 4 costs 36,000, 72,000, 108,000: link b lets one plant have each."""


def test_a_certificate_with_the_window_forced_proves_a_no() -> None:
    """Each plant needs a trip: at least 36,000 + 72,000. With P's in slot 4 it is 144,000; P alone
    would cost no more than the two cost now, so that its own laws prove nothing."""
    instance = two_plants(zones=DEAR_LATE)
    plan = certified(instance, planned(instance))
    assert plan.decisions is not None
    had = plan.decisions.windows[0]
    asking = asked(4, 6, instead_of=(had.first_slot, had.end_slot))
    answer = why_not(instance, plan, asking)
    assert answer.proof is not None
    assert (answer.kind, answer.proof.by, answer.proof.stage) == (
        "no_replan",
        "prices",
        "exposure",
    )
    assert answer.proof.handed_on == 108_540 < answer.proof.bound <= 144_000
    assert told(answer) == [("stage", "exposure", "")]
    refused_by_highs(instance, plan, answer)


@pytest.mark.parametrize(("handed_on", "by"), [(0, "prices"), (1, "whole")])
def test_a_certificate_proves_no_more_than_its_bound(
    handed_on: int, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one unit more than the bound is handed on, all plants together must be tried, and
    prices are asked for a glance alone."""
    instance = two_plants(zones=DEAR_LATE)
    plan = certified(instance, planned(instance))
    assert plan.decisions is not None
    had = plan.decisions.windows[0]
    asking = asked(4, 6, instead_of=(had.first_slot, had.end_slot))
    first = why_not(instance, plan, asking)
    assert first.proof is not None
    most = first.proof.bound - 1 + handed_on
    stages = tuple(
        stage.model_copy(update={"handed_on": most}) if stage.name == "exposure" else stage
        for stage in plan.stages
    )
    spent: list[float | None] = []

    def seen(task: Task) -> Answer:
        spent.append(task.limits.counted_work)
        return run_task(task)

    monkeypatch.setattr(proving, "run_task", seen)
    answer = why_not(instance, plan.model_copy(update={"stages": stages}), asking)
    assert answer.proof is not None
    assert (answer.proof.by, answer.proof.stage) == (by, "exposure")
    work = Work().alone
    assert spent == ([proving.GLANCE * work, work] if by == "prices" else [proving.GLANCE * work])


def test_a_no_that_a_clock_kept_from_its_second_solve_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second way of every solve breaks off by its clock: the answer says so."""
    instance = two_plants(zones=DEAR_LATE)
    plan = certified(instance, planned(instance))
    assert plan.decisions is not None
    had = plan.decisions.windows[0]
    asking = asked(4, 6, instead_of=(had.first_slot, had.end_slot))
    assert not why_not(instance, plan, asking).clocked
    monkeypatch.setattr(
        "solver.trial.second_opinion", lambda rows, work, **_: Opinion("unknown", clocked=True)
    )
    answer = why_not(instance, plan, asking)
    assert (answer.kind, answer.clocked) == ("undecided", True)


def test_what_is_void_is_refused_with_all_faults_at_once() -> None:
    instance = one_plant()
    plan = worked(instance)
    with pytest.raises(ValueError, match="no plant R"):
        why_not(instance, plan, asked(0, 2, plant="R"))
    with pytest.raises(ValueError) as refused:
        why_not(instance, plan, asked(3, 99, instead_of=(4, 6), gate="X"))
    for fault in ("no gate X, only G", "slots 3 to 99", "no window in slots 4 to 6"):
        assert fault in str(refused.value)
    with pytest.raises(ValueError, match="no decisions"):
        why_not(instance, plan.model_copy(update={"decisions": None}), asked(0, 2))


def test_an_answer_is_the_same_every_time() -> None:
    instance = two_plants()
    plan = both_at_work(instance, 2)
    first = why_not(instance, plan, asked(2, 4, instead_of=(0, 2)))
    assert first == why_not(instance, plan, asked(2, 4, instead_of=(0, 2)))
    assert WindowAnswer.model_validate_json(first.model_dump_json()) == first


def test_values_of_the_group_are_those_of_the_checker() -> None:
    instance = two_plants()
    plan = both_at_work(instance, 4)
    assert plan.decisions is not None
    before = {s.name: s.value for s in stage_values(instance, plan.decisions)}
    answer = why_not(instance, plan, asked(2, 4, instead_of=(0, 2)))
    assert {s.stage: s.before for s in answer.stages} == before
