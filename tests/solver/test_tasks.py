"""Tests that tasks go through an executor in the order of the asking, however many work on them."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest

from solver.engine import Answer, Limits
from solver.linear import Expression, Rows
from solver.tasks import Task, asked_beside, flow, run_all


def least_above(low: int) -> Task:
    """Minimise x >= low."""
    rows = Rows()
    return Task(rows, Expression([(1, rows.variable(low, 99))]), Limits(), {})


def asker(lows: list[int]) -> Callable[[], tuple[int, Task] | None]:
    waiting = list(lows)
    return lambda: (waiting[0], least_above(waiting.pop(0))) if waiting else None


def test_answers_stand_in_the_order_of_the_tasks() -> None:
    tasks = [least_above(low) for low in (7, 3, 5)]
    with ThreadPoolExecutor(2) as executor:
        for through in (None, executor):
            assert [answer.value for answer in run_all(tasks, through)] == [7, 3, 5]


@pytest.mark.parametrize("n_threads", [0, 1, 3])
def test_answers_are_taken_in_the_order_of_the_asking(n_threads: int) -> None:
    taken: list[tuple[int, int | None]] = []

    def take(low: int, answer: Answer) -> bool:
        taken.append((low, answer.value))
        return False

    def through(executor: Executor | None) -> None:
        flow(executor, asker([4, 1, 3, 2]), take, depth=2)

    if n_threads:
        with ThreadPoolExecutor(n_threads) as executor:
            through(executor)
    else:
        through(None)
    assert taken == [(4, 4), (1, 1), (3, 3), (2, 2)]


def test_told_to_stop_it_asks_no_more_but_takes_what_is_under_way() -> None:
    taken: list[int] = []

    def take(low: int, _: Answer) -> bool:
        taken.append(low)
        return True

    flow(None, asker([1, 2, 3, 4, 5]), take, depth=3)
    assert taken == [1, 2, 3]


def test_what_cannot_be_asked_now_is_asked_once_something_is_taken() -> None:
    """Two tasks exclude each other: the second is asked for after the first is taken."""
    free, waiting, taken = [True], [1, 2], list[int]()

    def ask() -> tuple[int, Task] | None:
        if not waiting or not free[0]:
            return None
        free[0] = False
        return waiting[0], least_above(waiting.pop(0))

    def take(low: int, _: Answer) -> bool:
        free[0] = True
        taken.append(low)
        return False

    flow(None, ask, take, depth=2)
    assert taken == [1, 2]


def test_what_is_asked_beside_begins_at_once_elsewhere_and_here_when_wanted() -> None:
    asked: list[int] = []

    def negated(number: int) -> int:
        asked.append(number)
        return -number

    here = asked_beside(negated, 1, None)
    assert asked == []
    assert (here(), here(), asked) == (-1, -1, [1])
    with ThreadPoolExecutor(1) as executor:
        beside = asked_beside(negated, 2, executor)
    assert (asked, beside()) == ([1, 2], -2)
