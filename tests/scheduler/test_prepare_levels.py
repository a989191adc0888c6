"""Tests that levels fall on slots: outer slots for bars, whole ones for windows."""

from datetime import datetime

import pytest

from scheduler.domain.alert import Level, Statement
from scheduler.prepare.levels import LevelPeriod, Run, course_of, periods_of, runs_of
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


def said(start: str, end: str | None, *cities: str) -> Statement:
    return Statement.model_validate(
        {"areas": [{"level": "red", "cities": cities}], "starts_at": f"{start}+08:00",
         "ends_at": f"{end}+08:00" if end else None, "declared_by": "b", "document_number": "1"}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("former", "since"),
    [
        (said("2030-01-01T00:00", None, "a"), "2030-01-01T00:00"),
        (said("2030-01-01T00:00", "2030-01-03T00:00", "a"), "2030-01-01T00:00"),
        (said("2030-01-01T00:00", "2030-01-02T23:59", "a"), "2030-01-03T00:00"),
        (said("2030-01-01T00:00", None, "b"), "2030-01-03T00:00"),
    ],
)
def test_an_episode_goes_on_where_a_revision_follows_without_a_gap(
    former: Statement, since: str
) -> None:
    (period,) = periods_of(said("2030-01-03T00:00", None, "a"), [former])
    assert period.episode_since == datetime.fromisoformat(f"{since}+08:00")


def test_the_hours_of_an_episode_are_counted_from_its_first_level() -> None:
    """120 hours after 2030-01-01 00:00 is 2030-01-06 00:00."""
    grid = TimeGrid(start="2030-01-05T23:00:00+08:00", slot_minutes=60, n_slots=2, interval_slots=2)
    periods = periods_of(said("2030-01-03T00:00", None, "a"), [said("2030-01-01T00:00", None, "a")])
    moments = course_of("a", periods, grid).moments
    assert [moment.episode for moment in moments] == [(119 * 60, 120 * 60), (120 * 60, 121 * 60)]
