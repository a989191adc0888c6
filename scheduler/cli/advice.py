"""`cuofeng advise`: the level that the rules compute from a forecast. It declares nothing."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import AsJson, Lang, instant, opened_database, print_value, told_errors

if TYPE_CHECKING:
    from scheduler.domain.advice import AdviceReport, AdvisedDay, CityAdvice, Episode
    from scheduler.domain.air import Forecast, RuleSet
    from scheduler.domain.alert import Level


def add_commands(app: typer.Typer) -> None:
    app.command()(advise)


def advise(
    *,
    forecast: Annotated[Path, typer.Option(exists=True, help="A table of forecasts.")],
    rules: Annotated[str, typer.Option(help="The rule set, such as CN-2024-6.")],
    at: Annotated[str, typer.Option(help="When it is asked; later forecasts are not known.")],
    declared: Annotated[
        list[str] | None,
        typer.Option(help="LEVEL:CITY,CITY,... that a government has declared by then."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep it in the store, whose alerts are the declared.")
    ] = False,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Say which level the rules advise, from when to when, by which clause and values."""
    from scheduler import advising
    from scheduler.intake.air import read_forecasts

    now = instant(at)
    with told_errors():
        chosen = advising.rule_set(rules)
        given = read_forecasts(forecast)
        made = (
            _kept(given, chosen, now)
            if keep
            else advising.report(given, chosen, now, _levels(declared or []))
        )
    if json:
        print_value(made)
        return
    _show(made, lang)
    if keep:
        from scheduler.texts import said

        typer.echo(said("advice.kept", lang, id=made.advice.id))


def _levels(areas: list[str]) -> dict[str, Level]:
    from scheduler.cli.alerts import area_of

    return {city: area.level for area in map(area_of, areas) for city in area.cities}


def _kept(forecasts: tuple[Forecast, ...], rules: RuleSet, at: datetime) -> AdviceReport:
    from scheduler import advising, alerts

    with opened_database() as database, database.writing() as session:
        made = advising.report(forecasts, rules, at, advising.declared_levels(session, at))
        alerts.keep_advice(session, made.advice)
    return made


def _show(made: AdviceReport, lang: Lang) -> None:
    from scheduler.texts import said

    typer.echo(said("advice.head", lang, rules=made.rule_set, at=_minute(made.at)))
    if not made.is_valid:
        typer.echo("  " + said("advice.what_if", lang))
    if made.rule_set_status != "read":
        typer.echo("  " + said("advice.unread", lang, status=made.rule_set_status))
    for city in made.cities:
        _show_city(city, lang)


def _show_city(city: CityAdvice, lang: Lang) -> None:
    from scheduler.texts import said

    action = said(f"advice.action.{city.action}", lang)
    reason = said(f"advice.reason.{city.reason}", lang)
    typer.echo(said("advice.city", lang, city=city.city, action=action, reason=reason))
    for episode in city.episodes:
        _show_episode(episode, lang)
    for notice in city.notices:
        told = said(
            "advice.notice",
            lang,
            pollutants=", ".join(notice.pollutants),
            start=_minute(notice.starts_at),
            end=_minute(notice.ends_at),
            aqi=notice.highest_aqi,
        )
        typer.echo("  " + told)


def _show_episode(episode: Episode, lang: Lang) -> None:
    from scheduler.texts import said

    level = said(f"level.{episode.level}", lang)
    end = (
        _minute(episode.ends_at)
        if episode.ends_at
        else said("advice.open_end", lang, until=_minute(episode.holds_until))
    )
    start = _minute(episode.starts_at)
    typer.echo("  " + said("advice.episode", lang, level=level, start=start, end=end))
    clause = episode.clause
    conditions = reduce(
        lambda first, second: said("advice.both", lang, first=first, second=second),
        [
            said("advice.condition", lang, above=c.aqi_above, hours=c.hours)
            for c in clause.conditions
        ],
    )
    told = said(
        "advice.clause",
        lang,
        rules=clause.rule_set,
        level=level,
        branch=clause.branch,
        conditions=conditions,
    )
    typer.echo("    " + told)
    for day in episode.days:
        typer.echo("    " + _day(day, lang))


def _day(day: AdvisedDay, lang: Lang) -> str:
    from scheduler.texts import said

    return said(
        "advice.day",
        lang,
        start=_minute(day.first),
        aqi=day.aqi,
        primary=", ".join(day.primary) or "-",
        pm25=f"{day.pm25_ug_m3} µg/m³" if day.pm25_ug_m3 else "-",
        standard=day.standard,
    )


def _minute(instant: datetime) -> str:
    from scheduler import clock

    return f"{clock.local(instant):%Y-%m-%d %H:%M}"
