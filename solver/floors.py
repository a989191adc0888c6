"""What every plant costs at least, asked within what a stage can afford."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solver.block import Block
from solver.instance import StageName
from solver.prices import Alone, Prices, caps_of, prove
from solver.run import SUB_WORK, Run, sub_limits

HARD_PLANT = 20
"""How many times the usual work a plant gets, at most, whose least value is not proved yet."""

FIRST_SHARE = 0.3
"""Part of what is left of a stage that the first asking may use."""

HARD_SHARE = 0.4
"""Part of what is left then that asking once more may use for what is not proved."""


class Askings:
    """Asks plants alone, against prices and within their caps of earlier stages."""

    def __init__(self, run: Run, blocks: Sequence[Block]) -> None:
        self._run, self._blocks = run, blocks

    def twice(
        self, stage: StageName, end: float, known: Mapping[str, Sequence[int]], prices: Prices
    ) -> Alone:
        """Every plant; what little work leaves open is asked once more with much. `end` is the
        share of all work left at which the stage ends, `known` helps the search."""
        usual = min(1.0, self._afforded(end, FIRST_SHARE, len(self._blocks)))
        alone = self._asked(self._blocks, stage, known, usual, prices)
        return self.again(alone, end, usual)

    def again(self, alone: Alone, end: float, before: float = 1.0) -> Alone:
        """What is not proved, if there can be more work for it than `before` times the usual."""
        unproved = [block for block in self._blocks if not alone.is_proved(block.plant.id)]
        factor = min(HARD_PLANT, self._afforded(end, HARD_SHARE, len(unproved)))
        if not unproved or factor <= before:
            return alone
        known = {plant: answer.values for plant, answer in alone.answers.items()}
        return alone.bettered(self._asked(unproved, alone.stage, known, factor, alone.prices))

    def _afforded(self, end: float, share: float, n_plants: int) -> float:
        """How many times the usual work a plant may have if so many are asked."""
        return share * self._run.work_left(end) / (SUB_WORK * max(1, n_plants))

    def _asked(
        self,
        blocks: Sequence[Block],
        stage: StageName,
        known: Mapping[str, Sequence[int]],
        factor: float,
        prices: Prices,
    ) -> Alone:
        run = self._run
        caps = {b.plant.id: caps_of(b.plant.id, run.budgets, run.floors) for b in blocks}
        alone = prove(blocks, stage, prices, sub_limits(run, factor), run.executor, caps, known)
        run.note(list(alone.answers.values()))
        return alone
