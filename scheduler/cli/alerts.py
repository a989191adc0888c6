"""Commands on alerts: declare, revise, lift, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import AsJson, instant, opened_database, print_json, print_value

if TYPE_CHECKING:
    from scheduler.domain.alert import Area, Revision, Statement

app = typer.Typer(help="Alerts as they were declared.", no_args_is_help=True)

Areas = Annotated[
    list[str], typer.Option("--area", help="LEVEL:CITY,CITY,... ; once for each level.")
]
From = Annotated[str, typer.Option("--from", help="The minute it starts, like 2015-11-06T16:20.")]
To = Annotated[str | None, typer.Option("--to", help="The minute it ends; open if left out.")]
By = Annotated[str, typer.Option("--by", help="Who declares it.")]
Document = Annotated[str, typer.Option("--document", help="The document's number.")]
KnownAt = Annotated[str | None, typer.Option(help="When it became known; now if left out.")]


def area_of(text: str) -> Area:
    """An area from LEVEL:CITY,CITY,..."""
    from scheduler.domain.alert import Area, Level

    level, _, cities = text.partition(":")
    return Area(level=Level(level), cities=tuple(cities.split(",")))


def _statement(
    areas: list[str], start: str, end: str | None, *, by: str, document: str
) -> Statement:
    from scheduler.domain.alert import Statement

    return Statement(
        areas=tuple(map(area_of, areas)),
        starts_at=instant(start),
        ends_at=instant(end) if end else None,
        declared_by=by,
        document_number=document,
    )


def _told(revision: Revision, json: bool) -> None:
    if json:
        print_value(revision)
    else:
        typer.echo(_line(revision))


def _line(revision: Revision) -> str:
    from scheduler import clock

    said = revision.statement
    areas = "; ".join(f"{area.level} {', '.join(area.cities)}" for area in said.areas)
    start = f"{clock.local(said.starts_at):%Y-%m-%d %H:%M}"
    end = f"{clock.local(said.ends_at):%Y-%m-%d %H:%M}" if said.ends_at else "open"
    return (
        f"{revision.alert}/{revision.number} {revision.action}: {areas}; from {start} to {end}; "
        f"{said.declared_by}, {said.document_number}"
    )


@app.command()
def declare(
    alert: str,
    *,
    areas: Areas,
    start: From,
    by: By,
    document: Document,
    end: To = None,
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """Declare an alert."""
    from scheduler import alerts, clock

    with opened_database() as database, database.writing() as session:
        statement = _statement(areas, start, end, by=by, document=document)
        known = instant(known_at) if known_at else clock.now()
        revision = alerts.declare(session, alert, statement, known)
    _told(revision, json)


@app.command()
def revise(
    alert: str,
    *,
    areas: Areas,
    start: From,
    by: By,
    document: Document,
    end: To = None,
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """State an alert anew: raised, lowered, extended, for other cities."""
    from scheduler import alerts, clock

    with opened_database() as database, database.writing() as session:
        statement = _statement(areas, start, end, by=by, document=document)
        known = instant(known_at) if known_at else clock.now()
        revision = alerts.revise(session, alert, statement, known)
    _told(revision, json)


@app.command()
def lift(
    alert: str,
    *,
    by: By,
    document: Document,
    at: Annotated[str, typer.Option("--at", help="The minute it ends.")],
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """End an alert."""
    from scheduler import alerts, clock

    with opened_database() as database, database.writing() as session:
        known = instant(known_at) if known_at else clock.now()
        revision = alerts.lift(
            session, alert, ends_at=instant(at), document=document, by=by, known_at=known
        )
    _told(revision, json)


@app.command("list")
def list_alerts(json: AsJson = False) -> None:
    """List every alert with its revisions."""
    from scheduler import alerts

    with opened_database() as database, database.reading() as session:
        found = alerts.list_alerts(session)
    if json:
        print_json([alert.model_dump(mode="json") for alert in found])
        return
    for alert in found:
        for revision in alert.revisions:
            typer.echo(_line(revision))


@app.command("advice")
def list_advice(json: AsJson = False) -> None:
    """List what the rules advised; it declares nothing."""
    from scheduler import alerts, clock

    with opened_database() as database, database.reading() as session:
        found = alerts.list_advice(session)
    if json:
        print_json([advice.model_dump(mode="json") for advice in found])
        return
    for advice in found:
        for area in advice.areas:
            at = f"{clock.local(advice.known_at):%Y-%m-%d %H:%M}"
            level = area.level or "no level"
            typer.echo(f"{advice.id} {at} {area.city}: {level} ({area.clause}); {area.values}")
