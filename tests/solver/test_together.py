"""Tests that groups within their windows better a stage and keep what is held."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from fixtures.generator import generate
from solver import together
from solver.baseline import first_fit
from solver.compact import binding_resources, build_block
from solver.decided import start_task
from solver.derive import Derived
from solver.engine import Answer, Limits
from solver.standing import Standing
from solver.tasks import run_task
from solver.together import Together

LIMITS = Limits(counted_work=0.1)


def fitted() -> Standing:
    """Plants as first fit has them."""
    instance = generate(10, 12, 30, 2)
    derived = Derived(instance)
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    standing, start = Standing(blocks, binding_resources(blocks)), first_fit(instance)
    for block in blocks:
        standing.put(block.plant.id, run_task(start_task(block, start, LIMITS)).values)
    return standing


def lessening(standing: Standing, told: list[Answer], most: int | None = None) -> Together:
    def is_over() -> bool:
        return most is not None and len(told) >= most

    def stop(answers: Sequence[Answer]) -> bool:
        told.extend(answers)
        return is_over()

    return Together(
        standing,
        "exposure",
        {name: standing.worth(name) for name in ("safety_shortfall", "output_shortfall")},
        lambda: LIMITS,
        None,
        stop,
        is_over,
        lambda: {plant: standing.worth("exposure", [plant]) for plant in standing.blocks},
        random.Random("seed"),
    )


def opened(standing: Standing) -> dict[str, list[int]]:
    return {
        plant: [standing.values[plant][variable] for variable in block.open.values()]
        for plant, block in standing.blocks.items()
    }


def test_groups_lessen_the_stage_and_spend_nothing_of_earlier_ones() -> None:
    standing, told = fitted(), list[Answer]()
    before = {name: standing.worth(name) for name in ("output_shortfall", "exposure")}
    lessening(standing, told).until_idle()
    assert standing.worth("exposure") < before["exposure"]
    assert standing.worth("output_shortfall") <= before["output_shortfall"]
    assert standing.overloads() == {}
    for plant, block in standing.blocks.items():
        assert block.rows.allow(standing.values[plant])
    assert len(told) > len(together.KINDS)


def test_windows_that_may_not_move_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "KINDS", ((3, 0),))
    standing = fitted()
    windows, exposure = opened(standing), standing.worth("exposure")
    lessening(standing, []).until_idle()
    assert standing.worth("exposure") < exposure
    assert opened(standing) == windows


def test_told_to_stop_no_group_is_asked_any_more() -> None:
    standing, told = fitted(), list[Answer]()
    lessening(standing, told, most=3).until_idle()
    assert 3 <= len(told) <= 3 + standing.at_once


def test_where_no_plant_pays_more_than_its_least_nobody_is_asked() -> None:
    standing, told = fitted(), list[Answer]()
    replace(lessening(standing, told), regret=dict).until_idle()
    assert told == []
