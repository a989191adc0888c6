"""What a certificate says: the bound that follows from it, and the caps that it lets plants have.

Exact integers throughout; `docs/model.md`, "Bound", has the proof. Whether each plant's least value
holds is another question: `solver/reprove.py` asks a second solver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from solver.instance import StageName
from solver.plan import Certificate, Least, Multiplier, Price, StageResult
from solver.prices import SCALE, Alone
from solver.shared import Resource


def certificate_of(alone: Alone, capped_by: Sequence[StageName] = ()) -> Certificate:
    """What plants alone were proved to cost, as a plan stores it: where nothing is priced in whole
    units of the stage, which are all that counts then."""
    prices = alone.prices
    free = not prices.resources and not prices.stages
    least = alone.floors if free else alone.least
    return Certificate(
        scale=1 if free else SCALE,
        prices=tuple(
            Price(what=what, id=name, slot=slot, price=price)
            for (what, name, slot), price in sorted(prices.resources.items())
            if price
        ),
        multipliers=tuple(
            Multiplier(stage=stage, factor=factor)
            for stage, factor in prices.stages.items()
            if factor
        ),
        capped_by=tuple(capped_by),
        least=tuple(
            Least(plant=plant, least=value)
            for plant in sorted(alone.least)
            if alone.least[plant] is not None and (value := least[plant]) is not None
        ),
    )


def is_free(certificate: Certificate) -> bool:
    """Whether nothing is priced: what a plant then costs at least is a floor of the stage."""
    return not certificate.prices and not certificate.multipliers


def floors_of(certificate: Certificate) -> dict[str, int]:
    """Least value of the stage itself by plant; of a certificate at zero prices alone."""
    return {x.plant: max(0, -(-x.least // certificate.scale)) for x in certificate.least}


def bound_of(
    certificate: Certificate,
    plants: Sequence[str],
    residual: Callable[[Resource], int],
    budgets: Mapping[StageName, int],
) -> int:
    """The least value of the stage that the certificate proves, in whole units; 0 if it says less
    or leaves out one of the plants that it prices."""
    if is_free(certificate):
        return sum(floors_of(certificate).values())
    least = {one.plant: one.least for one in certificate.least}
    if any(plant not in least for plant in plants):
        return 0
    total = sum(least.values())
    total -= sum(p.price * residual((p.what, p.id, p.slot)) for p in certificate.prices)
    total -= sum(m.factor * budgets[m.stage] for m in certificate.multipliers)
    return max(0, -(-total // certificate.scale))


def caps_of_plant(
    certificate: Certificate, plant: str, earlier: Mapping[StageName, StageResult]
) -> dict[StageName, int]:
    """The most that a plant may cost of earlier stages: what the others' floors leave of each.

    Raises LookupError if an earlier stage has no certificate at zero prices.
    """
    caps: dict[StageName, int] = {}
    for stage in certificate.capped_by:
        found = next((c for c in earlier[stage].certificates if is_free(c)), None)
        if found is None:
            raise LookupError(f"stage {stage} has no certificate at zero prices to cap plants by")
        others = sum(least for name, least in floors_of(found).items() if name != plant)
        caps[stage] = earlier[stage].handed_on - others
    return caps
