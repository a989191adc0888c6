"""Tasks that hold a plant to the plan in force, to all of it or to its windows alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from solver.block import Block
from solver.decided import cheap_start
from solver.instance import InForce, PublishedTrips
from solver.linear import Rows
from solver.run import Run, limits_left
from solver.tasks import Task


class AsPlanned:
    """What the plan in force says of plants, to be held to in part or in whole."""

    def __init__(self, run: Run, in_force: InForce) -> None:
        self._run = run
        self._planned_slots = in_force.planned_slots
        self._published_slots = in_force.published_slots
        self._open = {
            (w.gate, t) for w in in_force.windows for t in range(w.first_slot, w.end_slot)
        }
        self._published_on = {
            (w.gate, t)
            for w in in_force.windows
            if w.first_slot < self._published_slots <= w.end_slot
            for t in range(self._published_slots, w.end_slot + 1)
        }
        """Slots in which the windows published last go on, and the first in which they do not."""
        planned = _sums(run.derived.instance.published or ())
        self._own = planned - Counter(run.derived.locked)
        self._releases = _sums(in_force.releases)

    def keep_locked_starts(self, block: Block) -> None:
        """No locked window begins earlier: joined to what is open before it, it could be longer
        than a window may be, for its lock excuses that."""
        rows = block.rows
        for (gate, slot), variable in block.open.items():
            before = block.open.get((gate, slot - 1))
            if before is not None and rows.lower[variable] and not rows.lower[before]:
                rows.upper[before] = min(rows.upper[before], int((gate, slot - 1) in self._open))

    def task(
        self, block: Block, slots: int, with_releases: bool, until: int | None = None
    ) -> Task | None:
        """The plant with windows, departures and releases of the first slots as planned, and no
        departure that is not planned `until` a slot (None: to the plan's end) in the others, which
        keeps the roads free. None where a bar, a lost window or a shorter horizon is in the way;
        infeasible where another law is."""
        rows = Rows()
        rows.absorb(block.rows)
        if not self.hold(block, rows, slots, with_releases, until):
            return None
        limits = replace(limits_left(self._run), brief=True)
        return Task(rows, cheap_start(block), limits, {})

    def hold(
        self, block: Block, rows: Rows, slots: int, with_releases: bool, until: int | None = None
    ) -> bool:
        """Hold windows, departures and releases of the first slots as planned, windows to their
        end that are published at their beginning, and later departures as `task` says; False where
        a bar, a lost window or a shorter horizon is in the way."""
        if self._has_lost(block, slots):
            return False
        self.keep_roads_free(block, rows, slots, until)
        known = _at(block.own, self._own, slots) | self._windows(block, slots)
        if with_releases:
            known |= _at(block.released, self._releases, slots)
        return _hold(rows, known)

    def hold_windows(self, block: Block, rows: Rows) -> bool:
        """Hold what is published of windows; False, and nothing held, where a bar or a lost window
        is in the way."""
        return _hold(rows, self._windows(block, self._published_slots))

    def windows(self, block: Block) -> dict[int, int]:
        """What is published of windows; nothing where a bar or a lost window is in the way."""
        known = self._windows(block, self._published_slots)
        return known if _may_have(block.rows, known) else {}

    def keep_roads_free(
        self, block: Block, rows: Rows, slots: int, until: int | None = None
    ) -> None:
        """From a slot on no departure that is not planned `until` another (None: to the plan's
        end)."""
        until = self._planned_slots if until is None else until
        for key, variable in block.own.items():
            if key[1] >= slots:
                most = self._own[key] if key[1] < until else 0
                rows.upper[variable] = min(rows.upper[variable], most)

    def _windows(self, block: Block, slots: int) -> dict[int, int]:
        """What is planned of gates before a slot, and of windows that are published at their
        beginning."""
        return {
            variable: int(key in self._open)
            for key, variable in block.open.items()
            if key[1] < slots or key in self._published_on
        }

    def _has_lost(self, block: Block, slots: int) -> bool:
        """Whether a planned departure cannot take place any more."""
        legs = {use.leg.id for use in block.legs}
        return any(key[0] in legs and key[1] < slots and key not in block.own for key in self._own)


def _sums(rows: Iterable[PublishedTrips]) -> Counter[tuple[str, int]]:
    sums = Counter[tuple[str, int]]()
    for row in rows:
        sums[row.leg, row.slot] += row.trips
    return sums


def _at(
    variables: Mapping[tuple[str, int], int], trips: Counter[tuple[str, int]], slots: int
) -> dict[int, int]:
    return {v: trips[key] for key, v in variables.items() if key[1] < slots}


def _hold(rows: Rows, known: Mapping[int, int]) -> bool:
    """Hold variables at values; False, and none held, where one cannot have its own."""
    if not _may_have(rows, known):
        return False
    for variable, value in known.items():
        rows.lower[variable] = rows.upper[variable] = value
    return True


def _may_have(rows: Rows, known: Mapping[int, int]) -> bool:
    return all(rows.lower[v] <= value <= rows.upper[v] for v, value in known.items())
