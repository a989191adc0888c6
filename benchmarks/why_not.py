"""Asks for windows at random in a generated city and tells kinds, seconds and CPU seconds.

`python -m benchmarks.why_not`: 200 enterprises, first fit's plan or, with `--plan`, any other. What
was measured is added to `results/why_not.csv`, a row a kind of answer.
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

from benchmarks.table import RESULTS, append, begun
from fixtures.generator import generate
from solver.asked_window import AskedWindow, windows_of
from solver.baseline import first_fit
from solver.instance import Instance, read_instance
from solver.plan import Decisions, Plan, read_plan
from solver.why_not import why_not

app = typer.Typer()
console = Console()
ROOT = Path(__file__).parents[1]
TABLE = RESULTS / "why_not.csv"
COLUMNS = (
    *("commit", "machine", "load", "city", "plan", "enterprises", "kind", "answers"),
    *("median_s", "most_s", "median_cpu_s", "most_cpu_s"),
)


@app.command()
def run(
    enterprises: Annotated[int, typer.Option(min=1)] = 200,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    questions: Annotated[int, typer.Option(min=1)] = 40,
    instance: Annotated[Path | None, typer.Option(exists=True, help="A city of your own.")] = None,
    plan: Annotated[Path | None, typer.Option(exists=True, help="Its plan.")] = None,
    table: Annotated[Path, typer.Option(help="The table that is added to.")] = TABLE,
) -> None:
    """Ask in one city; half of the windows are asked for in exchange."""
    city = generate(enterprises, 24, 30, seed) if instance is None else _read(instance)
    made = _fitted(city) if plan is None else read_plan(plan.read_bytes())
    assert made.decisions is not None, "the plan decides nothing"
    gc.freeze()  # as the command does
    head = begun(ROOT) | {
        "city": city.name,
        "plan": "first fit" if plan is None else "given",
        "enterprises": len({plant.enterprise for plant in city.plants}),
    }
    spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for asked in _questions(Random(seed), city, made.decisions, questions):
        began, cpu = time.perf_counter(), time.process_time()
        answer = why_not(city, made, asked)
        spent[answer.kind].append((time.perf_counter() - began, time.process_time() - cpu))
    rows = [head | _row(kind, both) for kind, both in sorted(spent.items())]
    append(table, rows, COLUMNS)
    _tell(city, rows)


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


def _row(kind: str, spent: list[tuple[float, float]]) -> dict[str, object]:
    wall, cpu = zip(*spent, strict=True)
    seconds = (median(wall), max(wall), median(cpu), max(cpu))
    told = zip(COLUMNS[-4:], (round(value, 2) for value in seconds), strict=True)
    return {"kind": kind, "answers": len(spent), **dict(told)}


def _tell(city: Instance, rows: list[dict[str, object]]) -> None:
    shown = COLUMNS[COLUMNS.index("kind") :]
    table = Table(*shown, title=f"Why not, {city.name}")
    for row in rows:
        table.add_row(*(str(row[column]) for column in shown))
    console.print(table)


if __name__ == "__main__":
    app()
