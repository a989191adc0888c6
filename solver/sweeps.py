"""Sweeps again and again by one guide, with other windows free from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from solver.block import Block
from solver.engine import Answer, Limits
from solver.instance import StageName
from solver.linear import Rows
from solver.negotiate import NEAR_SLOTS
from solver.run import swift
from solver.search import Guide, Hold, sweep
from solver.standing import Standing
from solver.stretches import STRETCH_WORK, hold_but, stretches

MOST_SWEEPS = 8
"""Sweeps that one kind of freedom may have, times the sweeps in a row that must gain little."""

LITTLE_PERCENT = 1
"""A sweep that gains less of the stage has gained little."""


@dataclass(frozen=True)
class Sweeps:
    """Sweeps of one stage; `limits` are those of so many times a sub-problem's usual work, `wanted`
    says whom the next sweep asks, the first of them first."""

    standing: Standing
    stage: StageName
    guide: Guide
    budgets: Mapping[StageName, int]
    limits: Callable[[float], Limits]
    executor: Executor | None
    stop: Callable[[Sequence[Answer]], bool]
    is_over: Callable[[], bool]
    wanted: Callable[[], list[str]]

    def near(self) -> None:
        """With windows that move a little, for little work."""
        hold = partial(Block.hold_near, reach=NEAR_SLOTS)
        self._until_idle([hold], lambda: swift(self.limits(1.0)))

    def walk(self, some: Collection[str] | None = None) -> None:
        """With one stretch of a gate's windows free after the other, some plants or all."""
        parts = {plant: stretches(block) for plant, block in self.standing.blocks.items()}

        def hold_at(number: int) -> Hold:
            def hold(block: Block, rows: Rows, values: list[int]) -> None:
                if own := parts[block.plant.id]:
                    hold_but(block, rows, values, own[number % len(own)])

            return hold

        holds = [hold_at(number) for number in range(max(map(len, parts.values()), default=0))]
        self._until_idle(holds, lambda: self.limits(STRETCH_WORK), some)

    def anyhow(self) -> None:
        """With any windows."""
        self._until_idle([lambda block, rows, values: None], lambda: self.limits(1.0))

    def _until_idle(
        self,
        holds: Sequence[Hold],
        limits: Callable[[], Limits],
        some: Collection[str] | None = None,
    ) -> None:
        """Each hold after the other, until all in turn gained little: at first everyone, then those
        who are wanted; of some plants those who are wanted."""
        left = len(holds)
        for number, hold in enumerate(cycle(holds)):
            if self.is_over() or not left or number == MOST_SWEEPS * len(holds):
                return
            order = [plant for plant in self.wanted() if some is None or plant in some]
            if number == 0 and some is None:
                order += sorted(self.standing.blocks.keys() - set(order))
            before = self.standing.worth(self.stage)
            sweep(
                self.standing,
                self.guide,
                order,
                self.budgets,
                limits,
                self.executor,
                self.stop,
                hold,
            )
            gained = before - self.standing.worth(self.stage)
            left = left - 1 if 100 * gained < LITTLE_PERCENT * before else len(holds)
