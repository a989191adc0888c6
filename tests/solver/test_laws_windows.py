"""Tests that the model allows windows that just fit the law, and not one slot or window more."""

from typing import Any

import pytest

from solver.instance import GateState, Instance, LockedTrips, LockedWindow, State, UnderWay
from tests.solver.builders import departures, tiny_instance, window_limit, windows
from tests.solver.modelled import allows


def limited(state: dict[str, Any] | None = None, **limit: Any) -> Instance:
    """Gate G under one limit: windows of 2 to 6 of 8 slots, from 08:00."""
    fields = {"start": limit.pop("start")} if "start" in limit else {}
    gates = () if state is None else (GateState(gate="G", **state),)
    return tiny_instance(window_limits=(window_limit(**limit),), state=State(gates=gates), **fields)


def opens(instance: Instance, *runs: tuple[int, int]) -> bool:
    return allows(instance, windows=windows(*(("G", a, b) for a, b in runs)))


def test_every_passage_falls_in_an_open_slot() -> None:
    """The truck goes out in slot 0 and comes in again in slot 1."""
    trips = departures(("ore.heavy", 0, 1))
    assert allows(limited(), trips, windows=windows(("G", 0, 2)))
    assert not allows(limited(), trips, windows=windows(("G", 1, 3)))
    assert not allows(limited(min_slots=1), trips, windows=windows(("G", 0, 1)))
    assert allows(tiny_instance(), trips)


def test_locked_and_under_way_trips_need_no_window() -> None:
    state = State(
        locked_trips=(LockedTrips(leg="ore.heavy", slot=2, trips=2),),
        under_way=(UnderWay(leg="ore.heavy", slots_ago=1, trips=2),),
    )
    instance = tiny_instance(window_limits=(window_limit(),), state=state)
    assert allows(instance, departures(("ore.heavy", 2, 2)), windows=windows())
    assert not allows(instance, departures(("ore.heavy", 2, 3)), windows=windows())


def test_least_and_longest_window() -> None:
    for slots, fits in ((1, False), (2, True), (6, True), (7, False)):
        assert opens(limited(), (1, 1 + slots)) is fits


def test_a_window_at_the_horizons_end_owes_the_rest_later() -> None:
    assert opens(limited(), (7, 8))
    assert opens(limited(min_slots=3), (6, 8))


def test_a_window_ends_with_its_limit() -> None:
    """The least length is owed only as far as slots are restricted."""
    assert opens(limited(end_slot=4), (3, 4))
    assert not opens(limited(end_slot=4), (2, 3))


@pytest.mark.parametrize("start", ["16:00", "22:00", "23:30", "00:00"])
def test_no_window_starts_in_a_slot_partly_before_the_alert(start: str) -> None:
    """At 16:20 or 23:59 slot 0 is partly free; at 22:00 and 00:00 it is wholly in the alert."""
    partial = {"partial_slots": (0,)} if start in ("16:00", "23:30") else {}
    alert = limited(start=f"2026-01-05T{start}:00+08:00", **partial)
    assert opens(alert, (0, 2)) is (not partial)
    assert opens(alert, (1, 3))


def test_a_window_open_since_before_goes_on_through_a_partial_slot() -> None:
    assert opens(limited({"open_slots_before": 2}, partial_slots=(0,)), (0, 3))


def test_a_window_over_midnight_belongs_to_the_day_it_opens_in() -> None:
    """From 22:00, midnight is slot 4: one window a day, each day its own open slots."""
    night: dict[str, Any] = {"start": "2026-01-05T22:00:00+08:00", "max_windows_day": 1}
    assert opens(limited(**night), (2, 6))
    assert opens(limited(**night), (0, 2), (4, 6))
    assert not opens(limited(**night), (0, 2), (3, 5))
    assert opens(limited(**night, max_open_slots_day=2), (2, 6))
    assert not opens(limited(**night, max_open_slots_day=2), (1, 6))
    assert not opens(limited(**night, max_open_slots_day=2), (2, 7))


def test_a_window_all_day_is_refused() -> None:
    day = limited(max_slots=6, max_open_slots_day=8, max_windows_day=1)
    assert not opens(day, (0, 8))
    assert opens(limited(max_slots=8), (0, 8))


def test_the_owed_rest_of_a_window_stays_open() -> None:
    """One of three slots was open before: slots 0 and 1 are owed."""
    owed = limited({"open_slots_before": 1}, min_slots=3, max_slots=3)
    assert opens(owed, (0, 2))
    assert not opens(owed, (0, 1))
    assert not opens(owed, (0, 3))
    assert not opens(owed)


def test_a_window_open_for_long_may_only_close() -> None:
    long = limited({"open_slots_before": 30})
    assert opens(long)
    assert not opens(long, (0, 1))
    assert opens(limited({"open_slots_before": 5}), (0, 1))
    assert not opens(limited({"open_slots_before": 5}), (0, 2))


def test_the_least_pause() -> None:
    assert opens(limited(min_pause_slots=2), (0, 2), (4, 6))
    assert not opens(limited(min_pause_slots=3), (0, 2), (4, 6))
    assert opens(limited({"closed_slots_before": 1}, min_pause_slots=2), (1, 3))
    assert not opens(limited({"closed_slots_before": 1}, min_pause_slots=3), (1, 3))
    assert opens(limited({"open_slots_before": 2}, min_pause_slots=2), (2, 4))
    assert not opens(limited({"open_slots_before": 2}, min_pause_slots=3), (2, 4))


def test_windows_and_open_slots_a_day() -> None:
    assert opens(limited(max_windows_day=2), (0, 2), (4, 6))
    assert not opens(limited(max_windows_day=1), (0, 2), (4, 6))
    assert opens(limited(max_open_slots_day=4), (0, 2), (4, 6))
    assert not opens(limited(max_open_slots_day=3), (0, 2), (4, 6))
    assert not opens(limited({"windows_today": 1}, max_windows_day=1), (0, 2))
    assert not opens(limited({"open_slots_today": 3}, max_open_slots_day=4), (0, 2))
    assert opens(limited({"open_slots_today": 2}, max_open_slots_day=4), (0, 2))
    assert opens(limited({"open_slots_today": 40, "windows_today": 9}, max_open_slots_day=4))


def test_two_limits_in_a_day() -> None:
    """Red until noon (2 slots a day), orange after: each within its own, both within orange's 4."""
    instance = tiny_instance(
        start="2026-01-05T10:00:00+08:00",
        window_limits=(
            window_limit(id="red", end_slot=4, max_open_slots_day=2),
            window_limit(id="orange", first_slot=4, max_open_slots_day=4),
        ),
    )
    assert opens(instance, (0, 2), (6, 8))
    assert not opens(instance, (0, 3), (7, 8))
    assert not opens(instance, (0, 2), (5, 8))
    assert opens(instance, (4, 8))


def locked(first: int, end: int, **limit: Any) -> Instance:
    kept = State(locked_windows=(LockedWindow(gate="G", first_slot=first, end_slot=end),))
    return tiny_instance(window_limits=(window_limit(**limit),), state=kept)


def test_locked_windows_stay_open_whatever_the_limit() -> None:
    """Inherited slots owe no least length and may pass the longest and the day's limits."""
    assert opens(locked(2, 3), (2, 3))
    assert not opens(locked(2, 3))
    assert not opens(locked(2, 4), (2, 3))
    assert opens(locked(0, 8, max_open_slots_day=2, max_windows_day=0, partial_slots=(0,)), (0, 8))
    assert opens(locked(1, 8), (0, 8))
    assert not opens(locked(0, 3), (0, 7))
    assert not opens(locked(0, 2, max_open_slots_day=2), (0, 3))


def test_a_limit_that_ends_before_says_nothing_later() -> None:
    early = limited(end_slot=4, max_open_slots_day=0)
    trips = departures(("ore.heavy", 4, 1))
    assert allows(early, trips, windows=windows())
    assert not allows(early, departures(("ore.heavy", 3, 1)))
