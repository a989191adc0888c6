"""Commands on what was recorded: passages of trucks and readings of stocks, and closed roads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scheduler.cli.edge import (
    AsJson,
    Lang,
    instant,
    opened_database,
    print_json,
    print_value,
    told_faults,
)

app = typer.Typer(help="What was recorded at gates and of stocks.", no_args_is_help=True)

Source = Annotated[str, typer.Option("--source", help="Who or what took it.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")]


@app.command()
def passages(
    file: File,
    *,
    plant: Annotated[str, typer.Option(help="Whose gates they are.")],
    start: Annotated[str, typer.Option("--from", help="All passages are in the file from then.")],
    end: Annotated[str, typer.Option("--to", help="To then; who is not in it did not pass.")],
    source: Source,
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Keep the passages of a plant in a stretch of time: gate, leg, direction, passed_at, trips."""
    from scheduler import clock, recordings
    from scheduler.domain.recorded import Delivery, Ledger
    from scheduler.intake.recordings import read_passages
    from scheduler.texts import said

    with told_faults(lang, json):
        rows = read_passages(file)
    with opened_database() as database, database.writing() as session:
        ledger = Ledger(
            plant=plant, from_instant=instant(start), to_instant=instant(end), passages=rows
        )
        kept = recordings.record(session, Delivery(source=source, ledgers=(ledger,)), clock.now())
    if json:
        print_value(kept)
    else:
        typer.echo(said("recorded.passages", lang, n=len(rows), plant=plant, number=kept.number))


@app.command()
def stocks(file: File, *, source: Source, lang: Lang = "zh-CN", json: AsJson = False) -> None:
    """Keep readings of stocks: stock, read_at, kg."""
    from scheduler import clock, recordings
    from scheduler.domain.recorded import Delivery
    from scheduler.intake.recordings import read_readings
    from scheduler.texts import said

    with told_faults(lang, json):
        rows = read_readings(file)
    with opened_database() as database, database.writing() as session:
        kept = recordings.record(session, Delivery(source=source, readings=rows), clock.now())
    if json:
        print_value(kept)
    else:
        typer.echo(said("recorded.stocks", lang, n=len(rows), number=kept.number))


@app.command("list")
def list_recordings(json: AsJson = False) -> None:
    """List every delivery."""
    from scheduler import clock, recordings

    with opened_database() as database, database.reading() as session:
        found = recordings.list_recordings(session)
    if json:
        print_json([row.model_dump(mode="json") for row in found])
        return
    for row in found:
        typer.echo(f"{row.number} {clock.local(row.known_at):%Y-%m-%d %H:%M} {row.source}")


@app.command("close-road")
def close_road(
    link: str,
    *,
    start: Annotated[str, typer.Option("--from", help="When it closes.")],
    end: Annotated[
        str | None, typer.Option("--to", help="When it opens again; open end if left out.")
    ] = None,
    clause: Annotated[str, typer.Option(help="The order, as enterprises are told.")],
    clause_en: Annotated[
        str, typer.Option(help="The same for who reads English; the Chinese one if left out.")
    ] = "",
    source: Source,
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Close a road for a time; plan again to send trucks around it."""
    from scheduler import clock, roads
    from scheduler.domain.conditions import RoadClosure
    from scheduler.texts import said

    with opened_database() as database, database.writing() as session:
        closure = RoadClosure(
            link_id=link,
            from_instant=instant(start),
            to_instant=instant(end) if end else None,
            clause=clause,
            clause_en=clause_en,
            source=source,
            status="read",
        )
        kept = roads.close(session, closure, clock.now())
    if json:
        print_value(kept)
    else:
        typer.echo(said("recorded.road_closed", lang, link=link, version=kept.version))
