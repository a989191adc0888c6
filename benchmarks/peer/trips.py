"""What one trip does and when: docs/model.md, "The cycle of a leg"."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from solver.instance import Instance, Leg, Link, Plant, Stream, VehicleClass


@dataclass(frozen=True)
class OnLink:
    """A link driven from `enter_s` to `leave_s`, and whether the truck enters its zone there."""

    link: Link
    enter_s: int
    leave_s: int
    laden: bool
    into_zone: bool


@dataclass(frozen=True)
class Half:
    """What is counted from one slot: the departure's, or of a waiting leg the release's."""

    passages: tuple[tuple[str, int], ...]
    drives: tuple[OnLink, ...]


@dataclass(frozen=True)
class Trip:
    """A leg with all its times; seconds from the start of the departure slot."""

    leg: Leg
    stream: Stream
    plant: Plant
    vehicle: VehicleClass
    first: Half
    second: Half | None
    moves_s: int
    unloaded_s: int
    ready: int
    """Slots until a truck of a waiting leg may leave."""
    away: int
    """Slots away from the departure on; of a waiting leg from the release on."""


class Trips:
    """All legs of an instance, and what the state has sent off already."""

    def __init__(self, instance: Instance) -> None:
        self.instance, self.slot_s = instance, instance.grid.slot_s
        self.n_slots = instance.grid.n_slots
        self._links = {link.id: link for link in instance.links}
        self._paths = {path.id: path.links for path in instance.paths}
        classes = {vehicle.id: vehicle for vehicle in instance.vehicle_classes}
        self.of = {
            leg.id: self._trip(plant, stream, leg, classes[leg.vehicle_class])
            for plant in instance.plants
            for stream in plant.streams
            for leg in stream.legs
        }
        self.locked: Counter[tuple[str, int]] = Counter()
        for kept in instance.state.locked_trips:
            self.locked[kept.leg, kept.slot] += kept.trips
        self.under_way: Counter[tuple[str, int]] = Counter()
        for sent in instance.state.under_way:
            self.under_way[sent.leg, -sent.slots_ago] += sent.trips
        self.held: Counter[str] = Counter()
        for inside in instance.state.held:
            self.held[inside.leg] += inside.trips
        self.taken = _Taken(self)
        self._barred = _barred_slots(instance)

    def _trip(self, plant: Plant, stream: Stream, leg: Leg, vehicle: VehicleClass) -> Trip:
        out_s, back_s = self._driving_s(leg.path_out), self._driving_s(leg.path_back)
        plant_s, far_s = 60 * leg.plant_minutes, 60 * leg.far_minutes
        inward = stream.direction == "in"
        if leg.starts_at == "plant":
            back_from_s, home_s = out_s + far_s, out_s + far_s + back_s
            gates = ((leg.gate_out, 0), (leg.gate_in, home_s))
            free_s = home_s + plant_s
            moves_s = free_s if inward else 0
            unloaded_s = free_s if inward else back_from_s
        else:
            back_from_s = out_s + plant_s
            gates = ((leg.gate_in, out_s), (leg.gate_out, back_from_s))
            free_s = back_from_s + back_s + far_s
            moves_s = back_from_s if inward else out_s
            unloaded_s = back_from_s if inward else free_s
        out = self._drives(leg.path_out, 0, leg.laden_out)
        back = self._drives(leg.path_back, 0 if leg.may_wait else back_from_s, leg.laden_back)
        waits = leg.may_wait
        return Trip(
            leg=leg,
            stream=stream,
            plant=plant,
            vehicle=vehicle,
            first=Half(gates[:1], out) if waits else Half(gates, (*out, *back)),
            second=Half(((leg.gate_out, 0),), back) if waits else None,
            moves_s=moves_s,
            unloaded_s=unloaded_s,
            ready=-(-back_from_s // self.slot_s),
            away=-(-(back_s + far_s if waits else free_s) // self.slot_s),
        )

    def _driving_s(self, path: str) -> int:
        return sum(_seconds(self._links[name]) for name in self._paths[path])

    def _drives(self, path: str, from_s: int, laden: bool) -> tuple[OnLink, ...]:
        drives, zone_before = [], None
        for name in self._paths[path]:
            link = self._links[name]
            until_s = from_s + _seconds(link)
            drives.append(OnLink(link, from_s, until_s, laden, link.zone != zone_before))
            from_s, zone_before = until_s, link.zone
        return tuple(drives)

    def may_depart(self, trip: Trip, slot: int) -> bool:
        """Unloading ends inside the horizon and no bar is met."""
        ends = slot + trip.unloaded_s // self.slot_s
        return ends < self.n_slots and self.may_go(trip, trip.first, slot)

    def may_go(self, trip: Trip, half: Half, slot: int) -> bool:
        """Whether no bar is met by a half that begins in `slot`."""
        barred = self._barred.get((trip.vehicle.id, trip.stream.kind))
        if barred is None:
            return True
        places = [(f"plant {trip.plant.id}", s, s) for _, s in half.passages]
        places += [(f"gate {gate}", s, s) for gate, s in half.passages]
        for drive in half.drives:
            for place in (f"zone {drive.link.zone}", f"link {drive.link.id}"):
                places.append((place, drive.enter_s, drive.leave_s - 1))
        return not any(
            at in barred.get(place, ())
            for place, first_s, last_s in places
            for at in range(slot + first_s // self.slot_s, slot + last_s // self.slot_s + 1)
        )

    def ready_inside(self, leg: str) -> Counter[int]:
        """Trucks of a waiting leg that locks and state make ready, by slot."""
        trip, ready = self.of[leg], Counter({0: self.held[leg]})
        for (name, slot), trips in self.under_way.items():
            if name == leg:
                ready[max(0, slot + trip.ready)] += trips
        for (name, slot), trips in self.locked.items():
            if name == leg:
                ready[slot + trip.ready] += trips
        return ready


def _seconds(link: Link) -> int:
    return -(-3600 * link.length_m // (1000 * link.speed_kmh))


def _barred_slots(instance: Instance) -> dict[tuple[str, str], dict[str, set[int]]]:
    """Slots by (class, kind) and place."""
    found: dict[tuple[str, str], dict[str, set[int]]] = {}
    for bar in instance.bars:
        places = [f"plant {name}" for name in bar.plants]
        places += [f"gate {name}" for name in bar.gates or ()]
        places += [f"zone {name}" for name in bar.zones] + [f"link {name}" for name in bar.links]
        for vehicle in bar.classes:
            for kind in bar.kinds:
                here = found.setdefault((vehicle, kind), defaultdict(set))
                for place in places:
                    here[place] |= set(range(bar.first_slot, bar.end_slot))
    return found


def entries(trip: Trip, half: Half, slot: int, slot_s: int) -> Iterator[tuple[str, str, int, int]]:
    """(what, which, slot, amount) of links, zones and gates that one trip takes."""
    pcu = trip.vehicle.pcu_mpcu
    for drive in half.drives:
        at = slot + drive.enter_s // slot_s
        yield "link", drive.link.id, at, pcu
        if drive.into_zone:
            yield "zone", drive.link.zone, at, pcu
    for gate, offset_s in half.passages:
        yield "gate", gate, slot + offset_s // slot_s, 1


class _Taken(Counter[tuple[str, str, int]]):
    """What locked and under-way trips take of links, zones and gates by slot."""

    def __init__(self, trips: Trips) -> None:
        super().__init__()
        for (leg, slot), n in (*trips.locked.items(), *trips.under_way.items()):
            trip = trips.of[leg]
            for what, which, at, amount in entries(trip, trip.first, slot, trips.slot_s):
                self[what, which, at] += n * amount
