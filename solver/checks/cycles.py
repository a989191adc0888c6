"""What a trip of a leg does and when: passages, drives and stock moves, in seconds and slots.

The offsets are those of the table in docs/model.md, "The cycle of a leg". A waiting leg has two
halves, one counted from the departure, one from the release; any other leg has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from solver.instance import (
    Instance,
    Leg,
    Link,
    Plant,
    Process,
    Stock,
    Stream,
    TripCut,
    VehicleClass,
    WindowLimit,
    Zone,
)


def ceil_div(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


def driving_s(link: Link) -> int:
    return ceil_div(3600 * link.length_m, 1000 * link.speed_kmh)


@dataclass(frozen=True)
class Drive:
    """A link of a path, entered `entry_s` after the start of the half."""

    link: Link
    entry_s: int
    exit_s: int
    laden: bool
    enters_zone: bool


@dataclass(frozen=True)
class Half:
    """Passages (gate, seconds) and drives counted from the start of one slot."""

    passages: tuple[tuple[str, int], ...]
    drives: tuple[Drive, ...]


@dataclass(frozen=True)
class Cycle:
    """A leg with its owners and its times. `leaving` is None unless the leg may wait; then
    `going` holds what follows from the departure and `leaving` what follows from the release."""

    leg: Leg
    stream: Stream
    plant: Plant
    vehicle: VehicleClass
    going: Half
    leaving: Half | None
    move_s: int
    unloading_s: int
    ready_slots: int
    """Slots from departure to readiness for release; of use for waiting legs only."""
    away_slots: int
    """Slots away from the departure on, or from the release on for a waiting leg."""


@dataclass(frozen=True)
class World:
    """The instance with its parts by id."""

    instance: Instance

    @cached_property
    def links(self) -> dict[str, Link]:
        return {link.id: link for link in self.instance.links}

    @cached_property
    def zones(self) -> dict[str, Zone]:
        return {zone.id: zone for zone in self.instance.zones}

    @cached_property
    def plants(self) -> dict[str, Plant]:
        return {plant.id: plant for plant in self.instance.plants}

    @cached_property
    def plant_of_gate(self) -> dict[str, Plant]:
        return {gate.id: plant for plant in self.instance.plants for gate in plant.gates}

    @cached_property
    def gate_capacity(self) -> dict[str, int]:
        plants = self.instance.plants
        return {gate.id: gate.capacity_passages for plant in plants for gate in plant.gates}

    @cached_property
    def processes(self) -> dict[str, Process]:
        return {p.id: p for plant in self.instance.plants for p in plant.processes}

    @cached_property
    def stocks(self) -> dict[str, Stock]:
        return {stock.id: stock for plant in self.instance.plants for stock in plant.stocks}

    @cached_property
    def streams(self) -> dict[str, Stream]:
        return {stream.id: stream for plant in self.instance.plants for stream in plant.streams}

    @cached_property
    def plant_of_stream(self) -> dict[str, Plant]:
        return {stream.id: plant for plant in self.instance.plants for stream in plant.streams}

    @cached_property
    def cycles(self) -> dict[str, Cycle]:
        plants = self.instance.plants
        rows = ((p, s, leg) for p in plants for s in p.streams for leg in s.legs)
        return {leg.id: self._cycle(plant, stream, leg) for plant, stream, leg in rows}

    @cached_property
    def limits_by_slot(self) -> dict[str, list[WindowLimit | None]]:
        """The limit in force per plant and slot; plants without a limit are not named."""
        table: dict[str, list[WindowLimit | None]] = {}
        for limit in self.instance.window_limits:
            row = table.setdefault(limit.plant, [None] * self.instance.grid.n_slots)
            row[limit.first_slot : limit.end_slot] = [limit] * (limit.end_slot - limit.first_slot)
        return table

    @cached_property
    def cuts_by_slot(self) -> dict[str, dict[int, TripCut]]:
        """The trip cut in force per plant and slot; plants without a cut are not named."""
        table: dict[str, dict[int, TripCut]] = {}
        for cut in self.instance.trip_cuts:
            row = table.setdefault(cut.plant, {})
            row |= dict.fromkeys(range(cut.first_slot, cut.end_slot), cut)
        return table

    @cached_property
    def _vehicles(self) -> dict[str, VehicleClass]:
        return {vehicle.id: vehicle for vehicle in self.instance.vehicle_classes}

    @cached_property
    def _roads(self) -> dict[str, tuple[Link, ...]]:
        paths = self.instance.paths
        return {path.id: tuple(self.links[name] for name in path.links) for path in paths}

    @cached_property
    def _driving_s(self) -> dict[str, int]:
        return {link.id: driving_s(link) for link in self.instance.links}

    def _cycle(self, plant: Plant, stream: Stream, leg: Leg) -> Cycle:
        slot_s = self.instance.grid.slot_s
        out_s = sum(self._driving_s[link.id] for link in self._roads[leg.path_out])
        back_s = sum(self._driving_s[link.id] for link in self._roads[leg.path_back])
        plant_s, far_s = 60 * leg.plant_minutes, 60 * leg.far_minutes
        inward = stream.direction == "in"
        if leg.starts_at == "plant":
            home_s = out_s + far_s + back_s
            passages = ((leg.gate_out, 0), (leg.gate_in, home_s))
            turned_s, free_s = out_s + far_s, home_s + plant_s
            move_s, unloading_s = (free_s, free_s) if inward else (0, turned_s)
        else:
            turned_s = out_s + plant_s
            free_s = turned_s + back_s + far_s
            passages = ((leg.gate_in, out_s), (leg.gate_out, turned_s))
            move_s, unloading_s = (turned_s, turned_s) if inward else (out_s, free_s)
        outward = self._drives(leg.path_out, 0, leg.laden_out)
        going, leaving = Half(passages, outward), None
        if leg.may_wait:
            going = Half(passages[:1], outward)
            homeward = self._drives(leg.path_back, 0, leg.laden_back)
            leaving = Half(((leg.gate_out, 0),), homeward)
        else:
            homeward = self._drives(leg.path_back, turned_s, leg.laden_back)
            going = Half(passages, outward + homeward)
        return Cycle(
            leg=leg,
            stream=stream,
            plant=plant,
            vehicle=self._vehicles[leg.vehicle_class],
            going=going,
            leaving=leaving,
            move_s=move_s,
            unloading_s=unloading_s,
            ready_slots=ceil_div(turned_s, slot_s),
            away_slots=ceil_div(back_s + far_s if leg.may_wait else free_s, slot_s),
        )

    def _drives(self, path: str, start_s: int, laden: bool) -> tuple[Drive, ...]:
        drives, zone = [], None
        for link in self._roads[path]:
            end_s = start_s + self._driving_s[link.id]
            drives.append(Drive(link, start_s, end_s, laden, link.zone != zone))
            start_s, zone = end_s, link.zone
        return tuple(drives)


def runs_of_true(slots: Iterable[int]) -> Iterator[range]:
    """The unbroken runs of a set of slots, in order."""
    first = last = None
    for slot in sorted(slots):
        if first is None or last is None or slot != last + 1:
            if first is not None and last is not None:
                yield range(first, last + 1)
            first = slot
        last = slot
    if first is not None and last is not None:
        yield range(first, last + 1)
