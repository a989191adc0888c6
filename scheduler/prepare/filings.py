"""Kinds of trips that are free only while a filing with the alert's office covers them.

At gates and in trip caps a filing counts for its own plant; in zones and on roads a kind is free
where every plant that has such trips is covered. Trips of a plant that filed nothing for the
horizon are ordinary ones, unless a rule frees them anyway.
"""

from collections.abc import Collection, Sequence

from scheduler.domain.filing import Kind
from scheduler.domain.measure import EmissionBar, MeasureSet, TripCap, WindowRule
from scheduler.prepare.measures import Subject
from solver.instance import TimeGrid


def filed_by_all(
    subjects: Sequence[Subject], kinds: Collection[Kind], grid: TimeGrid, slot: int
) -> tuple[Kind, ...]:
    """Those of the kinds that are covered in a slot for every plant that has such trips."""
    return tuple(
        kind
        for kind in kinds
        if all(kind in s.filed_in(grid, slot) for s in subjects if kind in s.kinds)
    )


def unfiled_kinds(measures: MeasureSet, subject: Subject, grid: TimeGrid) -> frozenset[Kind]:
    """Kinds that rules free only by a filing, and of which the plant has none in any slot."""
    rules: list[EmissionBar | TripCap | WindowRule] = [
        *measures.emission_bars,
        *measures.trip_caps,
        *measures.window_limits,
    ]
    asked = {kind for rule in rules for kind in rule.exempt_if_filed}
    free = {kind for rule in rules for kind in rule.exempt_kinds}
    filed = {kind for slot in range(grid.n_slots) for kind in subject.filed_in(grid, slot)}
    return frozenset(asked - free - filed)
