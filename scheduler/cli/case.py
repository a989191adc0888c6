"""Commands that run a case: load, plan, demo."""

from __future__ import annotations

from typing import Annotated

import typer

from scheduler.cli.edge import AsJson, opened_database, print_json, told_errors

USUAL_WORK_UNITS = 60.0
"""Counted work of a solve: about a minute on two cores."""


def add_commands(app: typer.Typer) -> None:
    for command in (demo, load, plan):
        app.command()(command)


def load(json: AsJson = False) -> None:
    """Load the tables of the case that comes with the package: Liaoning, November 2015."""
    from fixtures.liaoning import load_case
    from scheduler import clock
    from scheduler.inputs import load_inputs

    with opened_database() as database:
        case = load_case()
        with database.writing() as session:
            loaded = load_inputs(session, case, clock.now())
    if json:
        print_json([{"what": row.what, "is_new": row.is_new} for row in loaded])
        return
    for row in loaded:
        typer.echo(str(row))


def plan(
    alert: str,
    *,
    hours: Annotated[int, typer.Option(min=1, max=240, help="Hours planned.")] = 48,
    published_hours: Annotated[int, typer.Option(min=1, max=240)] = 24,
    time_limit: Annotated[float | None, typer.Option(min=0.001, help="Seconds in all.")] = 90,
    deterministic_limit: Annotated[
        float | None, typer.Option(min=0.001, help="Counted work in all, which repeats.")
    ] = USUAL_WORK_UNITS,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    workers: Annotated[int, typer.Option(min=1)] = 2,
    json: AsJson = False,
) -> None:
    """Plan an alert's latest revision on the newest data, checked and stored, not yet published."""
    from scheduler import alerts, demo, preparation
    from scheduler.cli.measures import tell_conflicts
    from scheduler.cli.progress import progress_of_job
    from scheduler.config import read_settings
    from scheduler.domain.publication import SolveWork

    work = SolveWork(
        time_limit_s=time_limit,
        deterministic_limit=deterministic_limit,
        seed=seed,
        workers=workers,
    )
    with opened_database() as database:
        with database.writing() as session:
            statement = alerts.get_alert(session, alert).latest.statement
            grid = preparation.grid_from(statement.starts_at, hours, preparation.SLOT_MINUTES)
            published_slots = published_hours * 60 // grid.slot_minutes
            request = preparation.ask(session, alert, grid, published_slots, work)
            job, _ = demo.job_for(session, request)
        if not job.state.is_over:
            with database.reading() as session:
                found = preparation.conflicts_of_alert(session, alert, hours)
            if found:
                tell_conflicts(found, "en", err=True)
        with progress_of_job() as show:
            demo.work_on(read_settings(), database, job.id, show)
    if json:
        print_json({"plan": job.id})
    else:
        typer.echo(f"plan {job.id} is stored; publish it: cuofeng publish {job.id} --by NAME")


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after the tables.")] = False,
) -> None:
    """Run one alert from beginning to end on an embedded database, then serve it."""
    from scheduler.cli.demonstration import Demonstration

    with told_errors():
        Demonstration().run(serve=not no_serve)
