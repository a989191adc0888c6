"""Laws `link_capacity`, `zone_cap` and `bar`: who may be where on the road, and how many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from solver.checks.cycles import Cycle, Half, World
from solver.checks.traffic import Traffic
from solver.checks.verdict import Law, Violation
from solver.instance import Bar


def link_capacity(traffic: Traffic) -> Iterator[Violation]:
    """Own mPCU entering a link are at most what background, locked and under-way trips leave."""
    links, minutes = traffic.world.links, traffic.world.instance.grid.slot_minutes
    load = traffic.link_mpcu
    for (name, slot), own in sorted(load.own.items()):
        link = links[name]
        capacity = link.capacity_mpcu_h * minutes // 60
        left = max(0, capacity - link.background_mpcu[slot] - load.others[name, slot])
        if own > left:
            yield _breach("link_capacity", name, slot, own, allowed=left, unit="mPCU")


def zone_cap(traffic: Traffic) -> Iterator[Violation]:
    """Own mPCU entering a zone are at most what locked and under-way trips leave of its cap."""
    load = traffic.zone_mpcu
    for (name, slot), own in sorted(load.own.items()):
        caps = traffic.world.zones[name].cap_mpcu
        cap = caps[slot] if caps else None
        if cap is not None and own > max(0, cap - load.others[name, slot]):
            left = max(0, cap - load.others[name, slot])
            yield _breach("zone_cap", name, slot, own, allowed=left, unit="mPCU")


def bar(traffic: Traffic) -> Iterator[Violation]:
    """No trip departs and no truck is released into what is barred for its class and errand."""
    cycles, by_errand = traffic.world.cycles, _by_errand(traffic.world)
    starts = [(leg, slot, n, cycles[leg].going) for (leg, slot), n in traffic.departed.items()]
    for (leg, slot), n in traffic.released.items():
        leaving = cycles[leg].leaving
        if leaving is not None:
            starts.append((leg, slot, n, leaving))
    for leg, slot, trips, half in sorted(starts, key=lambda start: start[:2]):
        cycle = cycles[leg]
        for ban in by_errand[cycle.vehicle.id, cycle.stream.kind]:
            if _meets(traffic.world, cycle, half, slot, ban):
                yield _breach("bar", f"{leg} under {ban.id}", slot, trips, allowed=0, unit="trip")


def _by_errand(world: World) -> defaultdict[tuple[str, str], list[Bar]]:
    table: defaultdict[tuple[str, str], list[Bar]] = defaultdict(list)
    for ban in world.instance.bars:
        for vehicle in dict.fromkeys(ban.classes):
            for kind in dict.fromkeys(ban.kinds):
                table[vehicle, kind].append(ban)
    return table


def _meets(world: World, cycle: Cycle, half: Half, start: int, ban: Bar) -> bool:
    """Whether a passage, or a slot from a link's entry to its exit, lies in the bar."""
    slot_s = world.instance.grid.slot_s
    barred = range(ban.first_slot, ban.end_slot)
    for gate, offset_s in half.passages:
        is_here = cycle.plant.id in ban.plants or gate in (ban.gates or ())
        if is_here and start + offset_s // slot_s in barred:
            return True
    for drive in half.drives:
        if drive.link.id in ban.links or drive.link.zone in ban.zones:
            first = start + drive.entry_s // slot_s
            last = start + (drive.exit_s - 1) // slot_s
            if first < ban.end_slot and ban.first_slot <= last:
                return True
    return False


def _breach(law: Law, where: str, slot: int, amount: int, *, allowed: int, unit: str) -> Violation:
    return Violation(law=law, where=where, slot=slot, amount=amount, allowed=allowed, unit=unit)
