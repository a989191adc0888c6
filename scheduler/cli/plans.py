"""Commands on plans of the database: plan, publish, withdraw, windows, replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import (
    BAD,
    AsJson,
    Lang,
    instant,
    opened_database,
    print_json,
    print_value,
)
from scheduler.texts import LANGUAGES, said

if TYPE_CHECKING:
    from scheduler.domain.schedule import Schedule


def add_commands(app: typer.Typer) -> None:
    for command in (publish, withdraw, windows, replay):
        app.command()(command)


def publish(
    plan: str,
    by: Annotated[str, typer.Option("--by", help="Who publishes.")],
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="In force from then on; now, or the seam of a re-plan, if left out."
        ),
    ] = None,
    override: Annotated[
        str | None,
        typer.Option(help="Why a plan that cannot be repeated is published all the same."),
    ] = None,
    acknowledge_unsafe: Annotated[
        bool,
        typer.Option(help="Publish although plants cannot be kept safe: they are told first."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Put a stored plan in force. Plants that it cannot keep safe are told before it is, and it is
    published only if that is acknowledged."""
    from scheduler import clock, publication

    with opened_database() as database, database.writing() as session:
        now = clock.now()
        _warn_of_unsafe(publication.schedule_of_plan(session, plan), plan)
        made = publication.publish(
            session,
            plan,
            in_force_from=instant(start)
            if start
            else publication.first_instant(session, plan, now),
            by=by,
            known_at=now,
            override=override,
            unsafe_acknowledged=acknowledge_unsafe,
        )
    if json:
        print_value(made)
    else:
        typer.echo(f"published {made.name}")


def _warn_of_unsafe(schedule: Schedule, plan: str) -> None:
    from scheduler.publication import unsafe

    for row in unsafe(schedule):
        for lang in LANGUAGES:
            name = row.card.name_zh if lang == "zh-CN" else row.card.name_en
            minutes, enterprise = row.output.safety_missing, row.card.enterprise
            typer.echo(
                said("publish.unsafe", lang, plant=name, minutes=minutes, plan=plan,
                     enterprise=enterprise),
                err=True,
            )  # fmt: skip


def withdraw(
    name: Annotated[str, typer.Argument(metavar="PUBLICATION", help="ALERT/NUMBER")],
    by: Annotated[str, typer.Option("--by", help="Who withdraws it.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    start: Annotated[str | None, typer.Option("--from", help="Now if left out.")] = None,
    json: AsJson = False,
) -> None:
    """Take a publication out of force."""
    from scheduler import clock, publication

    with opened_database() as database, database.writing() as session:
        now = clock.now()
        alert, number = publication.parse_name(name)
        made = publication.withdraw(
            session,
            alert,
            number,
            from_instant=instant(start) if start else now,
            reason=reason,
            by=by,
            known_at=now,
        )
    if json:
        print_value(made)
    else:
        typer.echo(f"withdrawn {name}")


def windows(
    enterprise: str,
    at: Annotated[str | None, typer.Option(help="An instant; now if left out.")] = None,
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Say what holds for an enterprise's plants at an instant."""
    from scheduler import clock
    from scheduler import windows as service
    from scheduler.told_answer import told
    from scheduler.wording import names_in

    with opened_database() as database, database.reading() as session:
        answers = service.of_enterprise(session, enterprise, instant(at) if at else clock.now())
        name_of = names_in(session, lang)
    if json:
        print_json([answer.model_dump(mode="json") for answer in answers])
        return
    for answer in answers:
        for number, line in enumerate(told(answer, lang, name_of)):
            typer.echo(f"  {line}" if number else line)


def replay(
    name: Annotated[str, typer.Argument(metavar="PUBLICATION", help="ALERT/NUMBER")],
    json: AsJson = False,
) -> None:
    """Prove a publication again: digests, laws, and the solve by its counted work."""
    from scheduler import replay as service
    from scheduler.domain.verdict import Outcome

    with opened_database() as database:
        verdict = service.replay(database, name)
    if json:
        print_value(verdict)
    else:
        for line in verdict.told:
            typer.echo(line)
        typer.echo(verdict.outcome)
    if verdict.outcome is Outcome.BROKEN:
        raise typer.Exit(BAD)
