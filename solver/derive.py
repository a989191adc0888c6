"""What follows from an instance: cycles in slots, capacity left, exposure of a trip.

A cycle's events lie at fixed distances in slots from its departure, so each leg is reduced once to
one or two `Move`s (departure, and release for waiting legs) that are shifted along the horizon.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from solver.bar_index import BarIndex
from solver.instance import (
    LARGEST_SAFE,
    Instance,
    Leg,
    Link,
    Path,
    Plant,
    Process,
    Stream,
    VehicleClass,
)
from solver.shared import Resource, Shared

Cell = tuple[str, int]
"""(id of link, zone or gate; slot)."""


@dataclass(frozen=True)
class Move:
    """A cycle, or one half of a waiting leg's: what it does, by slots after its departure."""

    links: tuple[tuple[str, int], ...]
    """(link, slots until entry)."""
    presence: tuple[tuple[str, int, int], ...]
    """(link, slots until entry, slots until the last slot in which the truck is on it)."""
    zones: tuple[tuple[str, int], ...]
    """(zone, slots until entry)."""
    passages: tuple[tuple[str, int], ...]
    """(gate, slots until passage)."""
    away_slots: int
    """Slots in which the truck is away from its fleet; for the first half of a waiting leg until
    it is ready to leave."""
    emitted: tuple[tuple[str, int, int], ...]
    """(zone, slots until entry, weighted mg x m before the hour weight)."""


@dataclass(frozen=True)
class LegUse:
    """A leg with all that its trips do."""

    leg: Leg
    stream: Stream
    plant: Plant
    pcu_mpcu: int
    departure: Move
    release: Move | None
    ready_slots: int
    """Slots until a waiting truck may leave; equals departure.away_slots there."""
    stock_slots: int
    """Slots until the stock moves."""
    unloaded_slots: int
    """Slots until unloading ends."""


def driving_s(link: Link) -> int:
    return -(-3600 * link.length_m // (1000 * link.speed_kmh))


def _half(
    instance: Instance,
    links: dict[str, Link],
    path: Path,
    start_s: int,
    vehicle: VehicleClass,
    laden: bool,
) -> tuple[Move, int]:
    """The events on one path driven from `start_s`, and the second at which it ends."""
    weights = {p.id: p.weight for p in instance.pollutants}
    population = {z.id: z.population_weight for z in instance.zones}
    weighted_mg_km = sum(
        (e.laden_mg_km if laden else e.empty_mg_km) * weights[e.pollutant]
        for e in vehicle.emissions
    )
    slot_s, now_s, zone_before = instance.grid.slot_s, start_s, ""
    entered, presence, zones, emitted = [], [], [], []
    for name in path.links:
        link = links[name]
        first = now_s // slot_s
        now_s += driving_s(link)
        entered.append((name, first))
        presence.append((name, first, (now_s - 1) // slot_s))
        if link.zone != zone_before:
            zones.append((link.zone, first))
        zone_before = link.zone
        emitted.append((link.zone, first, weighted_mg_km * link.length_m * population[link.zone]))
    move = Move(tuple(entered), tuple(presence), tuple(zones), (), 0, tuple(emitted))
    return move, now_s


def _joined(one: Move, two: Move | None, passages: list[tuple[str, int]], away: int) -> Move:
    second = two or Move((), (), (), (), 0, ())
    return Move(
        one.links + second.links,
        one.presence + second.presence,
        one.zones + second.zones,
        tuple(passages),
        away,
        one.emitted + second.emitted,
    )


class Derived:
    """An instance with its lookups, leg uses and residual capacities."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.grid = instance.grid
        self.links = {link.id: link for link in instance.links}
        self.zones = {zone.id: zone for zone in instance.zones}
        self.paths = {path.id: path for path in instance.paths}
        self.classes = {vehicle.id: vehicle for vehicle in instance.vehicle_classes}
        self.plants = {p.id: p for p in sorted(instance.plants, key=lambda p: p.id)}
        self.legs_of = {plant.id: self._uses_of(plant) for plant in self.plants.values()}
        self.legs = {use.leg.id: use for uses in self.legs_of.values() for use in uses}
        self.locked = self._sum_locked()
        self.given_back = {(t.leg, t.slot): t.trips for t in instance.state.given_back or ()}
        self._bars = BarIndex(instance)
        self._exposures: dict[int, list[int]] = {}
        self._barred: dict[int, set[int]] = {}
        """Both by identity of a move, all of which live as long as their legs."""

    def _uses_of(self, plant: Plant) -> tuple[LegUse, ...]:
        return tuple(
            self._use_of(plant, stream, leg)
            for stream in sorted(plant.streams, key=lambda s: s.id)
            for leg in sorted(stream.legs, key=lambda leg: leg.id)
        )

    def _use_of(self, plant: Plant, stream: Stream, leg: Leg) -> LegUse:
        slot_s = self.grid.slot_s
        plant_s, far_s = leg.plant_minutes * 60, leg.far_minutes * 60
        vehicle = self.classes[leg.vehicle_class]
        path_out, path_back = self.paths[leg.path_out], self.paths[leg.path_back]
        one, out_s = _half(self.instance, self.links, path_out, 0, vehicle, leg.laden_out)
        inward = stream.direction == "in"
        if leg.starts_at == "plant":
            start_s = out_s + far_s
            two, home_s = _half(
                self.instance, self.links, path_back, start_s, vehicle, leg.laden_back
            )
            free_s = home_s + plant_s
            passages = [(leg.gate_out, 0), (leg.gate_in, home_s // slot_s)]
            departure = _joined(one, two, passages, -(-free_s // slot_s))
            stock_s, unloaded_s = (free_s, free_s) if inward else (0, out_s + far_s)
            return self._leg_use(plant, stream, leg, departure, None, 0, stock_s, unloaded_s)
        ready_s = out_s + plant_s
        stock_s = ready_s if inward else out_s
        gate_in = (leg.gate_in, out_s // slot_s)
        start_s = 0 if leg.may_wait else ready_s
        two, back_s = _half(self.instance, self.links, path_back, start_s, vehicle, leg.laden_back)
        driven_s = back_s - start_s
        unloaded_s = ready_s if inward else ready_s + driven_s + far_s
        if leg.may_wait:
            ready = -(-ready_s // slot_s)
            release = _joined(two, None, [(leg.gate_out, 0)], -(-(back_s + far_s) // slot_s))
            departure = _joined(one, None, [gate_in], ready)
            return self._leg_use(plant, stream, leg, departure, release, ready, stock_s, unloaded_s)
        passages = [gate_in, (leg.gate_out, ready_s // slot_s)]
        departure = _joined(one, two, passages, -(-(back_s + far_s) // slot_s))
        return self._leg_use(plant, stream, leg, departure, None, 0, stock_s, unloaded_s)

    def _leg_use(
        self,
        plant: Plant,
        stream: Stream,
        leg: Leg,
        departure: Move,
        release: Move | None,
        ready_slots: int,
        stock_s: int,
        unloaded_s: int,
    ) -> LegUse:
        slot_s = self.grid.slot_s
        return LegUse(
            leg=leg,
            stream=stream,
            plant=plant,
            pcu_mpcu=self.classes[leg.vehicle_class].pcu_mpcu,
            departure=departure,
            release=release,
            ready_slots=ready_slots,
            stock_slots=stock_s // slot_s,
            unloaded_slots=unloaded_s // slot_s,
        )

    def _sum_locked(self) -> dict[tuple[str, int], int]:
        total: dict[tuple[str, int], int] = defaultdict(int)
        for trips in self.instance.state.locked_trips:
            total[trips.leg, trips.slot] += trips.trips
        return dict(sorted(total.items()))

    def left_to_own(self, leg: str, slot: int) -> int:
        """Own trips that may depart in a slot by what was given back of them, law `locked`."""
        key = leg, slot
        most = self.given_back.get(key, LARGEST_SAFE)
        return max(0, most - self.locked.get(key, 0))

    @cached_property
    def fixed_departures(self) -> tuple[tuple[LegUse, int, int], ...]:
        """(leg, departure slot, trips) of what is locked or under way (slot < 0)."""
        under_way = [
            (self.legs[u.leg], -u.slots_ago, u.trips) for u in self.instance.state.under_way
        ]
        locked = [(self.legs[leg], slot, trips) for (leg, slot), trips in self.locked.items()]
        return tuple(under_way + locked)

    @cached_property
    def fixed_departures_of(self) -> dict[str, tuple[tuple[LegUse, int, int], ...]]:
        """The same by plant."""
        found: dict[str, list[tuple[LegUse, int, int]]] = defaultdict(list)
        for one in self.fixed_departures:
            found[one[0].plant.id].append(one)
        return {plant: tuple(some) for plant, some in found.items()}

    @cached_property
    def _fixed(self) -> _FixedUse:
        fixed = _FixedUse()
        for use, slot, trips in self.fixed_departures:
            fixed.add(use, slot, trips)
        return fixed

    def link_residual_mpcu(self, link: str, slot: int) -> int:
        """What own trips may still bring onto a link in a slot, by law link_capacity."""
        return self.link_residuals_mpcu[link][slot]

    @cached_property
    def link_residuals_mpcu(self) -> dict[str, list[int]]:
        residuals: dict[str, list[int]] = {}
        for link in self.instance.links:
            capacity = link.capacity_mpcu_h * self.grid.slot_minutes // 60
            residuals[link.id] = [
                max(0, capacity - background - self._fixed.links[link.id, slot])
                for slot, background in enumerate(link.background_mpcu)
            ]
        return residuals

    def zone_residual_mpcu(self, zone: str, slot: int) -> int | None:
        """What own trips may still bring into a zone in a slot; None without a cap then."""
        residuals = self.zone_residuals_mpcu.get(zone)
        return None if residuals is None else residuals[slot]

    @cached_property
    def zone_residuals_mpcu(self) -> dict[str, list[int | None]]:
        """Of the zones that have caps."""
        fixed = self._fixed.zones
        return {
            zone.id: [
                None if cap is None else max(0, cap - fixed[zone.id, slot])
                for slot, cap in enumerate(zone.cap_mpcu)
            ]
            for zone in self.instance.zones
            if zone.cap_mpcu is not None
        }

    def entered(self, move: Move, slot: int) -> list[Resource]:
        """The shared capacities that a truck making the move from a slot takes, one entry each."""
        return self._shared.entered(move.links, move.zones, slot)

    @cached_property
    def _shared(self) -> Shared:
        return Shared(self.grid.n_slots, self.zone_residuals_mpcu)

    def gate_residuals(self, gate: str, capacity: int) -> list[int]:
        """Passages that own trips may still make at a gate, by slot."""
        used = self._fixed.gates
        return [max(0, capacity - used.get((gate, t), 0)) for t in range(self.grid.n_slots)]

    def may_move(self, use: LegUse, move: Move, slot: int) -> bool:
        """Whether no bar forbids the move from `slot` on."""
        return slot not in self.barred_slots(use, move)

    def barring(self, use: LegUse, move: Move, slot: int) -> str | None:
        """The id of a bar that forbids the move from `slot` on, if any."""
        key = (use.leg.vehicle_class, use.stream.kind)
        for gate, after in move.passages:
            found = self._bars.at_gate(key, use.plant.id, gate, slot + after)
            if found:
                return found
        if not self._bars.any_on_road(key):
            return None
        for link, first, last in move.presence:
            for at in range(slot + first, slot + last + 1):
                found = self._bars.on_link(key, self.links[link], at)
                if found:
                    return found
        return None

    def barred_slots(self, use: LegUse, move: Move) -> set[int]:
        """The slots from which a bar forbids the move: those in which `barring` names one."""
        if id(move) not in self._barred:
            self._barred[id(move)] = self._barred_slots(use, move)
        return self._barred[id(move)]

    def _barred_slots(self, use: LegUse, move: Move) -> set[int]:
        key, barred = (use.leg.vehicle_class, use.stream.kind), set[int]()
        for gate, after in move.passages:
            for bars in self._bars.by_slot_at_gate(key, use.plant.id, gate):
                barred.update(at - after for at in bars)
        if self._bars.any_on_road(key):
            for link, first, last in move.presence:
                for bars in self._bars.by_slot_on_link(key, self.links[link]):
                    for at in bars:
                        barred.update(range(at - last, at - first + 1))
        return barred

    def in_horizon(self, use: LegUse, slot: int) -> bool:
        """Whether a trip departing in `slot` ends its unloading inside the horizon."""
        return slot < self.horizon_of(use)

    def horizon_of(self, use: LegUse) -> int:
        """The first slot from which a trip does not."""
        return self.grid.n_slots - use.unloaded_slots

    def exposure(self, move: Move, slot: int) -> int:
        """Exposure of one trip making the move from `slot`, rounded up once."""
        last = self.grid.n_slots - 1
        total = sum(
            weighted * self.zones[zone].hour_weights[max(0, min(slot + after, last))]
            for zone, after, weighted in move.emitted
        )
        return -(-total // (1000 * self.instance.exposure_divisor))

    def exposures(self, move: Move) -> list[int]:
        """The same from every slot of the horizon."""
        if id(move) not in self._exposures:
            self._exposures[id(move)] = self._exposures_of(move)
        return self._exposures[id(move)]

    def _exposures_of(self, move: Move) -> list[int]:
        weighted = Counter[Cell]()
        for zone, after, amount in move.emitted:
            weighted[zone, after] += amount
        n_slots = self.grid.n_slots
        totals = [0] * n_slots
        for (zone, after), amount in weighted.items():
            weights = self.zones[zone].hour_weights
            ahead = [*weights[after:n_slots], *[weights[n_slots - 1]] * min(after, n_slots)]
            totals = [t + amount * w for t, w in zip(totals, ahead, strict=True)]
        divisor = 1000 * self.instance.exposure_divisor
        return [-(-total // divisor) for total in totals]

    @cached_property
    def permitted(self) -> dict[str, tuple[int, ...]]:
        """Permitted rate per process and interval after output cuts."""
        cuts: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for cut in self.instance.output_cuts:
            cuts[cut.process].append((cut.first_interval, cut.end_interval, cut.cut_percent))
        return {
            process.id: tuple(
                rate
                * (100 - max((c for a, b, c in cuts[process.id] if a <= i < b), default=0))
                // 100
                for i, rate in enumerate(process.rate_max)
            )
            for plant in self.plants.values()
            for process in plant.processes
        }

    def least_rates(self, process: Process) -> tuple[int, ...]:
        """Least rate per interval that safety asks for; zeros if the process need not run."""
        if process.hazard_weight == 0:
            return (0,) * self.grid.n_intervals
        return tuple(
            min(low, permitted)
            for low, permitted in zip(process.rate_min, self.permitted[process.id], strict=True)
        )

    def day_of_interval(self, interval: int) -> int:
        return self.grid.day_of(self.grid.slots_of_interval(interval).start)


@dataclass
class _FixedUse:
    """What locked and under-way trips take of links, zones and gates."""

    links: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    zones: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    gates: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, use: LegUse, slot: int, trips: int) -> None:
        for link, after in use.departure.links:
            self.links[link, slot + after] += trips * use.pcu_mpcu
        for zone, after in use.departure.zones:
            self.zones[zone, slot + after] += trips * use.pcu_mpcu
        for gate, after in use.departure.passages:
            self.gates[gate, slot + after] += trips
