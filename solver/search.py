"""Neighbourhood search: some plants are solved again together, all others stay as they are.

A `Standing` holds values of every plant's variables that keep all laws at any time. Groups are
solved in rounds, several at once through an executor; results are folded in the groups' order and
kept only if the shared capacities still hold, so the outcome does not depend on who was first.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import islice

from solver.block import Block, Resource
from solver.compact import residual_mpcu
from solver.engine import Answer, Limits, minimise
from solver.instance import StageName
from solver.linear import Expression, Rows
from solver.plan import Decisions


@dataclass(frozen=True)
class Task:
    """A sub-problem that another process can solve."""

    rows: Rows
    objective: Expression
    limits: Limits
    hint: dict[int, int]


def run_task(task: Task) -> Answer:
    return minimise(task.rows, task.objective, task.limits, task.hint)


def run_all(tasks: Sequence[Task], executor: Executor | None) -> list[Answer]:
    """Answers in the order of the tasks."""
    if executor is None or len(tasks) == 1:
        return [run_task(task) for task in tasks]
    return list(executor.map(run_task, tasks))


class Standing:
    """A lawful plan as values of every block, with what it uses and what it is worth."""

    def __init__(self, blocks: Sequence[Block], binding: Mapping[Resource, int]) -> None:
        self.blocks = {block.plant.id: block for block in blocks}
        self.left = dict(binding)
        self.values: dict[str, list[int]] = {}
        self.used: Counter[Resource] = Counter()
        self._worth: dict[str, dict[StageName, int]] = {}

    def put(self, plant: str, values: list[int]) -> None:
        """Set a plant's values, whatever the shared capacities say."""
        block = self.blocks[plant]
        block.settle(values)
        if plant in self.values:
            self.used.subtract(self._use(block, self.values[plant]))
        self.values[plant] = values
        self.used.update(self._use(block, values))
        self._worth[plant] = {
            name: expression.value(values) for name, expression in block.stages.items()
        }

    def _use(self, block: Block, values: list[int]) -> Counter[Resource]:
        use: Counter[Resource] = Counter()
        for resource, terms in block.uses.items():
            if resource in self.left:
                amount = sum(c * values[v] for c, v in terms)
                if amount:
                    use[resource] = amount
        return use

    def use_of(self, plant: str) -> Counter[Resource]:
        return self._use(self.blocks[plant], self.values[plant])

    def worth(self, stage: StageName, plants: Sequence[str] | None = None) -> int:
        names = self._worth if plants is None else plants
        return sum(self._worth[name].get(stage, 0) for name in names)

    def holds(self, changed: Mapping[str, list[int]]) -> bool:
        """Whether shared capacities hold once the plants change to these values."""
        delta: Counter[Resource] = Counter()
        for plant, values in changed.items():
            delta.update(self._use(self.blocks[plant], values))
            delta.subtract(self.use_of(plant))
        return all(
            more <= 0 or self.used[resource] + more <= self.left[resource]
            for resource, more in delta.items()
        )

    def tight(self, resource: Resource, smallest_mpcu: int) -> bool:
        """Whether not even the smallest class fits on it any more."""
        return self.used[resource] + smallest_mpcu > self.left[resource]


def start_task(block: Block, decisions: Decisions | None, limits: Limits) -> Task:
    """Values for all of a block's variables from the decisions of a lawful plan; from none, the
    plan that moves nothing and runs on what is in hand."""
    rows = Rows()
    rows.absorb(block.rows)
    known = dict.fromkeys((*block.own.values(), *block.released.values()), 0)
    known |= {v: rows.lower[v] for v in block.open.values()}
    if decisions is not None:
        known |= _known(block, decisions)
    for variable, value in known.items():
        rows.lower[variable] = rows.upper[variable] = value
    objective = Expression()
    for variable, price in _cheap_start(block):
        objective.add(price, variable)
    return Task(rows, objective, limits, {})


def _cheap_start(block: Block) -> list[tuple[int, int]]:
    """Prices that make the left-over variables of a start sensible: safety before output."""
    safety = [(v, 1000 * c) for c, v in block.stages["safety_shortfall"].terms]
    return safety + [(v, c) for c, v in block.stages["output_shortfall"].terms]


def _known(block: Block, decisions: Decisions) -> dict[int, int]:
    known: dict[int, int] = {}
    for departure in decisions.departures:
        key = (departure.leg, departure.slot)
        if key in block.own:
            known[block.own[key]] = departure.trips - block.derived.locked.get(key, 0)
    for release in decisions.releases:
        if (release.leg, release.slot) in block.released:
            known[block.released[release.leg, release.slot]] = release.trips
    gates = {gate.id for gate in block.plant.gates}
    slots = dict.fromkeys(block.open.values(), 0)
    for window in decisions.windows:
        if window.gate in gates:
            for slot in range(window.first_slot, window.end_slot):
                slots[block.open[window.gate, slot]] = 1
    return known | slots


def group_task(
    standing: Standing,
    plants: Sequence[str],
    stage: StageName,
    budgets: Mapping[StageName, int],
    floors: Mapping[str, int],
    limits: Limits,
) -> Task:
    """The sub-problem of some plants: a stage minimised in what the others leave of capacity and
    of what earlier stages may cost; it ends where the plants' proved least values are reached."""
    rows, objective = Rows(), Expression()
    hint: dict[int, int] = {}
    uses: dict[Resource, list[tuple[int, int]]] = defaultdict(list)
    spent: dict[StageName, Expression] = {name: Expression() for name in budgets}
    ours: Counter[Resource] = Counter()
    for plant in plants:
        block = standing.blocks[plant]
        shift = rows.absorb(block.rows)
        hint |= {v + shift: value for v, value in enumerate(standing.values[plant])}
        ours.update(standing.use_of(plant))
        for resource, terms in block.uses.items():
            if resource in standing.left:
                uses[resource] += [(c, v + shift) for c, v in terms]
        for priced, expression in (*spent.items(), (stage, objective)):
            part = block.stages[priced]
            expression.extend(Expression([(c, v + shift) for c, v in part.terms], part.constant))
    for resource, terms in uses.items():
        others = standing.used[resource] - ours[resource]
        what, name, slot = resource
        law = "link_capacity" if what == "link" else "zone_cap"
        left = standing.left[resource] - others
        rows.row(terms, None, left, law, f"{what} {name}, slot {slot}")
    for spent_on, expression in spent.items():
        elsewhere = standing.worth(spent_on) - standing.worth(spent_on, plants)
        high = budgets[spent_on] - elsewhere - expression.constant
        rows.row(expression.terms, None, high, "stage", spent_on)
    least = sum(floors.get(plant, 0) for plant in plants)
    rows.row(objective.terms, least - objective.constant, None, "stage", stage)
    # A plant alone is solved quickest afresh: a poor standing would only hold the search back.
    return Task(rows, objective, limits, hint if len(plants) > 1 else {})


def adopt(
    standing: Standing,
    plant: str,
    values: list[int],
    stage: StageName,
    budgets: Mapping[StageName, int],
) -> bool:
    """Take a plant's values, found against prices, if they are better in the stage, no earlier
    stage passes its budget and the shared capacities hold."""
    block = standing.blocks[plant]
    if block.stages[stage].value(values) >= standing.worth(stage, [plant]):
        return False
    for name, budget in budgets.items():
        elsewhere = standing.worth(name) - standing.worth(name, [plant])
        if elsewhere + block.stages[name].value(values) > budget:
            return False
    if not standing.holds({plant: values}):
        return False
    standing.put(plant, values)
    return True


def fold(standing: Standing, plants: Sequence[str], answer: Answer, stage: StageName) -> bool:
    """Take a group's answer if it is better and the shared capacities still hold. The stages'
    budgets hold when groups of one round share them: the caller gives each its own part."""
    if not answer.values or (answer.value or 0) >= standing.worth(stage, plants):
        return False
    changed, first = {}, 0
    for plant in plants:
        size = len(standing.blocks[plant].rows.lower)
        changed[plant] = answer.values[first : first + size]
        first += size
    if not standing.holds(changed):
        return False
    for plant, values in changed.items():
        standing.put(plant, values)
    return True


def neighbours(standing: Standing) -> dict[str, list[str]]:
    """Plants that share tight capacity, the closest first."""
    smallest = min((use.pcu_mpcu for b in standing.blocks.values() for use in b.legs), default=1)
    users: dict[Resource, list[str]] = defaultdict(list)
    for plant, block in standing.blocks.items():
        for resource in block.uses:
            if resource in standing.left and standing.tight(resource, smallest):
                users[resource].append(plant)
    shared: dict[str, Counter[str]] = defaultdict(Counter)
    for plants in users.values():
        for one in plants:
            shared[one].update(p for p in plants if p != one)
    return {
        plant: [name for name, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]
        for plant, counts in shared.items()
    }


def above_floor(standing: Standing, stage: StageName, floors: Mapping[str, int]) -> dict[str, int]:
    """What each plant could still gain in the stage; only plants that could gain something."""
    more = {p: standing.worth(stage, [p]) - floors.get(p, 0) for p in sorted(standing.blocks)}
    return {plant: gain for plant, gain in more.items() if gain > 0}


def groups(
    standing: Standing, stage: StageName, floors: Mapping[str, int], chance: random.Random
) -> Iterator[tuple[str, ...]]:
    """Groups as long as any plant is above its floor: first every such plant alone, the worst
    first, then groups around those that could gain most, growing from two to six."""
    gains = above_floor(standing, stage, floors)
    yield from ((plant,) for plant in sorted(gains, key=lambda p: (-gains[p], p)))
    size = 2
    names = sorted(standing.blocks)
    while gains:
        near = neighbours(standing)
        for _ in range(max(4, len(names) // 2)):
            gains = above_floor(standing, stage, floors)
            if not gains:
                return
            (seed,) = chance.choices(list(gains), list(gains.values()))
            pool = near.get(seed, [])[: 3 * size] or [p for p in names if p != seed]
            others = chance.sample(pool, min(size - 1, len(pool)))
            yield tuple(sorted({seed, *others}))
        size = size + 1 if size < 6 else 2


def improve(
    standing: Standing,
    stage: StageName,
    budgets: Mapping[StageName, int],
    floors: Mapping[str, int],
    limits: Limits,
    rounds: Iterator[tuple[str, ...]],
    at_once: int,
    executor: Executor | None,
    stop: Callable[[list[Answer]], bool],
) -> None:
    """Solve groups again, round by round, until told to stop or no group is left."""
    while True:
        chosen = _disjoint(rounds, at_once)
        if not chosen:
            return
        tasks = [
            group_task(
                standing,
                group,
                stage,
                _part(standing, budgets, number),
                floors,
                replace(limits, counted_work=(limits.counted_work or 1.0) * len(group) ** 0.5),
            )
            for number, group in enumerate(chosen)
        ]
        answers = run_all(tasks, executor)
        for group, answer in zip(chosen, answers, strict=True):
            fold(standing, group, answer, stage)
        if stop(answers):
            return


def _disjoint(rounds: Iterator[tuple[str, ...]], at_once: int) -> list[tuple[str, ...]]:
    """The next groups that have no plant in common, looked for a few draws long."""
    chosen: list[tuple[str, ...]] = []
    for group in islice(rounds, 4 * at_once):
        if not any(set(group) & set(other) for other in chosen):
            chosen.append(group)
        if len(chosen) == at_once:
            break
    return chosen


def _part(
    standing: Standing, budgets: Mapping[StageName, int], number: int
) -> Mapping[StageName, int]:
    """The first group of a round may spend what is left of a budget, the others none of it."""
    if number == 0:
        return budgets
    return {name: min(value, standing.worth(name)) for name, value in budgets.items()}


def residuals(blocks: Sequence[Block], resources: Sequence[Resource]) -> dict[Resource, int]:
    return {r: residual_mpcu(blocks[0].derived, r) for r in resources}
