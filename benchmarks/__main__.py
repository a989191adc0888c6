"""`python -m benchmarks`: runs what is missing from the table of results, or tells what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console

from benchmarks.efficiency import efficiency
from benchmarks.figures import draw, growth_of
from benchmarks.measured import alone_of, measure, rows_of
from benchmarks.table import RESULTS, append, begun, commit_of, done, read
from benchmarks.tiers import METHODS, TIERS, Method, Tier, seeds_of
from solver.derive import Derived
from solver.instance import Instance, StageName
from solver.stages import unit_values

app = typer.Typer(help=__doc__, no_args_is_help=True)
app.command()(efficiency)
console = Console()
ROOT = Path(__file__).parents[1]
TABLE = RESULTS / "results.csv"
TOLD = ("stage", "status", "value", "bound", "gap", "net_gap", "seconds", "peak_mib")
Table = Annotated[Path, typer.Option(help="The table that is added to.")]


@app.command()
def run(
    tiers: Annotated[str, typer.Option(help="Names with commas, or `all`.")] = "small,county",
    methods: Annotated[str, typer.Option(help="Names with commas, or `all`.")] = "all",
    workers: Annotated[int, typer.Option(min=1)] = 2,
    commit: Annotated[str, typer.Option(help="Seeds follow from it; the present one.")] = "",
    table: Table = TABLE,
    seeds: Annotated[int, typer.Option(min=1, help="At most so many of a tier's seeds.")] = 5,
    *,
    net: Annotated[
        bool, typer.Option(help="Prove what plants alone cost: for the net gap.")
    ] = True,
) -> None:
    """Run every tier, seed and method that the table does not have of this commit."""
    known = commit_of(ROOT)
    for name in TIERS if tiers == "all" else tiers.split(","):
        tier = TIERS[name]
        for number, seed in enumerate(seeds_of(tier, commit or known)[:seeds]):
            wanted = METHODS if methods == "all" else cast("list[Method]", methods.split(","))
            left = [
                method
                for method in tier.methods_of(number)
                if method in wanted and (name, str(seed), method) not in done(table, known)
            ]
            if left:
                _run_seed(tier, seed, left, workers, table, net=net)


def _run_seed(
    tier: Tier,
    seed: int,
    methods: list[Method],
    workers: int,
    table: Path,
    *,
    net: bool,
) -> None:
    instance = tier.instance(seed)
    units = unit_values(Derived(instance))
    for method in methods:
        console.print(f"{tier.name} seed {seed}: {method} ...")
        here = begun(ROOT)
        seen = measure(method, tier, instance, 0, workers)
        alone: dict[StageName, int] = {}
        if net and seen.outcome is not None and seen.outcome.plan is not None and tier.enterprises:
            plan = seen.outcome.plan
            alone = alone_of(instance, plan, workers) if plan.decisions is not None else {}
        head = here | _head(tier, instance, seed, method, workers)
        rows = [head | row for row in rows_of(instance, seen, units, alone)]
        append(table, rows)
        for row in rows:
            told = (f"{k} {row[k]}" for k in TOLD if row.get(k, "") != "")
            console.print("  " + ", ".join(told), highlight=False)


def _head(
    tier: Tier, instance: Instance, seed: int, method: Method, workers: int
) -> dict[str, object]:
    return {
        "tier": tier.name,
        "instance": instance.digest,
        "seed": seed,
        "method": method,
        "workers": workers,
        "limit_s": tier.seconds,
    }


@app.command()
def plot(table: Table = TABLE) -> None:
    """Draw the figures of a table beside it, and tell how time grows with the enterprises."""
    rows = read(table)
    for path in draw(rows, table.parent):
        console.print(str(path))
    growth = growth_of(rows)
    console.print(str(growth) if growth else "growth: sizes are missing")


if __name__ == "__main__":
    app()
