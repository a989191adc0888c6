"""Commands that compare scenarios before anything is published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.case import USUAL_WORK_UNITS
from scheduler.cli.edge import AsJson, Lang, instant, opened_database, print_json, print_value
from scheduler.texts import said

if TYPE_CHECKING:
    from scheduler.domain.scenario import ClosedRoad, Scenario
    from scheduler.domain.what_if import WhatIf
    from scheduler.texts import Language

app = typer.Typer(help="Scenarios side by side; none is ever published.", no_args_is_help=True)

Csv = Annotated[Path | None, typer.Option("--csv", help="A folder for stages and enterprises.")]
Svg = Annotated[Path | None, typer.Option("--svg", help="A file for the picture.")]
SCENARIO_HELP = (
    "NAME:WHAT,WHAT,... where WHAT is level=red, cut=30 (percent of normal trips), "
    "shut=07:00-19:00 (hours without windows; several joined by +) or closed=LINK "
    "(closed=LINK@START/END for a time); once for each scenario."
)


def scenario_of(text: str) -> Scenario:
    """A scenario from NAME:WHAT,WHAT,... ; raises BadParameter for what it does not know."""
    from scheduler.domain.scenario import Scenario

    name, _, told = text.partition(":")
    given: dict[str, object] = {"name": name}
    closed: list[ClosedRoad] = []
    for part in told.split(","):
        what, _, value = part.partition("=")
        if what == "level":
            given["level"] = value
        elif what == "cut":
            given["cut_percent"] = value
        elif what == "shut":
            given["shut_hours"] = value.replace("+", ";")
        elif what == "closed":
            closed.append(_closed(value))
        else:
            raise typer.BadParameter(f"{part or text} says nothing; {SCENARIO_HELP}")
    return Scenario.model_validate(given | {"closed": closed})


def _closed(text: str) -> ClosedRoad:
    from scheduler.domain.scenario import ClosedRoad

    link, _, span = text.partition("@")
    start, _, end = span.partition("/")
    return ClosedRoad(
        link=link,
        from_instant=instant(start) if start else None,
        to_instant=instant(end) if end else None,
    )


@app.command()
def run(
    alert: str,
    *,
    scenarios: Annotated[list[str], typer.Option("--scenario", help=SCENARIO_HELP)],
    start: Annotated[
        str | None, typer.Option("--from", help="Go on from the plan in force then.")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, max=240, help="Hours planned.")] = 72,
    published_hours: Annotated[int, typer.Option(min=1, max=240)] = 24,
    deterministic_limit: Annotated[
        float, typer.Option(min=0.001, help="Counted work of each scenario.")
    ] = USUAL_WORK_UNITS,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    workers: Annotated[int, typer.Option(min=1)] = 2,
    csv: Csv = None,
    svg: Svg = None,
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Plan an alert as declared and in scenarios, with the same work and seed, and compare."""
    from scheduler import clock, demo, preparation, what_if
    from scheduler.cli.progress import progress_of_job
    from scheduler.config import read_settings
    from scheduler.domain.publication import SolveWork

    limits = {"time_limit_s": None, "deterministic_limit": deterministic_limit}
    work = SolveWork.model_validate(limits | {"seed": seed, "workers": workers})
    with opened_database() as database:
        asked = [scenario_of(text) for text in scenarios]
        with database.writing() as session:
            now = clock.now()
            request = preparation.ask_first_or_again(
                session,
                alert,
                instant(start) if start else None,
                now=now,
                hours=hours,
                published_hours=published_hours,
                work=work,
            )
            found = what_if.ask(session, request, asked, now)
        typer.echo(said("what_if.queued", lang, n=len(found.ordered), group=found.id), err=True)
        for row in found.ordered:
            typer.echo(row.scenario.name, err=True)
            with progress_of_job() as show_job:
                demo.work_on(read_settings(), database, row.job.id, show_job)
        with database.reading() as session:
            found = what_if.find(session, found.id)
    _tell(found, lang, csv, svg, json)


@app.command("list")
def list_groups(lang: Lang = "zh-CN", json: AsJson = False) -> None:
    """List what was asked, the newest first."""
    from scheduler import clock, what_if

    with opened_database() as database, database.reading() as session:
        found = what_if.list_groups(session)
    if json:
        print_json([group.model_dump(mode="json") for group in found])
        return
    for group in found:
        names = ", ".join(row.scenario.name for row in group.ordered)
        at = f"{clock.local(group.asked_at):%Y-%m-%d %H:%M}"
        told = said("what_if.asked", lang, alert=group.alert, at=at)
        typer.echo(f"{group.id} {told}: {names}")


@app.command()
def show(
    group: str, csv: Csv = None, svg: Svg = None, lang: Lang = "zh-CN", json: AsJson = False
) -> None:
    """Show what was asked under an id."""
    from scheduler import what_if

    with opened_database() as database, database.reading() as session:
        found = what_if.find(session, group)
    _tell(found, lang, csv, svg, json)


@app.command()
def cancel(group: str, json: AsJson = False) -> None:
    """Cancel what is not planned yet."""
    from scheduler import clock, what_if

    with opened_database() as database, database.writing() as session:
        found = what_if.cancel(session, group, clock.now())
    if json:
        print_value(found)
        return
    for row in found.ordered:
        typer.echo(f"{row.scenario.name}: {row.job.state}")


def _tell(found: WhatIf, lang: Language, csv: Path | None, svg: Path | None, json: bool) -> None:
    from scheduler.cli.show import console, show_what_if
    from scheduler.told_what_if import csv_of, picture_of, tables_of

    if csv is not None:
        csv.mkdir(parents=True, exist_ok=True)
        for table in tables_of(found):
            (csv / f"{table.name}.csv").write_text(csv_of(table), encoding="utf-8-sig")
    if svg is not None:
        svg.write_text(picture_of(found, lang), encoding="utf-8")
    if json:
        print_value(found)
    else:
        show_what_if(console(), found, lang)
