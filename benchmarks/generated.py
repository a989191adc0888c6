"""Solves generated instances and tells each stage's value, bound, gap and seconds.

Beside each value stands what first fit reaches, as a ratio to the bound: it says how much there
was to gain. With `--worth` the set's shares and verdict follow.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Annotated, cast

import typer
from rich.console import Console
from rich.table import Table

from fixtures.generator import SlotMinutes, generate
from solver.baseline import first_fit
from solver.check import find_violations, stage_values
from solver.instance import Instance
from solver.plan import Decisions, Plan
from solver.solve import SolveParams, solve
from solver.worth import Verdict, Worth, bounds_alone, verdict, worth

app = typer.Typer()
console = Console()


@app.command()
def run(
    enterprises: Annotated[int, typer.Option(min=1)] = 40,
    hours: Annotated[int, typer.Option(min=1)] = 24,
    slot_minutes: Annotated[int, typer.Option(help="15, 30 or 60.")] = 30,
    seeds: Annotated[str, typer.Option(help="Seeds, with commas.")] = "1,2,3,4,5",
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds for each instance.")] = 60.0,
    workers: Annotated[int, typer.Option(min=1)] = 2,
    worth_too: Annotated[bool, typer.Option("--worth", help="Tell the shares as well.")] = False,
) -> None:
    """Solve one generated instance per seed."""
    if slot_minutes not in (15, 30, 60):
        raise typer.BadParameter("slots have 15, 30 or 60 minutes")
    measured: list[Worth] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        for seed in (int(text) for text in seeds.split(",")):
            instance = generate(enterprises, hours, cast("SlotMinutes", slot_minutes), seed)
            began = time.perf_counter()
            fitted = first_fit(instance)
            fit_s = time.perf_counter() - began
            params = SolveParams(time_limit_s=time_limit, workers=workers)
            plan = solve(instance, params, clock=time.monotonic, executor=executor)
            _tell(instance, plan, fitted, fit_s)
            if worth_too and plan.decisions is not None:
                alone = bounds_alone(instance, plan, executor)
                measured.append(worth(instance, plan, fitted, alone))
    if measured:
        _tell_worth(measured, verdict(measured))


def _tell(instance: Instance, plan: Plan, fitted: Decisions, fit_s: float) -> None:
    table = Table(
        title=f"{instance.name}: {plan.status} in {plan.seconds:.1f} s, "
        f"{len(find_violations(instance, plan))} violations; first fit in {fit_s:.1f} s"
    )
    for column in ("stage", "value", "bound", "gap", "proof", "seconds", "first fit / bound"):
        table.add_column(column, justify="left" if column in ("stage", "proof") else "right")
    reached = {stage.name: stage.value for stage in stage_values(instance, fitted)}
    for stage in plan.stages:
        table.add_row(
            stage.name,
            f"{stage.value:,}",
            f"{stage.bound:,}",
            f"{100 * stage.gap:.2f} %",
            stage.proof,
            f"{stage.seconds:.1f}",
            _ratio(reached[stage.name], stage.bound),
        )
    console.print(table)


def _ratio(value: int, bound: int) -> str:
    return f"{value / bound:.2f}" if bound else f"{value:,} / 0"


def _tell_worth(measured: list[Worth], judged: Verdict) -> None:
    table = Table(title="Worth solving")
    shares = ("windows_bind", "tight_links", "tight_stocks", "sharing_classes", "largest_group")
    for column in ("instance", *shares, "coordination"):
        table.add_column(column)
    for one in measured:
        values = [f"{getattr(one, share):.3g}" for share in shares]
        known = "-" if one.coordination is None else f"{one.coordination:.3g}"
        table.add_row(one.instance, *values, known)
    console.print(table)
    for reason in judged.refused:
        console.print(f"refused: {reason}")


if __name__ == "__main__":
    app()
