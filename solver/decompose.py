"""Large instances: bounds plant by plant, plants and groups of plants solved again.

Roads couple the plants. What each link and zone is worth at each hour comes from the relaxation,
once. By these prices every plant alone says what it would do on free roads and what it must cost at
least; what a plant costs beyond that is its regret. Plants are asked again, those with the greatest
regret first, in what the others leave; what is still wrong is mended in groups.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from solver import stages
from solver.baseline import first_fit
from solver.block import Block, Resource
from solver.certificate import certificate_of
from solver.compact import binding_resources
from solver.engine import Answer
from solver.instance import StageName
from solver.plan import Certificate
from solver.prices import (
    SCALE,
    Alone,
    Prices,
    Relaxed,
    caps_of,
    output_weight,
    prove,
    road_prices,
    road_relaxation,
)
from solver.run import Run, stage_ends, sub_limits
from solver.search import Guide, adopt, groups, improve, sweep
from solver.standing import Standing, start_task
from solver.tasks import run_all

MOST_SWEEPS = 6
"""Sweeps by one guide, at most: the later ones change little."""

OUTPUT_FIRST = 10
"""How many times its weight in the bound of exposure output counts while it is sought."""

REGRET_SWEPT_PERCENT = 98
"""Part of all regret that a sweep goes after: the rest is spread over many plants."""


def decompose(run: Run, blocks: list[Block]) -> list[tuple[Block, list[int]]]:
    """Start from first fit; then, stage by stage, a bound, guided sweeps, and groups."""
    priced = _submit(run, road_relaxation(run.derived, blocks))
    standing = Standing(blocks, binding_resources(blocks))
    start = first_fit(run.derived.instance)
    answers = run_all([start_task(block, start, sub_limits(run)) for block in blocks], run.executor)
    run.note(answers)
    for block, answer in zip(blocks, answers, strict=True):
        standing.put(block.plant.id, answer.values)
    search = _Search(run, blocks, standing, priced)
    for stage, end in stage_ends().items():
        if stage in stages.stage_names(run.derived):
            search.stage_through(stage, end)
    run.restate({result.name: standing.worth(result.name) for result in run.results})
    return [(block, standing.values[block.plant.id]) for block in blocks]


def _submit(run: Run, relaxed: Relaxed) -> Callable[[], Prices]:
    """The roads' prices, sought beside what goes on here where there is an executor."""
    weight = output_weight(run.derived)
    found: Future[dict[Resource, int]] | None = None
    if run.executor is not None:
        found = run.executor.submit(road_prices, relaxed)
    return lambda: Prices(
        road_prices(relaxed) if found is None else found.result(), {"output_shortfall": weight}
    )


class _Search:
    """What one solve by decomposition knows, and the stage that it is at."""

    def __init__(
        self, run: Run, blocks: list[Block], standing: Standing, priced: Callable[[], Prices]
    ) -> None:
        self.run, self.blocks, self.standing, self._priced = run, blocks, standing, priced
        self._ideal: Alone | None = None
        self.stage: StageName = "safety_shortfall"
        self.end = self.bound = 0.0

    def stage_through(self, stage: StageName, end: float) -> None:
        """Bound the stage, seek it until its share is used or its bound reached, and close it."""
        began = self.run.seconds()
        self.stage, self.end, self.bound = stage, end, 0
        certificates: tuple[Certificate, ...] = ()
        if self.value() > 0:
            if stage == "exposure":
                self.bound = self.ideal().bound(self.standing.left, self.run.budgets)
                certificates = (certificate_of(self.ideal()),)
            else:
                certificates = (self._prove_floors(),)
            self._tell()
        if stage in ("output_shortfall", "exposure"):
            self._sweeps()
        if not self._is_over():
            self._groups()
        spent = self.run.seconds() - began
        self.run.close(stage, self.value(), int(self.bound), "prices", spent, certificates)

    def value(self) -> int:
        return self.standing.worth(self.stage)

    def ideal(self) -> Alone:
        """Every plant alone by the roads' prices, proved once; what fits of it is adopted."""
        if self._ideal is None:
            self._ideal = prove(
                self.blocks,
                "exposure",
                self._priced(),
                sub_limits(self.run),
                self.run.executor,
                known=self.standing.values,
            )
            self._adopt(self._ideal, self._guide())
        return self._ideal

    def _prove_floors(self) -> Certificate:
        """The bound at zero prices; the plants' own answers are adopted where they fit."""
        run = self.run
        earlier = dict(run.floors)
        caps = {b.plant.id: caps_of(b.plant.id, run.budgets, earlier) for b in self.blocks}
        alone = prove(
            self.blocks,
            self.stage,
            Prices(),
            sub_limits(run),
            run.executor,
            caps,
            self.standing.values,
        )
        run.floors[self.stage] = alone.floors
        self.bound = alone.bound(self.standing.left, run.budgets)
        self._adopt(alone, Guide({self.stage: 1}, {}))
        return certificate_of(alone, [name for name in run.budgets if name in earlier])

    def _adopt(self, alone: Alone, guide: Guide) -> None:
        """Take what fits of the plants' own answers."""
        self.run.note(list(alone.answers.values()))
        for plant, answer in alone.answers.items():
            values = answer.values
            if values:
                adopt(self.standing, plant, values, guide, self.run.budgets)

    def _guide(self) -> Guide:
        """Output far before exposure while it is the stage that is sought: roads are left to
        others by whoever drives less, prices add nothing. After that, exposure by the prices."""
        if self.stage == "output_shortfall":
            weight = OUTPUT_FIRST * output_weight(self.run.derived)
            return Guide({"output_shortfall": weight, "exposure": SCALE}, {})
        prices = self._priced()
        return Guide({**prices.stages, "exposure": SCALE}, prices.resources)

    def _sweeps(self) -> None:
        """Plants by the prices, again and again, until little changes: first all of them, then
        those that cost more than they must."""
        guide = self._guide()
        for number in range(MOST_SWEEPS):
            if self._is_over():
                break
            before, order = self.value(), self._regretting(guide)
            if number == 0:
                order += sorted(self.standing.blocks.keys() - set(order))
            if not self._sweep(guide, order):
                break
            if number and before - self.value() < before // 100:
                break

    def _sweep(self, guide: Guide, order: list[str]) -> bool:
        return sweep(
            self.standing,
            guide,
            order,
            self.run.budgets,
            sub_limits(self.run),
            self.run.executor,
            self._stop,
        )

    def _regretting(self, guide: Guide) -> list[str]:
        """The fewest plants that make up nearly all of what is paid beyond the least proved of
        each, the greatest first."""
        regret = {plant: self._regret(guide, plant) for plant in self.standing.blocks}
        wanted, seen = sum(regret.values()) * REGRET_SWEPT_PERCENT // 100, 0
        chosen: list[str] = []
        for plant in sorted(regret, key=lambda plant: (-regret[plant], plant)):
            if seen >= wanted:
                break
            chosen.append(plant)
            seen += regret[plant]
        return chosen

    def _regret(self, guide: Guide, plant: str) -> int:
        if self.stage == "exposure":
            cost = guide.objective(self.standing.blocks[plant]).value(self.standing.values[plant])
            return cost - (self.ideal().least[plant] or 0)
        floors = self.run.floors.get(self.stage, {})
        return self.standing.worth(self.stage, [plant]) - floors.get(plant, 0)

    def _groups(self) -> None:
        """Plants above their floors alone, then groups around them, until the share is used."""
        run, floors = self.run, self.run.floors.get(self.stage, {})
        chance = random.Random(f"{run.params.seed} {self.stage}")
        improve(
            self.standing,
            self.stage,
            dict(run.budgets),
            floors,
            sub_limits(run),
            groups(self.standing, self.stage, floors, chance),
            run.executor,
            self._stop,
        )

    def _is_over(self) -> bool:
        return self.value() <= self.bound or self.run.is_over(self.end)

    def _tell(self) -> None:
        self.run.tell(self.stage, self.value(), int(self.bound))

    def _stop(self, answers: Sequence[Answer]) -> bool:
        self.run.note(list(answers))
        self._tell()
        return self._is_over()
