"""What plants want, and what overload weighs, while output or exposure is negotiated."""

from __future__ import annotations

from collections.abc import Mapping

from solver.instance import StageName
from solver.negotiate import Caps, Negotiation
from solver.prices import SCALE, Prices, trip_exposure
from solver.run import Run, sub_limits, swift
from solver.search import Guide
from solver.standing import Standing

OVERLOAD_TRIPS = 40
"""Usual trips whose exposure a grain of overload weighs while output is negotiated: far more than
any way round costs."""

OVERLOADS_A_TRIP = 60
"""Grains of overload that a trip of lost output weighs at first."""

PRICES_WEIGH = 3
"""How many times the roads' prices count while output is negotiated: whoever can leaves scarce
roads before they are overloaded."""

GRAINS_A_TRIP = 5
"""Grains of overload that a usual trip's exposure weighs at first while exposure is negotiated."""


def output_talks(run: Run, wishes: Standing, earlier: Caps, prices: Prices) -> Negotiation:
    """From every plant's own least loss, which it keeps; `earlier` is what it may cost of earlier
    stages."""
    trip = trip_exposure(run.derived) * SCALE
    weights: dict[StageName, int] = {
        "output_shortfall": max(1, OVERLOADS_A_TRIP * OVERLOAD_TRIPS * trip // 1_000_000),
        "exposure": SCALE,
    }
    kept = {
        plant: {**most, "output_shortfall": wishes.worth("output_shortfall", [plant])}
        for plant, most in earlier.items()
    }
    guide = Guide(weights, {r: PRICES_WEIGH * price for r, price in prices.resources.items()})
    return _talks(run, wishes, "output_shortfall", guide, kept, OVERLOAD_TRIPS * trip)


def exposure_talks(
    run: Run, standing: Standing, wished: Mapping[str, list[int]], prices: Prices
) -> Negotiation:
    """From what plants wish for; what each spends of earlier stages is kept: who wishes for more
    begins as it stands."""
    blocks = standing.blocks
    wishes = Standing(list(blocks.values()), standing.left, run.most_at_once)
    caps = standing.costs(run.budgets)
    for plant, block in blocks.items():
        values = wished[plant]
        over = any(block.stages[s].value(values) > most for s, most in caps[plant].items())
        wishes.put(plant, list(standing.values[plant] if over else values))
    step = trip_exposure(run.derived) * SCALE // GRAINS_A_TRIP
    guide = Guide({"exposure": SCALE}, prices.resources)
    return _talks(run, wishes, "exposure", guide, caps, step)


def _talks(
    run: Run, wishes: Standing, stage: StageName, guide: Guide, caps: Caps, step: int
) -> Negotiation:
    seed = f"{run.params.seed} {stage}"
    return Negotiation(wishes, stage, guide, caps, step, swift(sub_limits(run)), seed)
