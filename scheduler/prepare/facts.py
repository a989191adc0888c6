"""A plan as it was carried out: planned trips give way to recorded ones where a ledger says so.

A ledger holds all passages of a plant in its stretch of time, so a planned trip that should have
passed a gate then, and is not in it, did not take place; nor was a window used in which nobody
passed. The first passage of a cycle tells its departure; a waiting truck's second is its release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from scheduler.domain.inherited import Item
from scheduler.domain.recorded import Facts, KnownLedger, Passage
from scheduler.slots import slot_of
from solver.checks.cycles import Cycle, World
from solver.instance import Instance
from solver.plan import Decisions, Departure, Release, Window
from solver.state import levels_after

Key = tuple[str, int]


def as_recorded(instance: Instance, decisions: Decisions, facts: Facts, slot: int) -> Decisions:
    """Decisions with what took place before a slot as it was recorded."""
    book = _Book(World(instance), facts, slot)
    departed = book.departures(decisions.departures)
    released = book.releases(decisions.releases)
    return decisions.model_copy(
        update={
            "windows": tuple(w for w in decisions.windows if not book.stood_unused(w)),
            "departures": tuple(
                Departure(leg=leg, slot=at, trips=n)
                for (leg, at), n in sorted(departed.items())
                if n
            ),
            "releases": tuple(
                Release(leg=leg, slot=at, trips=n) for (leg, at), n in sorted(released.items()) if n
            ),
        }
    )


def trips_before(instance: Instance, decisions: Decisions, plant: str, slot: int) -> int:
    """Trips of a plant that departed before a slot."""
    cycles = World(instance).cycles
    return sum(
        d.trips for d in decisions.departures if d.slot < slot and cycles[d.leg].plant.id == plant
    )


def levels_by_readings(
    instance: Instance, decisions: Decisions, facts: Facts, slot: int, levels: Mapping[str, int]
) -> dict[str, int]:
    """kg in hand at a slot: a reading, and what was moved since."""
    found = dict(levels)
    for reading in facts.readings:
        at = min(slot, max(0, slot_of(instance.grid, reading.read_at)))
        then = levels_after(instance, decisions, at)
        moved = levels[reading.stock] - then[reading.stock]
        found[reading.stock] = max(0, reading.kg + moved)
    return found


def plants_of_items(instance: Instance, items: Iterable[Item]) -> tuple[str, ...]:
    """Plants of which something recorded is not as planned."""
    owners: dict[str, str] = {}
    for plant in instance.plants:
        owners[plant.id] = plant.id
        owners |= {gate.id: plant.id for gate in plant.gates}
        owners |= {stock.id: plant.id for stock in plant.stocks}
    return tuple(sorted({owners[i.where] for i in items if i.deviates and i.where in owners}))


class _Book:
    """What the ledgers say of the slots before a seam."""

    def __init__(self, world: World, facts: Facts, slot: int) -> None:
        self._world, self._facts, self._slot = world, facts, slot
        self._grid = world.instance.grid
        self._passed = Counter[Key]()
        for ledger in facts.ledgers:
            for passage in ledger.passages:
                self._passed[passage.gate, slot_of(self._grid, passage.passed_at)] += passage.trips

    def departures(self, planned: Iterable[Departure]) -> Counter[Key]:
        made = Counter[Key]()
        for one in planned:
            cycle = self._world.cycles[one.leg]
            _, after = _first_passage(cycle, self._grid.slot_s)
            if not self._covers(cycle.plant.id, one.slot + after):
                made[one.leg, one.slot] += one.trips
        for passage, cycle in self._recorded():
            gate, after = _first_passage(cycle, self._grid.slot_s)
            at = slot_of(self._grid, passage.passed_at) - after
            is_first = passage.direction == ("out" if cycle.leg.starts_at == "plant" else "in")
            if is_first and passage.gate == gate and 0 <= at < self._slot:
                made[passage.leg, at] += passage.trips
        return made

    def releases(self, planned: Iterable[Release]) -> Counter[Key]:
        made = Counter[Key]()
        for one in planned:
            if not self._covers(self._world.cycles[one.leg].plant.id, one.slot):
                made[one.leg, one.slot] += one.trips
        for passage, cycle in self._recorded():
            at = slot_of(self._grid, passage.passed_at)
            if cycle.leg.may_wait and passage.direction == "out" and 0 <= at < self._slot:
                made[passage.leg, at] += passage.trips
        return made

    def stood_unused(self, window: Window) -> bool:
        """Whether a ledger covers a window that is over and in which nobody passed. Of one that
        was open before this plan began, the ledger has not seen the whole."""
        if window.first_slot == 0 and self._was_open(window.gate):
            return False
        plant = self._world.plant_of_gate[window.gate].id
        slots = range(window.first_slot, window.end_slot)
        return (
            window.end_slot <= self._slot
            and all(self._covers(plant, slot) for slot in slots)
            and not any(self._passed[window.gate, slot] for slot in slots)
        )

    def _was_open(self, gate: str) -> bool:
        gates = self._world.instance.state.gates
        return any(row.gate == gate and row.open_slots_before > 0 for row in gates)

    def _recorded(self) -> Iterable[tuple[Passage, Cycle]]:
        cycles = self._world.cycles
        for ledger in self._facts.ledgers:
            for passage in ledger.passages:
                if passage.leg in cycles:
                    yield passage, cycles[passage.leg]

    def _covers(self, plant: str, slot: int) -> bool:
        """Whether a ledger of the plant holds the whole slot, which is over."""
        first, end = self._grid.at(slot), self._grid.at(slot + 1)
        return slot < self._slot and any(
            ledger.from_instant <= first and end <= ledger.to_instant for ledger in self._of(plant)
        )

    def _of(self, plant: str) -> Iterable[KnownLedger]:
        return (ledger for ledger in self._facts.ledgers if ledger.plant == plant)


def _first_passage(cycle: Cycle, slot_s: int) -> tuple[str, int]:
    """The gate of a cycle's first passage, and slots from its departure to it."""
    gate, offset_s = min(cycle.going.passages, key=lambda passage: passage[1])
    return gate, offset_s // slot_s
