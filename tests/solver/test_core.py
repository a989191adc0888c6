"""Tests that a core names rows that conflict and none that could not matter, and is none where
there is a point."""

from solver.engine import Limits, core
from solver.linear import Rows


def rows_of(least: int) -> Rows:
    """x + y >= least, x <= 3, y <= 4, z <= 5: all but the first could be left out."""
    rows = Rows()
    x, y, z = (rows.variable(0, 9) for _ in range(3))
    rows.row([(1, x), (1, y)], least, None, "asked", "sum")
    for variable, high in ((x, 3), (y, 4), (z, 5)):
        rows.row([(1, variable)], None, high, "link_capacity", "one")
    return rows


ASSUMED = {1: ("x",), 2: ("y",), 3: ("z",)}


def test_what_conflicts_is_named() -> None:
    assert core(rows_of(8), ASSUMED, Limits(counted_work=1.0)) == {("x",), ("y",)}


def test_rows_that_have_a_point_have_no_core() -> None:
    assert core(rows_of(7), ASSUMED, Limits(counted_work=1.0)) is None


def test_rows_under_one_key_are_named_together() -> None:
    assumed = {1: ("both",), 2: ("both",), 3: ("z",)}
    assert core(rows_of(8), assumed, Limits(counted_work=1.0)) == {("both",)}
