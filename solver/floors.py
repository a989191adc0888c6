"""What every plant costs at least, asked within what a stage can afford."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from solver.block import Block
from solver.engine import Answer, Limits
from solver.instance import StageName
from solver.prices import Alone, Caps, Prices, caps_of, priced_task, prove
from solver.run import SUB_WORK, Run, limits_left, swift
from solver.stretches import STRETCH_WORK, hold_but, stretches
from solver.tasks import Task, run_all

HARD_PLANT = 20
"""How many times the usual work a plant gets at most."""

FIRST_SHARE = 0.3
"""Part of what is left of a stage that the first asking may use."""

OPEN_SHARE = 0.2
"""Part of what is left then that asking once more may use for what is not proved."""

HARD_SHARE = 0.4
"""Part of what the search has left that what is not proved yet may use."""

WALK_SHARE = 0.3
"""Part of what is left of a stage that walks to better answers may use."""


class Askings:
    """Asks plants alone, against prices and within their caps of earlier stages."""

    def __init__(self, run: Run, blocks: Sequence[Block]) -> None:
        self._run, self._blocks = run, blocks

    def free(self, stage: StageName, end: float, known: Mapping[str, Sequence[int]]) -> Alone:
        """Every plant at zero prices; what little work leaves open is asked once more with more, of
        a shortfall before better answers of what is open still are sought: of windows, which are
        hard to prove of any plant, groups better them sooner. `end` is the share of all work left
        at which the stage ends, `known` helps the search."""
        alone, usual = self._first(stage, end, known, Prices())
        alone = self.again(alone, end, usual, OPEN_SHARE)
        return alone if stage == "windows" else self._walked(alone, end, known)

    def priced(
        self, stage: StageName, end: float, known: Mapping[str, Sequence[int]], prices: Prices
    ) -> Alone:
        """Every plant at prices, once: a bound from asking again is 0.4 percent better in a city,
        for a seventh of the stage."""
        return self._first(stage, end, known, prices)[0]

    def _first(
        self, stage: StageName, end: float, known: Mapping[str, Sequence[int]], prices: Prices
    ) -> tuple[Alone, float]:
        """Every plant once, with how many times the usual work each had."""
        usual = min(1.0, self.afforded(end, FIRST_SHARE, len(self._blocks)))
        return self._asked(self._blocks, stage, known, usual, prices), usual

    def again(
        self, alone: Alone, end: float, before: float = 1.0, share: float = HARD_SHARE
    ) -> Alone:
        """What is not proved, if there can be more work for it than `before` times the usual, with
        a share of what is left."""
        unproved = [block for block in self._blocks if not alone.is_proved(block.plant.id)]
        factor = self.afforded(end, share, len(unproved))
        if not unproved or factor <= before:
            return alone
        known = {plant: answer.values for plant, answer in alone.answers.items()}
        return alone.bettered(self._asked(unproved, alone.stage, known, factor, alone.prices))

    def within(
        self, alone: Alone, caps: Mapping[str, Caps], known: Mapping[str, list[int]]
    ) -> dict[str, list[int]]:
        """The plants' own answers; those that cost more of earlier stages than `caps` say are asked
        again within these, and are as `known` where nothing comes of it."""
        found = {plant: list(answer.values) for plant, answer in alone.answers.items()}
        over = [
            block
            for block in self._blocks
            if not (values := found[block.plant.id])
            or any(block.stages[s].value(values) > m for s, m in caps[block.plant.id].items())
        ]
        limits = limits_left(self._run)
        again = prove(over, alone.stage, alone.prices, limits, self._run.executor, caps, known)
        self._run.note(list(again.answers.values()))
        found |= {plant: answer.values for plant, answer in again.answers.items()}
        return {plant: values or known[plant] for plant, values in found.items()}

    def _walked(self, alone: Alone, end: float, known: Mapping[str, Sequence[int]]) -> Alone:
        """Better answers of the plants whose least value is not proved, from the better of what was
        found and what is `known`: one stretch of a gate's windows after the other, until a plant's
        stretches in turn gained nothing."""
        walks = [
            _Walk(block, alone, self._caps(block), known[block.plant.id])
            for block in self._blocks
            if not alone.is_proved(block.plant.id)
        ]
        run = self._run
        left = WALK_SHARE * run.work_left(end)
        while left > 0 and not run.is_over(end) and (going := [w for w in walks if w.goes_on]):
            limits = limits_left(run, STRETCH_WORK)
            answers = run_all([replace(w.task(), limits=limits) for w in going], run.executor)
            run.note(answers)
            left -= sum(answer.counted_work for answer in answers)
            for walk, answer in zip(going, answers, strict=True):
                walk.take(answer)
        return replace(alone, answers={**alone.answers, **{w.plant: w.answer for w in walks}})

    def _caps(self, block: Block) -> Caps:
        return caps_of(block.plant.id, self._run.budgets, self._run.floors)

    def afforded(self, end: float, share: float, n_plants: int) -> float:
        """How many times the usual work a plant may have if so many are asked, with a share of
        what is left."""
        work = share * self._run.work_left(end)
        return min(HARD_PLANT, work / (SUB_WORK * max(1, n_plants)))

    def _asked(
        self,
        blocks: Sequence[Block],
        stage: StageName,
        known: Mapping[str, Sequence[int]],
        factor: float,
        prices: Prices,
    ) -> Alone:
        """With so many times the usual work for each; without presolve, which most of the plants
        do not need and which leaves those unanswered that get little work."""
        run = self._run
        limits = replace(swift(limits_left(run, factor)), presolve=False)
        caps = {block.plant.id: self._caps(block) for block in blocks}
        alone = prove(blocks, stage, prices, limits, run.executor, caps, known)
        run.note(list(alone.answers.values()))
        return alone


class _Walk:
    """One plant on its way to a better answer."""

    def __init__(self, block: Block, alone: Alone, caps: Caps, known: Sequence[int]) -> None:
        self._block, self._alone, self._caps = block, alone, caps
        self.plant = block.plant.id
        self._stretches = stretches(block)
        self._next = self._idle = 0
        objective = self._priced(()).objective
        found = [list(values) for values in (alone.answers[self.plant].values, known) if values]
        self.values = min(found, key=objective.value)
        self._worth = objective.value(self.values)

    @property
    def goes_on(self) -> bool:
        return self._idle < len(self._stretches) and self._worth > (
            self._alone.least[self.plant] or 0
        )

    @property
    def answer(self) -> Answer:
        """The best that was found, with what is proved of the plant."""
        return replace(self._alone.answers[self.plant], values=self.values, value=self._worth)

    def task(self) -> Task:
        """The plant with its next stretch free."""
        task = self._priced(self.values)
        hold_but(self._block, task.rows, self.values, self._stretches[self._next])
        return task

    def take(self, answer: Answer) -> None:
        self._next = (self._next + 1) % len(self._stretches)
        self._idle += 1
        if answer.values and answer.value is not None and answer.value < self._worth:
            self.values, self._worth, self._idle = answer.values, answer.value, 0

    def _priced(self, values: Sequence[int]) -> Task:
        alone = self._alone
        return priced_task(self._block, alone.stage, alone.prices, self._caps, Limits(), values)
