"""Room that first fit has left: links, zones, gates and fleets, slot by slot.

What a move takes is compiled once into cells (row, slots after its start, units); taking a move
lowers its cells, so nothing is ever oversold. Slots past the horizon are not restricted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from solver.derive import Derived, LegUse, Move
from solver.instance import LARGEST_SAFE, Plant, TripCut

Row = list[int]


@dataclass(frozen=True)
class Cells:
    """What one trip takes, by row and slots after the start."""

    takes: tuple[tuple[Row, int, int], ...]

    def most(self, slot: int, wanted: int) -> int:
        """How many of the wanted trips may start in a slot."""
        for row, after, units in self.takes:
            at = slot + after
            if at < len(row) and row[at] < wanted * units:
                wanted = row[at] // units
                if wanted <= 0:
                    return 0
        return wanted

    def most_by_slot(self, n_slots: int, wanted: int) -> list[int]:
        """The same for every slot."""
        most = [wanted] * n_slots
        for units, takes in self._by_units():
            room = [wanted * units] * n_slots
            for row, after in takes:
                left = list(map(min, room, row[after:]))
                room[: len(left)] = left
            most = list(map(min, most, [left // units for left in room]))
        return most

    def _by_units(self) -> list[tuple[int, list[tuple[Row, int]]]]:
        by_units: dict[int, list[tuple[Row, int]]] = defaultdict(list)
        for row, after, units in self.takes:
            by_units[units].append((row, after))
        return list(by_units.items())

    def take(self, slot: int, trips: int) -> None:
        for row, after, units in self.takes:
            if slot + after < len(row):
                row[slot + after] -= trips * units


class Ground:
    """What all plants' turns stand on: rows of all links and capped zones, and the inherited
    trips, held trucks, locked trips and trip cuts by plant."""

    def __init__(self, derived: Derived) -> None:
        slots = range(derived.grid.n_slots)
        self.links: dict[str, Row] = {
            name: [derived.link_residual_mpcu(name, t) for t in slots]
            for name in sorted(derived.links)
        }
        self.zones: dict[str, Row] = {}
        for name, zone in sorted(derived.zones.items()):
            if zone.cap_mpcu is not None:
                room = (derived.zone_residual_mpcu(name, t) for t in slots)
                self.zones[name] = [LARGEST_SAFE if mpcu is None else mpcu for mpcu in room]
        self.fixed: defaultdict[str, list[tuple[LegUse, int, int]]] = defaultdict(list)
        """(leg, departure slot, trips) of what is locked or under way (slot < 0)."""
        for use, slot, trips in derived.fixed_departures:
            self.fixed[use.plant.id].append((use, slot, trips))
        self.held: defaultdict[str, list[tuple[LegUse, int]]] = defaultdict(list)
        for held in derived.instance.state.held:
            use = derived.legs[held.leg]
            self.held[use.plant.id].append((use, held.trips))
        self.cuts: defaultdict[str, list[TripCut]] = defaultdict(list)
        for cut in derived.instance.trip_cuts:
            self.cuts[cut.plant].append(cut)


class PlantRoom:
    """The ground's rows with a plant's own gates and fleets."""

    def __init__(self, derived: Derived, ground: Ground, plant: Plant) -> None:
        self.ground = ground
        slots = range(derived.grid.n_slots)
        self.gates: dict[str, Row] = {
            gate.id: derived.gate_residuals(gate.id, gate.capacity_passages) for gate in plant.gates
        }
        self.fleets: dict[str, Row] = {
            fleet.vehicle_class: [fleet.trucks] * len(slots) for fleet in plant.fleets
        }
        for use, slot, trips in ground.fixed[plant.id]:
            self._hold_fixed(use, slot, trips)
        for use, trips in ground.held[plant.id]:
            self.hold(use, range(len(slots)), trips)

    def _hold_fixed(self, use: LegUse, slot: int, trips: int) -> None:
        """A waiting truck stays inside until it is released; any other is free after its cycle."""
        n_slots = len(self.fleets[use.leg.vehicle_class])
        end = n_slots if use.release is not None else slot + use.departure.away_slots
        self.hold(use, range(max(0, slot), min(n_slots, end)), trips)

    def hold(self, use: LegUse, slots: range, trips: int) -> None:
        """Trucks that are away from their fleet in some slots (trips below 0 give them back)."""
        row = self.fleets[use.leg.vehicle_class]
        for slot in slots:
            row[slot] -= trips

    def trucks(self, use: LegUse, slots: range) -> int:
        """Trucks of the leg's class that are free in all of these slots."""
        return min(self.fleets[use.leg.vehicle_class][slots.start : slots.stop], default=0)

    def trucks_away(self, use: LegUse, n_slots: int) -> list[int]:
        """The same in so many slots from each slot on."""
        row = self.fleets[use.leg.vehicle_class]
        return [min(row[slot : slot + n_slots], default=0) for slot in range(len(row))]

    def cells(self, use: LegUse, move: Move) -> Cells:
        """What a trip takes of links, zones and gates."""
        takes: Counter[tuple[str, str, int]] = Counter()
        for link, after in move.links:
            takes["link", link, after] += use.pcu_mpcu
        for zone, after in move.zones:
            if zone in self.ground.zones:
                takes["zone", zone, after] += use.pcu_mpcu
        for gate, after in move.passages:
            takes["gate", gate, after] += 1
        rows = {"link": self.ground.links, "zone": self.ground.zones, "gate": self.gates}
        return Cells(
            tuple((rows[kind][name], after, n) for (kind, name, after), n in takes.items())
        )
