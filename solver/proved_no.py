"""Whether a bound shows that no plan as good as a given one has a window.

A plan is as good if no stage costs more than the given plan hands on of it. Three ways, the cheap
ones first: what the plant alone must cost on roads without the others, beside the least that they
are proved to cost; the price of roads, plant by plant; where plants are few, all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Literal

from solver.asked_window import hold_open
from solver.compact import build_block, residual_mpcu
from solver.derive import Derived
from solver.engine import Limits
from solver.instance import Instance, StageName
from solver.plan import Plan
from solver.prices import (
    Alone,
    Prices,
    output_weight,
    priced_task,
    prove,
    road_prices,
    road_relaxation,
)
from solver.tasks import run_task
from solver.trial import Most, Trial
from solver.window_answer import Certificate

WHOLE_PLANTS = 3
"""Up to this many plants all of them are tried together."""


@dataclass(frozen=True)
class Proof:
    """The certificate, and the trial with the most that stages may cost in which the reasons for
    it are found."""

    certificate: Certificate
    bars: tuple[Trial, Most]


def handed_on(plan: Plan, trial: Trial) -> Most:
    """The most that a plan as good may cost, stage by stage: what the plan hands on or, if it
    claims no stage, what the tolerances allow of its values."""
    if plan.stages:
        return {stage.name: max(stage.handed_on, stage.value) for stage in plan.stages}
    permyriad = trial.instance.tolerance_permyriad
    return {
        stage: value * (10_000 + permyriad(stage)) // 10_000
        for stage, value in trial.city_values().items()
    }


def proved_no(plan: Plan, free: Trial, bounds: Sequence[Alone], work: float) -> Proof | None:
    """A proof that no plan as good has the window of `free`, a trial of the plant on roads without
    the others; None where nothing proves it."""
    most = handed_on(plan, free)
    found = _by_laws(free, most, bounds, work) or _by_prices(free, most, bounds, work)
    return found or _whole(free, most, work)


def _by_laws(free: Trial, most: Most, bounds: Sequence[Alone], work: float) -> Proof | None:
    """The plant alone, allowed all that others are not proved to need."""
    spare: dict[StageName, int] = {}
    for stage, limit in most.items():
        # Windows of one plant are priced by its own gates, not by the city's.
        if stage != "windows":
            floors = _floors(bounds, stage)
            needed = sum(least for plant, least in floors.items() if plant != free.asked.plant)
            spare[stage] = max(0, limit - needed)
    found = _first_denied(free, spare, work)
    if found is None:
        return None
    stage, within = found
    certificate = _certificate(stage, most[stage] + 1, most, "laws", within)
    return Proof(certificate, (free, within))


def _floors(bounds: Sequence[Alone], stage: StageName) -> dict[str, int]:
    unpriced = [b for b in bounds if b.stage == stage and not _is_priced(b)]
    return unpriced[0].floors if unpriced else {}


def _is_priced(bound: Alone) -> bool:
    return bool(bound.prices.resources or bound.prices.stages)


def _first_denied(trial: Trial, most: Most, work: float) -> tuple[StageName, Most] | None:
    """The first stage that, with those before it, cannot be held."""
    if trial.decide(work, most).decision != "no":
        return None
    for within in _prefixes(most):
        if trial.decide(work, within).decision == "no":
            return next(reversed(within)), within
    return None


def _prefixes(most: Most) -> Iterator[dict[StageName, int]]:
    within: dict[StageName, int] = {}
    for stage, limit in most.items():
        within = {**within, stage: limit}
        yield within


def _by_prices(free: Trial, most: Most, bounds: Sequence[Alone], work: float) -> Proof | None:
    """Every plant alone against prices, the one that asks with its window held open."""
    derived = Derived(free.instance)
    for bound in bounds:
        if not _is_priced(bound):
            continue
        block = build_block(derived, derived.plants[free.asked.plant])
        hold_open(block, free.asked)
        answer = run_task(
            priced_task(block, bound.stage, bound.prices, {}, Limits(counted_work=work))
        )
        with_window = replace(bound, least={**bound.least, free.asked.plant: answer.bound})
        residuals = {r: residual_mpcu(derived, r) for r in bound.prices.resources}
        value = with_window.bound(residuals, most)
        if value > most[bound.stage]:
            certificate = _certificate(bound.stage, value, most, "prices")
            beside = Trial(free.instance, free.city, free.asked)
            return Proof(certificate, (beside, beside.now))
    return None


def _whole(free: Trial, most: Most, work: float) -> Proof | None:
    others = sorted(p.id for p in free.instance.plants if p.id != free.asked.plant)
    if len(others) >= WHOLE_PLANTS:
        return None
    everyone = Trial(free.instance, free.city, free.asked, others)
    found = _first_denied(everyone, most, work)
    if found is None:
        return None
    beside = Trial(free.instance, free.city, free.asked)
    stage, within = found
    certificate = _certificate(stage, most[stage] + 1, most, "whole", within)
    return Proof(certificate, (beside, beside.now))


def _certificate(
    stage: StageName,
    bound: int,
    most: Most,
    proof: Literal["laws", "whole", "prices"],
    within: Most | None = None,
) -> Certificate:
    return Certificate(
        stage=stage,
        bound=bound,
        handed_on=most[stage],
        proof=proof,
        allowed=tuple((within or {}).items()),
    )


def bounds_of_all(
    instance: Instance, executor: Executor | None = None, work: float = 0.3
) -> tuple[Alone, ...]:
    """What every plant must cost at least, alone on the roads: safety and output at no prices,
    exposure at the roads' prices. Takes some tenths of a second for each plant."""
    derived = Derived(instance)
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    limits = Limits(counted_work=work)
    unpriced: tuple[StageName, ...] = ("safety_shortfall", "output_shortfall")
    floors = [prove(blocks, stage, Prices(), limits, executor) for stage in unpriced]
    prices = Prices(
        road_prices(road_relaxation(derived, blocks)), {"output_shortfall": output_weight(derived)}
    )
    return (*floors, prove(blocks, "exposure", prices, limits, executor))
