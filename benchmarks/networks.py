"""Imports made networks of any size in each format and tells the seconds and the peak memory.

A grid of two-way roads, written in the formats' own columns to a temporary folder.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from math import isqrt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scheduler.intake.network import read_network
from scheduler.intake.network_settings import NetworkSettings
from scheduler.intake.step import Step

app = typer.Typer()
console = Console()
UNITS = NetworkSettings(long_length="m", speed="km/h", time="s")
STEP_DEGREES = 0.01


@app.command()
def run(
    links: Annotated[int, typer.Option(min=4, help="About so many links.")] = 40_000,
) -> None:
    """Import a grid in GMNS, TNTP and OpenStreetMap form."""
    side = isqrt(links // 4) + 1
    table = Table(title=f"import of a grid of {side} x {side} nodes")
    for column in ("format", "links", "seconds", "of CPU", "steps told", "peak MB so far"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for path in (_gmns(base / "gmns", side), _tntp(base, side), _osm(base, side)):
            told: list[Step] = []
            began, cpu = time.perf_counter(), time.process_time()
            network, report = read_network(path, UNITS, told.append)
            seconds, used = time.perf_counter() - began, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            times = f"{seconds:.1f}", f"{used:.1f}"
            row = (report.format, f"{len(network.links):,}", *times, len(told), peak)
            table.add_row(*map(str, row))
    console.print(table)


def _roads(side: int) -> Iterator[tuple[int, int]]:
    """Pairs of neighbouring nodes, numbered from 1 along the rows; each pair once."""
    for x, y in product(range(side), range(side)):
        here = 1 + x + side * y
        if x + 1 < side:
            yield here, here + 1
        if y + 1 < side:
            yield here, here + side


def _places(side: int) -> Iterator[tuple[int, float, float]]:
    for node in range(1, side * side + 1):
        y, x = divmod(node - 1, side)
        yield node, 120 + x * STEP_DEGREES, 40 + y * STEP_DEGREES


def _gmns(folder: Path, side: int) -> Path:
    folder.mkdir()
    nodes = [f"{n},{x:.6f},{y:.6f}\n" for n, x, y in _places(side)]
    (folder / "node.csv").write_text("node_id,x_coord,y_coord\n" + "".join(nodes))
    both = [ends for a, b in _roads(side) for ends in ((a, b), (b, a))]
    links = [f"{k},{a},{b},true,1000,60,1400,2,x\n" for k, (a, b) in enumerate(both)]
    head = "link_id,from_node_id,to_node_id,directed,length,free_speed,capacity,lanes,"
    (folder / "link.csv").write_text(head + "facility_type\n" + "".join(links))
    return folder


def _tntp(base: Path, side: int) -> Path:
    both = [ends for a, b in _roads(side) for ends in ((a, b), (b, a))]
    links = [f"\t{a}\t{b}\t2800\t1000\t60\t0.15\t4\t60\t0\t1\t;\n" for a, b in both]
    nodes = [f"{n}\t{x:.6f}\t{y:.6f}\t;\n" for n, x, y in _places(side)]
    (base / "Grid_net.tntp").write_text(f"<NUMBER OF LINKS> {len(links)}\n" + "".join(links))
    (base / "Grid_node.tntp").write_text("Node\tX\tY\t;\n" + "".join(nodes))
    return base / "Grid_net.tntp"


def _osm(base: Path, side: int) -> Path:
    nodes = [f'<node id="{n}" lon="{x:.6f}" lat="{y:.6f}"/>' for n, x, y in _places(side)]
    ways = [
        f'<way id="{k}"><nd ref="{a}"/><nd ref="{b}"/><tag k="highway" v="primary"/></way>'
        for k, (a, b) in enumerate(_roads(side), start=1)
    ]
    path = base / "grid.osm"
    path.write_text('<osm version="0.6">' + "".join(nodes) + "".join(ways) + "</osm>")
    return path


if __name__ == "__main__":
    app()
