"""Re-plans: the plan in force is mended where the changed data force it, and little else moves.

What the mended plan (`solver/mend.py`) is worth is the budget of every stage. A change beyond that
must gain what a moved window is worth (`worth_moving`). Of plants whose data did not change windows
move only where mending moved them, and where it changed nothing only what is not published yet is
planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from solver import stages
from solver.block import Block
from solver.calm import Calm, add_calm, guide_to
from solver.calm_cost import calm_cost
from solver.engine import Answer, Limits
from solver.instance import InForce, StageName
from solver.linear import Rows
from solver.mend import Mender
from solver.negotiate import NEAR_SLOTS
from solver.run import Run, limits_left, swift
from solver.search import sweep
from solver.standing import Standing

CALM = 0.18
"""Share of the run's work kept for what calm cost, so that plants that changed are asked."""

SAFE = 0.04
"""Share left at which the search for safety ends: it may use most of what is kept for that."""

ENDS: dict[StageName, float] = {"output_shortfall": 0.2, "exposure": 0.05}
"""Share of what is left then beyond that at which the search of the other stages ends."""

MOST_MOVED_PERMILLE = 40
"""Published windows that may move for a gain alone, at most; once so many have, the others stay."""

FEW_MOVED = 5
"""So many may move in any plan, however few are published."""

SWEEPS: tuple[tuple[int | None, float], ...] = ((0, 0.3), (NEAR_SLOTS, 0.3), (None, 1.0))
"""Slots by which the ends of windows may move in each sweep of a stage (None: any windows), and
the share of a sub-problem's usual work that a plant gets: trips alone gain most, in little work.
Where nothing was planned windows are free in all of them."""


def replan(run: Run, blocks: list[Block]) -> list[tuple[Block, list[int]]]:
    """Mend the plan in force, then better it where that is worth a change, and tell what keeping to
    it cost."""
    in_force = run.derived.instance.in_force
    assert in_force is not None, "a re-plan has a plan in force"
    calm = {block.plant.id: add_calm(block) for block in blocks}
    mender = Mender(run, blocks, in_force, calm)
    standing = mender.mend()
    settle(standing, {p: calm[p] for p in mender.settled}, in_force.published_slots)
    betterer = _Betterer(run, standing, calm, in_force)
    betterer.better("safety_shortfall", SAFE)
    left = max(0.0, run.left() - CALM)
    for stage, end in ENDS.items():
        betterer.better(stage, CALM + end * left)
    for stage in stages.stage_names(run.derived):
        run.close(stage, standing.worth(stage), 0, "none", run.seconds())
    standing.blocks.update((block.plant.id, block) for block in blocks)  # none is settled any more
    changed = [p for p, one in calm.items() if one.changed.value(standing.values[p])]
    run.calm_cost = calm_cost(run, standing, changed)
    return [(block, standing.values[block.plant.id]) for block in blocks]


class _Betterer:
    """Betters a lawful plan stage by stage, each within what the one before was worth."""

    def __init__(
        self, run: Run, standing: Standing, calm: Mapping[str, Calm], in_force: InForce
    ) -> None:
        self.run, self.standing, self.calm = run, standing, calm
        self._worth = in_force.worth_moving
        self._unchanged = frozenset(in_force.unchanged)
        self._planned_to = in_force.planned_slots - NEAR_SLOTS
        """The windows planned last may go on, for what follows was not planned."""
        windows = sum(len(one.moved.terms) for one in calm.values())
        most = max(FEW_MOVED, windows * MOST_MOVED_PERMILLE // 1000)
        self._may_move = self._moved() + most
        self._budgets: dict[StageName, int] = {}

    def better(self, stage: StageName, end: float) -> None:
        """Plants one after the other, those first that the stage charges most, by the stage and
        what changes are worth, as long as the share of the work lasts."""
        worth, standing = self._worth, self.standing
        prices = {
            "safety_shortfall": worth.safety,
            "output_shortfall": worth.output_utrip,
            "exposure": worth.exposure,
        }
        guide = guide_to(stage, self.calm, prices[stage], worth.trips_a_window)

        def stop(answers: list[Answer]) -> bool:
            self.run.note(list(answers))
            self.run.tell(stage, standing.worth(stage), 0)
            return self.run.is_over(end)

        for reach, share in SWEEPS:
            charged = {plant: standing.worth(stage, [plant]) for plant in standing.blocks}
            order = sorted((p for p in charged if charged[p]), key=lambda p: (-charged[p], p))
            if not order or self.run.is_over(end):
                break
            hold = partial(self._hold, reach)
            limits = partial(_limits, self.run, share)
            sweep(standing, guide, order, self._budgets, limits, self.run.executor, stop, hold)
        self._budgets[stage] = standing.worth(stage)

    def _hold(self, reach: int | None, block: Block, rows: Rows, values: list[int]) -> None:
        """Keep planned windows but for their ends; of a plant whose data did not change, and of
        all once so many moved beyond what mending moved, those as published that are so still."""
        if reach is not None:
            block.keep_windows(rows, values, reach, self._planned_to)
        if block.plant.id in self._unchanged or self._moved() >= self._may_move:
            for _, moved in self.calm[block.plant.id].moved.terms:
                rows.upper[moved] = values[moved]

    def _moved(self) -> int:
        values = self.standing.values
        return sum(one.moved.value(values[plant]) for plant, one in self.calm.items())


def _limits(run: Run, share: float) -> Limits:
    return swift(limits_left(run, share))


def settle(standing: Standing, plants: Mapping[str, Calm], published_slots: int) -> None:
    """Let nothing of these plants change before the end of what is published, nor the end of a
    window that goes on beyond it."""
    for plant, calm in plants.items():
        block = standing.blocks[plant] = standing.blocks[plant].copy()
        values = standing.values[plant]
        kept = [variable for _, variable in calm.moved.terms]
        for variable in (*_decided_before(block, published_slots), *kept):
            block.rows.lower[variable] = block.rows.upper[variable] = values[variable]


def _decided_before(block: Block, slot: int) -> list[int]:
    decided = (block.own, block.released, block.open)
    return [v for part in decided for (_, at), v in part.items() if at < slot]
