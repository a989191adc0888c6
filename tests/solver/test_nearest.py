"""Tests that the nearest windows are those that trying every window finds, both by what the laws
of windows allow and by the solve that places a window anywhere."""

import pytest

from solver import nearest
from solver.asked_window import AskedWindow, windows_of
from solver.nearest import nearest_windows
from solver.trial import Trial
from tests.solver.builders import bar, windows
from tests.solver.test_why_not import asked, one_plant, worked

INSTANCE = one_plant(bars=(bar(plants=("P",), first_slot=3, end_slot=5),))
PLAN = worked(INSTANCE, windows=windows(("G", 0, 2), ("G", 3, 5)))
"""Two trips leave in slot 0 and are back in 1; the second window is idle, and its slots pay for
others. No truck passes in slots 3 and 4."""


def trial_of(asking: AskedWindow) -> Trial:
    assert PLAN.decisions is not None
    return Trial(INSTANCE, PLAN.decisions, asking)


def moved(asking: AskedWindow, first: int, end: int) -> int:
    return abs(first - asking.first_slot) + abs(end - asking.end_slot)


def by_trying_all(asking: AskedWindow) -> list[int]:
    """By how much the nearest that fits moves, before the one asked for and after it."""
    assert PLAN.decisions is not None
    had = windows_of(PLAN.decisions, "G")
    found: dict[bool, list[int]] = {True: [], False: []}
    for first in range(8):
        for end in range(first + 1, min(8, first + len(asking.slots)) + 1):
            is_there = any(a <= first and end <= b for a, b in had)
            is_same = (first, end) == (asking.first_slot, asking.end_slot)
            if is_there or is_same:
                continue
            trial = trial_of(asking.at(first, end))
            if trial.decide(1.0, trial.now).decision == "fits":
                earlier = first + end < asking.first_slot + asking.end_slot
                found[earlier].append(moved(asking, first, end))
    return [min(amounts) for amounts in (found[True], found[False]) if amounts]


@pytest.mark.parametrize("windows_first", [True, False], ids=["windows first", "anywhere"])
@pytest.mark.parametrize("window", [(0, 3), (1, 3), (3, 5), (4, 6), (5, 8), (7, 8)])
def test_no_window_that_fits_is_nearer(
    window: tuple[int, int], windows_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not windows_first:
        monkeypatch.setattr(nearest, "MOST_TRIED", 0)
    asking = asked(*window)
    found = list(nearest_windows(trial_of(asking), 1.0))
    assert [moved(asking, *span) for span in found] == by_trying_all(asking)
    for first, end in found:
        trial = trial_of(asking.at(first, end))
        assert trial.decide(1.0, trial.now).decision == "fits"
