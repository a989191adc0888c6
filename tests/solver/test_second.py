"""Tests that a no is told only where a second way of solving says it too."""

import pytest

from solver.linear import Rows
from solver.second import Opinion, by_highs, second_opinion


def pigeons(holes: int) -> Rows:
    """`holes + 1` pigeons, one to a hole at most."""
    rows = Rows()
    place = [[rows.variable(0, 1) for _ in range(holes)] for _ in range(holes + 1)]
    for pigeon in place:
        rows.row([(1, v) for v in pigeon], 1, None, "asked", "pigeon")
    for hole in range(holes):
        rows.row([(1, pigeon[hole]) for pigeon in place], None, 1, "asked", "hole")
    return rows


def halves(most: int) -> Rows:
    """2x + 4y + 6z odd within a sum: no integer point, many fractional ones."""
    rows = Rows()
    x, y, z = (rows.variable(0, most) for _ in range(3))
    rows.row([(2, x), (4, y), (5, z)], 7, 7, "asked", "sum")
    rows.row([(1, z)], None, 0, "asked", "none")
    return rows


@pytest.mark.parametrize("rows", [pigeons(3), halves(9)], ids=["pigeons", "halves"])
def test_what_has_no_point_is_infeasible_both_ways(rows: Rows) -> None:
    assert by_highs(rows) == Opinion("infeasible")
    assert second_opinion(rows, 1.0).verdict == "infeasible"


def test_what_has_a_point_is_never_called_infeasible() -> None:
    fits = Rows()
    x = fits.variable(0, 5)
    fits.row([(3, x), (2, fits.variable(0, 5))], 7, 7, "asked", "sum")
    assert by_highs(fits) == Opinion("feasible")
    assert second_opinion(fits, 1.0).verdict == "feasible"


def test_where_cp_sat_may_not_work_highs_decides() -> None:
    assert second_opinion(pigeons(4), 1e-9).verdict == "infeasible"


def test_a_clock_that_ends_it_is_told() -> None:
    assert by_highs(pigeons(9), guard_s=0.0) == Opinion("unknown", clocked=True)
