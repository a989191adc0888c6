"""Plants negotiate the roads: all keep what they want most, and move until they fit together.

Every plant begins with values of its own; together they overload links and zones. Plant after
plant is then solved again so that it adds least to overloads: first within the windows that it has,
which is nearly a flow and takes a twentieth of the work; where that clears no more, with windows
that move a little; and with any windows only where that does not help either. What stays overloaded
weighs more with every round, until it weighs more than what a plant wants. Whoever still stands in
an overload at the end takes what the others leave, or goes back to a plan in which all had room.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from math import gcd, inf, isqrt

from solver.apart import Apart
from solver.engine import Answer, Limits
from solver.instance import StageName
from solver.linear import Expression, Rows, Terms
from solver.search import Guide
from solver.shared import Resource
from solver.standing import Standing
from solver.tasks import Task, flow, run_all

Stop = Callable[[Sequence[Answer]], bool]

ROUGH_GAP = 0.01
"""Relative gap at which a plant's answer is good enough at first: halved when a round with any
windows clears little."""

STUCK_PERCENT = 80
"""A round that leaves more than this of the overload has cleared little."""

AHEAD = 12
"""Plants next in turn among which one is sought that meets nobody who is being asked."""

FEW_GRAINS = 1
"""Grains a plant that are few: then nobody is asked beside one whom it meets, answers are exact,
and what stays overloaded soon weighs much. While there are many, none hangs on one answer."""

FINE_GAP = 0.001
"""Relative gap then: rough answers bring as many as they clear."""

NEAR_SLOTS = 2
"""Slots by which a window's ends may move where windows move a little."""

Caps = Mapping[str, Mapping[StageName, int]]
"""The most that each plant may cost of a stage."""


class Negotiation:
    """Values of all plants that keep each plant's own laws and caps, not yet shared capacity.

    `stage` is what is negotiated, `guide` what a plant wants, `step` what a grain (the common
    divisor of the classes' mPCU) of overload weighs against it at first: it grows by half of that,
    times the root of the grains, with every round that leaves it. Plants are asked roughly at
    first, more exactly once rough answers no longer help.
    """

    def __init__(
        self,
        standing: Standing,
        stage: StageName,
        guide: Guide,
        caps: Caps,
        step: int,
        limits: Limits,
        seed: str,
    ) -> None:
        self.standing, self.stage, self.guide, self.caps = standing, stage, guide, caps
        self.limits = replace(limits, relative_gap=ROUGH_GAP)
        self._chance = random.Random(seed)
        self._step = max(1, step)
        self._objectives: dict[str, Expression] = {}
        self.weights: dict[Resource, int] = dict.fromkeys(standing.left, self._step)
        """What a grain of overload weighs now, by shared capacity."""
        self._least: float = inf
        self._best: dict[str, list[int]] = {}
        self._grain = gcd(*(use.pcu_mpcu for b in standing.blocks.values() for use in b.legs)) or 1

    def in_overload(self) -> list[str]:
        """Plants whose trips are part of an overload."""
        over = self.standing.overloads()
        return [p for p in sorted(self.standing.blocks) if self.standing.brings_to(p, over)]

    def clear(self, executor: Executor | None, stop: Stop, idle_rounds: int) -> bool:
        """Rounds until nothing is overloaded, or so many with any windows cleared little; whether
        all went through to the end."""
        going = self.settle(executor, stop)
        reach: int | None = NEAR_SLOTS
        while going and idle_rounds and (before := self._overloaded()):
            going = self.round(executor, stop, reach) and self.settle(executor, stop)
            if not self._is_stuck(before):
                reach = NEAR_SLOTS
            elif reach is not None:
                reach = None
            else:
                idle_rounds, reach = idle_rounds - 1, NEAR_SLOTS
                self._insist()
        return going

    def enter(
        self,
        executor: Executor | None,
        stop: Stop,
        roomy: Mapping[str, list[int]],
        afford: Callable[[int], float],
    ) -> bool:
        """From a plan in which all had room, plant after plant goes to what it wants, with any
        windows and so that it adds least to overloads; who loses nothing more there stays. Each
        may use `afford` times the usual work, at most the usual; whether it went through to the
        end. Who was not asked then, or found nothing, takes what it wants as it is."""
        wanted = dict(self.standing.values)
        for plant, values in roomy.items():
            self.standing.put(plant, values)
        names = sorted(p for p in wanted if self._wanted(p) > self._wanted(p, wanted[p]))
        limits = self.limits.times(min(1.0, afford(len(names))))

        def task(plant: str) -> Task:
            return replace(self._task(plant, self._weigh, hint=wanted[plant]), limits=limits)

        ended, moved = self._moved(names, lambda _: True, task, executor, stop, apart=False)
        for plant in names:
            if plant not in moved:
                self.standing.put(plant, wanted[plant])
        return ended

    def settle(self, executor: Executor | None, stop: Stop) -> bool:
        """Rounds within the windows that plants have, as long as they clear much; whether all went
        through to the end."""
        while before := self._overloaded():
            if not self.round(executor, stop, 0):
                return False
            if self._is_stuck(before):
                break
        return True

    def round(self, executor: Executor | None, stop: Stop, reach: int | None = None) -> bool:
        """The plants in an overload once, but for those that others have freed of it meanwhile,
        windows moving by `reach` slots at most (None: any windows); whether it went through to the
        end."""
        task = partial(self._task, limit=self._weigh, reach=reach)
        ended, _ = self._moved(
            self.in_overload(), self._is_in_overload, task, executor, stop, apart=self._is_few
        )
        self._weigh_more()
        if self._overloaded() < self._least:
            self._least, self._best = self._overloaded(), dict(self.standing.values)
        return ended

    def _is_in_overload(self, plant: str) -> bool:
        return self.standing.brings_to(plant, self.standing.overloads())

    @property
    def grains_over(self) -> int:
        """Grains that are overloaded."""
        return self._overloaded() // self._grain

    @property
    def _is_few(self) -> bool:
        """Whether few are left."""
        return self.grains_over <= FEW_GRAINS * len(self.standing.blocks)

    def _overloaded(self) -> int:
        return sum(self.standing.overloads().values())

    def _is_stuck(self, before: int) -> bool:
        return 100 * self._overloaded() > STUCK_PERCENT * before

    def _insist(self) -> None:
        """Ask more exactly, and weigh what is overloaded twice as much."""
        self.limits = replace(self.limits, relative_gap=self.limits.relative_gap / 2)
        for resource in self.standing.overloads():
            self.weights[resource] *= 2

    def _moved(
        self,
        names: Sequence[str],
        wanted: Callable[[str], bool],
        task: Callable[[str], Task],
        executor: Executor | None,
        stop: Stop,
        *,
        apart: bool,
    ) -> tuple[bool, set[str]]:
        """Plants in an order that is drawn, each put where its answer says; whether it went through
        to the end, and who has an answer."""
        ended, moved = True, set[str]()

        def take(plant: str, answer: Answer) -> bool:
            nonlocal ended
            if answer.values:
                size = len(self.standing.blocks[plant].rows.lower)
                self.standing.put(plant, answer.values[:size])
                moved.add(plant)
            ended = not stop([answer])
            return not ended

        order = self._chance.sample(names, len(names))
        self._one_by_one(order, wanted, task, executor, take, apart=apart)
        return ended, moved

    def least_overloaded(self) -> None:
        """Go back to where the least was overloaded after a round."""
        if self._overloaded() > self._least:
            self.standing.take(self._best)

    def _weigh_more(self) -> None:
        """What is still overloaded weighs more: by half a step times the root of its grains, and
        by half once few are left."""
        few = self._is_few
        for resource, mpcu in self.standing.overloads().items():
            weight = self.weights[resource]
            self.weights[resource] += self._step * isqrt(4 * -(-mpcu // self._grain)) // 4
            self.weights[resource] += weight // 2 if few else 0

    def _one_by_one(
        self,
        names: Sequence[str],
        wanted: Callable[[str], bool],
        task: Callable[[str], Task],
        executor: Executor | None,
        take: Callable[[str, Answer], bool],
        *,
        apart: bool = True,
    ) -> None:
        """Plants in this order, but for those that are not wanted once it is their turn. `apart`:
        who could use a scarce capacity that one who is being asked could use as well waits for the
        answer, else both would leave it, or both go there."""
        waiting, asked = list(names), Apart()

        def ask() -> tuple[str, Task] | None:
            number = 0
            while number < min(len(waiting), AHEAD):
                plant = waiting[number]
                if not wanted(plant):
                    del waiting[number]
                    continue
                meets = self.standing.blocks[plant].uses.keys() & self.standing.scarce
                if not apart or asked.begins(plant, meets):
                    del waiting[number]
                    return plant, task(plant)
                number += 1
            return None

        def taken(plant: str, answer: Answer) -> bool:
            if apart:
                asked.ends(plant)
            return take(plant, answer)

        flow(executor, ask, taken, 1 + self.standing.at_once)

    def yield_rest(
        self,
        executor: Executor | None,
        stop: Stop,
        roomy: Mapping[str, list[int]],
        afford: Callable[[int], float],
    ) -> None:
        """Plants in an overload take what all others leave, those first that lose nothing by it,
        and one after the other once told to stop; with windows near those that they have, as long
        as one can. Where none can, those whom it costs least go back to their values in a plan in
        which all had room, and the others make it for them: so none is left in an overload. Where
        few have to, each may use `afford` times the usual work of as many."""
        hurried, losses, back = False, dict[str, int](), set[str]()
        reach: int | None = NEAR_SLOTS
        while names := [plant for plant in self.in_overload() if plant not in back]:
            if hurried:
                names.sort(key=lambda plant: (losses.get(plant, 0), plant))
                going = self._yield_in_turn(names, executor, stop, reach)
            else:
                limits = self.limits.times(max(1.0, afford(len(names))))
                tasks = [self._task(plant, self._hold, reach) for plant in names]
                answers = run_all([replace(task, limits=limits) for task in tasks], executor)
                hurried = stop(answers)
                losses = self._yield_cheapest(dict(zip(names, answers, strict=True)))
                going = bool(losses)
            if not going and reach is None:
                back |= self._go_back(names, roomy)
            elif not going:
                reach = None

    def _go_back(self, names: Sequence[str], roomy: Mapping[str, list[int]]) -> set[str]:
        """The quarter of plants that lose least by going back, which they did."""
        losses = {plant: self._wanted(plant, roomy[plant]) - self._wanted(plant) for plant in names}
        order = sorted(names, key=lambda plant: (losses[plant], plant))
        going = order[: -(-len(order) // 4)]
        for plant in going:
            self.standing.put(plant, roomy[plant])
        return set(going)

    def _yield_cheapest(self, answers: Mapping[str, Answer]) -> dict[str, int]:
        """Take the answers that lose nothing of what is negotiated, or else the cheapest quarter;
        what each of all loses."""
        losses = {
            plant: self._wanted(plant, answer.values) - self._wanted(plant)
            for plant, answer in answers.items()
            if answer.values
        }
        order = sorted(losses, key=lambda plant: (losses[plant], plant))
        free = sum(loss <= 0 for loss in losses.values())
        for plant in order[: free or -(-len(order) // 4)]:
            self._yielded(plant, answers[plant])
        return losses

    def _yield_in_turn(
        self, names: Sequence[str], executor: Executor | None, stop: Stop, reach: int | None
    ) -> bool:
        """Plants one after the other, unless others have freed them meanwhile; whether any did."""
        any_did, task = False, partial(self._task, limit=self._hold, reach=reach)

        def take(plant: str, answer: Answer) -> bool:
            nonlocal any_did
            stop([answer])  # to note its work: who must yield does so, however late it is
            any_did = self._yielded(plant, answer) or any_did
            return False

        self._one_by_one(names, self._is_in_overload, task, executor, take)
        return any_did

    def _yielded(self, plant: str, answer: Answer) -> bool:
        """Whether an answer was taken: if its plant is in an overload still and brings none."""
        if not answer.values or not self._is_in_overload(plant):
            return False
        if not self.standing.allows({plant: answer.values}, {}):
            return False
        self.standing.put(plant, answer.values)
        return True

    def _wanted(self, plant: str, values: list[int] | None = None) -> int:
        """What a plant's values cost of the stage that is negotiated."""
        expression = self.standing.blocks[plant].stages[self.stage]
        return expression.value(self.standing.values[plant] if values is None else values)

    def _task(
        self,
        plant: str,
        limit: Callable[[Task, Resource, Terms, int], None],
        reach: int | None = None,
        hint: list[int] | None = None,
    ) -> Task:
        """A plant by the guide and within its caps, begun at its values or at a `hint`; `limit`
        says what shared capacity means."""
        block, values = self.standing.blocks[plant], hint or self.standing.values[plant]
        rows = Rows()
        rows.absorb(block.rows)
        if reach is not None:
            block.hold_near(rows, values, reach)
        for stage, most in self.caps[plant].items():
            part = block.stages[stage]
            rows.row(part.terms, None, most - part.constant, "stage", stage)
        wanted = self._objective(plant)
        objective = Expression(list(wanted.terms), wanted.constant)
        limits = self.limits
        if self._is_few:
            limits = replace(limits, relative_gap=min(FINE_GAP, limits.relative_gap))
        task = Task(rows, objective, limits, dict(enumerate(values)))
        ours, upper = self.standing.use_of(plant), rows.upper
        for resource, terms in block.uses.items():
            if resource not in self.standing.left:
                continue
            some = [(c, v) for c, v in terms if upper[v]]
            left = self.standing.left[resource] - self.standing.used[resource] + ours[resource]
            if sum([c * upper[v] for c, v in some]) > max(0, left):
                limit(task, resource, some, left)
        return Task(rows, task.objective.merged(), limits, task.hint)

    def _objective(self, plant: str) -> Expression:
        """What a plant is asked to minimise, but for overloads."""
        if plant not in self._objectives:
            self._objectives[plant] = self.guide.objective(self.standing.blocks[plant])
        return self._objectives[plant]

    def _hold(self, task: Task, resource: Resource, terms: Terms, left: int) -> None:
        """What the others leave is all that the plant may take."""
        what, where, slot = resource
        law = "link_capacity" if what == "link" else "zone_cap"
        task.rows.row(terms, None, max(0, left), law, f"{what} {where}, slot {slot}")

    def _weigh(self, task: Task, resource: Resource, terms: Terms, left: int) -> None:
        """What the plant takes beyond that has its weight."""
        grain, weight, rows = self._grain, self.weights[resource], task.rows
        grains, free = [(c // grain, v) for c, v in terms], left // grain
        if free <= 0:
            task.objective.terms += [(weight * c, v) for c, v in grains]
            return
        over = rows.variable(0, rows.most(grains) - free)
        rows.row([*grains, (-1, over)], None, free, "link_capacity", "overload")
        task.objective.add(weight, over)
        task.hint[over] = max(0, sum(c * task.hint[v] for c, v in grains) - free)
