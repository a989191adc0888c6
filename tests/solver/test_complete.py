"""Tests that values follow from the rows alone where no engine is asked."""

from random import Random

import pytest

from solver.baseline import first_fit
from solver.check import stage_values
from solver.compact import build_block
from solver.complete import complete
from solver.decided import rates_and_safe_trips, refusals, trips_and_windows
from solver.derive import Derived
from solver.linear import Rows
from solver.start import at_rest
from tests.solver.wild import wild_instance


def rows_of(*uppers: int) -> Rows:
    rows = Rows()
    for upper in uppers:
        rows.variable(0, upper)
    return rows


def test_what_follows_is_set_and_the_rest_is_as_small_as_may_be() -> None:
    """x + 2y = 11, z >= y - 1, w free: from x = 5 follow y = 3 and z >= 2."""
    rows = rows_of(9, 9, 9, 9)
    rows.row([(1, 0), (2, 1)], 11, 11, "law", "there")
    rows.row([(1, 2), (-1, 1)], -1, None, "law", "there")
    assert complete(rows, {0: 5}) == [5, 3, 2, 0]
    assert complete(rows, {0: 6}) is None


def test_a_value_just_in_its_range_or_one_beyond() -> None:
    assert complete(rows_of(9), {0: 9}) == [9]
    assert complete(rows_of(9), {0: 10}) is None


def test_negative_coefficients_narrow_upwards() -> None:
    """y >= ceil(7 / 2)."""
    rows = rows_of(7, 9)
    rows.row([(1, 0), (-2, 1)], None, 0, "law", "there")
    assert complete(rows, {0: 7}) == [7, 4]


@pytest.mark.parametrize("seed", range(12))
def test_first_fit_follows_from_its_decisions_at_the_checkers_values(seed: int) -> None:
    instance = wild_instance(Random(seed))
    decisions = first_fit(instance)
    found: dict[str, int] = {}
    for block in (build_block(Derived(instance), p) for p in Derived(instance).plants.values()):
        known = trips_and_windows(block, decisions) | rates_and_safe_trips(block, decisions)
        values = complete(block.rows, known | (refusals(block, decisions) or {}))
        assert values is not None
        block.settle(values)
        for name, worth in block.stages.items():
            found[name] = found.get(name, 0) + worth.value(values)
    assert {s.name: found[s.name] for s in stage_values(instance, decisions)} == {
        s.name: s.value for s in stage_values(instance, decisions)
    }


@pytest.mark.parametrize("seed", range(12))
def test_every_plant_can_rest(seed: int) -> None:
    derived = Derived(wild_instance(Random(seed)))
    for plant in derived.plants.values():
        block = build_block(derived, plant)
        values = at_rest(block)
        assert values is not None and block.rows.allow(values)
