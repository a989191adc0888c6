"""Imports a registry of made-up size and tells the seconds beside a bare reading by pandas.

Liaoning's plants, over and over, each time under ids of their own, written as CSV to a temporary
folder; the peer is `pandas.read_csv` of the same files, which checks nothing.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from scheduler.intake.registry import read_registry
from scheduler.intake.step import Step

app = typer.Typer()
LIAONING = Path(__file__).parents[1] / "fixtures/liaoning/registry"
COPIED = {
    "enterprises": ("enterprise_id",),
    "grades": ("enterprise_id",),
    "plants": ("plant_id", "enterprise_id"),
    "gates": ("gate_id", "plant_id"),
    "processes": ("process_id", "plant_id"),
    "recipes": ("process_id", "stock_id"),
    "stocks": ("stock_id", "plant_id", "breach_process"),
    "streams": ("stream_id", "plant_id", "stock_id", "gate_id"),
    "fleets": ("plant_id",),
}
"""Tables that are repeated, and their columns that name something of an enterprise."""


@app.command()
def run(
    enterprises: Annotated[int, typer.Option(min=1, help="At least so many.")] = 3000,
) -> None:
    """Import a registry of so many enterprises."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = _write(folder, enterprises)
        began, cpu = time.perf_counter(), time.process_time()
        for path in folder.glob("*.csv"):
            pd.read_csv(path)
        peer, peer_cpu = time.perf_counter() - began, time.process_time() - cpu
        told: list[Step] = []
        began, cpu = time.perf_counter(), time.process_time()
        registry = read_registry(folder, told.append)
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rows = sum(len(getattr(registry, table)) for table in COPIED)
    typer.echo(
        f"{made} enterprises, {rows} rows: {seconds:.1f} s ({used:.1f} s of CPU, {len(told)} steps "
        f"told, peak {peak} MB); pandas reads the cells in {peer:.2f} s ({peer_cpu:.2f} s of CPU), "
        f"ratio {used / peer_cpu:.0f}"
    )


def _write(folder: Path, least: int) -> int:
    tables = {
        p.stem: pd.read_csv(p, dtype=str, keep_default_na=False) for p in LIAONING.glob("*.csv")
    }
    times = -(-least // len(tables["enterprises"]))
    own = set(tables["plants"]["plant_id"])
    for name, table in tables.items():
        parts = [table]
        for n in range(1, times):
            if name in COPIED:
                parts.append(table.assign(**{c: table[c] + f"-{n}" for c in COPIED[name]}))
            elif name == "places":
                plants = table[table["place_id"].isin(own)]
                parts.append(plants.assign(place_id=plants["place_id"] + f"-{n}"))
        pd.concat(parts).to_csv(folder / f"{name}.csv", index=False)
    return times * len(tables["enterprises"])


if __name__ == "__main__":
    app()
