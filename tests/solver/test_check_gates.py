"""Tests of `gate_window` and `window_shape`: each rule just fits, is one unit over, does not apply.

An ore trip that departs in slot t passes gate G in t and t + 1, a steel trip too.
"""

from typing import Any

import pytest

from solver.instance import GateState, Instance, LockedTrips, LockedWindow, State, UnderWay
from tests.solver.builders import (
    Breach,
    breaches_of,
    departures,
    far_leg,
    gate,
    leg,
    plan_of,
    plant,
    releases,
    stream,
    tiny_instance,
    window_limit,
    windows,
)


def test_passages_fill_the_gate_to_its_capacity() -> None:
    """Slot 2: two ore trips come in and a steel trip goes out."""
    made = departures(("ore.heavy", 1, 2), ("steel.heavy", 2, 1))
    fits = tiny_instance(plants=(plant(gates=(gate(capacity_passages=3),)),))
    over = tiny_instance(plants=(plant(gates=(gate(capacity_passages=2),)),))
    assert breaches_of(fits, plan_of(fits, departures=made)) == []
    assert breaches_of(over, plan_of(over, departures=made)) == [("gate_window", "G", 2, 3, 2)]


def test_locked_trips_and_trips_under_way_take_capacity_first() -> None:
    """Slot 1: a locked trip goes out, which comes in in slot 2. The one under way: slot 0."""
    state = State(
        locked_trips=(LockedTrips(leg="ore.heavy", slot=1, trips=1),),
        under_way=(UnderWay(leg="steel.heavy", slots_ago=1, trips=1),),
    )
    parts = {"gates": (gate(capacity_passages=2),)}
    instance = tiny_instance(plants=(plant(**parts),), state=state)
    fits = plan_of(instance, departures=departures(("ore.heavy", 1, 2)))
    over = plan_of(instance, departures=departures(("ore.heavy", 1, 3)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [
        ("gate_window", "G", 1, 2, 1),
        ("gate_window", "G", 2, 2, 1),
    ]


def test_what_is_locked_over_capacity_leaves_nothing_and_breaches_nothing() -> None:
    state = State(locked_trips=(LockedTrips(leg="steel.heavy", slot=7, trips=5),))
    parts = {"gates": (gate(capacity_passages=2),)}
    instance = tiny_instance(plants=(plant(**parts),), state=state)
    kept = plan_of(instance, departures=departures(("steel.heavy", 7, 5)))
    over = plan_of(instance, departures=departures(("steel.heavy", 7, 6)))
    assert breaches_of(instance, kept) == []
    assert breaches_of(instance, over) == [("gate_window", "G", 7, 1, 0)]


def test_both_passages_of_a_trip_need_an_open_slot() -> None:
    instance = tiny_instance(window_limits=(window_limit(),))
    made = departures(("ore.heavy", 3, 1))
    fits = plan_of(instance, departures=made, windows=windows(("G", 3, 5)))
    late = plan_of(instance, departures=made, windows=windows(("G", 4, 6)))
    early = plan_of(instance, departures=made, windows=windows(("G", 2, 4)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, late) == [("gate_window", "G", 3, 1, 0)]
    assert breaches_of(instance, early) == [("gate_window", "G", 4, 1, 0)]


def test_outside_the_limits_no_window_is_needed_and_none_may_lie() -> None:
    instance = tiny_instance(window_limits=(window_limit(first_slot=4, end_slot=6),))
    made = departures(("ore.heavy", 2, 1), ("steel.heavy", 6, 1))
    assert breaches_of(instance, plan_of(instance, departures=made)) == []
    wide = plan_of(instance, windows=windows(("G", 3, 7)))
    assert breaches_of(instance, wide) == [
        ("gate_window", "G", 3, 1, 0),
        ("gate_window", "G", 6, 1, 0),
    ]


def test_locked_trips_and_trips_under_way_need_no_window() -> None:
    state = State(
        locked_trips=(LockedTrips(leg="ore.heavy", slot=2, trips=1),),
        under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=1),),
    )
    instance = tiny_instance(window_limits=(window_limit(),), state=state)
    kept = plan_of(instance, departures=departures(("ore.heavy", 2, 1)))
    one_more = plan_of(instance, departures=departures(("ore.heavy", 2, 2)))
    assert breaches_of(instance, kept) == []
    assert breaches_of(instance, one_more) == [
        ("gate_window", "G", 2, 1, 0),
        ("gate_window", "G", 3, 1, 0),
    ]


def test_a_trip_in_the_last_slot_passes_the_gate_again_after_the_horizon() -> None:
    instance = tiny_instance(window_limits=(window_limit(),))
    made = departures(("steel.heavy", 7, 1))
    fits = plan_of(instance, departures=made, windows=windows(("G", 7, 8)))
    closed = plan_of(instance, departures=made, windows=windows(("G", 5, 7)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, closed) == [("gate_window", "G", 7, 1, 0)]


def waiting_instance(**fields: Any) -> Instance:
    """Trucks of the ore leg come in in their departure slot t, are ready in t + 1 and may wait."""
    streams = (stream("ore", legs=(far_leg(may_wait=True),)), stream("steel"))
    return tiny_instance(plants=(plant(streams=streams),), **fields)


def test_a_truck_that_may_wait_leaves_in_a_window_of_its_own() -> None:
    instance = waiting_instance(window_limits=(window_limit(min_slots=1),))
    come = departures(("ore.heavy", 1, 1))
    two = windows(("G", 1, 2), ("G", 5, 6))
    fits = plan_of(instance, departures=come, releases=releases(("ore.heavy", 5, 1)), windows=two)
    early = plan_of(instance, departures=come, releases=releases(("ore.heavy", 4, 1)), windows=two)
    stays = plan_of(instance, departures=come, windows=windows(("G", 1, 2)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, early) == [("gate_window", "G", 4, 1, 0)]
    assert breaches_of(instance, stays) == []


def shape(
    limit: dict[str, int | tuple[int, ...]],
    *rows: tuple[int, int],
    start: str = "2026-01-05T08:00:00+08:00",
    n_slots: int = 12,
    state: State | None = None,
) -> list[Breach]:
    """What the checker says of windows of gate G over 12 slots (48 half hours at most)."""
    instance = tiny_instance(
        n_slots=n_slots,
        start=start,
        window_limits=(window_limit(**{"end_slot": n_slots, **limit}),),
        state=state or State(),
    )
    plan = plan_of(instance, windows=windows(*(("G", a, b) for a, b in rows)))
    return breaches_of(instance, plan)


def before(**fields: int) -> State:
    return State(gates=(GateState(gate="G", **fields),))


def test_least_length() -> None:
    assert shape({"min_slots": 3}, (2, 5)) == []
    assert shape({"min_slots": 3}, (2, 4)) == [("window_shape", "G", 2, 2, 3)]
    assert shape({"min_slots": 3}, (10, 12)) == []


def test_least_length_ends_with_the_limit() -> None:
    assert shape({"min_slots": 3, "end_slot": 6}, (5, 6)) == []


def test_windows_that_touch_are_one() -> None:
    assert shape({"min_slots": 3}, (2, 4), (4, 5)) == []
    assert shape({"min_slots": 1, "max_slots": 3}, (2, 4), (4, 6)) == [
        ("window_shape", "G", 2, 4, 3)
    ]


def test_longest_window() -> None:
    assert shape({"max_slots": 4}, (2, 6)) == []
    assert shape({"max_slots": 4}, (2, 7)) == [("window_shape", "G", 2, 5, 4)]


def test_longest_window_counts_the_slots_before() -> None:
    state = before(open_slots_before=3)
    assert shape({"max_slots": 4}, (0, 1), state=state) == []
    assert shape({"max_slots": 4}, (0, 2), state=state) == [("window_shape", "G", 0, 5, 4)]


def test_an_all_day_window_is_refused() -> None:
    """48 slots from midnight, windows of up to 8 slots, 16 open slots a day."""
    day = {"start": "2026-01-05T00:00:00+08:00", "n_slots": 48}
    limit = {"max_slots": 8, "max_open_slots_day": 16}
    assert shape(limit, (0, 48), **day) == [
        ("window_shape", "G", 0, 48, 8),
        ("window_shape", "G", 0, 48, 16),
    ]
    assert shape(limit, (0, 8), (20, 28), **day) == []


def test_least_pause() -> None:
    assert shape({"min_pause_slots": 3}, (0, 2), (5, 7)) == []
    assert shape({"min_pause_slots": 3}, (0, 2), (4, 6)) == [("window_shape", "G", 4, 2, 3)]


def test_least_pause_counts_the_closed_slots_before() -> None:
    limit = {"min_pause_slots": 3}
    assert shape(limit, (1, 3), state=before(closed_slots_before=2)) == []
    assert shape(limit, (1, 3), state=before(closed_slots_before=1)) == [
        ("window_shape", "G", 1, 2, 3)
    ]
    assert shape(limit, (0, 2)) == []


def test_least_pause_after_a_window_that_closes_at_slot_0() -> None:
    state = before(open_slots_before=2, closed_slots_before=99)
    assert shape({"min_pause_slots": 3}, (3, 5), state=state) == []
    assert shape({"min_pause_slots": 3}, (2, 4), state=state) == [("window_shape", "G", 2, 2, 3)]


def test_open_slots_a_day() -> None:
    limit = {"max_open_slots_day": 5}
    assert shape(limit, (0, 3), (5, 7)) == []
    assert shape(limit, (0, 3), (5, 8)) == [("window_shape", "G", 0, 6, 5)]
    assert shape(limit, (0, 3), state=before(open_slots_today=2)) == []
    assert shape(limit, (0, 3), state=before(open_slots_today=3)) == [
        ("window_shape", "G", 0, 3, 2)
    ]


def test_windows_a_day() -> None:
    limit = {"max_windows_day": 2}
    assert shape(limit, (0, 2), (4, 6)) == []
    assert shape(limit, (0, 2), (4, 6), (8, 10)) == [("window_shape", "G", 0, 3, 2)]
    assert shape(limit, (2, 4), state=before(windows_today=1)) == []
    assert shape(limit, (2, 4), state=before(windows_today=2)) == [("window_shape", "G", 2, 1, 0)]


def test_a_window_over_midnight_is_one_of_the_day_it_opens_in() -> None:
    """From 22:00, midnight is slot 4: two open slots on the first day, three on the second."""
    night = {"start": "2026-01-05T22:00:00+08:00"}
    assert shape({"max_windows_day": 1, "max_open_slots_day": 3}, (2, 7), (9, 10), **night) == [
        ("window_shape", "G", 9, 1, 2),
        ("window_shape", "G", 4, 4, 3),
    ]
    assert shape({"max_windows_day": 1, "max_open_slots_day": 3}, (2, 7), **night) == []
    assert shape({"max_windows_day": 1, "max_open_slots_day": 5}, (2, 7), (9, 11), **night) == []


def test_a_run_open_at_slot_0_is_no_start_of_today() -> None:
    state = before(open_slots_before=2, windows_today=1)
    assert shape({"max_windows_day": 1}, (0, 2), state=state) == []
    assert shape({"max_windows_day": 1}, (1, 3), state=state) == [("window_shape", "G", 1, 1, 0)]


def test_a_limit_with_less_a_day_binds_its_own_slots() -> None:
    """Of the day's five slots under limits of 6 and 2, at most two lie under the second."""
    limits = (
        window_limit(end_slot=4, max_open_slots_day=6, max_windows_day=3),
        window_limit(id="W2", first_slot=4, end_slot=8, max_open_slots_day=2, max_windows_day=1),
    )
    instance = tiny_instance(window_limits=limits)
    fits = plan_of(instance, windows=windows(("G", 0, 3), ("G", 5, 7)))
    over = plan_of(instance, windows=windows(("G", 0, 2), ("G", 5, 8)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, over) == [("window_shape", "G", 5, 3, 2)]


def test_the_rest_of_the_least_length_is_owed() -> None:
    state = before(open_slots_before=1)
    assert shape({"min_slots": 3}, (0, 2), state=state) == []
    assert shape({"min_slots": 3}, (0, 1), state=state) == [("window_shape", "G", 1, 1, 0)]
    assert shape({"min_slots": 3}, state=state) == [("window_shape", "G", 0, 2, 0)]
    assert shape({"min_slots": 3}, state=before(open_slots_before=3)) == []
    assert shape({"min_slots": 3, "first_slot": 1}, state=state) == []


def kept(first: int, end: int) -> State:
    return State(locked_windows=(LockedWindow(gate="G", first_slot=first, end_slot=end),))


def test_a_locked_window_stays_open() -> None:
    assert shape({}, (2, 5), state=kept(2, 5)) == []
    assert shape({}, (2, 4), state=kept(2, 5)) == [("window_shape", "G", 4, 1, 0)]
    assert shape({"first_slot": 6}, state=kept(2, 5)) == []


@pytest.mark.parametrize(
    "limit",
    [
        {"min_slots": 6, "max_slots": 6},
        {"min_slots": 1, "max_slots": 2},
        {"max_open_slots_day": 2},
        {"max_windows_day": 0},
        {"partial_slots": (2,)},
    ],
)
def test_a_locked_window_is_no_breach_whatever_the_limit(
    limit: dict[str, int | tuple[int, ...]],
) -> None:
    assert shape(limit, (2, 5), state=kept(2, 5)) == []


@pytest.mark.parametrize(
    ("limit", "breach"),
    [
        ({"min_slots": 1, "max_slots": 3}, ("window_shape", "G", 2, 4, 3)),
        ({"max_open_slots_day": 3}, ("window_shape", "G", 2, 4, 3)),
    ],
)
def test_a_locked_window_may_not_be_stretched_past_the_limit(
    limit: dict[str, int | tuple[int, ...]], breach: Breach
) -> None:
    assert shape(limit, (2, 6), state=kept(2, 5)) == [breach]


def test_a_start_in_a_locked_slot_owes_no_pause_but_the_next_one_does() -> None:
    assert shape({"min_pause_slots": 3}, (0, 2), (3, 5), state=kept(3, 5)) == []
    assert shape({"min_pause_slots": 3}, (0, 2), (3, 5), state=kept(0, 2)) == [
        ("window_shape", "G", 3, 1, 3)
    ]


START_OF_ALERT = {
    "16:20": (16, True),
    "22:00": (28, False),
    "23:59": (31, True),
    "00:00": (32, False),
}


@pytest.mark.parametrize("begin", START_OF_ALERT)
def test_an_alert_from_any_minute_grants_no_window_in_a_slot_partly_in_it(begin: str) -> None:
    """Half-hour slots from 08:00: the limit runs from the slot of the alert's first minute, and in
    a slot only partly in the alert no window may start; before it no window is needed."""
    first, is_partial = START_OF_ALERT[begin]
    limit = {"first_slot": first, "partial_slots": (first,) if is_partial else ()}
    at_once = shape(limit, (first, first + 2), n_slots=40)
    assert at_once == ([("window_shape", "G", first, 1, 0)] if is_partial else [])
    assert shape(limit, (first + 1, first + 3), n_slots=40) == []
    instance = tiny_instance(n_slots=40, window_limits=(window_limit(end_slot=40, **limit),))
    free = plan_of(instance, departures=departures(("ore.heavy", first - 2, 1)))
    caught = plan_of(instance, departures=departures(("ore.heavy", first - 1, 1)))
    assert breaches_of(instance, free) == []
    assert breaches_of(instance, caught) == [("gate_window", "G", first, 1, 0)]


def test_a_gate_already_open_stays_open_through_a_partial_slot() -> None:
    """The level changes at 10:10: a window open since 09:00 goes on through the slot of 10:00."""
    limits = (
        window_limit(end_slot=4),
        window_limit(id="W2", first_slot=4, end_slot=8, partial_slots=(4,)),
    )
    instance = tiny_instance(window_limits=limits)
    goes_on = plan_of(instance, windows=windows(("G", 2, 6)))
    starts = plan_of(instance, windows=windows(("G", 4, 6)))
    assert breaches_of(instance, goes_on) == []
    assert breaches_of(instance, starts) == [("window_shape", "G", 4, 1, 0)]


def test_gates_are_judged_each_for_itself() -> None:
    gates = (gate("G"), gate("H"))
    streams = (stream("ore", legs=(leg(gate_in="H"),)), stream("steel"))
    instance = tiny_instance(
        plants=(plant(gates=gates, streams=streams),),
        window_limits=(window_limit(min_slots=1, max_windows_day=1),),
    )
    made = departures(("ore.heavy", 2, 1))
    fits = plan_of(instance, departures=made, windows=windows(("G", 2, 3), ("H", 3, 4)))
    swapped = plan_of(instance, departures=made, windows=windows(("G", 3, 4), ("H", 2, 3)))
    assert breaches_of(instance, fits) == []
    assert breaches_of(instance, swapped) == [
        ("gate_window", "G", 2, 1, 0),
        ("gate_window", "H", 3, 1, 0),
    ]


def test_a_plan_without_windows_needs_none_where_nothing_moves() -> None:
    instance = tiny_instance(window_limits=(window_limit(),))
    assert breaches_of(instance, plan_of(instance)) == []
