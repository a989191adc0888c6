"""Re-plans generated cities after one change, and tells what moved and how long it took.

A city is planned from its alert on, 24 hours are published, and some hours later something
changes: a road is closed, or the level is raised so that windows become shorter. The horizon rolls
on by as much. What was measured is added to `results/replans.csv`, a row a change.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.table import RESULTS, append, begun
from fixtures.generator import generate
from scheduler.solving import solving_in
from solver.check import find_violations, stage_values
from solver.cut import first_slots, rest_of
from solver.instance import Bar, Instance, WorthMoving
from solver.moves import forced, moves_of
from solver.overrides import overridden
from solver.seam import Seam, in_force_of, seam_at
from solver.solve import SolveParams, solve

app = typer.Typer()
console = Console()
ROOT = Path(__file__).parents[1]
TABLE = RESULTS / "replans.csv"
COLUMNS = (
    *("commit", "machine", "load", "enterprises", "hours", "seed", "change", "first_s", "limit_s"),
    *("status", "violations", "seconds", "forced_told_s", "published_windows", "moved", "forced"),
    *("beyond", "beyond_percent", "trips_changed", "locks_overridden", "calm_asked"),
    *("calm_exposure", "safety_shortfall", "output_shortfall", "changed_departures", "exposure"),
    "windows",
)

SLOT_MINUTES: Literal[30] = 30
NOTICE_HOURS = 2
PUBLISHED_HOURS = 24
WORTH = WorthMoving(safety=1000, output_utrip=1_000_000, exposure=2_000, trips_a_window=10)


def closed_road(instance: Instance) -> Instance:
    """The link that most paths use is closed to every truck for six hours."""
    uses = [link for path in instance.paths for link in path.links]
    busiest = max(sorted(set(uses)), key=uses.count)
    bar = Bar(
        id="closure",
        clause="road closed",
        kinds=("ordinary", "safe_production", "livelihood", "hazardous", "emergency"),
        classes=tuple(vehicle.id for vehicle in instance.vehicle_classes),
        links=(busiest,),
        first_slot=0,
        end_slot=min(12, instance.grid.n_slots),
    )
    return instance.model_copy(update={"bars": (*instance.bars, bar)})


def raised(instance: Instance) -> Instance:
    """Six hours on, every plant may open a slot less a day."""
    limits = tuple(
        limit.model_copy(
            update={"max_open_slots_day": max(limit.min_slots, limit.max_open_slots_day - 1)}
        )
        for limit in instance.window_limits
    )
    return instance.model_copy(update={"window_limits": limits})


def unchanged(instance: Instance) -> Instance:
    return instance


CHANGES: dict[str, Callable[[Instance], Instance]] = {
    "nothing": unchanged,
    "closure": closed_road,
    "raised": raised,
}


def touched_by(change: str, instance: Instance) -> set[str]:
    """Plants whose data a change touches."""
    if change == "nothing":
        return set()
    if change == "raised":
        return {plant.id for plant in instance.plants}
    closed = set(instance.bars[-1].links)
    ways = {path.id for path in instance.paths if closed & set(path.links)}
    return {
        plant.id
        for plant in instance.plants
        for stream in plant.streams
        for leg in stream.legs
        if {leg.path_out, leg.path_back} & ways
    }


@app.command()
def run(
    enterprises: Annotated[int, typer.Option(min=1)] = 200,
    hours: Annotated[int, typer.Option(min=1)] = 48,
    after_hours: Annotated[int, typer.Option(min=1)] = 6,
    seeds: Annotated[str, typer.Option(help="With commas.")] = "1",
    first_s: float = 60.0,
    time_limit: float = 20.0,
    changes: Annotated[str, typer.Option(help="With commas.")] = "nothing,closure,raised",
    table: Annotated[Path, typer.Option(help="The table that is added to.")] = TABLE,
) -> None:
    """Plan cities, change one thing after the other, and plan them again each time."""
    for seed in map(int, seeds.split(",")):
        whole = generate(enterprises, hours + after_hours, SLOT_MINUTES, seed)
        with solving_in(2) as executor:
            rest, seam = _begun(whole, hours, after_hours, first_s, executor)
            for change in changes.split(","):
                head = begun(ROOT) | {
                    "enterprises": enterprises,
                    "hours": hours,
                    "seed": seed,
                    "change": change,
                    "first_s": first_s,
                    "limit_s": time_limit,
                }
                row = head | _again(rest, seam, change, time_limit, executor)
                append(table, [row], COLUMNS)
                _tell(whole.name, row)


def _begun(
    whole: Instance, hours: int, after_hours: int, first_s: float, executor: Executor
) -> tuple[Instance, Seam]:
    """A city's plan in force, and what is left of the city when something changes."""
    slots_h = 60 // SLOT_MINUTES
    first = first_slots(whole, hours * slots_h)
    params = SolveParams(time_limit_s=first_s)
    plan = solve(first, params, clock=time.monotonic, executor=executor)
    assert plan.decisions is not None
    seam = seam_at(
        first,
        plan.decisions,
        after_hours * slots_h,
        notice_slots=NOTICE_HOURS * slots_h,
        published_slots=PUBLISHED_HOURS * slots_h,
    )
    return rest_of(whole, after_hours * slots_h, seam), seam


def _again(
    rest: Instance, seam: Seam, change: str, time_limit: float, executor: Executor
) -> dict[str, object]:
    """Change one thing and plan again: what moved, what of it had to, and the seconds of both."""
    changed = CHANGES[change](rest)
    names = {plant.id for plant in rest.plants} - touched_by(change, changed)
    in_force = in_force_of(seam, WORTH, names)
    again, given_up = overridden(
        changed.model_copy(update={"published": seam.trips, "in_force": in_force})
    )
    began = time.perf_counter()
    params = SolveParams(time_limit_s=time_limit)
    plan = solve(again, params, clock=time.monotonic, executor=executor)
    seconds = time.perf_counter() - began
    assert plan.decisions is not None
    moves = moves_of(again, plan.decisions)
    by_plant = sorted({move.plant for move in moves.windows})
    began = time.perf_counter()
    must = sum(found.n for found in forced(again, by_plant, executor).values())
    forced_s = time.perf_counter() - began
    beyond = len(moves.windows) - must
    return {
        "status": plan.status,
        "violations": len(find_violations(again, plan)),
        "seconds": round(seconds, 1),
        "forced_told_s": round(forced_s, 1),
        "published_windows": moves.n_windows,
        "moved": len(moves.windows),
        "forced": must,
        "beyond": beyond,
        "beyond_percent": round(100 * beyond / max(1, moves.n_windows), 2),
        "trips_changed": sum(abs(row.by) for row in moves.trips),
        "locks_overridden": len(given_up),
        "calm_asked": len(plan.calm_cost),
        "calm_exposure": sum(row.exposure for row in plan.calm_cost),
        **{stage.name: stage.value for stage in stage_values(again, plan.decisions)},
    }


def _tell(name: str, row: dict[str, object]) -> None:
    table = Table(title=f"{name}, {row['change']}", show_header=False)
    for column in COLUMNS[COLUMNS.index("limit_s") :]:
        value = row[column]
        table.add_row(column, f"{value:,}" if isinstance(value, int) else str(value))
    console.print(table)


if __name__ == "__main__":
    app()
