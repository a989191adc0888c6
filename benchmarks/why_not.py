"""Asks for windows at random in a generated city and tells kinds, seconds and CPU seconds.

`python -m benchmarks.why_not`: 200 enterprises, first fit's plan or, with `--plan`, any other.
"""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fixtures.generator import generate
from solver.asked_window import AskedWindow, windows_of
from solver.baseline import first_fit
from solver.instance import Instance, read_instance
from solver.plan import Decisions, Plan, read_plan
from solver.why_not import why_not

app = typer.Typer()
console = Console()


@app.command()
def run(
    enterprises: Annotated[int, typer.Option(min=1)] = 200,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    questions: Annotated[int, typer.Option(min=1)] = 40,
    instance: Annotated[Path | None, typer.Option(exists=True, help="A city of your own.")] = None,
    plan: Annotated[Path | None, typer.Option(exists=True, help="Its plan.")] = None,
) -> None:
    """Ask in one city; half of the windows are asked for in exchange."""
    city = generate(enterprises, 24, 30, seed) if instance is None else _read(instance)
    made = _fitted(city) if plan is None else read_plan(plan.read_bytes())
    assert made.decisions is not None, "the plan decides nothing"
    gc.freeze()  # as the command does
    spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for asked in _questions(Random(seed), city, made.decisions, questions):
        began, cpu = time.perf_counter(), time.process_time()
        answer = why_not(city, made, asked)
        spent[answer.kind].append((time.perf_counter() - began, time.process_time() - cpu))
    _tell(city, spent)


def _read(path: Path) -> Instance:
    return read_instance(path.read_bytes())


def _fitted(city: Instance) -> Plan:
    return Plan(instance_digest=city.digest, status="feasible", decisions=first_fit(city))


def _questions(rng: Random, city: Instance, decisions: Decisions, n: int) -> Iterator[AskedWindow]:
    restricted = {limit.plant for limit in city.window_limits}
    plants = [plant for plant in city.plants if plant.id in restricted and plant.streams]
    for _ in range(n):
        plant = rng.choice(plants)
        gate = rng.choice(plant.gates).id
        length = rng.choice((2, 2, 3, 4, 4, 6, 9))
        first = rng.randrange(city.grid.n_slots - length)
        had = windows_of(decisions, gate)
        given = rng.choice(had) if had and rng.random() < 0.5 else None
        yield AskedWindow(
            plant=plant.id,
            gate=gate,
            first_slot=first,
            end_slot=first + length,
            instead_of=given,
        )


def _tell(city: Instance, spent: dict[str, list[tuple[float, float]]]) -> None:
    table = Table(title=f"Why not, {city.name}")
    for column in ("answer", "asked", "median s", "most s", "median CPU s", "most CPU s"):
        table.add_column(column, justify="left" if column == "answer" else "right")
    for kind, rows in sorted(spent.items()):
        wall, cpu = zip(*rows, strict=True)
        cells = (f"{value:.2f}" for value in (median(wall), max(wall), median(cpu), max(cpu)))
        table.add_row(kind, str(len(rows)), *cells)
    console.print(table)


if __name__ == "__main__":
    app()
