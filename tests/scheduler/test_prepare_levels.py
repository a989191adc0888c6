"""Tests that levels fall on slots: outer slots for bars, whole ones for windows."""

from datetime import datetime

import pytest

from scheduler.domain.alert import Level
from scheduler.prepare.levels import LevelPeriod, Run, course_of, runs_of
from solver.instance import TimeGrid

GRID = TimeGrid(start="2030-01-01T16:00:00+08:00", slot_minutes=30, n_slots=6, interval_slots=2)
YELLOW, ORANGE, RED = Level.YELLOW, Level.ORANGE, Level.RED


def period(level: Level, start: str, end: str | None = None, city: str = "a") -> LevelPeriod:
    return LevelPeriod(
        city=city,
        level=level,
        starts_at=datetime.fromisoformat(f"2030-01-01T{start}+08:00"),
        ends_at=datetime.fromisoformat(f"2030-01-01T{end}+08:00") if end else None,
    )


@pytest.mark.parametrize(
    ("periods", "levels", "partial"),
    [
        ([period(RED, "16:20")], [RED] * 6, {0}),
        ([period(RED, "16:30")], [None, RED, RED, RED, RED, RED], set()),
        ([period(RED, "16:31")], [None, RED, RED, RED, RED, RED], {1}),
        ([period(RED, "16:00", "17:00")], [RED, RED, None, None, None, None], set()),
        ([period(RED, "16:00", "17:01")], [RED, RED, RED, None, None, None], {2}),
        (
            [period(ORANGE, "16:00", "17:10"), period(RED, "17:10")],
            [ORANGE, ORANGE, RED, RED, RED, RED],
            set(),
        ),
        (
            [period(RED, "16:00", "17:10"), period(ORANGE, "17:11")],
            [RED, RED, RED, ORANGE, ORANGE, ORANGE],
            {2},
        ),
        ([period(RED, "16:00", city="b")], [None] * 6, set()),
        ([period(RED, "23:00")], [None] * 6, set()),
    ],
)
def test_the_course_of_a_level(
    periods: list[LevelPeriod], levels: list[Level | None], partial: set[int]
) -> None:
    course = course_of("a", periods, GRID)
    assert list(course.levels) == levels
    assert course.partial == frozenset(partial)


def test_the_highest_level_of_a_course() -> None:
    course = course_of("a", [period(YELLOW, "16:00", "17:00"), period(ORANGE, "17:00")], GRID)
    assert course.highest is ORANGE
    assert course_of("b", [], GRID).highest is None


def test_a_period_lasts() -> None:
    with pytest.raises(ValueError, match="end before it starts"):
        period(RED, "16:00", "16:00")


def test_runs_are_unbroken() -> None:
    assert list(runs_of([5, 1, 2, 7, 6])) == [Run(1, 3), Run(5, 8)]
    assert list(runs_of([])) == []
