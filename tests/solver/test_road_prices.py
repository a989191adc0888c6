"""Tests that plants relaxed in parts share roads once, and what their prices come to."""

from collections import Counter

import pytest

from fixtures.generator import generate
from solver import road_prices
from solver.block import Block
from solver.compact import binding_resources, build_block
from solver.derive import Derived
from solver.engine import Limits, minimise
from solver.prices import Prices, prove
from solver.relax import relax
from solver.road_prices import Earlier, Shares, joined_prices, road_relaxations
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
    assert whole.shares.given == binding_resources(blocks)
    assert not whole.shares.spends


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
        given.update(part.shares.given)
    assert any(given[r] > 0 for r in residuals)
    assert all(mpcu <= residuals[r] for r, mpcu in given.items())
    assert {r for part in parts for r, _ in part.shared.values()} <= residuals.keys()


def test_prices_weigh_as_much_as_a_part_may_use() -> None:
    a: Resource = ("link", "a", 0)
    b: Resource = ("link", "b", 3)
    found = [
        Prices({a: 10}, {"output_shortfall": 4}),
        Prices({a: 40, b: 7}, {"output_shortfall": 8}),
        Prices(),
    ]
    shares = [
        Shares({a: 100}, {"output_shortfall": 3}),
        Shares({a: 200, b: 5}, {"output_shortfall": 1}),
        Shares({a: 300}, {"output_shortfall": 0}),
    ]
    assert joined_prices(found, shares) == Prices(
        {a: (10 * 100 + 40 * 200) // 600, b: 7}, {"output_shortfall": (3 * 4 + 8) // 4}
    )


def test_where_nothing_is_left_nothing_has_a_price() -> None:
    a: Resource = ("link", "a", 0)
    assert joined_prices([Prices({a: 3}), Prices()], [Shares({a: 0}, {})] * 2) == Prices()


def test_exposure_is_priced_within_what_plants_may_cost_of_output(
    derived: Derived, blocks: list[Block]
) -> None:
    """The less output all may lose together, the more a unit of it is worth; what each may cost
    alone holds as well."""
    residuals = binding_resources(blocks)
    names = list(derived.plants)
    asked = prove(blocks, "output_shortfall", Prices(), Limits(counted_work=0.3), None)
    costs = {p: {"output_shortfall": cost} for p, cost in asked.floors.items()}
    least = sum(asked.floors.values())
    found = []
    for budget, cap in ((least + 10**9, 10**12), (least, 10**12), (least + 10**9, 0)):
        caps = {p: {"output_shortfall": costs[p]["output_shortfall"] + cap} for p in names}
        earlier = Earlier(caps, {"output_shortfall": budget}, costs)
        (relaxed,) = road_relaxations(derived, blocks, residuals, earlier)
        assert relaxed.shares.spends == {"output_shortfall": budget}
        value = relax(relaxed.program, 4000)
        assert value is not None
        found.append((value.value, road_prices.road_prices(relaxed).stages))
    (loose, usual), (tight, factors), (capped, others) = found
    assert tight > loose
    assert capped > loose
    assert usual == others == {}
    assert factors["output_shortfall"] > 0


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
