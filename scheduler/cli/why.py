"""Commands that explain: why plants fall short, and why not this window."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import (
    AsJson,
    Lang,
    instant,
    opened_database,
    print_json,
    read_file,
    told_errors,
)
from scheduler.texts import Language, said

if TYPE_CHECKING:
    from scheduler.domain.whole import WholeWhy
    from scheduler.told_window import NameOf
    from scheduler.whole import AskedWhole
    from scheduler.why_not import Question, Wanted

WINDOW_HELP = "START/END or START/PT2H in ISO 8601, or bare hours: 22:00-24:00, the next such."


def add_commands(app: typer.Typer) -> None:
    app.command()(why)
    app.command("why-not")(why_not)


def why(
    enterprise: Annotated[str | None, typer.Argument()] = None,
    at: Annotated[str | None, typer.Option(help="An instant; now if left out.")] = None,
    plan: Annotated[
        str | None,
        typer.Option(help="A stored plan, before it is published: all plants not kept safe."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="All plants together: what forces their shortfall.")
    ] = False,
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Say what holds for an enterprise's plants, why they fall short (the laws whose relaxation,
    solved again, gives output back), and the least that would remove it."""
    from scheduler import clock
    from scheduler import why as service
    from scheduler.told_why import told_why
    from scheduler.wording import names_in

    if whole:
        _whole(enterprise, at, plan, lang, json)
        return
    if (plan is None and enterprise is None) or (plan is not None and at is not None):
        raise typer.BadParameter("name an ENTERPRISE or a --plan, and --at without a --plan")
    with opened_database() as database, database.reading() as session:
        if plan is not None:
            asked = service.ask_plan(session, plan, enterprise)
        else:
            assert enterprise is not None, "one of the two is named"
            asked = service.ask(session, enterprise, instant(at) if at else clock.now())
        name_of = names_in(session, lang)
    found = []
    for one in asked:
        card = one.plant.card
        name = card.name_zh if lang == "zh-CN" else card.name_en
        typer.echo(said("why.solving", lang, plant=name), err=True)
        found.append(service.solve(one))
    if json:
        print_json([answer.model_dump(mode="json") for answer in found])
        return
    for answer in found:
        for number, line in enumerate(told_why(answer, lang, name_of)):
            typer.echo(f"  {line}" if number else line)


def _whole(
    enterprise: str | None, at: str | None, plan: str | None, lang: Language, json: bool
) -> None:
    from scheduler import clock
    from scheduler import whole as service
    from scheduler.told_whole import told_whole
    from scheduler.wording import names_in

    if enterprise is not None or (plan is not None and at is not None):
        raise typer.BadParameter("--whole is of a --plan or of an instant --at, not an ENTERPRISE")
    with opened_database() as database, database.reading() as session:
        if plan is not None:
            asked: tuple[AskedWhole, ...] = (service.ask_plan(session, plan),)
        else:
            asked = service.ask(session, instant(at) if at else clock.now())
        name_of = names_in(session, lang)
    found: list[WholeWhy] = []
    for one in asked:
        typer.echo(said("whole.solving", lang, publication=one.publication), err=True)
        answers = service.solve(one)
        found += answers
        if not answers and not json:
            typer.echo(said("whole.none", lang, publication=one.publication))
    if json:
        print_json([answer.model_dump(mode="json") for answer in found])
        return
    for answer in found:
        for number, line in enumerate(told_whole(answer, lang, name_of)):
            typer.echo(f"  {line}" if number else line)


def why_not(
    enterprise: Annotated[
        str | None, typer.Argument(help="Ask of what is in force; else give the files.")
    ] = None,
    *,
    window: Annotated[str, typer.Option(help=WINDOW_HELP)],
    gate: Annotated[str | None, typer.Option(help="One gate; all if left out.")] = None,
    instead_of: Annotated[
        str | None, typer.Option(help="The window that closes for it, written the same way.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="An instant; now if left out.")] = None,
    instance: Annotated[Path | None, typer.Option(exists=True, dir_okay=False)] = None,
    plan: Annotated[Path | None, typer.Option(exists=True, dir_okay=False)] = None,
    plant: Annotated[str | None, typer.Option(help="The plant, with files.")] = None,
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Say why a window is not in a plan: what bars it, whether it fits, or if others move."""
    with _kept_to_the_end():
        from scheduler import why_not as service
        from scheduler.told_window import told
        from scheduler.why_not import Wanted

        wanted = Wanted(window, gate, instead_of)
        questions = _questions(wanted, enterprise, at, instance, plan, plant)
        name_of = _names(lang) if enterprise is not None else str
    found = []
    with told_errors():
        for question in questions:
            asked = question.asked
            typer.echo(said("whynot.solving", lang, plant=asked.plant, gate=asked.gate), err=True)
            found.append(service.solve(question))
    if json:
        print_json([answer.model_dump(mode="json") for answer in found])
        return
    for answer in found:
        for number, line in enumerate(told(answer, lang, name_of)):
            typer.echo(f"  {line}" if number else line)


@contextmanager
def _kept_to_the_end() -> Iterator[None]:
    """What is read here stays to the end: the collector need not look through a city while it is
    read, nor at every solve."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _names(lang: Language) -> NameOf:
    from scheduler.wording import names_in

    with opened_database() as database, database.reading() as session:
        return names_in(session, lang)


def _questions(
    wanted: Wanted,
    enterprise: str | None,
    at: str | None,
    instance: Path | None,
    plan: Path | None,
    plant: str | None,
) -> tuple[Question, ...]:
    from scheduler import clock
    from scheduler import why_not as service
    from solver.instance import Instance
    from solver.plan import Plan

    if (enterprise is None) == (instance is None):
        raise typer.BadParameter("name an ENTERPRISE, or --instance, --plan and --plant")
    if enterprise is not None:
        if plan is not None or plant is not None:
            raise typer.BadParameter("--plan and --plant go with --instance")
        with opened_database() as database, database.reading() as session:
            return service.ask(session, enterprise, instant(at) if at else clock.now(), wanted)
    if instance is None or plan is None or plant is None or at is not None:
        raise typer.BadParameter("--instance, --plan and --plant go together, without --at")
    with told_errors():
        case, made = read_file(instance, Instance), read_file(plan, Plan)
        return service.ask_files(case, made, plant, wanted)
