"""The directory: who the plants of a case are, apart from what the solver needs of them."""

from __future__ import annotations

from typing import Literal

from scheduler.domain.alert import Text
from solver.instance import Count, Id, Value


class PlantCard(Value):
    """A plant as people know it; of a `closed` one, `clause` says by what record."""

    plant: Id
    enterprise: Id
    name_zh: Text
    name_en: Text
    city: Id
    sector: Id
    grade: Id
    status: Literal["working", "closed"] = "working"
    clause: str = ""
    exempt_clause: str | None = None
    """The clause that frees the plant from the alert's measures, None if none does."""


class Provenance(Value):
    """How many inputs of a case were read from a source, derived from such, or assumed."""

    read: Count
    derived: Count
    assumed: Count


class Directory(Value):
    """Every plant of a case, in order of the ids."""

    plants: tuple[PlantCard, ...]
    provenance: Provenance

    def of_enterprise(self, enterprise: str) -> tuple[PlantCard, ...]:
        return tuple(card for card in self.plants if card.enterprise == enterprise)

    @property
    def enterprises(self) -> tuple[str, ...]:
        return tuple(sorted({card.enterprise for card in self.plants}))
