"""Commands on road networks: check a file, load it as the newest version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import (
    AsJson,
    Lang,
    NetworkConfig,
    opened_database,
    print_json,
    telling,
    told_errors,
    told_faults,
)

if TYPE_CHECKING:
    from scheduler.domain.network_report import NetworkReport
    from scheduler.intake.network import ReadNetwork

app = typer.Typer(help="Read road networks: GMNS, TNTP, OpenStreetMap.", no_args_is_help=True)

Source = Annotated[
    Path,
    typer.Argument(exists=True, help="A GMNS directory, *_net.tntp, .osm or .osm.pbf."),
]


@app.command()
def check(
    path: Source, *, config: NetworkConfig = None, lang: Lang = "en", json: AsJson = False
) -> None:
    """Read a network and report on it; nothing is stored."""
    with told_errors():
        read = read_or_refuse(path, config, lang, json)
    if json:
        print_json({"report": read.report.model_dump(mode="json"), "stored": None})
        return
    _show(read.report, lang)


@app.command()
def load(
    path: Source, *, config: NetworkConfig = None, lang: Lang = "en", json: AsJson = False
) -> None:
    """Read a network and keep it as the newest version, unless it has a fault."""
    from scheduler import clock, datasets
    from scheduler.texts import said

    with told_errors():
        read = read_or_refuse(path, config, lang, json)
    network = read.network
    with opened_database() as database, database.writing() as session:
        kept, is_new = datasets.load(session, "network", network.name, network, clock.now())
    if json:
        stored = {"version": kept.version, "digest": kept.digest, "is_new": is_new}
        print_json({"report": read.report.model_dump(mode="json"), "stored": stored})
        return
    _show(read.report, lang)
    typer.echo(said("network.stored" if is_new else "network.same", lang, version=kept.version))


def read_or_refuse(path: Path, config: Path | None, lang: Lang, json: bool) -> ReadNetwork:
    """The network at a path; where it has faults they are all told and the command ends."""
    with told_faults(lang, json):
        return _read_telling(path, config, lang)


def _read_telling(path: Path, config: Path | None, lang: Lang) -> ReadNetwork:
    """The network at a path; each step is told on stderr."""
    from scheduler.intake.network import read_network
    from scheduler.intake.network_settings import read_settings

    return read_network(path, None if config is None else read_settings(config), telling(lang))


def _show(report: NetworkReport, lang: Lang) -> None:
    from scheduler.texts import catalogue, said

    km = f"{report.length_m / 1000:,.1f}"
    typer.echo(f"{report.name} ({report.format})")
    counts: dict[str, str | int] = {
        "nodes": report.nodes,
        "links": report.links,
        "zones": report.zones,
        "km": km,
    }
    typer.echo("  " + said("network.counts", lang, **counts))
    parts: dict[str, str | int] = {
        "components": report.components,
        "largest": report.largest_component,
        "alone": report.nodes_without_links,
    }
    typer.echo("  " + said("network.components", lang, **parts))
    if report.links_with_volume:
        over: dict[str, str | int] = {
            "links": report.links_with_volume,
            "over": report.links_over_capacity,
        }
        typer.echo("  " + said("network.volumes", lang, **over))
    for row in report.dropped:
        kind = "dropped" if f"dropped.{row.reason}" in catalogue() else "fault"
        values: dict[str, str | int] = {
            "count": row.count,
            "what": said(f"network.what.{row.what}", lang),
            "reason": said(f"{kind}.{row.reason}", lang),
            "examples": ", ".join(row.examples),
        }
        typer.echo("  " + said("network.dropped", lang, **values))
    for note in report.notes:
        typer.echo(f"  {note.count:,} {said(f'note.{note.note}', lang)}")
