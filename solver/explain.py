"""Why a plant has a shortfall: the laws and objects whose relaxation, solved again, lowers it.

The plant is solved by itself in what all other plants of the plan leave it: once under all its
laws, so that what the plan's search missed is not taken for a cause, and once per relaxation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from solver.alone import Everyone, Taken, alone, decisions_about
from solver.binding import Slots, binding_slots
from solver.check import stage_values
from solver.inquiry import Account, Finding, Inquiry
from solver.instance import Instance, StageName, Value
from solver.loosen import BindingLaw, Relaxation
from solver.plan import Decisions, Plan
from solver.stages import SHORTFALL_UNITS


class Binding(Value):
    """A law at an object (id of a link, zone, gate, vehicle class, bar, window limit, trip cut or
    stock), the field of it that was loosened where there are several, and the runs
    `[first_slot, end_slot)` in which it binds in the plan, where it has slots. Law `search` has no
    object: the plan's search left that much."""

    law: BindingLaw | Literal["search"]
    where: str = ""
    part: str = ""
    slots: Slots = ()


class Cause(Value):
    """Relaxing all of `objects` lowers the plant's own value of a stage from `shortfall_before` to
    `shortfall_after`; of several none can be spared. `proved`: the bound shows that no plan
    of the plant reaches it under all laws; else equal and more work found none.

    What is in hand at slot 0 (`stock_balance`, part `now_kg`) is asked only for what stays when
    every law is relaxed, and `shortfall_before` is that rest.
    """

    stage: StageName
    objects: tuple[Binding, ...]
    shortfall_before: int
    shortfall_after: int
    proved: bool

    @property
    def relief(self) -> int:
        return self.shortfall_before - self.shortfall_after

    @property
    def together(self) -> bool:
        """Whether several laws bind at once, so that none alone is the cause."""
        return len(self.objects) > 1


@dataclass(frozen=True)
class Question:
    """A plant by itself that falls short in a plan: its instance, its part of the decisions and
    the stages' values, and what all other plants take of the roads."""

    own: Instance
    decisions: Decisions
    planned: dict[StageName, int]
    taken: Taken

    @property
    def plant(self) -> str:
        (plant,) = self.own.plants
        return plant.id


def questions(instance: Instance, plan: Plan, plants: Iterable[str]) -> Iterator[Question]:
    """One for each of the plants that falls short in the plan.

    Raises ValueError for a plan without decisions or a plant that the instance does not have.
    """
    if plan.decisions is None:
        raise ValueError(f"the plan of instance {instance.name} is {plan.status}: no decisions")
    known = {plant.id for plant in instance.plants}
    everyone = Everyone(instance, plan.decisions)
    for plant in plants:
        if plant not in known:
            raise ValueError(f"instance {instance.name} has no plant {plant}")
        own = alone(instance, plant)
        decisions = decisions_about(plan.decisions, own.plants)
        planned = {stage.name: stage.value for stage in stage_values(own, decisions)}
        if any(planned[stage] for stage in SHORTFALL_UNITS):
            yield Question(own, decisions, planned, everyone.but(own, decisions))


def causes(
    instance: Instance,
    plan: Plan,
    plant_id: str,
    work: float = 0.3,
    work_in_all: float | None = None,
) -> tuple[Cause, ...]:
    """The causes of a plant's safety and output shortfall in a plan; none without a shortfall, or
    where no law makes it. `answer` says what `work` and `work_in_all` are.

    Raises ValueError for a plan without decisions or a plant that the instance does not have.
    """
    asked = questions(instance, plan, [plant_id])
    return tuple(cause for one in asked for cause in answer(one, work, work_in_all))


def answer(question: Question, work: float, work_in_all: float | None = None) -> tuple[Cause, ...]:
    """The causes, stage by stage: what the search left, then the greatest relief first.

    `work` is the counted work of each solve, `work_in_all` of all of them: once it is used up, laws
    that were not asked yet are not told.
    """
    account = Account(work, work_in_all)
    found: list[Cause] = []
    safety: int | None = None
    decisions = question.decisions
    for stage, unit in SHORTFALL_UNITS.items():
        planned = question.planned[stage]
        inquiry = Inquiry(question.own, question.taken, stage, safety, account)
        findings = inquiry.findings(planned, decisions)
        standing = inquiry.standing
        if planned - standing.value >= unit:
            found.append(_search_cause(stage, planned, standing.value))
        found += [_cause(question, stage, finding, standing.decisions) for finding in findings]
        safety, decisions = standing.value, standing.decisions
    return tuple(found)


def _search_cause(stage: StageName, planned: int, after: int) -> Cause:
    return Cause(
        stage=stage,
        objects=(Binding(law="search"),),
        shortfall_before=planned,
        shortfall_after=after,
        proved=True,
    )


def _cause(question: Question, stage: StageName, found: Finding, decisions: Decisions) -> Cause:
    return Cause(
        stage=stage,
        objects=tuple(_binding(question, r, decisions) for r in found.relaxed),
        shortfall_before=found.before,
        shortfall_after=found.after,
        proved=found.proved,
    )


def _binding(question: Question, relaxation: Relaxation, decisions: Decisions) -> Binding:
    return Binding(
        law=relaxation.law,
        where=relaxation.where,
        part=relaxation.part,
        slots=binding_slots(question.own, question.taken, decisions, relaxation),
    )
