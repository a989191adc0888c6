"""Why plants fall short in a plan: the laws whose relaxation, solved again, lowers it."""

from concurrent.futures import Executor
from fractions import Fraction
from functools import partial

from scheduler.domain.schedule import ScheduledCause
from solver.alone import alone, decisions_about
from solver.check import stage_values
from solver.explain import Binding, Cause, causes
from solver.instance import Bar, Instance, OutputCut, TripCut, WindowLimit
from solver.plan import Plan
from solver.stages import UNITS

MOST_PLANTS = 4
"""Plants asked about, the greatest share lost first: every cause takes several solves."""

CAUSE_WORK = 0.15
"""Counted work of each of those solves."""


def causes_of(
    instance: Instance, plan: Plan, executor: Executor | None
) -> dict[str, tuple[ScheduledCause, ...]]:
    """Causes by plant, for the plants that lose most of what they do; none for a plan without
    decisions."""
    if plan.decisions is None:
        return {}
    worst = _worst(instance, plan)
    ask = partial(causes, instance, plan, work=CAUSE_WORK)
    found = map(ask, worst) if executor is None else executor.map(ask, worst)
    return {
        plant: tuple(
            scheduled
            for cause in told
            for binding in cause.objects
            if (scheduled := _scheduled(instance, cause, binding)) is not None
        )
        for plant, told in zip(worst, found, strict=True)
    }


def _worst(instance: Instance, plan: Plan) -> list[str]:
    """The plants that fall short, safety before output, which counts by the plant's normal trips:
    a large plant loses more trips than a small one that loses everything."""
    assert plan.decisions is not None
    short: list[tuple[int, Fraction, str]] = []
    for plant in instance.plants:
        own = alone(instance, plant.id)
        decisions = decisions_about(plan.decisions, own.plants)
        worth = {stage.name: stage.value for stage in stage_values(own, decisions)}
        if worth["safety_shortfall"] or worth["output_shortfall"]:
            normal = max(1, sum(stream.baseline_trips_day for stream in plant.streams))
            lost = Fraction(worth["output_shortfall"], normal)
            short.append((-worth["safety_shortfall"], -lost, plant.id))
    return [plant for _, _, plant in sorted(short)[:MOST_PLANTS]]


def _scheduled(instance: Instance, cause: Cause, binding: Binding) -> ScheduledCause | None:
    """One of the laws that bind, with the first run of slots in which it does; what only the
    search left is no cause."""
    if binding.law == "search" or cause.relief <= 0:
        return None
    first, end = binding.slots[0] if binding.slots else (0, instance.grid.n_slots)
    return ScheduledCause(
        law=binding.law,
        where=binding.where,
        clause=clause_of(instance, binding.where),
        from_instant=instance.grid.at(first),
        to_instant=instance.grid.at(end),
        relief=cause.relief,
        unit=UNITS[cause.stage],
    )


def clause_of(instance: Instance, measure: str) -> str:
    """What a measure of the instance says; nothing for what is no measure."""
    every: tuple[Bar | WindowLimit | TripCut | OutputCut, ...] = (
        *instance.bars,
        *instance.window_limits,
        *instance.trip_cuts,
        *instance.output_cuts,
    )
    return next((row.clause for row in every if row.id == measure), "")
