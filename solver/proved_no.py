"""Whether a bound shows that no plan as good as a given one has a window.

A plan is as good if no stage costs more than the given plan hands on of it. Three ways, the cheap
ones first: what the plant alone must cost on roads without the others, beside the least that they
are proved to cost; a certificate of the plan, with the plant's part proved anew; where plants are
few, all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from solver.asked_window import hold_open
from solver.certificate import bound_of, floors_of, is_free
from solver.compact import build_block, residual_mpcu
from solver.derive import Derived
from solver.engine import Limits
from solver.instance import StageName
from solver.linear import Rows
from solver.plan import Certificate, Least, Plan
from solver.prices import Prices, priced_task
from solver.tasks import Task, run_task
from solver.trial import Most, Trial
from solver.window_answer import WindowProof

Bounds = Sequence[tuple[StageName, Certificate]]
"""The certificates of a plan, each with its stage."""

GLANCE = 0.05
"""Part of the work after which it is seen whether prices could prove a no at all."""

WHOLE_PLANTS = 3
"""Up to this many plants all of them are tried together."""


@dataclass(frozen=True)
class Proof:
    """What was proved, and the trial with the most that stages may cost in which the reasons for
    it are found."""

    found: WindowProof
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


def proved_no(plan: Plan, free: Trial, work: float) -> Proof | None:
    """A proof that no plan as good has the window of `free`, a trial of the plant on roads without
    the others; None where nothing proves it."""
    most = handed_on(plan, free)
    bounds = [(stage.name, one) for stage in plan.stages for one in stage.certificates]
    found = _by_laws(free, most, bounds, work) or _by_prices(free, most, bounds, work)
    return found or _whole(free, most, work)


def _by_laws(free: Trial, most: Most, bounds: Bounds, work: float) -> Proof | None:
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
    found_so = _proof(stage, most[stage] + 1, most, "laws", within)
    return Proof(found_so, (free, within))


def _floors(bounds: Bounds, stage: StageName) -> dict[str, int]:
    unpriced = (one for name, one in bounds if name == stage and is_free(one))
    found = next(unpriced, None)
    return {} if found is None else floors_of(found)


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


def _by_prices(free: Trial, most: Most, bounds: Bounds, work: float) -> Proof | None:
    """Every plant alone against prices, the one that asks with its window held open: what it costs
    at least is found by one solve, and that no point costs less by a second way."""
    derived = Derived(free.instance)
    for stage, one in bounds:
        if is_free(one):
            continue
        task = with_window_task(derived, free, stage, one, work)
        reached = run_task(replace(task, limits=task.limits.times(GLANCE))).value
        if reached is not None and bound_with(derived, free, one, reached, most) <= most[stage]:
            continue  # not even if no point cost less
        least = run_task(task).bound
        if least is None:
            continue
        value = bound_with(derived, free, one, least, most)
        if value > most[stage] and _none_below(free, task, least, work):
            beside = Trial(free.instance, free.city, free.asked)
            return Proof(_proof(stage, value, most, "prices"), (beside, beside.now))
    return None


def _none_below(free: Trial, task: Task, least: int, work: float) -> bool:
    """Whether a second way finds no point of a task worth less than what was proved."""
    below = Rows()
    below.absorb(task.rows)
    try:
        high = least - 1 - task.objective.constant
        below.row(task.objective.terms, None, high, "stage", "worth less")
    except ValueError:
        return True
    return free.is_surely_no(below, work)


def with_window_task(
    derived: Derived, free: Trial, stage: StageName, one: Certificate, work: float
) -> Task:
    """The plant alone against a certificate's prices, its window held open."""
    prices = Prices(
        {(p.what, p.id, p.slot): p.price for p in one.prices},
        {m.stage: m.factor for m in one.multipliers},
    )
    block = build_block(derived, derived.plants[free.asked.plant])
    hold_open(block, free.asked)
    return priced_task(block, stage, prices, {}, Limits(counted_work=work))


def bound_with(derived: Derived, free: Trial, one: Certificate, least: int, most: Most) -> int:
    """What a certificate proves once the plant that asks costs at least so much."""
    others = (row for row in one.least if row.plant != free.asked.plant)
    asking = Least(plant=free.asked.plant, least=least)
    changed = one.model_copy(update={"least": (*others, asking)})
    return bound_of(changed, list(derived.plants), partial(residual_mpcu, derived), most)


def _whole(free: Trial, most: Most, work: float) -> Proof | None:
    others = sorted(p.id for p in free.instance.plants if p.id != free.asked.plant)
    if len(others) >= WHOLE_PLANTS:
        return None
    everyone = Trial(free.instance, free.city, free.asked, others)
    found = _first_denied(everyone, most, work)
    free.clocked = free.clocked or everyone.clocked
    if found is None:
        return None
    beside = Trial(free.instance, free.city, free.asked)
    stage, within = found
    found_so = _proof(stage, most[stage] + 1, most, "whole", within)
    return Proof(found_so, (beside, beside.now))


def _proof(
    stage: StageName,
    bound: int,
    most: Most,
    by: Literal["laws", "whole", "prices"],
    within: Most | None = None,
) -> WindowProof:
    return WindowProof(
        stage=stage,
        bound=bound,
        handed_on=most[stage],
        by=by,
        allowed=tuple((within or {}).items()),
    )
