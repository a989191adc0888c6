"""Neighbourhood search: some plants are solved again together, all others stay as they are.

A `Standing` holds values of every plant's variables that keep all laws at any time. One plant or a
group is solved in what the others leave; what was asked at the same time may have taken it since,
so an answer counts only if the shared capacities and the budgets of earlier stages still hold.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from solver.block import Block
from solver.engine import Answer, Limits
from solver.instance import StageName
from solver.linear import Expression, Rows
from solver.shared import Resource
from solver.standing import Standing
from solver.tasks import Task, flow

Hold = Callable[[Block, Rows, list[int]], None]
"""Holds in a plant's rows what is to stay of its values."""


def group_task(
    standing: Standing,
    plants: Sequence[str],
    stage: StageName,
    budgets: Mapping[StageName, int],
    floors: Mapping[str, int],
    limits: Limits,
    hold: Hold | None = None,
) -> Task:
    """The sub-problem of some plants: a stage minimised in what the others leave of capacity and
    of what earlier stages may cost, with what `hold` keeps of their values; it ends where the
    plants' proved least values are reached."""
    rows, shifts = room_of(standing, plants, budgets, hold)
    objective = Expression()
    hint: dict[int, int] = {}
    for plant, shift in shifts.items():
        part = standing.blocks[plant].stages[stage]
        objective.extend(Expression([(c, v + shift) for c, v in part.terms], part.constant))
        hint |= {v + shift: value for v, value in enumerate(standing.values[plant])}
    least = sum(floors.get(plant, 0) for plant in plants)
    rows.row(objective.terms, least - objective.constant, None, "stage", stage)
    return Task(rows, objective, limits, hint)


def room_of(
    standing: Standing,
    plants: Sequence[str],
    budgets: Mapping[StageName, int],
    hold: Hold | None = None,
) -> tuple[Rows, dict[str, int]]:
    """Some plants' rows, in what the others leave of capacity (nothing where these alone pass it)
    and of what earlier stages may cost, and each plant's shift of variables; `hold` keeps something
    of each."""
    rows, shifts = Rows(), {}
    uses: dict[Resource, list[tuple[int, int]]] = defaultdict(list)
    spent: dict[StageName, Expression] = {name: Expression() for name in budgets}
    ours: Counter[Resource] = Counter()
    for plant in plants:
        block = standing.blocks[plant]
        own = block.rows
        if hold is not None:
            own = own.copy()
            hold(block, own, standing.values[plant])
        shift = shifts[plant] = rows.absorb(own)
        ours.update(standing.use_of(plant))
        for resource, terms in block.uses.items():
            if resource in standing.left:
                uses[resource] += [(c, v + shift) for c, v in terms] if shift else terms
        for name, expression in spent.items():
            part = block.stages[name]
            expression.extend(Expression([(c, v + shift) for c, v in part.terms], part.constant))
    for resource, terms in uses.items():
        others = standing.used[resource] - ours[resource]
        what, where, slot = resource
        law = "link_capacity" if what == "link" else "zone_cap"
        left = max(0, standing.left[resource] - others)
        if rows.most(terms) > left:
            live = [(c, v) for c, v in terms if rows.upper[v]]
            rows.row(live, None, left, law, f"{what} {where}, slot {slot}")
    for stage, expression in spent.items():
        elsewhere = standing.worth(stage) - standing.worth(stage, plants)
        high = budgets[stage] - elsewhere - expression.constant
        rows.row(expression.terms, None, high, "stage", stage)
    return rows, shifts


@dataclass(frozen=True)
class Guide:
    """What a plant is asked to minimise for the good of all: stages by weight and shared capacity
    by price, so that a plant leaves to others what they need more."""

    stages: Mapping[StageName, int]
    prices: Mapping[Resource, int]

    def objective(self, block: Block) -> Expression:
        total: Counter[int] = Counter()
        constant = 0
        for name, weight in self.stages.items():
            constant += weight * block.stages[name].constant
            for coefficient, variable in block.stages[name].terms:
                total[variable] += weight * coefficient
        for resource, terms in block.uses.items():
            price = self.prices.get(resource, 0)
            if price:
                for coefficient, variable in terms:
                    total[variable] += price * coefficient
        return Expression([(c, v) for v, c in total.items() if c], constant)

    def prefers(self, standing: Standing, plant: str, values: list[int]) -> bool:
        """Whether these values of a plant are better than those that stand."""
        objective = self.objective(standing.blocks[plant])
        return objective.value(values) < objective.value(standing.values[plant])


def sweep(
    standing: Standing,
    guide: Guide,
    order: Sequence[str],
    budgets: Mapping[StageName, int],
    limits: Callable[[], Limits],
    executor: Executor | None,
    stop: Callable[[list[Answer]], bool],
    hold: Hold | None = None,
) -> None:
    """Every plant once, alone, in what the others leave, by the guide, with what `hold` keeps of
    its values as it is asked."""
    waiting, clashed = deque(order), set[str]()

    def ask() -> tuple[str, Task] | None:
        if not waiting:
            return None
        plant = waiting.popleft()
        block, hint = standing.blocks[plant], standing.values[plant]
        rows, _ = room_of(standing, [plant], budgets, hold)
        objective = guide.objective(block)
        return plant, Task(rows, objective, limits(), dict(enumerate(hint)))

    def take(plant: str, answer: Answer) -> bool:
        if not answer.values or not guide.prefers(standing, plant, answer.values):
            return stop([answer])
        if standing.allows({plant: answer.values}, budgets):
            standing.put(plant, answer.values)
        elif plant not in clashed:
            # What it was promised went to one that was asked at the same time: asked again.
            clashed.add(plant)
            waiting.appendleft(plant)
        return stop([answer])

    flow(executor, ask, take, standing.at_once)


def adopt(
    standing: Standing,
    plant: str,
    values: list[int],
    guide: Guide,
    budgets: Mapping[StageName, int],
) -> bool:
    """Take a plant's values, found without the roads, if the guide prefers them, no earlier stage
    passes its budget and the shared capacities hold."""
    if not guide.prefers(standing, plant, values):
        return False
    if not standing.allows({plant: values}, budgets):
        return False
    standing.put(plant, values)
    return True


def fold(
    standing: Standing,
    plants: Sequence[str],
    answer: Answer,
    stage: StageName,
    budgets: Mapping[StageName, int],
) -> bool:
    """Take a group's answer if it is better, no earlier stage passes its budget and the shared
    capacities still hold."""
    if not answer.values or (answer.value or 0) >= standing.worth(stage, plants):
        return False
    changed, first = {}, 0
    for plant in plants:
        size = len(standing.blocks[plant].rows.lower)
        changed[plant] = answer.values[first : first + size]
        first += size
    if not standing.allows(changed, budgets):
        return False
    for plant, values in changed.items():
        standing.put(plant, values)
    return True


def neighbours(standing: Standing) -> Callable[[str], list[str]]:
    """Who shares capacity with a plant that is tight when asked, the closest first."""
    users: dict[Resource, list[str]] = defaultdict(list)
    for plant, block in standing.blocks.items():
        for resource in block.uses.keys() & standing.left.keys():
            users[resource].append(plant)

    def near(plant: str) -> list[str]:
        counts: Counter[str] = Counter()
        for resource in standing.blocks[plant].uses.keys() & standing.scarce:
            counts.update(users[resource])
        del counts[plant]
        return [name for name, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]

    return near


def above_floor(standing: Standing, stage: StageName, floors: Mapping[str, int]) -> dict[str, int]:
    """What each plant could still gain in the stage; only plants that could gain something."""
    more = {p: standing.worth(stage, [p]) - floors.get(p, 0) for p in sorted(standing.blocks)}
    return {plant: gain for plant, gain in more.items() if gain > 0}


def groups(
    standing: Standing,
    stage: StageName,
    floors: Mapping[str, int],
    chance: random.Random,
    most_idle: int | None = None,
) -> Iterator[tuple[str, ...]]:
    """Groups as long as any plant is above its floor: first every such plant alone, the worst
    first, then groups around those that could gain most, growing from two to six; until so many
    sizes in a row gained nothing (None: for ever)."""
    gains = above_floor(standing, stage, floors)
    yield from ((plant,) for plant in sorted(gains, key=lambda p: (-gains[p], p)))
    if not gains:
        return
    size, names, near, idle = 2, sorted(standing.blocks), neighbours(standing), 0
    while idle != most_idle:
        before = standing.worth(stage)
        for _ in range(max(4, len(gains) // 4)):
            gains = above_floor(standing, stage, floors)
            if not gains:
                return
            (seed,) = chance.choices(list(gains), list(gains.values()))
            pool = near(seed)[: 3 * size] or [p for p in names if p != seed]
            others = chance.sample(pool, min(size - 1, len(pool)))
            yield tuple(sorted({seed, *others}))
        idle = 0 if standing.worth(stage) < before else idle + 1
        size = size + 1 if size < 6 else 2


def improve(
    standing: Standing,
    stage: StageName,
    budgets: Mapping[StageName, int],
    floors: Mapping[str, int],
    limits: Callable[[], Limits],
    drawn: Iterator[tuple[str, ...]],
    executor: Executor | None,
    stop: Callable[[list[Answer]], bool],
    hold: Hold | None = None,
) -> None:
    """Solve groups again, as they are drawn, until told to stop or no group is left; who shares a
    plant with one under way waits for it. `hold` keeps something of each plant's values."""
    under_way, waiting = set[str](), list[tuple[str, ...]]()
    depth = standing.at_once

    def ask() -> tuple[tuple[str, ...], Task] | None:
        group = next_free(drawn, waiting, under_way, 4 * depth)
        if group is None:
            return None
        under_way.update(group)
        task_limits = limits().times(len(group) ** 0.5)
        return group, group_task(standing, group, stage, budgets, floors, task_limits, hold)

    def take(group: tuple[str, ...], answer: Answer) -> bool:
        under_way.difference_update(group)
        fold(standing, group, answer, stage, budgets)
        return stop([answer])

    flow(executor, ask, take, depth)


def next_free(
    drawn: Iterator[tuple[str, ...]],
    waiting: list[tuple[str, ...]],
    busy: set[str],
    most: int,
) -> tuple[str, ...] | None:
    """The first group that waits or else is drawn and has none of the busy plants; of those that
    are drawn and have one so many wait at most."""
    free = next((group for group in waiting if not busy & set(group)), None)
    if free is not None:
        waiting.remove(free)
    while free is None and len(waiting) < most and (group := next(drawn, None)):
        if busy & set(group):
            waiting.append(group)
        else:
            free = group
    return free
