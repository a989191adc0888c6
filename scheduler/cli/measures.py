"""Commands on measures: the named sets, a city's own set, what holds for an enterprise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scheduler.cli.edge import BAD, AsJson, instant, opened_database, print_json, told_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduler.domain.conflict import MeasureConflict
    from scheduler.domain.explanation import AppliedRule, PlantRules
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


@app.command()
def explain(
    *,
    enterprise: Annotated[str, typer.Option(help="The enterprise's id.")],
    at: Annotated[str, typer.Option(help="The minute asked for, like 2015-11-06T18:00.")],
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """List what applies to an enterprise at a minute, with the clause of each rule."""
    from scheduler import rules

    asked = instant(at)
    with opened_database() as database, database.reading() as session:
        found = rules.explain(session, enterprise, asked)
    if json:
        print_json([plant.model_dump(mode="json") for plant in found])
        return
    for plant in found:
        _tell_plant(plant, lang)


@app.command()
def conflicts(
    alert: str,
    *,
    hours: Annotated[int, typer.Option(min=1, max=240, help="Hours from its start on.")] = 48,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Name the conflicts of the measures under an alert, before it is planned; exit 1 if any."""
    from scheduler import preparation

    with opened_database() as database, database.reading() as session:
        found = preparation.conflicts_of_alert(session, alert, hours)
    if json:
        print_json([conflict.model_dump(mode="json") for conflict in found])
    else:
        tell_conflicts(found, lang, err=False)
    if found:
        raise typer.Exit(BAD)


def tell_conflicts(found: Sequence[MeasureConflict], lang: Lang, *, err: bool) -> None:
    """Each conflict in words: what, since when, whose, by which rules, and what ends it."""
    from scheduler import clock
    from scheduler.texts import said

    count = said("conflict.count", lang, count=len(found)) if found else said("conflict.none", lang)
    typer.echo(count, err=err)
    for conflict in found:
        text_id, start = f"conflict.{conflict.kind}", clock.local(conflict.from_instant)
        where = {"where": conflict.where} if conflict.where else {}
        plants = said(
            "conflict.plants",
            lang,
            count=len(conflict.plants),
            plants=", ".join(conflict.plants),
        )
        since = said("conflict.from", lang, time=f"{start:%Y-%m-%d %H:%M}")
        typer.echo(f"  {said(text_id, lang, **where)} ({since})", err=err)
        typer.echo(f"      {plants}", err=err)
        for rule in conflict.rules:
            typer.echo(f"      [{rule.measure}; {rule.set_id}] {rule.said(lang)}", err=err)
        typer.echo(f"      {said(f'{text_id}.remedy', lang)}", err=err)


def _tell_plant(plant: PlantRules, lang: Lang) -> None:
    from scheduler import clock
    from scheduler.texts import said

    level = said(f"level.{plant.level.value}", lang) if plant.level else said("measures.free", lang)
    typer.echo(
        said(
            "measures.plant",
            lang,
            name=plant.name_en if lang == "en" else plant.name_zh,
            plant=plant.plant,
            grade=plant.grade,
            at=f"{clock.local(plant.at):%Y-%m-%d %H:%M}",
            level=level,
            hours=(plant.episode_minutes or 0) // 60,
        )
    )
    if plant.exemption:
        typer.echo("  " + said("measures.exempt", lang, clause=plant.exemption.said(lang)))
    for filing in plant.filings:
        kind, end = said(f"kind.{filing.kind}", lang), clock.local(filing.ends_at)
        given = {"kind": kind, "document": filing.document, "end": f"{end:%Y-%m-%d %H:%M}"}
        typer.echo("  " + said("measures.filing", lang, **given))
    for rule in plant.rules:
        _tell_rule(rule, lang)
    if not plant.rules:
        typer.echo("  " + said("measures.none", lang))


def _tell_rule(rule: AppliedRule, lang: Lang) -> None:
    from scheduler.texts import said

    instrument = said(f"measures.instrument.{rule.instrument}", lang)
    typer.echo(f"  [{rule.measure}] {instrument}: {rule.said(lang)}")
    notes = [f"{rule.set_id}; {rule.source} ({said(f'status.{rule.status}', lang)})"]
    if rule.hours:
        spans = ", ".join(run.told() for run in rule.hours)
        notes.append(said(f"measures.hours.{rule.polarity}", lang, hours=spans))
    if not rule.bites:
        notes.append(said("measures.not_now", lang))
    if rule.overruled_by:
        notes.append(said("measures.overruled", lang, measure=rule.overruled_by))
    if rule.barred_classes:
        notes.append(said("measures.barred", lang, classes=", ".join(rule.barred_classes)))
    for told, among in (
        ("only", rule.kinds),
        ("spared", rule.exempt_kinds),
        ("spared_filed", rule.exempt_if_filed),
    ):
        if among:
            kinds = ", ".join(said(f"kind.{kind}", lang) for kind in among)
            notes.append(said(f"measures.{told}", lang, kinds=kinds))
    for note in notes:
        typer.echo(f"      {note}")
