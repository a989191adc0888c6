"""Least sets and runs against all that there are."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from solver.irreducible import least_run, least_set


@given(st.integers(1, 9), st.data())
def test_a_least_set_holds_and_no_part_of_it_does(n: int, data: st.DataObject) -> None:
    """What holds contains one of some sets, the preferred being the one that goes on with the
    earliest items where others need later ones."""
    some = st.frozensets(st.integers(0, n - 1))
    enough = data.draw(st.lists(some, min_size=1, max_size=4))

    def holds(items: tuple[int, ...]) -> bool:
        return any(one <= set(items) for one in enough)

    found = least_set(range(n), holds)
    assert found == tuple(sorted(found))
    assert any(one <= set(found) for one in enough)
    for size in range(len(found)):
        assert not any(holds(part) for part in combinations(found, size))
    assert max(found, default=-1) == min(max(one, default=-1) for one in enough)


def test_what_is_left_out_together_is_asked_once() -> None:
    """Of 64 items the first is needed: each question leaves out twice as many as the one before."""
    asked: list[int] = []

    def holds(items: tuple[int, ...]) -> bool:
        asked.append(len(items))
        return 0 in items

    assert least_set(range(64), holds) == (0,)
    assert asked == [63, 61, 57, 49, 33, 1, 0]


@given(st.integers(1, 12), st.data())
def test_a_least_run_holds_and_no_shorter_one_within_it_does(n: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, n - 1))
    last = data.draw(st.integers(first, n - 1))

    def holds(run: range) -> bool:
        return run.start <= first and last < run.stop

    assert least_run(range(n), holds) == range(first, last + 1)
