"""One plant of a plan in what the others leave it, or on roads without them, and what its stages
cost when things change."""

from __future__ import annotations

from collections import Counter

from solver.alone import Taken, alone, decisions_about, taken_by_others
from solver.check import stage_values
from solver.compact import Compact, build_block
from solver.engine import Limits, minimise
from solver.instance import Instance, Plant, StageName
from solver.linear import Expression, Rows
from solver.plan import Plan
from solver.stages import unit_values
from solver.trial import Cells, Most, Opened, joined

NOWHERE: Cells = frozenset()


class Bench:
    """One plant in what the others leave it; asks whether it reaches a value when changed. With
    `roads_free` the others' trips are off the roads, and a stage is asked whatever earlier ones
    cost: what cannot be then, no plan of all plants has."""

    def __init__(
        self,
        instance: Instance,
        plan: Plan,
        plant_id: str,
        work: float,
        *,
        roads_free: bool = False,
    ) -> None:
        assert plan.decisions is not None
        self.own = alone(instance, plant_id)
        self._roads_free = roads_free
        if roads_free:
            self.taken = Taken(Counter(), Counter())
        else:
            self.taken = taken_by_others(instance, plan.decisions, plant_id)
        self._work = work
        self.decisions = decisions_about(plan.decisions, self.own.plants)
        planned = stage_values(self.own, self.decisions)
        self.planned: Most = {stage.name: stage.value for stage in planned}

    @property
    def plant(self) -> Plant:
        (plant,) = self.own.plants
        return plant

    def reaches(
        self, stage: StageName, most: int, changed: Instance, opened: Cells = NOWHERE
    ) -> bool | None:
        """Whether the stage can be at most so much, earlier ones as planned; None if undecided."""
        rows = self.rows(stage, most, changed, opened)
        if rows is None:
            return False
        answer = minimise(rows, Expression(), Limits(counted_work=self._work))
        return {"unknown": None, "infeasible": False}.get(answer.verdict, True)

    def rows(
        self, stage: StageName, most: int, changed: Instance, opened: Cells = NOWHERE
    ) -> Rows | None:
        """The plant's rows with that stage at most so much; None where they cannot hold."""
        model = self._model(changed, opened, {**self._earlier(stage), stage: most})
        return None if model is None else model.rows

    def floor(self, stage: StageName) -> int:
        """What the stage is proved to cost at least."""
        model = self._model(self.own, NOWHERE, self._earlier(stage))
        if model is None:
            return 0
        limits = Limits(counted_work=self._work)
        return minimise(model.rows, model.stages[stage], limits).bound or 0

    def unit(self, stage: StageName) -> int:
        return unit_values(Opened(self.own, self.taken, NOWHERE))[stage]

    def least(self, stage: StageName, changed: Instance) -> int | None:
        """The least value found of a stage, earlier ones as planned."""
        model = self._model(changed, NOWHERE, self._earlier(stage))
        if model is None:
            return None
        answer = minimise(model.rows, model.stages[stage], Limits(counted_work=self._work))
        return answer.value

    def _earlier(self, stage: StageName) -> Most:
        is_output = stage == "output_shortfall" and not self._roads_free
        return {"safety_shortfall": self.planned["safety_shortfall"]} if is_output else {}

    def _model(self, changed: Instance, opened: Cells, most: Most) -> Compact | None:
        derived = Opened(changed, self.taken, opened)
        try:
            blocks = [build_block(derived, *derived.plants.values())]
        except ValueError:
            return None
        return joined(derived, blocks, most)
