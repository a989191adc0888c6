"""Tests that what a plant asks for is answered beside the plan in force, and that what is granted
binds later plans: windows and trips locked, gates shut, trucks called in for one trip each."""

from typing import Any

import pytest

from solver.check import find_violations
from solver.granted import EmergencyRun, GateRun, Granted, with_granted, with_run
from solver.instance import GivenBack, Instance, LockedTrips, PublishedTrips
from solver.plan import Plan
from solver.trial import Found
from solver.wish import WishAnswer, answer_wish
from solver.wish_trial import FewerTrips, MoreTrips, Wish, WishTrial
from tests.solver.builders import (
    Piece,
    bar,
    breaches_of,
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
)


def run(first: int, end: int, gate: str = "G") -> GateRun:
    return GateRun(gate=gate, first_slot=first, end_slot=end)


def wish(*plants: str, **fields: Any) -> Wish:
    return Wish(name="request-1", clause="request 1", plants=plants or ("P",), **fields)


def more(trips: int, first: int = 0, end: int = 8, stream: str = "ore") -> MoreTrips:
    return MoreTrips(stream=stream, first_slot=first, end_slot=end, trips=trips)


def ore_plant(id: str, good: str, gate_id: str, in_hand_kg: int = 90_000) -> Piece:
    """120 t are eaten in four intervals; one trip in two hours is needed, to begin slot 5 or
    before."""
    made = process(f"smelt{id}")
    recipe = (made.fields["recipe"][0].model_copy(update={"stock": good}),)
    legs = (leg(f"{good}.heavy", gate_in=gate_id, gate_out=gate_id),)
    return plant(
        id,
        gates=(gate(gate_id),),
        processes=(made.but(recipe=recipe),),
        stocks=(stock(good, now_kg=in_hand_kg, breach_process=f"smelt{id}"),),
        streams=(stream("ore").model_copy(update={"id": good, "stock": good, "legs": legs}),),
    )


def one(**fields: Any) -> Instance:
    told = {"plants": (ore_plant("P", "ore", "G"),), "window_limits": (window_limit(),), **fields}
    return tiny_instance(**told)


def two(**fields: Any) -> Instance:
    """P and Q, each with windows; each slot link b lets one truck in."""
    return tiny_instance(
        **{
            "plants": (ore_plant("P", "ore", "G"), ore_plant("Q", "coal", "H")),
            "links": (link("b", capacity_mpcu_h=5_000),),
            "window_limits": (window_limit(), window_limit(id="V", plant="Q")),
            **fields,
        }
    )


FULL = {"smeltP": (30,) * 4, "smeltQ": (30,) * 4}


def made(instance: Instance, **fields: Any) -> Plan:
    runs = {name: FULL[name] for p in instance.plants for name in (f"smelt{p.id}",)}
    decided = {
        "windows": windows(("G", 0, 2)),
        "departures": departures(("ore.heavy", 0, 1)),
        "rates": rates(**runs),
    }
    plan = plan_of(instance, **{**decided, **fields})
    assert find_violations(instance, plan) == ()
    return plan


def both(instance: Instance, coal_slot: int) -> Plan:
    return made(
        instance,
        windows=windows(("G", 0, 2), ("H", coal_slot, coal_slot + 2)),
        departures=departures(("ore.heavy", 0, 1), ("coal.heavy", coal_slot, 1)),
    )


def values(answer: WishAnswer) -> dict[str, int]:
    return {s.stage: s.after - s.before for s in answer.stages if s.after != s.before}


def test_another_window_fits_with_no_stage_worse_and_is_held() -> None:
    instance = one()
    asked = wish(open=(run(2, 4),), shut=(run(0, 2),))
    answer = answer_wish(instance, made(instance), asked)
    assert (answer.kind, answer.worse, values(answer)) == ("fits", (), {})
    assert answer.plan is not None and find_violations(instance, answer.plan) == ()
    (moved,) = answer.moved
    assert (moved.before, moved.after) == ((("G", 0, 2),), (("G", 2, 4),))
    assert answer.granted is not None
    later = with_granted(instance, [answer.granted])
    again = answer.plan.model_copy(update={"instance_digest": later.digest})
    assert find_violations(later, again) == ()
    old = made(instance).model_copy(update={"instance_digest": later.digest})
    assert {v.law for v in find_violations(later, old)} >= {"bar"}, "G is shut first"


def test_one_more_trip_is_told_with_the_exposure_that_it_costs() -> None:
    """A trip costs 36,000: out empty 12 km at 1 g, home laden 12 km at 2 g."""
    instance = one()
    answer = answer_wish(instance, made(instance), wish(more=more(1)))
    assert (answer.kind, answer.worse) == ("fits", ("exposure",))
    assert values(answer) == {"exposure": 36_000}
    assert answer.granted is not None
    assert sum(row.trips for row in answer.granted.trips) == 2, "the planned one and one more"


def test_trips_up_to_the_cap_fit_and_one_over_does_not_and_says_why() -> None:
    """24 trips a day make 4 in four hours; half of them are 2, one of which is planned."""
    instance = one(trip_cuts=(trip_cut(),))
    plan = made(instance)
    assert answer_wish(instance, plan, wish(more=more(1))).kind == "fits"
    beyond = answer_wish(instance, plan, wish(more=more(2)))
    assert beyond.kind == "does_not_fit"
    assert [(r.law, r.where) for r in beyond.reasons] == [("trip_cap", "C")]
    assert beyond.irreducible


def fewer(trips: int, *departures: tuple[str, int]) -> FewerTrips:
    return FewerTrips(departures=departures, trips=trips)


def test_a_window_given_back_fits_with_its_trips_and_all_else_stays() -> None:
    instance = one()
    plan = made(
        instance,
        windows=windows(("G", 0, 2), ("G", 4, 7)),
        departures=departures(("ore.heavy", 0, 1), ("ore.heavy", 4, 1), ("ore.heavy", 5, 1)),
    )
    answer = answer_wish(instance, plan, wish(shut=(run(0, 2),)))
    assert (answer.kind, answer.worse, values(answer)["exposure"]) == ("fits", (), -36_000)
    assert answer.granted == Granted(name="request-1", clause="request 1", shut=(run(0, 2),))
    assert answer.plan is not None and answer.plan.decisions is not None
    assert answer.plan.decisions.windows == windows(("G", 4, 7))
    assert answer.plan.decisions.departures == departures(("ore.heavy", 4, 1), ("ore.heavy", 5, 1))
    part = answer_wish(instance, plan, wish(shut=(run(6, 7),)))
    assert part.plan is not None and part.plan.decisions is not None
    assert part.plan.decisions.windows == windows(("G", 0, 2), ("G", 4, 6))
    short = answer_wish(instance, plan, wish(shut=(run(5, 7),)))
    assert short.kind == "does_not_fit", "what is left of it is below the least length"
    assert ("window_shape", "W") in [(r.law, r.where) for r in short.reasons]


def test_trips_of_a_window_given_back_depart_in_another_one_if_they_are_needed() -> None:
    instance = one(bars=(bar(plants=("P",), first_slot=6),))
    plan = made(
        instance,
        windows=windows(("G", 0, 2), ("G", 4, 6)),
        departures=departures(("ore.heavy", 0, 1)),
    )
    answer = answer_wish(instance, plan, wish(shut=(run(0, 2),)))
    assert (answer.kind, answer.worse) == ("fits", ())
    assert answer.granted is not None
    assert [(t.slot, t.trips) for t in answer.granted.trips] == [(4, 1)], "held from now on"
    later = with_granted(instance, [answer.granted])
    assert [(w.first_slot, w.end_slot) for w in later.state.locked_windows] == [(4, 6)]
    held = wish(shut=answer.granted.shut, trips=answer.granted.trips)
    again = answer_wish(instance, plan, held)
    assert again.plan is not None and answer.plan is not None
    assert again.plan.decisions == answer.plan.decisions


def needed(**of_process: Any) -> Instance:
    """One trip is needed, to leave in slot 3 or before: without it a quarter of the output goes."""
    works = ore_plant("P", "ore", "G")
    processes = (works.fields["processes"][0].but(**of_process),)
    barred = (bar(plants=("P",), first_slot=4),)
    return one(plants=(works.but(processes=processes),), bars=barred)


GIVES = (wish(shut=(run(0, 4),)), wish(fewer=fewer(1, ("ore.heavy", 0))))


@pytest.mark.parametrize("gives", GIVES)
def test_what_the_plant_needs_may_be_given_back_at_the_output_told(gives: Wish) -> None:
    instance = needed()
    answer = answer_wish(instance, made(instance), gives)
    assert (answer.kind, answer.worse) == ("fits", ("output_shortfall",))
    assert answer.plan is not None and answer.plan.decisions is not None
    assert sum(answer.plan.decisions.rates[0].rates) == 90


@pytest.mark.parametrize("gives", GIVES)
def test_what_must_run_is_not_given_back_and_says_why(gives: Wish) -> None:
    instance = needed(rate_min=(30,) * 4, hazard_weight=3)
    answer = answer_wish(instance, made(instance), gives)
    assert (answer.kind, answer.irreducible) == ("does_not_fit", True)
    assert [(r.law, r.where) for r in answer.reasons] == [
        ("stock_balance", "ore"),
        ("stage", "safety_shortfall"),
    ]


def test_trips_given_back_leave_so_many_fewer_and_all_else_stays() -> None:
    instance = one()
    plan = made(
        instance,
        windows=windows(("G", 0, 2), ("G", 4, 7)),
        departures=departures(("ore.heavy", 0, 3), ("ore.heavy", 4, 1), ("ore.heavy", 5, 1)),
    )
    answer = answer_wish(instance, plan, wish(fewer=fewer(2, ("ore.heavy", 0))))
    assert (answer.kind, values(answer)) == ("fits", {"exposure": -72_000})
    assert answer.granted is not None and answer.granted.left == (
        GivenBack(leg="ore.heavy", slot=0, trips=1),
    )
    assert answer.plan is not None and answer.plan.decisions is not None
    assert plan.decisions is not None
    assert answer.plan.decisions.windows == plan.decisions.windows
    assert answer.plan.decisions.departures == departures(
        ("ore.heavy", 0, 1), ("ore.heavy", 4, 1), ("ore.heavy", 5, 1)
    )
    later = with_granted(instance, [answer.granted])
    old = plan.model_copy(update={"instance_digest": later.digest})
    assert breaches_of(later, old) == [("locked", "ore.heavy", 0, 3, 1)]
    again = answer_wish(instance, plan, wish(left=answer.granted.left))
    assert again.plan is not None and again.plan.decisions == answer.plan.decisions
    every = answer_wish(instance, plan, wish(fewer=fewer(4, ("ore.heavy", 0), ("ore.heavy", 4))))
    assert every.kind == "fits"
    beyond = answer_wish(instance, plan, wish(fewer=fewer(4, ("ore.heavy", 0))))
    assert beyond.kind == "does_not_fit", "three are planned"


def test_trips_given_back_since_an_earlier_plan_are_no_stage_that_gets_worse() -> None:
    """In a re-plan departures that change are a stage: of who gives back they are not counted."""
    instance = one()
    plan = made(instance, departures=departures(("ore.heavy", 0, 2)))
    trips = (PublishedTrips(leg="ore.heavy", slot=0, trips=2),)
    later = instance.model_copy(update={"published": trips})
    again = plan.model_copy(update={"instance_digest": later.digest})
    answer = answer_wish(later, again, wish(fewer=fewer(1, ("ore.heavy", 0))))
    assert (answer.kind, answer.worse) == ("fits", ())


def test_room_that_is_given_back_is_there_for_others() -> None:
    """P's truck takes link b when Q's would."""
    instance = two()
    plan = made(
        instance,
        windows=windows(("G", 0, 4), ("H", 0, 2)),
        departures=departures(("ore.heavy", 1, 1), ("ore.heavy", 2, 1), ("coal.heavy", 0, 1)),
    )
    asked = wish("Q", more=more(1, 2, 3, "coal"), open=(run(2, 4, "H"),))
    assert answer_wish(instance, plan, asked).kind == "fits_if"
    given = answer_wish(instance, plan, wish(fewer=fewer(1, ("ore.heavy", 2))))
    assert given.kind == "fits" and given.granted is not None and given.plan is not None
    after = with_granted(instance, [given.granted])
    free = given.plan.model_copy(update={"instance_digest": after.digest})
    assert answer_wish(after, free, asked).kind == "fits"


def test_the_last_word_on_a_departure_counts() -> None:
    """More trips, then given back, then asked for again."""
    key = {"leg": "ore.heavy", "slot": 0}
    asked = Granted(name="a", clause="c", trips=(LockedTrips(**key, trips=3),))
    given = Granted(name="b", clause="c", left=(GivenBack(**key, trips=1),))

    def held(*rows: Granted) -> tuple[list[int], list[int]]:
        state = with_granted(one(), rows).state
        left = [row.trips for row in state.given_back or ()]
        return [row.trips for row in state.locked_trips], left

    assert held(asked) == ([3], [])
    assert held(asked, given) == ([1], [1])
    assert held(asked, given, asked) == ([3], [3])
    assert held(given.model_copy(update={"left": (GivenBack(**key, trips=0),)})) == ([], [0])
    opened = Granted(name="a", clause="c", open=(run(0, 4),))
    shut = Granted(name="b", clause="c", shut=(run(2, 4),))
    windows = with_granted(one(), (opened, shut)).state.locked_windows
    assert [(w.first_slot, w.end_slot) for w in windows] == [(0, 2)]
    again = opened.model_copy(update={"open": (run(3, 4),)})
    later = with_granted(with_granted(one(), (opened, shut)), (again,))
    assert [(b.first_slot, b.end_slot) for b in later.bars] == [(2, 3)]
    windows = later.state.locked_windows
    assert [(w.first_slot, w.end_slot) for w in windows] == [(0, 2), (3, 4)]


def test_what_was_given_back_can_be_asked_for_again() -> None:
    instance = one()
    plan = made(
        instance,
        windows=windows(("G", 0, 2), ("G", 4, 6)),
        departures=departures(("ore.heavy", 0, 2)),
    )
    fewer_now = answer_wish(instance, plan, wish(fewer=fewer(1, ("ore.heavy", 0))))
    no_window = answer_wish(instance, plan, wish(shut=(run(4, 6),)))
    for given, asked in (
        (fewer_now, wish(more=more(2, 0, 1))),
        (no_window, wish(open=(run(4, 6),))),
    ):
        assert given.granted is not None and given.plan is not None
        later = with_granted(instance, [given.granted])
        free = given.plan.model_copy(update={"instance_digest": later.digest})
        again = answer_wish(later, free, asked)
        assert again.kind == "fits" and again.granted is not None and again.plan is not None
        bound = with_granted(later, [again.granted])
        made_again = again.plan.model_copy(update={"instance_digest": bound.digest})
        assert find_violations(bound, made_again) == ()


def test_room_that_another_plant_has_fits_if_it_gives() -> None:
    """Link b lets one truck in a slot, and P's gate opens in slots 2 and 3 alone: its truck leaves
    in 2, as it is back in 3."""
    instance = two()
    asked = wish(open=(run(2, 4),), shut=(run(0, 2), run(4, 8)))
    assert answer_wish(instance, both(instance, 4), asked).kind == "fits"
    answer = answer_wish(instance, both(instance, 2), asked)
    assert (answer.kind, [m.plant for m in answer.moved]) == ("fits_if", ["P", "Q"])
    assert answer.plan is not None and find_violations(instance, answer.plan) == ()


def test_two_that_swap_their_windows_are_planned_together() -> None:
    instance = two()
    plan = both(instance, 2)
    asked = wish("P", "Q", open=(run(2, 4), run(0, 2, "H")), shut=(run(0, 2), run(2, 4, "H")))
    answer = answer_wish(instance, plan, asked)
    assert (answer.kind, answer.worse) == ("fits", ())
    assert {m.plant: m.after for m in answer.moved} == {"P": (("G", 2, 4),), "Q": (("H", 0, 2),)}


def test_trips_that_were_granted_are_locked_and_their_windows_stay_open() -> None:
    instance = one()
    granted = Granted(name="r", clause="c", trips=(LockedTrips(leg="ore.heavy", slot=2, trips=2),))
    later = with_granted(instance, [granted, granted])
    assert [(t.slot, t.trips) for t in later.state.locked_trips] == [(2, 2)], "once, not twice"
    (window,) = later.state.locked_windows
    assert (window.first_slot, window.end_slot) == (2, 4)
    plan = made(instance).model_copy(update={"instance_digest": later.digest})
    assert ("locked", "ore.heavy", 2, 0, 2) in breaches_of(later, plan)


def test_a_bar_of_one_gate_leaves_the_other_open() -> None:
    streams = (
        stream("ore"),
        stream(
            "steel",
            legs=(leg("steel.heavy", gate_in="H", gate_out="H", laden_out=True, laden_back=False),),
        ),
    )
    shut = bar(gates=("H",), first_slot=2, end_slot=3)
    instance = tiny_instance(
        plants=(plant(gates=(gate(), gate("H")), streams=streams),), bars=(shut,)
    )
    plan = plan_of(
        instance,
        departures=departures(("ore.heavy", 2, 1), ("steel.heavy", 1, 1), ("steel.heavy", 3, 1)),
    )
    assert breaches_of(instance, plan) == [("bar", "steel.heavy under B", 1, 1, 0)]


EMERGENCY = EmergencyRun(
    name="run-7",
    clause="filed 7",
    stream="ore",
    vehicle_class="heavy",
    trips=2,
    first_slot=2,
    end_slot=6,
)


def test_an_emergency_run_is_a_stream_of_its_own_exempt_as_its_kind_is() -> None:
    """The plant's trips are cut to none, emergencies exempt, and China V trucks barred but for
    emergencies: only the run can bring ore."""
    cut = trip_cut(cut_percent=100, exempt_kinds=("emergency",))
    instance = one(trip_cuts=(cut,), bars=(bar(plants=("P",)),))
    still = made(instance, windows=(), departures=(), rates=rates(smeltP=(30, 30, 30, 0)))
    assert answer_wish(instance, still, wish(more=more(1))).kind == "does_not_fit"
    armed = with_run(instance, EMERGENCY)
    plan = still.model_copy(update={"instance_digest": armed.digest})
    assert find_violations(armed, plan) == ()
    asked = wish(more=more(2, 2, 6, EMERGENCY.stream_id))
    answer = answer_wish(armed, plan, asked)
    assert answer.kind == "fits"
    assert values(answer)["output_shortfall"] < 0
    over = wish(more=more(3, 2, 6, EMERGENCY.stream_id))
    assert answer_wish(armed, plan, over).kind == "does_not_fit", "two trucks, one trip each"


def test_trucks_called_in_pass_the_gate_in_their_time_alone() -> None:
    armed = with_run(one(window_limits=()), EMERGENCY)
    leg_id = "ore.heavy:run-7"
    for slot, lawful in ((1, False), (2, True), (5, True), (6, False)):
        plan = plan_of(
            armed, departures=departures((leg_id, slot, 1)), rates=rates(smeltP=(0,) * 4)
        )
        laws = {law for law, *_ in breaches_of(armed, plan)}
        assert ("bar" not in laws) == lawful, slot


def test_a_run_of_what_the_instance_does_not_have_changes_nothing() -> None:
    instance = one()
    other = EMERGENCY.model_copy(update={"stream": "coal"})
    assert with_run(instance, other) is instance


def test_a_wish_of_what_is_not_there_is_refused() -> None:
    instance = one()
    with pytest.raises(ValueError, match="no plant X"):
        answer_wish(instance, made(instance), wish("X", open=(run(0, 2),)))
    with pytest.raises(ValueError, match="no stream steel"):
        answer_wish(instance, made(instance), wish(more=more(1, stream="steel")))
    with pytest.raises(ValueError, match="asks nothing"):
        answer_wish(instance, made(instance), wish())


def test_what_is_settled_stays_as_planned() -> None:
    """The first window lies before slot 2: it cannot be given back any more; the later one can."""
    instance = one()
    plan = made(instance, windows=windows(("G", 0, 2), ("G", 4, 6)))
    early = answer_wish(instance, plan, wish(shut=(run(0, 2),), settled_slots=2))
    assert early.kind == "does_not_fit"
    late = answer_wish(instance, plan, wish(shut=(run(4, 6),), settled_slots=2))
    assert late.kind == "fits"
    grown = answer_wish(instance, plan, wish(more=more(1), settled_slots=2))
    assert grown.plan is not None and grown.plan.decisions is not None
    slots = sorted(d.slot for d in grown.plan.decisions.departures)
    assert slots[0] == 0 and all(slot >= 2 for slot in slots[1:])
    assert grown.plan.decisions.rates[0].rates[0] == 30


def test_what_was_granted_can_be_carried_out_again_under_all_laws() -> None:
    instance = one()
    plan = made(instance)
    first = answer_wish(instance, plan, wish(more=more(2, 2, 8)))
    assert first.granted is not None
    held = wish(open=first.granted.open, trips=first.granted.trips)
    again = answer_wish(instance, plan, held)
    assert again.kind == "fits" and again.plan is not None and again.plan.decisions is not None
    made_again = {(d.leg, d.slot): d.trips for d in again.plan.decisions.departures}
    assert all(made_again[row.leg, row.slot] >= row.trips for row in first.granted.trips)
    capped = one(trip_cuts=(trip_cut(cut_percent=75),))
    none = answer_wish(capped, made(capped), held)
    assert none.kind == "does_not_fit", "a lock would have passed over the cap"


@pytest.mark.parametrize("open_beside", [False, True])
def test_a_no_with_others_is_solved_twice_where_the_answer_hangs_on_it(
    open_beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P may make one more trip, whatever Q gives. Where P alone stays open, what is not with Q is
    not without."""
    instance = two(trip_cuts=(trip_cut(),))
    least, surely_no = WishTrial.least, WishTrial.is_surely_no
    twice: list[tuple[str, ...]] = []

    def least_found(trial: WishTrial, *asked: Any, **how: Any) -> Found:
        alone = len(trial.group) == 1
        return Found("unknown") if open_beside and alone else least(trial, *asked, **how)

    def noted(trial: WishTrial, *asked: Any) -> bool:
        twice.append(trial.group)
        return surely_no(trial, *asked)

    monkeypatch.setattr(WishTrial, "least", least_found)
    monkeypatch.setattr(WishTrial, "is_surely_no", noted)
    asked = wish(more=more(2))
    answer = answer_wish(instance, both(instance, 4), asked)
    assert answer.kind == "does_not_fit"
    assert twice == ([("P", "Q")] if open_beside else [("P",)])
    monkeypatch.setattr(WishTrial, "is_surely_no", lambda *_: False)
    assert answer_wish(instance, both(instance, 4), asked).kind == "undecided"


def test_what_stays_open_beside_the_plan_is_undecided_where_nobody_could_give(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WishTrial, "least", lambda *_, **__: Found("unknown"))
    instance = one(trip_cuts=(trip_cut(),))
    assert answer_wish(instance, made(instance), wish(more=more(2))).kind == "undecided"
