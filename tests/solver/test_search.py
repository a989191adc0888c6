"""Tests that what a plant takes alone is lawful beside what the others have taken meanwhile."""

from itertools import islice
from random import Random

import pytest

from solver.baseline import first_fit
from solver.block import Block
from solver.check import find_violations
from solver.compact import binding_resources, build_block
from solver.conflicts import locked_conflicts
from solver.decided import start_task
from solver.derive import Derived
from solver.engine import Limits
from solver.extract import decisions_of
from solver.instance import Instance
from solver.linear import Rows
from solver.plan import Plan
from solver.prices import SCALE, Alone, Prices, prove
from solver.run import Run, SolveParams
from solver.search import Guide, adopt, groups, next_free, sweep
from solver.standing import Standing
from solver.tasks import run_task
from tests.solver.wild import wild_instance

LIMITS = Limits(counted_work=0.05)
OUTPUT = Guide({"output_shortfall": 1}, {})


def standing_of(instance: Instance) -> Standing:
    derived = Derived(instance)
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    standing = Standing(blocks, binding_resources(blocks))
    start = first_fit(instance)
    for block in blocks:
        standing.put(block.plant.id, run_task(start_task(block, start, LIMITS)).values)
    return standing


def is_lawful(instance: Instance, standing: Standing) -> bool:
    parts = [(block, standing.values[name]) for name, block in standing.blocks.items()]
    plan = Plan(
        instance_digest=instance.digest, status="feasible", decisions=decisions_of(parts), stages=()
    )
    return not find_violations(instance, plan)


def shared(seed: int) -> Instance:
    return wild_instance(Random(seed), n_plants=3, sane=True)


@pytest.mark.parametrize("seed", range(6))
def test_a_sweep_betters_its_guide_and_stays_lawful(seed: int) -> None:
    instance = shared(seed)
    standing = standing_of(instance)
    before = standing.worth("output_shortfall")
    sweep(standing, OUTPUT, sorted(standing.blocks), {}, lambda: LIMITS, None, lambda _: False)
    assert standing.worth("output_shortfall") <= before
    assert is_lawful(instance, standing)


@pytest.mark.parametrize("until", [None, 5])
def test_a_sweep_that_holds_windows_moves_trips_alone(until: int | None) -> None:
    """From slot `until` on windows are free."""

    def hold(block: Block, rows: Rows, values: list[int]) -> None:
        block.keep_windows(rows, values, 0, until)

    bettered = freed = 0
    for seed in range(6):
        instance = shared(seed)
        standing = standing_of(instance)
        before = {
            (plant, v): standing.values[plant][v]
            for plant, block in standing.blocks.items()
            for (_, slot), v in block.open.items()
            if until is None or slot < until
        }
        worth, plants = standing.worth("output_shortfall"), sorted(standing.blocks)
        free = [(p, v) for p, b in standing.blocks.items() for v in b.open.values()]
        now = [standing.values[p][v] for p, v in free]
        sweep(standing, OUTPUT, plants, {}, lambda: LIMITS, None, lambda _: False, hold)
        freed += now != [standing.values[p][v] for p, v in free]
        assert all(standing.values[plant][v] == value for (plant, v), value in before.items())
        assert is_lawful(instance, standing)
        bettered += standing.worth("output_shortfall") < worth
    assert bettered >= 1
    assert (freed >= 1) == (until is not None)


def test_first_fit_keeps_every_row_of_the_model() -> None:
    """What stands is the hint of every later search: a row that it breaks would be one too many."""
    tried = 0
    for seed in range(30):
        instance = wild_instance(Random(seed))
        if locked_conflicts(Derived(instance)):
            continue
        standing = standing_of(instance)
        for plant, block in standing.blocks.items():
            for row in block.rows.rows:
                total = sum(c * standing.values[plant][v] for c, v in row.terms)
                assert row.low is None or row.low <= total, row.where
                assert row.high is None or total <= row.high, row.where
                tried += 1
    assert tried


def test_free_roads_promise_more_than_shared_ones_hold() -> None:
    """Over some seeds what a plant would do alone is refused beside the others, and nothing moves;
    what is adopted is lawful."""
    refused = adopted = 0
    for seed in range(12):
        instance = shared(seed)
        standing = standing_of(instance)
        blocks = list(standing.blocks.values())
        alone = prove(blocks, "output_shortfall", Prices(), LIMITS, None)
        for plant, answer in alone.answers.items():
            before = standing.values[plant]
            wanted = OUTPUT.prefers(standing, plant, answer.values)
            if adopt(standing, plant, answer.values, OUTPUT, {}):
                adopted += 1
            elif wanted:
                refused += 1
                assert standing.values[plant] is before
        assert is_lawful(instance, standing)
    assert refused
    assert adopted


def test_what_passes_an_earlier_stages_budget_is_not_adopted() -> None:
    """Within what the plan spends of output nobody may spend more of it to save exposure."""
    tried = 0
    for seed in range(12):
        standing = standing_of(shared(seed))
        spent = standing.worth("output_shortfall")
        exposure = Guide({"exposure": 1}, {})
        blocks = list(standing.blocks.values())
        for plant, answer in prove(blocks, "exposure", Prices(), LIMITS, None).answers.items():
            tried += exposure.prefers(standing, plant, answer.values)
            adopt(standing, plant, answer.values, exposure, {"output_shortfall": spent})
        assert standing.worth("output_shortfall") <= spent
    assert tried


def test_the_bound_takes_off_what_prices_and_multipliers_promise() -> None:
    """9 + 4.5 units, less 0.02 x 100 for the road and 0.003 x 500 for output: 10."""
    unit = SCALE // 1000
    prices = Prices({("link", "b", 0): 20 * unit}, {"output_shortfall": 3 * unit})
    alone = Alone("exposure", prices, {"P": 9_000 * unit, "Q": 4_500 * unit}, {})
    left = {("link", "b", 0): 100}
    assert alone.bound(left, {"output_shortfall": 500}) == 10
    assert alone.bound(left, {"output_shortfall": 501}) == 10
    assert alone.bound(left, {"output_shortfall": 499}) == 11
    assert alone.bound(left, {"output_shortfall": 50_000}) == 0


def test_where_a_plant_has_no_proof_there_is_no_bound() -> None:
    alone = Alone("exposure", Prices({}, {"output_shortfall": 3}), {"P": 9_000, "Q": None}, {})
    assert alone.bound({}, {"output_shortfall": 0}) == 0


def test_at_zero_prices_each_plants_floor_counts_in_whole_units() -> None:
    alone = Alone("output_shortfall", Prices(), {"P": 9 * SCALE + 1, "Q": None, "R": -5}, {})
    assert alone.floors == {"P": 10, "Q": 0, "R": 0}
    assert alone.bound({}, {}) == 10


def test_what_is_under_way_hangs_on_workers_only_where_the_clock_ends_a_search() -> None:
    instance = shared(0)
    derived = Derived(instance)
    blocks = 200 * [build_block(derived, plant) for plant in derived.plants.values()]
    counted, clocked = (
        Run(derived, SolveParams(deterministic_limit=limit, workers=2), None, bool, None, None)
        for limit in (1.0, None)
    )
    assert Standing(blocks, {}, counted.most_at_once).at_once == len(blocks) // 40
    assert Standing(blocks, {}, clocked.most_at_once).at_once == 6 < len(blocks) // 40


def test_groups_end_once_so_many_sizes_gained_nothing() -> None:
    """Each plant that pays alone, then four groups of each size, for no plant's values change."""
    standing = standing_of(shared(0))
    paying = [plant for plant in standing.blocks if standing.worth("exposure", [plant]) > 0]
    assert paying
    for idle in (1, 2):
        drawn = list(groups(standing, "exposure", {}, Random(0), idle))
        assert sorted(drawn[: len(paying)]) == [(plant,) for plant in sorted(paying)]
        sizes = [len(group) for group in drawn[len(paying) :]]
        assert sizes == [2, 2, 2, 2, 3, 3, 3, 3][: 4 * idle]
    assert len(list(islice(groups(standing, "exposure", {}, Random(0)), 99))) == 99


def test_a_group_that_meets_one_under_way_waits_and_is_not_lost() -> None:
    drawn = iter([("a", "b"), ("b", "c"), ("d",), ("e",)])
    waiting: list[tuple[str, ...]] = []
    assert next_free(drawn, waiting, {"a"}, 3) == ("b", "c")
    assert waiting == [("a", "b")]
    assert next_free(drawn, waiting, {"a", "d"}, 2) is None
    assert waiting == [("a", "b"), ("d",)]
    assert next_free(drawn, waiting, {"d"}, 2) == ("a", "b")
    assert next_free(drawn, waiting, set(), 2) == ("d",)
    assert next_free(drawn, waiting, set(), 2) == ("e",)
    assert next_free(drawn, waiting, set(), 2) is None
