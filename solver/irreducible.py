"""A least part of some items that still does what all of them do: left out more at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def least_set(items: Sequence[Item], holds: Callable[[tuple[Item, ...]], bool]) -> tuple[Item, ...]:
    """A part of `items` for which `holds`, and for no part of it that leaves one out.

    `holds` must be true of all items, and of whatever contains a part of which it is true. Of
    several such parts earlier items are preferred. As many of the last items are left out as can
    be, one, two, four more at a time; the last of the others is needed, and so on before it.
    """
    needed: tuple[Item, ...] = ()
    rest = tuple(items)
    while rest:
        rest = rest[: _shortest(rest, needed, holds)]
        needed, rest = (*rest[-1:], *needed), rest[:-1]
    return needed


def _shortest(
    items: tuple[Item, ...],
    needed: tuple[Item, ...],
    holds: Callable[[tuple[Item, ...]], bool],
) -> int:
    """How many of the first items it takes beside those that are needed: all do."""
    high, step = len(items), 1
    while high and holds((*items[: max(0, high - step)], *needed)):
        high, step = max(0, high - step), 2 * step
    low = max(0, high - step) if high else -1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds((*items[:middle], *needed)) else (middle, high)
    return high


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
