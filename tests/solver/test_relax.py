"""Tests that the linear relaxation tells its value and duals, and None where it has none."""

import pytest

from solver.linear import Expression, Rows
from solver.relax import Relaxation, program_of, relax


def _relaxed(rows: Rows, objective: Expression, rounds: int) -> Relaxation | None:
    return relax(program_of(rows.lower, rows.upper, [(rows, 0)], objective), rounds)


def test_value_and_duals_of_a_covering_problem() -> None:
    """Minimise 7 + 3x + 5y with x + y >= 10 and 2x + y <= 14: x = 4, y = 6; one more needed
    costs 7 (x - 1, y + 2), one more of capacity saves 2 (x + 1, y - 1)."""
    rows = Rows()
    x, y = rows.variable(0, 100), rows.variable(0, 100)
    rows.row([(1, x), (1, y)], 10, None, "stock_balance", "ore")
    rows.row([(1, x), (-1, y)], None, 50, "fleet", "slack")
    rows.row([(2, x), (1, y)], None, 14, "link_capacity", "a")
    found = _relaxed(rows, Expression([(3, x), (5, y)], 7), 10_000)
    assert found is not None
    assert found.value == pytest.approx(7 + 3 * 4 + 5 * 6, rel=1e-3)
    assert found.duals == pytest.approx([7, 0, -2], abs=0.02)


def test_an_upper_side_that_does_not_bind_has_no_price() -> None:
    rows = Rows()
    x = rows.variable(3, 9)
    rows.row([(2, x), (1, rows.variable(0, 1))], None, 11, "link_capacity", "a")
    found = _relaxed(rows, Expression([(1, x)]), 10_000)
    assert found is not None
    assert found.value == pytest.approx(3, rel=1e-3)
    assert found.duals == pytest.approx([0], abs=1e-3)


def test_rows_in_small_units_hide_no_others() -> None:
    """Errors count in relation to all right-hand sides: beside a row in units a million times as
    small, ten trucks too few would be none."""
    rows = Rows()
    xs = [rows.variable(0, 100) for _ in range(60)]
    for n in range(60):
        some = {xs[(n * k) % 60] for k in (1, 7, 11)}
        rows.row([(1, x) for x in some], 10 + n % 3, None, "stock_balance", "trucks")
    rows.row([(7_000_001 + n, x) for n, x in enumerate(xs)], None, 10**10, "stock_balance", "grams")
    objective = Expression([(3 + n % 4, x) for n, x in enumerate(xs)])
    near, exact = (_relaxed(rows, objective, rounds) for rounds in (4_000, 100_000))
    assert near is not None
    assert exact is not None
    assert exact.value > 100
    assert near.value == pytest.approx(exact.value, rel=1e-2)


def test_more_rounds_come_nearer() -> None:
    rows = Rows()
    x, y = rows.variable(0, 100), rows.variable(0, 100)
    rows.row([(1, x), (1, y)], 10, None, "stock_balance", "ore")
    rows.row([(2, x), (1, y)], None, 14, "link_capacity", "a")
    objective = Expression([(3, x), (5, y)])
    few, many = (_relaxed(rows, objective, rounds) for rounds in (4, 10_000))
    assert few is not None
    assert many is not None
    assert abs(many.value - 42) < abs(few.value - 42)


def test_the_same_rows_give_the_same_duals() -> None:
    rows = Rows()
    terms = [(3 + k % 5, rows.variable(0, 9)) for k in range(40)]
    rows.row(terms, 100, None, "stock_balance", "ore")
    rows.row([(1, v) for _, v in terms], None, 60, "link_capacity", "a")
    objective = Expression([(7 + k % 3, v) for k, (_, v) in enumerate(terms)])
    one, two = (_relaxed(rows, objective, 77) for _ in range(2))
    assert one is not None
    assert two is not None
    assert one.value == two.value
    assert list(one.duals) == list(two.duals)


def test_rows_that_contradict_each_other_have_no_relaxation_worth_the_name() -> None:
    rows = Rows()
    x, y = rows.variable(0, 9), rows.variable(0, 9)
    rows.row([(1, x), (1, y)], 12, None, "stock_balance", "ore")
    rows.row([(1, x), (1, y)], None, 11, "link_capacity", "a")
    assert _relaxed(rows, Expression([(1, x)]), 10_000) is None
