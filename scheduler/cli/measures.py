"""Commands on measures: the named sets, a city's own set, what holds for an enterprise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scheduler.cli.edge import AsJson, opened_database, print_json, told_errors

if TYPE_CHECKING:
    from scheduler.domain.measure import MeasureSet

app = typer.Typer(help="Measures: named sets, your own, what holds for whom.", no_args_is_help=True)

Sets = Annotated[
    list[str], typer.Argument(help="Named sets or folders; all their rules hold together.")
]
Lang = Annotated[Literal["zh-CN", "en"], typer.Option("--lang", help="The language told.")]


@app.command("list")
def list_sets(*, lang: Lang = "en", json: AsJson = False) -> None:
    """List the named sets that come with the package."""
    from scheduler.intake.measure_sets import named_sets

    found = named_sets()
    if json:
        print_json([card.model_dump(mode="json") for card in found])
        return
    for card in found:
        zh = lang == "zh-CN"
        name, region, about = (
            (card.name_zh, card.region_zh, card.about_zh)
            if zh
            else (card.name_en, card.region_en, card.about_en)
        )
        typer.echo(f"{card.set_id}: {name} ({region}; {card.status})")
        typer.echo(f"  {about}")


@app.command()
def template(
    folder: Path,
    *,
    like: Annotated[str, typer.Option(help="The named set to begin with.")] = "liaoning-demo",
) -> None:
    """Write the tables of a set into a new folder, to be made a city's own."""
    from scheduler.intake.measure_sets import write_template

    with told_errors():
        for path in write_template(folder, like):
            typer.echo(str(path))


@app.command()
def check(sets: Sets, *, lang: Lang = "en", json: AsJson = False) -> None:
    """Read sets by themselves; nothing is stored, no network is asked for zones and roads."""
    from scheduler.intake.measure_sets import read_sets

    with told_errors():
        found = read_sets(sets, None)
    _tell(found, lang, json)


@app.command()
def load(sets: Sets, *, lang: Lang = "en", json: AsJson = False) -> None:
    """Keep sets, stacked, as the newest version of the measures; zones and road types must be
    those of the newest network."""
    from scheduler import clock, datasets, rules
    from scheduler.intake.measure_sets import read_sets
    from scheduler.texts import said

    with opened_database() as database, database.writing() as session:
        found = read_sets(sets, rules.newest_network(session))
        kept, is_new = datasets.load(session, "measures", found.name, found, clock.now())
    if json:
        print_json({"version": kept.version, "digest": kept.digest, "is_new": is_new})
        return
    _tell(found, lang, json)
    typer.echo(said("measures.stored" if is_new else "measures.same", lang, version=kept.version))


def _tell(found: MeasureSet, lang: Lang, json: bool) -> None:
    from scheduler.texts import said

    counts = {status: found.statuses().count(status) for status in ("read", "derived", "assumed")}
    if json:
        print_json({"name": found.name, "rules": len(found.rules), **counts})
        return
    typer.echo(said("measures.counts", lang, name=found.name, rules=len(found.rules), **counts))
