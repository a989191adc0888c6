"""Tests that an alert may start at any minute: what is before it is free, the slot it starts in is
barred but grants no new window, and the plan keeps every law."""

from dataclasses import replace
from datetime import datetime

import pytest

from scheduler.domain.alert import Level
from scheduler.prepare.bars import bars_of
from scheduler.prepare.levels import LevelPeriod, course_of
from scheduler.prepare.measures import Setting, trip_cuts_of, window_limits_of
from solver.check import find_violations
from solver.instance import TimeGrid
from solver.solve import SolveParams, solve
from tests.scheduler.test_prepare_measures import (
    CLASSES,
    NETWORK,
    bar,
    cap,
    measures,
    subject,
    window,
)
from tests.solver.builders import plant, process, stock, tiny_instance

GRID = TimeGrid(start="2030-01-01T16:00:00+08:00", slot_minutes=30, n_slots=24, interval_slots=2)
RULES = measures(
    window_limits=(window("w", 480, levels="red"),),
    trip_caps=(cap("t", 50, levels="red"),),
    emission_bars=(bar(fuels="diesel", through_stage="china4", levels="red"),),
)

STARTS = [
    ("2030-01-01T16:20", 0, (0,)),
    ("2030-01-01T22:00", 12, ()),
    ("2030-01-01T23:59", 15, (15,)),
    ("2030-01-02T00:00", 16, ()),
]


@pytest.mark.parametrize(("start", "first", "partial"), STARTS)
def test_measures_hold_from_the_slot_in_which_the_alert_starts(
    start: str, first: int, partial: tuple[int, ...]
) -> None:
    said = LevelPeriod(
        city="town",
        level=Level.RED,
        starts_at=datetime.fromisoformat(f"{start}:00+08:00"),
        ends_at=None,
    )
    held = course_of("town", [said], GRID)
    asked = replace(subject(held=held), plant="P")
    limits = tuple(window_limits_of(RULES, asked, GRID))
    cuts = tuple(trip_cuts_of(RULES, asked, GRID))
    setting = Setting(NETWORK, {"town": held}, GRID, frozenset())
    bars = bars_of(RULES, [asked], CLASSES, setting)
    (limit,), (cut,), (barred,) = limits, cuts, bars
    assert [(row.first_slot, row.end_slot) for row in (limit, cut, barred)] == [(first, 24)] * 3
    assert limit.partial_slots == partial
    short = (stock("ore", now_kg=60_000, max_kg=90_000, end_min_kg=60_000), stock("steel"))
    instance = tiny_instance(
        start=GRID.start,
        n_slots=24,
        plants=(plant(stocks=short, processes=(process(),)),),
        window_limits=limits,
        trip_cuts=cuts,
    )
    plan = solve(instance, SolveParams(time_limit_s=None, deterministic_limit=1, workers=1))
    assert plan.decisions is not None and find_violations(instance, plan) == ()
    least = first + len(partial)
    assert all(window.first_slot >= least for window in plan.decisions.windows)
    assert plan.decisions.windows
