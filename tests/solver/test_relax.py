"""Tests that the linear relaxation tells its value and duals, and None where it has no optimum."""

import pytest
from pybind11_abseil.status import StatusNotOk

from solver.linear import Expression, Rows
from solver.relax import relax


def test_value_and_duals_of_a_covering_problem() -> None:
    """Minimise 7 + 3x + 5y with x + y >= 10 and 2x + y <= 14: x = 4, y = 6; one more needed
    costs 7 (x - 1, y + 2), one more of capacity saves 2 (x + 1, y - 1)."""
    rows = Rows()
    x, y = rows.variable(0, 100), rows.variable(0, 100)
    rows.row([(1, x), (1, y)], 10, None, "stock_balance", "ore")
    rows.row([(1, x), (-1, y)], None, 50, "fleet", "slack")
    rows.row([(2, x), (1, y)], None, 14, "link_capacity", "a")
    found = relax(rows, Expression([(3, x), (5, y)], 7), 5.0)
    assert found is not None
    assert found.value == pytest.approx(7 + 3 * 4 + 5 * 6, abs=1e-4)
    assert found.duals == pytest.approx([7, 0, -2], abs=1e-4)


def test_an_upper_side_that_does_not_bind_has_no_price() -> None:
    rows = Rows()
    x = rows.variable(3, 9)
    rows.row([(2, x), (1, rows.variable(0, 1))], None, 11, "link_capacity", "a")
    found = relax(rows, Expression([(1, x)]), 5.0)
    assert found is not None
    assert found.value == pytest.approx(3, abs=1e-4)
    assert found.duals == pytest.approx([0], abs=1e-4)


def test_rows_that_contradict_each_other_have_no_optimum() -> None:
    rows = Rows()
    x, y = rows.variable(0, 9), rows.variable(0, 9)
    rows.row([(1, x), (1, y)], 12, None, "stock_balance", "ore")
    rows.row([(1, x), (1, y)], None, 11, "link_capacity", "a")
    assert relax(rows, Expression([(1, x)]), 5.0) is None


def test_an_interior_point_that_stalls_is_no_optimum() -> None:
    """HiGHS ends this one with model status Unknown, which MathOpt raises as INTERNAL."""
    rows = Rows()
    x, y = rows.variable(0, 10**10), rows.variable(0, 10**10)
    rows.row([(1000, x), (-1, y)], 0, 1000, "link_capacity", "a")
    assert relax(rows, Expression([(-10, x), (-(10**9), y)]), 5.0) is None


def test_coefficients_that_the_solver_refuses_are_no_optimum() -> None:
    """HiGHS takes no matrix value of 1e15 or more: status kError, raised as INTERNAL as well."""
    rows = Rows()
    x, y = rows.variable(0, 9), rows.variable(0, 9)
    rows.row([(10**17, x), (1, y)], 1, None, "stock_balance", "ore")
    assert relax(rows, Expression([(1, x)]), 5.0) is None


def test_a_malformed_model_is_a_fault_and_raised() -> None:
    """A bound that is no number is ours to mend, and must not pass for "no optimum"."""
    rows = Rows()
    rows.variable(0, 1)
    rows.lower.append(0)
    rows.upper.append(float("nan"))
    with pytest.raises(StatusNotOk, match="INVALID_ARGUMENT"):
        relax(rows, Expression([(1, 0)]), 5.0)
