"""Why a plant has a shortfall: the laws and objects whose relaxation, solved again, lowers it.

The plant is solved by itself in what all other plants of the plan leave it: once under all its
laws, so that what the plan's search missed is not taken for a cause, and once per relaxation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from solver.alone import Beside, Taken, alone, decisions_about
from solver.binding import Slots, binding_slots
from solver.check import stage_values
from solver.compact import assemble, build_block
from solver.engine import Limits, minimise
from solver.extract import decisions_of
from solver.instance import Instance, StageName, Value
from solver.loosen import BindingLaw, Relaxation, relaxations_of, relaxed, supplies_of
from solver.plan import Decisions, Plan
from solver.stages import unit_values

SHORTFALLS: tuple[StageName, ...] = ("safety_shortfall", "output_shortfall")

REFERENCE_WORK = 4
"""The solve under all laws gets this many times the work of a relaxed one: its bound decides."""


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
    of the plant reaches it under all laws.

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


def causes(instance: Instance, plan: Plan, plant_id: str, work: float = 0.3) -> tuple[Cause, ...]:
    """The causes of a plant's safety and output shortfall in a plan, stage by stage: what the
    search left, then the greatest relief first; none without a shortfall, or where no law makes
    it.

    `work` is the counted work of each solve. Raises ValueError for a plan without decisions or
    a plant that the instance does not have.
    """
    if plan.decisions is None:
        raise ValueError(f"the plan of instance {instance.name} is {plan.status}: no decisions")
    if plant_id not in {plant.id for plant in instance.plants}:
        raise ValueError(f"instance {instance.name} has no plant {plant_id}")
    own = alone(instance, plant_id)
    decisions = decisions_about(plan.decisions, own.plants)
    planned = {stage.name: stage.value for stage in stage_values(own, decisions)}
    if not any(planned[stage] for stage in SHORTFALLS):
        return ()
    taken = Taken(instance, plan.decisions, plant_id)
    found: list[Cause] = []
    safety: int | None = None
    for stage in SHORTFALLS:
        inquiry = _Inquiry(own, taken, stage, safety, work)
        standing = inquiry.reference(planned[stage], decisions)
        decisions = standing.decisions
        found += inquiry.search_cause(planned[stage], standing)
        if standing.value:
            found += inquiry.causes_of(standing)
        safety = standing.value
    return tuple(found)


@dataclass(frozen=True)
class _Standing:
    """The best known of a plant under all laws: value, proved bound, decisions."""

    value: int
    bound: int
    decisions: Decisions


class _Inquiry:
    """One stage of one plant; `safety` is what the stage before allows."""

    def __init__(
        self, own: Instance, taken: Taken, stage: StageName, safety: int | None, work: float
    ) -> None:
        self._own, self._taken, self._stage = own, taken, stage
        self._safety, self._work = safety, work
        self._unit = unit_values(Beside(own, taken))[stage]
        self._values: dict[frozenset[tuple[str, str, str]], int | None] = {}
        self._standing = _Standing(0, 0, Decisions())

    def reference(self, planned: int, decisions: Decisions) -> _Standing:
        """The plant solved again under all laws, or as planned if that finds nothing better."""
        if planned == 0:
            return _Standing(0, 0, decisions)
        solved = self._solve(self._own, REFERENCE_WORK * self._work)
        if solved is None:
            return _Standing(planned, 0, decisions)
        return solved if solved.value < planned else _Standing(planned, solved.bound, decisions)

    def search_cause(self, planned: int, standing: _Standing) -> list[Cause]:
        """What the plan's search left, if it is more than a unit of the stage."""
        if planned - standing.value < self._unit:
            return []
        return [self._cause((Binding(law="search"),), planned, standing.value, proved=True)]

    def causes_of(self, standing: _Standing) -> list[Cause]:
        self._standing = standing
        every = relaxations_of(self._own, *self._own.plants)
        found = self._open(every)
        found += self._in_hand(every)
        return sorted(found, key=_rank)

    def _open(self, group: Sequence[Relaxation]) -> list[Cause]:
        """The causes in a group that helps as a whole: those of its parts, or else the least set
        that helps together."""
        after = self._value(group)
        if not self._helps(after):
            return []
        if len(group) == 1:
            return [self._named(group, after)]
        found = [cause for part in _parts(group) for cause in self._open(part)]
        if found:
            return found
        least = self._irreducible((), False, tuple(group))
        return [self._named(least, self._value(least))]

    def _irreducible(
        self, base: tuple[Relaxation, ...], grown: bool, group: tuple[Relaxation, ...]
    ) -> tuple[Relaxation, ...]:
        """A least part of `group` that helps together with `base` (QuickXplain, Junker 2004)."""
        if grown and self._helps(self._value(base)):
            return ()
        if len(group) == 1:
            return group
        left, right = group[: len(group) // 2], group[len(group) // 2 :]
        of_right = self._irreducible(base + left, bool(left), right)
        of_left = self._irreducible(base + of_right, bool(of_right), left)
        return of_left + of_right

    def _in_hand(self, every: tuple[Relaxation, ...]) -> list[Cause]:
        """What stays with all laws relaxed, and whether more in hand at slot 0 lowers it."""
        rest = self._value(every)
        if not rest:
            return []
        found = []
        for supply in supplies_of(*self._own.plants):
            after = self._value((*every, supply))
            if after is not None and rest - after >= self._unit:
                found.append(self._cause(self._bindings((supply,)), rest, after, proved=False))
        return found

    def _helps(self, after: int | None) -> bool:
        """Whether a value is below the bound proved under all laws: less could be search's luck."""
        return after is not None and after < self._standing.bound

    def _named(self, group: Sequence[Relaxation], after: int | None) -> Cause:
        assert after is not None, "only what helps is named"
        proved = after < self._standing.bound
        return self._cause(self._bindings(group), self._standing.value, after, proved=proved)

    def _bindings(self, group: Sequence[Relaxation]) -> tuple[Binding, ...]:
        return tuple(
            Binding(
                law=r.law,
                where=r.where,
                part=r.part,
                slots=binding_slots(self._own, self._taken, self._standing.decisions, r),
            )
            for r in sorted(group, key=lambda r: r.key)
        )

    def _cause(
        self, objects: tuple[Binding, ...], before: int, after: int, *, proved: bool
    ) -> Cause:
        return Cause(
            stage=self._stage,
            objects=objects,
            shortfall_before=before,
            shortfall_after=after,
            proved=proved,
        )

    def _value(self, group: Sequence[Relaxation]) -> int | None:
        """The stage's value with a group relaxed; None where the work allowed found no plan."""
        key = frozenset(r.key for r in group)
        if key not in self._values:
            solved = self._solve(relaxed(self._own, group), self._work)
            self._values[key] = None if solved is None else solved.value
        return self._values[key]

    def _solve(self, instance: Instance, work: float) -> _Standing | None:
        derived = Beside(instance, self._taken)
        (plant,) = derived.plants.values()
        block = build_block(derived, plant)
        model = assemble(derived, [block])
        if self._safety is not None:
            row = model.stages["safety_shortfall"]
            model.rows.row(
                row.terms, None, self._safety - row.constant, "stage", "safety_shortfall"
            )
        answer = minimise(model.rows, model.stages[self._stage], Limits(counted_work=work))
        if not answer.values:
            return None
        block.settle(answer.values)
        value = model.stages[self._stage].value(answer.values)
        decisions = decisions_of([(block, answer.values)])
        return _Standing(value, max(0, answer.bound or 0), decisions)


def _rank(cause: Cause) -> tuple[int, list[tuple[int, str, str]]]:
    """The greatest relief first, then by law, object and part."""
    laws = get_args(BindingLaw)
    return -cause.relief, [(laws.index(b.law), b.where, b.part) for b in cause.objects]


def _parts(group: Sequence[Relaxation]) -> list[Sequence[Relaxation]]:
    """A group by laws; of one law in halves by objects; of one object by its single parts."""
    laws = sorted({r.law for r in group})
    if len(laws) > 1:
        return [[r for r in group if r.law == law] for law in laws]
    places = sorted({r.where for r in group})
    if len(places) == 1:
        return [[r] for r in group]
    left = set(places[: len(places) // 2])
    return [[r for r in group if r.where in left], [r for r in group if r.where not in left]]
