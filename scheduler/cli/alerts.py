"""Commands on alerts: declare, revise, lift, list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scheduler.cli.edge import (
    AsJson,
    InFile,
    Lang,
    instant,
    opened_database,
    print_json,
    print_value,
)
from scheduler.texts import LANGUAGES, Language, said

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
English = Annotated[
    str, typer.Option(help="The same for who reads English; the Chinese one if left out.")
]
KnownAt = Annotated[str | None, typer.Option(help="When it became known; now if left out.")]


def area_of(text: str) -> Area:
    """An area from LEVEL:CITY,CITY,..."""
    from scheduler.domain.alert import Area, Level

    level, _, cities = text.partition(":")
    return Area(level=Level(level), cities=tuple(cities.split(",")))


def _statement(
    areas: list[str],
    start: str,
    end: str | None,
    *,
    by: str,
    by_en: str,
    document: str,
    document_en: str,
) -> Statement:
    from scheduler.domain.alert import Statement

    return Statement(
        areas=tuple(map(area_of, areas)),
        starts_at=instant(start),
        ends_at=instant(end) if end else None,
        declared_by=by,
        declared_by_en=by_en,
        document_number=document,
        document_number_en=document_en,
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
        f"{_both(said.by)}, {_both(said.document)}"
    )


def _both(text: Callable[[Language], str]) -> str:
    """A text with its English behind it, where there is any."""
    chinese, english = (text(lang) for lang in LANGUAGES)
    return chinese if english == chinese else f"{chinese} ({english})"


@app.command()
def declare(
    alert: str,
    *,
    areas: Areas,
    start: From,
    by: By,
    by_en: English = "",
    document: Document,
    document_en: English = "",
    end: To = None,
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """Declare an alert."""
    from scheduler import alerts, clock

    with opened_database() as database, database.writing() as session:
        statement = _statement(
            areas, start, end, by=by, by_en=by_en, document=document, document_en=document_en
        )
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
    by_en: English = "",
    document: Document,
    document_en: English = "",
    end: To = None,
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """State an alert anew: raised, lowered, extended, for other cities."""
    from scheduler import alerts, clock

    with opened_database() as database, database.writing() as session:
        statement = _statement(
            areas, start, end, by=by, by_en=by_en, document=document, document_en=document_en
        )
        known = instant(known_at) if known_at else clock.now()
        revision = alerts.revise(session, alert, statement, known)
    _told(revision, json)


@app.command()
def lift(
    alert: str,
    *,
    by: By,
    by_en: English = "",
    document: Document,
    document_en: English = "",
    at: Annotated[str, typer.Option("--at", help="The minute it ends.")],
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """End an alert."""
    from scheduler import alerts, clock

    with opened_database() as database, database.writing() as session:
        known = instant(known_at) if known_at else clock.now()
        revision = alerts.lift(
            session,
            alert,
            ends_at=instant(at),
            document=document,
            document_en=document_en,
            by=by,
            by_en=by_en,
            known_at=known,
        )
    _told(revision, json)
    if not json:
        end = f"{clock.local(instant(at)):%Y-%m-%d %H:%M}"
        for lang in LANGUAGES:
            document = revision.statement.document(lang)
            typer.echo(said("alert.lifted", lang, at=end, document=document))


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


@app.command("cap-out")
def cap_out(
    alert: str,
    *,
    sender: Annotated[str, typer.Option(help="Who sends it, such as sthj.shenyang.gov.cn.")],
    number: Annotated[
        int | None, typer.Option(help="The revision; the latest if left out.")
    ] = None,
    status: Annotated[
        Literal["Actual", "Exercise", "Test"], typer.Option(help="Whether it is in earnest.")
    ] = "Actual",
    out: Annotated[Path | None, typer.Option(help="The file to write; stdout if left out.")] = None,
) -> None:
    """Write a revision as a CAP 1.2 message: Alert, Update with its references, or Cancel."""
    from scheduler.cap import exchange

    with opened_database() as database, database.reading() as session:
        body = exchange.write(session, alert, number, sender=sender, status=status)
    if out is None:
        typer.echo(body.decode(), nl=False)
    else:
        out.write_bytes(body)


@app.command("cap-in")
def cap_in(
    file: InFile,
    *,
    exercise: Annotated[bool, typer.Option("--exercise", help="Take exercises as well.")] = False,
    known_at: KnownAt = None,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Take in a CAP 1.2 message as a revision of its alert."""
    from scheduler import clock
    from scheduler.cap import exchange

    known = instant(known_at) if known_at else clock.now()
    with opened_database() as database, database.writing() as session:
        came = exchange.take(session, file.read_bytes(), known, exercise=exercise)
    name, made = came.message.identifier, came.revision
    if json:
        print_json({"message": name, "revision": made and made.model_dump(mode="json")})
    elif made is None:
        typer.echo(said("cap.received_before", lang, message=name))
    else:
        told = said("cap.received", lang, message=name, alert=made.alert, number=made.number)
        typer.echo(told)
