"""Tests that a re-plan keeps to the plan in force: without a cause nothing moves.

The plants of `crowded_instance` share one tight link; their first plan is published whole.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from solver import replan as replanning
from solver.baseline import first_fit
from solver.calm import add_calm, published_windows
from solver.check import find_violations, stage_values
from solver.compact import build_block
from solver.cut import first_slots, rest_of
from solver.derive import Derived
from solver.engine import Limits, minimise
from solver.instance import Instance, LockedTrips, PublishedWindow, State, WorthMoving
from solver.linear import Expression
from solver.mend import ENOUGH, Mender
from solver.moves import forced, moves_of
from solver.overrides import overridden
from solver.plan import Decisions, Plan
from solver.run import LEAST_WORK
from solver.seam import Seam, in_force_of, seam_at
from solver.solve import SolveParams, solve
from solver.standing import Standing
from tests.scheduler.case import crowded_instance
from tests.solver.builders import (
    Piece,
    bar,
    departures,
    far_leg,
    gate,
    leg,
    link,
    plan_of,
    plant,
    process,
    releases,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
    windows,
)

WORTH = WorthMoving(safety=1, output_utrip=1_000_000, exposure=5_000, trips_a_window=10)
PARAMS = SolveParams(time_limit_s=None, deterministic_limit=0.3, workers=1)
HARDLY = replace(PARAMS, deterministic_limit=0.001)
"""Work for a single question."""
NOTICE = 4
KINDS = ("ordinary", "safe_production", "livelihood", "hazardous", "emergency")


def seam_of(instance: Instance, decisions: Decisions, slot: int, published: int) -> Seam:
    return seam_at(instance, decisions, slot, notice_slots=NOTICE, published_slots=published)


def replanned(
    rest: Instance,
    seam: Seam,
    unchanged: tuple[str, ...],
    params: SolveParams = PARAMS,
) -> tuple[Instance, Plan]:
    in_force = in_force_of(seam, WORTH, unchanged)
    asked = rest.model_copy(update={"published": seam.trips, "in_force": in_force})
    plan = solve(Instance.model_validate(asked.model_dump()), params)
    return asked, plan


@pytest.fixture(scope="module")
def crowded() -> tuple[Instance, Decisions]:
    instance = crowded_instance(2)
    return instance, first_fit(instance)


@pytest.mark.parametrize(("slot", "published"), [(1, 48), (13, 48), (1, 10)])
def test_nothing_moves_where_no_data_changed(
    crowded: tuple[Instance, Decisions], slot: int, published: int
) -> None:
    """First fit leaves much to gain: all of it stays where it is, a window over the end of what is
    published too."""
    instance, decisions = crowded
    assert any(w.first_slot < 10 < w.end_slot for w in decisions.windows)
    seam = seam_of(instance, decisions, slot, published)
    rest = rest_of(instance, slot, seam)
    params = replace(PARAMS, deterministic_limit=2.0)
    asked, plan = replanned(rest, seam, tuple(p.id for p in rest.plants), params)
    assert plan.decisions is not None
    assert find_violations(asked, plan) == ()
    moves = moves_of(asked, plan.decisions)
    assert moves.n_windows > 0
    assert (moves.windows, moves.trips) == ((), ())
    values = {s.name: s.value for s in stage_values(asked, plan.decisions)}
    assert values["changed_departures"] == 0
    assert {s.name: s.value for s in plan.stages} == values
    saved = sum(cost.exposure for cost in plan.calm_cost)
    assert 0 < saved <= values["exposure"]


def test_calm_costs_nothing_where_the_plan_in_force_is_the_best() -> None:
    instance = tiny_instance(window_limits=(window_limit(max_open_slots_day=4),))
    first = solve(instance, PARAMS)
    assert first.status == "optimal" and first.decisions is not None
    seam = seam_of(instance, first.decisions, 0, published=8)
    _, plan = replanned(instance, seam, ())
    assert plan.decisions is not None
    assert [(cost.plant, cost.exposure) for cost in plan.calm_cost] == [("P", 0)]


def closed(instance: Instance, link: str, end: int) -> Instance:
    classes = tuple(v.id for v in instance.vehicle_classes)
    shut = bar(id="shut", kinds=KINDS, classes=classes, links=(link,), end_slot=end)
    return instance.model_copy(update={"bars": (shut,)})


def test_a_closed_road_takes_the_locked_trips_it_must_and_names_them(
    crowded: tuple[Instance, Decisions],
) -> None:
    instance, decisions = crowded
    first = min(d.slot for d in decisions.departures)
    seam = seam_of(instance, decisions, first, published=48)
    rest, gone = overridden(closed(rest_of(instance, first, seam), "b", 4))
    assert gone and {c.law for c in gone} == {"bar"} and {c.where for c in gone} == {"shut"}
    asked, plan = replanned(rest, seam, ())
    assert plan.decisions is not None and find_violations(asked, plan) == ()
    assert not [d for d in plan.decisions.departures if d.slot < 4 and d in decisions.departures]
    moves = moves_of(asked, plan.decisions)
    assert {(t.leg, t.slot) for t in moves.trips if t.by < 0} >= {(c.leg, c.slot) for c in gone}


def test_without_a_conflict_no_lock_is_overridden(crowded: tuple[Instance, Decisions]) -> None:
    instance, decisions = crowded
    seam = seam_of(instance, decisions, 8, published=48)
    rest = rest_of(instance, 8, seam)
    assert overridden(rest) == (rest, ())


def changed_limits(instance: Instance, **fields: Any) -> Instance:
    limits = tuple(w.model_copy(update=fields) for w in instance.window_limits)
    return instance.model_copy(update={"window_limits": limits})


def test_a_stricter_rule_moves_just_the_windows_it_must(
    crowded: tuple[Instance, Decisions],
) -> None:
    """Windows of 6 slots may be 4 long: each published one beyond that must move, and does."""
    instance, decisions = crowded
    seam = seam_of(instance, decisions, 8, published=48)
    rest = changed_limits(rest_of(instance, 8, seam), max_slots=4)
    asked, plan = replanned(rest, seam, ())
    assert plan.decisions is not None and find_violations(asked, plan) == ()
    moves = moves_of(asked, plan.decisions)
    names = [p.id for p in asked.plants]
    must = forced(asked, names)
    longer = [w for w in seam.windows if w.end_slot - w.first_slot > 4 and w.first_slot >= NOTICE]
    assert sum(f.n for f in must.values()) >= len(longer) > 0
    moved = {name: [m for m in moves.windows if m.plant == name] for name in names}
    assert all(len(moved[name]) >= must[name].n for name in names)
    assert len(moves.windows) - sum(f.n for f in must.values()) <= len(seam.windows) // 10


@pytest.mark.parametrize(
    "fields",
    [
        {"max_slots": 4},
        {"max_open_slots_day": 5},
        {"max_windows_day": 1},
        {"min_pause_slots": 12, "min_slots": 3},
    ],
)
def test_what_the_laws_of_windows_force_is_what_all_laws_force(
    crowded: tuple[Instance, Decisions], fields: dict[str, int]
) -> None:
    """A plant at rest keeps all other laws, whatever its windows are."""
    instance, decisions = crowded
    seam = seam_of(instance, decisions, 8, published=48)
    rest = changed_limits(rest_of(instance, 8, seam), **fields)
    in_force = in_force_of(seam, WORTH, ())
    asked = rest.model_copy(update={"published": seam.trips, "in_force": in_force})
    derived, n_forced = Derived(asked), 0
    for one in asked.plants:
        found = forced(asked, [one.id])[one.id]
        block = build_block(derived, one)
        moved = [variable for _, variable in add_calm(block).moved.terms]
        all_stay = dict(zip(published_windows(block), moved, strict=True))
        least = minimise(block.rows, Expression([(1, v) for v in moved]), Limits())
        assert (least.verdict, least.value) == ("optimal", found.n)
        n_forced += found.n
        for left_out in found.windows:
            fewer = [(1, all_stay[w]) for w in found.windows if w != left_out]
            assert minimise(block.rows, Expression(fewer), Limits()).value == 0
    assert n_forced


def test_a_set_of_windows_that_cannot_all_stay_is_irreducible() -> None:
    """Six open slots a day, of which 7 are published: any two windows can stay, all three not."""
    spans = ((1, 3), (4, 6), (7, 10))
    limit = window_limit(end_slot=16, max_open_slots_day=6)
    asked = in_force_instance(spans, window_limits=(limit,))
    found = forced(asked, ["P"])["P"]
    assert found.n == 1
    assert [(w.first_slot, w.end_slot) for w in found.windows] == list(spans)


def test_windows_that_fit_are_not_forced() -> None:
    spans = ((1, 3), (4, 6), (7, 10))
    limit = window_limit(end_slot=16, max_open_slots_day=7)
    assert forced(in_force_instance(spans, window_limits=(limit,)), ["P"])["P"].n == 0


def in_force_instance(spans: tuple[tuple[int, int], ...], **fields: Any) -> Instance:
    instance = tiny_instance(n_slots=16, **fields)
    kept = tuple(PublishedWindow(gate="G", first_slot=a, end_slot=b) for a, b in spans)
    seam = Seam(
        state=State(),
        levels=(),
        trips=(),
        releases=(),
        windows=kept,
        published_slots=16,
        planned_slots=16,
    )
    in_force = in_force_of(seam, WORTH, ())
    return instance.model_copy(update={"published": (), "in_force": in_force})


@pytest.mark.parametrize(
    ("rows", "moved"),
    [
        (((1, 3), (4, 6)), []),
        (((1, 3), (4, 7)), [(4, 6, 1)]),
        (((1, 3), (5, 6)), [(4, 6, 1)]),
        (((1, 3),), [(4, 6, 2)]),
        (((1, 6),), [(1, 3, 3), (4, 6, 3)]),
    ],
)
def test_a_window_is_moved_if_its_first_or_last_slot_changed(
    rows: tuple[tuple[int, int], ...], moved: list[tuple[int, int, int]]
) -> None:
    asked = in_force_instance(((1, 3), (4, 6)), window_limits=(window_limit(end_slot=16),))
    plan = plan_of(asked, windows=windows(*(("G", a, b) for a, b in rows)))
    assert plan.decisions is not None
    found = moves_of(asked, plan.decisions).windows
    assert [(m.was.first_slot, m.was.end_slot, m.by_slots) for m in found] == moved


def test_a_window_that_is_not_restricted_any_more_has_not_moved() -> None:
    asked = in_force_instance(((1, 3), (8, 10)), window_limits=(window_limit(end_slot=6),))
    plan = plan_of(asked, windows=windows(("G", 1, 3)))
    assert plan.decisions is not None
    found = moves_of(asked, plan.decisions)
    assert (found.n_windows, found.windows) == (1, ())


def test_a_gate_stays_open_for_trucks_under_way_and_locked_ones() -> None:
    """Departed in slots 2 and 5, back one slot later: slot 3 and 6, whatever the windows become."""
    instance = tiny_instance(window_limits=(window_limit(),))
    decided = plan_of(
        instance,
        departures=departures(("ore.heavy", 2, 1), ("ore.heavy", 5, 1)),
        windows=windows(("G", 2, 7)),
    ).decisions
    assert decided is not None
    seam = seam_at(instance, decided, 3, notice_slots=3, published_slots=8)
    assert seam.state.locked_trips == (LockedTrips(leg="ore.heavy", slot=2, trips=1),)
    assert [(w.first_slot, w.end_slot) for w in seam.state.locked_windows] == [(0, 4)]
    assert [(w.first_slot, w.end_slot) for w in seam.windows] == [(0, 4)]
    (gate,) = seam.state.gates
    assert (gate.open_slots_before, gate.windows_today, gate.open_slots_today) == (1, 1, 1)


def test_beyond_what_is_published_nothing_is_locked() -> None:
    instance = tiny_instance()
    decided = plan_of(instance, departures=departures(("ore.heavy", 5, 1))).decisions
    assert decided is not None
    assert seam_at(instance, decided, 3, notice_slots=3, published_slots=5).state.locked_trips == ()


def test_trucks_that_wait_inside_leave_as_planned() -> None:
    waiting = stream("ore", legs=(far_leg("ore.heavy", may_wait=True),))
    parts = (plant(streams=(waiting, stream("steel"))),)
    instance = tiny_instance(plants=parts, window_limits=(window_limit(),))
    decided = plan_of(
        instance,
        departures=departures(("ore.heavy", 1, 1)),
        releases=releases(("ore.heavy", 6, 1)),
        windows=windows(("G", 0, 3), ("G", 5, 8)),
    ).decisions
    assert decided is not None
    seam = seam_of(instance, decided, 4, published=8)
    rest = rest_of(instance, 4, seam)
    _, plan = replanned(rest, seam, ("P",))
    assert plan.decisions is not None
    assert [(r.slot, r.trips) for r in plan.decisions.releases] == [(2, 1)]


def test_output_is_bettered_only_where_it_is_worth_a_change() -> None:
    """A cut of trips is lifted, so that more ore could come: in the windows that stand."""
    limited = window_limit(end_slot=16, max_open_slots_day=4)
    cut = trip_cut(end_slot=16, cut_percent=100)
    instance = tiny_instance(n_slots=16, window_limits=(limited,), trip_cuts=(cut,))
    first = solve(instance, PARAMS)
    assert first.decisions is not None
    seam = seam_of(instance, first.decisions, 0, published=16)
    asked, plan = replanned(instance.model_copy(update={"trip_cuts": ()}), seam, ())
    assert plan.decisions is not None and find_violations(asked, plan) == ()
    assert moves_of(asked, plan.decisions).windows == ()


def mended_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mended plans are not bettered."""
    monkeypatch.setattr(replanning, "SAFE", 1.0)
    monkeypatch.setattr(replanning, "ENDS", dict.fromkeys(replanning.ENDS, 1.0))


def test_safety_comes_first_and_may_use_what_is_kept_for_what_calm_cost(
    crowded: tuple[Instance, Decisions], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: dict[str, float] = {}
    monkeypatch.setattr(
        replanning._Betterer, "better", lambda _, stage, end: ends.update({stage: end})
    )
    instance, decisions = crowded
    seam = seam_of(instance, decisions, 8, published=40)
    replanned(overridden(rest_of(instance, 8, seam))[0], seam, ())
    assert list(ends) == ["safety_shortfall", "output_shortfall", "exposure"]
    first, *others = ends.values()
    assert first < replanning.CALM <= min(others)


CHEAP = WorthMoving(safety=1, output_utrip=1, exposure=1, trips_a_window=1)


def moved_for_gains(all_unchanged: bool = False) -> int:
    """Windows that a re-plan in a crowd moves where any gain is worth it."""
    instance = crowded_instance(3)
    seam = seam_of(instance, first_fit(instance), 8, published=40)
    rest, _ = overridden(rest_of(instance, 8, seam))
    in_force = in_force_of(seam, CHEAP, [one.id for one in rest.plants] if all_unchanged else ())
    asked = rest.model_copy(update={"published": seam.trips, "in_force": in_force})
    decided = solve(asked, replace(PARAMS, deterministic_limit=3.0)).decisions
    assert decided is not None
    return len(moves_of(asked, decided).windows)


def test_few_windows_move_for_a_gain_however_much_each_is_worth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replanning, "FEW_MOVED", 1000)
    assert moved_for_gains() > 0
    monkeypatch.setattr(replanning, "FEW_MOVED", 0)
    monkeypatch.setattr(replanning, "MOST_MOVED_PERMILLE", 0)
    assert moved_for_gains() == 0


def test_windows_of_plants_whose_data_did_not_change_never_move_for_a_gain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even of those that others made change: as if none had stayed as it was."""
    monkeypatch.setattr(replanning, "FEW_MOVED", 1000)
    monkeypatch.setattr(replanning, "settle", lambda *_: None)
    assert moved_for_gains() > 0
    assert moved_for_gains(all_unchanged=True) == 0


@pytest.mark.parametrize("change", [lambda i: i, lambda i: closed(i, "b", 6)])
def test_the_same_replan_gives_the_same_plan(
    crowded: tuple[Instance, Decisions], change: Callable[[Instance], Instance]
) -> None:
    instance, decisions = crowded
    seam = seam_of(instance, decisions, 8, published=40)
    rest, _ = overridden(change(rest_of(instance, 8, seam)))
    _, one = replanned(rest, seam, ())
    _, two = replanned(rest, seam, ())
    assert one.reproducible and one.digest == two.digest


def coal_plant(name: str) -> Piece:
    """Sends coal out of its one gate, which needs no window."""
    melt = process("melt", rate_max=0)
    recipe = (melt.fields["recipe"][0].model_copy(update={"stock": f"{name}.coal"}),)
    out = leg(f"{name}.heavy", gate_in=name, gate_out=name, laden_out=True, laden_back=False)
    coal = stream(f"{name}.coal", direction="out", stock=f"{name}.coal", legs=(out,))
    return plant(
        name,
        gates=(gate(name),),
        processes=(melt.but(id=f"{name}.melt", recipe=recipe),),
        stocks=(stock(f"{name}.coal", breach_process=f"{name}.melt"),),
        streams=(coal,),
    )


def met_behind(names: str, *steel: int, published: int) -> tuple[Instance, Seam]:
    """Trucks of P and of the plants named depart in slot 6 and all want home by road `d` in slot 8,
    which the old horizon did not see; each slot lets one in. P's window is published from its
    beginning in slot 5. P sends steel in the slots named. The seam is at slot 1."""
    whole = tiny_instance(
        n_slots=16,
        plants=(plant(), *map(coal_plant, names)),
        links=(link("c", length_m=60_000), link("d", capacity_mpcu_h=5_000)),
        window_limits=(window_limit(end_slot=16),),
    )
    first = first_slots(whole, 8)
    decided = plan_of(
        first,
        departures=departures(
            *((f"{name}.heavy", 6, 1) for name in names), *(("steel.heavy", at, 1) for at in steel)
        ),
        windows=windows(("G", 5, 8)),
    )
    assert find_violations(first, decided) == ()
    assert decided.decisions is not None
    seam = seam_of(first, decided.decisions, 1, published=published)
    on = (PublishedWindow(gate="G", first_slot=4, end_slot=9),)
    seam = seam.model_copy(update={"windows": on})
    return rest_of(whole, 1, seam), seam


def windows_of(instance: Instance, plan: Plan, gate: str) -> list[tuple[int, int]]:
    assert plan.decisions is not None
    assert find_violations(instance, plan) == ()
    return [(w.first_slot, w.end_slot) for w in plan.decisions.windows if w.gate == gate]


def test_plants_that_meet_behind_the_old_horizon_keep_what_is_published() -> None:
    """The trucks are not published: one gives way; P's window stays to its end in slot 10."""
    rest, seam = met_behind("Q", 6, published=6)
    asked, plan = replanned(rest, seam, ("P", "Q"))
    assert windows_of(asked, plan, "G") == [(4, 9)]


def test_a_closed_road_moves_trips_and_no_window_where_trips_alone_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Mended and not bettered. P's way is closed when its first truck would leave. Q and R overload
    road `d` by themselves, so that P can take nothing of it: its second truck gives way as well,
    its window does not."""
    mended_alone(monkeypatch)
    rest, seam = met_behind("QR", 5, 6, published=7)
    asked, plan = replanned(closed(rest, "a", 5), seam, ("Q", "R"))
    assert (4, 9) in windows_of(asked, plan, "G")
    assert plan.decisions is not None
    moves, by_plant = moves_of(asked, plan.decisions), Counter[str]()
    for trips in moves.trips:
        by_plant[trips.plant] += trips.by
    assert (moves.windows, by_plant["P"]) == ((), -2)


def test_a_replan_with_hardly_any_work_is_lawful_and_moves_few_windows(
    crowded: tuple[Instance, Decisions],
) -> None:
    """Who is not asked stands still, in windows that are published: of the few that must move no
    more do."""
    instance, decisions = crowded
    seam = seam_of(instance, decisions, 8, published=40)
    rest, _ = overridden(closed(rest_of(instance, 8, seam), "b", 6))
    asked, plan = replanned(rest, seam, (), HARDLY)
    assert plan.decisions is not None and plan.reproducible
    assert find_violations(asked, plan) == ()
    moves = moves_of(asked, plan.decisions)
    assert moves.n_windows > 0 and moves.windows == ()
    assert sum(trips.by for trips in moves.trips) < 0


def test_mending_ends_with_its_share_and_what_plants_need_to_stand_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Days are two slots shorter, so that every plant must change. With hardly any work all stand
    still; more work is used to its share, and to what is under way then."""
    worked: list[float] = []

    class Watched(Mender):
        def mend(self) -> Standing:
            standing = super().mend()
            worked.append(self.run.counted)
            return standing

    monkeypatch.setattr(replanning, "Mender", Watched)
    mended_alone(monkeypatch)
    instance = crowded_instance(12)
    seam = seam_of(instance, first_fit(instance), 8, published=40)
    rest = changed_limits(overridden(rest_of(instance, 8, seam))[0], max_open_slots_day=12)
    limits = (0.001, 0.003, 0.005, 1.0)
    for limit in limits:
        asked, plan = replanned(rest, seam, (), replace(PARAMS, deterministic_limit=limit))
        assert plan.decisions is not None and find_violations(asked, plan) == ()
    at_rest, *others, all_asked = worked
    under_way = 4 * LEAST_WORK
    for limit, used in zip(limits[1:], others, strict=False):
        assert at_rest < used <= at_rest + (1 - ENOUGH) * limit + under_way < all_asked
