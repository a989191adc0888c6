"""The directory: who the plants of a case are and which emission factors count, apart from what the
solver needs of them."""

from __future__ import annotations

from typing import Literal

from scheduler.domain.alert import Text
from scheduler.domain.row import Status
from solver.instance import Count, Id, Positive, Value


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


class UsedCorrection(Value):
    """A correction of an emission factor that was applied, in thousandths."""

    condition: Literal["cold", "hot", "laden", "empty"]
    permille: Positive
    meaning: Text
    source: str
    status: Status


class UsedFactor(Value):
    """What a km of a vehicle class was taken to emit of a pollutant: the factor as its source
    gives it, what corrected it, and the mg/km laden and empty that came of it, rounded up."""

    vehicle_class: Id
    pollutant: Id
    given_mg_km: Count
    laden_mg_km: Count
    empty_mg_km: Count
    corrections: tuple[UsedCorrection, ...]
    source: str
    status: Status


class Directory(Value):
    """Every plant of a case, in order of the ids, and the factors of every class that drives."""

    plants: tuple[PlantCard, ...]
    provenance: Provenance
    factors: tuple[UsedFactor, ...] = ()

    def of_enterprise(self, enterprise: str) -> tuple[PlantCard, ...]:
        return tuple(card for card in self.plants if card.enterprise == enterprise)

    @property
    def enterprises(self) -> tuple[str, ...]:
        return tuple(sorted({card.enterprise for card in self.plants}))
