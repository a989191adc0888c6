"""Tests that stretches of time are read as written, and refused where they are none."""

from datetime import datetime

import pytest

from scheduler.errors import BadInputError
from scheduler.stretches import inner_slots, stretch
from solver.instance import TimeGrid

AFTER = datetime.fromisoformat("2026-01-05T14:10:00+00:00")
"""22:10 in Shanghai."""
GRID = TimeGrid(start="2026-01-05T08:00:00+08:00", slot_minutes=30, n_slots=48, interval_slots=2)


def read(text: str) -> tuple[str, str]:
    start, end = stretch(text, AFTER)
    return f"{start:%m-%dT%H:%M%z}", f"{end:%m-%dT%H:%M%z}"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-01-05T22:00/2026-01-06T00:00", "01-05T22:00+0800", "01-06T00:00+0800"),
        ("2026-01-05T14:00Z/PT2H", "01-05T14:00+0000", "01-05T16:00+0000"),
        ("2026-01-05T22:00/PT1H30M", "01-05T22:00+0800", "01-05T23:30+0800"),
        ("23:00-24:00", "01-05T23:00+0800", "01-06T00:00+0800"),
        ("22:10-23:00", "01-05T22:10+0800", "01-05T23:00+0800"),
        ("22:00-24:00", "01-06T22:00+0800", "01-07T00:00+0800"),
        ("22:30–02:00", "01-05T22:30+0800", "01-06T02:00+0800"),
        ("06:00 至 08:00", "01-06T06:00+0800", "01-06T08:00+0800"),
    ],
)
def test_a_stretch_is_read_as_written(text: str, start: str, end: str) -> None:
    assert read(text) == (start, end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "22:00",
        "22:00-22:00",
        "24:00-25:00",
        "22:60-23:00",
        "2026-01-05T22:00/2026-01-05T22:00",
        "2026-01-05T22:00/PT",
        "2026-01-05T22:00/",
        "/2026-01-05T22:00",
        "2026-13-05T22:00/PT2H",
    ],
)
def test_what_is_no_stretch_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="22:00-24:00"):
        stretch(text, AFTER)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("2026-01-05T08:00/PT1H", (0, 2)),
        ("2026-01-05T08:10/2026-01-05T09:59", (1, 3)),
        ("2026-01-06T07:00/2026-01-06T08:00", (46, 48)),
    ],
)
def test_a_window_takes_the_whole_slots_within(text: str, slots: tuple[int, int]) -> None:
    assert inner_slots(GRID, stretch(text, AFTER)) == slots


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2026-01-05T07:59/PT1H", "not within what is planned"),
        ("2026-01-06T07:00/2026-01-06T08:01", "2026-01-05 08:00 - 2026-01-06 08:00"),
        ("2026-01-05T08:10/2026-01-05T08:59", "no whole slot of 30 minutes"),
    ],
)
def test_what_is_outside_or_too_short_is_refused(text: str, fault: str) -> None:
    with pytest.raises(BadInputError, match=fault) as refused:
        inner_slots(GRID, stretch(text, AFTER))
    assert "不" in refused.value.in_chinese
