"""A least part of some items that still does what all of them do (QuickXplain, Junker 2004)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def least_set(items: Sequence[Item], holds: Callable[[tuple[Item, ...]], bool]) -> tuple[Item, ...]:
    """A part of `items` for which `holds`, and for no part of it that leaves one out.

    `holds` must be true of all items, and of whatever contains a part of which it is true. Of
    several such parts earlier items are preferred.
    """
    if holds(()):
        return ()
    return _least((), False, tuple(items), holds)


def _least(
    base: tuple[Item, ...],
    grown: bool,
    group: tuple[Item, ...],
    holds: Callable[[tuple[Item, ...]], bool],
) -> tuple[Item, ...]:
    if grown and holds(base):
        return ()
    if len(group) == 1:
        return group
    left, right = group[: len(group) // 2], group[len(group) // 2 :]
    of_right = _least(base + left, bool(left), right, holds)
    of_left = _least(base + of_right, bool(of_right), left, holds)
    return of_left + of_right


def least_run(slots: range, holds: Callable[[range], bool]) -> range:
    """A run within `slots` for which `holds`, and for no shorter run within it.

    `holds` must be true of `slots`, and of whatever contains a run of which it is true.
    """
    low, high = slots.start, slots.stop
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(range(slots.start, middle)) else (middle + 1, high)
    end = low
    low, high = slots.start, end
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(range(middle, end)) else (low, middle - 1)
    return range(low, end)
