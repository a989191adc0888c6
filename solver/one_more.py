"""What one more trip of a plant would cost by the prices of a plan's certificates: an estimate.

A certificate's prices say what a unit of a road's capacity is worth to all plants together in the
bound of the stage. They are no promise: what one more trip really displaces, only a solve can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from solver.asked_window import open_slots
from solver.certificate import is_free
from solver.derive import Derived, LegUse
from solver.instance import Count, Id, Instance, StageName, Value
from solver.plan import Certificate, Plan
from solver.shared import Resource
from solver.sharers import cells_of, takers

PRICED: StageName = "exposure"
MOST_SHARERS = 5


class OneMore(Value):
    """One more trip of a stream where it is cheapest within the plant's windows: on leg `leg` from
    `slot` on. It adds `own` to the exposure; `others` is what the roads that it takes are worth to
    all plants by their prices, an estimate, `displaced` who take most of those roads then."""

    stream: Id
    leg: Id
    slot: Count
    own: int
    others: int
    displaced: tuple[Id, ...]


def one_more_trip(instance: Instance, plan: Plan, plant_id: str) -> tuple[OneMore, ...]:
    """For each stream of a plant that could drive within its windows; nothing where the plan has
    no certificate of exposure with prices."""
    priced = next(
        (
            one
            for s in plan.stages
            if s.name == PRICED
            for one in s.certificates
            if not is_free(one)
        ),
        None,
    )
    if priced is None or plan.decisions is None:
        return ()
    return tuple(_Asking(instance, plan, priced).of(plant_id))


class _Asking:
    """One plan with the prices of a certificate."""

    def __init__(self, instance: Instance, plan: Plan, priced: Certificate) -> None:
        assert plan.decisions is not None, "a plan without decisions has no trips"
        self._derived, self._scale = Derived(instance), priced.scale
        self._prices: dict[Resource, int] = {(p.what, p.id, p.slot): p.price for p in priced.prices}
        self._open = open_slots(plan.decisions)
        self._taken = takers(self._derived, plan.decisions)
        self._limits = instance.window_limits

    def of(self, plant_id: str) -> Iterator[OneMore]:
        plant = self._derived.plants[plant_id]
        legs = [use for use in self._derived.legs.values() if use.plant is plant]
        for stream in sorted(plant.streams, key=lambda s: s.id):
            found = [
                (own + others, leg.leg.id, slot, own, others)
                for leg in legs
                if leg.stream is stream and leg.release is None
                for slot in range(self._derived.grid.n_slots)
                if self._may(leg, slot)
                for own, others in [self._cost(leg, slot)]
            ]
            if found:
                _, leg_id, slot, own, others = min(found)
                displaced = self._displaced(self._derived.legs[leg_id], slot)
                yield OneMore(
                    stream=stream.id,
                    leg=leg_id,
                    slot=slot,
                    own=own,
                    others=others,
                    displaced=displaced,
                )

    def _may(self, leg: LegUse, slot: int) -> bool:
        """Whether bars, the horizon and the plant's windows let a trip leave then."""
        derived = self._derived
        if not derived.in_horizon(leg, slot) or not derived.may_move(leg, leg.departure, slot):
            return False
        return all(
            (gate, slot + after) in self._open or not self._is_restricted(leg, slot + after)
            for gate, after in leg.departure.passages
        )

    def _is_restricted(self, leg: LegUse, slot: int) -> bool:
        mine = (limit for limit in self._limits if limit.plant == leg.plant.id)
        return any(limit.first_slot <= slot < limit.end_slot for limit in mine)

    def _cost(self, leg: LegUse, slot: int) -> tuple[int, int]:
        """Its own exposure, and what the roads are worth that it takes, rounded up."""
        worth = leg.pcu_mpcu * sum(self._prices.get(cell, 0) for cell in self._cells(leg, slot))
        return self._derived.exposure(leg.departure, slot), -(-worth // self._scale)

    def _cells(self, leg: LegUse, slot: int) -> Iterator[Resource]:
        return cells_of(self._derived, leg.departure, slot)

    def _displaced(self, leg: LegUse, slot: int) -> tuple[str, ...]:
        total = Counter[str]()
        for cell in self._cells(leg, slot):
            if self._prices.get(cell):
                total.update(self._taken.get(cell, Counter()))
        names = sorted(total.keys() - {leg.plant.id}, key=lambda p: (-total[p], p))
        return tuple(names[:MOST_SHARERS])
