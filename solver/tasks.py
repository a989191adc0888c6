"""Sub-problems that other processes can solve, and how they go through an executor.

What is asked and taken follows the order of the asking alone, so the outcome does not depend on who
was first, nor on how many processes there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeVar

from solver.engine import Answer, Limits, Model, model_of, run_model
from solver.linear import Expression, Rows

Asked = TypeVar("Asked")
"""What a task was asked for."""

Found = TypeVar("Found")
"""What was answered."""


@dataclass(frozen=True)
class Task:
    """A sub-problem that another process can solve."""

    rows: Rows
    objective: Expression
    limits: Limits
    hint: dict[int, int]

    @property
    def model(self) -> Model:
        return model_of(self.rows, self.objective, self.hint)


def run_task(task: Task) -> Answer:
    return run_model(task.model, task.limits)


LOST = Answer("unknown", [], None, None, 0.0, clocked=True, seconds=0.0)
"""No answer: a task that kills every process it is given costs this alone, never the solve."""


def answer_of(result: Callable[[], Found], lost: Found) -> Found:
    """What was answered, or what stands for it where every process asked has died."""
    try:
        return result()
    except BrokenExecutor:
        return lost


def asked_beside(
    solved: Callable[[Asked], Found], question: Asked, executor: Executor | None
) -> Callable[[], Found]:
    """What a function says, asked of another process at once; here, and once, when it is wanted,
    where there is none. Raises BrokenExecutor where every process asked has died."""
    if executor is None:
        return cache(partial(solved, question))
    return executor.submit(solved, question).result


def answers_to(
    solved: Callable[[Asked], Found],
    questions: Iterable[Asked],
    executor: Executor | None,
    lost: Found,
) -> list[Found]:
    """What a function says to each question, in their order."""
    if executor is None:
        return [solved(question) for question in questions]
    asked = [executor.submit(solved, question) for question in questions]
    return [answer_of(future.result, lost) for future in asked]


def run_all(tasks: Sequence[Task], executor: Executor | None) -> list[Answer]:
    """Answers in the order of the tasks."""
    if len(tasks) == 1:
        return [run_task(tasks[0])]
    return ask_all(tasks, executor)()


def ask_all(tasks: Sequence[Task], executor: Executor | None) -> Callable[[], list[Answer]]:
    """The same, asked of other processes at once and told when wanted."""
    if executor is None:
        return lambda: [run_task(task) for task in tasks]
    asked = [_submitted(task, executor) for task in tasks]
    return lambda: [answer() for answer in asked]


def flow(
    executor: Executor | None,
    ask: Callable[[], tuple[Asked, Task] | None],
    take: Callable[[Asked, Answer], bool],
    depth: int,
) -> None:
    """Tasks one after the other, `depth` of them under way: the next is asked for when the oldest
    answer has been taken, in the order of the asking, so nothing depends on who was first. Ends
    when nothing is left to ask, or once `take` says to stop, with those under way taken."""
    under_way: deque[tuple[Asked, Callable[[], Answer]]] = deque()
    stopped = False
    while True:
        while not stopped and len(under_way) < depth:
            asked = ask()
            if asked is None:
                break
            what, task = asked
            under_way.append((what, _submitted(task, executor)))
        if not under_way:
            return
        what, answer = under_way.popleft()
        stopped = take(what, answer()) or stopped


def _submitted(task: Task, executor: Executor | None) -> Callable[[], Answer]:
    if executor is None:
        return partial(run_task, task)
    return partial(answer_of, executor.submit(run_model, task.model, task.limits).result, LOST)
