"""Links and capped zones by slot: what plants share, and what a move takes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Resource = tuple[Literal["link", "zone"], str, int]
"""A shared capacity: (what, id, slot)."""

Entries = Sequence[tuple[str, int]]
"""(link or zone, slots until entry)."""


class Shared:
    """Every shared capacity once: blocks hold them by the hundred thousand."""

    def __init__(self, n_slots: int, zone_caps: Mapping[str, Sequence[int | None]]) -> None:
        self._n_slots, self._zone_caps = n_slots, zone_caps
        self._links: dict[str, list[Resource]] = {}
        self._zones: dict[str, list[Resource | None]] = {}
        self._taken: dict[int, list[tuple[Sequence[Resource | None], int]]] = {}
        """By identity of the links of a move, which live as long as its leg."""

    def entered(self, links: Entries, zones: Entries, slot: int) -> list[Resource]:
        """What a move from a slot takes within the horizon, one entry each; of a zone only where it
        has a cap."""
        return [
            resource
            for by_slot, after in self._taken_by(links, zones)
            if slot + after < self._n_slots and (resource := by_slot[slot + after]) is not None
        ]

    def _taken_by(
        self, links: Entries, zones: Entries
    ) -> list[tuple[Sequence[Resource | None], int]]:
        if id(links) not in self._taken:
            found: list[tuple[Sequence[Resource | None], int]] = []
            found += [(self._link(name), after) for name, after in links]
            found += [(self._zone(name), after) for name, after in zones if name in self._zone_caps]
            self._taken[id(links)] = found
        return self._taken[id(links)]

    def _link(self, name: str) -> list[Resource]:
        if name not in self._links:
            self._links[name] = [("link", name, slot) for slot in range(self._n_slots)]
        return self._links[name]

    def _zone(self, name: str) -> list[Resource | None]:
        if name not in self._zones:
            self._zones[name] = [
                None if cap is None else ("zone", name, slot)
                for slot, cap in enumerate(self._zone_caps[name])
            ]
        return self._zones[name]
