"""Re-plans: the plan in force is mended where the changed data force it, and little else moves.

Plants keep what is published as it stands wherever their own laws let them; where they do not, or
where several plants together pass a shared capacity that has become less, a plant is mended with
the fewest changes. What the mended plan is worth is the budget of every stage. A change beyond that
must gain what a moved window is worth (`worth_moving`), and only plants whose data changed, or that
had to change, are asked at all; of the others only what is not published yet is planned.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Literal

from solver import stages
from solver.block import Block
from solver.calm import Calm, CalmGuide, add_calm, guide_to
from solver.compact import binding_resources
from solver.decided import cheap_start
from solver.engine import Answer, Limits
from solver.instance import InForce, PublishedTrips, StageName
from solver.linear import Expression, Rows
from solver.run import Run, sub_limits
from solver.search import depth_of, room_of, sweep
from solver.standing import Standing
from solver.start import start_by_search
from solver.tasks import Task, flow, run_all

ENDS: dict[StageName, float] = {
    "safety_shortfall": 0.6,
    "output_shortfall": 0.3,
    "exposure": 0.0,
}
"""Share of what mending left of the work at which the search of a stage ends; mending takes what
it takes."""

ROUGH_WORK = 0.05
"""Counted work in which a plant that stays as published is planned beyond that: bettered later."""

MOST_MOVED_PERMILLE = 40
"""Published windows that may move for a gain alone, at most; once so many have, plants keep the
windows that they have."""

FEW_MOVED = 5
"""So many may move in any plan, however few are published."""

MOST_SWEEPS = 3
"""Sweeps of one stage, at most: what is worth a change is found early."""


Way = Literal["well", "somehow", "changed"]
"""How a plant is put in again: as published, and beyond that well or somehow, or with the fewest
changes."""

WAYS: tuple[Way, ...] = ("well", "somehow", "changed")


def replan(run: Run, blocks: list[Block]) -> list[tuple[Block, list[int]]]:
    """Mend the plan in force, then better it where that is worth a change."""
    in_force = run.derived.instance.in_force
    assert in_force is not None, "a re-plan has a plan in force"
    calm = {block.plant.id: add_calm(block) for block in blocks}
    mender = _Mender(run, blocks, in_force, calm)
    standing = mender.mend()
    worth, sought = in_force.worth_moving, sorted(set(standing.blocks) - mender.settled)
    settle(standing, {p: calm[p] for p in mender.settled}, in_force.published_slots)
    prices = {
        "safety_shortfall": worth.safety,
        "output_shortfall": worth.output_utrip,
        "exposure": worth.exposure,
    }
    budgets: dict[StageName, int] = {}
    left, reach = max(0.0, run.left()), _reach(standing, calm)
    for stage, end in ENDS.items():
        guide = guide_to(stage, calm, prices[stage], worth.trips_a_window)
        order = [*sought, *sorted(mender.settled)]
        _better(run, standing, guide, stage, end * left, order, budgets, reach)
        budgets[stage] = standing.worth(stage)
    for stage in stages.stage_names(run.derived):
        run.close(stage, standing.worth(stage), 0, "none", run.seconds())
    return [(block, standing.values[block.plant.id]) for block in blocks]


def _better(
    run: Run,
    standing: Standing,
    guide: CalmGuide,
    stage: StageName,
    end: float,
    order: Sequence[str],
    budgets: dict[StageName, int],
    reach: Callable[[], int | None],
) -> None:
    """Plants one after the other, alone, by a stage and what changes are worth, as long as any
    changes and the share of the work lasts; only those that the stage charges anything."""

    def stop(answers: list[Answer]) -> bool:
        run.note(list(answers))
        run.tell(stage, standing.worth(stage), 0)
        return run.is_over(end)

    for _ in range(MOST_SWEEPS):
        asked = [plant for plant in order if standing.worth(stage, [plant])]
        if not asked or run.is_over(end):
            return
        limits = sub_limits(run)
        if not sweep(standing, guide, asked, budgets, limits, run.executor, stop, reach):
            return


def _reach(standing: Standing, calm: Mapping[str, Calm]) -> Callable[[], int | None]:
    """How far windows may move: any way until so many moved beyond what mending moved, then not."""
    windows = sum(len(one.moved.terms) for one in calm.values())
    most = windows * MOST_MOVED_PERMILLE // 1000

    def moved() -> int:
        return sum(one.moved.value(standing.values[plant]) for plant, one in calm.items())

    mended = moved()
    return lambda: 0 if moved() >= mended + max(FEW_MOVED, most) else None


def settle(standing: Standing, plants: Mapping[str, Calm], published_slots: int) -> None:
    """Let nothing of these plants change before the end of what is published, nor the end of a
    window that goes on beyond it."""
    for plant, calm in plants.items():
        block, values = standing.blocks[plant], standing.values[plant]
        kept = [variable for _, variable in calm.moved.terms]
        for variable in (*_decided_before(block, published_slots), *kept):
            block.rows.lower[variable] = block.rows.upper[variable] = values[variable]


def _decided_before(block: Block, slot: int) -> list[int]:
    decided = (block.own, block.released, block.open)
    return [v for part in decided for (_, at), v in part.items() if at < slot]


class _Mender:
    """Makes a lawful plan of the plan in force."""

    def __init__(
        self, run: Run, blocks: list[Block], in_force: InForce, calm: Mapping[str, Calm]
    ) -> None:
        self.run, self.blocks, self.in_force, self.calm = run, blocks, in_force, calm
        self.settled = set[str]()
        """Plants whose data did not change and that stay as they are."""
        self._as_planned = _AsPlanned(run, in_force)

    def mend(self) -> Standing:
        standing = Standing(self.blocks, binding_resources(self.blocks))
        kept = self._kept()
        mended = self._mended_alone(kept)
        self.settled = kept.keys() & set(self.in_force.unchanged)
        for plant, values in {**kept, **mended}.items():
            standing.put(plant, values)
        self._make_room(standing, mended.keys(), WAYS[-1:])
        self._make_room(standing, kept.keys() - self.settled, WAYS)
        self._make_room(standing, set(self.settled), WAYS)
        return standing

    def _kept(self) -> dict[str, list[int]]:
        """Plants that can do as planned: to the end of the plan in force, else as published, else
        with trucks that wait inside leaving otherwise."""
        found: dict[str, list[int]] = {}
        planned, published = self.in_force.planned_slots, self.in_force.published_slots
        for slots, with_releases in ((planned, True), (published, True), (published, False)):
            asked = [block for block in self.blocks if block.plant.id not in found]
            tasks = [self._as_planned.task(block, slots, with_releases) for block in asked]
            known = [(b, t) for b, t in zip(asked, tasks, strict=True) if t is not None]
            found |= self._answered([b for b, _ in known], [t for _, t in known])
        return found

    def _mended_alone(self, kept: dict[str, list[int]]) -> dict[str, list[int]]:
        """The other plants with the fewest changes, or standing still if none is found."""
        asked = [block for block in self.blocks if block.plant.id not in kept]
        limits = sub_limits(self.run, 4)
        tasks = [self._as_planned.mending(b, self.calm[b.plant.id].changed, limits) for b in asked]
        found = self._answered(asked, tasks)
        return {**self._still([b for b in asked if b.plant.id not in found]), **found}

    def _still(self, blocks: list[Block]) -> dict[str, list[int]]:
        return start_by_search(self.run, blocks, None, self.run.executor)

    def _answered(self, blocks: list[Block], tasks: list[Task]) -> dict[str, list[int]]:
        answers = run_all(tasks, self.run.executor)
        self.run.note(answers)
        pairs = zip(blocks, answers, strict=True)
        return {block.plant.id: answer.values for block, answer in pairs if answer.values}

    def _make_room(self, standing: Standing, some: Set[str], ways: Sequence[Way]) -> None:
        """Where plants together pass a shared capacity those of some that use it are taken out,
        and put in again one after the other, in the first way that there is."""
        users = [b for b in self.blocks if b.plant.id in some and self._passes(standing, b)]
        before = {b.plant.id: standing.values[b.plant.id] for b in users}
        if ways == WAYS:
            for plant, values in self._only_published(users).items():
                standing.put(plant, values)
        passing = [b for b in users if self._passes(standing, b)]
        for plant, values in self._still(passing).items():
            standing.put(plant, values)
        names = [b.plant.id for b in sorted(users, key=_hardest_first)]
        waiting = deque((plant, tuple(ways)) for plant in names)

        def ask() -> tuple[tuple[str, tuple[Way, ...]], Task] | None:
            if not waiting:
                return None
            plant, left = waiting.popleft()
            return (plant, left), self._put_in_again(standing, plant, before[plant], left[0])

        def take(asked: tuple[str, tuple[Way, ...]], answer: Answer) -> bool:
            self.run.note([answer])
            plant, left = asked
            if not answer.values and len(left) > 1:
                waiting.appendleft((plant, left[1:]))
            elif answer.values and not standing.allows({plant: answer.values}, {}):
                # What it was promised went to one that was asked at the same time: asked again.
                waiting.appendleft(asked)
            elif answer.values:
                standing.put(plant, answer.values)
            if self.calm[plant].changed.value(standing.values[plant]):
                self.settled.discard(plant)
            return False

        flow(self.run.executor, ask, take, depth_of(standing))

    def _only_published(self, blocks: list[Block]) -> dict[str, list[int]]:
        """As published, and no departure after that, so that whoever is put in again before them
        leaves them the room."""
        slots = self.in_force.published_slots
        tasks = [
            self._as_planned.task(block, slots, with_releases=True, until=slots) for block in blocks
        ]
        known = [(b, t) for b, t in zip(blocks, tasks, strict=True) if t is not None]
        return self._answered([b for b, _ in known], [t for _, t in known])

    def _put_in_again(self, standing: Standing, plant: str, before: list[int], way: Way) -> Task:
        """A plant in what the others leave."""
        block, calm = standing.blocks[plant], self.calm[plant]
        rows, _ = room_of(standing, [plant], {})
        objective, limits = calm.changed, sub_limits(self.run, 2)
        published = self.in_force.published_slots
        if way != "changed" and self._as_planned.hold(block, rows, published, with_releases=True):
            objective = cheap_start(block) if way == "well" else Expression()
            if way == "well":
                limits = replace(limits, counted_work=ROUGH_WORK)
        return Task(rows, objective, limits, dict(enumerate(before)))

    def _passes(self, standing: Standing, block: Block) -> bool:
        return any(
            standing.used[resource] > standing.left[resource]
            for resource in standing.use_of(block.plant.id)
        )


def _hardest_first(block: Block) -> tuple[int, str]:
    return -max(process.hazard_weight for process in block.plant.processes), block.plant.id


class _AsPlanned:
    """Tasks that hold a plant to the plan in force."""

    def __init__(self, run: Run, in_force: InForce) -> None:
        self._run = run
        self._planned_slots = in_force.planned_slots
        self._published_slots = in_force.published_slots
        self._open = {
            (w.gate, t) for w in in_force.windows for t in range(w.first_slot, w.end_slot)
        }
        self._published_on = {
            (w.gate, t)
            for w in in_force.windows
            if w.first_slot < self._published_slots <= w.end_slot
            for t in range(self._published_slots, w.end_slot + 1)
        }
        """Slots in which the windows published last go on, and the first in which they do not."""
        planned = _sums(run.derived.instance.published or ())
        self._own = planned - Counter(run.derived.locked)
        self._releases = _sums(in_force.releases)

    def task(
        self, block: Block, slots: int, with_releases: bool, until: int | None = None
    ) -> Task | None:
        """The plant with windows, departures and releases of the first slots as planned, and no
        departure that is not planned `until` a slot (None: to the plan's end) in the others, which
        keeps the roads free. None where a bar, a lost window or a shorter horizon is in the way;
        infeasible where another law is."""
        rows = Rows()
        rows.absorb(block.rows)
        self._keep_roads_free(block, rows, slots, self._planned_slots if until is None else until)
        if not self.hold(block, rows, slots, with_releases):
            return None
        return Task(rows, cheap_start(block), sub_limits(self._run), {})

    def hold(self, block: Block, rows: Rows, slots: int, with_releases: bool) -> bool:
        """Hold windows, departures and releases of the first slots as planned, and windows to their
        end that are published at their beginning; False, and nothing held, where a bar, a lost
        window or a shorter horizon is in the way."""
        known = _at(block.own, self._own, slots)
        for key, variable in block.open.items():
            if key[1] < slots or key in self._published_on:
                known[variable] = int(key in self._open)
        if with_releases:
            known |= _at(block.released, self._releases, slots)
        fits = all(rows.lower[v] <= value <= rows.upper[v] for v, value in known.items())
        if not fits or self._has_lost(block, slots):
            return False
        for variable, value in known.items():
            rows.lower[variable] = rows.upper[variable] = value
        return True

    def mending(self, block: Block, changed: Expression, limits: Limits) -> Task:
        """The plant with the fewest changes of what is published, and beyond it no departure that
        is not planned."""
        rows = Rows()
        rows.absorb(block.rows)
        self._keep_roads_free(block, rows, self._published_slots, self._planned_slots)
        return Task(rows, changed, limits, {})

    def _keep_roads_free(self, block: Block, rows: Rows, slots: int, until: int) -> None:
        for key, variable in block.own.items():
            if key[1] >= slots:
                most = self._own[key] if key[1] < until else 0
                rows.upper[variable] = min(rows.upper[variable], most)

    def _has_lost(self, block: Block, slots: int) -> bool:
        """Whether a planned departure cannot take place any more."""
        legs = {use.leg.id for use in block.legs}
        return any(key[0] in legs and key[1] < slots and key not in block.own for key in self._own)


def _sums(rows: Iterable[PublishedTrips]) -> Counter[tuple[str, int]]:
    sums = Counter[tuple[str, int]]()
    for row in rows:
        sums[row.leg, row.slot] += row.trips
    return sums


def _at(
    variables: Mapping[tuple[str, int], int], trips: Counter[tuple[str, int]], slots: int
) -> dict[int, int]:
    return {v: trips[key] for key, v in variables.items() if key[1] < slots}
