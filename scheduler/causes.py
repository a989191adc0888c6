"""Why plants fall short in a plan: the laws whose relaxation, solved again, lowers it."""

from collections.abc import Iterator
from concurrent.futures import Executor
from fractions import Fraction
from functools import partial

from scheduler.clauses import clause_of
from scheduler.domain.schedule import ScheduledCause
from solver.explain import Binding, Cause, Question, answer, questions
from solver.instance import Instance
from solver.plan import Plan
from solver.stages import UNITS

CAUSE_WORK = 0.04
"""Counted work of each solve with laws relaxed."""

PLANT_WORK = 0.5
"""Counted work of all solves for one plant; fewer where many fall short."""

WORK_IN_ALL = 7.0
"""Counted work for all plants together, shared evenly."""


def causes_of(
    instance: Instance, plan: Plan, executor: Executor | None
) -> dict[str, tuple[ScheduledCause, ...]]:
    """Causes by plant, for every plant that falls short; none for a plan without decisions."""
    if plan.decisions is None:
        return {}
    asked = sorted(questions(instance, plan, [p.id for p in instance.plants]), key=_worst_first)
    share = min(PLANT_WORK, WORK_IN_ALL / max(1, len(asked)))
    ask = partial(answer, work=CAUSE_WORK, work_in_all=share)
    found = map(ask, asked) if executor is None else executor.map(ask, asked)
    return {
        question.plant: tuple(_scheduled(instance, told))
        for question, told in zip(asked, found, strict=True)
    }


def _worst_first(question: Question) -> tuple[int, Fraction, str]:
    """Safety before output, which counts by the plant's normal trips: a large plant loses more
    trips than a small one that loses everything."""
    (plant,) = question.own.plants
    normal = max(1, sum(stream.baseline_trips_day for stream in plant.streams))
    lost = Fraction(question.planned["output_shortfall"], normal)
    return -question.planned["safety_shortfall"], -lost, plant.id


def _scheduled(instance: Instance, causes: tuple[Cause, ...]) -> Iterator[ScheduledCause]:
    for number, cause in enumerate(causes, 1):
        for binding in cause.objects:
            yield _row(instance, number, cause, binding)


def _row(instance: Instance, number: int, cause: Cause, binding: Binding) -> ScheduledCause:
    """A law of a cause, with the first run of slots in which it binds."""
    first, end = binding.slots[0] if binding.slots else (0, instance.grid.n_slots)
    return ScheduledCause(
        number=number,
        law=binding.law,
        where=binding.where,
        clause=clause_of(instance, binding.where),
        from_instant=instance.grid.at(first),
        to_instant=instance.grid.at(end),
        relief=cause.relief,
        unit=UNITS[cause.stage],
        proved=cause.proved,
    )
