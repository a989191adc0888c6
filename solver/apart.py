"""Who is being asked, so that nobody is asked beside one whom it meets on the roads."""

from __future__ import annotations

from collections.abc import Set

from solver.shared import Resource


class Apart:
    """Plants that are being asked, by what each could take from another."""

    def __init__(self) -> None:
        self._asked: dict[str, Set[Resource]] = {}

    def begins(self, plant: str, wants: Set[Resource]) -> bool:
        """Whether a plant meets nobody who is being asked; then it is from now on."""
        apart = all(wants.isdisjoint(others) for others in self._asked.values())
        if apart:
            self._asked[plant] = wants
        return apart

    def ends(self, plant: str) -> None:
        """The plant has been answered."""
        del self._asked[plant]
