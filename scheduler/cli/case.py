"""Commands that run a case: load, plan, demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import AsJson, Lang, instant, opened_database, print_json, told_errors

if TYPE_CHECKING:
    from sqlmodel import Session

    from scheduler.domain.revised import Revised
    from scheduler.told_window import NameOf

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
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="Go on from the plan in force then; now if left out and one is in force."
        ),
    ] = None,
    hours: Annotated[int, typer.Option(min=1, max=240, help="Hours planned.")] = 72,
    published_hours: Annotated[int, typer.Option(min=1, max=240)] = 24,
    time_limit: Annotated[float | None, typer.Option(min=0.001, help="Seconds in all.")] = 90,
    deterministic_limit: Annotated[
        float | None, typer.Option(min=0.001, help="Counted work in all, which repeats.")
    ] = USUAL_WORK_UNITS,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    workers: Annotated[int, typer.Option(min=1)] = 2,
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Plan an alert's latest revision on the newest data, checked and stored, not yet published.

    Where a plan is in force it is mended and goes on: what departs soon stays, little else moves.
    """
    from scheduler import clock, demo, preparation, publication
    from scheduler.cli.progress import progress_of_job
    from scheduler.config import read_settings
    from scheduler.domain.publication import SolveWork
    from scheduler.wording import names_in

    limits = {"time_limit_s": time_limit, "deterministic_limit": deterministic_limit}
    work = SolveWork.model_validate(limits | {"seed": seed, "workers": workers})
    with opened_database() as database:
        with database.writing() as session:
            request = preparation.ask_first_or_again(
                session,
                alert,
                instant(start) if start else None,
                now=clock.now(),
                hours=hours,
                published_hours=published_hours,
                work=work,
            )
            job, _ = demo.job_for(session, request)
        if not job.state.is_over:
            with database.reading() as session:
                _tell_conflicts_of(session, alert, hours)
        with progress_of_job() as show:
            demo.work_on(read_settings(), database, job.id, show)
        with database.reading() as session:
            revised = publication.schedule_of_plan(session, job.id).revised
            name_of = names_in(session, lang)
    _tell_plan(job.id, revised, lang, json, name_of)


def _tell_conflicts_of(session: Session, alert: str, hours: int) -> None:
    from scheduler import preparation
    from scheduler.cli.measures import tell_conflicts

    found = preparation.conflicts_of_alert(session, alert, hours)
    if found:
        tell_conflicts(found, "en", err=True)


def _tell_plan(plan: str, revised: Revised | None, lang: Lang, json: bool, name_of: NameOf) -> None:
    from scheduler.cli.show import show_revised

    if json:
        shown = None if revised is None else revised.model_dump(mode="json")
        print_json({"plan": plan, "revised": shown})
        return
    if revised is not None:
        show_revised(revised, lang, name_of)
    typer.echo(f"plan {plan} is stored; publish it: cuofeng publish {plan} --by NAME")


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after the tables.")] = False,
) -> None:
    """Run one alert from beginning to end on an embedded database, then serve it."""
    from scheduler.cli.demonstration import Demonstration

    with told_errors():
        Demonstration().run(serve=not no_serve)
