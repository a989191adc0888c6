"""First fit: the sequential rule that a bureau could apply by hand.

Plants take their turn, the hardest first; each opens its windows where the plants before it left
most room, and sends the earliest trips that its stocks want. The answer is lawful for every
instance whose locked trips can be kept; it is the baseline, the hint and the fallback of the
solver.
"""

from __future__ import annotations

from solver.derive import Derived
from solver.fit_plant import PlantFit
from solver.fit_room import Ground
from solver.instance import Instance, Plant
from solver.plan import Decisions


def first_fit(instance: Instance) -> Decisions:
    """Lawful decisions, the same every time, in one pass over the plants."""
    derived = Derived(instance)
    ground = Ground(derived)
    return joined([_fit(derived, ground, plant).decisions() for plant in hardest_first(instance)])


def _fit(derived: Derived, ground: Ground, plant: Plant) -> PlantFit:
    """The plant's turn with the windows that have most room; if that leaves a least rate short,
    with the earliest ones, where they serve better."""
    roomy = PlantFit(derived, ground, plant)
    roomy.fill()
    if roomy.short()[0] == 0:
        return roomy
    roomy.sender.give_back()
    early = PlantFit(derived, ground, plant, early=True)
    early.fill()
    if early.short() < roomy.short():
        return early
    early.sender.give_back()
    again = PlantFit(derived, ground, plant)
    again.fill()
    return again


def hardest_first(instance: Instance) -> list[Plant]:
    """What must run by its hazard, then by how many normal trips press on an open slot."""
    open_slots: dict[str, int] = {}
    for limit in instance.window_limits:
        known = open_slots.get(limit.plant, instance.grid.n_slots)
        open_slots[limit.plant] = min(known, limit.max_open_slots_day)

    def hardness(plant: Plant) -> tuple[int, int, str]:
        hazard = max(process.hazard_weight for process in plant.processes)
        trips = sum(stream.baseline_trips_day for stream in plant.streams)
        slots = open_slots.get(plant.id, instance.grid.n_slots)
        return -hazard, -(1000 * trips // max(1, slots)), plant.id

    return sorted(instance.plants, key=hardness)


def joined(parts: list[Decisions]) -> Decisions:
    """The decisions of several plants, each tuple sorted by its keys."""
    return Decisions(
        windows=tuple(
            sorted((w for p in parts for w in p.windows), key=lambda w: (w.gate, w.first_slot))
        ),
        departures=tuple(
            sorted((d for p in parts for d in p.departures), key=lambda d: (d.leg, d.slot))
        ),
        releases=tuple(
            sorted((r for p in parts for r in p.releases), key=lambda r: (r.leg, r.slot))
        ),
        rates=tuple(sorted((r for p in parts for r in p.rates), key=lambda r: r.process)),
        refusals=tuple(
            sorted(
                (r for p in parts for r in p.refusals), key=lambda r: (r.stock, r.interval, r.what)
            )
        ),
        safe_trips=tuple(
            sorted((s for p in parts for s in p.safe_trips), key=lambda s: (s.stream, s.day))
        ),
    )
