"""Groups of plants that change their trips together, within windows that stay or move a little.

A plant that is asked alone finds no better slot where others are in its way, though two that change
places would both gain. Within windows a group is little more than a flow: several plants together
cost less than one whose windows are open to choice.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from solver.block import Block
from solver.engine import Answer, Limits
from solver.instance import StageName
from solver.negotiate import NEAR_SLOTS
from solver.run import swift
from solver.search import improve, neighbours
from solver.standing import Standing

KINDS = ((3, 0), (6, 0), (3, NEAR_SLOTS))
"""Plants in a group, and slots by which the ends of their windows may move: one kind after the
other, as each gains no more."""

LITTLE_PERMILLE = 3
"""A round that gains less of the stage has gained little."""


@dataclass(frozen=True)
class Together:
    """Groups that better one stage; `regret` is what each plant pays beyond its least."""

    standing: Standing
    stage: StageName
    budgets: Mapping[StageName, int]
    limits: Callable[[], Limits]
    executor: Executor | None
    stop: Callable[[Sequence[Answer]], bool]
    is_over: Callable[[], bool]
    regret: Callable[[], Mapping[str, int]]
    chance: random.Random

    def until_idle(self) -> None:
        """Rounds of each kind, until all kinds in turn gained little."""
        for size, reach in KINDS:
            while not self.is_over():
                before = self.standing.worth(self.stage)
                self._round(size, reach)
                gained = before - self.standing.worth(self.stage)
                if 1000 * gained < LITTLE_PERMILLE * before:
                    break

    def _round(self, size: int, reach: int) -> None:
        improve(
            self.standing,
            self.stage,
            self.budgets,
            {},
            lambda: swift(self.limits()),
            self._drawn(size),
            self.executor,
            self.stop,
            partial(Block.hold_near, reach=reach),
        )

    def _drawn(self, size: int) -> Iterator[tuple[str, ...]]:
        """So many groups that each plant with regret is in two on average, those with the most in
        more, beside others that use what is scarce for them."""
        near = neighbours(self.standing)
        regret = {plant: more for plant, more in sorted(self.regret().items()) if more > 0}
        for _ in range(-(-2 * len(regret) // size)):
            (seed,) = self.chance.choices(list(regret), list(regret.values()))
            pool = near(seed)[: 3 * size]
            others = self.chance.sample(pool, min(size - 1, len(pool)))
            if others:
                yield tuple(sorted({seed, *others}))
