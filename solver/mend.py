"""A lawful plan of the plan in force, with few changes: windows stay wherever trips alone can move.

Windows say when trucks pass, so with windows held a plant is little more than a flow, and its
trips are found in little work. Windows move only where there is no such plan, and then as few as
can be. What is asked late gets less work, and in the end nothing: a plant that no time is left for
stands still, in the windows that are published where it may keep them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import replace
from typing import Literal

from solver.apart import Apart
from solver.as_planned import AsPlanned
from solver.block import Block
from solver.calm import Calm, add_calm
from solver.compact import binding_resources, build_windows
from solver.decided import cheap_start, task_of, trips_and_windows
from solver.engine import Answer, Limits
from solver.instance import InForce
from solver.linear import Expression, Rows
from solver.plan import Decisions
from solver.run import Run, limits_left, swift
from solver.search import room_of
from solver.shared import Resource
from solver.standing import Standing
from solver.start import start_by_search
from solver.tasks import Task, flow, run_all

Way = Literal["planned", "held", "moved"]
"""How a plant is put in again: as published, and beyond that with no trip that is not planned; with
every published window, and the fewest changes of trips; or with the fewest windows moved."""

WAYS: tuple[Way, ...] = ("planned", "held", "moved")

LATE = 0.35
"""Share of the run's work left from which on mending holds windows before it asks for trips: as
the plant was mended alone, else as the laws of windows alone need them moved least."""

ENOUGH = 0.24
"""Share left from which on it asks no more but what it must to let plants stand still."""


class Mender:
    """Makes a lawful plan of the plan in force."""

    def __init__(
        self, run: Run, blocks: list[Block], in_force: InForce, calm: Mapping[str, Calm]
    ) -> None:
        self.run, self.blocks, self.in_force, self.calm = run, blocks, in_force, calm
        self.settled = set[str]()
        """Plants whose data did not change and that stay as they are."""
        self._must_move = set[str]()
        """Plants that the laws of windows do not let keep all windows that are published."""
        self._windows = dict[str, dict[tuple[str, int], int]]()
        """Slots open and closed with the fewest changes, by plants that cannot do as planned."""
        self._as_planned = AsPlanned(run, in_force)
        for block in blocks:
            self._as_planned.keep_locked_starts(block)
        self._standing = Standing(blocks, binding_resources(blocks), run.most_at_once)

    def mend(self) -> Standing:
        standing = self._standing
        kept = self._kept()
        mended = self._mended_alone(kept)
        self.settled = kept.keys() & set(self.in_force.unchanged)
        for plant, values in {**kept, **mended}.items():
            standing.put(plant, values)
        self._make_room(standing, mended.keys(), WAYS[1:])
        self._make_room(standing, kept.keys() - self.settled, WAYS)
        self._make_room(standing, set(self.settled), WAYS)
        return standing

    def _kept(self) -> dict[str, list[int]]:
        """Plants that can do as planned: to the end of the plan in force, else as published, else
        with trucks that wait inside leaving otherwise."""
        planned, published = self.in_force.planned_slots, self.in_force.published_slots
        task = self._as_planned.task
        kept = self._found(self.blocks, lambda block: task(block, planned, with_releases=True))
        others = [block for block in self.blocks if block.plant.id not in kept]
        self._ask_windows(others)
        others = [block for block in others if block.plant.id not in self._must_move]
        if published < planned:
            kept |= self._found(others, lambda block: task(block, published, with_releases=True))
        waits = [b for b in others if b.released and b.plant.id not in kept]
        return kept | self._found(waits, lambda block: task(block, published, with_releases=False))

    def _ask_windows(self, blocks: Sequence[Block]) -> None:
        """The fewest changes of windows by the laws of windows alone, a small part of a plant's
        laws: a plant at rest keeps all others whatever its windows are."""
        asked = dict[str, Block]()

        def task(block: Block) -> Task:
            alone = asked[block.plant.id] = build_windows(self.run.derived, block.plant)
            self._as_planned.keep_locked_starts(alone)
            return Task(alone.rows, add_calm(alone).changed.merged(), self._limits(1), {})

        for plant, answer in self._asked(blocks, task).items():
            if answer and answer.values:
                opened = asked[plant].open.items()
                self._windows[plant] = {key: answer.values[v] for key, v in opened}
            if answer and (answer.verdict == "infeasible" or (answer.bound or 0) > 0):
                self._must_move.add(plant)

    def _mended_alone(self, kept: Mapping[str, list[int]]) -> dict[str, list[int]]:
        """The other plants with the fewest changes, or standing still if none is found."""
        asked = [block for block in self.blocks if block.plant.id not in kept]
        may_stay = [block for block in asked if block.plant.id not in self._must_move]
        found = self._found(may_stay, self._mending("held"))
        others = [block for block in asked if block.plant.id not in found]
        found |= self._found(others, self._mending("moved"))
        return {**self._still([b for b in asked if b.plant.id not in found]), **found}

    def _limits(self, factor: float) -> Limits:
        """So many times the usual work of one sub-problem, with no presolve, which takes longer
        than what it spares."""
        return replace(swift(limits_left(self.run, factor)), presolve=False)

    def _mending(self, way: Way) -> Callable[[Block], Task | None]:
        """A plant alone with the fewest changes of what is published, and beyond it no departure
        that is not planned."""

        def task(block: Block) -> Task | None:
            rows = Rows()
            rows.absorb(block.rows)
            self._as_planned.keep_roads_free(block, rows, self.in_force.published_slots)
            return self._changing(block, rows, way, {}, self._limits(4))

        return task

    def _changing(
        self, block: Block, rows: Rows, way: Way, hint: dict[int, int], limits: Limits
    ) -> Task | None:
        """A plant with the fewest changes of what is published, windows before trips; None where
        a bar or a lost window is in the way of holding all windows."""
        calm = self.calm[block.plant.id]
        objective = Expression(list(calm.changed.terms), calm.changed.constant)
        if way == "held":
            if not self._as_planned.hold_windows(block, rows):
                return None
        else:
            if self.run.left() <= LATE:
                self._hold_known(block, rows, hint)
            a_window = 1 + rows.most(calm.changed.terms)
            objective.terms += [(a_window, moved) for _, moved in calm.moved.terms]
        return Task(rows, objective.merged(), limits, hint)

    def _hold_known(self, block: Block, rows: Rows, before: Mapping[int, int]) -> None:
        """Hold windows as they were before, else as the laws of windows alone have them, else as
        published."""
        for variable, value in self._known_windows(block, before).items():
            rows.lower[variable] = rows.upper[variable] = value

    def _known_windows(self, block: Block, before: Mapping[int, int]) -> dict[int, int]:
        if before:
            return {v: before[v] for v in block.open.values()}
        windows = self._windows.get(block.plant.id)
        if windows is None:
            return self._as_planned.windows(block)
        return {block.open[key]: value for key, value in windows.items()}

    def _found(
        self, blocks: Sequence[Block], way: Callable[[Block], Task | None]
    ) -> dict[str, list[int]]:
        """Plants that have an answer in this way."""
        answers = self._asked(blocks, way)
        return {p: one.values for p, one in answers.items() if one and one.values}

    def _asked(
        self, blocks: Sequence[Block], way: Callable[[Block], Task | None]
    ) -> dict[str, Answer | None]:
        """What plants that there is time for answer; None where there is nothing to ask."""
        waiting, answers = deque(blocks), dict[str, Answer | None]()

        def ask() -> tuple[str, Task] | None:
            while waiting and not self.run.is_over(ENOUGH):
                block = waiting.popleft()
                task = way(block)
                if task is not None:
                    return block.plant.id, task
                answers[block.plant.id] = None
            return None

        def take(plant: str, answer: Answer) -> bool:
            self.run.note([answer])
            answers[plant] = answer
            return False

        flow(self.run.executor, ask, take, self._standing.at_once)
        return answers

    def _still(
        self, blocks: Sequence[Block], before: Mapping[str, list[int]] | None = None
    ) -> dict[str, list[int]]:
        """Plants at rest in the windows that they had `before`, else in those with the fewest
        changes if these are known, else in those that are published if they may keep them. All are
        asked, time or not: some plan there must be."""
        limits, tasks = limits_left(self.run), list[Task]()
        for block in blocks:
            hint = dict(enumerate(before[block.plant.id])) if before else {}
            known = trips_and_windows(block, Decisions()) | self._known_windows(block, hint)
            tasks.append(task_of(block, known, limits))
        answers = run_all(tasks, self.run.executor)
        self.run.note(answers)
        pairs = zip(blocks, answers, strict=True)
        found = {block.plant.id: answer.values for block, answer in pairs if answer.values}
        others = [block for block in blocks if block.plant.id not in found]
        return found | start_by_search(self.run, others, None, self.run.executor)

    def _make_room(self, standing: Standing, some: Set[str], ways: Sequence[Way]) -> None:
        """Where plants together pass a shared capacity those of some that use it are taken out,
        and put in again one after the other, in the first way that there is."""
        over = standing.overloads()
        users = [
            b for b in self.blocks if b.plant.id in some and standing.brings_to(b.plant.id, over)
        ]
        before = {b.plant.id: standing.values[b.plant.id] for b in users}
        if "planned" in ways:
            standing.take(self._only_published(users))
        left = standing.overloads()
        away = [b for b in users if standing.brings_to(b.plant.id, left)]
        standing.take(self._still(away, before))
        names = [b.plant.id for b in sorted(users, key=_hardest_first)]
        asked = [(name, WAYS[-1:] if name in self._must_move else tuple(ways)) for name in names]
        again = _Again(self, standing, before, over, asked)
        flow(self.run.executor, again.ask, again.take, standing.at_once)

    def _only_published(self, blocks: Sequence[Block]) -> dict[str, list[int]]:
        """As published, and no departure after that, so that whoever is put in again before them
        leaves them the room."""
        slots = self.in_force.published_slots
        return self._found(
            blocks, lambda b: self._as_planned.task(b, slots, with_releases=True, until=slots)
        )

    def put_in_again(
        self, standing: Standing, plant: str, before: list[int], way: Way
    ) -> Task | None:
        """A plant in what the others leave; None where holding it so is not possible."""
        block, limits = standing.blocks[plant], self._limits(2)
        hint = dict(enumerate(before))
        rows, _ = room_of(standing, [plant], {})
        if way != "planned":
            return self._changing(block, rows, way, hint, limits)
        slots = self.in_force.published_slots
        fits = self._as_planned.hold(block, rows, slots, with_releases=True)
        limits = replace(limits, presolve=True)
        return Task(rows, cheap_start(block), limits, hint) if fits else None


class _Again:
    """Puts plants in again one after the other; those that share no overload, at the same time."""

    def __init__(
        self,
        mender: Mender,
        standing: Standing,
        before: Mapping[str, list[int]],
        over: Collection[Resource],
        asked: Sequence[tuple[str, tuple[Way, ...]]],
    ) -> None:
        self._mender, self._standing, self._before = mender, standing, before
        self._waiting = deque(asked)
        self._apart = Apart()
        self._wants = {
            plant: frozenset(over) & standing.blocks[plant].uses.keys() for plant, _ in asked
        }

    def ask(self) -> tuple[tuple[str, tuple[Way, ...]], Task] | None:
        """The next that shares nothing overloaded with those under way; none once mending has used
        its share."""
        if self._mender.run.is_over(ENOUGH):
            return None
        for number, (plant, ways) in enumerate(self._waiting):
            if self._apart.begins(plant, self._wants[plant]):
                del self._waiting[number]
                return self._posed(plant, ways)
        return None

    def _posed(self, plant: str, ways: tuple[Way, ...]) -> tuple[tuple[str, tuple[Way, ...]], Task]:
        """A plant in the first way that is possible; to put it in with any windows always is."""
        for number, way in enumerate(ways):
            task = self._mender.put_in_again(self._standing, plant, self._before[plant], way)
            if task is not None:
                return (plant, ways[number:]), task
        raise AssertionError("the last way holds nothing")

    def take(self, asked: tuple[str, tuple[Way, ...]], answer: Answer) -> bool:
        (plant, ways), standing, mender = asked, self._standing, self._mender
        self._apart.ends(plant)
        mender.run.note([answer])
        if not answer.values and len(ways) > 1:
            self._waiting.appendleft((plant, ways[1:]))
        elif answer.values and not standing.allows({plant: answer.values}, {}):
            # What it was promised went to one that was asked at the same time: asked again.
            self._waiting.appendleft(asked)
        elif answer.values:
            standing.put(plant, answer.values)
        if mender.calm[plant].changed.value(standing.values[plant]):
            mender.settled.discard(plant)
        return False


def _hardest_first(block: Block) -> tuple[int, str]:
    return -max(process.hazard_weight for process in block.plant.processes), block.plant.id
