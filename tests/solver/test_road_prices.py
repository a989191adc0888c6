"""Tests that plants relaxed in parts share roads once, and what their prices come to."""

from collections import Counter

import pytest

from fixtures.generator import generate
from solver import road_prices
from solver.block import Block
from solver.compact import binding_resources, build_block
from solver.derive import Derived
from solver.engine import Limits, minimise
from solver.road_prices import joined_prices, road_relaxations
from solver.shared import Resource


@pytest.fixture(scope="module")
def derived() -> Derived:
    return Derived(generate(12, 12, 30, seed=3))


@pytest.fixture(scope="module")
def blocks(derived: Derived) -> list[Block]:
    return [build_block(derived, plant) for plant in derived.plants.values()]


def test_few_plants_are_relaxed_at_once(derived: Derived, blocks: list[Block]) -> None:
    (whole,) = road_relaxations(derived, blocks, binding_resources(blocks))
    assert len(whole.program.lower) == sum(len(block.rows.lower) for block in blocks)
    assert whole.given == binding_resources(blocks)


def test_parts_hold_every_plant_once_and_no_more_than_there_is(
    derived: Derived, blocks: list[Block], monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = sum(len(row.terms) for block in blocks for row in block.rows.rows)
    monkeypatch.setattr(road_prices, "MOST_TERMS", terms // 3 + 1)
    residuals = binding_resources(blocks)
    parts = list(road_relaxations(derived, blocks, residuals))
    assert len(parts) == 3
    sizes = [len(part.program.lower) for part in parts]
    assert sum(sizes) == sum(len(block.rows.lower) for block in blocks)
    assert max(sizes) < 2 * min(sizes)
    given: Counter[Resource] = Counter()
    for part in parts:
        given.update(part.given)
    assert any(given[r] > 0 for r in residuals)
    assert all(mpcu <= residuals[r] for r, mpcu in given.items())
    assert {r for part in parts for r, _ in part.shared.values()} <= residuals.keys()


def test_prices_weigh_as_much_as_a_part_may_use() -> None:
    a: Resource = ("link", "a", 0)
    b: Resource = ("link", "b", 3)
    found = [{a: 10}, {a: 40, b: 7}, {}]
    given = [{a: 100}, {a: 200, b: 5}, {a: 300}]
    assert joined_prices(found, given) == {a: (10 * 100 + 40 * 200) // 600, b: 7}


def test_where_nothing_is_left_nothing_has_a_price() -> None:
    a: Resource = ("link", "a", 0)
    assert joined_prices([{a: 3}, {}], [{a: 0}, {a: 0}]) == {}


def test_rows_that_only_aid_the_search_cut_no_plan_off(blocks: list[Block]) -> None:
    """The least loss by the laws' rows alone is the least by all rows."""
    asked = [block for block in blocks if len(block.rows.lower) < 500][:3]
    assert asked
    for block in asked:
        bare, loss = block.bare_rows(), block.stages["output_shortfall"].merged()
        assert len(bare.rows) < len(block.rows.rows)
        least, by_laws = (minimise(rows, loss, Limits()) for rows in (block.rows, bare))
        assert least.verdict == by_laws.verdict == "optimal"
        assert least.value == by_laws.value
        assert bare.allow(least.values)
