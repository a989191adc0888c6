"""Large instances: bounds plant by plant, groups of plants solved again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from solver import stages
from solver.baseline import first_fit
from solver.block import Block
from solver.compact import binding_resources
from solver.engine import Answer
from solver.instance import StageName
from solver.prices import Prices, prices_from_relaxation, prove
from solver.run import Run, stage_ends, sub_limits
from solver.search import Standing, adopt, groups, improve, run_all, start_task

NEVER_SKIPPED: tuple[StageName, ...] = ("safety_shortfall",)
"""Stages that get one sweep over all plants whatever the clock says."""


RELAXED_VARIABLES = 30_000
"""Up to this many variables the relaxation of the whole model is worth its time."""

CLOSE_ENOUGH = 0.02
"""Gap up to which a stage asks for no prices."""


def decompose(run: Run, blocks: list[Block]) -> list[tuple[Block, list[int]]]:
    """Start from first fit; then, stage by stage, prices and a bound, and groups solved again."""
    binding = binding_resources(blocks)
    standing = Standing(blocks, binding)
    start = first_fit(run.derived.instance)
    answers = run_all([start_task(block, start, sub_limits(run)) for block in blocks], run.executor)
    run.note(answers)
    for block, answer in zip(blocks, answers, strict=True):
        standing.put(block.plant.id, answer.values)
    for stage, end in stage_ends().items():
        if stage in stages.stage_names(run.derived):
            _search_stage(run, blocks, standing, stage, end)
    run.restate({result.name: standing.worth(result.name) for result in run.results})
    return [(block, standing.values[block.plant.id]) for block in blocks]


def _search_stage(
    run: Run, blocks: list[Block], standing: Standing, stage: StageName, end: float
) -> None:
    """Every plant again in what the others leave; what each could do alone, for the bound and
    where it fits; prices where that is not enough; then groups until the share is used."""
    began, bound = run.seconds(), 0
    chance = random.Random(f"{run.params.seed} {stage}")
    if standing.worth(stage) > 0:
        rounds = groups(standing, stage, {}, chance)
        _sweep(run, standing, stage, rounds, len(blocks), bound, end)
    if standing.worth(stage) > 0:
        bound = _prove(run, blocks, standing, stage, Prices())
        run.tell(stage, standing.worth(stage), bound)
    rounds = groups(standing, stage, run.floors.get(stage, {}), chance)
    size = sum(len(block.rows.lower) for block in blocks)
    wants_prices = size <= RELAXED_VARIABLES and _gap(standing, stage, bound) > CLOSE_ENOUGH
    if wants_prices and not run.is_over(end):
        seconds = (run.params.time_limit_s or 600.0) * (run.left() - end) * 0.4
        prices = prices_from_relaxation(run.derived, blocks, stage, run.budgets, seconds)
        run.clocked = run.clocked or prices is None
        if prices is not None and not run.is_over(end):
            bound = max(bound, _prove(run, blocks, standing, stage, prices))

    def stop(answers: list[Answer]) -> bool:
        run.note(answers)
        run.tell(stage, standing.worth(stage), bound)
        return standing.worth(stage) <= bound or run.is_over(end)

    if not stop([]):
        _improve(run, standing, stage, rounds, stop)
    run.close(stage, standing.worth(stage), bound, "prices", run.seconds() - began)


def _gap(standing: Standing, stage: StageName, bound: int) -> float:
    value = standing.worth(stage)
    return (value - bound) / max(value, 1)


def _prove(
    run: Run, blocks: list[Block], standing: Standing, stage: StageName, prices: Prices
) -> int:
    """The bound at these prices; the plants' own answers are adopted where they fit."""
    proved = prove(
        blocks,
        stage,
        run.budgets,
        run.floors,
        standing.left,
        prices,
        sub_limits(run),
        run.executor,
    )
    run.note(list(proved.answers.values()))
    if not prices.resources and not prices.stages:
        run.floors[stage] = proved.floors
    found = {plant: answer.values for plant, answer in proved.answers.items() if answer.values}
    for plant in sorted(found, key=lambda plant: (-standing.worth(stage, [plant]), plant)):
        adopt(standing, plant, found[plant], stage, run.budgets)
    return proved.bound


def _sweep(
    run: Run,
    standing: Standing,
    stage: StageName,
    rounds: Iterator[tuple[str, ...]],
    n_groups: int,
    bound: int,
    end: float,
) -> None:
    """One pass over the plants, one by one, in what the others leave."""
    done = 0

    def stop(answers: list[Answer]) -> bool:
        nonlocal done
        run.note(answers)
        run.tell(stage, standing.worth(stage), bound)
        done += len(answers)
        over = stage not in NEVER_SKIPPED and run.is_over(end)
        return done >= n_groups or standing.worth(stage) <= bound or over or run.cancelled()

    if not stop([]):
        _improve(run, standing, stage, rounds, stop)


def _improve(
    run: Run,
    standing: Standing,
    stage: StageName,
    rounds: Iterator[tuple[str, ...]],
    stop: Callable[[list[Answer]], bool],
) -> None:
    improve(
        standing,
        stage,
        dict(run.budgets),
        run.floors.get(stage, {}),
        sub_limits(run),
        rounds,
        run.params.workers,
        run.executor,
        stop,
    )
