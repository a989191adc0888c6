"""Which bar is in force where and when, for quick tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from solver.instance import Bar, Instance, Link


class BarIndex:
    """Bars by (vehicle class, kind of errand) and place, for quick tests: slot by slot once a place
    is asked for."""

    def __init__(self, instance: Instance) -> None:
        self._plants: dict[tuple[str, str, str], list[Bar]] = defaultdict(list)
        self._roads: dict[tuple[str, str], dict[str, list[Bar]]] = defaultdict(dict)
        self._barred_roads: dict[tuple[str, str, str], dict[int, str]] = {}
        self._barred_plants: dict[tuple[str, str, str], dict[int, str]] = {}
        for bar in instance.bars:
            places = [*bar.zones, *(f"link {name}" for name in bar.links)]
            for vehicle in bar.classes:
                for kind in bar.kinds:
                    for place in (*bar.plants, *(f"gate {name}" for name in bar.gates or ())):
                        self._plants[vehicle, kind, place].append(bar)
                    for place in places:
                        self._roads[vehicle, kind].setdefault(place, []).append(bar)

    def at_gate(self, key: tuple[str, str], plant: str, gate: str, slot: int) -> str | None:
        at_plant, at_gate = self.by_slot_at_gate(key, plant, gate)
        return at_plant.get(slot) or at_gate.get(slot)

    def by_slot_at_gate(
        self, key: tuple[str, str], plant: str, gate: str
    ) -> tuple[dict[int, str], dict[int, str]]:
        """By slot the bar in force at all gates of a plant, and that at the gate."""
        return self._at((*key, plant)), self._at((*key, f"gate {gate}"))

    def _at(self, where: tuple[str, str, str]) -> dict[int, str]:
        if where not in self._barred_plants:
            self._barred_plants[where] = _by_slot(self._plants.get(where, ()))
        return self._barred_plants[where]

    def any_on_road(self, key: tuple[str, str]) -> bool:
        return key in self._roads

    def on_link(self, key: tuple[str, str], link: Link, slot: int) -> str | None:
        in_zone, on_link = self.by_slot_on_link(key, link)
        return in_zone.get(slot) or on_link.get(slot)

    def by_slot_on_link(
        self, key: tuple[str, str], link: Link
    ) -> tuple[dict[int, str], dict[int, str]]:
        """By slot the bar in force in the link's zone, and that on the link."""
        return self._on_road(key, link.zone), self._on_road(key, f"link {link.id}")

    def _on_road(self, key: tuple[str, str], place: str) -> dict[int, str]:
        where = (*key, place)
        if where not in self._barred_roads:
            self._barred_roads[where] = _by_slot(self._roads[key].get(place, ()))
        return self._barred_roads[where]


def _by_slot(bars: Iterable[Bar]) -> dict[int, str]:
    """The first bar in force of each slot."""
    by_slot: dict[int, str] = {}
    for bar in bars:
        for slot in range(bar.first_slot, bar.end_slot):
            by_slot.setdefault(slot, bar.id)
    return by_slot
