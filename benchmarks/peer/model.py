"""What the model decides: trips and releases, each within what bars and capacity leave of it."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from benchmarks.peer.mip import Mip, Sum
from benchmarks.peer.trips import Half, Trip, Trips, entries
from solver.instance import Instance, Process

Cell = tuple[str, int]
Exogenous = Literal["arrival", "dispatch"]


class Model:
    """Columns by what they decide. A key that is missing cannot be above 0 (departures: above
    what is locked)."""

    def __init__(self, instance: Instance) -> None:
        self.instance, self.grid, self.mip = instance, instance.grid, Mip()
        self.trips = Trips(instance)
        self.own: dict[Cell, int] = {}
        """Departures of a leg in a slot beyond the locked ones."""
        self.released: dict[Cell, int] = {}
        self.safe: dict[Cell, int] = {}
        """Safe trips of a stream on a local day."""
        self.open: dict[Cell, int] = {}
        self.start: dict[Cell, int] = {}
        self.rate: dict[Cell, int] = {}
        self.refused: dict[tuple[str, int, Exogenous], int] = {}
        self.level: dict[Cell, int] = {}
        self.breach: dict[str, int] = {}
        self.days = range(self.grid.day_of(self.grid.n_slots - 1) + 1)
        self._links = {link.id: link for link in instance.links}
        self._zones = {zone.id: zone for zone in instance.zones}
        self._gates = {gate.id: gate for plant in instance.plants for gate in plant.gates}
        processes = [process for plant in instance.plants for process in plant.processes]
        self.permitted = {p.id: _permitted(instance, p) for p in processes}
        self.least_rates = {p.id: _least_rates(p, self.permitted[p.id]) for p in processes}

    def departures(self, leg: str, slot: int) -> Sum:
        """All departures of a leg in a slot."""
        total = Sum(constant=self.trips.locked[leg, slot])
        total.add(1, self.own.get((leg, slot)))
        return total

    def left(self, what: str, which: str, slot: int) -> int | None:
        """What own trips may take of a link, zone or gate; None where nothing limits it."""
        whole = self._whole(what, which, slot)
        return None if whole is None else max(0, whole - self.trips.taken[what, which, slot])

    def _whole(self, what: str, which: str, slot: int) -> int | None:
        if what == "link":
            link = self._links[which]
            return link.capacity_mpcu_h * self.grid.slot_minutes // 60 - link.background_mpcu[slot]
        if what == "zone":
            caps = self._zones[which].cap_mpcu
            return None if caps is None else caps[slot]
        return self._gates[which].capacity_passages

    def add_trips(self) -> None:
        """Departures and releases that no bar forbids, each within what it alone may take."""
        for leg, slot in self.trips.locked:
            if not self.trips.may_depart(self.trips.of[leg], slot):
                self.mip.at_most(Sum(constant=1), 0)
        for name, trip in self.trips.of.items():
            trucks = self._most_away(trip)
            for slot in range(self.grid.n_slots):
                if self.trips.may_depart(trip, slot):
                    most = min(trucks, self._room(trip, trip.first, slot))
                    if most > 0:
                        self.own[name, slot] = self.mip.column(0, most)
            if trip.second is not None:
                for slot in range(self.grid.n_slots):
                    most = min(trucks, self._room(trip, trip.second, slot))
                    if most > 0 and self.trips.may_go(trip, trip.second, slot):
                        self.released[name, slot] = self.mip.column(0, most)
                self._only_ready_trucks_leave(trip)

    def trucks(self, trip: Trip) -> int:
        fleets = {fleet.vehicle_class: fleet.trucks for fleet in trip.plant.fleets}
        return fleets[trip.vehicle.id]

    def _most_away(self, trip: Trip) -> int:
        """Trucks of the class that can be away at once: the fleet and those that stand inside."""
        same = [x for x in self.trips.of.values() if x.plant.id == trip.plant.id]
        inside = [x for x in same if x.second is not None and x.vehicle.id == trip.vehicle.id]
        ready = sum(sum(self.trips.ready_inside(x.leg.id).values()) for x in inside)
        return self.trucks(trip) + ready

    def _room(self, trip: Trip, half: Half, slot: int) -> int:
        """Trips of this half that what it takes leaves room for."""
        most = 10**6
        need: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        for what, which, at, amount in entries(trip, half, slot, self.grid.slot_s):
            if at < self.grid.n_slots:
                need[what, which, at] += amount
        for (what, which, at), amount in need.items():
            left = self.left(what, which, at)
            most = most if left is None else min(most, left // amount)
        return most

    def _only_ready_trucks_leave(self, trip: Trip) -> None:
        leg, inside = trip.leg.id, self.trips.ready_inside(trip.leg.id)
        row = Sum()
        for slot in range(self.grid.n_slots):
            row.add(1, self.released.get((leg, slot)))
            row.add(-1, self.own.get((leg, slot - trip.ready)))
            row.constant -= inside[slot]
            now = Sum()
            now.include(row)
            self.mip.at_most(now, 0)

    def staying(self, trip: Trip) -> Sum:
        """Trucks of a waiting leg that are not released by the end of the horizon."""
        leg = trip.leg.id
        total = Sum(constant=self.trips.held[leg])
        total.constant += sum(n for (name, _), n in self.trips.under_way.items() if name == leg)
        for slot in range(self.grid.n_slots):
            total.include(self.departures(leg, slot))
            total.add(-1, self.released.get((leg, slot)))
        return total

    def halves(self) -> list[tuple[Trip, Half, int, int]]:
        """(trip, half, slot, column) of all that own trips do."""
        found = [(self.trips.of[leg], slot, c) for (leg, slot), c in self.own.items()]
        rows = [(trip, trip.first, slot, column) for trip, slot, column in found]
        for (leg, slot), column in self.released.items():
            trip = self.trips.of[leg]
            if trip.second is not None:
                rows.append((trip, trip.second, slot, column))
        return rows


def _permitted(instance: Instance, process: Process) -> list[int]:
    """Rate by interval that the greatest output cut of each leaves."""
    cuts = [cut for cut in instance.output_cuts if cut.process == process.id]
    found = []
    for interval, rate in enumerate(process.rate_max):
        here = [c.cut_percent for c in cuts if c.first_interval <= interval < c.end_interval]
        found.append(rate * (100 - max(here, default=0)) // 100)
    return found


def _least_rates(process: Process, permitted: list[int]) -> list[int]:
    if process.hazard_weight == 0:
        return [0] * len(permitted)
    return [min(least, most) for least, most in zip(process.rate_min, permitted, strict=True)]
