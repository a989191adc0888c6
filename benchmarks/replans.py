"""Re-plans generated cities after one change, and tells what moved and how long it took.

A city is planned from its alert on, 24 hours are published, and some hours later something
changes: a road is closed, or the level is raised so that windows become shorter. The horizon rolls
on by as much.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from fixtures.generator import generate
from scheduler.solving import solving_in
from solver.check import find_violations, stage_values
from solver.cut import first_slots, rest_of
from solver.instance import Bar, Instance, WorthMoving
from solver.moves import forced, moves_of
from solver.overrides import overridden
from solver.plan import Plan
from solver.seam import in_force_of, seam_at
from solver.solve import SolveParams, solve

app = typer.Typer()
console = Console()

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
    seed: int = 1,
    first_s: float = 60.0,
    time_limit: float = 20.0,
    changes: Annotated[str, typer.Option(help="With commas.")] = "nothing,closure,raised",
) -> None:
    """Plan a city, change one thing after the other, and plan it again each time."""
    whole = generate(enterprises, hours + after_hours, SLOT_MINUTES, seed)
    slots_h = 60 // SLOT_MINUTES
    first = first_slots(whole, hours * slots_h)
    with solving_in(2) as executor:
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
        rest = rest_of(whole, after_hours * slots_h, seam)
        for change in changes.split(","):
            changed = CHANGES[change](rest)
            names = {plant.id for plant in rest.plants} - touched_by(change, changed)
            in_force = in_force_of(seam, WORTH, names)
            again, given_up = overridden(
                changed.model_copy(update={"published": seam.trips, "in_force": in_force})
            )
            began = time.perf_counter()
            second = solve(
                again, SolveParams(time_limit_s=time_limit), clock=time.monotonic, executor=executor
            )
            _tell(change, again, second, len(given_up), time.perf_counter() - began, executor)


def _tell(
    change: str,
    instance: Instance,
    plan: Plan,
    given_up: int,
    seconds: float,
    executor: Executor | None,
) -> None:
    assert plan.decisions is not None
    moves = moves_of(instance, plan.decisions)
    by_plant = sorted({move.plant for move in moves.windows})
    began = time.perf_counter()
    must = sum(found.n for found in forced(instance, by_plant, executor).values())
    forced_s = time.perf_counter() - began
    cost = sum(row.exposure for row in plan.calm_cost)
    beyond = len(moves.windows) - must
    table = Table(
        title=f"{instance.name}, {change}: {plan.status} in {seconds:.1f} s, "
        f"{len(find_violations(instance, plan))} violations"
    )
    for column in (
        "published windows",
        "moved",
        "forced",
        "beyond",
        "trips changed",
        "locks overridden",
    ):
        table.add_column(column, justify="right")
    share = 100 * beyond / max(1, moves.n_windows)
    changed = sum(abs(row.by) for row in moves.trips)
    table.add_row(
        str(moves.n_windows),
        str(len(moves.windows)),
        str(must),
        f"{beyond} ({share:.1f} %)",
        str(changed),
        str(given_up),
    )
    console.print(table)
    console.print(
        f"  what is forced told in {forced_s:.1f} s; calm cost {cost:,} of exposure at "
        f"{len(plan.calm_cost)} enterprises that were asked"
    )
    for stage in stage_values(instance, plan.decisions):
        console.print(f"  {stage.name} {stage.value:,}")


if __name__ == "__main__":
    app()
