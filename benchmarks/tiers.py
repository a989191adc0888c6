"""What is measured: tiers of instances, methods, limits, and seeds that no one chose."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from fixtures.generator import SlotMinutes, generate
from fixtures.qingxu import load_qingxu
from solver.instance import Instance

Method = Literal["ours", "cp-sat", "highs", "first fit", "usual"]
METHODS: tuple[Method, ...] = ("ours", "cp-sat", "highs", "first fit", "usual")

QUICK: tuple[Method, ...] = ("ours", "first fit", "usual")


@dataclass(frozen=True)
class Tier:
    """Instances of one size and the seconds that a solve may take; 0 enterprises: Qingxu."""

    name: str
    enterprises: int
    hours: int
    seconds: float
    methods: tuple[Method, ...] = METHODS
    slot_minutes: SlotMinutes = 30
    n_seeds: int = 5
    most_peer_seeds: int = 5
    """Seeds that the monoliths of CP-SAT and HiGHS get as well."""

    def instance(self, seed: int) -> Instance:
        if self.enterprises == 0:
            return load_qingxu()
        return generate(self.enterprises, self.hours, self.slot_minutes, seed)

    def methods_of(self, number: int) -> tuple[Method, ...]:
        """The methods for the seed of this number, counted from 0."""
        peers = ("cp-sat", "highs") if number < self.most_peer_seeds else ()
        return tuple(m for m in self.methods if m in peers or m not in ("cp-sat", "highs"))


TIERS = {
    tier.name: tier
    for tier in (
        Tier("small", 8, 4, 10, n_seeds=2),
        Tier("county", 0, 72, 60, n_seeds=1),
        Tier("city", 200, 24, 120),
        Tier("city-3-days", 200, 72, 300),
        Tier("province", 3000, 24, 1200, most_peer_seeds=1),
        Tier("growth-100", 100, 24, 1200, QUICK),
        Tier("growth-300", 300, 24, 1200, QUICK),
        Tier("growth-1000", 1000, 24, 1200, QUICK),
    )
}
"""Growth takes its largest size from the province."""


def seeds_of(tier: Tier, commit: str) -> list[int]:
    """Seeds that follow from the commit of the code that is measured."""
    texts = (f"{commit} {tier.name} {number}" for number in range(tier.n_seeds))
    return [int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) for text in texts]
