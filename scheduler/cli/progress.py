"""Shows how far a planning job is: a bar on a terminal, a line per stage in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from scheduler.domain.job import Job
from solver.instance import STAGE_NAMES


@contextmanager
def progress_of_job() -> Iterator[Callable[[Job], None]]:
    out = Console(stderr=True, highlight=False)
    if out.is_terminal:
        yield from _bar(out)
    else:
        yield _lines(out)


def _bar(out: Console) -> Iterator[Callable[[Job], None]]:
    columns = (TextColumn("planning"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, TimeElapsedColumn(), console=out) as bar:
        task = bar.add_task("", total=len(STAGE_NAMES), told="queued")

        def show(job: Job) -> None:
            done = len(STAGE_NAMES) if job.state.is_over else _stage_number(job)
            bar.update(task, completed=done, told=_told(job))

        yield show


def _lines(out: Console) -> Callable[[Job], None]:
    seen: set[str] = set()

    def show(job: Job) -> None:
        stage = job.progress.stage if job.progress else job.state
        if stage not in seen:
            seen.add(stage)
            out.print(f"planning: {_told(job)}")

    return show


def _stage_number(job: Job) -> int:
    names = list[str](STAGE_NAMES)
    return names.index(job.progress.stage) if job.progress else 0


def _told(job: Job) -> str:
    found = job.progress
    if found is None or found.value is None or found.bound is None:
        return str(job.state)
    return f"{job.state}: {found.stage} {found.value:,}, proved at least {found.bound:,}"
