"""Commands on files alone: generate, solve, check. No database is touched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from scheduler.cli.edge import (
    BAD,
    BAD_INPUT,
    AsJson,
    InFile,
    NetworkConfig,
    fail,
    print_json,
    print_value,
    read_file,
    told_errors,
)

if TYPE_CHECKING:
    from solver.check import CheckReport
    from solver.instance import Instance
    from solver.plan import Plan
    from solver.reprove import Reproof


def add_commands(app: typer.Typer) -> None:
    app.command()(generate)
    app.command()(solve)
    app.command()(check)


def generate(
    *,
    enterprises: Annotated[int, typer.Option(min=1)],
    hours: Annotated[int, typer.Option(min=1)],
    slot_minutes: Annotated[int, typer.Option(help="15, 30 or 60.")],
    seed: Annotated[int, typer.Option(min=0)],
    out: Annotated[Path, typer.Option(help="Where the instance is written.")],
    network: Annotated[
        Path | None,
        typer.Option(exists=True, help="A network as `cuofeng network check` reads it."),
    ] = None,
    config: NetworkConfig = None,
    json: AsJson = False,
) -> None:
    """Make an instance of any size; the same arguments give the same bytes."""
    from fixtures.generator import generate as make
    from scheduler.cli.networks import read_or_refuse
    from solver.worth import shares_of

    if slot_minutes not in (15, 30, 60):
        raise typer.BadParameter("slots have 15, 30 or 60 minutes")
    minutes = cast("Literal[15, 30, 60]", slot_minutes)
    with told_errors():
        given = None if network is None else read_or_refuse(network, config, "en", json).network
        try:
            instance = make(enterprises, hours, minutes, seed, given)
        except ValueError as error:
            fail(str(error), BAD_INPUT)
    out.write_bytes(instance.canonical())
    shares = shares_of(instance)
    if json:
        print_value(shares)
        return
    typer.echo(f"{out}: {instance.name}; by first fit")
    for name, value in shares.model_dump(exclude_none=True, exclude={"instance"}).items():
        typer.echo(f"  {name} {value:,.3g}" if isinstance(value, float) else f"  {name} {value:,}")


def solve(
    instance: InFile,
    *,
    out: Annotated[Path, typer.Option(help="Where the plan is written.")],
    time_limit: Annotated[float | None, typer.Option(min=0.001, help="Seconds in all.")] = 60,
    deterministic_limit: Annotated[
        float | None,
        typer.Option(min=0.001, help="Counted work in all: repeatable, the clock only guards."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes, or the cluster's workers.")] = 2,
    cluster: Annotated[
        str | None,
        typer.Option(help="A Dask scheduler, tcp://HOST:PORT, in place of processes here."),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A plan of the instance: the answer is never worse, stage by stage.",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Solve an instance file and write the plan."""
    from scheduler.domain.publication import SolveWork
    from scheduler.solving import run_solver, solving_in
    from solver.instance import Instance
    from solver.plan import Plan

    with told_errors():
        case = read_file(instance, Instance)
        given = None if start is None else read_file(start, Plan)
        work = SolveWork(
            time_limit_s=time_limit,
            deterministic_limit=deterministic_limit,
            seed=seed,
            workers=workers,
        )
        with solving_in(workers, cluster) as executor:
            plan = run_solver(case, work, executor, lambda _: None, lambda: False, given)
        out.write_text(plan.model_dump_json(indent=1) + "\n", encoding="utf-8")
    _show_plan(case, plan, json)
    if plan.decisions is None:
        raise typer.Exit(BAD)


def _show_plan(case: Instance, plan: Plan, json: bool) -> None:
    columns = {"name", "unit", "value", "bound", "gap", "proof"}
    if json:
        print_json(
            {
                "status": plan.status,
                "instance_digest": case.digest,
                "plan_digest": plan.digest,
                "seconds": plan.seconds,
                "seed": plan.seed,
                "reproducible": plan.reproducible,
                "stages": [stage.model_dump(include=columns) for stage in plan.stages],
            }
        )
        return
    typer.echo(f"{plan.status} in {plan.seconds:.1f} s, plan {plan.digest[:12]}")
    for stage in plan.stages:
        typer.echo(
            f"{stage.name:20} {stage.value:>16,} >= {stage.bound:>16,} "
            f"gap {stage.gap:8.3%}  {stage.proof}  [{stage.unit}]"
        )
    for conflict in plan.conflicts:
        typer.echo(f"cannot be kept: {conflict}")


def check(
    instance: InFile,
    plan: InFile,
    *,
    bound: Annotated[
        bool, typer.Option("--bound", help="Prove the bounds again by another solver.")
    ] = False,
    bound_all: Annotated[
        bool,
        typer.Option("--bound-all", help="The same of every plant, where --bound takes a sample."),
    ] = False,
    nodes: Annotated[
        int,
        typer.Option(min=1, help="With --bound: nodes of HiGHS's search for each plant or model."),
    ] = 20_000,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="With --bound: the same by the clock, if any.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Check a plan file by its instance, whoever made it."""
    from solver.check import check as check_plan
    from solver.instance import Instance
    from solver.plan import Plan

    with told_errors():
        case, made = read_file(instance, Instance), read_file(plan, Plan)
        report = check_plan(case, made)
    if not json:
        _show_report(report)
    # A bound means something only for the instance and the values that the plan claims.
    asked = (bound or bound_all) and report.ok
    bounds = _prove_again(case, made, nodes, seconds, bound_all, json) if asked else ()
    if json:
        print_json(report.model_dump(mode="json") | {"bounds": [b.model_dump() for b in bounds]})
    if not report.ok or any(found.finding != "proved" for found in bounds):
        raise typer.Exit(BAD)


def _prove_again(
    case: Instance, plan: Plan, nodes: int, seconds: float | None, every_plant: bool, json: bool
) -> tuple[Reproof, ...]:
    from solver.least import Effort
    from solver.reprove import prove_again

    if not json:
        typer.echo("bounds, proved again by HiGHS:")
    tell = None if json else _show_reproof
    effort = Effort(nodes=nodes, seconds=seconds)
    return prove_again(case, plan, "highs", effort, tell, every_plant=every_plant)


def _show_reproof(found: Reproof) -> None:
    typer.echo(f"{found.stage:20} {found.bound:>16,} {found.finding}, {_how_proved(found)}")
    for fault in found.faults:
        typer.echo(f"  {fault}")


def _how_proved(found: Reproof) -> str:
    if found.bound == 0:
        return "trivial: no value can be below 0"
    if found.asked == 0:
        return "as a whole"
    share = 100 * found.asked // found.plants
    rest = "" if found.asked == found.plants else "; --bound-all asks the others too"
    return f"the sum exact over all plants, {found.asked} of {found.plants} ({share} %) asked{rest}"


def _show_report(report: CheckReport) -> None:
    for breach in report.violations:
        slot = "" if breach.slot is None else f" in slot {breach.slot}"
        typer.echo(
            f"{breach.law}: {breach.where}{slot}: {breach.amount:,} {breach.unit}, "
            f"allowed {breach.allowed:,}"
        )
    for stage in report.stages:
        typer.echo(f"{stage.name:20} {stage.value:>16,} [{stage.unit}]")
    typer.echo("ok" if report.ok else f"{len(report.violations)} violations")
