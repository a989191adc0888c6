"""Shows a schedule as the bureau's officer reads it, on a terminal or in a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scheduler import clock
from scheduler.domain.alert import Statement
from scheduler.domain.directory import PlantCard
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.revised import Revised
from scheduler.domain.schedule import (
    Comparison,
    PlantSchedule,
    RoadLoad,
    Schedule,
    ScheduledCause,
    StageRow,
    by_number,
)
from scheduler.domain.what_if import WhatIf
from scheduler.texts import Language, catalogue, parameters, said
from scheduler.told_what_if import differs, named
from scheduler.told_window import NameOf
from solver.instance import StageName

WIDE = 150
MOST_CAUSES = 2
UTRIP = 1_000_000


def console() -> Console:
    """As wide as the terminal, or wide enough where there is none."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDE)


def show_statement(out: Console, told: Statement) -> None:
    """What is declared, by whom and in which document, in English where there is any."""
    for area in told.areas:
        out.print(f"Declared {area.level} for {', '.join(area.cities)}")
    start = f"{clock.local(told.starts_at):%Y-%m-%d %H:%M}"
    end = f"{clock.local(told.ends_at):%Y-%m-%d %H:%M}" if told.ends_at else "open"
    by, document = escape(told.by("en")), escape(told.document("en"))
    out.print(f"  from {start}, end {end}; {by}, {document}\n")


def show_schedule(out: Console, schedule: Schedule, name_of: NameOf) -> None:
    """In English, with the Chinese names of plants."""

    def told(text: str) -> str:
        return escape(name_of(text))  # an id in brackets is no style

    show_conflicts(out, schedule)
    show_plants(out, schedule, told)
    if schedule.comparison is not None:
        show_totals(out, schedule.comparison)
    show_roads(out, "Fullest links, with the background", schedule.busiest_links[:5], told)
    show_roads(out, "Fullest zones", schedule.busiest_zones[:5])
    bunched = "Fullest links, if every plant bunched its trips in its windows"
    show_roads(out, bunched, schedule.bunched_links[:3], told)
    show_stages(out, schedule)
    show_factors(out, schedule)
    found = schedule.provenance
    out.print(
        f"Inputs: {found.read:,} read from a source, {found.derived:,} derived, "
        f"{found.assumed:,} assumed.\n"
    )


def show_revised(revised: Revised, lang: Language, name_of: NameOf = str) -> None:
    """What a re-plan changed of the publication in force, and what it could not keep."""

    def tell(text: str, **words: str | int) -> None:
        named = parameters(catalogue()[f"revised.{text}"][lang])
        used = {name: word for name, word in words.items() if name in named}
        typer.echo(said(f"revised.{text}", lang, **used).rstrip("； ;"))

    at = f"{clock.local(revised.at):%m-%d %H:%M}"
    recorded = sum(item.origin == "recorded" for item in revised.items)
    tell("from", publication=revised.publication, at=at)
    tell("items", recorded=recorded, planned=len(revised.items) - recorded)
    tell("windows", n=revised.n_windows, moved=revised.n_moved, forced=revised.n_forced)
    for change in revised.changes:
        for window in change.windows:
            tell(
                "moved" if window.now else "given_up",
                plant=window.plant,
                was=_span(window.was),
                now=_span(window.now) if window.now else "",
                minutes=window.by_minutes,
                why=said(f"revised.reason.{window.reason}", lang),
                clauses="; ".join(map(name_of, window.clauses)),
            )
        if change.trips_more or change.trips_fewer:
            tell("trips", plant=change.plant, more=change.trips_more, fewer=change.trips_fewer)
    for row in revised.overrides:
        tell(
            f"fate.{row.fate}",
            plant=row.plant,
            leg=row.leg,
            trips=row.trips,
            at=f"{clock.local(row.starts_at):%m-%d %H:%M}",
            instead=f"{clock.local(row.instead_at):%m-%d %H:%M}" if row.instead_at else "",
            clause=name_of(row.clause) if row.clause else f"{row.law} {row.where}",
        )
    for lost in revised.lost:
        tell("lost", what=lost.what, where=lost.where)
    if revised.calm:
        tell("calm", exposure=f"{revised.calm_exposure:,}", n=len(revised.calm))
    if revised.n_held:
        tell("calm.held", n=revised.n_held)
    for cost in revised.calm:
        if cost.exposure:
            tell("calm.plant", plant=cost.plant, exposure=f"{cost.exposure:,}")
    if revised.not_asked:
        plants = ", ".join(revised.not_asked)
        tell("calm.not_asked", n=len(revised.not_asked), plants=plants)


def _span(window: GateWindow) -> str:
    opens, closes = clock.local(window.opens_at), clock.local(window.closes_at)
    return f"{window.gate} {opens:%m-%d %H:%M}-{closes:%H:%M}"


def show_plants(out: Console, schedule: Schedule, name_of: NameOf) -> None:
    """One row per plant, the greatest shortfall first."""
    until = f"{clock.local(schedule.published_until):%Y-%m-%d %H:%M}"
    table = Table(title=f"Published until {until}", title_justify="left", expand=False)
    table.add_column("plant")
    table.add_column("windows (first day)")
    for heading in ("trips", "of normal", "output lost"):
        table.add_column(heading, justify="right")
    table.add_column("cause, and what relaxing it gave back when solved again")
    for plant in sorted(schedule.plants, key=_worst_first):
        table.add_row(
            _both(plant.card),
            _windows(plant, schedule),
            f"{plant.planned_trips:,}",
            f"{plant.normal_trips:,}",
            f"{plant.output.lost_percent:.1f} %",
            "; ".join(_cause(laws, name_of) for laws in by_number(plant.causes)[:MOST_CAUSES]),
        )
    out.print(table)
    short = [row for row in schedule.plants if row.output.lost_utrip and not row.causes]
    if short:
        out.print(f"Causes of {len(short)} more plants: cuofeng why ENTERPRISE --at TIME")
    closed = [_both(card) for card in schedule.unplanned if card.status == "closed"]
    exempt = [_both(card) for card in schedule.unplanned if card.exempt_clause]
    for what, names in (("Not working", closed), ("Exempt", exempt)):
        if names:
            out.print(f"{what} ({len(names)}): {', '.join(names)}.")
    out.print()


def _both(card: PlantCard) -> str:
    return f"{card.name_zh} {card.name_en}"


def _worst_first(plant: PlantSchedule) -> tuple[int, float, str]:
    return (-plant.output.safety_missing, -plant.output.lost_percent, plant.card.plant)


def _windows(plant: PlantSchedule, schedule: Schedule) -> str:
    if not any(rule.what == "windows" for rule in plant.restrictions):
        barred = any(rule.what == "barred" for rule in plant.restrictions)
        return "barred" if barred else "not restricted"
    spans = [
        f"{clock.local(window.opens_at):%H:%M}-{clock.local(window.closes_at):%H:%M}"
        for window in plant.windows
        if window.opens_at < schedule.published_until
    ]
    return ", ".join(spans) or "none"


def _cause(laws: tuple[ScheduledCause, ...], name_of: NameOf) -> str:
    first = laws[0]
    relief = f"{first.relief / UTRIP:.1f} trips" if "trip" in first.unit else f"{first.relief:,}"
    named = " + ".join(_law(law, name_of) for law in laws)
    return f"{named}: {relief}{'' if first.proved else ' (not proved)'}"


def _law(cause: ScheduledCause, name_of: NameOf) -> str:
    law = said(f"law.{cause.law}", "en")
    if cause.law == "search":
        return law
    first, end = clock.local(cause.from_instant), clock.local(cause.to_instant)
    form = "%m-%d %H:%M" if end - first >= timedelta(days=1) else "%H:%M"
    where = name_of(cause.clause or cause.where)
    return f"{law} {where} {first:{form}}-{end:{form}}"


def show_totals(out: Console, found: Comparison) -> None:
    table = Table(title="Exposure against business as usual", title_justify="left")
    table.add_column("part")
    table.add_column("exposure units", justify="right")
    table.add_column("of usual", justify="right")
    usual = max(1, found.business_as_usual)
    for part, amount in (
        ("business as usual", found.business_as_usual),
        ("avoided by moving trips in time or place", found.moved),
        ("avoided by cleaner vehicles", found.cleaner),
        ("avoided by trips that less output or rail spared", found.not_made),
    ):
        table.add_row(part, f"{amount:,}", f"{100 * amount / usual:.1f} %")
    out.print(table)
    if found.moved < 0:
        out.print("Below 0: on balance trips went to hours or ways of more exposure.")
    deferred = f"{found.deferred_trips:,} trips put off (stocks moved)"
    if found.deferred_trips < 0:
        deferred = f"{-found.deferred_trips:,} trips made beforehand (for stocks)"
    out.print(
        f"Apart from these and not avoided: {deferred}, {found.lost_utrip / UTRIP:,.0f} trips not "
        "made since permitted output was lost.\n"
    )


def show_roads(out: Console, title: str, loads: Iterable[RoadLoad], name_of: NameOf = str) -> None:
    rows = list(loads)
    if not rows:
        return
    table = Table(title=title, title_justify="left")
    table.add_column("where")
    table.add_column("at")
    for heading in ("planned PCU", "background", "capacity", "load"):
        table.add_column(heading, justify="right")
    for load in rows:
        table.add_row(
            name_of(load.where),
            f"{clock.local(load.at):%m-%d %H:%M}",
            f"{load.planned_mpcu / 1000:,.1f}",
            f"{load.background_mpcu / 1000:,.1f}",
            f"{load.capacity_mpcu / 1000:,.1f}",
            f"{load.percent:.0f} %",
        )
    out.print(table)


def show_conflicts(out: Console, schedule: Schedule) -> None:
    """The conflicts of measures that were known before planning."""
    for found in schedule.conflicts:
        where = {"where": found.where} if found.where else {}
        rules = ", ".join(f"{rule.measure} ({rule.set_id})" for rule in found.rules)
        told = said(f"conflict.{found.kind}", "en", **where)
        out.print(f"Conflict: {told}: {rules}; {', '.join(found.plants)}")


def show_factors(out: Console, schedule: Schedule) -> None:
    """Which emission factors count is a table of its own; here how many and how sure."""
    if schedule.factors:
        held = Counter(row.status for row in schedule.factors)
        told = ", ".join(f"{held[status]} {status}" for status in sorted(held))
        out.print(f"Emission factors: {len(schedule.factors)} ({told}), each in table factors.")


def show_stages(out: Console, schedule: Schedule) -> None:
    table = Table(title="Stages, in their order", title_justify="left")
    table.add_column("stage")
    for heading in ("value", "proved bound", "gap"):
        table.add_column(heading, justify="right")
    table.add_column("proof")
    table.add_column("unit")
    for stage in schedule.stages:
        table.add_row(
            stage.name,
            f"{stage.value:,}",
            f"{stage.bound:,}",
            f"{100 * stage.gap:.2f} %",
            stage.proof,
            stage.unit,
        )
    out.print(table)


def show_what_if(out: Console, found: WhatIf, lang: Language) -> None:
    """Scenarios side by side, and the plants that gain or lose by them."""
    first, until = (
        f"{clock.local(at):%m-%d %H:%M}" for at in (found.starts_at, found.published_until)
    )
    words = {"group": found.id, "alert": found.alert, "first": first, "until": until}
    table = Table(title=said("what_if.told", lang, **words), title_justify="left")
    table.add_column(said("what_if.scenario", lang))
    table.add_column(said("what_if.supposes", lang))
    for stage in STAGES_SHOWN:
        table.add_column(said(f"what_if.{stage}", lang), justify="right")
    for what in ("gain", "lose"):
        table.add_column(said(f"what_if.{what}", lang), justify="right")
    made = {outcome.plan: outcome for outcome in found.outcomes}
    for row in found.ordered:
        name, supposes = named(row.scenario, lang), differs(row.scenario, lang)
        if row.job.id not in made:
            table.add_row(name, supposes, said(f"what_if.state.{row.job.state}", lang))
            continue
        outcome = made[row.job.id]
        values = {stage.name: stage for stage in outcome.stages}
        told = [_worth(values[stage]) for stage in STAGES_SHOWN.values()]
        table.add_row(name, supposes, *told, str(outcome.gaining), str(outcome.losing))
    out.print(table)
    for outcome in found.outcomes:
        for plant in outcome.plants:
            if plant.fares != "same":
                card = found.card(plant.plant)
                who = card.name_zh if lang == "zh-CN" else card.name_en
                fares = said(f"what_if.fares.{plant.fares}", lang)
                out.print(f"{named(outcome.scenario, lang)}: {who} {fares}", highlight=False)


STAGES_SHOWN: dict[str, StageName] = {
    "safety": "safety_shortfall",
    "output": "output_shortfall",
    "exposure": "exposure",
}


def _worth(row: StageRow) -> str:
    shown = row.value // row.unit_value if row.name == "output_shortfall" else row.value
    return f"{shown:,}"
