"""Commands on the air: take forecasts and observations in, score forecasts, count heavy days."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import AsJson, Lang, opened_database, print_json, told_faults

if TYPE_CHECKING:
    from sqlmodel import Session

    from scheduler.domain.observed import Judged, Tally

app = typer.Typer(help="Forecasts and observations of the air.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(exists=True, help="The file.")]
City = Annotated[str | None, typer.Option("--city", help="A city's id; every city if left out.")]


@app.command("load-forecasts")
def load_forecasts(path: Source, *, lang: Lang = "en", json: AsJson = False) -> None:
    """Keep forecasts with their times of issue: a table of days, or of hourly files."""
    from scheduler import air_records, clock
    from scheduler.intake.air import read_forecasts
    from scheduler.texts import said

    with told_faults(lang, json):
        forecasts = read_forecasts(path)
    with opened_database() as database, database.writing() as session:
        taken = air_records.take_forecasts(session, path.stem, forecasts, clock.now())
    if json:
        print_json(taken._asdict())
    else:
        typer.echo(said("air.forecasts_stored", lang, new=taken.new, held=taken.held))


@app.command("load-observations")
def load_observations(
    path: Source,
    *,
    city: Annotated[str | None, typer.Option(help="The city of rows that name none.")] = None,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Keep observations: hours by station or days by city (CSV), or OpenAQ's JSON."""
    from scheduler import air_records, clock
    from scheduler.intake.observations import read_observations
    from scheduler.texts import said

    with opened_database() as database, database.writing() as session:
        with told_faults(lang, json):
            read = read_observations(path, air_records.registered_cities(session), city)
        kept, is_new = air_records.take_observations(session, path.stem, read, clock.now())
    hours, days = len(read.hours), len(read.days)
    if json:
        print_json({"hours": hours, "days": days, "version": kept.version, "is_new": is_new})
    elif is_new:
        told = said("air.observations_stored", lang, hours=hours, days=days, version=kept.version)
        typer.echo(told)
    else:
        typer.echo(said("air.observations_same", lang, version=kept.version))


@app.command()
def skill(
    *,
    city: City = None,
    rules: Annotated[
        str | None, typer.Option(help="The rule set that counts; the newest if left out.")
    ] = None,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Show how well past forecasts told the air: bias, hits and false alarms by lead day."""
    from scheduler import advising, air_records, clock
    from scheduler.texts import said

    with opened_database() as database, database.reading() as session:
        by = advising.rule_set_for(rules, clock.now())
        leads = air_records.score(session, by, city)
    if json:
        print_json([lead.model_dump(mode="json") for lead in leads])
        return
    typer.echo(said("air.skill_by", lang, rules=by.rule.rule_set))
    if not leads:
        typer.echo(said("air.no_skill", lang))
    for lead in leads:
        bias = f"{float(lead.bias):+.1f}"
        typer.echo(said("air.lead", lang, lead=lead.lead_days, n=lead.n, bias=bias))
        for score in lead.scores:
            named = ", ".join(said(f"level.{level}", lang) for level in score.levels)
            what = said("air.above", lang, above=score.aqi_above, levels=named)
            typer.echo("  " + _tally_line(score, what, lang))
        for at_least in lead.levels:
            what = said("air.at_least", lang, level=said(f"level.{at_least.level}", lang))
            typer.echo("  " + _tally_line(at_least, what, lang))


def _tally_line(tally: Tally, what: str, lang: Lang) -> str:
    from scheduler.texts import said

    return said(
        "air.tally",
        lang,
        what=what,
        hit=_percent(tally.hit_rate),
        false=_percent(tally.false_alarm_rate),
        hits=tally.hits,
        misses=tally.misses,
        alarms=tally.false_alarms,
        quiet=tally.quiet,
    )


def _percent(share: Fraction | None) -> str:
    return "-" if share is None else f"{float(share):.0%}"


@app.command("heavy-days")
def heavy_days(*, city: City = None, lang: Lang = "en", json: AsJson = False) -> None:
    """Count heavily polluted days by city and year against the baseline of each target."""
    from scheduler import air_records
    from scheduler.texts import said

    with opened_database() as database, database.reading() as session:
        found = air_records.count_heavy_days(session, city)
        names = _city_names(session, lang)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    if not found.years:
        typer.echo(said("air.no_days", lang))
    for year in found.years:
        heavy, known = len(year.heavy_days), year.days_known
        name = names.get(year.city, year.city)
        told = said("air.heavy_year", lang, city=name, year=year.year, heavy=heavy, known=known)
        typer.echo(told)
    for target in found.targets:
        head = said(
            "air.target",
            lang,
            target=target.target,
            base=target.baseline_year,
            to=target.target_year,
            change=target.change_percent,
            source=target.source,
        )
        typer.echo(head)
        for row in found.judged:
            if row.target == target.target:
                name = names.get(row.city, row.city)
                typer.echo("  " + _judged_line(row, name, target.baseline_year, lang))


def _city_names(session: Session, lang: Lang) -> dict[str, str]:
    """How people call the cities of the registry, and all of them together."""
    from scheduler import air_records
    from scheduler.air.heavy_days import EVERY_CITY
    from scheduler.texts import said

    cities = air_records.registered_cities(session)
    names = {c.city_id: c.name_en if lang == "en" else c.name_zh for c in cities}
    return names | {EVERY_CITY: said("air.every_city", lang)}


def _judged_line(row: Judged, city: str, base_year: int, lang: Lang) -> str:
    from scheduler.texts import said

    verdict = "unknown" if row.met is None else "met" if row.met else "missed"
    return said(
        "air.judged",
        lang,
        city=city,
        base_year=base_year,
        baseline="-" if row.baseline is None else row.baseline,
        allowed="-" if row.allowed is None else row.allowed,
        counted="-" if row.counted is None else row.counted,
        met=said(f"air.{verdict}", lang),
    )
